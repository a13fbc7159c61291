"""A ledger as an Excel workbook, and back.

The visible sheet has Japanese titles with notes, drop-down lists from the schema, text cells that keep leading zeros, real dates, a fixed
header and locked keys. Two hidden sheets carry what a re-import needs: the mark and the exported state.
Source: ECMA-376 (SpreadsheetML), 18.3.1.33 (data validation), 18.3.1.85 (sheet protection), 18.8.1 (quotePrefix).
"""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Sequence
from copy import copy
from typing import Any

import openpyxl
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.properties import PageSetupProperties

from ...common.files import sha256
from ...common.problems import fail
from ..book import Book
from ..intake.package import Package
from ..intake.source import Cell, SourceRow, letters
from ..intake.workbook import read_workbook
from ..schema import LedgerSchema
from .returned import Line, Returned
from .selection import Selection, base_lines, mark_of, read_mark, rows_of_lines, shown_rows
from .values import NO, YES, kind, labels

MACHINE, BASE, LISTS, CODES = "_wardops", "_base", "_lists", "コード表"
#: empty rows below the data that take new rows, with their drop-down lists
SPARE = 500
#: a drop-down list of more values helps nobody
LONGEST_LIST = 1000
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
_FORMATS = {"date": "yyyy-mm-dd", "integer": "0"}
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def write(book: Book, selection: Selection) -> bytes:
    """The workbook.

    :raises WardopsError: E0851 for a cell with a control character, which a workbook cannot hold.
    """
    schema = book.schema(selection.ledger)
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.title = _title(schema)
    rows = shown_rows(book, selection)
    _header(sheet, schema, selection)
    _cells(sheet, schema, selection, rows)
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(selection.columns))}{len(rows) + 1}"
    _printed(sheet)
    lists = workbook.create_sheet(LISTS)
    _lists(sheet, lists, book, selection, len(rows))
    _codes(workbook, book, selection)
    machine, base = workbook.create_sheet(MACHINE), workbook.create_sheet(BASE)
    lines = base_lines(book, selection)
    for number, line in enumerate(lines, 1):
        _text(base.cell(number, 1), line)
    _text(machine["A1"], mark_of(book, selection).text())
    _text(machine["A2"], _digest(machine["A1"].value, lines))
    for hidden in (lists, machine, base):
        hidden.sheet_state = "veryHidden"
    # fixed times: the same ledger gives the same workbook but for the container's own time stamps
    workbook.properties.creator = "wardops"
    workbook.properties.created = workbook.properties.modified = dt.datetime.combine(book.today, dt.time())
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def _title(schema: LedgerSchema) -> str:
    return str(schema.document["title"])[:31]


def _digest(mark: str, lines: Sequence[str]) -> str:
    return sha256("\n".join([mark, *lines]).encode())


def _header(sheet: Any, schema: LedgerSchema, selection: Selection) -> None:
    required, key = set(schema.required), set(schema.key)
    for position, name in enumerate(selection.columns, 1):
        cell = sheet.cell(1, position, schema.title(name))
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", start_color="FFD9D9D9" if name in key else "FFDDEBF7" if name in required else "FFF2F2F2")
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        cell.comment = Comment(_note(schema, name, name in required, name in key), "wardops", height=150, width=320)
        column = sheet.column_dimensions[get_column_letter(position)]
        column.width = 18
        column.number_format = _FORMATS.get(kind(schema, name), "@")
        column.protection = Protection(locked=False)
    sheet.freeze_panes = sheet.cell(2, len(schema.key) + 1 if set(schema.key) == set(selection.columns[: len(schema.key)]) else 1)
    # no password: this guards against slips, not against people
    sheet.protection.sheet = True
    for name in ("formatColumns", "formatRows", "insertRows", "sort", "autoFilter"):
        setattr(sheet.protection, name, False)


def _printed(sheet: Any) -> None:
    """On paper: landscape, as wide as the page, the titles on each page."""
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = "1:1"


def _note(schema: LedgerSchema, name: str, required: bool, key: bool) -> str:
    part = schema.properties[name]
    lines = [
        f"{schema.title(name)}（{name}）",
        "キー（変更しない。新しい行では空欄なら自動で採番）" if key else "必須" if required else "任意",
    ]
    what = kind(schema, name)
    if found := labels(schema, name):
        lines.append("選択: " + "、".join(found.values()))
    elif what == "boolean":
        lines.append(f"選択: {YES}、{NO}")
    else:
        lines.append(f"例: {schema.example(name)}")
    lines.append(str(part.get("description", "")))
    return "\n".join(lines)


def _cells(sheet: Any, schema: LedgerSchema, selection: Selection, rows: Sequence[Sequence[str]]) -> None:
    key = set(schema.key)
    styles = []
    for position, name in enumerate(selection.columns, 1):
        pattern = sheet.cell(len(rows) + SPARE + 3, position)
        pattern.number_format = _FORMATS.get(kind(schema, name), "@")
        pattern.protection = Protection(locked=name in key)
        styles.append((kind(schema, name), copy(pattern._style)))
    sheet.delete_rows(len(rows) + SPARE + 3)
    for number, row in enumerate(rows, 2):
        for position, (text, (what, style)) in enumerate(zip(row, styles, strict=True), 1):
            if text:
                cell = sheet.cell(number, position)
                cell._style = copy(style)
                _put(cell, what, text)


def _put(cell: Any, what: str, text: str) -> None:
    """A value that shows as it stands in the ledger, and that no spreadsheet takes for something else."""
    if what == "date" and _ISO.fullmatch(text) and text >= "1900-03-01":
        try:
            cell.value = dt.date.fromisoformat(text)
        except ValueError:
            _text(cell, text)
        else:
            cell.number_format = _FORMATS["date"]
    elif what == "integer" and text.isdecimal() and (text == "0" or text[0] != "0") and len(text) < 16:
        cell.value = int(text)
    else:
        _text(cell, text)


def _text(cell: Any, text: str) -> None:
    if _ILLEGAL.search(text):
        raise fail("E0851", value=text)
    cell.value = text
    cell.data_type = "s"
    if text.startswith(("=", "+", "-", "@")):
        cell.quotePrefix = True


def _lists(sheet: Any, lists: Any, book: Book, selection: Selection, count: int) -> None:
    """Drop-down lists: enumerations and yes/no are binding, references only warn (a row may name what is no longer in force)."""
    schema = book.schema(selection.ledger)
    at = 0
    for position, name in enumerate(selection.columns, 1):
        binding = kind(schema, name) in ("enum", "boolean")
        values = _choices(book, schema, name)
        if not values or schema.separator(name):
            continue
        at += 1
        for row, value in enumerate(values, 1):
            _text(lists.cell(row, at), value)
        letter = get_column_letter(at)
        rule = DataValidation("list", formula1=f"'{LISTS}'!${letter}$1:${letter}${len(values)}", allow_blank=True)
        rule.errorStyle = "stop" if binding else "warning"
        rule.errorTitle, rule.error = schema.title(name), "一覧から選んでください"
        rule.showErrorMessage = True
        rule.add(f"{get_column_letter(position)}2:{get_column_letter(position)}{count + 1 + SPARE}")
        sheet.add_data_validation(rule)


def _choices(book: Book, schema: LedgerSchema, name: str) -> list[str]:
    what = kind(schema, name)
    if what == "boolean":
        return [YES, NO]
    if what == "enum":
        return [labels(schema, name).get(str(value), str(value)) for value in schema.properties[name]["enum"]]
    values: set[str] = set()
    for reference in schema.references:
        if reference.column == name:
            for ledger in reference.ledgers:
                for layer in book.files(ledger):
                    values |= {row[reference.to] for row in book.rows(ledger, layer).values()}
    values.discard("")
    return sorted(values) if len(values) <= LONGEST_LIST else []


def _codes(workbook: Any, book: Book, selection: Selection) -> None:
    """A sheet that says what the codes of referenced ledgers mean, where these have names."""
    schema = book.schema(selection.ledger)
    lines = []
    for reference in schema.references:
        for ledger in reference.ledgers:
            target = book.schema(ledger)
            if "name" not in target.properties or reference.to == "name" or reference.column not in selection.columns:
                continue
            for layer in book.files(ledger):
                for row in book.rows(ledger, layer).values():
                    lines.append((schema.title(reference.column), row[reference.to], row["name"]))
    found = list(dict.fromkeys(lines))
    if not found or len(found) > LONGEST_LIST:
        return
    sheet = workbook.create_sheet(CODES)
    for line in [("列", "コード", "名称"), *found]:
        sheet.append(line)
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for row in sheet.iter_rows(min_row=2):
        for cell in row:
            _text(cell, str(cell.value))
            cell.number_format = "@"
    sheet.freeze_panes = "A2"
    sheet.column_dimensions["C"].width = 30


# --- back


def read(data: bytes, shown_path: str, book: Book) -> Returned:
    """A workbook that comes back.

    :raises WardopsError: E0701-E0710 (not a workbook, hostile, too large), E0860 (no mark: not one of ours), E0861 (the hidden sheets
        were damaged), E0852 (cannot be read).
    """
    Package(data, shown_path)  # before anything in it is unpacked
    try:
        workbook = openpyxl.load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
        if not {MACHINE, BASE} <= set(workbook.sheetnames):
            raise fail("E0860", shown_path)
        cells = [row[0] for row in workbook[MACHINE].iter_rows(values_only=True, max_col=1, max_row=2)]
        lines = [str(row[0]) for row in workbook[BASE].iter_rows(values_only=True, max_col=1) if row and row[0] is not None]
        visible = [sheet.title for sheet in workbook.worksheets if sheet.sheet_state == "visible" and sheet.title != CODES]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, SyntaxError, zipfile.BadZipFile) as error:
        raise fail("E0852", shown_path, reason=f"{type(error).__name__}: {error}") from None
    if len(cells) != 2 or _digest(str(cells[0]), lines) != cells[1]:
        raise fail("E0861", shown_path)
    mark = read_mark(str(cells[0]), book)
    schema = book.schema(mark.selection.ledger)
    base = rows_of_lines(lines, mark.selection.columns, schema.key)
    if base is None:
        raise fail("E0861", shown_path)
    title = _title(schema)
    sheet = read_workbook(data, shown_path, title if title in visible else visible[0] if visible else "")
    width = max((len(row.cells) for row in sheet.rows), default=0)
    return Returned(shown_path, mark, base, [_line(row, width) for row in sheet.rows if not row.blank()])


def _line(row: SourceRow, width: int) -> Line:
    """A row as long as the longest: the reader leaves out the empty cells at its end, and empty is what a user may have made them."""
    return Line(
        [*map(_value, row.cells), *[None] * (width - len(row.cells))],
        [f"{letters(position)}{row.number}" for position in range(width)],
        frozenset(position for position, cell in enumerate(row.cells) if cell.kind == "formula"),
        row.merged,
    )


def _value(cell: Cell) -> Any:
    """What openpyxl would give: numbers, dates and booleans as such."""
    if cell.kind == "number":
        return int(cell.text) if cell.text.lstrip("-").isdecimal() else float(cell.text)
    if cell.kind == "date" and _ISO.fullmatch(cell.text):
        return dt.date.fromisoformat(cell.text)
    return cell.text == "true" if cell.kind == "boolean" else cell.text
