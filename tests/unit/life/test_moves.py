"""Moves: lists as they come, planned with what is reserved, carried out on their day, papers for those who carry and wire.

covers: E0940, E0941, E0942, E0943, E0944, E0945, E0946, E0948, E0949
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.ledger.life import moving, papers
from ansible_collections.ward.ops.plugins.module_utils.ledger.life.movelist import read_moves
from ansible_collections.ward.ops.plugins.module_utils.ledger.life.moving import MovePlan
from ansible_collections.ward.ops.plugins.module_utils.ledger.life.things import read_life

from tests.unit.life.wards import TICKET, book_of, codes, keep, life_of, order, set_today

HEADER = "資産番号,端末名,移動元所属,移動先所属,移動先拠点,移動先階,移動日"
DAY = "2026-12-05"


def a_list(folder: Path, *lines: str, encoding: str = "cp932", header: str = HEADER) -> Path:
    path = folder / "moves.csv"
    path.write_bytes("\r\n".join([header, *lines, ""]).encode(encoding))
    return path


def plan(root: Path, path: Path) -> MovePlan:
    book = book_of(root)
    policy = read_life(book)
    made = moving.plan(book, policy, read_moves(book, policy, path), order())
    keep(book)
    return made


def refused(root: Path, path: Path) -> list[tuple[str, int]]:
    book = book_of(root)
    policy = read_life(book)
    with pytest.raises(WardopsError) as error:
        moving.plan(book, policy, read_moves(book, policy, path), order())
    return [(problem.code, problem.line) for problem in error.value.problems]


def terminal(root: Path, asset_id: str) -> dict[str, str]:
    book = book_of(root)
    return book.get("terminals", asset_id, book.locate("terminals", asset_id) or "") or {}


@pytest.mark.parametrize("encoding", ["cp932", "utf-8-sig", "utf-16"])
def test_a_planned_move_reserves_and_changes_the_terminal_on_its_day_only(ward: Path, tmp_path: Path, encoding: str) -> None:
    before = terminal(ward, "A0000002")
    made = plan(ward, a_list(tmp_path, "Ａ０００００02,,政策企画課,105,,１階,R8.12.5", encoding=encoding))
    row = made.planned[0]
    assert (row["asset_id"], row["move_date"], row["to_dept"], row["to_site"], row["to_floor"]) == ("A0000002", DAY, "0105", "HON", "1")
    assert (row["ip"], row["vlan"], row["device"], row["port"]) == ("10.16.1.21", "101", "HON-01-L2-01", "10")
    assert row["printer"] == "PL-HON-0101"
    assert terminal(ward, "A0000002") == before
    with pytest.raises(WardopsError) as error:
        life_of(ward, dt.date.fromisoformat(DAY))  # the day has not come
    assert codes(error) == ["E0907"]
    set_today(ward, DAY)
    life = life_of(ward, dt.date.fromisoformat(DAY))
    moving.apply(life)
    keep(life.book)
    after = terminal(ward, "A0000002")
    assert {name: after[name] for name in ("dept_code", "site", "floor", "ip", "vlan")} == {
        "dept_code": "0105",
        "site": "HON",
        "floor": "1",
        "ip": "10.16.1.21",
        "vlan": "101",
    }
    book = book_of(ward)
    port = book.get("switch_ports", ("HON-01-L2-01", "10")) or {}
    assert (port["connected_to"], port["vlan"], port["status"]) == ("A0000002", "101", "used")
    done = book.get("moves", ("A0000002", DAY)) or {}
    assert (done["state"], done["done_on"], done["ip"], done["port"]) == ("done", DAY, "", "")
    assert (book.get("address_rests", before["ip"]) or {})["holder"] == "A0000002"
    assert [row["transition"] for row in book.find("asset_events", asset_id="A0000002")] == ["opening", "move"]


def test_the_same_list_again_plans_nothing(ward: Path, tmp_path: Path) -> None:
    path = a_list(tmp_path, "A0000002,,,0105,,,2026/12/5")
    assert len(plan(ward, path).planned) == 1
    again = plan(ward, path)
    assert (len(again.planned), len(again.known)) == (0, 1)


def test_a_section_means_every_terminal_of_it_in_use(ward: Path, tmp_path: Path) -> None:
    made = plan(ward, a_list(tmp_path, "政策企画課,lgwan,DX戦略課,2026-12-05", header="移動元所属,系統,移動先所属,移動日"))
    assert [row["asset_id"] for row in made.planned] == ["A0000002"]


def test_everything_that_is_wrong_with_a_list_at_once(ward: Path, tmp_path: Path) -> None:
    lines = [
        "A0000002,,,0105,,,2026-12-05",
        "A0000002,,,0105,HON,2,2026-12-05",  # twice on a day
        "A9999999,,,0105,,,2026-12-05",
        "A0000001,LG25N00002,,0101,,,2026-12-05",  # number and name of two machines
        "A0000001,,,0109,,,2026-12-05",  # the section has gone
        "A0000001,,,税務課,,,2026-12-05",  # there is none of that name
        "A0000001,,DX戦略課,0101,HON,9,2026-12-06",  # no subnet there
        "A0000001,,,0101,,,2026-11-01",  # gone
        "A0000001,,政策企画課,0101,,,2026-12-07",  # not where the list says
        "A0000004,,,0101,,,2026-12-05",  # returned
        "A0000001,,,0101,,,いつか",
        "A0000001,,,0101,,地下,2026-12-08",
    ]
    found = refused(ward, a_list(tmp_path, *lines))
    assert found == [
        ("E0941", 3),
        ("E0940", 4),
        ("E0945", 5),
        ("E0931", 6),
        ("E0910", 7),
        ("E0943", 8),
        ("E0942", 9),
        ("E0948", 10),
        ("E0944", 11),
        ("E0111", 12),
        ("E0910", 13),
    ]


@pytest.mark.parametrize("header", ["資産番号,備考", "資産番号,移動先所属,移動日,移動日", "あ,い,う"])
def test_a_list_without_the_columns_it_needs(ward: Path, tmp_path: Path, header: str) -> None:
    assert [code for code, _ in refused(ward, a_list(tmp_path, "A0000002,0105,2026-12-05,2026-12-05", header=header))] == ["E0946"]


def test_a_move_that_is_planned_otherwise_is_a_conflict(ward: Path, tmp_path: Path) -> None:
    plan(ward, a_list(tmp_path, "A0000002,,,0105,,,2026-12-05"))
    assert refused(ward, a_list(tmp_path, "A0000002,,,0101,,,2026-12-05")) == [("E0941", 2)]


def test_a_cancelled_move_gives_back_what_it_had_reserved(ward: Path, tmp_path: Path) -> None:
    plan(ward, a_list(tmp_path, "A0000002,,,0105,,,2026-12-05"))
    book = book_of(ward)
    moving.cancel(book, dt.date.fromisoformat(DAY), ["A0000002"], order())
    keep(book)
    row = book_of(ward).get("moves", ("A0000002", DAY)) or {}
    assert (row["state"], row["ip"], row["port"]) == ("cancelled", "", "")
    with pytest.raises(WardopsError) as error:
        moving.cancel(book_of(ward), dt.date.fromisoformat(DAY), ["A0000002"], order())
    assert codes(error) == ["E0949"]
    with pytest.raises(WardopsError) as error:
        moving.select(book_of(ward), DAY)
    assert codes(error) == ["E0949"]


def narrow(root: Path, *last: int) -> None:
    """Terminals have only so many addresses of a floor: the floor is full soon."""
    path = root / "policies" / "networks.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("first: 20, last: 219", f"first: 20, last: {last[0]}"), encoding="utf-8")


def test_two_floors_that_are_full_change_places(ward: Path, tmp_path: Path) -> None:
    narrow(ward, 20)
    made = plan(ward, a_list(tmp_path, "A0000001,,,0101,,,2026-12-05", "A0000002,,,0105,,,2026-12-05"))
    taken = {row["asset_id"]: (row["ip"], row["takes_over"], row["vlan"]) for row in made.planned}
    assert taken == {"A0000001": ("", "A0000002", "102"), "A0000002": ("", "A0000001", "101")}
    set_today(ward, DAY)
    life = life_of(ward, dt.date.fromisoformat(DAY))
    moving.apply(life)
    keep(life.book)
    assert [terminal(ward, name)["ip"] for name in ("A0000001", "A0000002")] == ["10.16.2.20", "10.16.1.20"]
    book = book_of(ward)
    assert (book.get("switch_ports", ("HON-01-L2-01", "10")) or {})["connected_to"] == "A0000002"
    assert book.find("switch_ports", connected_to="A0000001") == []  # no free port on the floor: the contractor finds one


def test_an_address_that_is_left_on_an_earlier_day_rests_for_the_one_it_was_promised_to(ward: Path, tmp_path: Path) -> None:
    narrow(ward, 21)
    book = book_of(ward)
    book.put("address_rests", {"ip": "10.16.1.21", "holder": "A0000009", "released_on": "2026-11-20"})
    keep(book)
    made = plan(ward, a_list(tmp_path, "A0000001,,,0101,,,2026-12-05", "A0000002,,,0105,,,2026-12-06"))
    assert [(row["ip"], row["takes_over"]) for row in made.planned] == [("10.16.2.21", ""), ("", "A0000001")]
    for day, name, ip in ((DAY, "A0000001", "10.16.2.21"), ("2026-12-06", "A0000002", "10.16.1.20")):
        set_today(ward, day)
        life = life_of(ward, dt.date.fromisoformat(day))
        moving.apply(life)
        keep(life.book)
        assert terminal(ward, name)["ip"] == ip
    assert sorted(ip for (ip,) in book_of(ward).rows("address_rests")) == ["10.16.1.21", "10.16.2.20"]


def test_a_promise_of_one_who_moves_too_late_is_found(ward: Path, tmp_path: Path) -> None:
    narrow(ward, 20)
    plan(ward, a_list(tmp_path, "A0000001,,,0101,,,2026-12-05", "A0000002,,,0105,,,2026-12-05"))
    book = book_of(ward)
    row = book.get("moves", ("A0000002", DAY)) or {}
    book.remove("moves", ("A0000002", DAY))
    book.put("moves", {**row, "move_date": "2026-12-06"})
    assert [(problem.code, problem.params["asset_id"]) for problem in book.check().problems] == [("E0932", "A0000001")]


def test_full_floor_that_nobody_leaves(ward: Path, tmp_path: Path) -> None:
    narrow(ward, 20)
    assert refused(ward, a_list(tmp_path, "A0000002,,,0105,,,2026-12-05")) == [("E0943", 2)]


def test_980_moves_of_the_sample_in_four_days(sample: Path, tmp_path: Path) -> None:
    """Sections of the main building change places; every day is carried out, and after each the ward has no errors."""
    book = book_of(sample)
    sections = [
        row for row in book.rows("departments").values() if row["site"] == "HON" and not row["valid_to"] and row["valid_from"] < DAY
    ]
    planned = {row["asset_id"] for row in book.rows("moves").values()}
    here: dict[str, list[str]] = {}
    for layer in ("lgwan", "mn"):
        for row in book.find("terminals", layer, status="active", site="HON"):
            if row["asset_id"] not in planned:
                here.setdefault(row["dept_code"], []).append(row["asset_id"])
    half, lines = len(sections) // 2, []
    for index in range(half):
        one, other = sections[index], sections[index + half]
        for source, target in ((one, other), (other, one)):
            day = ("2027-03-26", "2027-03-27", "2027-03-29", "2027-03-30")[index % 4]
            lines += [f"{name},,{source['name']},{target['code']},,{target['floor']},{day}" for name in here.get(source["code"], ())]
    made = plan(sample, a_list(tmp_path, *lines[:980]))
    assert len(made.planned) == 980
    assert len({row["ip"] for row in made.planned} - {""}) + sum(bool(row["takes_over"]) for row in made.planned) == len(
        [row for row in made.planned if row["from_floor"] != row["to_floor"]]
    )
    wanted = {row["asset_id"]: (row["to_dept"], row["to_site"], row["to_floor"]) for row in made.planned}
    book = book_of(sample)
    for old in planned:  # the sample's own moves come before
        moving.cancel(book, dt.date.fromisoformat(next(row["move_date"] for row in book.find("moves", asset_id=old))), [old], order())
    keep(book)
    for day in ("2027-03-26", "2027-03-27", "2027-03-29", "2027-03-30"):
        set_today(sample, day)
        life = life_of(sample, dt.date.fromisoformat(day))
        moving.apply(life)
        keep(life.book)
    moved = {
        row["asset_id"]: (row["dept_code"], row["site"], row["floor"])
        for layer in ("lgwan", "mn")
        for row in book_of(sample).rows("terminals", layer).values()
    }
    assert {name: moved[name] for name in wanted} == wanted


def test_papers_say_who_goes_where_and_which_port(sample: Path) -> None:
    book = book_of(sample)
    rows = moving.select(book, DAY)
    page = papers.work_sheets(book, rows, DAY)
    lines = papers.wiring_rows(book, rows, DAY)
    first = rows[0]
    name = (book.get("terminals", first["asset_id"], "lgwan") or {})["computer_name"]
    for text in (name, first["ip"], first["printer"], f"{first['device']} {first['port']}", "端末移動作業指示書", "令和8年12月5日（土）"):
        assert text in page
    assert len(lines) == len(rows)
    sheet = list(csv.reader(io.StringIO(papers.wiring_sheet(lines, "cp932").decode("cp932"))))
    assert sheet[0][1:4] == ["端末名", "資産番号", "系統"]
    assert {line[2] for line in sheet[1:]} == {row["asset_id"] for row in rows}
    assert all(line[4] and line[8] for line in sheet[1:])  # a port to take off, a port to put on
    assert name in papers.wiring_page(lines, DAY)
    assert TICKET not in page
