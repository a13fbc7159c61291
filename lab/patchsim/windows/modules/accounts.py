"""Local users and groups."""

from __future__ import annotations

from typing import Any, cast

from ..machine import Machine, is_password, password_hash
from .base import Failed, Module

_OPTIONS = (
    "password_never_expires",
    "user_cannot_change_password",
    "account_locked",
    "password_expired",
    "home_directory",
    "login_script",
    "profile",
)


def win_user(machine: Machine, arguments: dict[str, Any], check: bool) -> dict[str, Any]:
    users, name = machine.data["users"], arguments["name"]
    old = users.get(name.casefold())
    if arguments["state"] == "query":
        return {"changed": False, **_shown(machine, old or {"name": name}), "state": "present" if old else "absent"}
    if arguments["state"] == "absent":
        if old and not check:
            del users[name.casefold()]
            for group in machine.data["groups"].values():
                group["members"] = [one for one in group["members"] if one.casefold() != name.casefold()]
        return {"changed": old is not None, "name": name, "state": "absent"}
    if old is None and not arguments.get("password"):
        raise Failed(f"A password must be set to create the user '{name}'")
    new = {**(old or {"name": name, "fullname": "", "description": "", "disabled": False, "password": "", "options": {}})}
    new |= {key: arguments[key] for key in ("fullname", "description") if arguments.get(key) is not None}
    if arguments.get("account_disabled") is not None:
        new["disabled"] = arguments["account_disabled"]
    new["options"] = {**new["options"], **{key: arguments[key] for key in _OPTIONS if arguments.get(key) is not None}}
    password = arguments.get("password")
    always = arguments.get("update_password", "always") == "always"
    if password and (old is None or (always and not is_password(password, old["password"]))):
        new["password"] = password_hash(password)
    changed = new != old
    if not check:
        users[name.casefold()] = new
    if arguments.get("groups") is not None:
        changed |= _groups(machine, name, arguments["groups"], arguments["groups_action"], check)
    return {"changed": changed, "state": "present", **_shown(machine, new)}


def _groups(machine: Machine, name: str, wanted: list[str], action: str, check: bool) -> bool:
    groups = [_group(machine, one) for one in wanted]
    changed = False
    for group in machine.data["groups"].values():
        inside = any(one.casefold() == name.casefold() for one in group["members"])
        asked = group in groups
        should = {"add": inside or asked, "remove": inside and not asked, "replace": asked}[action]
        if inside is should:
            continue
        changed = True
        if not check:
            others = [one for one in group["members"] if one.casefold() != name.casefold()]
            group["members"] = [*others, name] if should else others
    return changed


def _shown(machine: Machine, user: dict[str, Any]) -> dict[str, Any]:
    name = str(user["name"])
    groups = [group["name"] for group in machine.data["groups"].values() if name.casefold() in (one.casefold() for one in group["members"])]
    path = f"WinNT://{machine.domain}/{machine.name}"
    return {
        "name": name,
        "fullname": user.get("fullname", ""),
        "description": user.get("description", ""),
        "account_disabled": user.get("disabled", False),
        "path": f"{path}/{name}",
        "groups": [{"name": group, "path": f"{path}/{group}"} for group in groups],
    }


def _group(machine: Machine, name: str) -> dict[str, Any]:
    found = machine.data["groups"].get(name.casefold())
    if found is None:
        raise Failed(f"Could not find local group {name}")
    return cast(dict[str, Any], found)


def _account(machine: Machine, name: str) -> str:
    """``MACHINE\\name`` or ``DOMAIN\\name``. :raises Failed: a local account that there is not."""
    domain, _, account = name.replace("/", "\\").rpartition("\\")
    if domain and domain.casefold() not in (machine.name.casefold(), "."):
        return f"{domain.upper()}\\{account}"
    if account.casefold() not in machine.data["users"] and account.casefold() not in machine.data["groups"]:
        raise Failed(f"account_name {name} is not a valid account, cannot get SID.")
    return f"{machine.name}\\{account}"


def win_group_membership(machine: Machine, arguments: dict[str, Any], check: bool) -> dict[str, Any]:
    group, state = _group(machine, arguments["name"]), arguments.get("state", "present")
    here = {_account(machine, one).casefold(): _account(machine, one) for one in group["members"]}
    given = {(name := _account(machine, one)).casefold(): name for one in arguments["members"]}
    added = [name for key, name in given.items() if key not in here] if state in ("present", "pure") else []
    if state == "absent":
        removed = [name for key, name in here.items() if key in given]
    else:
        removed = [name for key, name in here.items() if key not in given] if state == "pure" else []
    members = [name for name in here.values() if name not in removed] + added
    if not check:
        local = f"{machine.name}\\"
        group["members"] = [name.removeprefix(local) for name in members]
    return {"changed": bool(added or removed), "name": group["name"], "added": added, "removed": removed, "members": members}


MODULES: dict[str, Module] = {"win_user": win_user, "win_group_membership": win_group_membership}
