"""Terms, pools, holders, equipment, counts and exports from outside, on small wards and on the sample.

covers: E1020, E1021, E1022, E1023, E1024, E1025, E1028
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.ledger.book import Book
from ansible_collections.ward.ops.plugins.module_utils.ledger.registers import cards, counting, engine, installed, lists, seldom
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.registers.register_wards import ORDER, SAMPLE, TODAY, codes, found, policy, ward

#: 2026-11-20 03:04:05 UTC as 100 ns since 1601; 1970-01-01 is 116444736000000000 ([MS-DTYP] 2.3.3)
FILETIME = (int(dt.datetime(2026, 11, 20, 3, 4, 5, tzinfo=dt.UTC).timestamp()) * 10_000_000) + 116_444_736_000_000_000


def loan(book: Book, number: int, due: str) -> str:
    loan_id = f"LN-2026-{number:04d}"
    row = {
        "loan_id": loan_id,
        "asset_id": "RC-0001",
        "dept_code": "0105",
        "staff_id": "d000001",
        "purpose": "会議",
        "lent_date": "2026-11-01",
    }
    book.put("loans", {**row, "due_date": due, "ticket": "CHG-2026-00001"})
    return loan_id


def test_a_thing_is_overdue_from_the_day_after_its_due_date() -> None:
    book = ward()
    late, today, later = (loan(book, number, due) for number, due in ((2, "2026-11-21"), (3, "2026-11-22"), (4, "2026-11-29")))
    ends = {end.key: end for end in engine.ends(book, {"due": 7, "end": 90}, "loans")}
    assert (ends[late].left, ends[late].overdue) == (-1, True)
    assert (ends[today].left, ends[today].overdue) == (0, False)
    assert ends[later].left == 7
    assert [row[1] for row in lists.overdue(book).rows if row[0] == "貸出"] == [late]
    assert [row[1] for row in lists.due_soon(book, 7).rows if row[0] == "貸出"] == [today, later]


def test_an_extended_lease_ends_with_its_extension() -> None:
    book = ward()
    book.update("leases", "L25-0001", end_date="2026-12-01", extended_to="2027-12-31", status="extended")
    assert [end.date for end in engine.ends(book, ledger="leases")] == [dt.date(2027, 12, 31)]


@given(st.dates(dt.date(2020, 1, 1), dt.date(2040, 12, 31)))
def test_quarters_begin_in_april(day: dt.date) -> None:
    number = {4: 1, 5: 1, 6: 1, 7: 2, 8: 2, 9: 2, 10: 3, 11: 3, 12: 3, 1: 4, 2: 4, 3: 4}[day.month]
    year = day.year if day.month > 3 else day.year - 1
    assert engine.quarter(day) == f"{year}年度 第{number}四半期"


def test_pools_add_up_what_is_valid_today() -> None:
    book = ward()
    base = book.get("licenses", "S00001") or {}
    book.put("licenses", {**base, "license_id": "S00002", "quantity": "5", "assigned": "12"})
    book.put("licenses", {**base, "license_id": "S00003", "quantity": "900", "valid_to": "2026-11-21"})
    (pool,) = engine.pools(book)
    assert (pool.capacity, pool.used, pool.free, pool.rows) == (105, 14, 91, 2)
    book.update("licenses", "S00001", assigned="100")
    report = lists.pools(book)
    assert report.rows[0][4] == -7
    assert report.warn == {0}


def test_what_hangs_on_a_lease_is_counted_and_compared() -> None:
    book = ward()
    (lease,) = [item for item in engine.hanging(book, "leases") if item.row["lease_id"] == "L25-0001"]
    assert (lease.expected, lease.counted) == (2, len(book.find("terminals", "lgwan", lease_id="L25-0001")))
    with pytest.raises(WardopsError) as error:
        engine.hanging(book, "media")
    assert codes(error.value) == ["E1028"]


def test_people_who_have_left_still_hold_cards_and_loans() -> None:
    book = Book(SAMPLE)
    assert engine.leavers(book) == []
    card = next(row for row in book.rows("room_access").values() if row["staff_id"] and row["status"] == "valid")
    for layer in book.files("users"):
        if book.get("users", card["staff_id"], layer):
            book.update("users", card["staff_id"], layer, valid_to="2026-11-20")
    assert [(item.staff_id, item.left_on) for item in engine.leavers(book) if item.key == card["access_id"]] == [
        (card["staff_id"], "2026-11-20")
    ]
    book.update("users", card["staff_id"], "lgwan", valid_to=TODAY.isoformat())
    assert engine.leavers(book) == []  # the last day of service is still service


def test_cards_come_back_from_leavers_and_from_sections_that_end() -> None:
    book = Book(SAMPLE)
    found = {item.section: item for item in cards.to_collect(book, dt.date(2027, 3, 1), dt.date(2027, 3, 31))}
    ended = [row["code"] for row in book.rows("departments").values() if row["valid_to"] == "2027-03-31"]
    going_on = {row["code"] for row in book.rows("departments").values() if row["valid_from"] == "2027-04-01"}
    gone = [code for code in ended if code not in going_on]
    assert gone
    issued = {code: len(book.find("print_cards", dept_code=code, status="issued")) for code in found}
    for code, item in found.items():
        assert bool(item.ends) == (code in gone)
        assert item.wanted == (issued[code] if code in gone else min(item.leavers, issued[code]))
    assert cards.to_collect(book, dt.date(2026, 12, 1), dt.date(2026, 12, 31)) == []


# --- counting


def fill(folder: Path, header: list[str], rows: list[list[str]], counts: dict[str, str]) -> Path:
    path = folder / "棚卸.csv"
    lines = [",".join(header), *(",".join([*row[:-1], counts.get(row[0], "")]) for row in rows)]
    path.write_bytes(("\r\n".join(lines) + "\r\n").encode("cp932"))
    return path


def test_a_count_of_stock_gives_differences_and_adjusts_by_movements(tmp_path: Path) -> None:
    book = ward()
    header, rows = counting.count_sheet(book, "stock")
    assert header[-1] == "棚卸数"
    assert all(row[-1] == "" for row in rows)
    lines = counting.compare(book, "stock", fill(tmp_path, header, rows, {"Z00010": "2", "Z00011": "４０", "Z00012": "25"}))
    assert {line.key: (line.counted, line.difference) for line in lines if line.counted is not None} == {
        "Z00010": (2, -1),
        "Z00011": (40, 0),
        "Z00012": (25, 0),
    }
    report = lists.counted(book, "stock", lines)
    assert [row[0] for row in report.rows if row[4] != "未実施"] == ["Z00010"]
    assert counting.adjust(book, "stock", lines, ORDER) == 1
    assert [(book.get("stock", key) or {})["counted_on"] for key in ("Z00010", "Z00011", "Z00013")] == ["2026-11-22"] * 2 + ["2026-10-01"]
    move = book.get("stock_moves", ("Z00010", "2")) or {}
    assert (move["kind"], move["change"], move["ticket"]) == ("count", "-1", "CHG-2026-00500")
    assert found(book) == []


def test_media_are_counted_one_by_one_and_what_is_missing_is_only_told(tmp_path: Path) -> None:
    book = ward()
    header, rows = counting.count_sheet(book, "media")
    lines = counting.compare(book, "media", fill(tmp_path, header, rows, {"MD-2026-0001": "×"}))
    assert [(line.key, line.difference) for line in lines] == [("MD-2026-0001", -1)]
    assert counting.adjust(book, "media", lines, ORDER) == 0
    assert book.changes() == [] or {change.ledger for change in book.changes()} <= {"stock", "stock_moves", "supplies", "loan_items"}
    lines = counting.compare(book, "media", fill(tmp_path, header, rows, {"MD-2026-0001": "○"}))
    counting.adjust(book, "media", lines, ORDER)
    assert (book.get("media", "MD-2026-0001") or {})["checked_date"] == "2026-11-22"


def test_a_wrong_count_sheet_is_refused_with_every_row(tmp_path: Path) -> None:
    book = ward()
    path = tmp_path / "棚卸.csv"
    path.write_text("在庫番号,棚卸数\nZ00010,1\nZ99999,1\nZ00010,2\nZ00011,たくさん\nZ00013,-1\n", encoding="utf-8")
    with pytest.raises(WardopsError) as error:
        counting.compare(book, "stock", path)
    assert codes(error.value) == ["E1021", "E1022", "E1023", "E1023"]
    path.write_text("番号,数\nZ00010,1\n", encoding="utf-8")
    with pytest.raises(WardopsError) as error:
        counting.compare(book, "stock", path)
    assert codes(error.value) == ["E1020"]
    with pytest.raises(WardopsError) as error:
        counting.compare(book, "servers", path)
    assert codes(error.value) == ["E1028"]


# --- exports


def test_times_of_exports() -> None:
    sources = policy(ward()).sources
    expected = dt.datetime(2026, 11, 20, 3, 4, 5, tzinfo=dt.UTC)
    assert seldom.parse_time(str(FILETIME), sources["ad"]) == expected
    assert seldom.parse_time("0", sources["ad"]) is None
    assert seldom.parse_time(str(2**63 - 1), sources["ad"]) is None
    assert seldom.parse_time("2026-11-20T03:04:05Z", sources["wsus"]) == expected
    assert seldom.parse_time("2026-11-20T03:04:05", sources["wsus"]) == expected  # WSUS writes UTC
    assert seldom.parse_time("2026/11/20 12:04:05", sources["skysea"]) == expected  # the console writes Japanese time
    assert seldom.parse_time("2026年11月20日 12時04分05秒", sources["skysea"]) == expected
    assert seldom.parse_time("なし", sources["skysea"]) is None
    for text, code in (("1.3E+17", "ad"), ("昨日", "wsus"), ("2026/13/01", "skysea")):
        with pytest.raises(ValueError, match=r".*"):
            seldom.parse_time(text, sources[code])


@given(st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2100, 1, 1)))
def test_filetimes_come_back(moment: dt.datetime) -> None:
    source = policy(ward()).sources["ad"]
    whole = moment.replace(tzinfo=dt.UTC)
    micro = (whole - dt.datetime(1601, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)
    assert seldom.parse_time(str(micro * 10), source) == whole


def test_seldom_used_terminals_with_and_without_sources(tmp_path: Path) -> None:
    book = ward()
    rules = policy(book)
    old, recent = "2026-05-01T00:00:00Z", "2026-11-20T00:00:00Z"
    wsus = tmp_path / "wsus.csv"
    wsus.write_text(f"ComputerName,LastReportedStatusTime\nLG25N00001.lg.ward.example,{old}\nLG25N00002,{old}\n", encoding="utf-8-sig")
    skysea = tmp_path / "skysea.txt"
    skysea.write_bytes("コンピューター名\t最終使用日時\r\nLG25N00002\t2026/11/20 9:00\r\nlg25n00001\t\r\n".encode("utf-16"))
    one = [seldom.read_seen(wsus, rules.source("wsus"))]
    assert sorted(item.row["computer_name"] for item in seldom.seldom(book, rules, one) if item.days) == ["LG25N00001", "LG25N00002"]
    both = [*one, seldom.read_seen(skysea, rules.source("skysea"))]
    (item,) = seldom.seldom(book, rules, both, ["lgwan"])
    assert (item.row["computer_name"], item.days) == ("LG25N00001", 205)
    report = lists.seldom(book, rules, both, [item])
    assert "出力がないため見ていないもの：AD最終ログオン" in report.note
    assert report.rows[0][-3:] == ["2026-05-01 09:00", "なし", 205]
    wsus.write_text(f"ComputerName,LastReportedStatusTime\nLG25N00001,{recent}\nLG25N00002,いつか\n", encoding="utf-8")
    seen = seldom.read_seen(wsus, rules.source("wsus"))
    assert [problem.code for problem in seen.unreadable] == ["E1024"]
    assert seldom.seldom(book, rules, []) == []  # without any export nothing is known
    with pytest.raises(WardopsError) as error:
        rules.source("epo")
    assert codes(error.value) == ["E1025"]


def test_installations_against_rights(tmp_path: Path) -> None:
    book = ward()
    path = tmp_path / "導入.csv"
    rows = [
        "LG25N00001,文書作成",
        "LG25N00001,文書作成",
        "LG25N00002,文書作成",
        "LG99N00001,文書作成",
        "LG25N00001,合成業務用オフィス ２０２０ 更新版",
    ]
    path.write_bytes(("コンピューター名,ソフトウェア名\r\n" + "\r\n".join([*rows, "LG25N00001,謎の道具"]) + "\r\n").encode("cp932"))
    data = installed.read_installations(book, policy(book), [path])
    uses = {use.product: (use.rights, use.installed, use.state) for use in installed.compare(book, data)}
    assert uses == {"文書作成": (100, 2, "fits"), "合成業務用オフィス 2020": (0, 1, "unlicensed")}
    assert (dict(data.unknown_products), data.strange) == ({"謎の道具": 1}, {"LG99N00001"})
    book.update("licenses", "S00001", quantity="1", assigned="1")
    report = lists.installed(installed.compare(book, data), data)
    assert [row[5] for row in report.rows] == ["超過", "権利なし", "製品不明（名寄せなし）"]
    assert report.warn == {0, 1}
