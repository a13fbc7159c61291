"""What is a row of the file and what is not: byte order mark, header, control record, blank lines."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..common.problems import fail
from . import columns
from .layout import BOM, Layout, check_header, refuse_wide
from .manifest import Amounts
from .records import Block, cells

#: kinds of records
ROW, IRREGULAR, BLANK, TAKEN = 0, 1, 2, 3
Kinds = NDArray[np.uint8]


class Form:
    """Looks at the blocks of one file in order.

    :ivar prefix: bytes that every output begins with: byte order mark and header.
    :ivar encoding: of the text: the layout's, or UTF-8 in a file with a byte order mark.
    :ivar blank_lines: number of records that are nothing but a line end.
    :ivar taken_bytes: bytes of what is no row: byte order mark, header, control record, blank lines.
    """

    def __init__(self, layout: Layout, path: str) -> None:
        self.prefix = b""
        self.encoding = layout.encoding
        self.blank_lines = 0
        self.taken_bytes = 0
        self._layout = layout
        self._path = path
        self._control: tuple[list[bytes], int] | None = None
        self._wanted = self._leading()
        mark = layout.control.mark if layout.control and layout.control.place == "trailer" else b""
        self._mark = np.uint64(int.from_bytes(mark, "little"))

    def kinds(self, block: Block) -> Kinds:
        """The kind of each record. The bytes of a byte order mark are taken off the first one.

        :raises WardopsError: E1310 (header), E1313 (control record missing, or not at its place), E1316 (UTF-16).
        """
        if block.number == 0:
            self._begin(block)
        length = block.ends - block.starts
        head = block.octets[np.minimum(block.starts, len(block.data) - 1)]
        result = np.where(block.fields == len(self._layout.columns), np.uint8(ROW), np.uint8(IRREGULAR))
        result[(length == 0) | ((length == 1) & (head == 10))] = BLANK
        result[(length == 2) & (head == 13) & (block.octets[block.starts + 1] == 10)] = BLANK
        row = 0
        while self._wanted and row < len(block):
            if result[row] != BLANK:
                self._take_leading(block, row)
                result[row] = TAKEN
            row += 1
        if self._mark:
            self._find_trailer(block, result)
        self.blank_lines += int(np.count_nonzero(result == BLANK))
        self.taken_bytes += int(length[result >= BLANK].sum())
        return result

    def close(self, size: int, line: int) -> None:
        """To be called after the last block.

        :param line: the last one.
        :raises WardopsError: E1311 (empty, or no header), E1313 (no control record).
        """
        if "header" in self._wanted or not size:
            raise fail("E1311", self._path, size=size)
        if self._layout.control and self._control is None:
            raise fail("E1313", self._path, line, reason_ja="がありません（途中で切れた可能性）", reason="is missing (cut off?)")

    def totals(self, found: Amounts) -> dict[str, int] | None:
        """The control totals, where the file has them, compared with what was found.

        :raises WardopsError: E1312 when they differ, E1313 when they cannot be read.
        """
        control = self._layout.control
        if control is None or self._control is None:
            return None
        fields, line = self._control
        values = [columns.plain_yen(fields[position]) if position < len(fields) else None for position in (control.rows, control.yen)]
        rows, yen = values
        if rows is None or yen is None:
            raise fail("E1313", self._path, line, reason_ja="の件数か金額を読めません", reason="has no readable count and sum")
        if (rows, yen) != (found.rows, found.yen):
            raise fail("E1312", self._path, line, rows=rows, yen=yen, found_rows=found.rows, found_yen=found.yen)
        return {"rows": rows, "yen": yen}

    def _leading(self) -> list[str]:
        control = self._layout.control
        return (["control"] if control and control.place == "header" else []) + (["header"] if self._layout.header else [])

    def _begin(self, block: Block) -> None:
        refuse_wide(bytes(block.data[:2]), self._path)
        if block.data.startswith(BOM):
            self.prefix = BOM
            self.encoding = "utf-8"
            self.taken_bytes = len(BOM)
            block.starts[0] = len(BOM)

    def _take_leading(self, block: Block, row: int) -> None:
        record = block.record(row)
        line = block.line_of(row)
        if self._wanted.pop(0) == "header":
            check_header(self._layout, cells(record), self.encoding, self._path, line)
            self.prefix += record
            return
        fields = cells(record)
        if self._layout.control is None or fields[0] != self._layout.control.mark:
            raise fail("E1313", self._path, line, reason_ja="が先頭にありません", reason="is not at the beginning")
        self._control = (fields, line)

    def _find_trailer(self, block: Block, result: Kinds) -> None:
        if self._control and (result != BLANK).any():
            self._behind(block, int(np.flatnonzero(result != BLANK)[0]))
        some = np.flatnonzero(result <= IRREGULAR)
        found = some[columns.words(block, *block.field(some, 0)) == self._mark]
        if not len(found):
            return
        row = int(found[0])
        self._control = (cells(block.record(row)), block.line_of(row))
        behind = some[some > row]
        if len(behind):
            self._behind(block, int(behind[0]))
        result[row] = TAKEN

    def _behind(self, block: Block, row: int) -> None:
        raise fail("E1313", self._path, block.line_of(row), reason_ja="の後ろに行があります", reason="has rows behind it")
