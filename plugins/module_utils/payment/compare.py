"""A change of rules in dry run: which rows of past days would go to another section, how many and how much, with examples.

Examples name the day, the record and the procedure, never a payment number or anything else about a person.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..common import report
from . import columns, records
from .form import ROW, Form
from .layout import Layout
from .records import Block, Positions, Reader
from .routes import Memory
from .routing import Routing
from .split import Input

TEMPLATES = Path(__file__).resolve().parent / "templates"
#: examples of each move
EXAMPLES = 3
HEADER = ("変更前", "変更後", "手続コード", "税目料金番号", "件数", "金額（円）", "最初の日", "最後の日", "例")


@dataclass(slots=True)
class Move:
    """Rows of one procedure that would go elsewhere. ``examples``: ``2026-11-20 の 17 レコード目``."""

    before: str
    after: str
    procedure: str
    tax_items: set[str] = field(default_factory=set)
    rows: int = 0
    yen: int = 0
    first: str = ""
    last: str = ""
    examples: list[str] = field(default_factory=list)

    @property
    def taxes(self) -> str:
        """The tax and fee numbers of the rows; a hostile file's many are cut."""
        return "、".join(sorted(self.tax_items)[:20])

    def cells(self) -> list[object]:
        examples = "、".join(self.examples)
        return [self.before, self.after, self.procedure, self.taxes, self.rows, self.yen, self.first, self.last, examples]


@dataclass(slots=True)
class Comparison:
    """:ivar inputs, rows, yen: what was looked at; ``moves``: sorted by section, then procedure."""

    first: str
    last: str
    inputs: int = 0
    rows: int = 0
    yen: int = 0
    moves: list[Move] = field(default_factory=list)

    @property
    def moved(self) -> tuple[int, int]:
        return sum(move.rows for move in self.moves), sum(move.yen for move in self.moves)


class _Side:
    """One set of rules, with numbers and names of sections that mean the same for both."""

    def __init__(self, routing: Routing, layout: Layout) -> None:
        self._memory = Memory(routing, layout)
        self._codes = np.array([int(section.code) for section in routing.sections] or [0], np.int64)
        self._names = {int(section.code): f"{section.code} {section.name}" for section in routing.sections}
        self._none = routing.policy["unrouted"]

    def codes(self, block: Block, rows: Positions, encoding: str) -> NDArray[np.int64]:
        """The section of each row, as a number; negative where there is none."""
        answers = self._memory.lanes(block, rows, encoding)
        return np.where(answers >= 0, self._codes[np.maximum(answers, 0)], np.int64(-1))

    def name(self, code: int) -> str:
        return str(self._names.get(code, self._none))


def compare(inputs: Iterable[Input], layout: Layout, old: Routing, new: Routing, period: tuple[str, str]) -> Comparison:
    """Route every row of the inputs with both sets of rules.

    :param period: first and last day, ISO, for the report.
    :raises WardopsError: as the split does, for an input that cannot be read.
    """
    result = Comparison(*period)
    moves: dict[tuple[str, str, str], Move] = {}
    sides = (_Side(old, layout), _Side(new, layout))
    for source in inputs:
        result.inputs += 1
        form = Form(layout, source.shown)
        with source.path.open("rb", buffering=0) as stream:
            for block in Reader(stream, source.shown, len).blocks():
                rows = np.flatnonzero(form.kinds(block) == ROW)
                if len(rows):
                    _block(block, rows, (source, form.encoding), layout, sides, result, moves)
    result.moves = [moves[key] for key in sorted(moves)]
    return result


def _block(  # noqa: PLR0917 - one block of one input, seen from both sides
    block: Block,
    rows: Positions,
    given: tuple[Input, str],
    layout: Layout,
    sides: tuple[_Side, _Side],
    result: Comparison,
    moves: dict[tuple[str, str, str], Move],
) -> None:
    source, encoding = given
    amounts, good = columns.yen(block, *block.field(rows, layout.amount))
    rows, amounts = rows[good], amounts[good]
    result.rows += len(rows)
    result.yen += int(amounts.sum())
    before, after = (side.codes(block, rows, encoding) for side in sides)
    for place in np.flatnonzero(before != after).tolist():
        cells = records.cells(block.record(int(rows[place])))
        codes = [cells[position].decode(encoding, "backslashreplace") for position in (layout.procedure, layout.tax_item)]
        key = (sides[0].name(int(before[place])), sides[1].name(int(after[place])), codes[0])
        move = moves.setdefault(key, Move(*key))
        if codes[1]:
            move.tax_items.add(codes[1])
        day = source.day.isoformat()
        move.rows += 1
        move.yen += int(amounts[place])
        move.first, move.last = min(move.first or day, day), max(move.last, day)
        if len(move.examples) < EXAMPLES:
            move.examples.append(f"{day} の {block.number + int(rows[place]) + 1} レコード目")


def page(comparison: Comparison, made: str) -> str:
    """The comparison as a page for the merge request."""
    data = {"comparison": comparison, "header": HEADER, "lines": [move.cells() for move in comparison.moves], "made": made}
    return report.render("compare.html", {**data, "paper": "A4 landscape"}, TEMPLATES)


def lines(comparison: Comparison) -> list[str]:
    """The comparison for a terminal."""
    rows, yen = comparison.moved
    found = [
        f"{comparison.first} から {comparison.last} の収納結果 {comparison.inputs} ファイル"
        f" {comparison.rows:,} 件 {report.yen(comparison.yen)} で比較",
        f"振り分け先が変わる行 {rows:,} 件 {report.yen(yen)} / rows that would move",
    ]
    for move in comparison.moves:
        found.append(
            f"  {move.before} → {move.after}  手続 {move.procedure or '-'} 税目 {move.taxes or '-'}"
            f"  {move.rows:,} 件 {report.yen(move.yen)}（例 {move.examples[0]}）"
        )
    return found
