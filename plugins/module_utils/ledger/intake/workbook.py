"""A sheet of an xlsx file as rows of cells, in one streaming pass.

openpyxl's streaming reader says nothing of merged cells, hidden rows and formulas beside their values, and turns numbers and
dates into Python's before one can see what Excel did to them; its other reader holds everything in memory. Here the raw text
of a number and its format are kept. The tests read the same files with openpyxl and compare.

Sources: ECMA-376 part 1, 18.2 (workbook), 18.3.1 (worksheet), 18.4 (strings, with phonetic runs that are no content), 18.8.30 (formats).
"""

from __future__ import annotations

import datetime as dt
import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from ...common.problems import fail
from .package import Package
from .source import MAX_CELL, MAX_COLUMNS, MAX_ROWS, Cell, Sheet, SourceRow

#: built-in number formats that show a date or a time, with those of Japanese Excel (18.8.30)
_DATE_FORMATS = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]|E[+-]|AM/PM|A/P|General', re.IGNORECASE)
_DATE_LETTERS = re.compile(r"[ymdhsgeb]", re.IGNORECASE)
_ZEROS = re.compile(r"0+")
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_MERGE = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7}):\$?([A-Z]{1,3})\$?([0-9]{1,7})")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


@dataclass(slots=True)
class _Book:
    """What the parts before the sheet say. ``sheets``: name, state and part, in order."""

    sheets: list[tuple[str, str, str]] = field(default_factory=list)
    base: dt.date = dt.date(1899, 12, 30)
    strings: list[str] = field(default_factory=list)
    formats: list[tuple[bool, int]] = field(default_factory=list)


def read_workbook(data: bytes, path: str, sheet: str = "") -> Sheet:
    """The sheet of that name, or the only visible one that is not empty.

    :raises WardopsError: E0701-E0707 (the package), E0708 (no such sheet, or several to choose from), E0709 (it is hidden), E0710 (too
        many rows or columns).
    """
    package = Package(data, path)
    book = _workbook(package)
    name, part, notes = _choose(book, package, path, sheet)
    if package.has("xl/sharedstrings.xml"):
        book.strings = _strings(package)
    if package.has("xl/styles.xml"):
        book.formats = _formats(package)
    rows, hidden, merges = _Rows(book, path).read(package, part)
    _mark(rows, merges)
    return Sheet(path, name, f"xlsx、シート「{name}」", rows, notes, frozenset(hidden))


def _workbook(package: Package) -> _Book:
    book = _Book()
    targets: dict[str, str] = {}

    def relation(tag: str, attributes: dict[str, str]) -> None:
        if tag == "Relationship" and attributes.get("TargetMode", "") != "External":
            target = attributes.get("Target", "")
            targets[attributes.get("Id", "")] = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")

    def element(tag: str, attributes: dict[str, str]) -> None:
        if tag == "sheet":
            identity = next((value for key, value in attributes.items() if key.endswith(":id")), "")
            book.sheets.append((attributes.get("name", ""), attributes.get("state", "visible"), targets.get(identity, "")))
        elif tag == "workbookPr" and attributes.get("date1904", "0") in ("1", "true"):
            book.base = dt.date(1904, 1, 1)

    package.parse("xl/_rels/workbook.xml.rels", relation)
    package.parse("xl/workbook.xml", element)
    return book


def _choose(book: _Book, package: Package, path: str, wanted: str) -> tuple[str, str, list[str]]:
    sheets = [entry for entry in book.sheets if "chartsheets" not in entry[2]]
    visible = [entry for entry in sheets if entry[1] == "visible"]
    hidden = [entry for entry in sheets if entry[1] != "visible"]
    names = "、".join(entry[0] for entry in visible)
    if wanted:
        if any(entry[0] == wanted for entry in hidden):
            raise fail("E0709", path, sheet=wanted)
        visible = [entry for entry in visible if entry[0] == wanted]
    elif len(visible) > 1:
        # older Excel makes every new book with three sheets, of which two stay empty
        visible = [entry for entry in visible if _has_content(package, entry[2])]
    if len(visible) != 1:
        raise fail("E0708", path, sheet=wanted or "-", sheets=names or "-")
    notes = [f"非表示のシート「{entry[0]}」は読んでいません" for entry in hidden]
    notes += [f"シート「{entry[0]}」は読んでいません" for entry in sheets if entry[1] == "visible" and entry[0] != visible[0][0]]
    return visible[0][0], visible[0][2], notes


def _has_content(package: Package, part: str) -> bool:
    found = False

    def element(tag: str, _: dict[str, str]) -> None:
        nonlocal found
        found = found or tag in ("v", "is", "f")

    package.parse(part, element)
    return found


def _strings(package: Package) -> list[str]:
    """Shared strings; phonetic runs (ふりがな) are left out."""
    strings: list[str] = []
    parts: list[str] = []
    state = {"text": False, "phonetic": False}

    def start(tag: str, _: dict[str, str]) -> None:
        if tag == "si":
            parts.clear()
        elif tag == "rPh":
            state["phonetic"] = True
        elif tag == "t":
            state["text"] = not state["phonetic"]

    def end(tag: str) -> None:
        if tag == "si":
            strings.append(_unescape("".join(parts)))
        elif tag == "rPh":
            state["phonetic"] = False
        elif tag == "t":
            state["text"] = False

    def text(data: str) -> None:
        if state["text"]:
            parts.append(data)

    package.parse("xl/sharedstrings.xml", start, end, text)
    return strings


def _unescape(text: str) -> str:
    """``_x000D_`` stands for a character that XML cannot hold (18.4.12)."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


def _formats(package: Package) -> list[tuple[bool, int]]:
    """By cell style: whether its number format shows a date, and to how many digits it fills with zeros (0: it does not)."""
    own: dict[str, str] = {}
    found: list[tuple[bool, int]] = []
    inside = {"cellXfs": False}

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == "numFmt":
            own[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif tag == "cellXfs":
            inside["cellXfs"] = True
        elif tag == "xf" and inside["cellXfs"]:
            found.append(_format(attributes.get("numFmtId", "0"), own))

    def end(tag: str) -> None:
        if tag == "cellXfs":
            inside["cellXfs"] = False

    package.parse("xl/styles.xml", start, end)
    return found


def _format(number: str, own: dict[str, str]) -> tuple[bool, int]:
    if number not in own:
        return number.isdecimal() and int(number) in _DATE_FORMATS, 0
    code = own[number].split(";")[0]
    if _ZEROS.fullmatch(code):
        return False, len(code)
    return bool(_DATE_LETTERS.search(_LITERAL.sub("", code))), 0


def _mark(rows: list[SourceRow], merges: list[tuple[int, int, int, int]]) -> None:
    """Tell rows which of their columns belong to a merged area; a few areas over many rows, so by row."""
    numbers = {row.number: row for row in rows}
    for top, left, bottom, right in merges:
        columns = frozenset(range(left, min(right, MAX_COLUMNS) + 1))
        span = range(top, bottom + 1)
        for number in span if len(span) < len(rows) else [row.number for row in rows if row.number in span]:
            if number in numbers:
                numbers[number].merged |= columns


_TYPED: dict[str, Callable[[str], Cell]] = {
    "b": lambda raw: Cell("true" if raw in ("1", "true") else "false", "boolean"),
    "e": lambda raw: Cell(raw, "error"),
    "d": lambda raw: Cell(raw.removesuffix("T00:00:00"), "date"),
}


class _Rows:
    """The worksheet's handlers. Rows without any content are not kept; they cost nothing but their parsing."""

    def __init__(self, book: _Book, path: str) -> None:
        self.book = book
        self.path = path
        self.rows: list[SourceRow] = []
        self.hidden_columns: set[int] = set()
        self.merges: list[tuple[int, int, int, int]] = []
        self.number = 0
        self.hidden = False
        self.cells: list[Cell] = []
        self.position = -1
        self.type = ""
        self.style = 0
        self.formula = False
        self.phonetic = False
        self.take = False
        self.parts: list[str] = []
        self._columns: dict[str, int] = {}
        self._starts: dict[str, Callable[[dict[str, str]], None]] = {
            "c": self._cell,
            "row": self._row,
            "v": self._text,
            "t": self._text,
            "f": self._formula,
            "rPh": self._phonetic,
            "col": self._col,
            "mergeCell": self._merge,
        }

    def read(self, package: Package, part: str) -> tuple[list[SourceRow], set[int], list[tuple[int, int, int, int]]]:
        package.parse(part, self._start, self._end, self._characters)
        return self.rows, self.hidden_columns, self.merges

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        handler = self._starts.get(tag)
        if handler:
            handler(attributes)

    def _characters(self, data: str) -> None:
        if self.take:
            self.parts.append(data)

    def _row(self, attributes: dict[str, str]) -> None:
        number = attributes.get("r", "")
        self.number = int(number) if number.isdecimal() and len(number) < 9 else self.number + 1
        self.hidden = attributes.get("hidden", "0") in ("1", "true")
        self.cells = []
        self.position = -1

    def _cell(self, attributes: dict[str, str]) -> None:
        reference = _REFERENCE.fullmatch(attributes.get("r", ""))
        self.position = self._column(reference[1]) if reference else self.position + 1
        self.type = attributes.get("t", "n")
        style = attributes.get("s", "0")
        self.style = int(style) if style.isdecimal() and len(style) < 7 else 0
        self.formula = False
        self.parts.clear()

    def _column(self, name: str) -> int:
        found = self._columns.get(name)
        if found is None:
            found = 0
            for char in name:
                found = found * 26 + ord(char) - 64
            found = self._columns[name] = found - 1
        return found

    def _text(self, _: dict[str, str]) -> None:
        self.take = not self.phonetic

    def _formula(self, _: dict[str, str]) -> None:
        self.formula = True

    def _phonetic(self, _: dict[str, str]) -> None:
        self.phonetic = True

    def _col(self, attributes: dict[str, str]) -> None:
        first, last = attributes.get("min", ""), attributes.get("max", "")
        if attributes.get("hidden", "0") in ("1", "true") and first.isdecimal() and last.isdecimal():
            self.hidden_columns.update(range(int(first[:6]) - 1, min(int(last[:6]), MAX_COLUMNS)))

    def _merge(self, attributes: dict[str, str]) -> None:
        if match := _MERGE.fullmatch(attributes.get("ref", "")):
            self.merges.append((int(match[2]), self._column(match[1]), int(match[4]), self._column(match[3])))

    def _end(self, tag: str) -> None:
        if tag in ("v", "t"):
            self.take = False
        elif tag == "c":
            self._finish_cell()
        elif tag == "rPh":
            self.phonetic = False
        elif tag == "row" and self.cells:
            self.rows.append(SourceRow(self.number, self.cells, self.hidden))
            if len(self.rows) > MAX_ROWS:
                raise fail("E0710", self.path, what_ja=f"{MAX_ROWS:,} 行", what=f"{MAX_ROWS:,} rows")

    def _finish_cell(self) -> None:
        if not self.parts and not self.formula:
            return
        cell = self._value("".join(self.parts))
        if self.position >= MAX_COLUMNS:
            raise fail("E0710", self.path, what_ja=f"{MAX_COLUMNS} 列", what=f"{MAX_COLUMNS} columns")
        if len(cell.text) > MAX_CELL:
            raise fail("E0710", self.path, what_ja=f"1 セル {MAX_CELL:,} 字", what=f"{MAX_CELL:,} characters in a cell")
        while len(self.cells) < self.position:
            self.cells.append(Cell(""))
        del self.cells[self.position :]
        self.cells.append(cell)

    def _value(self, raw: str) -> Cell:
        if self.formula:
            return Cell(raw, "formula")
        if self.type == "s":
            index = int(raw) if raw.isdecimal() and len(raw) < 9 else -1
            if not 0 <= index < len(self.book.strings):
                raise fail("E0706", self.path, part="xl/sharedStrings.xml", reason=f"there is no string {raw}")
            return Cell(self.book.strings[index])
        if self.type in ("str", "inlineStr"):
            return Cell(_unescape(raw))
        return _TYPED[self.type](raw) if self.type in _TYPED else self._number(raw)

    def _number(self, raw: str) -> Cell:
        is_date, zeros = self.book.formats[self.style] if self.style < len(self.book.formats) else (False, 0)
        try:
            number = Decimal(raw)
        except InvalidOperation:
            raise fail("E0706", self.path, part="sheet", reason=f"{raw[:40]} is no number") from None
        if not number.is_finite() or abs(number.adjusted()) > 308:
            raise fail("E0706", self.path, part="sheet", reason=f"{raw[:40]} is no number")
        if is_date:
            return Cell(_date(number, self.book.base), "date")
        if abs(number.adjusted()) > 30:
            return Cell(raw, "number")
        if number != number.to_integral_value():
            # files hold seventeen digits of a fraction, Excel shows fifteen: 74.349999999999994 is 74.35
            return Cell(format(Decimal(f"{number:.15g}").normalize(), "f"), "number")
        digits = str(int(number))
        return Cell(digits.zfill(zeros), "") if zeros and not digits.startswith("-") else Cell(digits, "number")


def _date(number: Decimal, base: dt.date) -> str:
    """A date as ISO text, with hours and minutes when it has any; what is no date stays a number."""
    days = int(number)
    if not 0 < days < 2_958_466:
        return format(number, "f")
    try:
        day = base + dt.timedelta(days=days)
    except OverflowError:
        return format(number, "f")
    minutes = round((number - days) * 1440)
    if minutes >= 1440:
        return (day + dt.timedelta(days=1)).isoformat()
    return f"{day.isoformat()} {minutes // 60:02d}:{minutes % 60:02d}" if minutes else day.isoformat()
