"""Plans and guards: what a run would change, and how much it may change without being told to.

Every change to an outside system is a :class:`Plan` first (DESIGN section 2, rules 1 and 3).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .problems import Problem

Item = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """One object's way from ``before`` (``None`` = not there) to ``after`` (``None`` = removed)."""

    key: str
    before: Item | None
    after: Item | None


@dataclass(slots=True)
class Plan:
    """The difference between desired and actual.

    :param unchanged: how many objects are already right.
    :param held: objects that differ but are left alone on purpose, with the reason in ``after["reason"]``.
    """

    add: list[Change] = field(default_factory=list)
    change: list[Change] = field(default_factory=list)
    remove: list[Change] = field(default_factory=list)
    held: list[Change] = field(default_factory=list)
    unchanged: int = 0

    @property
    def changed(self) -> bool:
        return bool(self.add or self.change or self.remove)

    @property
    def actual(self) -> int:
        """Number of objects that are there now."""
        return self.unchanged + len(self.change) + len(self.remove) + len(self.held)

    def counts(self) -> dict[str, int]:
        return {
            "add": len(self.add),
            "change": len(self.change),
            "remove": len(self.remove),
            "held": len(self.held),
            "unchanged": self.unchanged,
        }

    def actions(self) -> Iterator[dict[str, Any]]:
        """Machine-readable items, in the order add, change, remove, held."""
        for name in ("add", "change", "remove", "held"):
            for item in getattr(self, name):
                yield {"action": name, "key": item.key, "before": item.before, "after": item.after}

    def diff(self) -> dict[str, str]:
        """Ansible's ``before`` / ``after`` texts: one line per object, sorted by key."""
        items = sorted([*self.add, *self.change, *self.remove], key=lambda item: item.key)
        return {
            "before": "".join(_line(item.key, item.before) for item in items if item.before is not None),
            "after": "".join(_line(item.key, item.after) for item in items if item.after is not None),
        }


def _line(key: str, item: Item) -> str:
    return f"{key} " + " ".join(f"{name}={value}" for name, value in item.items() if value not in (None, "")) + "\n"


def compare(desired: Mapping[str, Item], actual: Mapping[str, Item]) -> Plan:
    """The plan that turns ``actual`` into ``desired``; items are compared by equality, results sorted by key."""
    plan = Plan()
    for key, item in desired.items():
        before = actual.get(key)
        if before is None:
            plan.add.append(Change(key, None, item))
        elif before != item:
            plan.change.append(Change(key, before, item))
        else:
            plan.unchanged += 1
    plan.remove.extend(Change(key, item, None) for key, item in actual.items() if key not in desired)
    for changes in (plan.add, plan.change, plan.remove):
        changes.sort(key=lambda item: item.key)
    return plan


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``count`` objects and at most ``percent`` of those that are there; whichever is smaller binds."""

    count: int
    percent: float

    def allowed(self, actual: int) -> int:
        return min(self.count, int(actual * self.percent / 100))


@dataclass(frozen=True, slots=True)
class Guard:
    """Limits of one backend. There is no switch that turns a guard off.

    :param allow_remove: number of removals that the operator has allowed on purpose for this run (0 = none).
    :param allow_change: the same for changes.
    """

    remove: Limit
    change: Limit
    allow_remove: int = 0
    allow_change: int = 0

    def check(self, plan: Plan, subject: str) -> list[Problem]:
        """E0120 (removals) and E0121 (changes) when the plan goes beyond; an empty list lets it pass."""
        checks: Sequence[tuple[str, int, Limit, int]] = (
            ("E0120", len(plan.remove), self.remove, self.allow_remove),
            ("E0121", len(plan.change), self.change, self.allow_change),
        )
        found = []
        for code, planned, limit, on_purpose in checks:
            allowed = max(limit.allowed(plan.actual), on_purpose)
            if planned > allowed:
                params = {"planned": planned, "allowed": allowed, "actual": plan.actual, "count": limit.count, "percent": limit.percent}
                found.append(Problem(code, subject, params=params))
        return found
