"""One reading of an input: its rows, unchanged and in order, into a file for each section; rows and yen counted on both sides."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..common.problems import fail
from . import columns
from .form import BLANK, ROW, Form
from .layout import Layout
from .manifest import Amounts
from .outputs import Outputs
from .records import Block, Positions, Reader
from .routes import Memory
from .routing import NO_DATE, UNROUTED, Routing
from .seen import Duplicates, Keys

#: why a row is not routed, for the receipt
REASONS = {UNROUTED: "規則なし", NO_DATE: "日付不明", -11: "列数不一致", -12: "金額不明"}
_IRREGULAR, _NO_AMOUNT = -11, -12


@dataclass(slots=True)
class Reading:
    """What one reading of an input has found.

    :param lanes: amounts by lane: the sections in order, then unrouted, then duplicates.
    :param found: amounts of all rows, counted before they are routed.
    """

    sha256: str
    size: int
    records: int
    found: Amounts
    lanes: list[Amounts]
    reasons: Counter[str]
    blank_lines: int
    taken_bytes: int
    prefix: bytes
    control: dict[str, int] | None = None
    places: dict[int, int] = field(default_factory=dict)


class Splitter:
    """Reads one input once.

    :param outputs: takes the rows; lanes as in :class:`Reading`.
    :param keys: collects the rows' keys, where they are wanted.
    :param duplicates: rows that go to the lane of duplicates.
    """

    def __init__(self, layout: Layout, routing: Routing, outputs: Outputs, keys: Keys | None, duplicates: Duplicates) -> None:
        self._layout = layout
        self._routing = routing
        self._outputs = outputs
        self._keys = keys
        self._duplicates = duplicates
        self._memory = Memory(routing, layout)
        self._unrouted = len(routing.sections)
        self._repeated = self._unrouted + 1
        self._found = Amounts()
        self._lanes = [[0, 0, 0, 0] for _ in range(self._repeated + 1)]
        self._reasons: Counter[str] = Counter()
        self._places = {item["record"]: 0 for item in duplicates.examples}

    def read(self, path: Path, shown: str) -> Reading:
        """:raises WardopsError: E0100 (cannot be read) and the errors of :class:`Form` and :class:`Reader`."""
        digest = hashlib.sha256()
        form = Form(self._layout, shown)
        records = 0
        try:
            stream = path.open("rb", buffering=0)
        except OSError as error:
            raise fail("E0100", shown, reason=os.strerror(error.errno or 0)) from None
        with stream:
            reader = Reader(stream, shown, digest.update)
            for block in reader.blocks():
                kinds = form.kinds(block)
                self._outputs.prefix = form.prefix
                self._block(block, kinds, form.encoding)
                records = block.number + len(block)
        if self._keys:
            self._keys.records = records
        self._outputs.finish()
        form.close(reader.size, reader.line)
        return Reading(
            digest.hexdigest(),
            reader.size,
            records,
            self._found,
            [Amounts(*sums) for sums in self._lanes],
            self._reasons,
            form.blank_lines,
            form.taken_bytes,
            form.prefix,
            form.totals(self._found),
            self._places,
        )

    def _block(self, block: Block, kinds: NDArray[np.uint8], encoding: str) -> None:
        rows = np.flatnonzero(kinds == ROW)
        answers = np.full(len(block), _IRREGULAR, np.int32)
        amounts = np.zeros(len(block), np.int64)
        if len(rows):
            chosen = slice(None) if len(rows) == len(block) else rows
            amounts[rows], good = columns.yen(block, *block.field(chosen, self._layout.amount))
            answers[rows] = np.where(good, self._memory.lanes(block, chosen, encoding), np.int32(_NO_AMOUNT))
            if self._keys:
                positions = (self._layout.number, self._layout.kind, self._layout.time)
                self._keys.add(columns.keys(block, chosen, positions, amounts[rows] < 0), rows + block.number)
        some = np.flatnonzero(kinds < BLANK)
        self._found = self._found + _sum(amounts[some])
        lanes = np.where(answers >= 0, answers, np.int32(self._unrouted))
        repeated = self._duplicates.among(block.number, len(block))
        lanes[repeated] = self._repeated
        for number in self._places.keys() & set(range(block.number, block.number + len(block))) if repeated.any() else ():
            self._places[number] = block.line_of(number - block.number)
        unrouted = some[lanes[some] == self._unrouted]
        self._reasons.update(REASONS[answer] for answer in answers[unrouted].tolist())
        self._emit(block, some, lanes, amounts)

    def _emit(self, block: Block, some: Positions, lanes: NDArray[np.int32], amounts: NDArray[np.int64]) -> None:
        if not len(some):
            return
        order = some[np.argsort(lanes[some].astype(np.uint16), kind="stable")]
        ordered, sums = lanes[order], amounts[order]
        data = self._outputs.room(len(block.octets))
        stops = block.gather(order, data)
        begins = np.concatenate(([0], np.flatnonzero(ordered[1:] != ordered[:-1]) + 1))
        negative = np.minimum(sums, 0)
        parts = np.stack([np.add.reduceat(column, begins) for column in (sums, (sums < 0).astype(np.int64), negative)], axis=1).tolist()
        ends = [*begins[1:].tolist(), len(order)]
        whole, written = [], 0
        for begin, end, (yen, cancelled, cancelled_yen) in zip(begins.tolist(), ends, parts, strict=True):
            lane = int(ordered[begin])
            stop = int(stops[end - 1])
            whole.append((lane, data[written:stop].data))
            written = stop
            total = self._lanes[lane]
            for place, value in enumerate((end - begin, yen, cancelled, cancelled_yen)):
                total[place] += value
        self._outputs.write(whole)


def _sum(amounts: NDArray[np.int64]) -> Amounts:
    """Exact: a block has fewer than 2**20 rows, and an amount at most 12 digits."""
    negative = amounts[amounts < 0]
    return Amounts(len(amounts), int(amounts.sum()), len(negative), int(negative.sum()))
