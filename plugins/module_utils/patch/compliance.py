"""適用状況一覧: how every terminal stands in a cycle on a day, from the day's snapshot. Pure: no file is read here.

A terminal has exactly one standing, so the numbers of any division (ring, section, model) add up to the same total. The rules are those of
the gate (``gate.measure``): the update that stands worst decides, and what was reported before the ring was approved says nothing.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from .cycle import CyclePlan, Planned
from .decisions import TOKYO
from .model import State
from .roster import RANK
from .snapshots import Snapshot


class Standing(IntEnum):
    """How a terminal stands; the first four are the ranks of :mod:`.roster`."""

    DONE = 0
    RESTART = 1
    LACKING = 2
    FAILED = 3
    SILENT = 4
    AHEAD = 5
    EXCLUDED = 6


#: as people read it; the words of the form 適用状況一覧
WORDS = {
    Standing.DONE: "適用済",
    Standing.RESTART: "再起動待ち",
    Standing.LACKING: "未適用",
    Standing.FAILED: "失敗",
    Standing.SILENT: "未通信",
    Standing.AHEAD: "適用前",
    Standing.EXCLUDED: "除外",
}
#: a section is asked to do something about these
OPEN = frozenset({Standing.RESTART, Standing.LACKING, Standing.FAILED, Standing.SILENT})
_DIGITS = bytes(RANK[code - 48] if 48 <= code <= 48 + max(State) else 2 for code in range(256))
_DONE_DIGITS = frozenset("14")


@dataclass(frozen=True, slots=True)
class Line:
    """A terminal. :param place: in the snapshot; -1 for one that was left out.

    :param open: KB numbers of the approved updates that are not on it, worst first; with state 3, 6 … as ``State``.
    :param report: its last report, UTC; ``None`` = never.
    """

    name: str
    ring: str
    dept: str
    model: str
    standing: Standing
    open: tuple[tuple[str, State], ...]
    report: dt.datetime | None
    place: int

    @property
    def failed(self) -> tuple[str, ...]:
        """KB numbers of the updates that failed on it."""
        return tuple(kb for kb, state in self.open if state is State.FAILED)


def gone(snapshot: Snapshot, guid: str) -> str:
    """Why nobody can install an update any more: ``expired``, ``declined``, ``missing``; empty: it is offered (or not known, format 1)."""
    return snapshot.catalogue.get(guid, (0, "missing"))[1] if snapshot.catalogue else ""


def since(plan: CyclePlan, snapshot: Snapshot, ring: str) -> tuple[dt.datetime | None, list[Planned]]:
    """From when on reports of a ring count, and which updates count for it: those that are approved and still offered.

    A snapshot of format 1 knows no approvals: then the ring's planned day opens it.
    """
    there = [one for one in plan.updates if one.id.guid in snapshot.states and not gone(snapshot, one.id.guid)]
    if snapshot.approved is None:
        planned = plan.when(snapshot.layer, ring)
        begin = dt.datetime.combine(planned.day, dt.time(), TOKYO) if planned else None
        return (begin, there) if begin and begin <= dt.datetime.fromisoformat(snapshot.at) else (None, [])
    given = snapshot.approved.get(ring, {})
    counted = [one for one in there if one.id.guid in given]
    times = [dt.datetime.fromisoformat(given[one.id.guid]) for one in counted]
    return max(times, default=None), counted


def standings(plan: CyclePlan, snapshot: Snapshot) -> bytes:
    """One :class:`Standing` a terminal, in the snapshot's order."""
    told = [dt.datetime.fromisoformat(text) if text else None for text in snapshot.reports]
    rows = {guid: row.encode().translate(_DIGITS) for guid, row in snapshot.states.items()}
    found = bytearray()
    for ring, group in itertools.groupby(snapshot.rings):
        first, after = len(found), len(found) + sum(1 for _ in group)
        begin, counted = since(plan, snapshot, ring)
        if begin is None:
            found += bytes((Standing.AHEAD,)) * (after - first)
            continue
        ranks = [rows[one.id.guid][first:after] for one in counted]
        worst = bytes(map(max, *ranks)) if len(ranks) > 1 else ranks[0]
        heard = (moment is not None and moment >= begin for moment in told[first:after])
        found += bytes(rank if said else Standing.SILENT for rank, said in zip(worst, heard, strict=True))
    return bytes(found)


def lines(plan: CyclePlan, snapshot: Snapshot, only: Collection[str] | None = None) -> list[Line]:
    """Every terminal of the snapshot, those that a decision left out last.

    :param only: names that ``--limit`` leaves; ``None`` = all.
    """
    missing = _missing(plan, snapshot)
    found = []
    for place, (name, code) in enumerate(zip(snapshot.names, standings(plan, snapshot), strict=True)):
        report = dt.datetime.fromisoformat(snapshot.reports[place]) if snapshot.reports[place] else None
        facts = (snapshot.rings[place], snapshot.depts[place], snapshot.models[place] if snapshot.models else "")
        found.append(Line(name, *facts, Standing(code), tuple(missing.get(place, ())), report, place))
    found += [Line(name, ring, dept, "", Standing.EXCLUDED, (), None, -1) for name, ring, dept in snapshot.excluded]
    return found if only is None else [line for line in found if line.name in only]


def _missing(plan: CyclePlan, snapshot: Snapshot) -> dict[int, list[tuple[str, State]]]:
    """Place → what is approved for its ring and not on it, failures first."""
    found: dict[int, list[tuple[str, State]]] = defaultdict(list)
    spans: list[tuple[str, int, int]] = []
    for ring, group in itertools.groupby(snapshot.rings):
        first = spans[-1][2] if spans else 0
        spans.append((ring, first, first + sum(1 for _ in group)))
    states = {str(int(state)): state for state in State}
    for ring, first, after in spans:
        for update in since(plan, snapshot, ring)[1]:
            kb = " ".join(update.kbs) or update.id.guid
            for place, digit in enumerate(snapshot.states[update.id.guid][first:after], first):
                if digit not in _DONE_DIGITS:
                    found[place].append((kb, states[digit]))
    for those in found.values():
        those.sort(key=lambda one: one[1] is not State.FAILED)
    return found


def by_section(found: Iterable[Line], standing: Collection[Standing] = OPEN) -> dict[str, list[Line]]:
    """Section code → its terminals that need somebody, by name: what a 未適用案内 lists. Masters, which have no section, under ``""``."""
    sections: dict[str, list[Line]] = defaultdict(list)
    for line in sorted(found, key=lambda one: one.name):
        if line.standing in standing:
            sections[line.dept].append(line)
    return dict(sorted(sections.items()))


@dataclass(frozen=True, slots=True)
class Row:
    """Numbers of one part of the ward. :param counts: by standing, all of them."""

    key: tuple[str, ...]
    counts: Mapping[Standing, int]

    @property
    def target(self) -> int:
        """対象: all but what a decision left out."""
        return sum(self.counts.values()) - self.counts[Standing.EXCLUDED]

    @property
    def percent(self) -> float | None:
        """適用率; ``None`` without a terminal."""
        return 100.0 * self.counts[Standing.DONE] / self.target if self.target else None


def tally(found: Iterable[Line], key: Callable[[Line], tuple[str, ...]]) -> list[Row]:
    """Numbers by any key, in the key's order."""
    counts: dict[tuple[str, ...], Counter[Standing]] = defaultdict(Counter)
    for line in found:
        counts[key(line)][line.standing] += 1
    return [Row(name, {one: number[one] for one in Standing}) for name, number in sorted(counts.items())]


def by_update(plan: CyclePlan, snapshot: Snapshot, places: Sequence[int]) -> list[tuple[Planned, dict[State, int] | None]]:
    """Each update of the plan with its states on these places; ``None`` where the snapshot says nothing of it."""
    found: list[tuple[Planned, dict[State, int] | None]] = []
    whole = len(places) == len(snapshot.names)
    for update in plan.updates:
        row = snapshot.states.get(update.id.guid)
        if row is not None and not whole:
            row = "".join([row[place] for place in places])
        found.append((update, None if row is None else {state: row.count(str(int(state))) for state in State}))
    return found
