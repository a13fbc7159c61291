"""Computer groups as data: which groups there are, below which parent, and exactly which computers are in each."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...common.plan import Change, Guard, Limit, Plan
from ...common.problems import Problem, WardopsError, fail
from ..model import ALL_COMPUTERS, BUILT_IN, Computer, Role, ServerInfo, WsusServer
from .replay import Groups, Work, carry_out

GUARD = Guard(remove=Limit(100, 10), change=Limit(100, 10))


@dataclass(frozen=True, slots=True)
class WantedGroup:
    """A group that shall be there.

    :param parent: name or GUID of the group above; empty = All Computers.
    :param computers: names (short or full) of exactly the computers that shall be in it; ``None`` = whoever is.
    """

    name: str
    parent: str = ""
    computers: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class GroupOrder:
    """:param absent: names of groups that shall not be there."""

    groups: Sequence[WantedGroup] = ()
    absent: Sequence[str] = ()
    guard: Guard = GUARD
    expect: str = ""


@dataclass(slots=True)
class GroupWork(Work):
    """:ivar missing: computers that the server does not know (they have never reported); ``stale``: old ids of machines set up anew."""

    missing: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)


def group_orders(items: Iterable[Mapping[str, Any]]) -> list[WantedGroup]:
    """From data: ``name``, ``parent``, ``computers``. :raises WardopsError: E1961."""
    found: dict[str, WantedGroup] = {}
    for item in items:
        name, parent, computers = item.get("name"), item.get("parent") or "", item.get("computers")
        if not isinstance(name, str) or not name.strip() or len(name) > 200 or not name.isprintable():
            raise fail("E1961", what="name", value=str(name))
        if computers is not None and (
            not isinstance(computers, list) or not all(isinstance(one, str) and one.strip() for one in computers)
        ):
            raise fail("E1961", what=f"computers ({name})", value=str(computers)[:80])
        one = WantedGroup(name.strip(), str(parent).strip(), None if computers is None else tuple(computers))
        if found.setdefault(one.name.casefold(), one) is not one:
            raise fail("E1961", what="name", value=name)
    return list(found.values())


class Computers:
    """The server's computers by name; of a machine that was set up anew the id that reported last counts."""

    def __init__(self, computers: Iterable[Computer]) -> None:
        self.by_id = {one.id: one for one in computers}
        self._names: dict[str, list[Computer]] = defaultdict(list)
        for one in self.by_id.values():
            full = one.name.casefold()
            self._names[full].append(one)
            if "." in full:
                self._names[full.partition(".")[0]].append(one)

    def find(self, name: str) -> tuple[Computer | None, list[Computer]]:
        """The computer, and the older ids of it. :raises WardopsError: E1957."""
        found = self._names.get(name.strip().casefold(), [])
        full = sorted({one.name.casefold() for one in found if "." in one.name})
        if len(full) > 1:
            raise fail("E1957", name=name, found=", ".join(full))
        ordered = sorted(found, key=_seen, reverse=True)
        return (ordered[0], ordered[1:]) if ordered else (None, [])


def _seen(one: Computer) -> tuple[float, float, str]:
    report = one.last_report.timestamp() if one.last_report else 0.0
    return (max(report, one.last_sync.timestamp() if one.last_sync else 0.0), report, one.id)


def prepare(server: WsusServer, order: GroupOrder) -> GroupWork:
    """Read the server and plan.

    :raises WardopsError: E1952, E1953, E1955, E1957, E1961, E1962, E1964, E0120, E0121: nothing was changed.
    """
    info = server.info()
    planner = _Planner(server, info, order)
    planner.make_groups()
    planner.members()
    planner.remove_groups()
    planner.refuse()
    return planner.work


class _Planner:
    def __init__(self, server: WsusServer, info: ServerInfo, order: GroupOrder) -> None:
        self.server, self.info, self.order = server, info, order
        self.work = GroupWork(Plan(), info)
        self.groups = Groups(server.groups())
        #: GUIDs of wanted groups by name; those that are made in this run appear when they are made
        self.ids: dict[str, str] = {}
        self.moved = 0

    def make_groups(self) -> None:
        """Parents first, whatever the order of the input."""
        waiting = {one.name.casefold(): one for one in self.order.groups}
        while waiting:
            ready = [one for one in waiting.values() if one.parent.casefold() not in waiting]
            if not ready:
                raise fail("E1961", what="parent", value=" / ".join(one.name for one in waiting.values()))
            for one in ready:
                self._group(one)
                del waiting[one.name.casefold()]

    def _group(self, one: WantedGroup) -> None:
        planned = {wanted.name.casefold() for wanted in self.order.groups}
        found = self.groups.find(one.name)
        if len(found) > 1:
            raise fail("E1955", name=one.name, count=len(found))
        new_parent = one.parent.casefold() in planned and not self.groups.find(one.parent)
        parent = "" if new_parent else self.groups.id(one.parent) if one.parent else ALL_COMPUTERS
        if found:
            if one.parent and found[0].parent != parent:  # a group cannot be moved (MS-WSUSAR has no such operation)
                raise fail("E1961", what=f"parent ({one.name})", value=self.groups.name(found[0].parent or ""))
            self.ids[one.name.casefold()] = found[0].id
            self.work.plan.unchanged += 1
            return
        shown = one.parent or self.groups.name(ALL_COMPUTERS)
        self.work.plan.add.append(Change(f"group {one.name}", None, {"parent": shown}))
        self.work.todo.append((f"group {one.name}", functools.partial(self._make, one, parent)))

    def _make(self, one: WantedGroup, parent: str) -> None:
        made = self.server.add_group(one.name, parent or self.ids[one.parent.casefold()])
        self.ids[one.name.casefold()] = made.id

    def members(self) -> None:
        wanted = [one for one in self.order.groups if one.computers is not None]
        if not wanted:
            return
        everyone = self.server.computers()
        computers = Computers(everyone)
        inside: dict[str, set[str]] = defaultdict(set)
        for computer in everyone:
            for group in computer.groups:
                inside[group].add(computer.id)
        for one in wanted:
            ids: set[str] = set()
            for name in one.computers or ():
                computer_or_none, stale = computers.find(name)
                self.work.stale += [f"{old.name} {old.id}" for old in stale]
                if computer_or_none is None:
                    self.work.missing.append(name)
                else:
                    ids.add(computer_or_none.id)
            self._differences(one, ids, inside.get(self.ids.get(one.name.casefold(), ""), set()), computers)

    def _differences(self, one: WantedGroup, ids: set[str], inside: set[str], computers: Computers) -> None:
        plan, key = self.work.plan, one.name.casefold()
        plan.unchanged += len(ids & inside)
        self.moved += len(ids ^ inside)
        for computer in sorted(ids - inside, key=lambda identity: computers.by_id[identity].name):
            label = f"{one.name} {computers.by_id[computer].name}"
            plan.add.append(Change(label, None, {"id": computer}))
            self.work.todo.append((label, functools.partial(self._member, "add_member", key, computer)))
        for computer in sorted(inside - ids, key=lambda identity: computers.by_id[identity].name):
            label = f"{one.name} {computers.by_id[computer].name}"
            plan.remove.append(Change(label, {"id": computer}, None))
            self.work.todo.append((label, functools.partial(self._member, "remove_member", key, computer)))

    def _member(self, verb: str, group: str, computer: str) -> None:
        getattr(self.server, verb)(self.ids[group], computer)

    def remove_groups(self) -> None:
        """A group that goes takes its approvals along: they are in the plan."""
        going = {}
        for name in self.order.absent:
            found = self.groups.find(name)
            if len(found) > 1:
                raise fail("E1955", name=name, count=len(found))
            if found:
                if found[0].id in BUILT_IN or found[0].name.casefold() in self.ids:
                    raise fail("E1961", what="absent", value=name)
                going[found[0].id] = found[0]
        left = [group for group in self.groups.by_id.values() if group.parent in going and group.id not in going]
        if left:
            raise fail("E1961", what="absent", value=f"{self.groups.name(left[0].parent or '')} ({left[0].name})")
        approvals = self.server.approvals() if going else []
        for group in going.values():
            self.work.plan.remove.append(Change(f"group {group.name}", {"id": group.id}, None))
            lost = [approval for approval in approvals if approval.group == group.id]
            self.work.plan.remove += [Change(f"{group.name} {one.update}", {"action": one.action.name.lower()}, None) for one in lost]
        for group_id in sorted(going, key=self._depth, reverse=True):  # children first: a deletion is recursive
            self.work.todo.append((f"group {going[group_id].name}", functools.partial(self.server.remove_group, group_id)))

    def _depth(self, group: str) -> int:
        depth, parent = 0, self.groups.by_id[group].parent
        while parent in self.groups.by_id and depth < len(self.groups.by_id):
            depth, parent = depth + 1, self.groups.by_id[parent].parent
        return depth

    def refuse(self) -> None:
        work, order = self.work, self.order
        if self.moved and not self.info.server_side_targeting:
            raise fail("E1962", count=self.moved)
        if work.plan.changed and self.info.replica:
            raise fail("E1952", count=len(work.todo), first=work.todo[0][0])
        if work.plan.changed and self.info.role != Role.ADMINISTRATOR:
            raise fail("E1953", role=self.info.role.name.lower())
        if order.expect and order.expect != work.digest:
            raise fail("E1964", expected=order.expect[:16], found=work.digest[:16])
        if problems := order.guard.check(work.plan, "WSUS"):
            raise WardopsError(problems)


def apply(server: WsusServer, work: GroupWork, order: GroupOrder) -> None:
    """Carry the plan out and plan again: nothing may be left to do.

    :raises WardopsError: E1965 with the cause, E1950.
    """
    carry_out(work)
    if not work.todo:
        return
    again = prepare(server, GroupOrder(order.groups, order.absent, Guard(Limit(10**9, 100), Limit(10**9, 100))))
    if again.plan.changed:
        raise WardopsError([Problem("E1950", params={"what": one["key"], "found": "-"}) for one in again.plan.actions()][:100])
