# ruff: noqa: E501 - texts of configurations
"""A dead floor switch from the call to the report that it works again: papers without a secret, the right configuration, the ledgers."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pyrage
import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.common.ward import REPOSITORY, Ward
from ansible_collections.ward.ops.plugins.module_utils.network import platform
from ansible_collections.ward.ops.plugins.module_utils.network.dialect import dialect
from ansible_collections.ward.ops.plugins.module_utils.network.loading.terminal import Access
from ansible_collections.ward.ops.plugins.module_utils.network.masking import Masker
from ansible_collections.ward.ops.plugins.module_utils.network.model import Capture, Device, Status
from ansible_collections.ward.ops.plugins.module_utils.network.replacement.intended import build, read_mapping
from ansible_collections.ward.ops.plugins.module_utils.network.replacement.monitoring import change_file, profile
from ansible_collections.ward.ops.plugins.module_utils.network.replacement.task import Order, Replacement, write_config
from ansible_collections.ward.ops.plugins.module_utils.network.replacement.units import Units
from ansible_collections.ward.ops.plugins.module_utils.network.store.copies import Identities
from ansible_collections.ward.ops.plugins.module_utils.network.store.status import Attempt
from ansible_collections.ward.ops.plugins.module_utils.network.store.store import ConfigStore, RunInfo

from tests.netsim import ENABLE, PASSWORD, USER, Wanted, fleet

DEAD, SPARE = "HON-03-L2-07", "DCA-01-L2-22"
MASKER = Masker(bytes(range(32)))


@pytest.fixture
def ward() -> Ward:
    return Ward(REPOSITORY / "inventories" / "sample")


def kept(tmp_path: Path, ward: Ward, text: bytes) -> tuple[ConfigStore, Identities, str]:
    """A store with the device's last good copy."""
    key = pyrage.x25519.Identity.generate()
    public = str(key.to_public())
    row = next(row for row in ward.table("network_devices").dicts() if row["name"] == DEAD)
    device = Device(DEAD, row["os_profile"], row["mgmt_ip"], row["site"], row["layer"])
    masked = MASKER.mask(platform.load(device.platform), text)
    store = ConfigStore(tmp_path / "store", [public])
    with store.locked("night"):
        capture = Capture(device, "running", text, masked.text, masked.identity)
        store.save(RunInfo("night", dt.datetime.now(dt.UTC), row["layer"]), [capture], [Attempt(device, Status.STORED)])
    return store, Identities(str(key).encode(), "key"), public


def test_the_story_of_a_dead_floor_switch(tmp_path: Path, ward: Ward) -> None:
    with fleet(Wanted("SW", session="allied_telesis_awplus", factory=True)) as running:
        device = running.by_name["SW"]
        stored = device.render(device.session.config.running).encode()
        stored = stored.replace(b"!\nend\n", b"! unit SYN00007050 02:4b:54:00:15:5c\nend\n")
        store, identities, public = kept(tmp_path, ward, stored)
        work = Replacement(ward, store, MASKER, identities, Order(DEAD, SPARE, "CHG-2026-00999", fingerprint="SHA256:abc"))

        files = work.files(dt.datetime(2026, 11, 22, 2, 0, tzinfo=dt.UTC))
        assert all(b"Z3cr3t" not in data for data in files.values())
        assert files["check-sheet.pdf"].startswith(b"%PDF")
        page = files["check-sheet.html"].decode()
        for word in (DEAD, "SYN00008966", "SYN00007050", "03-A07-01", "SHA256:abc", "系統 mn", "予備機は系統 lgwan の保管品"):
            assert word in page
        facts = work.facts()
        used = [row for row in ward.table("switch_ports").dicts() if row["device"] == DEAD and row["connected_to"]]
        assert len(facts["expected_up"]) == len(used)
        assert facts["affected"]["端末"] == sum(row["connected_kind"] == "terminal" for row in used)
        assert "端末" in files["notice.txt"].decode()
        assert files["monitoring.csv"].decode("utf-8-sig").count("SYN00008966") == 1

        hosts = tmp_path / "known_hosts"
        hosts.write_text(running.known_hosts, encoding="ascii")
        access = Access(USER, hosts, PASSWORD, ENABLE, device.port)
        work.units = Units({**work.units.dead, "mgmt_ip": device.address}, work.units.spare)
        done = work.load(access, device.address, [public])
        assert (done.changed, done.saved) == (True, True)
        assert done.steps[-2:] == ["verified", done.steps[-1]]
        assert done.steps[-1].startswith("backed up")
        again = work.load(access, device.address, [public])
        assert (again.changed, again.lines) == (False, 0)
        assert "Z3cr3t" not in repr(done) + repr(work.intended)


ROW = {"name": "A", "asset_id": "", "vendor": "", "os_profile": "cisco_ios", "model": "M", "serial": "FOC0000Z001", "mac": "024b5400155c"}
UNITS = Units(ROW, {**ROW, "name": "B", "serial": "FOC0000Z999", "mac": "024b54001797"})


def test_papers_mask_a_line_by_what_stands_around_it(tmp_path: Path, ward: Ward) -> None:
    """A secret that only another line gives away, in lines that are listed because they hold the unit's serial number."""
    stored = b"snmp-server community Z3cr3tSYN00007050 ro\ninterface vlan1\n description ask Z3cr3tSYN00007050 of SYN00007050\n!\n"
    stored = stored.replace(b"Z3cr3tSYN", b"Z3cr3t-SYN") + b"end\n"
    store, identities, _ = kept(tmp_path, ward, stored)
    work = Replacement(ward, store, MASKER, identities, Order(DEAD, SPARE, "CHG-2026-00999"))
    assert len(work.intended.lines) == 2
    files = work.files(dt.datetime(2026, 11, 22, 2, 0, tzinfo=dt.UTC))
    assert [name for name, data in files.items() if b"Z3cr3t" in data] == []
    assert b"&lt;secret:" in files["check-sheet.html"]


def test_what_belongs_to_the_unit_is_replaced_removed_or_pointed_at() -> None:
    text = (
        b"hostname A\nswitch 1 provision ws-c2960x\nlicense udi pid X sn FOC0000Z001\ncrypto pki trustpoint TP-self-signed-1\n enrollment selfsigned\n"
        b"crypto pki certificate chain TP-self-signed-1\n certificate self-signed 01\n  3082\n  \tquit\ninterface Vlan1\n mac-address 024b.5400.155c\n"
        b"snmp-server chassis-id FOC0000Z001\n! 02:4B:54:00:15:5C FOC0000Z0011\n"
    )
    made = build(text, UNITS, dialect("cisco_ios"))
    assert made.text == (
        b"hostname A\nswitch 1 provision ws-c2960x\ninterface Vlan1\n mac-address 024b.5400.1797\n"
        b"snmp-server chassis-id FOC0000Z999\n! 02:4B:54:00:17:97 FOC0000Z0011\n"
    )
    assert [(line.number, line.deed) for line in made.lines] == [
        (2, "mark"), (3, "replaced"), (3, "removed"), (4, "removed"), (6, "removed"), (11, "replaced"), (11, "mark"), (12, "replaced"), (13, "replaced"),
    ]  # fmt: skip
    assert all(line.reason and line.reason_ja for line in made.lines)


def code(units: Units, mapping: dict[str, str] | None = None) -> str:
    with pytest.raises(WardopsError) as caught:
        build(b"interface GigabitEthernet1/0/1\n mtu 9000\n", units, dialect("cisco_ios"), mapping)
    return caught.value.problems[0].code


def test_another_model_needs_a_mapping_and_another_platform_is_refused() -> None:
    """covers: E1702, E1703, E1704"""
    other = Units(ROW, {**UNITS.spare, "model": "N"})
    assert code(other) == "E1702"
    assert code(other, {"GigabitEthernet1/0/2": "GigabitEthernet0/2"}) == "E1703"
    assert code(Units(ROW, {**UNITS.spare, "os_profile": "frr"})) == "E1704"
    text = b"interface GigabitEthernet1/0/1\ninterface GigabitEthernet1/0/10\n description to GigabitEthernet1/0/1.\n"
    mapping = {"GigabitEthernet1/0/1": "Gi0/1", "GigabitEthernet1/0/10": "Gi0/10"}
    made = build(text, other, dialect("cisco_ios"), mapping)
    assert made.text.startswith(b"interface Gi0/1\ninterface Gi0/10\n")
    assert read_mapping(b"old,new\nA1,B1\n") == {"A1": "B1"}
    for wrong in (b"\xff", b"old,new\n", b"old\nA\n", b"old,new\nA,B\nA,C\n", b"old,new\nA,B\nC,B\n"):
        with pytest.raises(WardopsError, match="E1703"):
            read_mapping(wrong)


def test_units_that_do_not_fit(ward: Ward, tmp_path: Path) -> None:
    """covers: E1701, E1705"""
    store, identities, _ = kept(tmp_path, ward, b"hostname x\nend\n")
    for dead, spare in ((DEAD, DEAD), (SPARE, DEAD), ("nothing", SPARE), (DEAD, ""), (DEAD, "HON-03-L2-06")):
        with pytest.raises(WardopsError, match="E1701"):
            Replacement(ward, store, MASKER, identities, Order(dead, spare, "CHG-2026-00999"))
    with pytest.raises(WardopsError, match="E1705"):
        Replacement(ward, store, MASKER, identities, replace(Order("HON-03-L2-06", SPARE, "CHG-2026-00999")))


def test_a_platform_without_a_dialect() -> None:
    """covers: E1700"""
    with pytest.raises(WardopsError, match="E1700"):
        dialect("nothing")


def test_the_configuration_is_written_for_its_owner_only(tmp_path: Path) -> None:
    """covers: E1714"""
    target = tmp_path / "own" / "config.txt"
    write_config(target, b"x\n")
    assert target.stat().st_mode & 0o777 == 0o600
    tmp_path.chmod(0o755)
    with pytest.raises(WardopsError, match="E1714"):
        write_config(tmp_path / "config.txt", b"x\n")
    assert not (tmp_path / "config.txt").exists()


def test_monitoring_is_told_in_the_form_of_the_policy(ward: Ward) -> None:
    """covers: E1633"""
    rows = {row["name"]: {key: str(value or "") for key, value in row.items()} for row in ward.table("network_devices").dicts()}
    units = Units(rows[DEAD], rows[SPARE])
    told = change_file(units, "CHG-1", profile(ward.policy("network"))).decode("utf-8-sig")
    assert told.splitlines()[0] == "host,address,item,before,after"
    assert f"{DEAD},{rows[DEAD]['mgmt_ip']},serial,{rows[DEAD]['serial']},{rows[SPARE]['serial']}" in told.splitlines()
    assert "model" not in told, "what stays is no change"
    own = {
        "encoding": "cp932",
        "rows": "device",
        "items": ["serial"],
        "columns": [{"title": "ホスト", "field": "name"}, {"title": "種別", "text": "交換"}],
    }
    own["columns"] += [{"title": "製造番号", "field": "serial_after"}]  # type: ignore[operator]
    assert (
        change_file(units, "", profile({"monitoring": own})).decode("cp932")
        == f"ホスト,種別,製造番号\r\n{DEAD},交換,{rows[SPARE]['serial']}\r\n"
    )
    own["items"] = ["mac"]
    for wrong in ({"monitoring": own}, {"monitoring": {}}, {}, None):
        with pytest.raises(WardopsError, match="E1633"):
            change_file(units, "", profile(wrong))
