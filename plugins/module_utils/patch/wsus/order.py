"""What one run shall do with approvals, as data: read from a task's arguments or a cycle's files, every bad value at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...common.plan import Guard, Limit
from ...common.problems import Problem, WardopsError, fail
from ..model import Action, UpdateId
from .wire import guid, update_id

_SAME = dt.timedelta(seconds=1)

#: limits when nothing else is said: a ring's worth of approvals
GUARD = Guard(remove=Limit(50, 50), change=Limit(100, 50))


@dataclass(frozen=True, slots=True)
class Wanted:
    """An approval that shall stand. :param group: name or GUID of the group."""

    update: UpdateId
    group: str
    action: Action = Action.INSTALL
    deadline: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """All that one run shall do.

    :param wanted: approvals that shall stand.
    :param absent: approvals that shall not stand: update, group; revision 0 = of every revision.
    :param only: groups (name or GUID) of which this order says everything: what else is approved for them is taken back.
    :param declines: GUIDs; the rule that chose them is the caller's.
    :param licences: GUIDs of updates whose licence terms may be accepted.
    :param expect: digest of the plan that somebody has looked at; empty: any.
    """

    wanted: Sequence[Wanted] = ()
    absent: Sequence[tuple[UpdateId, str]] = ()
    only: Sequence[str] = ()
    declines: Sequence[str] = ()
    licences: Sequence[str] = ()
    guard: Guard = GUARD
    expect: str = ""


def same_deadline(asked: dt.datetime | None, stored: dt.datetime | None, approved: dt.datetime) -> bool:
    """Whether a server that was asked for one deadline may hold the other. SQL Server keeps times to 1/300 s; a deadline that was over
    when it was approved means "at once" and may be held as that moment (MS-WSUSAR 3.1.4).

    :param approved: when the server took the approval.
    """
    if asked is None or stored is None:
        return asked is stored
    return abs(asked - stored) < _SAME or (asked < approved and abs(stored - approved) < _SAME)


def orders(items: Iterable[Mapping[str, Any]], source: str) -> list[Wanted]:
    """Approvals from data: ``update``, ``revision``, ``group``, and ``action``, ``deadline`` (ISO 8601 with a zone) where given.

    :raises WardopsError: E1961, one for each bad value; the same approval wanted twice is one too.
    """
    problems: list[Problem] = []
    found: dict[tuple[UpdateId, str], Wanted] = {}
    for number, item in enumerate(items, 1):
        try:
            one = _order(item)
        except _Bad as error:
            problems.append(Problem("E1961", source, params={"what": f"{error.what} [{number}]", "value": error.value}))
            continue
        if found.setdefault((one.update, one.group.casefold()), one) != one:
            problems.append(Problem("E1961", source, params={"what": f"approval [{number}]", "value": f"{one.update} {one.group}"}))
    if problems:
        raise WardopsError(problems)
    return list(found.values())


class _Bad(Exception):
    def __init__(self, what: str, value: object) -> None:
        self.what, self.value = what, value


def _order(item: Mapping[str, Any]) -> Wanted:
    update, group = _place(item)
    if update.revision < 1:
        raise _Bad("revision", item.get("revision"))
    action = {"install": Action.INSTALL, "uninstall": Action.UNINSTALL}.get(str(item.get("action") or "install"))
    if action is None:
        raise _Bad("action", item.get("action"))
    return Wanted(update, group, action, _deadline(item.get("deadline")))


def _place(item: Mapping[str, Any]) -> tuple[UpdateId, str]:
    """Update and group; revision 0 when none is given."""
    if not isinstance(item, Mapping):
        raise _Bad("approval", item)
    try:
        update = update_id(item.get("update"), item.get("revision") or 0)
    except ValueError:
        raise _Bad("update", f"{item.get('update')}/{item.get('revision')}") from None
    group = item.get("group")
    if not isinstance(group, str) or not group.strip():
        raise _Bad("group", group)
    return update, group.strip()


def _deadline(value: object) -> dt.datetime | None:
    if value in (None, ""):
        return None
    try:
        moment = value if isinstance(value, dt.datetime) else dt.datetime.fromisoformat(str(value))
        if moment.tzinfo is None:
            raise _Bad("deadline", value)
        return moment.astimezone(dt.UTC)
    except (ValueError, OverflowError):  # year 1 east of Greenwich is before time begins
        raise _Bad("deadline", value) from None


def places(items: Iterable[Mapping[str, Any]], source: str) -> list[tuple[UpdateId, str]]:
    """Approvals that shall not stand, from data: ``update``, ``group``, ``revision`` (none: every revision).

    :raises WardopsError: E1961.
    """
    found = []
    for number, item in enumerate(items, 1):
        try:
            found.append(_place(item))
        except _Bad as error:
            raise fail("E1961", source, what=f"{error.what} [{number}]", value=error.value) from None
    return found


def guids(values: Iterable[object], source: str) -> list[str]:
    """:raises WardopsError: E1961."""
    found = []
    for value in values:
        try:
            found.append(guid(value))
        except ValueError:
            raise fail("E1961", what=source, value=str(value)) from None
    return found
