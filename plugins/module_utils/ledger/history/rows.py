"""What changed in rows: the differences of files, read as ledgers, along the graph of commits.

A row that only moved is no event, nor is one whose quoting changed. A merge that takes over what both sides did is none; one that does
something else (a conflict resolved by hand, a change that got lost) is. A version that cannot be read is passed over with a note: the
next one that can be is compared with the last one that could.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from ..schema import LedgerSchema, Schemas
from .graph import Graph
from .index import Change

Cells = Mapping[str, str]
#: ledger, layer, key, and which of several rows with that key
Place = tuple[str, str, tuple[str, ...], int]
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")


@dataclass(frozen=True, slots=True)
class RowEvent:
    """One row in one commit: ``before`` is ``None`` when it was not there, ``after`` when it went; layers differ when it changed file.

    :param merge: a merge did something else than its sides.
    """

    ledger: str
    layer: str
    key: tuple[str, ...]
    before: Cells | None
    after: Cells | None
    layer_before: str
    merge: bool = False

    def columns(self) -> list[str]:
        """Columns whose cells differ; a column that was only renamed (the same value under another name) is none of them."""
        before, after = self.before or {}, self.after or {}
        names = [name for name in {**after, **before} if before.get(name, "") != after.get(name, "")]
        if self.before is None or self.after is None:
            return names
        gone = [name for name in names if name not in after]
        fresh = {after[name]: name for name in names if name not in before}
        pairs = [(old, fresh[before[old]]) for old in gone if before[old] in fresh]
        renamed = {name for pair in pairs for name in pair}
        return [name for name in names if name not in renamed]


@dataclass(slots=True)
class Story:
    """Events by commit, oldest first, and what could not be read: (commit, path)."""

    events: dict[bytes, list[RowEvent]] = field(default_factory=dict)
    unreadable: list[tuple[bytes, str]] = field(default_factory=list)


class Reader:
    """Tells the story of rows that ``mentions`` says yes to.

    :param where: ledger and layer of a path; ``None`` for files that are none of this ward's ledgers.
    """

    def __init__(
        self, schemas: Schemas, where: Callable[[str], tuple[str, str] | None], mentions: Callable[[str, LedgerSchema | None, Cells], bool]
    ) -> None:
        self.schemas = schemas
        self.where = where
        self.mentions = mentions
        self.story = Story()
        self._headers: dict[tuple[str, bytes], list[str] | None] = {}

    def tell(self, graph: Graph, changes: Iterable[Change], words: Iterable[str]) -> Story:
        by_commit: dict[bytes, dict[int, list[Change]]] = {}
        for change in changes:
            if change.commit in graph.position and (self.where(change.path) or self.where(change.source)):
                by_commit.setdefault(change.commit, {}).setdefault(change.parent, []).append(change)
        self._words = [word.encode() for word in words]
        nothing: dict[Place, Cells] = {}
        states: dict[bytes, dict[Place, Cells]] = {}
        for commit in graph.order:
            first = states.get(commit.parents[0], nothing) if commit.parents else nothing
            hits = by_commit.get(commit.name)
            if hits is None:
                states[commit.name] = first
                continue
            after, touched = self._apply(commit.name, first, hits.get(0, []))
            states[commit.name] = after
            if len(commit.parents) < 2:
                events = [event for place in touched if (event := _event(place, touched[place], after.get(place)))]
            else:
                events = self._merged(
                    graph, commit.parents, states, after, touched.keys() | self._others(commit.name, states, commit.parents, hits)
                )
            events = _across_files(events)
            if events:
                self.story.events[commit.name] = sorted(events, key=lambda event: (event.ledger, event.layer, event.key))
        return self.story

    def _apply(
        self, commit: bytes, state: dict[Place, Cells], changes: list[Change]
    ) -> tuple[dict[Place, Cells], dict[Place, Cells | None]]:
        """The state after the changes, and for every row that differs what it was before."""
        after = dict(state)
        touched: dict[Place, Cells | None] = {}
        for change in changes:
            minus, plus, broken = self._sides(change)
            if broken:
                self.story.unreadable.append((commit, change.path))
            for place in minus:
                touched[place] = state.get(place, minus[place])
                if place not in plus and not (broken and place in state):
                    after.pop(place, None)
            for place, cells in plus.items():
                touched.setdefault(place, state.get(place))
                after.pop(place, None)
                after[place] = cells
            if broken:
                for place in [place for place in touched if place in minus and place not in plus]:
                    del touched[place]
        return after, touched

    def _sides(self, change: Change) -> tuple[dict[Place, Cells], dict[Place, Cells], bool]:
        """Rows by place that went and that came, of all that mention the words on one side at least; whether a new row is unreadable."""
        old, new = self.where(change.source), self.where(change.path)
        difference = change.difference
        minus, _ = self._rows(old, difference.old_header, difference.minus, None)
        keys = {(place[0], place[2]) for place in minus}
        plus, broken = self._rows(new, difference.new_header, difference.plus, None)
        keys |= {(place[0], place[2]) for place in plus}
        if keys:
            minus, _ = self._rows(old, difference.old_header, difference.minus, keys)
            plus, _ = self._rows(new, difference.new_header, difference.plus, keys)
        return minus, plus, broken

    def _rows(
        self, where: tuple[str, str] | None, header: bytes, lines: list[bytes], keys: set[tuple[str, tuple[str, ...]]] | None
    ) -> tuple[dict[Place, Cells], bool]:
        """Rows with a word (``keys`` is ``None``), or with one of the keys; whether a line with a word cannot be read."""
        found: dict[Place, Cells] = {}
        if where is None:
            return found, False
        ledger, layer = where
        schema = self.schemas.ledgers.get(ledger)
        marks = self._words if keys is None else sorted({key[0].encode() for _, key in keys})
        broken = False
        chosen = [line for line in lines if any(mark in line for mark in marks)]
        columns = self._columns(ledger, header) if chosen else None
        for line in chosen:
            cells = _cells(line, columns)
            if cells is None:
                broken = True
                continue
            key = tuple(cells.get(name, "") for name in schema.key) if schema else (next(iter(cells.values())),)
            if (keys is None and self.mentions(ledger, schema, cells)) or (keys is not None and (ledger, key) in keys):
                number = 0
                while (ledger, layer, key, number) in found:
                    number += 1
                found[ledger, layer, key, number] = cells
        return found, broken

    def _columns(self, ledger: str, header: bytes) -> list[str] | None:
        """The columns of a version; ``None`` when its first line is no header of this ledger."""
        if (ledger, header) not in self._headers:
            names = _split(header.removeprefix(b"\xef\xbb\xbf"))
            schema = self.schemas.ledgers.get(ledger)
            needed = set(schema.key) if schema else set()
            good = names is not None and needed <= set(names) and all(map(_NAME.fullmatch, names)) and len(set(names)) == len(names)
            self._headers[ledger, header] = names if good else None
        return self._headers[ledger, header]

    def _others(
        self, commit: bytes, states: dict[bytes, dict[Place, Cells]], parents: tuple[bytes, ...], hits: dict[int, list[Change]]
    ) -> set[Place]:
        """Places in which a merge differs from one of its further parents."""
        places: set[Place] = set()
        for number, changes in hits.items():
            if number and number < len(parents):
                places |= self._apply(commit, states.get(parents[number], {}), changes)[1].keys()
        return places

    def _merged(
        self,
        graph: Graph,
        parents: tuple[bytes, ...],
        states: dict[bytes, dict[Place, Cells]],
        after: dict[Place, Cells],
        places: set[Place],
    ) -> list[RowEvent]:
        """Where a merge made something else of a row than its sides together."""
        sides = [states.get(parent, {}) for parent in parents]
        base = states.get(graph.merge_base(parents[0], parents[1]), {}) if places else {}
        events = []
        for place in sorted(places):
            rows = [side.get(place) for side in sides]
            result = after.get(place)
            if len(rows) > 2:
                before = None if any(row == result for row in rows) else rows[0]
                changed = all(row != result for row in rows)
            else:
                before = _expected(base.get(place), rows[0], rows[1], result)
                changed = before != result
            if changed and (event := _event(place, before, result, merge=True)):
                events.append(event)
        return events


def _expected(base: Cells | None, ours: Cells | None, theirs: Cells | None, result: Cells | None) -> Cells | None:
    """What a merge should make of a row; where both sides changed the same, what the result did not take."""
    if ours in (base, theirs):
        return theirs
    if theirs == base:
        return ours
    if ours is None or theirs is None:
        return ours if result == theirs else theirs
    base = base or {}
    merged = {}
    for name in {**ours, **theirs}:
        one, other, was = ours.get(name, ""), theirs.get(name, ""), base.get(name, "")
        if one in (was, other):
            merged[name] = other
        elif other == was:
            merged[name] = one
        else:
            merged[name] = other if (result or {}).get(name) == one else one
    return merged


def _event(place: Place, before: Cells | None, after: Cells | None, *, merge: bool = False) -> RowEvent | None:
    event = RowEvent(place[0], place[1], place[2], before, after, place[1], merge)
    return event if before is None or after is None or event.columns() else None


def _across_files(events: list[RowEvent]) -> list[RowEvent]:
    """A row that left one file and came into another in the same commit moved: one event, or none when nothing else changed."""
    gone = {(event.ledger, event.key): event for event in events if event.after is None}
    come = {(event.ledger, event.key): event for event in events if event.before is None}
    moved = gone.keys() & come.keys()
    kept = [event for event in events if (event.ledger, event.key) not in moved]
    for one in moved:
        old, new = gone[one], come[one]
        event = RowEvent(new.ledger, new.layer, new.key, old.before, new.after, old.layer, new.merge)
        if event.columns() or event.layer != event.layer_before:
            kept.append(event)
    return kept


def _cells(line: bytes, columns: list[str] | None) -> dict[str, str] | None:
    cells = _split(line)
    if columns is None or cells is None or len(cells) != len(columns):
        return None
    return dict(zip(columns, cells, strict=True))


def _split(line: bytes) -> list[str] | None:
    """A line's cells; ``None`` when it is not UTF-8 or its quotes are not closed."""
    try:
        text = line.decode("utf-8").removesuffix("\r")
        rows = list(csv.reader([text], strict=True))
    except (UnicodeDecodeError, csv.Error):
        return None
    return rows[0] if rows else None
