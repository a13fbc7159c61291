"""Ledgers as columns: split in one go where a file is plain, through the strict reader where it is not.

A row's place in its file is only looked up when there is something to say about it.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress, repeat
from pathlib import Path
from typing import Any

from ..common.files import read_bytes
from ..common.problems import Problem
from ..common.table import Table, is_column_name, parse_table

#: what JSON cannot hold as it is
_ESCAPED = bytes({*range(32), ord('"'), ord("\\")} - {ord("\n")})


@dataclass(slots=True)
class Columns:
    """A ledger, or some rows of it.

    :param path: as shown in messages.
    :param cells: one sequence of texts per column, in the header's order.
    :param rows: for each row its position in the file.
    :param data: the file.
    """

    path: str
    cells: dict[str, Sequence[str]]
    rows: Sequence[int]
    data: bytes
    _table: Table | None = None

    @property
    def header(self) -> list[str]:
        return list(self.cells)

    @property
    def needs_no_escape(self) -> bool:
        """Whether JSON can hold every cell as it is."""
        return len(self.data.translate(None, _ESCAPED)) == len(self.data)

    def of(self, column: str) -> Sequence[str]:
        """The cells of a column.

        :raises WardopsError: E0123 when the ledger has no such column.
        """
        if column not in self.cells:
            self.table.index(column)
        return self.cells[column]

    def problem(self, code: str, row: int, column: str, **params: Any) -> Problem:
        """A problem at a cell."""
        return self.table.problem(code, self.rows[row], column, **params)

    def line(self, row: int) -> int:
        """The line on which a row begins."""
        return self.table.lines[self.rows[row]]

    @property
    def table(self) -> Table:
        """The same ledger with the places of its cells."""
        if self._table is None:
            self._table = parse_table(self.data, self.path)
        return self._table

    def where(self, column: str, value: str) -> Columns:
        """The rows that have this value in the column."""
        mine = [cell == value for cell in self.of(column)]
        cells: dict[str, Sequence[str]] = {name: tuple(compress(texts, mine)) for name, texts in self.cells.items()}
        return Columns(self.path, cells, list(compress(self.rows, mine)), self.data, self._table)


def read_columns(path: Path, shown: str) -> Columns:
    """Read a ledger.

    :raises WardopsError: as :func:`read_table`, and the problems of single rows.
    """
    data = read_bytes(path)
    plain = _split(data)
    if plain is not None:
        return Columns(shown, plain, range(len(next(iter(plain.values())))), data)
    table = parse_table(data, shown).checked()
    columns: Sequence[Sequence[str]] = list(zip(*table.rows, strict=True)) if table.rows else [()] * len(table.header)
    return Columns(shown, dict(zip(table.header, columns, strict=True)), range(len(table.rows)), data, table)


def _split(data: bytes) -> dict[str, Sequence[str]] | None:
    """The columns of a file without quotes whose lines are all of the same width; ``None`` for any other file."""
    if any(mark in data for mark in (b'"', b"\r", b"\0", b"\n\n")) or not data.endswith(b"\n"):
        return None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    first, _, rest = text.partition("\n")
    header = first.split(",")
    if len(set(header)) < len(header) or not all(map(is_column_name, header)):
        return None
    if not rest:
        return dict.fromkeys(header, ())
    lines = rest[:-1].split("\n")
    if set(map(str.count, lines, repeat(","))) != {len(header) - 1} or max(map(len, lines)) > csv.field_size_limit():
        return None
    cells = ",".join(lines).split(",")
    return {name: cells[position :: len(header)] for position, name in enumerate(header)}
