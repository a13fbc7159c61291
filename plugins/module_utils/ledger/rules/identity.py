"""Identity: serials, names, MACs, addresses, asset numbers and UUIDs exist once over all ledgers."""

from __future__ import annotations

from collections.abc import Iterator

from ...common.problems import Problem
from ..data import Data, Ledger
from .registry import Rule

_CODES = {"serial": "E0303", "name": "E0304", "mac": "E0305", "ip": "E0306", "asset_id": "E0307", "uuid": "E0308"}


def unique_over_all(data: Data) -> Iterator[Problem]:
    """Every repetition of a value in a class of columns (``x-global``), with the place of the first."""
    for name in data.incomplete:
        if any("x-global" in part for part in data.schemas[name].properties.values()):
            data.note(name)
    for kind, code in _CODES.items():
        yield from _unique(data, kind, code)


def _unique(data: Data, kind: str, code: str) -> Iterator[Problem]:
    places: list[tuple[Ledger, str]] = []
    values: list[str] = []
    for files in data.ledgers.values():
        for ledger in files:
            for column in ledger.schema.global_columns(kind):
                if column in ledger.columns:
                    places.append((ledger, column))
                    values += filter(None, ledger.columns[column])
    if len(set(values)) < len(values):
        yield from _repetitions(places, kind, code)


def _repetitions(places: list[tuple[Ledger, str]], kind: str, code: str) -> Iterator[Problem]:
    first: dict[str, tuple[Ledger, str, int]] = {}
    for ledger, column in places:
        for row, value in enumerate(ledger.columns[column]):
            if not value:
                continue
            seen_ledger, seen_column, seen_row = first.setdefault(value, (ledger, column, row))
            if (seen_ledger, seen_column, seen_row) == (ledger, column, row):
                continue
            if seen_ledger is ledger and _same_key(ledger, seen_row, row):
                continue  # E0220 has it
            if kind == "mac" and (ledger.name == "radius_extra") != (seen_ledger.name == "radius_extra"):
                continue  # E0362 says more
            yield ledger.problem(code, row, column, value=value, first=seen_ledger.place(seen_row))


def _same_key(ledger: Ledger, one: int, other: int) -> bool:
    cells = [ledger.columns[name] for name in ledger.schema.key if name in ledger.columns]
    return all(column[one] == column[other] for column in cells)


RULES = (Rule("unique_over_all", unique_over_all, tuple(_CODES.values())),)
