"""The plan for a RADIUS server's MAC entries: desired against actual, with scope and sticky quarantine. Pure functions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any

from ..common.plan import Change, Guard, Item, Limit, Plan, compare
from ..common.problems import Problem
from .entries import SetPlan, State, entry_items, group_item, group_name, shown

#: how many machine-readable actions a task returns; the evidence record holds all of them
RETURNED_ACTIONS = 1000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a server shall hold; plain data, so that it can be sent to another machine.

    :param items: desired items by canonical MAC (not only those in scope).
    :param owners: ``kind:name (state)`` by MAC, for people.
    :param scope: the MACs that this run may touch, or ``None`` for all (then MACs that no ledger knows are removed).
    :param released: MACs that this run may let out of quarantine (an order to release, or a rollback).
    :param quarantine: the quarantine VLAN.
    """

    items: Mapping[str, Item]
    owners: Mapping[str, str] = field(default_factory=dict)
    scope: Set[str] | None = None
    released: Set[str] = frozenset()
    quarantine: int = 999

    def to_text(self) -> str:
        """One compact text, to be sent to the machine that holds the server's store."""
        entries = [[mac, item.get("vlan"), item.get("expires", "")] for mac, item in self.items.items()]
        scope = None if self.scope is None else sorted(self.scope)
        body = [1, entries, dict(self.owners), scope, sorted(self.released), self.quarantine]
        return json.dumps(body, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> Wanted:
        """The reverse of :meth:`to_text`.

        :raises ValueError: when the text is not of that form.
        """
        try:
            version, entries, owners, scope, released, quarantine = json.loads(text)
            plain = {mac: {"vlan": vlan, "expires": expires} if expires else {"vlan": vlan} for mac, vlan, expires in entries}
            if version != 1 or len(plain) != len(entries):
                raise ValueError("unknown version or a MAC twice")
            wanted_scope = None if scope is None else frozenset(map(str, scope))
            return cls(entry_items(plain), dict(owners), wanted_scope, frozenset(map(str, released)), int(quarantine))
        except TypeError as error:
            raise ValueError(str(error)) from None


def plan_set(wanted: Wanted, state: State) -> SetPlan:
    """What turns the server's state into the wanted one.

    An entry that stands in the quarantine VLAN is *held* unless ``wanted.released`` has it, which only an order to release does:
    a sync from an older copy of the ledgers must not let an isolated terminal back in.
    """
    items, actual = wanted.items, state.entries
    if wanted.scope is not None:
        items = {mac: item for mac, item in items.items() if mac in wanted.scope}
        actual = {mac: item for mac, item in actual.items() if mac in wanted.scope}
    plan = compare(items, actual)
    changes, plan.change = plan.change, []
    for change in changes:
        (plan.held if _sticks(change, wanted) else plan.change).append(change)
    plan.held = [Change(c.key, c.before, {**(c.before or {}), "reason": "quarantine not released"}) for c in plan.held]
    return SetPlan(plan, _plan_groups(items, state))


def _sticks(change: Change, wanted: Wanted) -> bool:
    before, after = change.before or {}, change.after or {}
    quarantine = wanted.quarantine
    return before["vlan"] == quarantine and after["vlan"] != quarantine and change.key not in wanted.released


def _plan_groups(items: Mapping[str, Item], state: State) -> Plan:
    """Groups that the desired items need (those that they do not need are left alone), or a file that is to be loaded."""
    if not state.grouped:
        return Plan(change=[Change("reload", {"loaded": "no"}, {"loaded": "yes"})] if state.stale else [])
    vlans = {item["vlan"] for item in items.values() if item.get("vlan") is not None}
    needed = {group_name(vlan): group_item(group_name(vlan)) for vlan in sorted(vlans)}
    return compare(needed, {name: item for name, item in state.groups.items() if name in needed})


def expected(plan: SetPlan, state: State) -> tuple[dict[str, Item], dict[str, Item]]:
    """Entries and groups that must stand on the server after the plan was applied to the state."""
    results = []
    for part, before in ((plan.entries, state.entries), (plan.groups, state.groups)):
        after = dict(before)
        for change in (*part.add, *part.change):
            after[change.key] = change.after or {}
        for change in part.remove:
            after.pop(change.key, None)
        results.append(after)
    return results[0], results[1]


def difference(plan: SetPlan, before: State, after: State) -> list[str]:
    """MACs and groups that do not stand as the plan says; empty when the read-back proves it."""
    entries, groups = expected(plan, before)
    found = ["reload"] if after.stale else []
    pairs = [(entries, after.entries), (groups, after.groups)]
    for want, have in pairs if before.grouped else pairs[:1]:
        if want != have:
            found += sorted(key for key in want.keys() | have.keys() if want.get(key) != have.get(key))
    return found


def guard_of(limits: Mapping[str, Any]) -> Guard:
    """The guard from plain data: ``{"remove": {"count": 200, "percent": 5}, "change": {...}, "allow_remove": 0, "allow_change": 0}``."""
    allowed = (int(limits.get("allow_remove", 0)), int(limits.get("allow_change", 0)))
    return Guard(_limit(limits["remove"]), _limit(limits["change"]), *allowed)


def _limit(limit: Mapping[str, float]) -> Limit:
    return Limit(int(limit["count"]), float(limit["percent"]))


def check_guard(guard: Guard, plan: SetPlan, state: State, subject: str) -> list[Problem]:
    """The guard's problems; percentages are of everything that stands on the server, also when the run's scope is smaller."""
    whole = Plan(plan.entries.add, plan.entries.change, plan.entries.remove, plan.entries.held)
    whole.unchanged = max(0, len(state.entries) - len(whole.change) - len(whole.remove) - len(whole.held))
    return guard.check(whole, subject)


def report(plan: SetPlan, wanted: Wanted) -> dict[str, Any]:
    """The plan as a task returns it: counts, and the first actions with their owners."""
    actions = chain(_actions(plan.entries, wanted.owners), _actions(plan.groups, {}))
    parts = [len(changes) for part in (plan.entries, plan.groups) for changes in (part.add, part.change, part.remove, part.held)]
    return {
        "counts": plan.entries.counts(),
        "groups": plan.groups.counts(),
        "actions": list(islice(actions, RETURNED_ACTIONS)),
        "actions_total": sum(parts),
    }


def _actions(plan: Plan, owners: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for action in plan.actions():
        key = action["key"]
        line = {**action, "before": shown(key, action["before"]), "after": shown(key, action["after"])}
        if key in owners:
            line["owner"] = owners[key]
        yield line


def record(plan: SetPlan, owners: Mapping[str, str]) -> dict[str, Any]:
    """The plan as evidence keeps it: counts and one line of text for each object, all of them."""
    lines = {}
    for name in ("add", "change", "remove", "held"):
        changes = [*getattr(plan.entries, name), *getattr(plan.groups, name)]
        lines[name] = [_line(change, owners.get(change.key, "")) for change in changes]
    return {"counts": plan.entries.counts(), "groups": plan.groups.counts(), **lines}


def _line(change: Change, owner: str) -> str:
    before, after = _text(change.key, change.before), _text(change.key, change.after)
    return f"{change.key}: {before} -> {after}{' ' + owner if owner else ''}"


def _text(key: str, item: Item | None) -> str:
    seen = shown(key, item)
    return " ".join(f"{name}={value}" for name, value in seen.items()) if seen else "-"


def diff(plan: SetPlan, owners: Mapping[str, str], title: str) -> dict[str, str]:
    """Ansible's diff: one line for each object that changes, sorted, with the owner of the MAC."""
    changes = []
    for part in (plan.groups, plan.entries):
        changes += sorted((*part.add, *part.change, *part.remove), key=lambda change: change.key)
    sides = {"before": "", "after": ""}
    for side in sides:
        pairs = [(change.key, getattr(change, side)) for change in changes]
        lines = [f"{key} {_text(key, item)}{' ' + owners[key] if key in owners else ''}\n" for key, item in pairs if item is not None]
        sides[side] = "".join(lines)
    return {"before_header": title, "after_header": title, **sides}
