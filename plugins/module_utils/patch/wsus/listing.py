"""What a server has, for people and other programs: updates by filter, and how they stand, by group."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from ...common.problems import fail
from ..model import Approval, State, Update, WsusServer
from .connect import SERVER
from .order import guids
from .replay import Groups

_STRINGS = {"type": "list", "elements": "str", "default": []}
UPDATES: dict[str, Any] = {
    **SERVER,
    "updates": _STRINGS,
    "kbs": _STRINGS,
    "classifications": _STRINGS,
    "arrived_since": {"type": "str"},
    "include_declined": {"type": "bool", "default": False},
    "supersedence": {"type": "bool", "default": False},
}
COMPLIANCE: dict[str, Any] = {**SERVER, "updates": {**_STRINGS, "required": True, "default": None}, "groups": _STRINGS}


def updates(server: WsusServer, arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The updates that pass every filter that is given, with their approvals; newest first.

    :raises WardopsError: E1961, and those of the server.
    """
    ids = set(guids(arguments["updates"], "updates"))
    kbs = {str(kb).upper().removeprefix("KB").strip() for kb in arguments["kbs"]}
    classes = set(guids(arguments["classifications"], "classifications"))
    since = _moment(arguments["arrived_since"])
    groups = Groups(server.groups())
    approved: dict[Any, list[Approval]] = defaultdict(list)
    for approval in server.approvals():
        approved[approval.update].append(approval)
    found = [
        one
        for one in server.updates()
        if (not ids or one.id.guid in ids)
        and (not kbs or kbs & set(one.kbs))
        and (not classes or one.classification_id in classes)
        and (since is None or one.arrived >= since)
        and (arguments["include_declined"] or not one.declined)
    ]
    found.sort(key=lambda one: (-one.arrived.timestamp(), one.id))
    return [{**_update(one), "approvals": [_approval(item, groups) for item in approved[one.id]]} for one in found]


def _moment(text: str | None) -> dt.datetime | None:
    if not text:
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise fail("E1961", what="arrived_since", value=text) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.timezone(dt.timedelta(hours=9)))


def _update(one: Update) -> dict[str, Any]:
    plain = ("title", "classification", "classification_id", "severity", "superseded", "declined", "expired", "eula", "asks_user")
    return {
        "update": one.id.guid,
        "revision": one.id.revision,
        **{name: getattr(one, name) for name in plain},
        "uninstallable": one.uninstallable,
        "kbs": list(one.kbs),
        "products": list(one.products),
        "supersedes": list(one.supersedes),
        "released": one.released.isoformat(),
        "arrived": one.arrived.isoformat(),
    }


def _approval(one: Approval, groups: Groups) -> dict[str, Any]:
    return {
        "group": groups.name(one.group),
        "action": one.action.name.lower(),
        "deadline": one.deadline.isoformat() if one.deadline else None,
        "administrator": one.administrator,
        "time": one.time.isoformat(),
    }


def compliance(server: WsusServer, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """How the updates stand: counts by state for each update, over all computers or those of some groups; each computer that failed.

    :raises WardopsError: E1955, E1961, and those of the server.
    """
    wanted = guids(arguments["updates"], "updates")
    groups = Groups(server.groups())
    inside = {groups.id(name) for name in arguments["groups"]}
    computers = {one.id: one for one in server.computers() if not inside or inside & one.groups}
    counts: dict[str, Counter[str]] = {update: Counter() for update in wanted}
    failed: list[dict[str, str]] = []
    for status in server.states(wanted):
        if status.computer not in computers:
            continue
        counts[status.update][status.state.name.lower()] += 1
        if status.state == State.FAILED:
            failed.append({"update": status.update, "computer": computers[status.computer].name})
    return {
        "computers": len(computers),
        "updates": [_counted(update, counts[update], len(computers)) for update in wanted],
        "failed": sorted(failed, key=lambda one: (one["update"], one["computer"])),
    }


def _counted(update: str, counts: Counter[str], computers: int) -> dict[str, Any]:
    """A computer without a row has not said anything of this update: unknown."""
    silent = computers - counts.total()
    states: Sequence[str] = [state.name.lower() for state in State]
    found = {state: counts[state] for state in states}
    return {"update": update, **found, "unknown": found["unknown"] + silent}
