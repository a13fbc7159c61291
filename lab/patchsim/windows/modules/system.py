"""Services, features, packages and hotfixes."""

from __future__ import annotations

import ntpath
import re
from typing import Any

from ..machine import Machine
from .base import Failed, Module

_PLAIN = ("display_name", "description", "path", "username")
_SERVICE_RESULT = ("name", "display_name", "state", "start_mode", "path", "description", "username")
#: features of Windows whose change needs a restart
_RESTARTING = frozenset({"smb1protocol", "netfx3"})


def _service(machine: Machine, name: str) -> dict[str, Any] | None:
    wanted = name.casefold()
    found = (one for one in machine.data["services"].values() if wanted in (one["name"].casefold(), one["display_name"].casefold()))
    return next(found, None)


def win_service(machine: Machine, arguments: dict[str, Any], check: bool) -> dict[str, Any]:
    services, old = machine.data["services"], _service(machine, arguments["name"])
    state = arguments.get("state")
    if state == "absent":
        if old and not check:
            del services[old["name"]]
        return {"changed": old is not None, "exists": False}
    if old is None and not arguments.get("path"):
        if any(arguments.get(name) for name in (*_PLAIN, "start_mode", "state")):
            raise Failed(f"Service '{arguments['name']}' is not installed, need to set 'path' to create a new service")
        return {"changed": False, "exists": False}
    new = dict(old or {"name": arguments["name"], "display_name": arguments["name"], "description": "", "username": "LocalSystem"})
    new.setdefault("state", "stopped")
    new.setdefault("start_mode", "auto")
    new |= {name: arguments[name] for name in (*_PLAIN, "start_mode") if arguments.get(name) is not None}
    if state in ("started", "restarted") and new["start_mode"] == "disabled":
        raise Failed(f"Service '{new['name']}' cannot be started: it is disabled")
    if state:
        new["state"] = {"restarted": "started"}.get(state, state)
    if not check:
        services[new["name"]] = new
    return {"changed": new != old or state == "restarted", "exists": True, **{name: new.get(name, "") for name in _SERVICE_RESULT}}


def win_service_info(machine: Machine, arguments: dict[str, Any], _check: bool) -> dict[str, Any]:
    name = arguments.get("name")
    found = [_service(machine, name)] if name else list(machine.data["services"].values())
    services = [{key: one.get(key, "") for key in _SERVICE_RESULT} for one in found if one]
    return {"changed": False, "exists": bool(services), "services": services}


def win_optional_feature(machine: Machine, arguments: dict[str, Any], check: bool) -> dict[str, Any]:
    features, on = machine.data["features"], arguments["state"] == "present"
    changed = [name for name in (_feature(machine, name) for name in arguments["name"]) if features[name] is not on]
    restart = bool(changed) and not check and any(name.casefold() in _RESTARTING for name in changed)
    if not check:
        features.update(dict.fromkeys(changed, on))
        _want_restart(machine, restart)
    return {"changed": bool(changed), "reboot_required": restart}


def win_feature(machine: Machine, arguments: dict[str, Any], check: bool) -> dict[str, Any]:
    if "Server" not in machine.terminal.os:
        raise Failed(
            "The term 'Install-WindowsFeature' is not recognized as the name of a cmdlet, function, script file, or operable program."
        )
    result = win_optional_feature(machine, {"name": arguments["name"], "state": arguments["state"]}, check)
    code = "Success" if result["changed"] else "NoChangeNeeded"
    return {**result, "exitcode": code, "success": True, "feature_result": []}


def _feature(machine: Machine, name: str) -> str:
    """Its name as Windows writes it."""
    for known in machine.data["features"]:
        if str(known).casefold() == name.casefold():
            return str(known)
    raise Failed(f"Failed to find feature '{name}'")


def _want_restart(machine: Machine, wanted: bool) -> None:
    if wanted and "component_based_servicing" not in machine.data["pending"]:
        machine.data["pending"].append("component_based_servicing")


def win_package(machine: Machine, arguments: dict[str, Any], check: bool) -> dict[str, Any]:
    """A package is known by its product id, else by its file's name: nothing is really run."""
    packages, path = machine.data["packages"], arguments.get("path") or ""
    number = (arguments.get("product_id") or ntpath.splitext(ntpath.basename(path.replace("/", "\\")))[0]).casefold()
    creates = arguments.get("creates_path")
    present = number in packages or bool(creates and creates.casefold() in machine.data["files"])
    wanted = arguments["state"] == "present"
    result: dict[str, Any] = {"changed": present is not wanted, "reboot_required": False}
    if not result["changed"]:
        return result
    if wanted and not re.match(r"(https?://|\\\\)", path) and path.casefold() not in machine.data["files"]:
        raise Failed(f"The file at the path '{path}' does not exist")
    if not check:
        if wanted:
            packages[number] = {"path": path, "arguments": str(arguments.get("arguments") or "")}
        else:
            packages.pop(number)
        result["rc"] = 0
    return result


def win_hotfix(machine: Machine, arguments: dict[str, Any], check: bool) -> dict[str, Any]:
    hotfixes, source = machine.data["hotfixes"], arguments.get("source")
    found = re.search(r"KB\d+", arguments.get("hotfix_kb") or source or arguments.get("hotfix_identifier") or "", re.IGNORECASE)
    if found is None:
        raise Failed("either hotfix_identifier or hotfix_kb needs to be set, or source must name a KB")
    kb = found.group().upper()
    wanted = arguments.get("state", "present") == "present"
    if wanted and not source:
        raise Failed("source must be set when state=present")
    if wanted and str(source).casefold() not in machine.data["files"]:
        raise Failed(f"the path set for source {source} does not exist")
    changed = (kb in hotfixes) is not wanted
    if changed and not check:
        if wanted:
            hotfixes[kb] = source
        else:
            del hotfixes[kb]
        _want_restart(machine, True)
    name = f"Package_for_{kb}~31bf3856ad364e35~amd64~~10.0.1.0"
    return {"changed": changed, "reboot_required": changed and not check, "kb": kb, "kbs": [kb], "identifier": name, "identifiers": [name]}


MODULES: dict[str, Module] = {
    "win_service": win_service,
    "win_service_info": win_service_info,
    "win_optional_feature": win_optional_feature,
    "win_feature": win_feature,
    "win_package": win_package,
    "win_hotfix": win_hotfix,
}
