"""Decides for whole blocks: asks :meth:`Routing.decide` once for each combination of procedure, tax item and day, and remembers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from . import columns
from .layout import Layout
from .records import Block, Positions, Words, cells
from .routing import BY_RULE, Routing

#: remembered combinations; a hostile file that has more only makes it slower
_MOST = 1 << 16
_FACTORS = [np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0x165667B19E3779F9)]


class Memory:
    """Remembers answers by a 64-bit mark of the three words; every hit is compared in full, so a clash of marks cannot misroute."""

    def __init__(self, routing: Routing, layout: Layout) -> None:
        self._routing = routing
        self._layout = layout
        self._clear()

    def _clear(self) -> None:
        self._marks: Words = np.zeros(0, np.uint64)
        self._values: NDArray[np.uint64] = np.zeros((0, 3), np.uint64)
        self._answers: NDArray[np.int32] = np.zeros(0, np.int32)

    def lanes(self, block: Block, rows: Positions | slice, encoding: str) -> NDArray[np.int32]:
        """The answer for each of the rows: a position in ``routing.sections`` or a negative reason.

        :param encoding: of the text that rules compare.
        """
        layout = self._layout
        values = np.stack(
            (
                columns.words(block, *block.field(rows, layout.procedure)),
                columns.words(block, *block.field(rows, layout.tax_item)),
                columns.dates(block, *block.field(rows, self._routing.counts_on)),
            ),
            axis=1,
        )
        marks = np.zeros(len(values), np.uint64)
        for position, factor in enumerate(_FACTORS):
            marks = (marks ^ values[:, position]) * factor
            marks ^= marks >> np.uint64(32)
        at, known = self._look_up(marks, values)
        if not known.all():
            self._learn(marks[~known], values[~known])
            at, known = self._look_up(marks, values)
        answers = np.where(known, self._answers[at], np.int32(0))
        for row in np.flatnonzero(~known).tolist():
            answers[row] = self._ask(values[row])
        by_rule = np.flatnonzero(answers == BY_RULE)
        for row, number in zip(by_rule.tolist(), np.arange(len(block))[rows][by_rule].tolist(), strict=True):
            answers[row] = self._by_rule(block, number, columns.text(values[row, 2]), encoding)
        return answers

    def _look_up(self, marks: Words, values: NDArray[np.uint64]) -> tuple[Positions, NDArray[np.bool_]]:
        if not len(self._marks):
            return np.zeros(len(marks), np.int64), np.zeros(len(marks), np.bool_)
        at = np.minimum(np.searchsorted(self._marks, marks), len(self._marks) - 1)
        return at, (self._values[at] == values).all(axis=1)

    def _learn(self, marks: Words, values: NDArray[np.uint64]) -> None:
        new, first = np.unique(marks, return_index=True)
        if len(self._marks) + len(new) > _MOST:
            self._clear()
        fresh = ~np.isin(new, self._marks)
        new, first = new[fresh], first[fresh]
        answers = np.array([self._ask(values[row]) for row in first.tolist()], np.int32)
        all_marks = np.concatenate((self._marks, new))
        order = np.argsort(all_marks)
        self._marks = all_marks[order]
        self._values = np.concatenate((self._values, values[first]))[order]
        self._answers = np.concatenate((self._answers, answers))[order]

    def _ask(self, value: Words) -> int:
        return self._routing.decide(columns.text(value[0]), columns.text(value[1]), columns.text(value[2]))

    def _by_rule(self, block: Block, row: int, date: bytes, encoding: str) -> int:
        return self._routing.by_rule([cell.decode(encoding, "backslashreplace") for cell in cells(block.record(row))], date)
