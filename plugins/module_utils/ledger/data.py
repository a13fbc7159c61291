"""A ward's data as the rules see it: every ledger that could be read, with cells that failed their schema blanked.

A rule never meets a value that the schema has refused already: such a cell looks empty to it, so one mistake is one error.
What cannot be decided because a ledger is missing or damaged is noted, not reported as a further error.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..common.policy import Positions
from ..common.problems import Problem
from ..common.table import Table
from .schema import LedgerSchema


class Unavailable(Exception):
    """A rule needs data that is missing or damaged; the message names it."""


@dataclass(slots=True)
class Ledger:
    """One ledger file.

    :param layer: of a file that belongs to one layer, else empty.
    :param complete: every row of the file was read.
    :param columns: cells by column; refused cells are empty.
    :param bad: rows with a refused cell, by column.
    """

    name: str
    layer: str
    schema: LedgerSchema
    table: Table
    complete: bool = True
    columns: dict[str, Sequence[str]] = field(default_factory=dict)
    bad: dict[str, set[int]] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return self.table.path

    def __len__(self) -> int:
        return len(self.table.rows)

    def column(self, name: str) -> Sequence[str]:
        """Cells of a column.

        :raises Unavailable: when the file has no such column.
        """
        try:
            return self.columns[name]
        except KeyError:
            raise Unavailable(f"{self.path}: {name}") from None

    def rows(self, *names: str) -> Iterator[tuple[str, ...]]:
        """The rows, as tuples of the named columns."""
        return zip(*(self.column(name) for name in names), strict=True)

    def layers(self) -> Sequence[str]:
        """The layer of each row: the file's, or the column ``layer``."""
        return [self.layer] * len(self) if self.layer else self.column("layer")

    def whole(self, *names: str) -> bool:
        """Whether every value of these columns is known, so that a value that is not found really does not exist."""
        return self.complete and not any(self.bad.get(name) for name in names)

    def problem(self, code: str, row: int, column: str, **params: object) -> Problem:
        """A problem at a cell; ``column`` and ``title`` are filled in for the texts."""
        found = self.table.problem(code, row, column)
        return Problem(code, found.path, found.line, found.column, {"column": column, "title": self.schema.title(column), **params})

    def place(self, row: int) -> str:
        """``file:line`` of a row, for "the first one is at …"."""
        return f"{self.path}:{self.table.lines[row]}"


@dataclass(slots=True)
class Policy:
    """One policy file.

    :param value: plain data; dates are ISO texts.
    :param positions: finds line and column of a pointer.
    """

    name: str
    path: str
    value: Any
    positions: Positions
    text: str = ""

    def problem(self, code: str, pointer: Sequence[str | int], **params: object) -> Problem:
        line, column = self.positions.find(pointer)
        return Problem(code, self.path, line, column, {"pointer": show_pointer(pointer), **params})


def show_pointer(pointer: Sequence[str | int]) -> str:
    """``links[2].ou``."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in pointer)
    return text.removeprefix(".")


@dataclass(slots=True)
class Data:
    """Everything that could be read.

    :param today: the date that rules compare with, ISO.
    :param ledgers: by name; a ledger per layer has several files.
    :param incomplete: ledgers of which a file is missing or unreadable, and how a note names them.
    :param layer: the only layer looked at; empty for all.
    :param schemas: of every ledger, also of those that are missing.
    """

    today: str
    ledgers: dict[str, list[Ledger]] = field(default_factory=dict)
    policies: dict[str, Policy] = field(default_factory=dict)
    incomplete: dict[str, str] = field(default_factory=dict)
    layer: str = ""
    schemas: Mapping[str, LedgerSchema] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def date(self) -> dt.date:
        return dt.date.fromisoformat(self.today)

    def files(self, name: str) -> list[Ledger]:
        """The files of a ledger, for rules that judge row by row; what is missing is noted.

        :raises Unavailable: when there is none.
        """
        if name in self.incomplete:
            self.note(name)
        if not self.ledgers.get(name):
            raise Unavailable(name)
        return self.ledgers[name]

    def present(self, *names: str) -> Iterator[Ledger]:
        """The files of several ledgers, as far as they are there; what is missing is noted."""
        for name in names:
            if name in self.incomplete or name not in self.ledgers:
                self.note(name)
            yield from self.ledgers.get(name, ())

    def one(self, name: str) -> Ledger:
        """The file of a ledger that all layers share.

        :raises Unavailable: when it is missing or unreadable.
        """
        if name in self.incomplete or not self.ledgers.get(name):
            raise Unavailable(name)
        return self.ledgers[name][0]

    def whole(self, name: str, *columns: str) -> bool:
        """Whether every value of the columns is known in every file of a ledger; otherwise that is noted."""
        files = self.ledgers.get(name, ())
        if files and name not in self.incomplete and all(file.whole(*columns) for file in files):
            return True
        self.note(name)
        return False

    def policy(self, name: str) -> Policy:
        """A policy.

        :raises Unavailable: when it is missing or broken.
        """
        if name not in self.policies:
            raise Unavailable(f"{name}.yml")
        return self.policies[name]

    def note(self, what: str) -> None:
        """Remember that the running rule could not look at something."""
        what = self.incomplete.get(what, what)
        if what not in self.notes:
            self.notes.append(what)
