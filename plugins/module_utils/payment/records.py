"""Finds the records of a CSV file by its bytes alone, block by block, in constant memory.

A record ends at a line feed outside double quotes (RFC 4180); quotes toggle. 0x22, 0x2C, 0x0A and 0x0D are never the second byte of a
CP932 character (0x40-0x7E and 0x80-0xFC are), nor part of a UTF-8 sequence, so nothing is decoded and bytes that are no
characters at all pass through. Invalid quoting cannot lose a row silently: what a stray quote glues together has a wrong number
of fields, and one that is never closed is an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..common.problems import fail

#: bytes read at once: smaller blocks mean more calls and smaller writes, bigger ones more memory
BLOCK = 1 << 21
#: a payment row has some 200 bytes; a "record" beyond this is a damaged file, or none of this kind
LONGEST = 1 << 17
#: most bytes of a record that :meth:`Block.gather` copies at once, and bytes behind the block that may be loaded with it
WIDEST = 4096
_PAD = WIDEST

Positions = NDArray[np.int64]
Bytes = NDArray[np.uint8]
Words = NDArray[np.uint64]


class Source(Protocol):
    """An unbuffered binary stream."""

    def readinto(self, buffer: Any, /) -> int | None: ...


@dataclass(slots=True)
class Block:
    """Some whole records, as positions in ``data``, which holds more than them behind.

    :param number: of the first record in the file, from 0.
    :param line: of the first record's first line, from 1.
    :param starts, ends: of each record, the line end included.
    :param first: index into ``separators`` of each record's first one.
    :param fields: number of fields of each record; ``fewest`` is the smallest.
    :param separators: positions of the commas and line ends outside quotes.
    :param quoted: whether there is any double quote.
    """

    data: bytearray
    octets: Bytes
    words: Words
    number: int
    line: int
    starts: Positions
    ends: Positions
    first: Positions
    fields: Positions
    fewest: int
    separators: Positions
    quoted: bool

    def __len__(self) -> int:
        return len(self.starts)

    def field(self, rows: Positions | slice, position: int) -> tuple[Positions, Positions]:
        """Start and length of a field in some records that have it, without enclosing quotes and line end."""
        count = self.fewest
        if isinstance(rows, slice) and len(self) * count == len(self.separators):
            # every record has as many fields: a table, which needs no search
            table = self.separators.reshape(-1, count)
            start = table[rows, position - 1] + 1 if position else self.starts[rows]
            end = table[rows, position]
        else:
            first = self.first[rows]
            start = self.separators[first + (position - 1)] + 1 if position else self.starts[rows]
            end = self.separators[first + position]
        if position + 1 >= self.fewest:
            # the last field ends before CR LF, LF, or the end of the file
            last = self.fields[rows] == position + 1
            end = end - (last & (end > start) & (self.octets[end - 1] == 13))
        length = end - start
        if self.quoted:
            wrapped = self.octets[start] == 34
            if wrapped.any():
                wrapped &= (length >= 2) & (self.octets[end - 1] == 34)
                start = start + wrapped
                length = length - 2 * wrapped
        return start, length

    def record(self, row: int) -> bytes:
        return bytes(memoryview(self.data)[self.starts[row] : self.ends[row]])

    def gather(self, rows: Positions, into: Bytes) -> Positions:
        """Copy records one behind the other.

        All are copied with one width, which no loop of Python's is needed for: what a short one brings along from behind it is
        overwritten by the next one (NumPy assigns in the order of the indices). The few that are wider follow one by one.

        :param into: has room for the records and :data:`WIDEST` bytes more.
        :returns: the end of each one there.
        """
        starts = self.starts[rows]
        lengths = self.ends[rows] - starts
        ends: Positions = np.cumsum(lengths)
        width = min(int(lengths.max()), 2 * int(ends[-1]) // len(rows) + 1, WIDEST)
        _wide(into, width)[ends - lengths] = _wide(self.octets, width)[starts]
        for row in np.flatnonzero(lengths > width).tolist():
            into[ends[row] - lengths[row] : ends[row]] = self.octets[starts[row] : starts[row] + lengths[row]]
        return ends

    def line_of(self, row: int) -> int:
        """Line on which a record begins."""
        return self.line + self.data.count(b"\n", 0, int(self.starts[row]))


class Reader:
    """Reads a stream once. ``take`` is called with every piece of the input, in order (for its hash).

    :param path: as shown in errors.
    :ivar size: bytes read so far.
    :ivar line: the line after the last whole record.
    """

    def __init__(self, source: Source, path: str, take: Any) -> None:
        self._source = source
        self._path = path
        self._take = take
        # the next block is read and taken apart while the caller works on this one
        self._buffers = [bytearray(BLOCK + LONGEST + _PAD) for _ in range(2)]
        self._kept = b""
        self._number = 0
        self.size = 0
        self.line = 1

    def blocks(self) -> Iterator[Block]:
        """The file's records in order; a block is valid until the next one is asked for.

        :raises WardopsError: E1314 (a record is too long), E1315 (a quote is never closed).
        """
        with ThreadPoolExecutor(1) as ahead:
            coming = ahead.submit(self._next)
            while (block := coming.result()) is not None:
                coming = ahead.submit(self._next)
                if len(block):
                    yield block

    def _next(self) -> Block | None:
        """Read on; the records that are whole now (perhaps none), or nothing after the last one."""
        buffer = self._buffers[0]
        self._buffers.reverse()
        kept = len(self._kept)
        buffer[:kept] = self._kept
        view = memoryview(buffer)
        count = self._source.readinto(view[kept : kept + BLOCK]) or 0
        self._take(view[kept : kept + count])
        self.size += count
        if not kept + count:
            return None
        block, lines = self._structure(buffer, kept + count, last=count == 0)
        end = int(block.ends[-1]) if len(block) else 0
        self._kept = bytes(view[end : kept + count])
        self._number += len(block)
        self.line += lines
        if len(self._kept) > LONGEST:
            raise fail("E1314", self._path, self.line, limit=LONGEST, number=self._number + 1)
        if len(block):
            self._refuse_long(block)
        return block

    def _structure(self, buffer: bytearray, filled: int, *, last: bool) -> tuple[Block, int]:
        """The block at the beginning of the buffer, and its number of lines."""
        everything = np.frombuffer(buffer, np.uint8)
        octets = everything[:filled]
        special = octets == 44
        special |= octets == 10
        special |= octets == 34
        at = np.flatnonzero(special)
        kinds = octets[at]
        lines = at[kinds == 10]
        quotes = kinds == 34
        quoted = bool(quotes.any())
        if quoted:
            outside, closed = _outside(quotes)
            if last and not closed:
                raise self._unclosed(buffer, filled, at[(kinds == 10) & outside])
            at, kinds = at[outside], kinds[outside]
        if last and (not len(at) or at[-1] != filled - 1 or kinds[-1] != 10):
            # the end of the file ends the last record, too
            at, kinds = np.append(at, filled), np.append(kinds, np.uint8(10))
        newlines = np.flatnonzero(kinds == 10)
        ends = np.minimum(at[newlines] + 1, filled)
        starts = np.concatenate((np.zeros(min(1, len(ends)), np.int64), ends[:-1]))
        first = np.concatenate((np.zeros(min(1, len(ends)), np.int64), newlines[:-1] + 1))
        fields = newlines - first + 1
        fewest = int(fields.min()) if len(fields) else 0
        words: Words = np.ndarray((len(buffer) - 8,), "<u8", buffer, strides=(1,))
        at = at[: int(newlines[-1]) + 1] if len(newlines) else at[:0]
        block = Block(buffer, everything, words, self._number, self.line, starts, ends, first, fields, fewest, at, quoted)
        return block, int(np.searchsorted(lines, ends[-1])) if len(ends) else 0

    def _unclosed(self, buffer: bytearray, filled: int, ends: Positions) -> Exception:
        """E1315 at the record in which the last quote that opens stands."""
        start = int(ends[-1]) + 1 if len(ends) else 0
        line = self.line + buffer.count(b"\n", 0, start)
        return fail("E1315", self._path, line, number=self._number + len(ends) + 1, size=filled - start)

    def _refuse_long(self, block: Block) -> None:
        longest = int(np.argmax(block.ends - block.starts))
        if block.ends[longest] - block.starts[longest] > LONGEST:
            raise fail("E1314", self._path, block.line_of(longest), limit=LONGEST, number=block.number + longest + 1)


def _outside(quotes: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], bool]:
    """Which of the special bytes are no quotes and stand outside of them, and whether the last quote that opens is closed.

    Every second quote opens. Most pairs enclose nothing special, so going by the pairs is quicker than counting along all bytes.
    """
    places = np.flatnonzero(quotes)
    opening, closing = places[0::2], places[1::2]
    outside = ~quotes
    closed = len(opening) == len(closing)
    if not closed:
        outside[opening[-1] :] = False
        opening = opening[:-1]
    enclosed = closing - opening - 1
    some = np.flatnonzero(enclosed)
    if len(some):
        counts = enclosed[some]
        ends = np.cumsum(counts)
        outside[np.repeat(opening[some] + 1 - (ends - counts), counts) + np.arange(ends[-1])] = False
    return outside, closed


def _wide(octets: Bytes, width: int) -> NDArray[np.void]:
    """The ``width`` bytes from each position on."""
    return np.ndarray((len(octets) - width + 1,), f"V{width}", octets, strides=(1,))


def cells(record: bytes) -> list[bytes]:
    """Fields of one record, quotes taken off and doubled ones halved; for headers, control records and rules, not for speed."""
    body = record.removesuffix(b"\n").removesuffix(b"\r")
    fields, start, inside = [], 0, False
    for position, octet in enumerate(body):
        if octet == 34:
            inside = not inside
        elif octet == 44 and not inside:
            fields.append(body[start:position])
            start = position + 1
    fields.append(body[start:])
    return [_unquoted(field) for field in fields]


def _unquoted(field: bytes) -> bytes:
    if len(field) >= 2 and field[:1] == b'"' == field[-1:]:
        return field[1:-1].replace(b'""', b'"')
    return field
