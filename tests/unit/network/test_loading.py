"""A configuration into simulated devices (sim) over real SSH: loaded, proved, saved; refused and undone; reverted by the device itself."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.network import dialect as dialects
from ansible_collections.ward.ops.plugins.module_utils.network.diff import compare
from ansible_collections.ward.ops.plugins.module_utils.network.loading.load import Job, links_missing, load, look
from ansible_collections.ward.ops.plugins.module_utils.network.loading.terminal import Access
from ansible_collections.ward.ops.plugins.module_utils.network.replacement import by_hand
from ansible_collections.ward.ops.plugins.module_utils.network.replacement.intended import build
from ansible_collections.ward.ops.plugins.module_utils.network.replacement.units import Units
from ansible_collections.ward.ops.plugins.module_utils.network.tree import parse

from tests.netsim import ENABLE, PASSWORD, USER, Faults, Fleet, Wanted, fleet

PLATFORMS = ["alaxala_ax26s", "arista_eos", "fortinet", "frr", "hp_comware", "juniper_junos", "nec_ix", "yamaha", "cisco_ios"]
PLATFORMS += ["cisco_nxos", "apresia_aeos", "allied_telesis_awplus"]

SMALL = (
    b"interface Vlan402\n description office\n!\nip default-gateway 10.28.0.1\nsnmp-server community Z3cr3t-ro RO\nntp server 10.28.0.10\n"
    b"line vty 5 15\n transport input ssh\n"
)


def job_for(running: Fleet, tmp_path: Path, name: str, intended: bytes, **settings: object) -> tuple[Job, Access]:
    device = running.by_name[name]
    hosts = tmp_path / "known_hosts"
    hosts.write_text(running.known_hosts, encoding="ascii")
    access = Access(USER, hosts, PASSWORD, ENABLE, device.port)
    values = {"address": device.address, "final": device.address, "masked": _same, "patience": 3.0, **settings}
    return Job(name=name, dialect=dialects.dialect(device.session.platform), intended=intended, **values), access  # type: ignore[arg-type]


def _same(text: bytes) -> bytes:
    return text


def intended_of(running: Fleet, name: str) -> bytes:
    device = running.by_name[name]
    row = {**dict.fromkeys(("name", "model", "serial", "mac"), ""), "os_profile": device.session.platform}
    return build(device.render(device.session.config.running).encode(), Units(row, row), dialects.dialect(device.session.platform)).text


def same(running: Fleet, name: str, kind: str, text: bytes) -> bool:
    style = dialects.dialect(running.by_name[name].session.platform).style
    return compare(parse(running.by_name[name].text(kind).encode(), style), parse(text, style), style) == []


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_unit_out_of_the_box_runs_what_was_intended(platform: str, tmp_path: Path) -> None:
    """covers: E1712"""
    with fleet(Wanted("SW", session=platform, factory=True)) as running:
        wanted = intended_of(running, "SW")
        job, access = job_for(running, tmp_path, "SW", wanted, expected=["1", "2", "26"])
        before = running.by_name["SW"].text("running")
        seen = look(job, access)
        assert seen.changed
        assert seen.lines > 20
        assert same(running, "SW", "running", before.encode())
        done = load(job, access)
        assert (done.changed, done.saved, done.steps[-1]) == (True, True, "verified")
        assert same(running, "SW", "running", wanted)
        assert platform == "fortinet" or same(running, "SW", "startup", wanted)  # FortiOS saves every `end` by itself
        assert "svintr-config" not in running.lines("SW")
        if platform == "cisco_ios":
            assert done.down == ["26"]
            assert "E1712" in str(links_missing("SW", done))
        sent = len(running.lines("SW"))
        again = load(job, access)
        assert (again.changed, again.saved, again.lines, again.difference) == (False, False, 0, "")
        assert len(running.lines("SW")) - sent < 15, "a second run only looks"


def failing(tmp_path: Path, platform: str, **faults: str) -> tuple[WardopsError, list[str], bool]:
    """The error, what was sent last, and whether the device is as before (after a moment, where it must go back by itself)."""
    with fleet(Wanted("SW", session=platform, factory=True, minute=0.3, faults=Faults(**faults))) as running:
        before = running.by_name["SW"].text("running").encode()
        wanted = before + SMALL if platform == "cisco_ios" else intended_of(running, "SW")
        job, access = job_for(running, tmp_path, "SW", wanted, patience=0.5, silence=1.0)
        with pytest.raises(WardopsError) as caught:
            load(job, access)
        deadline = time.monotonic() + 5
        while not same(running, "SW", "running", before) and time.monotonic() < deadline:
            time.sleep(0.05)
        good = same(running, "SW", "running", before) and same(running, "SW", "startup", before)
        return caught.value, running.lines("SW"), good


#: a line of the session's configuration, in the middle of the load
MIDDLE = {
    "yamaha": "snmp community read-only",
    "hp_comware": "snmp-agent community read",
    "nec_ix": "snmp-agent (ip )?community",
    "frr": "ip ospf message-digest-key 1",
}


@pytest.mark.parametrize("platform", sorted(set(PLATFORMS) - {"fortinet", "juniper_junos"}))
def test_a_refused_line_undoes_the_others_and_shows_no_secret(platform: str, tmp_path: Path) -> None:
    """covers: E1707"""
    error, lines, as_before = failing(tmp_path, platform, refuse_line=MIDDLE.get(platform, "snmp-server community"))
    assert error.problems[0].code == "E1707"
    assert "Z3cr3t" not in str(error)
    assert "戻しました" in str(error)
    assert as_before
    last = {"cisco_ios": "reload cancel", "cisco_nxos": "no checkpoint wardops"}
    assert lines[-1].rstrip("0123456789") == last.get(platform, lines[-1].rstrip("0123456789"))


@pytest.mark.parametrize("platform", sorted(set(PLATFORMS) - {"fortinet", "juniper_junos"}))
def test_a_line_that_got_lost_fails_the_verification(platform: str, tmp_path: Path) -> None:
    """covers: E1708"""
    line = {"frr": "log syslog", "juniper_junos": "ntp|host-name|server"}.get(platform, MIDDLE.get(platform, "snmp-server community"))
    error, lines, as_before = failing(tmp_path, platform, lose_line=line)
    assert error.problems[0].code == "E1708"
    assert "戻しました" in str(error)
    assert "add " in str(error)
    assert as_before
    assert not {"write memory", "copy running-config startup-config"} & set(lines)


@pytest.mark.parametrize("platform", ["cisco_ios", "juniper_junos", "arista_eos"])
def test_a_device_that_cannot_be_reached_any_more_goes_back_by_itself(platform: str, tmp_path: Path) -> None:
    """covers: E1709"""
    line = {"juniper_junos": "host-name"}.get(platform, "ip default-gateway|ip route|hostname")
    error, _, as_before = failing(tmp_path, platform, isolate=line)
    assert error.problems[0].code == "E1709"
    assert "自分で元の設定に戻ります" in str(error)
    assert as_before


@pytest.mark.parametrize("faults", [{"isolate": "set hostname"}, {"refuse_line": "set hostname|unset |delete |set ntpsync"}])
def test_no_power_cycle_is_promised_where_the_device_saves_by_itself(faults: dict[str, str], tmp_path: Path) -> None:
    """covers: E1707, E1709. FortiOS saves at every `end`."""
    error, _, as_before = failing(tmp_path, "fortinet", **faults)
    assert error.problems[0].code in ("E1707", "E1709")
    assert not as_before
    assert "電源を入れ直しても元に戻りません" in str(error)
    assert "保存していない" not in str(error)


@pytest.mark.parametrize("platform", sorted(set(PLATFORMS) - {"fortinet"}))
def test_every_other_platform_saves_only_when_told(platform: str) -> None:
    loading = dialects.dialect(platform).loading
    assert loading is not None
    assert loading.save or loading.rollback != "inverse"


@pytest.mark.parametrize(
    ("platform", "old", "new"),
    [("cisco_ios", b"ip ssh version 2\n", b"no ip ssh version 2\n"), ("yamaha", b"sshd service on\n", b"sshd service off\n")],
)
def test_a_line_that_would_cut_our_own_access_is_not_typed(platform: str, old: bytes, new: bytes, tmp_path: Path) -> None:
    """covers: E1706"""
    with fleet(Wanted("SW", session=platform)) as running:
        text = running.by_name["SW"].text("running").encode()
        assert old in text
        job, access = job_for(running, tmp_path, "SW", text.replace(b"username netadmin", b"username other").replace(old, new))
        with pytest.raises(WardopsError) as caught:
            load(job, access)
        assert {problem.code for problem in caught.value.problems} == {"E1706"}
        assert new.decode().strip() not in running.lines("SW")


@pytest.mark.parametrize(
    ("faults", "user", "reason"),
    [
        (Faults(host_key="changed"), USER, "host key changed"),
        (Faults(host_key="unknown"), USER, "unknown host key"),
        (Faults(), "nobody", "NetmikoAuthenticationException"),
        (Faults(tcp="refuse"), USER, "NetmikoTimeoutException"),
    ],
)
def test_no_way_in(faults: Faults, user: str, reason: str, tmp_path: Path) -> None:
    """covers: E1710"""
    with fleet(Wanted("SW", session="frr", faults=faults)) as running:
        job, access = job_for(running, tmp_path, "SW", b"x\n")
        with pytest.raises(WardopsError) as caught:
            load(job, Access(user, access.known_hosts, PASSWORD, port=access.port))
        assert caught.value.problems[0].code == "E1710"
        assert caught.value.problems[0].params["reason"] == reason


@pytest.mark.parametrize("platform", ["fujitsu_sir", "fujitsu_srs", "furukawa_fitelnet", "linux"])
def test_a_platform_that_a_person_loads_is_verified(platform: str, tmp_path: Path) -> None:
    """covers: E1711"""
    with fleet(Wanted("SW", session=platform)) as running:
        text = running.by_name["SW"].text("running").encode()
        job, access = job_for(running, tmp_path, "SW", text)
        done = by_hand.verify(job, access)
        assert (done.changed, done.steps, done.difference) == (False, ["verified"], "")
        assert done.running.strip() == text.strip()
        other, _ = job_for(running, tmp_path, "SW", text + b"ntp server 10.0.0.1\n")
        with pytest.raises(by_hand.ByPersonError, match="E1711") as caught:
            by_hand.verify(other, access)
        assert caught.value.steps_ja[-1].startswith("(4) ")
        assert "replace_state=loaded" in caught.value.steps_ja[-1]
        assert "+ ntp server" in caught.value.difference
        seen = by_hand.look(other, access)
        assert (seen.changed, "+ ntp server" in seen.difference) == (False, True)
        assert running.by_name["SW"].text("running").encode() == text
        assert not [line for line in running.lines("SW") if line.startswith(("conf", "ntp"))]
        access = replace(access, password="wrong")  # noqa: S106 - of the simulator
        with pytest.raises(WardopsError, match="E1710"):
            by_hand.look(other, access)


def test_nothing_shows_a_secret(tmp_path: Path) -> None:
    with fleet(Wanted("SW", session="frr")) as running:
        job, access = job_for(running, tmp_path, "SW", b"password Z3cr3t\n")
        assert "Z3cr3t" not in repr(job) + repr(access)


def test_a_device_that_does_not_save(tmp_path: Path) -> None:
    """covers: E1713"""
    with fleet(Wanted("SW", session="frr", factory=True)) as running:
        device = running.by_name["SW"]
        commands = [
            replace(one, do=[], say="% Permission denied") if one.match == "write memory" else one for one in device.session.commands
        ]
        device.session = replace(device.session, commands=commands)
        job, access = job_for(running, tmp_path, "SW", intended_of(running, "SW"))
        with pytest.raises(WardopsError) as caught:
            load(job, access)
        assert caught.value.problems[0].code == "E1713"
