"""The desired set. covers: E0501, E0502, E0504, E0511, E0512, E0510"""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward
from ansible_collections.ward.ops.plugins.module_utils.radius.desired import Desired, desired_set, find_terminal, sample, unknown_macs
from ansible_collections.ward.ops.plugins.module_utils.radius.sync import Request, wanted_of

from tests.unit.radius import wards

TERMINALS = "ledgers/lgwan/terminals.csv"


def desired(ward: Path, layer: str = "lgwan") -> Desired:
    return desired_set(Ward(ward), layer)


def codes(ward: Path) -> list[tuple[str, str, int]]:
    with pytest.raises(WardopsError) as caught:
        desired(ward)
    return [(problem.code, Path(problem.path).name, problem.line) for problem in caught.value.problems]


def isolate(ward: Path, macs: str, until: str = "") -> None:
    row = {"asset_id": "A0000001", "macs": macs, "layer": "lgwan", "since": "2026-11-20T00:00:00Z", "until": until}
    old = wards.read(ward / "ledgers/isolations.csv")
    wards.write(ward / "ledgers/isolations.csv", wards.ISOLATIONS, [*old, row])


def test_the_set_of_a_layer(ward: Path) -> None:
    found = desired(ward)
    assert found.items == {
        **{wards.mac(2 * number): {"vlan": 101 + number} for number in range(1, 7)},
        wards.mac(7): {"vlan": 104},
        wards.mac(13): {"vlan": 107},
        wards.mac(14): {"vlan": 115},
        wards.mac(0x800001): {"vlan": 113},
        wards.mac(0x900001): {"vlan": 401},
        wards.mac(0xA00001): {"vlan": 101, "expires": "2027-03-31"},
        wards.mac(0xA00003): {"vlan": 101},
    }
    assert found.states[wards.mac(14)] == "setup"
    assert found.refused() == [wards.mac(16), wards.mac(0x900002), wards.mac(0xA00002)]


def test_another_layer_sees_nothing_of_it(ward: Path) -> None:
    assert desired(ward, "mn").items == {wards.mac(0x800002): {"vlan": 113}}


def test_a_layer_without_radius(ward: Path) -> None:
    with pytest.raises(WardopsError, match="E0512"):
        desired(ward, "standalone")


def test_an_isolated_terminal_is_in_quarantine_with_all_its_macs(ward: Path) -> None:
    isolate(ward, f"{wards.mac(6)} {wards.mac(7)}")
    found = desired(ward)
    assert [found.items[wards.mac(number)]["vlan"] for number in (6, 7)] == [999, 999]
    assert found.released == set()


def test_a_closed_isolation_releases_and_a_new_one_binds_again(ward: Path) -> None:
    isolate(ward, wards.mac(6), until="2026-11-21T00:00:00Z")
    assert desired(ward).released == {wards.mac(6)}
    assert desired(ward).items[wards.mac(6)] == {"vlan": 104}
    isolate(ward, wards.mac(6))
    assert desired(ward).released == set()
    assert desired(ward).items[wards.mac(6)] == {"vlan": 999}


def test_a_last_day_that_no_server_can_keep_is_no_last_day(ward: Path) -> None:
    wards.change_cells(ward, "ledgers/radius_extra.csv", "mac", wards.mac(0xA00001), valid_to="9999-12-31")
    assert desired(ward).items[wards.mac(0xA00001)] == {"vlan": 101}


def test_isolation_keeps_the_expiry(ward: Path) -> None:
    isolate(ward, wards.mac(0xA00001))
    assert desired(ward).items[wards.mac(0xA00001)] == {"vlan": 999, "expires": "2027-03-31"}


def test_all_problems_at_once_with_both_places(ward: Path) -> None:
    wards.change_cells(ward, TERMINALS, "asset_id", "A0000002", mac_lan=wards.mac(2))
    wards.change_cells(ward, TERMINALS, "asset_id", "A0000003", mac_lan="01005e000001")
    wards.change_cells(ward, TERMINALS, "asset_id", "A0000004", mac_lan="02-4B-54-00-00-08")
    wards.change_cells(ward, TERMINALS, "asset_id", "A0000005", vlan="")
    assert codes(ward) == [
        ("E0501", "terminals.csv", 3),
        ("E0502", "terminals.csv", 4),
        ("E0510", "terminals.csv", 5),
        ("E0504", "terminals.csv", 6),
    ]
    with pytest.raises(WardopsError) as caught:
        desired(ward)
    assert "terminals.csv:2:" in caught.value.problems[0].text("ja")


def test_one_mac_in_two_ledgers(ward: Path) -> None:
    wards.change_cells(ward, "ledgers/printers.csv", "name", "PL-HON-0301", mac=wards.mac(4))
    assert codes(ward) == [("E0501", "printers.csv", 2)]


def test_a_returned_device_still_owns_its_mac(ward: Path) -> None:
    wards.change_cells(ward, "ledgers/printers.csv", "name", "PL-HON-0301", mac=wards.mac(16))
    assert codes(ward) == [("E0501", "printers.csv", 2)]


def test_limit_takes_also_the_macs_that_must_go(ward: Path) -> None:
    wanted = desired(ward).wanted(frozenset({"LG25N00003", "LG25N00008"}))
    assert wanted.scope == {wards.mac(6), wards.mac(7), wards.mac(16)}


def test_a_section_of_the_same_name_as_a_host_is_not_in_scope(ward: Path) -> None:
    assert desired(ward).wanted(frozenset({"0105"})).scope == set()


def test_find_terminal(ward: Path) -> None:
    want = ("A0000003", "LG25N00003", [wards.mac(6), wards.mac(7)])
    assert find_terminal(desired(ward), "LG25N00003") == want
    assert find_terminal(desired(ward), "A0000003") == want
    for name in ("LG25N99999", "", "PL-HON-0301"):
        with pytest.raises(WardopsError, match="E0511"):
            find_terminal(desired(ward), name)


def test_sample_is_even_and_the_same_each_time() -> None:
    macs = {wards.mac(number) for number in range(100)}
    assert sample(macs, 4) == [wards.mac(number) for number in (0, 25, 50, 75)]
    assert len(sample(macs, 0)) == len(sample(macs, 1000)) == 100


def test_unknown_macs_are_unknown(ward: Path) -> None:
    wards.change_cells(ward, "ledgers/printers.csv", "name", "PL-HON-0301", mac="00005e005300")
    assert list(unknown_macs(desired(ward), 2)) == ["00005e005301", "00005e005302"]


def test_what_the_check_refuses_is_not_admitted(tmp_path: Path) -> None:
    """An operator who skips ``make check`` must not let in a randomised address, or what nobody approved."""
    root = wards.make(tmp_path)
    rows = wards.read(root / "ledgers/radius_extra.csv")
    rows[0]["approver"] = ""
    rows.append({**rows[0], "mac": "02005e005301", "approver": "d000001"})
    wards.write(root / "ledgers/radius_extra.csv", wards.EXTRA, rows)
    with pytest.raises(WardopsError) as caught:
        desired_set(Ward(root), "lgwan")
    assert sorted(problem.code for problem in caught.value.problems) == ["E0204", "E0361"]


def test_a_sync_never_releases_even_what_an_older_row_has_closed(tmp_path: Path) -> None:
    """Isolated, released and committed, then isolated again elsewhere: this copy of the ledger knows only the closed row."""
    root = wards.make(tmp_path)
    mac = wards.mac(6)
    row = {"asset_id": "A0000003", "macs": mac, "layer": "lgwan", "since": "2026-11-01T00:00:00Z", "until": "2026-11-02T00:00:00Z"}
    wards.write(root / "ledgers/isolations.csv", wards.ISOLATIONS, [{**row, "reason": "x", "ticket": "INC-2026-00001", "operator": "o"}])
    ward = Ward(root)
    assert mac in desired_set(ward, "lgwan").released
    request = Request(ward=root, layer="lgwan", evidence=tmp_path / "evidence")
    assert wanted_of(ward, request, "postgresql").released == frozenset()
