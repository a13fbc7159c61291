"""A file that came back: its mark, the state that was exported, and its lines with the place of each cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...common.problems import Problem
from ..book import Key, Row
from .selection import Mark


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a sheet.

    :param values: text, number, date, time, boolean or ``None``.
    :param places: name of each cell: ``F12`` in a workbook, ``行 12 列 6`` in a CSV.
    :param formulas: positions of cells that hold a formula.
    :param merged: positions that belong to a merged area: what they held is lost.
    """

    values: Sequence[Any]
    places: Sequence[str]
    formulas: frozenset[int] = frozenset()
    merged: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Returned:
    """A whole file.

    :param base: the rows that were exported, by key.
    :param lines: header first.
    """

    path: str
    mark: Mark
    base: Mapping[Key, Row]
    lines: Sequence[Line]

    def problem(self, code: str, place: str, **params: object) -> Problem:
        return Problem(code, f"{self.path} {place}".rstrip(), 0, 0, params)
