"""What ``powershell.exe`` would print: recovers the module and its arguments from what Ansible sends, and answers for it.

No PowerShell runs here. Known are the wrappers of ansible-core 2.19 and later (``executor/powershell``): the bootstrap's standard input
is two JSON documents, plain text, with four NUL bytes between; the second names the actions, and the last of these is the module. Raw
commands are answered when they are those of a restart, else only when an answer was declared.
"""

from __future__ import annotations

import base64
import hashlib
import json
import ntpath
import re
from dataclasses import dataclass
from typing import Any

from ansible._internal._powershell import _script  # type: ignore[import-untyped]

from .arguments import Invalid, Unknown, spec_of, validate
from .machine import SYSTEM_ACCOUNTS, Machine, is_password
from .modules import MODULES
from .modules.base import Failed
from .modules.files import path_key, store

SEPARATOR = b"\n\0\0\0\0\n"
_HOME = r"C:\Users\ansible"
_PREFIX = re.compile(r"^ansible_collections\.(\w+)\.(\w+)\.plugins\.modules\.")
_SHUTDOWN = re.compile(r"shutdown\.exe /r /t (\d+)")
_LOGON = re.compile(r"AutoLogonChecked' -ErrorAction Stop; '(success-[0-9a-f-]+)'")
_PID = 4242


@dataclass(frozen=True, slots=True)
class Output:
    """Of a process. :param code: its exit code."""

    code: int = 0
    out: bytes = b""
    err: bytes = b""


def run(machine: Machine, command: str, stdin: bytes) -> Output:
    """Carry out a command line with its standard input, to its end."""
    try:
        parsed = _script.parse_encoded_cmdline(command)
    except ValueError:  # quotes that do not close, base64 that is none
        parsed = None
    script, given = parsed or (command, [])
    return run_script(machine, script, given, stdin)


def run_script(machine: Machine, script: str, given: list[str], stdin: bytes) -> Output:
    """:param given: the script's arguments."""
    if given and path_key(given[0]) in machine.data["files"]:  # not pipelined: the payload was copied into a file before
        stdin = base64.b64decode(machine.data["files"][path_key(given[0])]["data"])
    with machine.lock:
        if SEPARATOR in stdin:
            return _wrapped(machine, stdin)
        return _raw(machine, script)


def _json(data: Any) -> bytes:
    return json.dumps(data).encode()


# ---- Ansible's wrappers


def _wrapped(machine: Machine, stdin: bytes) -> Output:
    _, _, rest = stdin.partition(SEPARATOR)
    document, _, extra = rest.partition(SEPARATOR)
    try:
        actions = [(one["name"], {**one.get("params", {}), **one.get("secure_params", {})}) for one in json.loads(document)["actions"]]
    except (ValueError, KeyError, TypeError):
        return Output(1, b"", b"simulator: the exec wrapper's manifest cannot be read")
    name, params = actions[-1]
    if name == "module_wrapper.ps1":
        return _module(machine, dict(actions), params)
    helper = _HELPERS.get(name)
    if helper is None:
        return Output(1, b"", f"simulator: the wrapper {name} is not played".encode())
    return helper(machine, params, extra)


def _module(machine: Machine, actions: dict[str, dict[str, Any]], params: dict[str, Any]) -> Output:
    refused = _become(machine, actions["become_wrapper.ps1"]) if "become_wrapper.ps1" in actions else ""
    if refused:
        return Output(0, _json({"failed": True, "changed": False, "msg": refused, "exception": refused}))
    name = _PREFIX.sub(r"\1.\2.", ntpath.splitext(params["Script"])[0])
    arguments: dict[str, Any] = next((one["Value"] for one in params.get("Variables", []) if one["Name"] == "complex_args"), {})
    result = call(machine, name, arguments)
    if "async_wrapper.ps1" in actions:
        asked = actions["async_wrapper.ps1"]
        number = f"{asked['AsyncJid']}.{_PID}"
        machine.data["jobs"][number] = result
        machine.save()
        where = ntpath.join(asked["AsyncDir"], number)
        result = {
            "started": True,
            "finished": False,
            "ansible_job_id": number,
            "results_file": where,
            "_ansible_suppress_tmpdir_delete": True,
        }
    return Output(1 if result.get("failed") else 0, _json(result))


def _become(machine: Machine, params: dict[str, Any]) -> str:
    """Why the user cannot be become, or ``""``."""
    user = str(params.get("BecomeUser", ""))
    if user.casefold() in SYSTEM_ACCOUNTS:
        return ""
    kept = machine.data["users"].get(user.rpartition("\\")[2].casefold())
    password = str(params.get("BecomePassword") or "")
    if kept is None or kept["disabled"] or not is_password(password, kept["password"]):
        return f"Failed to become user {user}: The user name or password is incorrect (LogonUser failed, Win32ErrorCode 1326)"
    return ""


def call(machine: Machine, name: str, given: dict[str, Any]) -> dict[str, Any]:
    """One module, as Ansible.Basic would start it: arguments checked, check mode heeded, result with its invocation."""
    public = {key: value for key, value in given.items() if not key.startswith("_ansible")}
    check = bool(given.get("_ansible_check_mode"))
    module = MODULES.get(name)
    try:
        if module is None:
            raise Failed(f"simulator: the module {name} is not played")
        spec = spec_of(name)
        arguments = validate(name, public)
        if check and not spec.get("supports_check_mode"):
            return {"changed": False, "skipped": True, "msg": f"remote module ({name}) does not support check mode"}
        before = json.dumps(machine.data, sort_keys=True)
        result = module(machine, arguments, check)
        if json.dumps(machine.data, sort_keys=True) != before or name.endswith("win_updates"):
            machine.save()
    except (Invalid, Unknown) as error:
        result = {"failed": True, "changed": False, "msg": str(error)}
    except Failed as error:
        result = {"failed": True, "changed": False, "msg": str(error), **error.more}
    hidden = {key: "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER" if "password" in key and value else value for key, value in public.items()}
    result.setdefault("invocation", {"module_args": hidden})
    return result


def _make_folder(machine: Machine, params: dict[str, Any], _extra: bytes) -> Output:
    folder = ntpath.join(_expand(params["Directory"]), params["Name"])
    machine.data["files"][path_key(folder)] = {"path": folder, "data": None}
    return Output(0, folder.encode())


def _expand_user(_machine: Machine, params: dict[str, Any], _extra: bytes) -> Output:
    return Output(0, _expand(params["Path"]).encode())


def _expand(path: str) -> str:
    path = re.sub("%TEMP%", lambda _found: _HOME + r"\AppData\Local\Temp", path, flags=re.IGNORECASE)
    return _HOME + path[1:] if path.startswith("~") else path


def _put_file(machine: Machine, params: dict[str, Any], extra: bytes) -> Output:
    """Base64, line by line."""
    data = b"".join(base64.b64decode(line) for line in extra.split())
    store(machine, _expand(params["Path"]), data)
    machine.save()
    return Output(0, _json({"sha1": hashlib.sha1(data, usedforsecurity=False).hexdigest()}))


_HELPERS = {
    "powershell_mkdtemp.ps1": _make_folder,
    "powershell_expand_user.ps1": _expand_user,
    "winrm_put_file.ps1": _put_file,
    "psrp_put_file.ps1": _put_file,
}


# ---- commands without a wrapper


def _raw(machine: Machine, script: str) -> Output:
    restart = _restart(machine, script)
    if restart is not None:
        return Output(0, restart.encode())
    removed = re.fullmatch(r"Remove-Item (?P<path>'.*'|\S+) -Force(?: -Recurse)?", script.strip())
    if removed:
        key = path_key(removed["path"].strip("'"))
        for one in [one for one in machine.data["files"] if one == key or one.startswith(key + "\\")]:
            del machine.data["files"][one]
        return Output()
    answer = machine.answers.get(script.strip())
    if answer is None:
        return Output(1, b"", f"simulator: no answer was declared for this command: {script.strip()[:120]}".encode())
    return Output(0, answer.encode())


def _restart(machine: Machine, script: str) -> str | None:
    """What the commands of ``win_reboot`` print: boot time, shutdown, and the tests after it."""
    if "LastBootUpTime" in script:
        return str(machine.data["boot"])
    shutdown = _SHUTDOWN.search(script)
    if shutdown:
        machine.shut_down(int(shutdown.group(1)))
        return json.dumps({"stdout": "", "stderr": "", "rc": 0})
    logon = _LOGON.search(script)
    return logon.group(1) if logon else "" if "ServicingInProgress" in script else None
