"""How a file of the console looks: a layout is data of ``policies/skysea.yml``; here it reads and writes bytes.

No column list of SKYSEA Client View is public; layouts are samples until ``check_skysea_profile.yml`` has compared them with a real
export (要実機確認). Inside, a row is a mapping of field → text: dates ISO, MACs 12 hex digits, enumerations in the ledger's words.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ..common.mac import MacFormat, parse
from ..common.problems import Problem, WardopsError, fail

Row = dict[str, str]
_BOMS = {"utf-8-sig": b"\xef\xbb\xbf", "utf-16-le": b"\xff\xfe"}
_DELIMITERS = {"comma": ",", "tab": "\t"}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a file; ``field`` is empty for one that is the flag, a constant or of no interest."""

    title: str
    field: str = ""
    flag: bool = False
    constant: str = ""
    date: bool = False
    mac: str | None = None
    width: int = 0
    values: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """A file's form.

    :param encoding: ``cp932``, ``utf-8-sig`` or ``utf-16-le`` (both with byte order mark).
    :param date: strftime form of dates.
    :param max_rows: rows that the console takes from one file (imports only).
    :param flags: words of the flag column for ``new``, ``change``, ``delete`` (imports only).
    """

    encoding: str
    delimiter: str
    quote: str
    header: bool
    date: str
    columns: tuple[Column, ...]
    max_rows: int = 0
    flags: Mapping[str, str] | None = None
    file: str = ""

    @property
    def fields(self) -> list[str]:
        return [column.field for column in self.columns if column.field]


def layout_of(part: Mapping[str, Any]) -> Layout:
    """A layout from the policy (which its schema has checked)."""
    columns = tuple(Column(**item) for item in part["columns"])
    names = ("encoding", "quote", "header", "date", "max_rows", "flags", "file")
    return Layout(delimiter=_DELIMITERS[part["delimiter"]], columns=columns, **{name: part[name] for name in names if name in part})


def spell(layout: Layout, column: Column, text: str) -> str:
    """A field's text as the file has it.

    :raises WardopsError: E1503 when the value has no word, is too long, or has a character that the encoding has not.
    """
    shown = text
    if column.values is not None and text:
        if text not in column.values:
            raise _unfit(column, text, f"値の対応にない値です（{text}）", "the layout has no word for this value")
        shown = column.values[text]
    elif column.date and text:
        shown = _date(layout, column, text)
    elif column.mac is not None and text:
        shown = _mac(column, column.mac, text)
    plain_ascii = shown.isascii() and shown.isprintable()
    if plain_ascii and (not column.width or len(shown) <= column.width):
        return shown
    if column.width and _width(shown) > column.width:
        raise _unfit(
            column,
            text,
            f"長すぎます（半角 {_width(shown)} 文字、上限 {column.width}）",
            f"longer than {column.width} half-width characters",
        )
    if any(unicodedata.category(char) == "Cc" for char in shown):
        raise _unfit(column, text, "制御文字があります", "it has a control character")
    try:
        shown.encode(layout.encoding)
    except UnicodeEncodeError as error:
        char = shown[error.start]
        raise _unfit(column, text, f"文字「{char}」は {layout.encoding} にありません", f"{layout.encoding} has no {char!r}") from None
    return shown


def plainly_fits(column: Column, texts: Collection[str]) -> bool:
    """Whether all these texts stand in the file as they are; ``False`` = not known, :func:`spell` has to look at each."""
    if column.values is not None or column.date or column.mac is not None:
        return False
    together = "".join(texts)
    return together.isascii() and together.isprintable() and (not column.width or max(map(len, texts), default=0) <= column.width)


def _date(layout: Layout, column: Column, text: str) -> str:
    try:
        return dt.date.fromisoformat(text).strftime(layout.date)
    except ValueError:
        raise _unfit(column, text, f"日付ではありません（{text}）", "not a date") from None


def _mac(column: Column, separator: str, text: str) -> str:
    try:
        return MacFormat(separator, 2, upper=True).render(parse(text))
    except WardopsError:
        raise _unfit(column, text, f"MAC アドレスではありません（{text}）", "not a MAC address") from None


def stored(layout: Layout, text: str) -> str:
    """The text as it comes back from the encoding: CP932 turns 〜 into ～ and − into －, which is no difference to register."""
    return text if text.isascii() else text.encode(layout.encoding).decode(layout.encoding).removeprefix("\ufeff")


def _unfit(column: Column, text: str, reason_ja: str, reason: str) -> WardopsError:
    return fail("E1503", title=column.title, field=column.field, value=text, reason_ja=reason_ja, reason=reason)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WFA" else 1 for char in text) if not text.isascii() else len(text)


def write(layout: Layout, rows: Sequence[tuple[str, Row]]) -> Iterator[bytes]:
    """Import files of at most ``max_rows`` rows each, CRLF, the last line ended.

    :param rows: pairs of flag (``new``, ``change``, ``delete``) and row; every value fits (see :func:`spell`).
    """
    size = layout.max_rows or max(len(rows), 1)
    spelled: dict[tuple[str, str], str] = {}
    for start in range(0, len(rows), size):
        out = io.StringIO(newline="")
        quoting: Literal[0, 1] = csv.QUOTE_ALL if layout.quote == "all" else csv.QUOTE_MINIMAL
        writer = csv.writer(out, delimiter=layout.delimiter, quoting=quoting, lineterminator="\r\n")
        if layout.header:
            writer.writerow([column.title for column in layout.columns])
        writer.writerows(_cells(layout, flag, row, spelled) for flag, row in rows[start : start + size])
        yield encode(layout, out.getvalue())


def encode(layout: Layout, text: str) -> bytes:
    encoding = "utf-8" if layout.encoding == "utf-8-sig" else layout.encoding
    return _BOMS.get(layout.encoding, b"") + text.encode(encoding)


def _cells(layout: Layout, flag: str, row: Row, spelled: dict[tuple[str, str], str]) -> list[str]:
    cells = []
    for column in layout.columns:
        if not column.field:
            cells.append((layout.flags or {})[flag] if column.flag else column.constant)
            continue
        known = (column.field, row[column.field])
        if known not in spelled:
            spelled[known] = spell(layout, column, row[column.field])
        cells.append(spelled[known])
    return cells


@dataclass(slots=True)
class Reading:
    """An export: rows by the line on which each begins, and what could not be understood."""

    rows: list[tuple[int, Row]]
    problems: list[Problem]


def decode(layout: Layout, data: bytes, path: str) -> str:
    """:raises WardopsError: E1501 when the bytes are not in the layout's encoding."""
    bom = _BOMS.get(layout.encoding, b"")
    if not data.startswith(bom):
        raise fail("E1501", path, 1, reason_ja=f"{layout.encoding} の BOM がありません", reason=f"no byte order mark of {layout.encoding}")
    encoding = "utf-8" if layout.encoding == "utf-8-sig" else layout.encoding
    try:
        return data[len(bom) :].decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count("\n".encode(encoding), 0, error.start) + 1
        reason_ja = f"{layout.encoding} として読めないバイトがあります（先頭から {error.start + len(bom)} バイト目）"
        raise fail("E1501", path, line, reason_ja=reason_ja, reason=f"byte {error.start + len(bom)} is not {layout.encoding}") from None


def read(layout: Layout, data: bytes, path: str) -> Reading:
    """Read an export; a row that cannot be understood is a problem (E1502), never left out silently.

    :raises WardopsError: E1501 when the file as a whole is not what the layout says (encoding, header, quoting).
    """
    text = decode(layout, data, path)
    csv.field_size_limit(1 << 20)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=layout.delimiter, strict=True)
    reading = Reading([], [])
    lines: list[int] = []
    rows: list[list[str]] = []
    width = len(layout.columns)
    try:
        if layout.header:
            _check_header(layout, next(reader, []), path)
        line = reader.line_num + 1
        for cells in reader:
            if len(cells) == width:
                lines.append(line)
                rows.append(cells)
            else:
                reading.problems.append(_unreadable(path, line, 0, *_COUNT, found=len(cells), wanted=width))
            line = reader.line_num + 1
    except csv.Error as error:
        raise fail("E1501", path, reader.line_num, reason_ja="引用符の対応が取れません", reason=str(error)) from None
    _understand(layout, lines, rows, reading, path)
    return reading


def _understand(layout: Layout, lines: list[int], rows: list[list[str]], reading: Reading, path: str) -> None:
    """Cells into the ledger's words, column by column: of dates and enumerations few values are distinct."""
    refused: set[int] = set()
    columns: dict[str, Sequence[str]] = {}
    for number, (column, cells) in enumerate(zip(layout.columns, zip(*rows, strict=True), strict=bool(rows))):
        if not column.field:
            continue
        columns[column.field] = cells
        if column.values is not None or column.date or column.mac is not None:
            words = {cell: plain(layout, column, cell) for cell in set(cells)}
            unread = {cell for cell, word in words.items() if word is None}
            for index, cell in enumerate(cells) if unread else ():
                if cell in unread:
                    refused.add(index)
                    reading.problems.append(_unreadable(path, lines[index], number + 1, *_CELL, title=column.title, cell=cell))
            columns[column.field] = [words[cell] or "" for cell in cells]
    understood = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    reading.rows = list(zip(lines, understood, strict=True))
    if refused:
        reading.rows = [row for index, row in enumerate(reading.rows) if index not in refused]


_COUNT = ("セルが {found} 個（{wanted} 個のはず）", "{found} cells, not {wanted}")
_CELL = ("列「{title}」の値「{cell}」を読めません", "column {title}: {cell!r}")


def _unreadable(path: str, line: int, column: int, reason_ja: str, reason: str, **values: object) -> Problem:
    return Problem("E1502", path, line, column, {"reason_ja": reason_ja.format(**values), "reason": reason.format(**values)})


def _check_header(layout: Layout, header: list[str], path: str) -> None:
    titles = [column.title for column in layout.columns]
    if header == titles:
        return
    missing = [title for title in titles if title not in header]
    extra = [title for title in header if title not in titles]
    ja = f"ない列: {' '.join(missing) or '-'}、知らない列: {' '.join(extra) or '-'}" if missing or extra else "列の順序"
    en = f"missing: {' '.join(missing) or '-'}; unknown: {' '.join(extra) or '-'}" if missing or extra else "order"
    raise fail("E1501", path, 1, reason_ja=f"見出しが違います（{ja}）", reason=f"another header ({en})")


def plain(layout: Layout, column: Column, cell: str) -> str | None:
    """A cell in the ledger's words; ``None`` when it is none of the layout's values."""
    if not cell:
        return ""
    if column.values is not None:
        return next((word for word, shown in column.values.items() if shown == cell), None)
    try:
        if column.date:
            return dt.datetime.strptime(cell, layout.date).date().isoformat()
        return parse(cell) if column.mac is not None else cell
    except (ValueError, WardopsError):
        return None
