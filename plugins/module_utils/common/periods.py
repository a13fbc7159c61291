"""Effective-dated periods: ``valid_from`` to ``valid_to``, both days included, an open end without ``valid_to``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

OPEN = "9999-12-31"


@dataclass(frozen=True, slots=True)
class Period:
    """ISO dates; ``index`` is the position in the list that the period comes from."""

    first: str
    last: str
    index: int

    def holds(self, day: str) -> bool:
        return self.first <= day <= self.last


def periods(items: Iterable[Mapping[str, Any]]) -> list[Period]:
    """The periods of mappings with ``valid_from`` and perhaps ``valid_to`` (dates or ISO texts), in order of time."""
    found = [Period(str(item["valid_from"])[:10], str(item.get("valid_to") or OPEN)[:10], index) for index, item in enumerate(items)]
    return sorted(found, key=lambda period: (period.first, period.last, period.index))


def inverted(ordered: Iterable[Period]) -> Iterator[Period]:
    """Periods that end before they begin."""
    return (period for period in ordered if period.last < period.first)


def overlaps(ordered: Sequence[Period]) -> Iterator[tuple[Period, Period]]:
    """Each period that begins before an earlier one has ended, with that one."""
    widest: Period | None = None
    for period in ordered:
        if widest and period.first <= widest.last:
            yield widest, period
        if widest is None or period.last > widest.last:
            widest = period


def gaps(ordered: Sequence[Period]) -> Iterator[tuple[Period, str, str]]:
    """Each period that begins later than the day after all before it have ended, with the first and last day of the gap."""
    last = ""
    for period in ordered:
        if last and last != OPEN and day_after(last) < period.first:
            yield period, day_after(last), day_before(period.first)
        last = max(last, period.last)


def uncovered(wanted: Period, ordered: Sequence[Period]) -> str:
    """The first day of ``wanted`` on which none of the periods holds; empty when they cover it."""
    day = wanted.first
    for period in ordered:
        if period.first > day:
            break
        if period.last >= day:
            if period.last >= wanted.last:
                return ""
            day = day_after(period.last)
    return day


def day_after(day: str) -> str:
    return (dt.date.fromisoformat(day) + dt.timedelta(days=1)).isoformat()


def day_before(day: str) -> str:
    return (dt.date.fromisoformat(day) - dt.timedelta(days=1)).isoformat()
