"""Three-way merge of a ledger by row key and column: what Git's merge driver ``ledger`` does.

Different rows, and different cells of one row, merge by themselves. Where both sides want something different, both rows stand
between Git's own markers, equal but for the cells in dispute, so that nothing is lost and ``make check`` refuses what is left over
(E0830). What cannot be merged by rows raises :class:`Unmergeable`; the caller then lets Git merge the text.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ..common.problems import Problem, WardopsError
from ..common.table import parse_table
from .cells import sort_keys
from .schema import LedgerSchema

Key = tuple[str, ...]
Row = Mapping[str, str]


class Unmergeable(Exception):
    """A side cannot be merged by rows.

    :param reason: English; ``reason_ja`` the same in Japanese.
    """

    def __init__(self, reason_ja: str, reason: str) -> None:
        super().__init__(reason)
        self.reason_ja = reason_ja
        self.reason = reason


@dataclass(slots=True)
class Merge:
    """A merged ledger.

    :param data: the file; with markers where there are conflicts in rows.
    :param problems: E0831-E0833 with their lines in ``data``, E0835; none when the merge is clean.
    """

    data: bytes
    problems: list[Problem] = field(default_factory=list)


@dataclass(slots=True)
class _Side:
    """One version of the file; ``rows`` by key. A file that is not there has neither columns nor rows."""

    header: list[str]
    rows: dict[Key, Row]


@dataclass(slots=True)
class _Verdict:
    """What becomes of a row: ``ours`` and ``theirs`` are equal when there is no conflict; ``None`` is a row that is gone."""

    ours: Row | None
    theirs: Row | None
    code: str = ""
    columns: Sequence[str] = ()


def merge(
    versions: tuple[bytes, bytes, bytes], schema: LedgerSchema, path: str, labels: Sequence[str] = ("ours", "theirs"), marker_size: int = 7
) -> Merge:
    """Merge two versions of a ledger.

    :param versions: the common ancestor (empty when both sides added the file), ours, theirs.
    :param path: the file's name in messages.
    :param labels: names of the two sides at the markers.
    :raises Unmergeable: when a version is damaged, lacks key columns, has a key twice, or columns were removed that the other changed.
    """
    sides = [_read(data, schema, path) for data in versions]
    header = _header(sides, schema)
    old, own, other = (side.rows for side in sides)
    verdicts = {key: _row(header, old.get(key), own.get(key), other.get(key)) for key in {**old, **own, **other}}
    present = {key: verdict for key, verdict in verdicts.items() if verdict.ours is not None or verdict.theirs is not None}
    merged = _write(header, schema, present, labels, marker_size)
    result = Merge(merged[0])
    for key, line in merged[1].items():
        for code, params in _explain(present[key], key, old.get(key), schema):
            result.problems.append(Problem(code, path, line, 0, params))
    result.problems += _values_twice(present, sides, schema, path)
    return result


def _read(data: bytes, schema: LedgerSchema, path: str) -> _Side:
    if not data:
        return _Side([], {})
    try:
        table = parse_table(data, path).checked()
    except WardopsError as error:
        first = error.problems[0]
        raise Unmergeable(f"{first.line} 行目 {first.code} {first.text('ja')}", f"line {first.line}: {first.text('en')}") from None
    if missing := [name for name in schema.key if name not in table.header]:
        raise Unmergeable(f"キー列 {missing[0]} がありません", f"the key column {missing[0]} is missing")
    rows: dict[Key, Row] = {}
    for row in table.dicts():
        key = tuple(row[name] for name in schema.key)
        if key in rows:
            raise Unmergeable(f"キー {' '.join(key)} が 2 行あります", f"the key {' '.join(key)} is there twice")
        rows[key] = row
    return _Side(table.header, rows)


def _header(sides: Sequence[_Side], schema: LedgerSchema) -> list[str]:
    """The columns: what one side added or removed, in the schema's order."""
    base, ours, theirs = sides
    wanted = set()
    for name in {*base.header, *ours.header, *theirs.header}:
        before, own, other = (name in side.header for side in (base, ours, theirs))
        if own if own == other or before != own else other:
            wanted.add(name)
        elif own or other:
            _only_unchanged(name, base, ours if own else theirs)
    known = [name for name in schema.columns if name in wanted]
    return known + [name for name in dict.fromkeys([*ours.header, *theirs.header]) if name in wanted and name not in known]


def _only_unchanged(name: str, base: _Side, side: _Side) -> None:
    """A column that one side removed may go when the other left its cells alone."""
    for key, row in side.rows.items():
        if row[name] != base.rows.get(key, {}).get(name, ""):
            raise Unmergeable(
                f"一方が削除した列 {name} を他方が変更しています", f"one side removed the column {name}, the other changed it"
            )


def _row(header: Sequence[str], base: Row | None, ours: Row | None, theirs: Row | None) -> _Verdict:
    """The three versions of one row."""
    own, other, before = _cells(header, ours), _cells(header, theirs), _cells(header, base)
    if other in (own, before):
        return _Verdict(own, own)
    if own == before:
        return _Verdict(other, other)
    if own is None or other is None:
        changed = [name for name in header if (own or other or {})[name] != (before or {}).get(name, "")]
        return _Verdict(own, other, "E0833", changed)
    if before is None:
        return _Verdict(own, other, "E0832", [name for name in header if own[name] != other[name]])
    merged = {name: other[name] if own[name] == before[name] else own[name] for name in header}
    disputed = [name for name in header if own[name] != other[name] and before[name] not in (own[name], other[name])]
    if not disputed:
        return _Verdict(merged, merged)
    return _Verdict(merged, merged | {name: other[name] for name in disputed}, "E0831", disputed)


def _cells(header: Sequence[str], row: Row | None) -> dict[str, str] | None:
    return None if row is None else {name: row.get(name, "") for name in header}


def _write(
    header: Sequence[str], schema: LedgerSchema, verdicts: Mapping[Key, _Verdict], labels: Sequence[str], marker_size: int
) -> tuple[bytes, dict[Key, int]]:
    """The file, and the line of the first row of each conflict."""
    columns: dict[str, Sequence[str]] = dict(zip(schema.key, zip(*verdicts, strict=True), strict=True)) if verdicts else {}
    order = sort_keys(schema, columns) if verdicts else []
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    line, conflicts = 2, {}
    for _, (key, verdict) in sorted(zip(order, verdicts.items(), strict=True), key=lambda pair: pair[0]):
        blocks: list[str | Row | None] = [verdict.ours]
        if verdict.code:
            conflicts[key] = line + 1
            marks = (f"{'<' * marker_size} {labels[0]}", "=" * marker_size, f"{'>' * marker_size} {labels[1]}")
            blocks = [marks[0], verdict.ours, marks[1], verdict.theirs, marks[2]]
        for block in blocks:
            if isinstance(block, str):
                out.write(f"{block}\n")
            elif block is not None:
                writer.writerow([block[name] for name in header])
            line += block is not None
    return out.getvalue().encode(), conflicts


def _explain(verdict: _Verdict, key: Key, base: Row | None, schema: LedgerSchema) -> Iterator[tuple[str, dict[str, str]]]:
    """Code and values of each problem of a row."""
    shown = {"key": " ".join(key)}
    if verdict.code != "E0831":
        yield verdict.code, {**shown, "titles": "、".join(map(schema.title, verdict.columns)), "columns": ", ".join(verdict.columns)}
        return
    versions = {"base": base, "ours": verdict.ours, "theirs": verdict.theirs}
    for name in verdict.columns:
        cells = {side: (row or {}).get(name, "") for side, row in versions.items()}
        yield "E0831", {**shown, "column": name, "title": schema.title(name), **cells}


def _values_twice(verdicts: Mapping[Key, _Verdict], sides: Sequence[_Side], schema: LedgerSchema, path: str) -> list[Problem]:
    """E0835: values that must be unique, which each side gave to another row; rows in conflict are a human's anyway."""
    single = {names[0] for names in schema.unique if len(names) == 1} | {
        name for name, part in schema.properties.items() if "x-global" in part
    }
    found = []
    for name in sorted(single - set(schema.key)):
        before = [_holders(name, side.rows) for side in sides[1:]]
        for value, keys in _holders(
            name, {key: verdict.ours for key, verdict in verdicts.items() if verdict.ours and not verdict.code}
        ).items():
            if len(keys) > 1 and all(len(holders.get(value, ())) < len(keys) for holders in before):
                shown = "、".join(" ".join(key) for key in sorted(keys))
                found.append(Problem("E0835", path, 0, 0, {"column": name, "title": schema.title(name), "value": value, "keys": shown}))
    return found


def _holders(name: str, rows: Mapping[Key, Row]) -> dict[str, list[Key]]:
    found: dict[str, list[Key]] = {}
    for key, row in rows.items():
        if row.get(name):
            found.setdefault(row[name], []).append(key)
    return found
