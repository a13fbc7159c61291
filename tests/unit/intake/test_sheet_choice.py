"""Which sheet of a workbook is read when nobody says."""

from pathlib import Path

import openpyxl
import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.ledger.intake.reading import read_sheet


def workbook(path: Path, sheets: dict[str, list[list[object]]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_the_only_sheet_with_content_is_read(tmp_path: Path) -> None:
    """Excel up to 2010 gives every new book three sheets."""
    path = workbook(tmp_path / "x.xlsx", {"Sheet1": [], "Sheet2": [["製造番号"], ["SYN00000001"]], "Sheet3": []})
    sheet = read_sheet(path)
    assert [[cell.text for cell in row.cells] for row in sheet.rows] == [["製造番号"], ["SYN00000001"]]
    assert len(sheet.notes) == 2


def test_two_sheets_with_content_must_be_told_apart_by_name(tmp_path: Path) -> None:
    path = workbook(tmp_path / "x.xlsx", {"一覧": [["a"]], "控え": [["b"]]})
    with pytest.raises(WardopsError) as error:
        read_sheet(path)
    (problem,) = error.value.problems
    assert problem.code == "E0708" and "一覧、控え" in problem.text("ja")
    assert read_sheet(path, sheet="控え").rows[0].cells[0].text == "b"
