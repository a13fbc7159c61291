"""Values of a column of many records at once: codes, dates, yen, keys, as machine words.

A field of at most eight bytes is one little-endian word, padded with zeros; longer ones have several. Everything that does not
fit the fast way is decided by the plain Python function beside it, so that both give the same answer.
"""

from __future__ import annotations

import hashlib
import re

import numpy as np
from numpy.typing import NDArray

from .records import Block, Positions, Words

_U = np.uint64
#: keeps the first n bytes of a word
_KEEP = np.array([(1 << 8 * n) - 1 for n in range(8)] + [2**64 - 1], _U)
#: fills the first 8-n bytes of a word with the digit zero
_ZEROS = np.array([int.from_bytes(b"0" * (8 - n), "little") for n in range(9)], _U)
_HIGH = _U(0x8080808080808080)
_AMOUNT = re.compile(rb"[+-]?[0-9]{1,12}")
#: no code of a policy has this value: nine bytes do not fit a word
TOO_LONG = _U(2**64 - 1)
#: slots of a key, in words: payment number, class, time
_SLOTS = (3, 1, 2)
#: odd, random-looking and fixed for ever (the index of seen keys holds results): SHA-256 of a text, cut into words
_FACTORS = np.frombuffer(b"".join(hashlib.sha256(b"wardops payment key %d" % n).digest() for n in range(4)), "<u8") | _U(1)


def words(block: Block, start: Positions, length: Positions) -> Words:
    """The fields as one word each; ``TOO_LONG`` where there are more than eight bytes."""
    value: Words = block.words[start]
    if len(length) and length[0] <= 8 and (length == length[0]).all():
        value &= _KEEP[length[0]]
        return value
    value &= _KEEP[np.minimum(length, 8)]
    value[length > 8] = TOO_LONG
    return value


def text(word: int) -> bytes:
    """The field that a word holds."""
    return b"" if word == int(TOO_LONG) else int(word).to_bytes(8, "little").rstrip(b"\x00")


def dates(block: Block, start: Positions, length: Positions) -> Words:
    """The first eight bytes (``YYYYMMDD``) of the fields; zero where there are fewer."""
    value: Words = block.words[start]
    value[length < 8] = 0
    return value


def yen(block: Block, start: Positions, length: Positions) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Amounts, and which of them can be read; an unreadable one is 0."""
    negative = (block.octets[start] == 45) & (length > 0)
    begin, digits = start + negative, length - negative
    short = np.clip(digits, 0, 8)
    word = (block.words[begin] << ((8 - short) * 8).astype(_U) % _U(64)) | _ZEROS[short]
    good = (digits > 0) & (digits <= 8)
    good &= ((word + _U(0x4646464646464646)) | (word - _U(0x3030303030303030))) & _HIGH == 0
    # eight digits to a number in three steps: pairs, fours, eight
    word = ((word & _U(0x0F0F0F0F0F0F0F0F)) * _U(2561)) >> _U(8)
    word = ((word & _U(0x00FF00FF00FF00FF)) * _U(6553601)) >> _U(16)
    word = ((word & _U(0x0000FFFF0000FFFF)) * _U(42949672960001)) >> _U(32)
    amount = word.astype(np.int64)
    amount = np.where(negative, -amount, amount)
    for row in np.flatnonzero(~good).tolist():
        value = plain_yen(bytes(block.data[start[row] : start[row] + length[row]]))
        good[row] = value is not None
        amount[row] = value or 0
    return amount, good


def plain_yen(field: bytes) -> int | None:
    """An amount: digits with an optional sign, at most 12 of them; anything else is not guessed at."""
    return int(field) if _AMOUNT.fullmatch(field) else None


def keys(block: Block, rows: Positions | slice, positions: tuple[int, int, int], negative: NDArray[np.bool_]) -> Words:
    """128 bits for each record from payment number, class and time, and whether it is a cancellation: equal for equal keys, and
    for different ones equal only by a chance of 2**-128.

    :returns: two columns; zeros for a record without payment number, which has no key.
    """
    spans = [block.field(rows, position) for position in positions]
    sizes = [length for _, length in spans]
    word = (sizes[0] | sizes[1] << 8 | sizes[2] << 16).astype(_U) | negative.astype(_U) << _U(40)
    one, two = _mix(np.full(len(word), _FACTORS[0], _U), word, 1), _mix(np.full(len(word), _FACTORS[8], _U), word, 9)
    factor = 2
    for (start, length), slots in zip(spans, _SLOTS, strict=True):
        for slot in range(slots):
            word = _part(block, start, length, 8 * slot)
            one, two = _mix(one, word, factor), _mix(two, word, factor + 7)
            factor += 1
    result = np.stack((one, two), axis=1)
    long = np.logical_or.reduce([length > 8 * slots for length, slots in zip(sizes, _SLOTS, strict=True)])
    for row in np.flatnonzero(long).tolist():
        fields = [block.data[start[row] : start[row] + length[row]] for start, length in spans]
        digest = hashlib.blake2b(b"\x00".join([b"%d" % negative[row], *fields]), digest_size=16).digest()
        result[row] = np.frombuffer(digest, "<u8")
    result[sizes[0] == 0] = 0
    return result


def _part(block: Block, start: Positions, length: Positions, offset: int) -> Words:
    """Eight bytes of the fields from ``offset`` on, zeros where a field has ended; fields of one length are the quick case."""
    word: Words = block.words[start + offset]
    if len(length) and (length == length[0]).all():
        word &= _KEEP[min(max(int(length[0]) - offset, 0), 8)]
    else:
        word &= _KEEP[np.clip(length - offset, 0, 8)]
    return word


def _mix(state: Words, word: Words, factor: int) -> Words:
    state = (state ^ word) * _FACTORS[factor]
    return state ^ (state >> _U(31))
