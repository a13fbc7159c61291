"""Files and folders; jobs that ran in the background."""

from __future__ import annotations

import base64
import hashlib
import ntpath
from typing import Any

from ..machine import Machine
from .base import Failed, Module


def path_key(path: str) -> str:
    """One spelling of a path: case and slashes do not count."""
    return ntpath.normpath(path).casefold()


def store(machine: Machine, path: str, data: bytes) -> None:
    machine.data["files"][path_key(path)] = {"path": ntpath.normpath(path), "data": base64.b64encode(data).decode()}


def content(machine: Machine, path: str) -> bytes:
    """:raises Failed: no such file."""
    found = machine.data["files"].get(path_key(path))
    if found is None or found.get("data") is None:
        raise Failed(f"Path '{path}' does not exist, or is a folder")
    return base64.b64decode(found["data"])


def win_file(machine: Machine, arguments: dict[str, Any], check: bool) -> dict[str, Any]:
    files, path = machine.data["files"], arguments["path"]
    key, state = path_key(path), arguments.get("state")
    found = files.get(key)
    if state == "absent":
        for one in [one for one in files if one == key or one.startswith(key + "\\")]:
            if not check:
                del files[one]
        return {"changed": found is not None}
    if state == "touch":
        if found is None and not check:
            store(machine, path, b"")
        return {"changed": True}
    if found is not None and state is not None and (found["data"] is None) is not (state == "directory"):
        raise Failed(f"path {path} is not a {state}")
    if found is None and state == "file":
        raise Failed(f"path {path} will not be created")
    if found is None and state == "directory" and not check:
        files[key] = {"path": ntpath.normpath(path), "data": None}
    return {"changed": found is None and state == "directory"}


def win_stat(machine: Machine, arguments: dict[str, Any], _check: bool) -> dict[str, Any]:
    found = machine.data["files"].get(path_key(arguments["path"]))
    if found is None:
        return {"changed": False, "stat": {"exists": False}}
    folder = found["data"] is None
    stat: dict[str, Any] = {"exists": True, "path": found["path"], "filename": ntpath.basename(found["path"])}
    stat |= {"isdir": folder, "isreg": not folder, "islnk": False}
    if not folder:
        data = base64.b64decode(found["data"])
        stat |= {"size": len(data), "extension": ntpath.splitext(found["path"])[1]}
        if arguments["get_checksum"]:
            stat["checksum"] = hashlib.new(arguments["checksum_algorithm"], data).hexdigest()
    return {"changed": False, "stat": stat}


def win_copy(machine: Machine, arguments: dict[str, Any], check: bool) -> dict[str, Any]:
    """One file, whose content its action plugin has sent beforehand; folders and archives are not played."""
    mode = arguments.get("_copy_mode", "single")
    if mode == "query":
        return _query(machine, arguments)
    if mode not in ("single", "remote"):
        raise Failed(f"simulator: win_copy in the mode {mode} is not played")
    path = _target(machine, arguments)
    data = content(machine, arguments["src"])
    old = machine.data["files"].get(path_key(path))
    changed = old is None or base64.b64decode(old["data"] or "") != data
    if changed and not check:
        store(machine, path, data)
    return {"changed": changed, "dest": path, "size": len(data), "checksum": hashlib.sha1(data, usedforsecurity=False).hexdigest()}


def _target(machine: Machine, arguments: dict[str, Any]) -> str:
    path = str(arguments["dest"])
    found = machine.data["files"].get(path_key(path))
    if path.endswith(("\\", "/")) or (found and found["data"] is None):
        return ntpath.join(path, arguments.get("_original_basename") or ntpath.basename(arguments.get("src") or ""))
    return path


def _query(machine: Machine, arguments: dict[str, Any]) -> dict[str, Any]:
    """Which of the sender's files are not here yet: ``dest`` is the folder, each file says its name below it."""
    changed = []
    for one in arguments.get("files") or []:
        path = ntpath.join(arguments["dest"], one["dest"])
        found = machine.data["files"].get(path_key(path))
        if found is not None and found["data"] is None:
            found = machine.data["files"].get(path_key(ntpath.join(path, ntpath.basename(one["src"].replace("/", "\\")))))
        here = hashlib.sha1(base64.b64decode(found["data"] or ""), usedforsecurity=False).hexdigest() if found else ""
        if found is None or (arguments.get("force", True) and here != one["checksum"]):
            changed.append({"src": one["src"], "dest": one["dest"], "checksum": one["checksum"]})
    return {"changed": bool(changed), "files": changed, "directories": [], "symlinks": []}


def slurp(machine: Machine, arguments: dict[str, Any], _check: bool) -> dict[str, Any]:
    return {"changed": False, "content": base64.b64encode(content(machine, arguments["src"])).decode(), "encoding": "base64"}


def async_status(machine: Machine, arguments: dict[str, Any], _check: bool) -> dict[str, Any]:
    number = arguments["jid"]
    found = machine.data["jobs"].get(number)
    if found is None:
        raise Failed(f"could not find job at '{arguments['_async_dir']}'", ansible_job_id=number, started=True, finished=True)
    if arguments["mode"] == "cleanup":
        del machine.data["jobs"][number]
        return {"changed": False, "ansible_job_id": number, "erased": ntpath.join(arguments["_async_dir"], number)}
    return {**found, "ansible_job_id": number, "started": True, "finished": True}


MODULES: dict[str, Module] = {
    "win_file": win_file,
    "win_stat": win_stat,
    "win_copy": win_copy,
    "slurp": slurp,
    "async_status": async_status,
}
