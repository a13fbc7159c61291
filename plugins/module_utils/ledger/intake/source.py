"""What a reader hands on: rows of cells, each with its place, so that every message names ``Sheet1!C5`` or a line."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

#: more rows than any list of a city thirty times the sample's size has
MAX_ROWS = 100_000
MAX_COLUMNS = 500
#: Excel's own limit of a cell (Excel specifications and limits)
MAX_CELL = 32_767


class Cell(NamedTuple):
    """One cell.

    :param text: as a person would read it; a number without thousands separators, a date as ISO text.
    :param kind: ``""`` (text), ``number``, ``date``, ``boolean``, ``error``, ``formula``.
    """

    text: str
    kind: str = ""


EMPTY = Cell("")


@dataclass(slots=True)
class SourceRow:
    """A row of the file.

    :param number: row of the sheet, or line of the file on which it begins; from 1.
    :param hidden: hidden by whoever made the sheet.
    :param merged: columns (from 0) that belong to a merged area.
    :param short: the line had fewer cells than the header.
    """

    number: int
    cells: list[Cell]
    hidden: bool = False
    merged: frozenset[int] = frozenset()

    def blank(self) -> bool:
        return not any(cell.text.strip() for cell in self.cells)


@dataclass(slots=True)
class Sheet:
    """A list as it was read.

    :param path: as shown in messages.
    :param name: the sheet's name; empty for a text file.
    :param form: what was recognised, for people: ``xlsx``, ``CSV（CP932、タブ区切り）``.
    :param notes: what a person should know about the file (Japanese).
    :param hidden_columns: from 0.
    """

    path: str
    name: str
    form: str
    rows: list[SourceRow]
    notes: list[str] = field(default_factory=list)
    hidden_columns: frozenset[int] = frozenset()

    def place(self, row: int, column: int | None = None) -> str:
        """``納品.xlsx!明細!C5``, ``納品.csv:5`` (a text file's line; columns are named in the message)."""
        if not self.name:
            return f"{self.path}:{row}"
        return f"{self.path}!{self.name}!{letters(column) if column is not None else ''}{row}"


def letters(column: int) -> str:
    """The name of a column: 0 is ``A``, 26 is ``AA``."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name
