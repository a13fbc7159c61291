"""``win_updates``: what the client finds is what the world's server offers; started, polled and cancelled as its action plugin asks."""

from __future__ import annotations

import re
import uuid
from typing import Any

from ansible_collections.ward.ops.plugins.module_utils.patch.model import State, Update

from ..machine import Machine
from .base import Failed, Module

_CODE = {
    "CriticalUpdates": "Critical Updates",
    "DefinitionUpdates": "Definition Updates",
    "DeveloperKits": "Developer Kits",
    "FeaturePacks": "Feature Packs",
    "SecurityUpdates": "Security Updates",
    "ServicePacks": "Service Packs",
    "UpdateRollups": "Update Rollups",
}
_SUCCEEDED, _FAILED = 2, 4
#: ERROR_INSTALL_FAILURE, which the servicing stack gives for most of what fails, as PowerShell shows it (signed)
_INSTALL_FAILURE = 0x80070643 - (1 << 32)
_PID = 4242
_POLL = 2


def win_updates(machine: Machine, arguments: dict[str, Any], check: bool) -> dict[str, Any]:
    operation, options = arguments["_operation"], arguments.get("_operation_options") or {}
    if operation == "cancel":
        machine.runs.pop(str(options.get("cancel_id")), None)
        return {"changed": False}
    if operation == "poll":
        return {"changed": False, "output": _poll(machine, str(options.get("pipe_name")))}
    if arguments["server_selection"] == "windows_update":
        raise Failed("simulator: there is no Windows Update on the Internet, only the WSUS server")
    lines = _work(machine, arguments, check)
    if options.get("wait"):
        return _gathered(lines)
    number = str(uuid.uuid4())
    machine.runs[number] = lines
    return {"changed": False, "poll_options": {"pipe_name": number}, "cancel_options": {"cancel_id": number, "task_pid": _PID}}


def _poll(machine: Machine, number: str) -> list[dict[str, Any]]:
    """A few lines at a time, as they come."""
    if number not in machine.runs:
        raise Failed("Failed to connect to the progress pipe: the update process is gone")
    lines = machine.runs[number]
    machine.runs[number] = lines[_POLL:]
    return lines[:_POLL]


def _work(machine: Machine, arguments: dict[str, Any], check: bool) -> list[dict[str, Any]]:
    """The whole run, as the lines of its progress."""
    restart = bool(machine.pending())
    found = machine.offered()
    filtered = [(update, _reasons(update, arguments)) for update in found]
    wanted = [update for update, reasons in filtered if not reasons]
    lines = [_line("started", {})]
    skipped = [{"id": update.id.guid, "reasons": reasons} for update, reasons in filtered if reasons]
    lines.append(_line("search_result", {"updates": [_shown(machine, update) for update in found], "filtered": skipped}))
    state = arguments["state"]
    if check or state == "searched" or not wanted:
        machine.report()
        return [*lines, _exit(changed=bool(wanted) and state != "searched", restart=restart)]
    if restart:
        return [*lines, _exit(changed=False, restart=True, message="A reboot is required before more updates can be installed")]
    known = machine.data["downloaded"]
    missing = [update for update in wanted if update.id.guid not in known]
    if missing:
        known += [update.id.guid for update in missing]
        lines.append(_line("download_result", {"info": [_result(update, _SUCCEEDED) for update in missing]}))
    if state == "downloaded":
        return [*lines, _exit(changed=bool(missing), restart=False)]
    return [*lines, *_install(machine, wanted)]


def _install(machine: Machine, wanted: list[Update]) -> list[dict[str, Any]]:
    info, failed = [], False
    for update in wanted:
        state = machine.install(update)
        good = state in (State.INSTALLED, State.INSTALLED_PENDING_REBOOT)
        failed |= not good
        waits = state is State.INSTALLED_PENDING_REBOOT
        info.append({**_result(update, _SUCCEEDED if good else _FAILED), "reboot_required": waits})
    machine.report()
    message = "Failed to install all updates - see updates for more information" if failed else None
    return [_line("install_result", {"info": info}), _exit(changed=True, restart=bool(machine.pending()), message=message)]


def _line(task: str, result: dict[str, Any]) -> dict[str, Any]:
    return {"task": task, "result": result}


def _exit(*, changed: bool, restart: bool, message: str | None = None) -> dict[str, Any]:
    trouble = {"message": message, "exception": message} if message else None
    return _line("exit", {"changed": changed, "failed": message is not None, "reboot_required": restart, "exception": trouble})


def _result(update: Update, code: int) -> dict[str, Any]:
    return {"id": update.id.guid, "result_code": code, "hresult": 0 if code == _SUCCEEDED else _INSTALL_FAILURE}


def _shown(machine: Machine, update: Update) -> dict[str, Any]:
    return {
        "id": update.id.guid,
        "title": update.title,
        "description": "",
        "kb": [f"KB{kb}" for kb in update.kbs],
        "type": "Software",
        "revision_number": update.id.revision,
        "categories": [update.classification, *update.products],
        "is_installed": False,
        "is_hidden": False,
        "browse_only": False,
        "is_downloaded": update.id.guid in machine.data["downloaded"],
    }


def _reasons(update: Update, arguments: dict[str, Any]) -> list[str]:
    """Why the update is passed over; the names of the lists that do it."""
    words = [update.title, *(f"KB{kb}" for kb in update.kbs)]
    categories = {name.casefold() for name in (update.classification, *update.products)}
    wanted = [_CODE.get(name, name) for name in arguments.get("category_names") or []]
    accept, reject = arguments.get("accept_list"), arguments.get("reject_list")
    reasons = []
    if accept and not _matches(words, accept):
        reasons.append("accept_list")
    if reject and _matches(words, reject):
        reasons.append("reject_list")
    if wanted and "*" not in wanted and not categories & {name.casefold() for name in wanted}:
        reasons.append("category_names")
    return reasons


def _matches(words: list[str], patterns: list[str]) -> bool:
    return any(pattern == word or re.search(pattern, word, re.IGNORECASE) for pattern in patterns for word in words)


def _gathered(lines: list[dict[str, Any]]) -> dict[str, Any]:
    """In one piece, as an asynchronous task gets it."""
    updates: dict[str, dict[str, Any]] = {}
    filtered: dict[str, dict[str, Any]] = {}
    result: dict[str, Any] = {"rebooted": False}
    for line in lines:
        task, content = line["task"], line["result"]
        if task == "search_result":
            reasons = {one["id"]: one["reasons"] for one in content["filtered"]}
            for one in content["updates"]:
                info = {name: one[name] for name in ("id", "title", "categories")} | {"kb": [kb.removeprefix("KB") for kb in one["kb"]]}
                info |= {"downloaded": False, "installed": False}
                if one["id"] in reasons:
                    filtered[one["id"]] = {**info, "filtered_reasons": reasons[one["id"]]}
                else:
                    updates[one["id"]] = info
        elif task in ("download_result", "install_result"):
            for one in content["info"]:
                done = {"downloaded" if task == "download_result" else "installed": True}
                updates[one["id"]] |= done if one["result_code"] == _SUCCEEDED else {"failure_hresult_code": one["hresult"]}
        elif task == "exit":
            result |= {name: content[name] for name in ("changed", "failed", "reboot_required")}
            if content["exception"]:
                result["msg"] = content["exception"]["message"]
    failed = sum("failure_hresult_code" in one for one in updates.values())
    installed = sum(one["installed"] for one in updates.values())
    counts = {"found_update_count": len(updates), "failed_update_count": failed, "installed_update_count": installed}
    return {**result, **counts, "updates": updates, "filtered_updates": filtered}


MODULES: dict[str, Module] = {"win_updates": win_updates}
