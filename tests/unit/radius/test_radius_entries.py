"""Items and rows: what is read is what was written, and whatever is foreign is seen."""

from __future__ import annotations

import datetime as dt

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.plan import Change, Plan
from ansible_collections.ward.ops.plugins.module_utils.radius import entries
from ansible_collections.ward.ops.plugins.module_utils.radius.entries import Row, SetPlan, State
from hypothesis import given
from hypothesis import strategies as st

MAC = "024b54000001"
NAME = "02-4B-54-00-00-01"
MACS = st.integers(0, 2**48 - 1).map(lambda number: f"{number:012x}")
ITEMS = st.builds(
    lambda vlan, expires: {"vlan": vlan, "expires": expires} if expires else {"vlan": vlan},
    st.integers(1, 4094),
    st.one_of(st.none(), st.dates(dt.date(1970, 1, 2), dt.date.fromisoformat(entries.LAST_DAY)).map(lambda day: day.isoformat())),
)


def rows(*contents: tuple[str, str, str, str, str]) -> list[Row]:
    return [Row(content[0], number, *content[1:]) for number, content in enumerate(contents, 1)]


def state(*contents: tuple[str, str, str, str, str]) -> State:
    return entries.state_of(rows(*contents), [])


@pytest.mark.parametrize(
    "name",
    [NAME, NAME.lower(), "02:4b:54:00:00:01", "024B54000001", "024b.5400.0001", "024b54-000001", "02.4B.54.00.00.01", "02 4b 54 00 00 01"],
)
def test_a_mac_in_any_spelling_is_ours(name: str) -> None:
    assert entries.canonical(name) == MAC


@pytest.mark.parametrize(
    "name",
    [
        "d000001",
        "",
        "02-4B-54-00-00",
        "02-4B:54-00-00-01",
        "02-4B-54-00-00-0G",
        "０２４Ｂ５４００００００１",
        f"{NAME}\n",
        f" {NAME}",
        f"{NAME}@x",
    ],
)
def test_a_person_is_not_ours(name: str) -> None:
    assert entries.canonical(name) is None


@given(st.dictionaries(MACS, ITEMS, max_size=20))
def test_what_is_written_is_read_back(wanted: dict[str, dict[str, object]]) -> None:
    written = [row for mac, item in wanted.items() for row in entries.rows_of(mac, item)]
    assert entries.state_of(rows(*written), []).entries == wanted


@pytest.mark.parametrize(
    "extra",
    [
        ("radcheck", NAME, "Auth-Type", ":=", "Accept"),
        ("radreply", NAME, "Tunnel-Private-Group-Id", ":=", "1"),
        ("radusergroup", NAME, "vlan102", "", "2"),
        ("radcheck", "024b54000001", "Cleartext-Password", ":=", "024b54000001"),
        ("radcheck", NAME, "Cleartext-Password", ":=", NAME),
        ("radcheck", NAME, "Expiration", ":=", "31 Dec 2026"),
    ],
)
def test_foreign_rows_make_a_difference(extra: tuple[str, str, str, str, str]) -> None:
    found = state(*entries.rows_of(MAC, {"vlan": 101}), extra)
    assert found.entries[MAC] != {"vlan": 101}
    assert list(extra) in found.entries[MAC]["rows"]


@pytest.mark.parametrize("left_out", [0, 1])
def test_half_an_entry_is_not_an_entry(left_out: int) -> None:
    half = [row for index, row in enumerate(entries.rows_of(MAC, {"vlan": 101})) if index != left_out]
    assert "rows" in state(*half).entries[MAC]


@given(MACS)
def test_the_quick_spelling_is_the_right_one(mac: str) -> None:
    assert entries.user_name(mac) == entries.FREERADIUS.render(mac)


def test_people_do_not_appear() -> None:
    assert state(("radcheck", "d000001", "NT-Password", ":=", "x"), ("radusergroup", "d000001", "vlan101", "", "1")) == State()


def test_an_odd_item_goes_back_as_it_was() -> None:
    contents = [("radcheck", NAME, "Auth-Type", ":=", "Accept"), ("radreply", NAME, "Class", "=", "x")]
    item = state(*contents).entries[MAC]
    assert sorted(entries.rows_of(MAC, item)) == sorted(contents)


def test_a_password_is_not_shown() -> None:
    item = state(("radcheck", NAME, "Cleartext-Password", ":=", "geheim"), ("radcheck", NAME, "Cleartext-Password", ":=", NAME)).entries[
        MAC
    ]
    text = str(entries.shown(MAC, item))
    assert "geheim" not in text
    assert "(hidden)" in text
    assert NAME in text


def test_a_vlan_changes_in_place_and_other_rows_are_not_touched() -> None:
    before = state(*entries.rows_of(MAC, {"vlan": 101}))
    plan = SetPlan(Plan(change=[Change(MAC, {"vlan": 101}, {"vlan": 102})]), Plan())
    work = entries.operations(plan, before)
    assert work.update == {"radusergroup": [Row("radusergroup", 2, NAME, "vlan102", "", "1")]}
    assert (work.insert, work.delete) == ({}, {})


def test_another_spelling_is_replaced() -> None:
    old = [("radcheck", "024b54000001", "Cleartext-Password", ":=", "024b54000001"), ("radusergroup", "024b54000001", "vlan101", "", "1")]
    before = state(*old)
    plan = SetPlan(Plan(change=[Change(MAC, before.entries[MAC], {"vlan": 101})]), Plan())
    work = entries.operations(plan, before)
    assert {table: len(found) for table, found in work.insert.items()} == {"radcheck": 1, "radusergroup": 1}
    assert work.delete == {"radcheck": [1], "radusergroup": [2]}


def test_an_expiry_is_the_end_of_the_day_in_japan() -> None:
    assert entries.to_epoch("2026-12-31") == 1798729199
    assert entries.from_epoch("1798729199") == "2026-12-31"
    assert entries.from_epoch("1798729100") == "2026-12-31T23:58:20+09:00"
    for text in ("31 Dec 2026", "", "-1", "01798729199", "4294967296", "１"):
        assert entries.from_epoch(text) is None
    assert entries.limited("9999-12-31") == ""
    assert entries.to_epoch(entries.limited("2106-02-06")) <= entries.LAST_EPOCH


@pytest.mark.parametrize(
    "data",
    [
        {"024B54000001": {"vlan": 101}},
        {MAC: {"vlan": "101"}},
        {MAC: {"vlan": 4095}},
        {MAC: {"vlan": True, "rows": [["radcheck", NAME, "a"]]}},
        {MAC: {"rows": [["radcheck", "d000001", "Auth-Type", ":=", "Accept"]]}},
        {MAC: {"rows": [["nas", NAME, "a", "b", "c"]]}},
        {MAC: {"vlan": 101, "expires": "soon"}},
        {MAC: 101},
    ],
)
def test_a_rollback_file_cannot_bring_in_anything_else(data: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        entries.entry_items(data)
