"""Workbooks: the same cells as openpyxl reads, and every crafted or damaged file refused by name.

covers: E0701, E0702, E0703, E0704, E0705, E0706, E0707, E0708, E0709, E0710
"""

from __future__ import annotations

import datetime as dt
import io
import resource
import time
import zipfile
from pathlib import Path

import openpyxl
import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.ledger.intake import package, source
from ansible_collections.ward.ops.plugins.module_utils.ledger.intake.reading import parse_sheet, read_sheet
from hypothesis import given, settings
from hypothesis import strategies as st

from .files import book, part, row, with_parts

#: what XML 1.0 can hold and openpyxl writes
_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=20).filter(lambda text: not text.startswith("="))
_VALUES = st.one_of(
    st.none(),
    _TEXT,
    st.integers(-(10**14), 10**14),
    st.booleans(),
    st.dates(dt.date(1990, 1, 1), dt.date(2099, 12, 31)),
    st.decimals(-10000, 10000, places=2).map(float),
)


def codes(data: bytes, name: str = "list.xlsx", **options: str) -> list[str]:
    with pytest.raises(WardopsError) as error:
        parse_sheet(data, name, **options)
    return [problem.code for problem in error.value.problems]


def shown(value: object) -> str:
    """A value as openpyxl gives it, as our reader writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.datetime):
        return value.date().isoformat()
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".").replace("-0", "0" if value == 0 else "-0")
    return "" if value is None else str(value)


@settings(max_examples=60)
@given(st.lists(st.lists(_VALUES, min_size=1, max_size=6), max_size=8))
def test_reads_what_openpyxl_reads(rows: list[list[object]]) -> None:
    made = openpyxl.Workbook()
    for cells in rows:
        made.worksheets[0].append(cells)
    out = io.BytesIO()
    made.save(out)
    page = openpyxl.load_workbook(out).worksheets[0]
    expected = {
        (cell.row, cell.column): shown(cell.value)
        for line in page.iter_rows()
        for cell in line
        if cell.value is not None and cell.value != ""
    }
    sheet = parse_sheet(out.getvalue(), "list.xlsx")
    found = {(line.number, index): cell.text for line in sheet.rows for index, cell in enumerate(line.cells, 1) if cell.text}
    assert found == expected


def test_kinds_formats_and_places() -> None:
    def change(page: openpyxl.worksheet.worksheet.Worksheet) -> None:
        page["A2"] = 123
        page["A2"].number_format = "000000"
        page["B2"] = 46113
        page["B2"].number_format = '[$-411]ggge"年"m"月"d"日"'
        page["C2"] = 46113.5
        page["C2"].number_format = "yyyy/mm/dd hh:mm"
        page["D2"] = 1234.5
        page["D2"].number_format = "0.00E+00"
        page["E2"] = "=A2+1"
        page["F2"] = "#N/A"
        page["G2"] = 12
        page["G2"].number_format = "General"
        page["A4"] = "後"

    sheet = parse_sheet(book([], change), "list.xlsx")
    assert [tuple(cell) for cell in sheet.rows[1].cells[:7]] == [
        ("000123", ""),
        ("2026-04-01", "date"),
        ("2026-04-01 12:00", "date"),
        ("1234.5", "number"),
        ("", "formula"),
        ("#N/A", "error"),
        ("12", "number"),
    ]
    assert sheet.rows[2].number == 4
    assert sheet.place(4, 0) == "list.xlsx!Sheet!A4"
    assert [source.letters(number) for number in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


def test_dates_of_a_workbook_that_counts_from_1904() -> None:
    made = openpyxl.Workbook()
    made.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    made.worksheets[0].append([dt.date(2026, 4, 1)])
    out = io.BytesIO()
    made.save(out)
    assert parse_sheet(out.getvalue(), "list.xlsx").rows[0].cells[0] == ("2026-04-01", "date")


def test_readings_of_kanji_are_no_content() -> None:
    strings = (
        b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>\xe7\x94\xb0</t>'
        b'<rPh sb="0" eb="1"><t>\xe3\x82\xbf</t></rPh><r><t>_x000D_A</t></r></si></sst>'
    )
    cells = b'<worksheet><sheetData><row><c t="s"><v>0</v></c></row></sheetData></worksheet>'
    made = with_parts(book([]), xl__sharedStrings_xml=strings, xl__worksheets__sheet1_xml=cells)
    assert parse_sheet(made, "list.xlsx").rows[0].cells[0].text == "田\rA"


def test_hidden_rows_columns_and_merged_cells_are_told() -> None:
    def change(page: openpyxl.worksheet.worksheet.Worksheet) -> None:
        page.row_dimensions[2].hidden = True
        page.column_dimensions["B"].hidden = True
        page.merge_cells("C2:D3")

    sheet = parse_sheet(book([row(1), row(2)], change), "list.xlsx")
    assert [line.hidden for line in sheet.rows] == [False, True, False]
    assert sheet.hidden_columns == {1}
    assert sheet.rows[1].merged == sheet.rows[2].merged == {2, 3}


def test_which_sheet() -> None:
    made = openpyxl.Workbook()
    made.worksheets[0].title = "明細"
    made.worksheets[0].append(["a", "b"])
    made.create_sheet("裏").sheet_state = "veryHidden"
    out = io.BytesIO()
    made.save(out)
    assert parse_sheet(out.getvalue(), "x").notes == ["非表示のシート「裏」は読んでいません"]
    assert codes(out.getvalue(), sheet="裏") == ["E0709"]
    assert codes(out.getvalue(), sheet="無い") == ["E0708"]
    made.create_sheet("表紙")
    made.create_sheet("別紙").append(["c"])
    out = io.BytesIO()
    made.save(out)
    assert codes(out.getvalue()) == ["E0708"]
    assert parse_sheet(out.getvalue(), "x", sheet="明細").rows[0].cells[0].text == "a"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (package._OLE + b"\x00" * 600, "E0701"),
        (package._OLE + b"\x00" * 600 + "EncryptedPackage".encode("utf-16-le"), "E0702"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "E0701"),
        (b'<?xml version="1.0"?><Workbook/>', "E0701"),
        (b"%PDF-1.7", "E0701"),
        (b"PK\x03\x04 this is no zip file", "E0706"),
        (b"", "E0713"),
    ],
    ids=["xls", "encrypted", "html", "xml-2003", "pdf", "broken-zip", "empty"],
)
def test_other_formats_are_named(data: bytes, code: str) -> None:
    assert codes(data) == [code]


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"xl__vbaProject_bin": b"x"}, "E0703"),
        ({"xl__embeddings__oleObject1_bin": b"x"}, "E0703"),
        ({"xl__externalLinks__externalLink1_xml": b"<x/>"}, "E0704"),
        ({"xl__connections_xml": b"<x/>"}, "E0704"),
        ({"xl__workbook_xml": None, "xl__workbook_bin": b"x"}, "E0701"),
        ({"xl__workbook_xml": None, "content_xml": b"x", "mimetype": b"x"}, "E0701"),
        ({"xl__worksheets__sheet1_xml": None}, "E0706"),
        ({"xl__worksheets__sheet1_xml": b"<worksheet><sheetData><row><c"}, "E0706"),
        ({"xl__worksheets__sheet1_xml": b'<worksheet><sheetData><row><c t="s"><v>99</v></c></row></sheetData></worksheet>'}, "E0706"),
        ({"xl__worksheets__sheet1_xml": b"<worksheet><sheetData><row><c><v>NaN</v></c></row></sheetData></worksheet>"}, "E0706"),
        ({"xl__worksheets__sheet1_xml": b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet/>'}, "E0707"),
        ({"xl__sharedStrings_xml": b'<!DOCTYPE x SYSTEM "http://ward.example/x"><sst/>'}, "E0707"),
        ({"xl__worksheets__sheet1_xml": b'<worksheet><sheetData><row><c r="ZZ1"><v>1</v></c></row></sheetData></worksheet>'}, "E0710"),
    ],
)
def test_what_a_list_does_not_need_is_refused(parts: dict[str, bytes | None], code: str) -> None:
    assert codes(with_parts(book([row()]), **parts)) == [code]


def test_macros_by_content_type_alone() -> None:
    made = book([row()])
    kinds = part(made, "[Content_Types].xml").replace(b"sheet.main+xml", b"sheet.macroEnabled.main+xml")
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(made)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, kinds if name == "[Content_Types].xml" else old.read(name))
    assert codes(out.getvalue()) == ["E0703"]


def test_bombs_are_refused_before_they_unpack() -> None:
    wide = with_parts(book([row()]), xl__media__a_bin=b"\0" * (300 * package.MIB))
    many = with_parts(book([row()]), **{f"xl__media__{number}_bin": b"x" for number in range(package.MAX_ENTRIES)})
    dense = with_parts(book([row()]), xl__worksheets__sheet1_xml=b"<worksheet>" + b" " * (20 * package.MIB) + b"</worksheet>")
    start = time.process_time()
    for data in (wide, many, dense):
        assert codes(data) == ["E0705"]
    assert time.process_time() - start < 2


def test_a_part_that_lies_about_its_size() -> None:
    data = bytearray(with_parts(book([row()]), xl__worksheets__sheet1_xml=b"<worksheet>" + b" " * 100_000 + b"</worksheet>"))
    directory = data.rindex(b"xl/worksheets/sheet1.xml") - 46
    data[directory + 24 : directory + 28] = (1000).to_bytes(4, "little")
    assert codes(bytes(data))[0] in ("E0705", "E0706")


def _sheet(count: int, cell: str) -> bytes:
    lines = "".join(f'<row r="{number}">{cell}</row>' for number in range(1, count + 1))
    head = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    return f"{head}{lines}</sheetData></worksheet>".encode()


def test_a_full_sheet_of_1048576_rows_is_refused_early() -> None:
    data = with_parts(book([row()]), xl__worksheets__sheet1_xml=_sheet(1_048_576, "<c><v>1</v></c>"))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    assert codes(data) == ["E0710"]
    assert time.process_time() - start < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 * 1024


def test_1048576_rows_that_are_only_formatted_cost_nothing() -> None:
    lines = _sheet(1_048_576, "").replace(b"<sheetData>", b'<sheetData><row r="1"><c t="inlineStr"><is><t>x</t></is></c></row>', 1)
    sheet = parse_sheet(with_parts(book([row()]), xl__worksheets__sheet1_xml=lines), "list.xlsx")
    assert [line.number for line in sheet.rows] == [1]


_SMALL = book([row(1), row(2)])


@settings(max_examples=80)
@given(st.data())
def test_damage_never_ends_in_a_traceback(data: st.DataObject) -> None:
    made = bytearray(_SMALL)
    for _ in range(data.draw(st.integers(1, 8))):
        made[data.draw(st.integers(0, len(made) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.one_of(st.none(), st.integers(1, len(made))))
    try:
        parse_sheet(bytes(made[:cut]), "list.xlsx")
    except WardopsError as error:
        assert all(problem.render() for problem in error.problems)


def test_a_file_that_is_none(tmp_path: Path) -> None:
    for path, code in ((tmp_path, "E0102"), (tmp_path / "none.xlsx", "E0100")):
        with pytest.raises(WardopsError) as error:
            read_sheet(path)
        assert error.value.problems[0].code == code
