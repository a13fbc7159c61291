"""Who is who: the ledger's terminals against the server's computers, and the states of both in a compact form.

Terminals of one ring lie side by side, and the states of an update are one byte a terminal, so that counting a ring is counting bytes.
"""

from __future__ import annotations

import itertools
import operator
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from .model import Computer, State, Status
from .rings import Rings, Terminal

#: what a state means for a terminal, the worst of its updates deciding: 0 done, 1 waits for a restart, 2 lacks it, 3 failed
RANK = bytes(
    {State.INSTALLED: 0, State.NOT_APPLICABLE: 0, State.INSTALLED_PENDING_REBOOT: 1, State.FAILED: 3}.get(State(code), 2)
    if code <= max(State)
    else 2
    for code in range(256)
)
DONE, RESTART, LACKING, FAILED = range(4)
_UPDATE = operator.attrgetter("update")


@dataclass(slots=True)
class Roster:
    """The terminals of a layer in a fixed order, with the computer of each.

    :ivar computers: at a terminal's place; ``None`` = the server has never heard of it.
    :ivar places: computer id → place. :ivar spans: ring → first place and the one after the last.
    :ivar excluded: left out by a decision; they are in no span.
    :ivar stale: older ids of machines that were set up anew. :ivar strangers: computers that no ledger line knows.
    :ivar ambiguous: names that two computers of different domains bear.
    """

    terminals: list[Terminal] = field(default_factory=list)
    computers: list[Computer | None] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)
    spans: dict[str, tuple[int, int]] = field(default_factory=dict)
    excluded: list[Terminal] = field(default_factory=list)
    stale: list[Computer] = field(default_factory=list)
    strangers: list[Computer] = field(default_factory=list)
    ambiguous: list[str] = field(default_factory=list)

    def names(self, ring: str) -> tuple[str, ...]:
        first, after = self.spans[ring]
        return tuple(terminal.name for terminal in self.terminals[first:after])


def match(rings: Rings, computers: Iterable[Computer], excluded: Collection[str] = ()) -> Roster:
    """By short name, without regard to case; of several ids with one name the one that spoke last counts.

    :param excluded: folded names.
    """
    by_name: dict[str, list[Computer]] = defaultdict(list)
    for computer in computers:
        by_name[computer.name.partition(".")[0].casefold()].append(computer)
    roster = Roster()
    for ring in rings.rings:
        first = len(roster.terminals)
        for terminal in rings.by_ring.get(ring.code, ()):
            found = by_name.pop(terminal.name.casefold(), [])
            if len(found) > 1:
                found.sort(key=_spoke, reverse=True)
                roster.stale += found[1:]
                if len({one.name.casefold() for one in found if "." in one.name}) > 1:
                    roster.ambiguous.append(terminal.name)
            if terminal.name.casefold() in excluded:
                roster.excluded.append(terminal)
                continue
            if found:
                roster.places[found[0].id] = len(roster.terminals)
            roster.terminals.append(terminal)
            roster.computers.append(found[0] if found else None)
        roster.spans[ring.code] = (first, len(roster.terminals))
    roster.strangers = sorted((one for those in by_name.values() for one in those), key=lambda one: (one.name, one.id))
    return roster


def _spoke(computer: Computer) -> tuple[float, str]:
    moments = [moment.timestamp() for moment in (computer.last_report, computer.last_sync) if moment]
    return (max(moments, default=0.0), computer.id)


@dataclass(slots=True)
class States:
    """One row of bytes for each update: the state at each terminal's place; unknown where nothing was said."""

    rows: dict[str, bytearray]

    @classmethod
    def of(cls, roster: Roster, updates: Collection[str], statuses: Iterable[Status]) -> States:
        """What is said of other updates or computers is left aside.

        Servers name the computers in the same order for every update as a rule: then they are looked up once, not once an update.
        """
        width = len(roster.terminals)
        rows = {guid: bytearray(width + 1) for guid in updates}  # the last place takes what is said of strangers
        known: list[str] = []
        at: list[int] = []
        for update, group in itertools.groupby(statuses, _UPDATE):
            row = rows.get(update)
            if row is None:
                continue
            names, told = list[str](), bytearray()
            for status in group:
                names.append(status.computer)
                told.append(status.state)
            if names != known:
                known, at = names, [roster.places.get(name, width) for name in names]
            for place, state in zip(at, told, strict=True):
                row[place] = state
        return cls({guid: row[:width] for guid, row in rows.items()})

    def worst(self, span: tuple[int, int]) -> bytes:
        """For each terminal of a span the rank of the update that stands worst."""
        first, after = span
        ranks = [row[first:after].translate(RANK) for row in self.rows.values()]
        return bytes(map(max, *ranks)) if len(ranks) > 1 else bytes(ranks[0]) if ranks else bytes(after - first)

    def count(self, update: str, span: tuple[int, int]) -> Mapping[State, int]:
        part = self.rows[update][span[0] : span[1]]
        return {state: part.count(state) for state in State}


def places_of(ranks: bytes, rank: int) -> list[int]:
    """Where a rank stands."""
    found, at = [], ranks.find(rank)
    while at >= 0:
        found.append(at)
        at = ranks.find(rank, at + 1)
    return found
