"""Text as people send it: encodings, full-width characters, the dash family.

The bytes of what is passed through (payment rows, configs) are never touched by this module; it serves input
that is *read into* ledgers. Sources: Unicode TR 15 (NFKC), Microsoft code page 932, RFC 3629.
"""

from __future__ import annotations

import codecs
import unicodedata
from dataclasses import dataclass

from .problems import Problem, WardopsError

#: every character that people and programs use for a hyphen or minus sign (not the long vowel mark in words)
DASHES = "-‐‑‒–—―−﹘﹣－ー－ｰ─━"
_DASH_TABLE = {ord(char): "-" for char in DASHES}


@dataclass(frozen=True, slots=True)
class Decoded:
    """A decoded file: the text, the Python name of its encoding, whether it began with a byte order mark."""

    text: str
    encoding: str
    bom: bool


def decode(data: bytes, path: str = "") -> Decoded:
    """Decode a file of unknown encoding: byte order mark, then UTF-8, then UTF-16LE by its NUL pattern, then CP932.

    Strict: a byte that does not belong to the encoding is an error with its position, never a replacement character.

    :raises WardopsError: E0110 with line and column of the first bad byte.
    """
    if data.startswith(codecs.BOM_UTF8):
        return Decoded(_strict(data[3:], "utf-8", path), "utf-8", True)
    if data.startswith(codecs.BOM_UTF16_LE):
        return Decoded(_strict(data[2:], "utf-16-le", path), "utf-16-le", True)
    if data.startswith(codecs.BOM_UTF16_BE):
        return Decoded(_strict(data[2:], "utf-16-be", path), "utf-16-be", True)
    try:
        if b"\x00" not in data:
            return Decoded(data.decode("utf-8"), "utf-8", False)
    except UnicodeDecodeError:
        return Decoded(_strict(data, "cp932", path), "cp932", False)
    if len(data) % 2 == 0 and _looks_like_utf16le(data):
        return Decoded(_strict(data, "utf-16-le", path), "utf-16-le", False)
    offset = data.index(b"\x00")
    raise WardopsError(Problem("E0103", path, data.count(b"\n", 0, offset) + 1, 0, {"offset": offset}))


def _looks_like_utf16le(data: bytes) -> bool:
    """Half of the odd bytes of Japanese or ASCII UTF-16LE text are NUL or in the kana/kanji rows; line ends are 0A 00."""
    sample = data[:4096]
    return b"\n\x00" in sample and sample[1::2].count(0) >= sample[0::2].count(0)


def _strict(data: bytes, encoding: str, path: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        good = data[: error.start].decode(encoding, "replace")
        line = good.count("\n") + 1
        column = len(good) - (good.rfind("\n") + 1) + 1
        params = {"encoding": encoding, "byte": data[error.start : error.start + 2].hex(), "offset": error.start}
        raise WardopsError(Problem("E0110", path, line, column, params)) from None


def to_narrow(text: str) -> str:
    """Full-width letters, digits and signs to ASCII, half-width kana to full-width (NFKC), any dash to ``-``.

    For codes (names, numbers, MACs); not for words, where 「ー」 is the long vowel mark.
    """
    return unicodedata.normalize("NFKC", text.translate(_DASH_TABLE)).translate(_DASH_TABLE)


def to_words(text: str) -> str:
    """Half-width kana to full-width and full-width ASCII to ASCII; long vowel marks stay; outer white space goes."""
    return unicodedata.normalize("NFKC", text).strip()


def one_line(text: str) -> bool:
    """Whether nothing in it breaks a line or moves a cursor; Japan's wide blank is no such thing, though Python does not print it."""
    return text.replace("\u3000", " ").isprintable()
