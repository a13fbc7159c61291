"""Edited files: exactly the edits, three versions of each cell, and everything that is refused.

covers: E0850, E0851, E0852, E0860, E0861, E0862, E0863, E0864, E0865, E0866, E0867, E0868, E0869, E0870, E0871, E0872, E0873
"""

from __future__ import annotations

import contextlib
import io
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.ledger.book import Book
from ansible_collections.ward.ops.plugins.module_utils.ledger.exchange import sheets, xlsx
from ansible_collections.ward.ops.plugins.module_utils.ledger.exchange.reimport import Outcome
from ansible_collections.ward.ops.plugins.module_utils.ledger.exchange.selection import select
from ansible_collections.ward.ops.plugins.module_utils.ledger.exchange.values import unchanged
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from openpyxl.comments import Comment

from tests.unit.exchange.wards import REPOSITORY, SAMPLE, column, commit, edit, export, git, make_ward, save, take_back

JUNK = ["", ",", '"', "\n", "=", "\x00", "\t", "x", " ", "'", "[U+110000]", "\ud7ff"]
XML_JUNK = [b"", b"<", b"x", b"\x00", b"9", b"</c>", b"&lol;"]
ACTIVE, COUNTER = "A0000001", "A0000002"


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, bytes]:
    """A ward that no test changes, and one of its ledgers as CSV and as a workbook."""
    root = make_ward(tmp_path_factory.mktemp("once") / "ward")
    return root, export(root, "sites", form="utf-8").decode("utf-8-sig"), export(root, "sites")


@pytest.fixture
def ward(tmp_path: Path) -> Path:
    return make_ward(tmp_path / "ward")


def terminals(ward: Path, **select_: Any) -> bytes:
    return export(ward, "terminals", "lgwan", **select_)


def changed(book: Book) -> list[tuple[str, str, dict[str, tuple[str, str]]]]:
    """Ledger, key and cells (before, after) of every change."""
    found = []
    for change in book.changes():
        before, after = change.before or {}, change.after or {}
        cells = {name: (before.get(name, ""), after.get(name, "")) for name in change.columns()}
        found.append((change.ledger, " ".join(change.key), cells))
    return found


def codes(outcome: Outcome) -> list[str]:
    return [problem.code for problem in outcome.problems]


def set_in_git(ward: Path, ledger: str, layer: str, key: str, **cells: str) -> None:
    """Somebody else's change, committed."""
    book = Book(ward)
    book.update(ledger, key, layer, **cells)
    for path, data in book.changed_files().items():
        path.write_bytes(data)
    commit(ward)


def code(function: Callable[[], object]) -> str:
    with pytest.raises(WardopsError) as error:
        function()
    return error.value.problems[0].code


# --- what the file looks like


def test_a_workbook_helps_and_guards(ward: Path) -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(terminals(ward))).worksheets[0]
    assert sheet.title == "端末台帳" and sheet.freeze_panes == "B2" and sheet.protection.sheet
    titles = {cell.value: cell for cell in sheet[1]}
    assert isinstance(titles["状態"].comment, Comment) and "選択: 在庫、" in titles["状態"].comment.text
    first = {title: sheet.cell(2, cell.column) for title, cell in titles.items()}
    assert (first["課コード"].value, first["課コード"].number_format) == ("0105", "@")
    assert (first["配備日"].is_date, first["階"].value, first["状態"].value) == (True, 1, "稼働")
    assert first["資産番号"].protection.locked and not first["状態"].protection.locked
    lists = {str(rule.sqref).split("2:", maxsplit=1)[0]: rule for rule in sheet.data_validations.dataValidation}
    assert lists[titles["状態"].column_letter].errorStyle == "stop"
    assert lists[titles["課コード"].column_letter].errorStyle == "warning"
    hidden = {name: openpyxl.load_workbook(io.BytesIO(terminals(ward)))[name].sheet_state for name in ("_wardops", "_base", "_lists")}
    assert set(hidden.values()) == {"veryHidden"}


def test_rows_and_columns_are_chosen_by_name_or_title(ward: Path) -> None:
    book = Book(ward)
    chosen = select(book, "terminals", "lgwan", ["状態", "floor"], ["課コード=0105", "状態=稼働", "status=setup"])
    assert chosen.columns == ("asset_id", "floor", "status")
    assert list(chosen.rows(book.rows("terminals", "lgwan"))) == [("A0000001",), ("A0000003",)]
    data = terminals(ward, columns=["status"], where=["dept_code=0105"])
    back, outcome = take_back(ward, data)
    assert (outcome.rows, codes(outcome), back.changes()) == (3, [], [])
    assert code(lambda: select(book, "terminals")) == "E0850"
    assert code(lambda: select(book, "terminals", "lgwan", [], ["status"])) == "E0850"
    assert code(lambda: select(book, "terminals", "lgwan", ["x"])) == "E0801"


def test_characters_that_cp932_lacks_come_back(ward: Path) -> None:
    set_in_git(ward, "sites", "", "HON", name="𠮷野〜庁舎")
    book = Book(ward)
    data, strange = sheets.write(book, select(book, "sites"))
    assert strange == 2 and "[U+20BB7]野[U+301C]庁舎" in data.decode("cp932")
    assert take_back(ward, data)[0].changes() == []
    edited = data.replace("庁舎".encode("cp932"), "本館".encode("cp932"), 1)
    assert changed(take_back(ward, edited)[0]) == [("sites", "HON", {"name": ("𠮷野〜庁舎", "𠮷野〜本館")})]


# --- edits


def test_edited_cells_become_exactly_those_changes(ward: Path) -> None:
    data = terminals(ward)
    cells = [
        (f"{column(data, '状態')}3", "貸出"),
        (f"{column(data, '課コード')}3", "0105"),
        (f"{column(data, 'MACアドレス(無線)')}3", "02-4B-54-00-09-99"),
        (f"{column(data, '返却期限')}3", "R9.3.31"),
        (f"{column(data, 'チケット番号')}2", None),
    ]
    book, outcome = take_back(ward, edit(data, *cells))
    assert (codes(outcome), outcome.edited) == ([], 2)
    assert changed(book) == [
        ("terminals", ACTIVE, {"ticket": ("CHG-2025-00001", "")}),
        (
            "terminals",
            COUNTER,
            {
                "dept_code": ("0101", "0105"),
                "status": ("active", "lent"),
                "mac_wlan": ("", "024b54000999"),
                "return_due": ("2030-05-31", "2027-03-31"),
            },
        ),
    ]


def test_a_csv_edited_in_a_text_editor_or_excel(ward: Path) -> None:
    data = export(ward, "sites", form="cp932")
    book, outcome = take_back(ward, data.replace("本庁舎".encode("cp932"), "新庁舎".encode("cp932"), 1).replace(b"\r\n", b"\n"))
    assert (codes(outcome), changed(book)) == ([], [("sites", "HON", {"name": ("本庁舎", "新庁舎")})])
    as_tabs = data.decode("cp932").replace(",", "\t").encode("utf-16")  # Excel: Unicode text
    assert take_back(ward, as_tabs)[0].changes() == []


def test_new_rows_get_number_name_address_and_ring(ward: Path) -> None:
    data = terminals(ward)
    sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
    titles = {cell.value: cell.column_letter for cell in sheet[1]}
    row = {
        "製造番号": "SYN00000901",
        "機種": "ノート B5",
        "形状": "ノート",
        "課コード": "0105",
        "拠点": "HON",
        "階": 1,
        "用途": "事務",
        "状態": "設定中",
    }
    book, outcome = take_back(ward, edit(data, *((f"{titles[title]}{sheet.max_row + 3}", value) for title, value in row.items())))
    assert (codes(outcome), outcome.added) == ([], 1)
    new = book.get("terminals", "A0000500", "lgwan")
    assert new is not None
    assert {name: new[name] for name in ("computer_name", "ip", "vlan", "ring")} == {
        "computer_name": "LG26N00020",
        "ip": "10.16.15.21",
        "vlan": "115",
        "ring": "R2",
    }
    assert book.new_problems() == []


def test_removed_lines_need_a_word(ward: Path) -> None:
    workbook = openpyxl.load_workbook(io.BytesIO(export(ward, "sites")))
    workbook.worksheets[0].delete_rows(3)
    data = save(workbook)
    book, outcome = take_back(ward, data)
    assert codes(outcome) == ["E0869"] and book.changes() == []
    book, outcome = take_back(ward, data, allow_remove=True)
    assert (codes(outcome), outcome.removed, [change.after for change in book.changes()]) == ([], 1, [None])


# --- Git went on meanwhile


def test_a_change_in_git_on_another_cell_merges(ward: Path) -> None:
    data = terminals(ward)
    set_in_git(ward, "terminals", "lgwan", ACTIVE, use="meeting")
    book, outcome = take_back(ward, edit(data, (f"{column(data, '機種')}2", "ノート C6")))
    assert (codes(outcome), changed(book)) == ([], [("terminals", ACTIVE, {"model": ("ノート B5", "ノート C6")})])
    row = book.get("terminals", ACTIVE, "lgwan")
    assert row and (row["use"], row["model"]) == ("meeting", "ノート C6")


def test_a_change_in_git_on_the_same_cell_is_a_conflict_with_both_values(ward: Path) -> None:
    data = terminals(ward)
    set_in_git(ward, "terminals", "lgwan", ACTIVE, use="meeting")
    edited = edit(data, (f"{column(data, '用途')}2", "外勤"))
    book, outcome = take_back(ward, edited)
    assert codes(outcome) == ["E0868"] and book.changes() == []
    assert outcome.problems[0].where == f"x {column(data, '用途')}2"
    assert outcome.problems[0].text("ja") == f"{ACTIVE} の用途（use）：取出し時「事務」、台帳は今「会議室」、ファイルは「外勤」"
    assert changed(take_back(ward, edited, "file")[0]) == [("terminals", ACTIVE, {"use": ("meeting", "field")})]
    book, outcome = take_back(ward, edited, "ledger")
    assert book.changes() == [] and outcome.conflicts == [f"{ACTIVE} 用途: 会議室 / 外勤"]


def test_the_same_edit_on_both_sides_is_no_conflict_and_taking_a_file_twice_changes_nothing(ward: Path) -> None:
    data = terminals(ward)
    edited = edit(data, (f"{column(data, '用途')}2", "会議室"))
    set_in_git(ward, "terminals", "lgwan", ACTIVE, use="meeting")
    book, outcome = take_back(ward, edited)
    assert (codes(outcome), book.changes()) == ([], [])


def test_rows_removed_on_one_side(ward: Path) -> None:
    csv = export(ward, "sites", form="utf-8").decode("utf-8-sig")
    book = Book(ward)
    book.remove("sites", "DCA")
    for path, data in book.changed_files().items():
        path.write_bytes(data)
    commit(ward)
    assert take_back(ward, csv.encode())[0].changes() == []
    assert codes(take_back(ward, csv.replace("電算センター", "電算室").encode())[1]) == ["E0867"]
    set_in_git(ward, "sites", "", "HON", name="新庁舎")
    without = "\n".join(line for line in csv.splitlines() if not line.startswith("HON"))
    assert codes(take_back(ward, without.encode(), allow_remove=True)[1]) == ["E0872"]


# --- refused


def test_formulas_errors_and_merged_cells_are_refused_with_their_cell(ward: Path) -> None:
    data = terminals(ward)
    place = f"{column(data, '機種')}2"
    for value, expected in (("=A1", "E0864"), ("#N/A", "E0865")):
        book, outcome = take_back(ward, edit(data, (place, value)))
        assert codes(outcome) == [expected] and outcome.problems[0].where == f"x {place}" and book.changes() == []
    workbook = openpyxl.load_workbook(io.BytesIO(data))
    workbook.worksheets[0].merge_cells("D3:D4")
    assert codes(take_back(ward, save(workbook))[1])[0] == "E0873"
    csv = export(ward, "sites", form="cp932").replace("本庁舎".encode("cp932"), b"=1+1", 1)
    assert codes(take_back(ward, csv)[1]) == ["E0864"]


def test_a_line_twice_and_a_new_line_that_is_none(ward: Path) -> None:
    data = export(ward, "sites", form="utf-8").decode("utf-8-sig")
    line = next(line for line in data.splitlines() if line.startswith("HON"))
    assert codes(take_back(ward, f"{data}{line}\r\n".encode())[1]) == ["E0866"]
    assert codes(take_back(ward, f"{data},新館,office,9\r\n".encode())[1]) == ["E0871"]
    assert codes(take_back(ward, f"{data}NEW,新館,office,9\r\nNEW,新館,office,9\r\n".encode())[1]) == ["E0866"]
    part = export(ward, "terminals", "lgwan", form="utf-8", where=["status=稼働"], columns=["状態"]).decode("utf-8-sig")
    assert codes(take_back(ward, f"{part}A0000003,在庫\r\n".encode())[1]) == ["E0870"]
    assert codes(take_back(ward, f"{part}A0000003,設定中\r\n".encode())[1]) == []


def test_files_that_are_not_ours_or_no_longer_whole(ward: Path) -> None:
    data, csv = export(ward, "sites"), export(ward, "sites", form="utf-8").decode("utf-8-sig")
    workbook = openpyxl.load_workbook(io.BytesIO(data))
    workbook["_base"]["A2"] = "DCA,x,dc,1"
    book = Book(ward)
    plain = openpyxl.Workbook()
    cases = {
        "E0861": lambda: xlsx.read(save(workbook), "x", book),
        "E0860": lambda: xlsx.read(save(plain), "x", book),
        "E0706": lambda: xlsx.read(data[:-300], "x", book),
        "E0852": lambda: xlsx.read(without_part(data, "xl/styles.xml", b"<styleSheet><nonsense"), "x", book),
        "E0862": lambda: sheets.read(re.sub(r" sites [0-9a-f]{40}", f" sites {'0' * 40}", csv).encode(), "x", book),
        "E0801": lambda: sheets.read(csv.replace(" sites ", " sitez ").encode(), "x", book),
        "E0108": lambda: sheets.read(f'{csv}"'.encode(), "x", book),
    }
    assert {expected: code(case) for expected, case in cases.items()} == {expected: expected for expected in cases}
    assert code(lambda: sheets.read(csv.replace("#wardops1", "wardops").encode(), "x", book)) == "E0860"


@given(st.data())
@settings(max_examples=60)
def test_a_damaged_csv_is_taken_or_refused_and_never_a_traceback(once: tuple[Path, str, bytes], data: st.DataObject) -> None:
    root, text, _ = once
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        text = text[:at] + data.draw(st.sampled_from(JUNK)) + text[at + 1 :]
    with contextlib.suppress(WardopsError):
        take_back(root, text.encode(), allow_remove=True)


@given(st.data())
@settings(max_examples=25, phases=[Phase.generate])
def test_a_damaged_workbook_is_taken_or_refused_and_never_a_traceback(once: tuple[Path, str, bytes], data: st.DataObject) -> None:
    root, _, whole = once
    with zipfile.ZipFile(io.BytesIO(whole)) as parts:
        name = data.draw(st.sampled_from(parts.namelist()))
        content = parts.read(name)
    at = data.draw(st.integers(0, max(len(content) - 1, 0)))
    cut = content[:at] + data.draw(st.sampled_from(XML_JUNK)) + content[at + data.draw(st.integers(0, 9)) :]
    with contextlib.suppress(WardopsError):
        take_back(root, without_part(whole, name, cut), allow_remove=True)


def without_part(data: bytes, name: str, content: bytes) -> bytes:
    """The workbook with another content of one part."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for entry in old.namelist():
            new.writestr(entry, content if entry == name else old.read(entry))
    return out.getvalue()


@pytest.mark.parametrize(("title", "fresh"), [("拠点名", "拠点の名前"), ("拠点名", "種別"), ("拠点", None)])
def test_headers_that_are_not_the_exported_ones(ward: Path, title: str, fresh: str | None) -> None:
    data = export(ward, "sites")
    assert code(lambda: take_back(ward, edit(data, (f"{column(data, title)}1", fresh)))) == "E0863"


def test_a_control_character_is_not_written_into_a_workbook(ward: Path) -> None:
    path = ward / "ledgers" / "sites.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("本庁舎", "本\x01庁舎"), encoding="utf-8")
    assert code(lambda: export(ward, "sites")) == "E0851"


# --- the commands


def wardops(ward: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "wardops", *words, "--ward", str(ward)]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)


def test_from_the_command_line_to_a_branch(ward: Path, tmp_path: Path) -> None:
    out = tmp_path / "端末.xlsx"
    done = wardops(ward, "export", "terminals", "--layer", "lgwan", "--where", "状態=稼働", "--out", str(out))
    assert done.returncode == 0 and "端末台帳 2 行" in done.stdout
    out.write_bytes(edit(out.read_bytes(), (f"{column(out.read_bytes(), '用途')}2", "会議室")))
    plan = wardops(ward, "reimport", str(out))
    assert plan.returncode == 0 and f"~ {ACTIVE}: 用途 事務 → 会議室" in plan.stdout
    assert git(ward, "status", "--porcelain") == ""
    done = wardops(ward, "reimport", str(out), "--branch", "excel/1", "--ticket", "REQ-2026-00001")
    assert done.returncode == 0, done.stderr
    assert "Operation: reimport" in git(ward, "log", "-1", "--format=%B", "excel/1")
    diff = [
        line
        for line in git(ward, "diff", "--unified=0", "main", "excel/1").splitlines()
        if line[0] in "+-" and line[:3] not in ("+++", "---")
    ]
    assert len(diff) == 2 and ",meeting,active," in diff[1]


def test_what_the_check_refuses_is_not_saved(ward: Path, tmp_path: Path) -> None:
    out = tmp_path / "端末.csv"
    assert wardops(ward, "export", "terminals", "--layer", "lgwan", "--encoding", "utf-8", "--out", str(out)).returncode == 0
    out.write_text(out.read_text(encoding="utf-8-sig").replace("10.16.2.20,102", "10.16.1.20,101"), encoding="utf-8-sig")
    refused = wardops(ward, "reimport", str(out), "--write")
    assert refused.returncode == 1 and "E0306" in refused.stderr
    assert f"行 / row: {COUNTER}（端末.csv 3 行目 1 列目）" in refused.stderr
    assert git(ward, "status", "--porcelain") == ""
    wrong = wardops(ward, "export", "sites", "--out", str(tmp_path / "x.txt"))
    assert wrong.returncode == 2


def test_the_stock_application_gets_its_own_titles_and_its_list_comes_back_unchanged(tmp_path: Path) -> None:
    out = tmp_path / "備品.csv"
    sample = REPOSITORY / "inventories" / "sample"
    assert wardops(sample, "export", "--profile", "stock_app", "--where", "kind=switch", "--out", str(out)).returncode == 0
    header, first, *_ = out.read_bytes().decode("cp932").splitlines()
    assert header.startswith("在庫番号,種別,機種,") and first.startswith("Z00001,スイッチ,") and "電算センター(本庁舎内)" in first
    data = out.read_bytes()
    out.write_bytes(data.replace(b",A01-01,", b",A01-09,", 1))
    taken = wardops(sample, "intake", "stock_app", str(out))
    assert "~ Z00001: 保管場所 A01-01 → A01-09" in taken.stdout
    out.write_bytes(data)
    assert "変更なし" in wardops(sample, "intake", "stock_app", str(out)).stdout
    assert wardops(sample, "export", "stock", "--profile", "stock_app", "--out", str(out)).returncode == 2


def test_a_selection_by_an_empty_cell_is_remembered(tmp_path: Path) -> None:
    """A forgotten condition would make every other row one that the file lacks, and ``--allow-remove`` would remove it."""
    root = make_ward(tmp_path / "ward", SAMPLE)
    data = export(root, "usb_devices", form="cp932", where=["reason="])
    book, outcome = take_back(root, data, allow_remove=True)
    assert outcome.removed == 0 and not outcome.problems and not book.changes()


@pytest.mark.parametrize("text", ["山田太郎さん用", "番号123456789018"])
def test_personal_data_is_refused_and_shown_nowhere(ward: Path, tmp_path: Path, text: str) -> None:
    out = tmp_path / "端末.xlsx"
    out.write_bytes(edit(data := export(ward, "subnets"), (f"{column(data, '備考')}2", text)))
    refused = wardops(ward, "reimport", str(out), "--write")
    assert refused.returncode == 1 and "非表示" in refused.stdout
    assert text not in refused.stdout + refused.stderr and "太郎" not in refused.stderr
    assert git(ward, "status", "--porcelain") == ""


@pytest.mark.parametrize(
    ("text", "came"),
    [("10E5", "1.00E+06"), ("06:30", "06:30:00 AM"), ("00:05", "12:05:00 AM"), ("13:05", "01:05:00 PM"), ("06:30", "06:30:00")],
)
def test_what_spreadsheets_make_of_hexadecimal_digits_and_times_is_no_edit(text: str, came: str) -> None:
    assert unchanged(came, text, text) and not unchanged(came, f"{text}0", f"{text}0")


def test_a_name_in_place_of_a_role_never_reaches_git(ward: Path) -> None:
    words = ["allocate", "name", "--layer", "lgwan", "--form", "note", "--fiscal-year", "2026", "--count", "1", "--branch", "b1"]
    refused = wardops(ward, *words, "--role", "山田太郎")
    assert refused.returncode == 1 and "E0907" in refused.stderr and "山田" not in refused.stdout + refused.stderr
    assert git(ward, "branch", "--list", "b1") == ""
    assert wardops(ward, *words, "--role", "operations").returncode == 0
