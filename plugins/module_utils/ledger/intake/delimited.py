"""Text files as people's programs write them: CP932, UTF-8 with or without a mark, UTF-16 with tabs; commas, tabs or semicolons.

What is recognised is said; a profile may lay it down instead. A file that changes its encoding in the middle (two files pasted together)
is refused with the line: half of it would be read as other characters, without any error.
"""

from __future__ import annotations

import csv
import io
import re

from ...common.problems import WardopsError, fail
from ...common.text import decode
from .source import MAX_CELL, MAX_COLUMNS, MAX_ROWS, Cell, Sheet, SourceRow

ENCODINGS = {"cp932": "CP932", "utf-8": "UTF-8", "utf-16-le": "UTF-16LE", "utf-16-be": "UTF-16BE"}
DELIMITERS = {",": "カンマ区切り", "\t": "タブ区切り", ";": "セミコロン区切り"}
_JAPANESE = re.compile("[ぁ-ヿ一-鿿ｦ-ﾟ]")
#: how Excel is told to keep a text: ="00123"
_KEPT = re.compile(r'="((?:[^"]|"")*)"')


def read_delimited(data: bytes, path: str, encoding: str = "", delimiter: str = "") -> Sheet:
    """The rows of a text file.

    :param encoding: what the profile says (``cp932`` …); empty: recognised.
    :param delimiter: what the profile says; empty: the one that the first lines have most of.
    :raises WardopsError: E0103, E0110 (bytes that are no text), E0108 (quotes), E0710 (too much), E0711 (the encoding changes),
        E0712 (not the profile's encoding).
    """
    text, found, mark = _decode(data, path)
    if encoding and not (found == encoding or data.isascii()):
        raise fail("E0712", path, found=ENCODINGS[found], expected=ENCODINGS[encoding])
    delimiter = delimiter or _delimiter(text)
    # quoting off is what a file with lone quotes would need; guessing that is refused, because it moves cells
    csv.field_size_limit(MAX_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[SourceRow] = []
    begin = 1
    try:
        for cells in reader:
            if len(cells) > MAX_COLUMNS:
                raise fail("E0710", path, begin, what_ja=f"{MAX_COLUMNS} 列", what=f"{MAX_COLUMNS} columns")
            if len(rows) >= MAX_ROWS:
                raise fail("E0710", path, begin, what_ja=f"{MAX_ROWS:,} 行", what=f"{MAX_ROWS:,} rows")
            if any(cells):
                rows.append(SourceRow(begin, [_cell(cell) for cell in cells]))
            begin = reader.line_num + 1
    except csv.Error as error:
        reason_ja = "引用符の対応が取れないか、セルが長すぎます"
        raise fail("E0108", path, begin, reason_ja=reason_ja, reason=str(error)) from None
    form = f"CSV（{ENCODINGS[found]}{'、BOM 付き' if mark else ''}、{DELIMITERS[delimiter]}）"
    notes = (
        [] if not text or text.endswith(("\n", "\r")) else ["最後の行に改行がありません（途中で切れていないか、件数を確かめてください）"]
    )
    return Sheet(path, "", form, rows, notes)


def _cell(text: str) -> Cell:
    match = _KEPT.fullmatch(text)
    return Cell(match[1].replace('""', '"') if match else text)


def _decode(data: bytes, path: str) -> tuple[str, str, bool]:
    if not data.startswith((b"\xff\xfe", b"\xfe\xff")) and b"\x00" not in data:
        _one_encoding(data.removeprefix(b"\xef\xbb\xbf"), path)
    decoded = decode(data, path)
    return decoded.text, decoded.encoding, decoded.bom


def _one_encoding(data: bytes, path: str) -> None:
    """Refuse a file some of whose lines are Japanese in UTF-8 and others are not UTF-8 at all.

    UTF-8 read as CP932 is often "valid" (繧ｿ for タ), so that the whole file decodes without an error; the lines one by one tell.
    """
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        return
    kinds: dict[str, int] = {}
    for number, line in enumerate(data.split(b"\n"), 1):
        kind = _kind(line)
        if kind:
            kinds.setdefault(kind, number)
    if len(kinds) > 1:
        (first, _), (second, line_number) = sorted(kinds.items(), key=lambda item: item[1])[:2]
        raise fail("E0711", path, line_number, first=first, second=second)


def _kind(line: bytes) -> str:
    if line.isascii():
        return ""
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        # a few half-width kana in CP932 are valid UTF-8 by chance (ﾂｱ is ±); whole words of kana and kanji are not
        return "UTF-8" if len(_JAPANESE.findall(text)) >= 1 and not _plausible(line) else ""
    try:
        line.decode("cp932")
    except UnicodeDecodeError:
        return "不明 / unknown"
    return "CP932"


def _plausible(line: bytes) -> bool:
    """Whether the line as CP932 is words that people write, not the 縺繧繝 of misread UTF-8."""
    try:
        text = line.decode("cp932")
    except (UnicodeDecodeError, WardopsError):
        return False
    return not re.search("[縺繧繝荳譁蜿逡蝓遶譖蟾]", text)


def _delimiter(text: str) -> str:
    """The sign that stands most often outside quotes in the first lines; a comma when there is none."""
    head = re.sub(r'"[^"]*"', "", text[:8192])
    counts = {sign: head.count(sign) for sign in DELIMITERS}
    best = max(counts, key=lambda sign: counts[sign])
    return best if counts[best] else ","
