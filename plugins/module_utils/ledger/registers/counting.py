"""Stock-taking (棚卸): a sheet to count with, and the difference between what was counted and the ledger, for any ledger with ``count``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ...common.problems import Problem, WardopsError
from ..book import Book, Row
from ..life.engine import Order
from .engine import Register, open_rows, register
from .outside import read_columns
from .stock import Stock

#: what a person writes for "it is there" and "it is not there" where things are counted one by one
_THERE = {"1": 1, "○": 1, "〇": 1, "有": 1, "あり": 1, "0": 0, "×": 0, "✕": 0, "無": 0, "なし": 0}
_COUNTED = ("棚卸数", "実数", "実在", "現物", "counted")


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the ledger against the sheet.

    :param counted: ``None`` when the sheet has no number for it: it was not counted.
    """

    key: str
    row: Row
    expected: int
    counted: int | None

    @property
    def difference(self) -> int:
        return 0 if self.counted is None else self.counted - self.expected


def expected(book: Book, ledger: str) -> dict[str, tuple[Row, int]]:
    """What should be there: a quantity, or 1 for each thing.

    :raises WardopsError: E1028 when the ledger is not counted.
    """
    rule = register(book, ledger, "count")
    key = book.schema(ledger).key[0]
    return {row[key]: (row, _quantity(row, rule)) for _, row in open_rows(book, ledger, rule["open"])}


def _quantity(row: Row, rule: Register) -> int:
    return int(row[rule["quantity"]]) if "quantity" in rule else 1


def count_sheet(book: Book, ledger: str) -> tuple[list[str], list[list[str]]]:
    """Header and rows of an empty sheet, by place; the number in the ledger is not on it, so that it is counted and not copied."""
    rule = register(book, ledger, "count")
    schema = book.schema(ledger)
    shown = [column for column in ("kind", "model", "name", "serial") if column in schema.properties]
    columns = [schema.key[0], *rule["place"], *shown]
    rows = [[schema.label(column, row[column]) for column in columns] + [""] for row, _ in expected(book, ledger).values()]
    places = len(rule["place"]) + 1
    rows.sort(key=lambda cells: (cells[1:places], cells[0]))
    return [*(schema.title(column) for column in columns), _COUNTED[0]], rows


def compare(book: Book, ledger: str, path: Path) -> list[Line]:
    """Every row of the ledger that is to be counted, against a filled in sheet.

    :raises WardopsError: E1020 (columns), and every row that cannot be used: E1021 (unknown), E1022 (twice), E1023 (no number).
    """
    there = expected(book, ledger)
    counted: dict[str, int | None] = {}
    first: dict[str, str] = {}
    problems: list[Problem] = []
    by_thing = "quantity" not in register(book, ledger, "count")
    for place, cells in _rows(book, ledger, path):
        key = cells["key"]
        if key not in there:
            problems.append(Problem("E1021", place, 0, 0, {"value": key}))
        elif key in first:
            problems.append(Problem("E1022", place, 0, 0, {"value": key, "first": first[key]}))
        else:
            first[key] = place
            number = _number(cells["counted"], by_thing)
            if number is None and cells["counted"]:
                problems.append(Problem("E1023", place, 0, 0, {"value": cells["counted"]}))
            counted[key] = number
    if problems:
        raise WardopsError(problems)
    return [Line(key, row, quantity, counted.get(key)) for key, (row, quantity) in sorted(there.items())]


def _rows(book: Book, ledger: str, path: Path) -> Iterator[tuple[str, Mapping[str, str]]]:
    schema = book.schema(ledger)
    return read_columns(path, {"key": (schema.title(schema.key[0]), schema.key[0]), "counted": _COUNTED})


def _number(text: str, by_thing: bool) -> int | None:
    narrow = text.translate(str.maketrans("０１２３４５６７８９", "0123456789")).replace(",", "")
    if by_thing and narrow in _THERE:
        return _THERE[narrow]
    return int(narrow) if narrow.isascii() and narrow.isdigit() and len(narrow) <= 6 and not by_thing else None


def adjust(book: Book, ledger: str, lines: list[Line], order: Order) -> int:
    """Bring the ledger to what was counted: adjustment movements where there are movements, and the day of the count everywhere.

    Things that were not found are only reported: what is to become of them (found, lost, disposed) a person decides.

    :return: adjustments made.
    """
    rule = register(book, ledger, "count")
    stock = Stock(book, order)
    made = 0
    for line in lines:
        if line.counted is None:
            continue
        if "quantity" in rule and line.difference:
            stock.move(line.key, "count", line.difference)
            made += 1
        if "checked" in rule and (line.counted or "quantity" in rule):
            book.update(ledger, line.key, **{rule["checked"]: order.date.isoformat()})
    return made
