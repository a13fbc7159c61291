"""Git's pack files, read by their deltas: which lines differ between the versions of a file, without building every version.

Git stores the versions of a ledger as small differences to each other (gitformat-pack: copy and insert instructions). 20,000 versions of
a 600 kB ledger are 12 GB as files and a few MB as differences, and a difference says at once which lines it touches. So one text per
chain is held and edited in place, and only the touched lines are looked at. What this reader does not know (another version, a damaged
pack) it leaves to ``git cat-file``.
"""

from __future__ import annotations

import mmap
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

_IDX_MAGIC = b"\xfftOc\x00\x00\x00\x02"
_PACK_MAGIC = (b"PACK\x00\x00\x00\x02", b"PACK\x00\x00\x00\x03")
BLOB, _OFS_DELTA, _REF_DELTA = 3, 6, 7
#: more than zlib ever needs beyond the size of small data (zlib.h, deflateBound); the pack does not tell the compressed length
_SLACK = 128
#: a shorter copy from elsewhere is taken for new text: Git finds pieces of a row in far rows, and goes back after them
_SHORT = 1024

#: kind, size, where the compressed data begin, offset of the base (0: none)
Entry = tuple[int, int, int, int]
#: a piece of the base, from and to, and what stands there instead; ascending
Edit = tuple[int, int, bytes]


class Unreadable(Exception):
    """The pack is not what this reader knows, or it is damaged."""


class Pack:
    """One pack and its index (version 2).

    :param width: bytes of an object's name: 20, or 32 in a SHA-256 repository.
    :raises Unreadable: another version, or damaged.
    """

    def __init__(self, index: Path, width: int) -> None:
        self.width = width
        try:
            table = index.read_bytes()
            with index.with_suffix(".pack").open("rb") as stream:
                self.data = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
            if table[:8] != _IDX_MAGIC or self.data[:8] not in _PACK_MAGIC:
                raise Unreadable(index.name)
            count = struct.unpack_from(">I", table, 8 + 255 * 4)[0]
            start = 8 + 256 * 4
            end = start + count * width
            small = struct.unpack_from(f">{count}I", table, end + 4 * count)
            large = end + 8 * count
            offsets = [at if at < 1 << 31 else struct.unpack_from(">Q", table, large + 8 * (at & 0x7FFFFFFF))[0] for at in small]
        except (OSError, ValueError, struct.error) as error:
            raise Unreadable(index.name) from error
        self.offsets = dict(zip((table[at : at + width] for at in range(start, end, width)), offsets, strict=True))

    def entry(self, at: int) -> Entry:
        """:raises Unreadable: a delta whose base is not in the pack, or an offset beyond its end."""
        data = self.data
        try:
            byte = data[at]
            kind, size, shift, position = byte >> 4 & 7, byte & 15, 4, at + 1
            while byte & 0x80:
                byte = data[position]
                size |= (byte & 0x7F) << shift
                shift += 7
                position += 1
            if kind == _OFS_DELTA:
                byte = data[position]
                position += 1
                back = byte & 0x7F
                while byte & 0x80:
                    byte = data[position]
                    position += 1
                    back = (back + 1) << 7 | byte & 0x7F
                return kind, size, position, at - back
            if kind == _REF_DELTA:
                return kind, size, position + self.width, self.offsets[data[position : position + self.width]]
        except (IndexError, KeyError) as error:
            raise Unreadable("an entry leads nowhere") from error
        return kind, size, position, 0

    def inflate(self, position: int, size: int) -> bytes:
        """:raises Unreadable: the data are damaged."""
        with memoryview(self.data) as whole, whole[position : position + size + (size >> 3) + _SLACK] as view:
            try:
                content = zlib.decompress(view, bufsize=size or 1)
            except zlib.error as error:
                raise Unreadable(f"damaged at {position}") from error
        if len(content) != size:
            raise Unreadable(f"damaged at {position}")
        return content


def edits(delta: bytes, base: bytearray) -> list[Edit]:
    """A delta as edits of its base. What is copied again or out of order becomes an insertion.

    :raises Unreadable: the delta is for another base, or damaged.
    """
    try:
        return list(_edits(delta, base))
    except IndexError as error:
        raise Unreadable("a delta ends too early") from error


def _edits(delta: bytes, base: bytearray) -> Iterator[Edit]:
    expected, at = _size(delta, 0)
    promised, at = _size(delta, at)
    if expected != len(base):
        raise Unreadable("a delta is for another base")
    place, fresh, end, made = 0, b"", len(delta), 0
    while at < end:
        byte = delta[at]
        at += 1
        if not byte & 0x80:
            fresh += delta[at : at + byte]
            made += byte
            at += byte
            continue
        offset, size, at = _copy(delta, byte, at)
        if offset + size > len(base):
            raise Unreadable("a delta copies from beyond its base")
        made += size
        if offset != place and size < _SHORT:
            fresh += base[offset : offset + size]
            continue
        if offset < place:  # copied once more: what lies before the place is new text here
            fresh += base[offset : min(offset + size, place)]
            size -= place - offset
            offset = place
            if size <= 0:
                continue
        if fresh or offset > place:
            yield place, offset, fresh
            fresh = b""
        place = offset + size
    if fresh or place < len(base):
        yield place, len(base), fresh
    if made != promised:
        raise Unreadable("a delta does not make what it promises")


def _size(delta: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, the lowest first, and where it ends."""
    size = shift = 0
    while True:
        byte = delta[at]
        at += 1
        size |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return size, at


def _copy(delta: bytes, byte: int, at: int) -> tuple[int, int, int]:
    """A copy instruction: offset in the base, size, and where the next instruction stands."""
    offset = size = 0
    for bit in range(4):
        if byte >> bit & 1:
            offset |= delta[at] << 8 * bit
            at += 1
    for bit in range(3):
        if byte >> 4 + bit & 1:
            size |= delta[at] << 8 * bit
            at += 1
    return offset, size or 0x10000, at
