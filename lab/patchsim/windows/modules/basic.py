"""Ping, facts, restarts, and scripts that were declared beforehand."""

from __future__ import annotations

import datetime as dt
from typing import Any

from ..machine import Machine
from .base import Failed, Module

_REASONS = {
    "windows_update": "Windows Update has installed updates that require a reboot.",
    "component_based_servicing": "Component Based Servicing has a pending reboot.",
    "pending_computer_rename": "A computer name change is pending.",
    "domain_join": "A domain join operation is pending and requires a reboot.",
}


def win_ping(_machine: Machine, arguments: dict[str, Any], _check: bool) -> dict[str, Any]:
    if arguments["data"] == "crash":
        raise Failed("Unhandled exception while executing module: boom")
    return {"changed": False, "ping": arguments["data"]}


def setup(machine: Machine, _arguments: dict[str, Any], _check: bool) -> dict[str, Any]:
    build = "10.0.26100.0" if "24H2" in machine.terminal.os else "10.0.22631.0"
    facts = {
        "os_family": "Windows",
        "system": "Win32NT",
        "distribution": "Microsoft Windows 11 Enterprise",
        "distribution_version": build,
        "kernel": build,
        "hostname": machine.name,
        "fqdn": f"{machine.name}.{machine.domain}" if "." in machine.domain else machine.name,
        "windows_domain": machine.domain,
        "windows_domain_member": "." in machine.domain,
        "architecture": "64-bit",
        "powershell_version": 5,
        "reboot_pending": bool(machine.pending()),
        "product_name": machine.terminal.model,
        "lastboot": _boot(machine).strftime("%Y-%m-%d %H:%M:%SZ"),
    }
    return {"changed": False, "ansible_facts": {f"ansible_{name}": value for name, value in facts.items()}}


def win_reboot_info(machine: Machine, _arguments: dict[str, Any], _check: bool) -> dict[str, Any]:
    boot = _boot(machine)
    reasons = [{"source": reason, "description": _REASONS.get(reason, reason)} for reason in machine.pending()]
    return {
        "changed": False,
        "last_reboot": {"time": boot.strftime("%Y-%m-%dT%H:%M:%SZ"), "time_epoch": boot.timestamp(), "details": None},
        "reboot_required": bool(reasons),
        "reboot_required_reasons": reasons,
    }


def win_hostname(machine: Machine, arguments: dict[str, Any], check: bool) -> dict[str, Any]:
    name, old = arguments["name"], machine.name
    if len(name) > 15 or not name.replace("-", "").isalnum():
        raise Failed(f"The computer name '{name}' is invalid.")
    changed = (machine.data["rename_to"] or old).casefold() != name.casefold()
    if changed and not check:
        machine.data["rename_to"] = "" if name.casefold() == old.casefold() else name
    return {"changed": changed, "old_name": old, "reboot_required": name.casefold() != old.casefold()}


def win_powershell(machine: Machine, arguments: dict[str, Any], _check: bool) -> dict[str, Any]:
    output = _declared(machine, arguments.get("script") or arguments.get("path") or "")
    streams: dict[str, list[Any]] = {name: [] for name in ("error", "warning", "verbose", "debug", "information")}
    return {"changed": True, "output": output.splitlines(), "host_out": "", "host_err": "", "result": {}, **streams}


def win_shell(machine: Machine, arguments: dict[str, Any], _check: bool) -> dict[str, Any]:
    return _command(machine, arguments["cmd"])


def win_command(machine: Machine, arguments: dict[str, Any], _check: bool) -> dict[str, Any]:
    return _command(machine, arguments.get("_raw_params") or arguments.get("cmd") or " ".join(arguments.get("argv") or []))


def _command(machine: Machine, command: str) -> dict[str, Any]:
    output = _declared(machine, command)
    zero = "0:00:00.000000"
    return {"changed": True, "cmd": command, "rc": 0, "stdout": output, "stdout_lines": output.splitlines(), "stderr": "", "delta": zero}


def _declared(machine: Machine, script: str) -> str:
    """A simulator that invents an answer proves nothing: only what was declared is answered."""
    if script.strip() not in machine.answers:
        raise Failed(f"simulator: no answer was declared for this script: {script.strip()[:120]}")
    return machine.answers[script.strip()]


def _boot(machine: Machine) -> dt.datetime:
    return dt.datetime(1601, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=machine.data["boot"] // 10)


MODULES: dict[str, Module] = {
    "win_ping": win_ping,
    "setup": setup,
    "win_reboot_info": win_reboot_info,
    "win_hostname": win_hostname,
    "win_powershell": win_powershell,
    "win_shell": win_shell,
    "win_command": win_command,
}
