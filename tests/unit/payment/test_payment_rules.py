"""Rules, names, receipt, comparison. covers: E1303, E1304, E1306, E1307"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common import safe_names
from ansible_collections.ward.ops.plugins.module_utils.common.periods import gaps, overlaps, periods, uncovered
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.payment import compare, receipt
from ansible_collections.ward.ops.plugins.module_utils.payment import layout as layouts
from ansible_collections.ward.ops.plugins.module_utils.payment.expression import Expression
from ansible_collections.ward.ops.plugins.module_utils.payment.routing import NO_DATE, UNROUTED
from ansible_collections.ward.ops.plugins.module_utils.payment.split import Input
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.payment import days
from tests.unit.payment.days import HEADER, row


@pytest.mark.parametrize(
    ("procedure", "tax", "date", "section"),
    [
        (b"100001", b"", b"20261130", "0302"),
        (b"100001", b"", b"20261201", "0305"),
        (b"100001", b"001", b"20260331", None),
        (b"000000", b"001", b"20260401", "0208"),
        (b"000000", b"002", b"20260401", "rule"),
        (b"100001", b"", b"20260230", "day"),
        (b"100001", b"", b"2026040", "day"),
        (b"100001", b"", "２０２６０４０１".encode("cp932")[:8], "day"),
    ],
)
def test_the_day_and_the_order_of_rules_decide(procedure: bytes, tax: bytes, date: bytes, section: str | None) -> None:
    rules = days.routing()
    answer = rules.decide(procedure, tax, date)
    expected = {None: UNROUTED, "day": NO_DATE, "rule": -3}.get(section)
    assert answer == expected if expected is not None else rules.sections[answer].code == section


COLUMNS = ["a", "b"]


@pytest.mark.parametrize(
    ("test", "good", "bad"),
    [
        ({"equals": "05"}, ["05"], ["5", "005", ""]),
        ({"one_of": ["05", "07"]}, ["05", "07"], ["06", "0507"]),
        ({"not_one_of": ["05", "07"]}, ["06", ""], ["05", "07"]),
        ({"begins_with": "証明"}, ["証明", "証明書"], ["住民証明", ""]),
        ({"at_least": 10}, ["10", "011", "+12"], ["9", "-10", "", "1,000", "１０", "0x10", "10.0"]),
        ({"at_most": -1}, ["-1", "-200"], ["0", "1", "", "－1"]),
        ({"at_least": 1, "at_most": 3}, ["1", "2", "3"], ["0", "4"]),
    ],
)
def test_comparisons(test: dict[str, Any], good: list[str], bad: list[str]) -> None:
    expression = Expression([{"column": "b", **test}], COLUMNS)
    assert [expression.holds(["", cell]) for cell in good] == [True] * len(good)
    assert [expression.holds(["", cell]) for cell in bad] == [False] * len(bad)


def test_all_comparisons_must_hold() -> None:
    expression = Expression([{"column": "a", "equals": "1"}, {"column": "b", "equals": "2"}], COLUMNS)
    assert [expression.holds(cells) for cells in (["1", "2"], ["1", "1"], ["2", "2"])] == [True, False, False]


def test_what_would_be_ambiguous_or_unsafe_is_refused_at_once_without_make_check() -> None:
    twice = [{"dept_code": "0302", "valid_from": "2026-04-01"}, {"dept_code": "0208", "valid_from": "2026-05-01"}]
    procedures = [{"code": "1", "name_ja": "x", "routes": twice}, {"code": "1", "name_ja": "x", "routes": twice[:1]}]
    policy = {**days.RULES, "procedures": procedures, "unrouted": "../未振分", "counts_on": "納付日"}
    with pytest.raises(WardopsError) as error:
        days.routing(policy=policy)
    assert sorted(problem.code for problem in error.value.problems) == ["E1300", "E1303", "E1304", "E1306"]
    with pytest.raises(WardopsError, match="E1307"):
        layouts.load({"use": "b", "profiles": [{"name": "a"}]})


BAD_NAMES = [
    *("", ".", "..", "...", " ", "a/b", "a\\b", "/etc", "C:", "a:b", "a.", "a ", " a", ".a", "a..b"),
    *("con", "CON", "Con.csv", "NUL.tar.gz", "COM1", "LPT9.txt", "COM¹", "ＣＯＮ", "CONIN$"),
    *("a\x00b", "a\nb", "a\x1fb", "a*b", "a?b", 'a"b', "a<b", "a|b", "x" * 101, "課" * 101),
    *("a／b", "a＼b", "a∕b", "a⁄b", "a․․b", "a‥b", "a：b", "а", "Α", "ａ", "か\u3099", "税務課\u3000", "𠮷"),
    *("a\u202eb", "a\u200bb", "a\ufeffb", "\ud800", "\ue000"),
]


@pytest.mark.parametrize("name", BAD_NAMES, ids=ascii)
def test_names_that_could_leave_their_folder_mean_a_device_or_look_like_another_are_refused(name: str) -> None:
    with pytest.raises(WardopsError) as error:
        safe_names.check(name)
    assert error.value.problems[0].code == "E1306"
    assert all(char.isprintable() or char == "\n" for char in str(error.value))


@pytest.mark.parametrize(
    "name", ["0302", "未振分", "収納結果_20261122_0105_DX戦略課_2.csv", "こども・若者支援課（東）", "髙﨑係", "a-b", "CONSOLE", "COM10"]
)
def test_names_of_a_ward_are_allowed(name: str) -> None:
    assert safe_names.check(name) == name


@given(st.text(max_size=12))
def test_an_allowed_name_is_one_path_component(name: str) -> None:
    if safe_names.flaw(name) is None:
        assert Path("root", name).resolve().parent == Path("root").resolve()
        assert not set(name) & set('\\/:*?"<>|')
        assert name == name.strip(" .")


@pytest.mark.parametrize("folder", ["../x", "a/../b", "/a", "a//b", "CON/x", "a/ "])
def test_folders_are_checked_part_by_part(folder: str) -> None:
    with pytest.raises(WardopsError):
        safe_names.check_folder(folder)


def test_periods() -> None:
    items = [
        {"valid_from": dt.date(2026, 4, 1), "valid_to": dt.date(2026, 6, 30)},
        {"valid_from": "2026-07-01", "valid_to": "2026-07-31"},
        {"valid_from": "2026-09-01"},
    ]
    ordered = periods(items)
    assert list(overlaps(ordered)) == []
    assert [(period.index, first, last) for period, first, last in gaps(ordered)] == [(2, "2026-08-01", "2026-08-31")]
    assert uncovered(periods([{"valid_from": "2026-05-01", "valid_to": "2026-07-31"}])[0], ordered) == ""
    assert uncovered(periods([{"valid_from": "2026-05-01"}])[0], ordered) == "2026-08-01"
    assert uncovered(periods([{"valid_from": "2026-03-01"}])[0], ordered) == "2026-03-01"
    assert len(list(overlaps(periods([*items, {"valid_from": "2026-06-30", "valid_to": "2026-07-01"}])))) == 2


def test_the_receipt_lists_every_section_and_neutralises_formulas(tmp_path: Path) -> None:
    form = days.layout()
    staged = days.run(tmp_path, HEADER + row("1") + row("1") + row("2", "x"), name="=cmd.csv")
    sections = days.routing(form).sections
    paths = receipt.write(tmp_path / "receipts", staged.manifest, sections, {"0302/収納結果_20261122_0302_戸籍住民課.csv": "配信済"})
    record, sheet, page = (path.read_bytes() for path in paths)
    lines = list(csv.reader(io.StringIO(sheet.decode("utf-8-sig"), newline="")))
    assert lines[0] == list(receipt.HEADER)
    assert [(line[0], line[1], line[5], line[6], line[11]) for line in lines[1:]] == [
        ("課", "0208", "0", "0", "該当なし"),
        ("課", "0302", "1", "300", "配信済"),
        ("課", "0305", "0", "0", "該当なし"),
        ("課", "0604", "0", "0", "該当なし"),
        ("未振分", "未振分", "1", "300", "未配信"),
        ("重複", "重複", "1", "300", "配信しない"),
        ("合計", "", "3", "900", "入力"),
    ]
    assert json.loads(record)["totals"]["input"] == {"rows": 3, "yen": 900, "cancelled_rows": 0, "cancelled_yen": 0}
    text = page.decode()
    assert "規則なし 1 件" in text
    assert "同じファイルの 2 レコード目" in text
    dangerous = receipt.write(tmp_path / "other", staged.manifest, [type(sections[0])("=1+1", "@SUM(A1)")])[1].read_text("utf-8-sig")
    assert "'=1+1,'@SUM(A1)" in dangerous


def test_a_receipt_of_a_day_without_rows_says_so(tmp_path: Path) -> None:
    staged = days.run(tmp_path, HEADER)
    (_, sheet, page) = receipt.write(tmp_path / "receipts", staged.manifest, days.routing().sections)
    assert "該当なし" in sheet.read_text("utf-8-sig")
    assert "この日の収納結果は 0 件でした（該当なし）" in page.read_text("utf-8")


def test_a_change_of_rules_in_dry_run_says_which_rows_move_and_nothing_personal(tmp_path: Path) -> None:
    payer = "98765432109876543210"
    inputs = []
    for number in range(3):
        path = tmp_path / f"{number}.csv"
        path.write_bytes(HEADER + b"".join(row(payer, "100008", str(100 + item)) for item in range(5)) + row("1") + row("2", "888888"))
        inputs.append(Input(path, path.name, days.DAY - dt.timedelta(days=number)))
    form = days.layout()
    old = days.routing(form)
    routes = [{"dept_code": "0209", "valid_from": "2026-04-01"}]
    changed = [{**item, "routes": routes} if item["code"] == "100008" else item for item in days.RULES["procedures"]]
    policy = {**days.RULES, "procedures": [*changed, {"code": "888888", "name_ja": "新", "routes": routes}]}
    found = compare.compare(inputs, form, old, days.routing(form, policy), ("2026-10-24", "2026-11-22"))
    assert [(move.before, move.after, move.procedure, move.rows, move.yen) for move in found.moves] == [
        ("0208 税務課", "0209 収納対策課", "100008", 15, 1530),
        ("未振分", "0209 収納対策課", "888888", 3, 900),
    ]
    assert found.moves[0].examples == [f"2026-11-22 の {record} レコード目" for record in (2, 3, 4)]
    assert (found.moves[0].first, found.moves[0].last) == ("2026-11-20", "2026-11-22")
    assert (found.inputs, found.rows, found.moved) == (3, 21, (18, 2430))
    page, lines = compare.page(found, "2026-11-22T00:00:00+00:00"), "\n".join(compare.lines(found))
    assert "0208 税務課 → 0209 収納対策課  手続 100008 税目 -  15 件 1,530円（例 2026-11-22 の 2 レコード目）" in lines
    assert payer not in page + lines + str(found)
    nothing = compare.compare(inputs, form, old, days.routing(form), ("2026-10-24", "2026-11-22"))
    assert nothing.moves == []
    assert "振り分け先が変わる行はありません" in compare.page(nothing, "2026-11-22T00:00:00+00:00")
