"""The ledger's side of an isolation, without a server."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward
from ansible_collections.ward.ops.plugins.module_utils.radius import isolation
from ansible_collections.ward.ops.plugins.module_utils.radius.sync import Work

from tests.unit.radius import wards

NOW = dt.datetime(2026, 11, 22, 3, 4, 5, tzinfo=dt.UTC)
LEDGER = "ledgers/isolations.csv"


def order(ward: Path, isolate: bool, name: str = "LG25N00003", minutes: int = 0, check: bool = False) -> tuple[dict[str, Any], Work]:
    seen: list[Work] = []

    def go(work: Work) -> dict[str, Any]:
        seen.append(work)
        work.before_apply()
        return {"changed": True, "diff": {}}

    words = isolation.Order(name, isolate, '検知, "引用"', "INC-2026-00123", "tester", NOW + dt.timedelta(minutes=minutes))
    return isolation.carry_out(Ward(ward), "lgwan", words, check, go), seen[0]


def rows(ward: Path) -> list[list[str]]:
    return [[row["asset_id"], row["since"][11:19], row["until"][11:19]] for row in wards.read(ward / LEDGER)]


def test_a_row_opens_and_closes(ward: Path) -> None:
    _, work = order(ward, True)
    assert [work.wanted.items[mac]["vlan"] for mac in (wards.mac(6), wards.mac(7))] == [999, 999]
    assert work.wanted.scope == {wards.mac(6), wards.mac(7)}
    assert rows(ward) == [["A0000003", "03:04:05", ""]]
    _, work = order(ward, False, minutes=5)
    assert work.wanted.released == {wards.mac(6), wards.mac(7)}
    assert rows(ward) == [["A0000003", "03:04:05", "03:09:05"]]


def test_twice_in_one_second_keeps_the_key_unique(ward: Path) -> None:
    for isolate in (True, False, True, False):
        order(ward, isolate)
    assert rows(ward) == [["A0000003", "03:04:05", "03:04:05"], ["A0000003", "03:04:06", "03:04:06"]]


def test_a_second_order_writes_no_second_row(ward: Path) -> None:
    order(ward, True)
    before = (ward / LEDGER).read_bytes()
    result, work = order(ward, True, minutes=1)
    assert (result["ledger"], work.also) == (None, {})
    assert (ward / LEDGER).read_bytes() == before


def test_a_new_card_in_an_isolated_terminal_is_isolated_too(ward: Path) -> None:
    order(ward, True)
    wards.change_cells(ward, "ledgers/lgwan/terminals.csv", "computer_name", "LG25N00003", mac_wlan=wards.mac(0x700000))
    _, work = order(ward, True, minutes=1)
    assert work.wanted.items[wards.mac(0x700000)]["vlan"] == 999
    order(ward, False, minutes=2)
    assert [row[2] for row in rows(ward)] == ["03:06:05", "03:06:05"]


def test_rows_stay_sorted_and_quoted(ward: Path) -> None:
    for name in ("LG25N00005", "LG25N00002", "LG25N00004"):
        order(ward, True, name)
    assert [row[0] for row in rows(ward)] == ["A0000002", "A0000004", "A0000005"]
    assert wards.read(ward / LEDGER)[0]["reason"] == '検知, "引用"'


def test_check_mode_writes_nothing(ward: Path) -> None:
    before = (ward / LEDGER).read_bytes()
    result, work = order(ward, True, check=True)
    assert result["ledger"]["after"]["asset_id"] == "A0000003"
    assert work.wanted.items[wards.mac(6)]["vlan"] == 999
    assert (ward / LEDGER).read_bytes() == before


def test_a_ward_without_the_ledger_gets_one(ward: Path) -> None:
    (ward / LEDGER).unlink()
    order(ward, True)
    assert rows(ward) == [["A0000003", "03:04:05", ""]]
