"""A world from a file (sim): terminals, updates, groups and approvals as YAML or JSON, for a server that runs as a process."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.ward.ops.plugins.module_utils.patch.model import ALL_COMPUTERS, Action, Role, Update, UpdateId

from .world import QUIET, Habits, World

_SECURITY = "0fa1201d-4330-4fa8-8ae9-b877473b6441"
_TIMES = ("released", "arrived")
_LISTS = ("kbs", "products", "supersedes")
_DEFAULTS: dict[str, Any] = {
    "kbs": (),
    "classification": "セキュリティ問題の修正プログラム",
    "classification_id": _SECURITY,
    "products": ("Windows 11",),
    "severity": "",
    "superseded": False,
    "declined": False,
    "expired": False,
    "eula": False,
    "asks_user": False,
    "uninstallable": True,
}


def load(path: Path) -> World:
    """:raises ValueError: what stands there is no world; the message names the key."""
    try:
        return build(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path}: {type(error).__name__}: {error}") from None


def build(words: Mapping[str, Any]) -> World:
    """:param words: ``now``, ``seed``, ``habits`` (shares, or ``quiet``), ``server``, ``terminals``, ``updates``, ``groups``,
    ``approvals``.
    """
    unknown = set(words) - {"now", "seed", "habits", "server", "terminals", "updates", "groups", "approvals"}
    if unknown:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    world = World(moment(words["now"]), int(words.get("seed", 0)), _habits(words.get("habits", {})))
    for one in words.get("terminals", ()):
        names = [one["name"].format(number) for number in range(one["count"])] if "count" in one else [one["name"]]
        world.add_terminals(((name, one.get("model", "")) for name in names), one.get("os", "Windows 11 24H2"))
    for one in words.get("updates", ()):
        world.publish(update(world, one))
    for one in words.get("groups", ()):
        _group(world, one)
    for one in words.get("approvals", ()):
        deadline = one.get("deadline")
        wanted = world.store.updates[one["update"]].id
        world.store.approve(wanted, group_named(world, one["group"]), Action.INSTALL, moment(deadline) if deadline else None)
    # last, since a replica or a reporter could not have been given any of this
    change_server(world, words.get("server", {}))
    return world


def update(world: World, words: Mapping[str, Any]) -> Update:
    """:param words: fields of an update, and ``guid`` and ``revision``; what is left out has a plain value."""
    fields = {**_DEFAULTS, **dict.fromkeys(_TIMES, world.now), **words}
    fields["id"] = UpdateId(str(fields.pop("guid")).lower(), int(fields.pop("revision", 1)))
    fields |= {name: moment(fields[name]) for name in _TIMES} | {name: tuple(map(str, fields.get(name, ()))) for name in _LISTS}
    return Update(**fields)


def change_server(world: World, words: Mapping[str, Any]) -> None:
    """:param words: ``role``, ``replica``, ``rules``, ``server_side_targeting``, ``version``, ``synchronised``."""
    for name, value in words.items():
        if name == "role":
            world.store.role = Role[str(value).upper()]
        elif name == "rules":
            world.store.rules = tuple(map(str, value))
        elif name == "synchronised":
            world.store.synchronised = moment(value)
        elif name in ("replica", "server_side_targeting") and isinstance(value, bool):
            setattr(world.store, name, value)
        elif name == "version":
            world.store.version = str(value)
        else:
            raise ValueError(f"server: {name}: {value!r}")


def moment(value: str | dt.datetime) -> dt.datetime:
    """:raises ValueError: no time, or none with a zone."""
    when = value if isinstance(value, dt.datetime) else dt.datetime.fromisoformat(value)
    if when.tzinfo is None:
        raise ValueError(f"a time without a zone: {value}")
    return when.astimezone(dt.UTC)


def group_named(world: World, name: str) -> str:
    """:raises ValueError: no such group; ``all`` = All Computers."""
    if name == "all":
        return ALL_COMPUTERS
    for group in world.store.groups.values():
        if name in (group.name, group.id):
            return group.id
    raise ValueError(f"no group {name}")


def _group(world: World, words: Mapping[str, Any]) -> None:
    made = world.store.add_group(words["name"], group_named(world, words.get("parent", "all")), words.get("id"))
    wanted = set(words.get("members", ()))
    found = {one.name: one.id for one in world.terminals.values() if one.name in wanted}
    if missing := wanted - set(found):
        raise ValueError(f"group {made.name}: no terminal {', '.join(sorted(missing))}")
    for name in sorted(wanted):
        world.store.add_member(made.id, found[name])


def _habits(words: Mapping[str, Any] | str) -> Habits:
    if isinstance(words, str):
        if words != "quiet":
            raise ValueError(f"habits: {words}")
        return QUIET
    fields: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in words.items()}
    return Habits(**fields)
