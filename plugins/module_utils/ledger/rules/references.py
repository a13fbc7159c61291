"""References: what a ledger names exists in the other ledger, and holds today where it must (課 in force)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...common.problems import Problem
from ..data import Data, Ledger, Unavailable
from ..schema import Reference
from .registry import Rule


def references(data: Data) -> Iterator[Problem]:
    """E0301 (not found) and E0330 (found, but not in force today) for every ``x-references`` of every schema."""
    cache: dict[tuple[str, ...], set[str] | None] = {}
    for files in list(data.ledgers.values()):
        for ledger in files:
            yield from references_of(data, ledger, cache)


def references_of(data: Data, ledger: Ledger, cache: dict[tuple[str, ...], set[str] | None] | None = None) -> Iterator[Problem]:
    """The same for one ledger file."""
    known = {} if cache is None else cache
    for reference in ledger.schema.references:
        if reference.column in ledger.columns:
            yield from _check(data, ledger, reference, known)


def _check(data: Data, ledger: Ledger, reference: Reference, cache: dict[tuple[str, ...], set[str] | None]) -> Iterator[Problem]:
    key = (*reference.ledgers, reference.policy, reference.to)
    if key not in cache:
        cache[key] = _targets(data, reference)
    known = cache[key]
    wanted = set(ledger.columns[reference.column])
    if separator := ledger.schema.separator(reference.column):
        wanted = {item for cell in wanted for item in cell.split(separator)}
    wanted.discard("")
    target = " / ".join(reference.ledgers) or f"{reference.policy}.yml"
    if known is not None and (missing := wanted - known):
        for row, item in _rows(ledger, reference.column, missing, reference.when):
            yield ledger.problem("E0301", row, reference.column, value=item, target=f"{target} ({reference.to})")
    if reference.current and reference.ledgers:
        yield from _current(data, ledger, reference, wanted if known is None else wanted & known)


def _targets(data: Data, reference: Reference) -> set[str] | None:
    """The values that exist; ``None`` when not all of them are known."""
    if reference.policy:
        try:
            return set(_pick(data.policy(reference.policy).value, reference.to.split(".")))
        except Unavailable as error:
            data.note(str(error))
            return None
    whole = [data.whole(name, reference.to) for name in reference.ledgers]
    if not all(whole):
        return None
    return {value for name in reference.ledgers for ledger in data.ledgers[name] for value in ledger.column(reference.to) if value}


def _pick(value: Any, path: Sequence[str]) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _pick(item, path)
    elif path and isinstance(value, Mapping):
        yield from _pick(value.get(path[0]), path[1:])
    elif not path and value is not None:
        yield str(value)


def _rows(ledger: Ledger, column: str, wanted: set[str], when: Mapping[str, Sequence[str]]) -> Iterator[tuple[int, str]]:
    """Rows and items where a cell holds one of the wanted values and the row fulfils ``when``."""
    separator = ledger.schema.separator(column)
    conditions = [(ledger.column(name), frozenset(values)) for name, values in when.items()]
    for row, cell in enumerate(ledger.columns[column]):
        items = cell.split(separator) if separator else (cell,)
        if not wanted.isdisjoint(items) and all(cells[row] in values for cells, values in conditions):
            for item in items:
                if item in wanted:
                    yield row, item


def _current(data: Data, ledger: Ledger, reference: Reference, wanted: set[str]) -> Iterator[Problem]:
    target = data.ledgers[reference.ledgers[0]][0] if data.ledgers.get(reference.ledgers[0]) else None
    if target is None or not target.whole("valid_from", "valid_to"):
        data.note(reference.ledgers[0])
        return
    periods: dict[str, list[tuple[str, str]]] = {}
    for code, begin, end in target.rows(reference.to, "valid_from", "valid_to"):
        periods.setdefault(code, []).append((begin, end))
    today = data.today
    gone = {
        code for code in wanted if code in periods and not any(begin <= today and (not end or today <= end) for begin, end in periods[code])
    }
    if gone:
        for row, item in _rows(ledger, reference.column, gone, {**reference.when, **reference.current_when}):
            shown = ", ".join(f"{begin} - {end}" for begin, end in periods[item])
            yield ledger.problem("E0330", row, reference.column, value=item, periods=shown, today=today)


RULES = (Rule("references", references, ("E0301", "E0330")),)
