"""From file to ledger: matching by several keys, nothing overwritten silently, nothing that the check would refuse.

covers: E0713, E0714, E0715, E0716, E0717, E0718, E0722, E0723, E0730, E0731, E0740, E0741, E0742, E0743, E0744, E0745, E0746, E0750
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward
from ansible_collections.ward.ops.plugins.module_utils.ledger import saving
from ansible_collections.ward.ops.plugins.module_utils.ledger.book import Book
from ansible_collections.ward.ops.plugins.module_utils.ledger.check import check_ward
from ansible_collections.ward.ops.plugins.module_utils.ledger.intake import planning, reading, report
from ansible_collections.ward.ops.plugins.module_utils.ledger.intake.planning import Result
from ansible_collections.ward.ops.plugins.module_utils.ledger.intake.profile import load_profile, profiles
from ansible_collections.ward.ops.plugins.module_utils.ledger.schema import Schemas
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from .conftest import ROOT, TakeIn
from .files import TITLES, book, row, text

#: rows of the base ward: 1 is active in use, 4 is returned
FIRST = {"serial": "SYN00000001", "model": "ノート B5", "mac_lan": "024b54000001"}


def kinds(result: Result) -> list[str]:
    return [outcome.kind for outcome in result.outcomes]


def codes(result: Result) -> list[list[str]]:
    return [[problem.code for problem in outcome.problems] for outcome in result.outcomes]


def failure(call: Callable[[], Any]) -> list[str]:
    with pytest.raises(WardopsError) as error:
        call()
    assert all(problem.render() for problem in error.value.problems)
    return [problem.code for problem in error.value.problems]


def cells(result_book: Book, number: int = 0) -> dict[str, str]:
    added = [change for change in result_book.changes() if change.ledger == "terminals" and change.before is None]
    return dict(added[number].after or {})


# --- new rows


def test_a_new_terminal_gets_number_name_address_ring_and_its_history(take_in: TakeIn) -> None:
    made, result = take_in(text(row(1)), lease_id="L25-0001")
    assert kinds(result) == ["added"]
    new = cells(made)
    assert new["asset_id"] == "A0000500" and new["computer_name"] == "LG26N00020"
    assert (new["ip"], new["vlan"], new["ring"], new["status"]) == ("10.16.15.21", "115", "R2", "setup")
    assert (new["lease_id"], new["ticket"], new["mac_lan"]) == ("L25-0001", "CHG-2026-00777", "024b54aa0001")
    events = made.find("asset_events", asset_id="A0000500")
    assert [(event["transition"], event["from_status"], event["to_status"]) for event in events] == [
        ("receive", "", "stock"),
        ("begin_setup", "stock", "setup"),
    ]
    assert {follow["system"] for follow in made.find("follow_ups", asset_id="A0000500")} >= {"radius", "ad"}
    assert made.check().problems == []


def test_the_list_comes_before_settings_and_these_before_defaults(take_in: TakeIn) -> None:
    data = text(row(1, floor="2", use=""), row(2, floor="", use="窓口"))
    made, _ = take_in(data, floor="1", use="meeting")
    assert [(cells(made, index)["floor"], cells(made, index)["use"]) for index in (0, 1)] == [("2", "meeting"), ("1", "counter")]


def test_what_is_wrong_with_the_ward_stops_the_import_once(take_in: TakeIn, ward: Path) -> None:
    """A ledger that addresses are given out from cannot be used: that is said once, of that file, and of no row of the list."""
    path = ward / "ledgers" / "subnets.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("cidr", "network", 1), encoding="utf-8")
    with pytest.raises(WardopsError) as error:
        take_in(text(row(1), row(2), row(3)))
    assert [(problem.code, problem.path.endswith("subnets.csv")) for problem in error.value.problems] == [("E0802", True)]


def test_refused_rows_leave_no_gap_in_the_numbers(take_in: TakeIn) -> None:
    data = text(row(1), row(2, dept_code="0999"), row(3, mac_lan="024b54000001"), row(4, lease="x"), row(5))
    made, result = take_in(data)
    assert kinds(result) == ["added", "refused", "conflict", "refused", "added"]
    assert [cells(made, index)["asset_id"] for index in (0, 1)] == ["A0000500", "A0000501"]


def test_what_the_check_would_refuse_is_refused_with_its_code(take_in: TakeIn) -> None:
    data = text(row(1, dept_code="9999"), row(2, model=""), row(3, mac_lan="01:00:5e:00:00:01"), row(4, site="XXX"), row(5))
    _, result = take_in(data)
    assert kinds(result) == ["refused"] * 4 + ["added"]
    assert codes(result) == [["E0301"], ["E0204"], ["E0360"], ["E0727"], []]


def test_an_abolished_section_is_refused(take_in: TakeIn, ward: Path) -> None:
    path = ward / "ledgers" / "departments.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    head = lines[0].split(",")
    gone = dict(zip(head, lines[1].split(","), strict=True)) | {"code": "0999", "valid_to": "2026-03-31", "name": "旧課", "successors": ""}
    path.write_text("\n".join([*lines, ",".join(gone.values())]) + "\n", encoding="utf-8")
    assert check_ward(ward).problems == []
    _, result = take_in(text(row(1, dept_code="0999")))
    assert codes(result) == [["E0330"]]


def test_no_free_address_refuses_the_rest_and_takes_no_number(take_in: TakeIn) -> None:
    made, result = take_in(text(*[row(number % 256, serial=f"NEW{number:05d}", mac_lan="") for number in range(1, 121)]))
    counts = result.counts()
    assert counts["added"] + counts["refused"] == 120 and counts["refused"] > 0
    assert {code for one in codes(result) for code in one} == {"E0822"}
    assert made.get("numbers", "A")["last"] == str(499 + counts["added"])  # type: ignore[index]


# --- rows that the ledger has


def test_the_same_list_again_under_another_name_and_encoding_changes_nothing(take_in: TakeIn) -> None:
    rows = [row(1), row(2, mac_wlan="02-4B-54-AB-00-02")]
    first, result = take_in(text(*rows))
    saving.to_files(first)
    again, second = take_in(book(rows), name="other.xlsx")
    assert kinds(second) == ["same", "same"] and again.changes() == []
    assert second.known_already() and second.digest == result.digest
    assert "取込み済み" in report.summary(second, again)


def test_an_empty_cell_of_the_ledger_is_filled_and_an_empty_cell_of_the_list_clears_nothing(take_in: TakeIn) -> None:
    cells_ = {"serial": "SYN00000002", "model": "", "dept_code": "", "site": "", "floor": "", "mac_lan": "", "mac_wlan": "024b54aa00aa"}
    made, result = take_in(text(row(1, **cells_)))
    assert kinds(result) == ["updated"]
    (change,) = made.changes()
    assert change.columns() == ["mac_wlan"]


def test_a_filled_cell_is_never_overwritten_silently(take_in: TakeIn) -> None:
    _, result = take_in(text(row(1, **FIRST, floor="2", return_due="R13.5.31")))
    assert kinds(result) == ["conflict"] and codes(result) == [["E0741"]]
    problem = result.outcomes[0].problems[0]
    assert (problem.params["before"], problem.params["after"]) == ("1", "2")


def test_a_column_that_the_profile_allows_is_changed_and_shown(take_in: TakeIn) -> None:
    made, result = take_in(text(row(1, **FIRST, return_due="R13.5.31")))
    assert kinds(result) == ["updated"]
    assert result.outcomes[0].changes == [("return_due", "2030-05-31", "2031-05-31")]
    assert "2030-05-31" in report.summary(result, made)


def test_keys_that_point_to_different_rows(take_in: TakeIn) -> None:
    _, result = take_in(text(row(1, serial="SYN00000001", mac_lan="024b54000003")))
    assert kinds(result) == ["conflict"] and codes(result) == [["E0740"]]
    assert "A0000001" in result.outcomes[0].problems[0].text("ja") and "A0000002" in result.outcomes[0].problems[0].text("ja")


def test_a_wired_mac_that_is_another_terminals_wireless_one(take_in: TakeIn) -> None:
    _, result = take_in(text(row(1, mac_lan="024b54000002")))
    assert kinds(result) == ["conflict"] and "E0741" in codes(result)[0]


def test_a_thing_of_another_layer_and_of_another_ledger(take_in: TakeIn, ward: Path, schemas: Schemas) -> None:
    other = next(iter(Book(ward, schemas).rows("terminals", "mn").values()))
    printer = next(iter(Book(ward, schemas).rows("printers").values()))
    _, result = take_in(text(row(1, serial=other["serial"]), row(2, serial=printer["serial"]), row(3, mac_lan=printer["mac"])))
    assert [one[0] for one in codes(result)] == ["E0742", "E0743", "E0743"]
    assert set(kinds(result)) == {"conflict"}


def test_a_returned_terminal_is_not_changed(take_in: TakeIn) -> None:
    _, result = take_in(text(row(1, serial="SYN00000004", model="", dept_code="", site="", floor="", mac_lan="", mac_wlan="024b54aa00ff")))
    assert codes(result) == [["E0745"]]


# --- inside the list


def test_equal_rows_count_once_and_different_ones_not_at_all(take_in: TakeIn) -> None:
    data = text(row(1), row(1), row(2), row(2, floor="2"), row(3, mac_lan="024b54aa0004"), row(4))
    _, result = take_in(data)
    assert kinds(result) == ["added", "repeated", "conflict", "conflict", "conflict", "conflict"]
    assert [set(one) for one in codes(result)[2:]] == [{"E0744"}] * 4


def test_titles_again_blank_lines_totals_and_a_missing_last_line_end(take_in: TakeIn) -> None:
    total = ["合計", "2台", *[""] * 7]
    data = text(row(1), [""] * 9, TITLES, row(2), total).rstrip(b"\r\n") + b"\r\n,,,,,,,,"
    _, result = take_in(data)
    assert kinds(result) == ["added", "added"]
    assert [reason for _, reason in result.records.skipped] == ["見出しの繰返し", "合計・注記の行"]
    assert any("最後の行" in note for note in result.records.notes)


def test_lines_cut_short_and_cells_too_many(take_in: TakeIn) -> None:
    data = text(row(1)) + b"NEW00002,x,0105,HON\r\n" + ",".join([*row(3), "x"]).encode() + b"\r\n"
    _, result = take_in(data)
    assert codes(result) == [[], ["E0730"], ["E0730"]]


def test_a_row_without_a_key(take_in: TakeIn) -> None:
    _, result = take_in(text(row(1), row(2, serial="", mac_lan="")))
    assert codes(result) == [[], ["E0731"]]


def test_hidden_rows_merged_cells_and_formulas_are_refused_by_cell(take_in: TakeIn) -> None:
    def change(page: Any) -> None:
        page.row_dimensions[2].hidden = True
        page.merge_cells("C3:C4")
        page["A5"] = "=A4"
        page["B6"] = "#REF!"

    _, result = take_in(book([row(number) for number in range(1, 7)], change), name="list.xlsx")
    assert codes(result) == [["E0723"], ["E0722"], ["E0722"], ["E0720"], ["E0721"], []]
    assert result.outcomes[1].problems[0].path == "list.xlsx!Sheet!C3"


def test_a_column_that_is_hidden(take_in: TakeIn) -> None:
    def change(page: Any) -> None:
        page.column_dimensions["A"].hidden = True

    assert failure(lambda: take_in(book([row(1)], change))) == ["E0716"]


# --- titles


def test_title_spellings_and_lines_above(take_in: TakeIn) -> None:
    titles = ["Ｓ／Ｎ", "機 種", "配備先\n課コード", "設置拠点", "フロア", "MACアドレス（有線）", "Wi-Fi  MAC", "返却期限※", "用途"]
    data = "納品書,,,,,,,,\r\n,,,,,,,,\r\n".encode() + text(row(1), titles=[f'"{title}"' for title in titles])
    _, result = take_in(data)
    assert kinds(result) == ["added"]


@pytest.mark.parametrize(
    ("titles", "code"),
    [
        (["いろは", *TITLES[1:]], "E0713"),
        (["a", "b", "c"], "E0713"),
        ([*TITLES, "シリアル番号"], "E0714"),
        ([*TITLES, "氏名"], ""),
        ([*TITLES, "生年月日"], "E0715"),
        ([*TITLES, "謎の列"], ""),
    ],
)
def test_titles(take_in: TakeIn, titles: list[str], code: str) -> None:
    data = text([*row(1), *["田中"] * (len(titles) - 9)], titles=titles)
    if code:
        assert failure(lambda: take_in(data)) == [code]
        return
    made, result = take_in(data)
    assert kinds(result) == ["added"]
    assert any(f"列「{titles[-1]}」" in note for note in result.records.notes)
    assert "田中" not in report.summary(result, made) + report.difference_html(result, made)


# --- profiles


@pytest.mark.parametrize("name", sorted(path.stem for path in (ROOT / "profiles/import").glob("*.yml")))
def test_every_profile_fits_its_ledger(name: str, schemas: Schemas) -> None:
    profile = load_profile(name, Ward(ROOT / "inventories/sample"), schemas.ledgers)
    assert {column.column for column in profile.columns} <= set(schemas.ledgers[profile.ledger].columns)


def test_a_ward_s_own_profile_and_what_is_wrong_in_one(ward: Path, schemas: Schemas) -> None:
    folder = ward / "profiles" / "import"
    folder.mkdir(parents=True)
    own = folder / "own.yml"

    def load(content: str) -> list[str]:
        own.write_text(content, encoding="utf-8")
        return failure(lambda: load_profile("own", Ward(ward), schemas.ledgers))

    good = "title: 一覧\nledger: stock\ncolumns:\n  - {column: serial, titles: [製造番号]}\nmatch: [serial]\n"
    own.write_text(good, encoding="utf-8")
    assert load_profile("own", Ward(ward), schemas.ledgers).title == "一覧"
    assert "own" in profiles(Ward(ward))
    assert load(good.replace("serial, titles", "seriall, titles")) == ["E0718", "E0718"]
    assert load(good.replace("match: [serial]", "match: [stock_id]")) == ["E0718"]
    assert load(good.replace("stock", "stok")) == ["E0718"]
    assert load(good + "layer: lgwan\n") == ["E0718"]
    assert load(good + "overwrit: true\n") == ["E0218"]
    assert load(good.replace("title: 一覧\n", "")) == ["E0217"]
    assert load(good + "title: 二\n") == ["E0118"]
    assert failure(lambda: load_profile("nobody", Ward(ward), schemas.ledgers)) == ["E0717"]


def _own(ward: Path, **changes: str) -> None:
    """The delivery profile under the name ``own``, with texts replaced."""
    folder = ward / "profiles" / "import"
    folder.mkdir(parents=True)
    profile = (ROOT / "profiles/import/terminal_delivery_lgwan.yml").read_text(encoding="utf-8")
    for before, after in zip(changes["before"].split("|"), changes["after"].split("|"), strict=True):
        assert before in profile
        profile = profile.replace(before, after)
    (folder / "own.yml").write_text(profile, encoding="utf-8")


def test_a_fault_that_belongs_to_no_row_stops_everything(take_in: TakeIn, ward: Path) -> None:
    """Every row is right, but together they make the pilot ring larger than it may be."""
    _own(ward, before="{status: setup}", after="{status: setup, ring: R0}")
    assert failure(lambda: take_in(text(*map(row, range(1, 7))), profile="own")) == ["E0750", "E0342"]


def test_new_things_need_a_ticket_for_their_history(ward: Path, schemas: Schemas) -> None:
    """covers the order of a step (E0907) from the import's side; without new rows no ticket is asked for."""
    chosen = load_profile("terminal_delivery_lgwan", Ward(ward), schemas.ledgers)

    def run(data: bytes) -> Result:
        sheet = reading.parse_sheet(data, "list.csv")
        return planning.take_in(ward, schemas, planning.Request(chosen, sheet, planning.digest_of(sheet)))[1]

    assert failure(lambda: run(text(row(1)))) == ["E0907"]
    assert kinds(run(text(row(1, **FIRST)))) == ["same"]


def test_a_profile_that_adds_nothing(take_in: TakeIn, ward: Path) -> None:
    _own(ward, before="ledger: terminals", after="ledger: terminals\nadd: false")
    _, result = take_in(text(row(1)), profile="own")
    assert codes(result) == [["E0746"]]


# --- a contractor's ledger


def test_a_contractors_ledger_shows_added_changed_and_missing_devices(take_in: TakeIn, ward: Path, schemas: Schemas) -> None:
    devices = list(Book(ward, schemas).rows("network_devices").values())
    titles = ["ホスト名", "型番", "シリアル番号", "メーカー", "OS種別", "役割", "拠点", "フロア", "管理IP", "管理VLAN", "MAC", "バージョン"]
    names = ["name", "model", "serial", "vendor", "os_profile", "role", "site", "floor", "mgmt_ip", "vlan", "mac", "firmware"]
    listed = [dict(devices[0]) | {"firmware": "99.1"}]
    listed.append(dict(devices[0]) | {"name": "HON-01-L2-77", "serial": "NEW1", "mac": "024b54aa0001", "mgmt_ip": "10.28.0.8"})
    head = "ネットワーク機器台帳,,版：第12版\r\n".encode()
    data = head + text(*[[device[name] for name in names] for device in listed], titles=titles)
    made, result = take_in(data, profile="network_devices")
    assert kinds(result) == ["updated", "added"], codes(result)
    assert result.records.version == "第12版"
    expected = [(device["name"],) for device in devices[1:] if device["status"] in ("active", "repair")]
    assert result.missing == sorted(expected)
    rows = report.differences(result, made)
    assert ("更新", "99.1") in [(line[0], line[6]) for line in rows]
    assert all(key[0] in report.summary(result, made) or "ほか" in report.summary(result, made) for key in result.missing[:1])


def test_the_stock_application(take_in: TakeIn, ward: Path, schemas: Schemas) -> None:
    item = next(iter(Book(ward, schemas).rows("stock").values()))
    titles = ["在庫番号", "種別", "品名", "保管拠点", "棚番", "在庫数", "発注点", "棚卸日"]
    kind = schemas.ledgers["stock"].label("kind", item["kind"])
    cells_ = [item["stock_id"], kind, item["model"], item["site"], item["place"], "1,234", item["reorder_level"], "R8.11.20"]
    made, result = take_in(text(cells_, titles=titles).replace(b"1,234", b'"1,234"').decode().encode("cp932"), profile="stock_app")
    assert kinds(result) == ["updated"], codes(result)
    (change,) = made.changes()
    assert change.after and change.after["quantity"] == "1234" and change.after["counted_on"] == "2026-11-20"


# --- papers


def test_papers_escape_what_a_list_may_hold(take_in: TakeIn) -> None:
    bad = "<script>alert(1)</script> | [x](http://x.example) @all `"
    made, result = take_in(text(row(1, model=bad), row(2, use="<b>=cmd</b>")))
    summary = report.summary(result, made)
    page = report.difference_html(result, made)
    table = report.difference_csv(result, made).decode("utf-8-sig")
    assert "<b>" not in page and "\\<b\\>" in summary and "<b>" in table
    assert "<script>" not in summary
    assert len(table.splitlines()) == 2


# --- whatever comes

_CELLS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["SYN00000001", "NEW1", "024b54000001", "0105", "HON", "1", "R8.4.1", "在庫", "合計", "A0000001", "=1", "１．２E+11", "田中様"]
    ),
    st.text("0123456789０１-－ーABab:./年月日RH 　", max_size=14),
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(_CELLS, min_size=1, max_size=10), max_size=6), st.sampled_from(["cp932", "utf-8", "utf-16"]), st.booleans())
def test_rows_in_are_rows_out_and_what_is_taken_passes_the_check(
    take_in: TakeIn, lines: list[list[str]], encoding: str, workbook: bool
) -> None:
    """Every row of the list ends up in exactly one of: taken, known, refused, in conflict, skipped; never a traceback."""
    kept = [[cell.encode(encoding, "ignore").decode(encoding).replace("\0", "") for cell in line] for line in lines]
    if workbook:
        cleaned = [[ILLEGAL_CHARACTERS_RE.sub("", cell) for cell in line] for line in kept]
        data = book([row(1), *cleaned])
    else:
        out = io.StringIO(newline="")
        csv.writer(out, lineterminator="\r\n").writerows([TITLES, row(1), *kept])
        data = out.getvalue().encode(encoding)
    try:
        made, result = take_in(data)
    except WardopsError as error:
        assert all(problem.render() for problem in error.problems)
        return
    counts = result.counts()
    assert counts["added"] + counts["updated"] + counts["same"] + counts["repeated"] + counts["conflict"] + counts["refused"] == len(
        result.records.rows
    )
    assert made.new_problems() == []
    assert sum(change.ledger == "terminals" and change.before is None for change in made.changes()) == counts["added"]
    assert report.summary(result, made) and report.difference_html(result, made) and report.difference_csv(result, made)
