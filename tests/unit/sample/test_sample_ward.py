"""The sample ward: the committed files are the generator's, and its numbers are those that were asked for."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest
import yaml

from tools.generate_sample import generate

REPOSITORY = Path(__file__).resolve().parents[3]
SAMPLE = REPOSITORY / "inventories" / "sample"

#: code: terminals lgwan, mn, standalone; printers; network devices (design of the sample data, part 3.1)
SITES = {
    "HON": (1612, 322, 52, 196, 287),
    "DCA": (24, 12, 12, 6, 60),
    "HPK": (196, 38, 8, 28, 38),
    "FHT": (148, 30, 4, 20, 24),
    "KMA": (58, 22, 2, 10, 11),
    "KNM": (58, 22, 2, 10, 11),
    "SKI": (58, 22, 2, 10, 11),
    "HRK": (44, 18, 2, 8, 10),
    "TKS": (44, 18, 2, 8, 10),
    "MZM": (44, 18, 2, 8, 10),
    "JSO": (92, 22, 6, 16, 18),
    "HCN": (60, 16, 4, 14, 13),
    "SEI": (72, 0, 4, 12, 13),
    "TOS": (86, 0, 10, 16, 21),
    "KYI": (104, 8, 8, 20, 26),
    "DBK": (74, 6, 6, 14, 13),
    "WOM": (48, 0, 4, 10, 10),
    "TEC": (56, 0, 6, 12, 11),
    "WEL": (64, 10, 6, 14, 14),
    "ECO": (58, 16, 8, 18, 9),
}
VOLUMES = {
    "lgwan/terminals": 3000,
    "mn/terminals": 600,
    "standalone/terminals": 150,
    "accessories": 9500,
    "printers": 450,
    "print_cards": 5200,
    "network_devices": 647,
    "switch_ports": 8600,
    "servers": 190,
    "sites": 20,
    "usb_devices": 900,
    "lgwan/users": 4500,
    "licenses": 320,
    "leases": 260,
    "stock": 400,
    "loans": 150,
    "media": 700,
    "room_access": 240,
    "jobs": 400,
    "checks": 180,
}


def rows(name: str) -> list[dict[str, str]]:
    with (SAMPLE / "ledgers" / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def devices() -> list[dict[str, str]]:
    """The 620 network devices in service; the others are spares."""
    return [row for row in rows("network_devices") if row["status"] == "active"]


def policy(name: str) -> dict[str, list[dict[str, list[str]]]]:
    value: dict[str, list[dict[str, list[str]]]] = yaml.safe_load((SAMPLE / "policies" / f"{name}.yml").read_bytes())
    return value


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for part in ("ledgers", "policies") for path in (folder / part).rglob("*.*")}


def test_the_committed_files_are_the_generators(tmp_path: Path) -> None:
    generate(tmp_path)
    made, committed = files(tmp_path), files(SAMPLE)
    assert sorted(made) == sorted(committed)
    assert [name for name in made if made[name] != committed[name]] == []


@pytest.mark.parametrize(("name", "count"), VOLUMES.items())
def test_volumes(name: str, count: int) -> None:
    assert len(rows(name)) == count


def test_exact_totals_of_each_site() -> None:
    ledgers = ("lgwan/terminals", "mn/terminals", "standalone/terminals", "printers")
    counted = [Counter(row["site"] for row in table) for table in (*map(rows, ledgers), devices())]
    assert {row["code"]: tuple(count[row["code"]] for count in counted) for row in rows("sites")} == SITES


def test_network_devices_by_role() -> None:
    roles = Counter(row["role"] for row in devices())
    assert roles["core"] + roles["dist"] == 27
    assert (roles["l2"], roles["router"], roles["ap"]) == (359, 42, 164)
    assert roles["fw"] + roles["lb"] + roles["radius"] + roles["ups"] == 28


def test_there_are_spares_of_every_kind_of_network_device() -> None:
    spare = [row for row in rows("network_devices") if row["status"] == "spare"]
    kinds = {
        (row["role"], row["model"], row["firmware"]) for row in devices() if row["role"] in {"core", "dist", "l2", "router", "ap", "fw"}
    }
    assert {(row["role"], row["model"], row["firmware"]) for row in spare} == kinds
    assert len(spare) + len(devices()) == len(rows("network_devices")), "and nothing else"
    assert not [row["name"] for row in spare if row["mgmt_ip"] or row["uplink"] or row["config_backup"] != "none"]


def test_the_offices_have_software_routers() -> None:
    software = {row["name"] for row in devices() if row["os_profile"] == "frr"}
    assert software == {"DCA-01-RT-04", *(f"{site}-01-RT-01" for site in ("KMA", "KNM", "SKI", "HRK", "TKS", "MZM"))}
    assert {row["layer"] for row in devices() if row["os_profile"] == "frr"} == {"lgwan"}


def test_what_is_plugged_in_stays_in_its_layer_and_near_its_floor() -> None:
    switches = {row["name"]: row for row in devices() if row["role"] == "l2"}
    objects = {row["asset_id"]: {**row, "layer": layer} for layer in ("lgwan", "mn") for row in rows(f"{layer}/terminals")}
    objects |= {row["name"]: row for name in ("printers", "servers") for row in rows(name)}
    plugged = [row for row in rows("switch_ports") if row["connected_kind"] in ("terminal", "printer", "server")]
    other_layer = [row for row in plugged if objects[row["connected_to"]]["layer"] != switches[row["device"]]["layer"]]
    elsewhere = [row for row in plugged if objects[row["connected_to"]]["site"] != switches[row["device"]]["site"]]
    other_vlan = [row for row in plugged if objects[row["connected_to"]]["vlan"] != row["vlan"]]
    assert (other_layer, elsewhere, other_vlan) == ([], [], [])
    at_home = [row for row in plugged if objects[row["connected_to"]].get("floor", "1") == switches[row["device"]]["floor"]]
    assert len(at_home) / len(plugged) > 0.95  # small sites of the resident-record layer share a switch between floors


def test_every_device_in_service_is_plugged_in_once() -> None:
    plugged = Counter(row["connected_to"] for row in rows("switch_ports") if row["kind"] != "uplink" and row["connected_to"])
    terminals = [row for layer in ("lgwan", "mn") for row in rows(f"{layer}/terminals") if row["status"] in ("setup", "active", "lent")]
    points = [row["name"] for row in devices() if row["role"] == "ap"]
    physical = [row["name"] for row in rows("servers") if row["virtual"] == "false"]
    assert plugged == Counter([*(row["asset_id"] for row in terminals), *(row["name"] for row in rows("printers")), *points, *physical])


def test_uplinks_lead_to_the_core_without_a_loop() -> None:
    above = {row["name"]: row["uplink"] for row in devices()}
    layer = {row["name"]: row["layer"] for row in devices()}
    roots = set()
    for name in above:
        path = [name]
        while above[path[-1]]:
            path.append(above[path[-1]])
            assert len(path) < 8, path
        roots.add(path[-1])
    assert {name for name in roots if "-UP-" not in name} == {"DCA-01-CR-01", "DCA-01-CR-02", "DCA-01-FW-01", "DCA-01-FW-02"}
    crossing = {name for name, uplink in above.items() if uplink and layer[name] != layer[uplink]}
    assert {name[:3] for name in crossing} <= {"WEL", "ECO"}  # one router only


@pytest.mark.parametrize("scale", [2])
def test_a_larger_city_has_more_of_everything_and_the_same_rules(scale: int, tmp_path: Path) -> None:
    generate(tmp_path, scale)

    def read(name: str) -> list[dict[str, str]]:
        with (tmp_path / "ledgers" / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(stream))

    for name, count in VOLUMES.items():
        assert len(read(name)) == scale * count, name
    addresses = [row["ip"] for name in ("lgwan/terminals", "mn/terminals", "printers", "servers") for row in read(name) if row["ip"]] + [
        row["mgmt_ip"] for row in read("network_devices") if row["mgmt_ip"]
    ]
    assert len(set(addresses)) == len(addresses)


def test_departments_and_their_history() -> None:
    def on(day: str) -> set[str]:
        return {row["name"] for row in rows("departments") if row["valid_from"] <= day and (not row["valid_to"] or row["valid_to"] >= day)}

    assert len(on("2026-11-22")) == 100
    before, after = on("2027-03-31"), on("2027-04-01")
    assert len(before - after) == 3  # two merged, one renamed
    assert len(after - before) == 5  # three new, the one from two, the renamed one
    assert len({row["division_code"] for row in rows("departments")}) == 12


def test_radius_entries_are_5900() -> None:
    terminals = [row for layer in ("lgwan", "mn") for row in rows(f"{layer}/terminals") if row["status"] in ("setup", "active", "lent")]
    wireless = [row for row in terminals if row["mac_wlan"]]
    started = [row for row in rows("radius_extra") if row["valid_from"] <= "2026-11-22"]
    extra = [row for row in started if not row["valid_to"] or row["valid_to"] >= "2026-11-22"]
    assert len(wireless) == 1230
    assert len(extra) < len(started) < len(rows("radius_extra"))
    assert {row["layer"] for row in extra} == {"lgwan", "mn", "inet"}
    assert len(terminals) + len(wireless) + len(rows("printers")) + len(devices()) + len(extra) == 5900


def test_every_state_and_three_builds_are_there() -> None:
    for layer in ("lgwan", "mn"):
        states = {row["status"] for row in rows(f"{layer}/terminals")}
        assert states == {"stock", "setup", "active", "lent", "repair", "return_pending", "returned", "wiped", "disposed"}
    assert len({row["os_build"] for row in rows("lgwan/terminals")} - {""}) == 3


def test_macs_and_serials_are_synthetic() -> None:
    macs = [
        row[column]
        for name, column in (("lgwan/terminals", "mac_lan"), ("lgwan/terminals", "mac_wlan"), ("printers", "mac"))
        for row in rows(name)
    ]
    assert {mac[:6] for mac in macs if mac} == {"024b54"}
    assert {row["serial"][:3] for row in rows("lgwan/terminals")} == {"SYN"}


def test_policies_have_the_agreed_size() -> None:
    assert Counter(gpo["layer"] for gpo in policy("gpos")["gpos"]) == {"lgwan": 70, "mn": 35, "inet": 15}  # type: ignore[comparison-overlap]
    nodes = policy("outage")["nodes"]
    assert len(nodes) == 190
    assert sum(len(node["depends_on"]) for node in nodes) == 420
    assert len(policy("payment_routing")["procedures"]) == 35
    assert len({row["staff_id"] for layer in ("lgwan", "mn") for row in rows(f"{layer}/users")}) == 4500
