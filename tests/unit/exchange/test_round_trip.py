"""A file that comes back unedited changes nothing, whatever a spreadsheet program did to it."""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path

import openpyxl
import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.table import format_table, read_table
from ansible_collections.ward.ops.plugins.module_utils.common.ward import REPOSITORY
from ansible_collections.ward.ops.plugins.module_utils.ledger.book import Book
from ansible_collections.ward.ops.plugins.module_utils.ledger.exchange.values import forms, meant, unchanged
from ansible_collections.ward.ops.plugins.module_utils.ledger.schema import load_schemas
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.unit.exchange.wards import SAMPLE, commit, excel, export, make_ward, opened_in_excel, resave, take_back

SCHEMAS = load_schemas(REPOSITORY / "schemas")
FILES = [(name, layer) for name, schema in SCHEMAS.ledgers.items() for layer in schema.layers or ("",)]
KEPT = 12


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first and last rows of every ledger of the sample ward."""
    root = tmp_path_factory.mktemp("sample") / "ward"
    root.mkdir()
    for part in ("ledgers", "policies"):
        shutil.copytree(SAMPLE / part, root / part)
    for path in (root / "ledgers").rglob("*.csv"):
        table = read_table(path)
        path.write_bytes(format_table(table.header, [*table.rows[:KEPT], *table.rows[KEPT:][-KEPT:]]))
    moved = root.rename(root.with_name("plain"))
    return make_ward(root, moved)


@pytest.mark.parametrize(("ledger", "layer"), FILES)
def test_every_ledger_as_a_workbook(ward: Path, ledger: str, layer: str) -> None:
    data = export(ward, ledger, layer)
    count = len(Book(ward).rows(ledger, layer))
    for version in (data, resave(data, len(ledger))):
        book, outcome = take_back(ward, version)
        assert ([problem.render() for problem in outcome.problems], book.changes()) == ([], [])
        assert outcome.rows >= count


@pytest.mark.parametrize(("ledger", "layer"), FILES)
@pytest.mark.parametrize("encoding", ["cp932", "utf-8"])
def test_every_ledger_as_csv(ward: Path, ledger: str, layer: str, encoding: str) -> None:
    data = export(ward, ledger, layer, encoding)
    for version in (data, opened_in_excel(data, encoding)):
        book, outcome = take_back(ward, version)
        assert ([problem.render() for problem in outcome.problems], book.changes(), outcome.rows) == ([], [], len(book.rows(ledger, layer)))


def test_the_sample_s_own_files_are_touched_by_nothing(ward: Path) -> None:
    assert Book(ward).check().counts["lgwan/terminals"] == 2 * KEPT


# --- hostile values

NASTY = st.one_of(
    st.sampled_from(
        [
            "=1+1",
            "'=1",
            "''",
            "+81",
            "-1",
            "@x",
            "1-2",
            "007",
            "1e5",
            "2.40E+10",
            "024000000001",
            "12345678e901",
            "TRUE",
            "true",
            "2026-04-01",
            "6:30",
        ],
    ),
    st.sampled_from(
        ["髙﨑①㈱", "～〜", "𠮷野", "[U+20BB7]", "[U+", "＝1", 'a"b,c', "はい", "稼働", "1.10", "0.1", "1,234", "#N/A?", "１２"]
    ),
    st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=12),
)


@settings(max_examples=15, phases=[Phase.explicit, Phase.reuse, Phase.generate])  # shrinking workbooks takes minutes
@given(st.lists(NASTY, min_size=10, max_size=30), st.integers(0, 99))
def test_texts_of_any_kind_survive(tmp_path_factory: pytest.TempPathFactory, texts: list[str], seed: int) -> None:
    root = _nasty_ward(tmp_path_factory)
    path = root / "ledgers" / "departments.csv"
    header = read_table(path).header
    rows = [{"code": f"{n:04d}", "valid_from": "2020-04-01", "name": text, "division_name": text} for n, text in enumerate(texts)]
    path.write_bytes(format_table(header, [[row.get(name, "") for name in header] for row in rows]))
    workbook = export(root, "departments")
    for data in (workbook, resave(workbook, seed), *(export(root, "departments", form=form) for form in ("cp932", "utf-8"))):
        book, outcome = take_back(root, data)
        assert ([problem.render() for problem in outcome.problems], book.changes()) == ([], [])


_WARDS: list[Path] = []


def _nasty_ward(factory: pytest.TempPathFactory) -> Path:
    if not _WARDS:
        _WARDS.append(make_ward(factory.mktemp("nasty") / "ward"))
    return _WARDS[0]


def test_no_cell_of_a_workbook_or_csv_is_a_formula(tmp_path: Path) -> None:
    root = make_ward(tmp_path / "ward")
    book = Book(root)
    path = root / "ledgers" / "sites.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("本庁舎", "=HYPERLINK(1)"), encoding="utf-8")
    commit(root)
    sheet = openpyxl.load_workbook(io.BytesIO(export(root, "sites"))).worksheets[0]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}
    rows = list(csv.reader(io.StringIO(export(root, "sites", form="cp932").decode("cp932"))))
    assert "'=HYPERLINK(1)" in rows[2]
    assert book.changes() == []


MACS = st.text("0123456789abcdef", min_size=12, max_size=12) | st.from_regex(r"[0-9]{8}e[0-9]{3}", fullmatch=True)


@given(MACS)
def test_a_mac_is_unchanged_as_a_number_and_as_a_csv_shows_it(mac: str) -> None:
    assert all(unchanged(cell, mac, mac) for cell in (mac, f" {mac}", excel(mac)))
    if mac.isdecimal():
        assert unchanged(int(mac), mac, mac)


@given(NASTY)
def test_a_value_is_unchanged_in_all_its_forms_and_only_there(text: str) -> None:
    assert unchanged(text, text, text)
    assert not unchanged(text + "x", text, text)
    assert text in forms(text, text)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("17.12", "17.120"),
        ("0105", "0106"),
        ("1.1", "1.10"),
        ("2026-04-01", "2026-04-02"),
        ("024000000001", "2.40001E+10"),
        ("06:30", "6:31"),
    ],
)
def test_an_edit_is_never_taken_for_a_spreadsheet_s_doing(before: str, after: str) -> None:
    assert not unchanged(after, before, before)


@pytest.mark.parametrize(
    ("ledger", "column", "value", "expected"),
    [
        ("terminals", "status", "稼働", "active"),
        ("terminals", "status", "active", "active"),
        ("terminals", "dept_code", 105, "0105"),
        ("terminals", "dept_code", "０１０５", "0105"),
        ("terminals", "floor", 3.0, "3"),
        ("terminals", "floor", "３", "3"),
        ("terminals", "mac_lan", "02-4B-54-00-00-01", "024b54000001"),
        ("terminals", "mac_lan", 24000000001, "24000000001"),
        ("terminals", "mac_lan", "1.23457E+11", "1.23457E+11"),
        ("terminals", "assigned_date", "R8.4.1", "2026-04-01"),
        ("terminals", "assigned_date", "令和8年4月1日", "2026-04-01"),
        ("terminals", "assigned_date", 46113, "2026-04-01"),
        ("terminals", "assigned_date", "2026/4/1", "2026-04-01"),
        ("terminals", "assigned_date", "26/4/1", "26/4/1"),
        ("terminals", "computer_name", "ＬＧ２６Ｎ０００２１", "LG26N00021"),
        ("departments", "counter", "はい", "true"),
        ("departments", "counter", False, "false"),
        ("departments", "name", "ＩＴ推進課", "ＩＴ推進課"),
        ("checks", "time", "6:30", "06:30"),
        ("terminals", "ticket", None, ""),
    ],
)
def test_what_a_user_writes_is_understood_or_left_for_the_check(ledger: str, column: str, value: object, expected: str) -> None:
    assert meant(SCHEMAS.ledgers[ledger], column, value) == expected


NAMES = ("name", "division_name", "site")
WORDS = st.sampled_from(["企画課", "=1+1", "𠮷野", "0105", "1-2", "", "HON", "a,b"])
EDITS = st.dictionaries(st.tuples(st.integers(0, 3), st.sampled_from(NAMES)), WORDS, max_size=6)


@settings(max_examples=40)
@given(EDITS, EDITS, st.sampled_from(["cp932", "utf-8"]))
def test_three_versions_of_every_cell(
    tmp_path_factory: pytest.TempPathFactory, git: dict[tuple[int, str], str], file: dict[tuple[int, str], str], form: str
) -> None:
    """Against the rule for one cell, written down in the plainest way: only one side changed, both the same, or a conflict."""
    root = _nasty_ward(tmp_path_factory)
    path = root / "ledgers" / "departments.csv"
    header = read_table(path).header
    base = {(row, name): f"{name}{row}" for row in range(4) for name in NAMES}

    def write(cells: dict[tuple[int, str], str]) -> None:
        lines = [{"code": f"{row:04d}", "valid_from": "2020-04-01", **{name: cells[row, name] for name in NAMES}} for row in range(4)]
        path.write_bytes(format_table(header, [[line.get(name, "") for name in header] for line in lines]))

    write(base)
    lines = list(csv.reader(io.StringIO(export(root, "departments", form=form).decode("utf-8-sig" if form == "utf-8" else form))))
    for (row, name), value in file.items():
        lines[row + 1][header.index(name)] = f"'{value}" if value.startswith("=") else value
    out = io.StringIO(newline="")
    csv.writer(out).writerows(lines)
    write({**base, **git})
    book, outcome = take_back(root, out.getvalue().encode())
    disputed = {
        place for place in base if base[place] not in (a := git.get(place, base[place]), b := file.get(place, base[place])) and a != b
    }
    assert [problem.code for problem in outcome.problems] == ["E0868"] * len(disputed)
    for place in set(base) - disputed:
        row = book.get("departments", (f"{place[0]:04d}", "2020-04-01"))
        assert row and row[place[1]] == (file if place in file and file[place] != base[place] else {**base, **git})[place]
