"""Links while a device lived, and after its successor took its place. covers: E1716"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.network import known_hosts, links
from ansible_collections.ward.ops.plugins.module_utils.network.dialect import dialect
from ansible_collections.ward.ops.plugins.module_utils.network.model import Device
from ansible_collections.ward.ops.plugins.module_utils.network.reader.access import accesses
from ansible_collections.ward.ops.plugins.module_utils.network.reader.fleet import Limits

from tests.netsim import ENABLE, PASSWORD, USER, Faults, Wanted, fleet

#: platform → a port by the ledger's name, and the device's name for it
PORTS = {
    "cisco_ios": ("26", "Gi1/0/26"),
    "cisco_nxos": ("26", "Eth1/26"),
    "arista_eos": ("2", "Et2"),
    "allied_telesis_awplus": ("3", "port1.0.3"),
    "alaxala_ax26s": ("2", "0/2"),
    "apresia_aeos": ("5", "1/5"),
    "hp_comware": ("2", "GE1/0/2"),
    "juniper_junos": ("2", "ge-0/0/2"),
}
NOON = dt.datetime(2026, 11, 23, 3, 0, tzinfo=dt.UTC)


def test_a_fleet_says_which_ports_have_link_and_keeps_its_word_when_it_dies(tmp_path: Path) -> None:
    wanted = [Wanted(name, session=name, down=[PORTS[name][1]]) for name in PORTS]
    with fleet(
        *wanted, Wanted("silent", session="cisco_ios", faults=Faults(hang="show interfaces")), Wanted("yam", session="yamaha")
    ) as running:
        hosts = tmp_path / "known_hosts"
        hosts.write_text(running.known_hosts, encoding="ascii")
        devices = [Device(one.name, one.session.platform, one.address, "HON", "lgwan", one.port) for one in running.devices]
        account = accesses({"user": USER, "password": PASSWORD, "enable": ENABLE, "key": ""}, [])
        asked = links.ask(devices, account, known_hosts.read(hosts), Limits(device=8, connect=5, attempts=1))
    assert asked.unable == ["yam"]
    assert list(asked.failed) == ["silent"]
    assert set(asked.fresh) == set(PORTS)
    for name, (number, port) in PORTS.items():
        ports = asked.fresh[name]
        assert links.named(dialect(name), number, ports) == [port]
        assert [one for one, up in ports.items() if not up] == [port], name
    links.record(tmp_path, {"dead": {"Gi1/0/1": True}}, NOON)
    links.record(tmp_path, asked.fresh, NOON + dt.timedelta(days=1))
    held = links.read(tmp_path)
    assert held["dead"] == links.Seen("2026-11-23T03:00:00+00:00", {"Gi1/0/1": True})
    assert held["cisco_ios"].ports == asked.fresh["cisco_ios"]


UP, DOWN = True, False


@pytest.mark.parametrize(
    ("expected", "now", "before", "down", "idle"),
    [
        (["1", "2"], {"Gi1/0/1": UP, "Gi1/0/2": DOWN}, None, ["2"], []),
        (["1", "2"], {"Gi1/0/1": UP, "Gi1/0/2": DOWN}, {"Gi1/0/1": UP, "Gi1/0/2": DOWN}, [], ["2"]),
        (["1", "2"], {"Gi1/0/1": UP, "Gi1/0/2": DOWN}, {"Gi1/0/1": UP, "Gi1/0/2": UP}, ["2"], []),
        (["1"], {"Gi1/0/1": UP, "Gi1/0/9": DOWN}, {"Gi1/0/1": UP, "Gi1/0/9": UP}, ["Gi1/0/9"], []),  # unknown to the ledger
        (["1"], {"Gi1/0/1": UP, "Gi1/0/9": UP}, {"Gi1/0/1": DOWN, "Gi1/0/9": UP}, [], []),
        (["1"], {"Gi1/0/1": DOWN}, {}, ["1"], []),
    ],
)
def test_what_had_no_link_before_is_no_fault_of_the_replacement(
    expected: list[str], now: dict[str, bool], before: dict[str, bool] | None, down: list[str], idle: list[str]
) -> None:
    assert links.compare(dialect("cisco_ios"), expected, now, before) == links.Compared(down, idle)


def test_a_device_that_shows_none_of_the_ports_proves_nothing() -> None:
    assert links.compare(dialect("cisco_ios"), ["1"], {}, None) is None
    assert links.states(dialect("linux"), b"eth0 up\n") == {}


@pytest.mark.parametrize("data", [b"{", b"[]", b'{"SW": {"at": 1}}', b'{"SW": null}'])
def test_a_damaged_record_is_named(data: bytes, tmp_path: Path) -> None:
    (tmp_path / links.NAME).write_bytes(data)
    with pytest.raises(WardopsError, match="E1716"):
        links.read(tmp_path)
    assert links.read(tmp_path / "nowhere") == {}
