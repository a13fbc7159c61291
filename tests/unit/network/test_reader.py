"""The reader against simulated devices (sim) over real SSH: every platform is read, every fault has its own result."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.network import capture, known_hosts, platform
from ansible_collections.ward.ops.plugins.module_utils.network.model import Device, Dialogue, Status
from ansible_collections.ward.ops.plugins.module_utils.network.reader.access import Access, accesses
from ansible_collections.ward.ops.plugins.module_utils.network.reader.fleet import Limits, read_fleet

from tests.netsim import ENABLE, PASSWORD, SESSIONS, USER, Cut, Faults, Fleet, Wanted, fleet

LIMITS = Limits(connect=1.5, device=3.0, pause=0.1)


def read(
    running: Fleet, platforms: Mapping[str, str], limits: Limits = LIMITS, password: str = PASSWORD, special: Iterable[Any] = ()
) -> dict[str, Dialogue]:
    found: dict[str, Dialogue] = {}
    devices = [Device(one.name, platforms.get(one.name, "cisco_ios"), one.address, "HON", "lgwan", one.port) for one in running.devices]
    access = accesses({"user": USER, "password": password, "enable": ENABLE}, special)
    known = known_hosts.parse(running.known_hosts.encode())
    read_fleet(devices, access, known, limits, lambda one: found.__setitem__(one.device.name, one))
    assert found.keys() == {device.name for device in devices}, "each device has exactly one result"
    return found


def test_every_platform_is_read_whole_and_nothing_banned_is_sent() -> None:
    names = platform.names()
    with fleet(*(Wanted(name=name.upper(), session=name) for name in names)) as running:
        found = read(running, {name.upper(): name for name in names}, Limits(connect=20, device=40))
        sent = {name: running.lines(name.upper()) for name in names}
    for name in names:
        dialogue, rules = found[name.upper()], platform.load(name)
        assert (dialogue.status, dialogue.attempts, dialogue.via) == (Status.STORED, 1, "asyncssh"), (name, dialogue.detail)
        texts = {one.command: capture.capture(rules, rules.commands[one.command], one) for one in dialogue.answers}
        assert texts["running"].count(b"\n") >= rules.commands["running"].minimum, name
        may = {line.decode() for line in rules.sent()} | {"<hidden>", ""}
        assert set(sent[name]) <= may, f"{name}: sent {set(sent[name]) - may}"
    assert "n" in sent["yamaha"], "asked whether to save, it is told no"
    assert "svintr-config" not in str(sent)


FAULTS = {
    "refuse": (Faults(tcp="refuse"), Status.UNREACHABLE, 2),
    "silent": (Faults(tcp="silent"), Status.UNREACHABLE, 2),
    "reset": (Faults(tcp="reset"), Status.UNREACHABLE, 2),
    "rejected": (Faults(auth="reject"), Status.AUTHENTICATION, 1),
    "auth-hangs": (Faults(auth="hang"), Status.TIMEOUT, 1),
    "hangs": (Faults(hang="show running-config"), Status.TIMEOUT, 1),
    "hangs-up": (Faults(login="close"), Status.INCOMPLETE, 2),
    "changed-key": (Faults(host_key="changed"), Status.HOST_KEY_CHANGED, 1),
    "unknown-key": (Faults(host_key="unknown"), Status.HOST_KEY_UNKNOWN, 1),
    "cut-off": (Faults(cut=Cut(command="config", at=0.5, how="close")), Status.INCOMPLETE, 2),
    "reset-within": (Faults(cut=Cut(command="config", at=0.5, how="reset")), Status.INCOMPLETE, 2),
    "rommon": (Faults(prompt="ROMMON>"), Status.REFUSED, 1),
    "flood": (Faults(flood=200_000_000), Status.TOO_LARGE, 1),
    "lying-pager": (Faults(lying_pager=True), Status.STORED, 1),
    "stray-pager": (Faults(stray_pager=20), Status.STORED, 1),
    "banner": (Faults(motd="### only for us #\nSW-9#\n"), Status.STORED, 1),
    "second-time": (Faults(cut=Cut(command="config", at=0.5, how="close"), times=1), Status.STORED, 2),
    "healthy": (Faults(), Status.STORED, 1),
}


def test_each_fault_has_its_result_and_spoils_nobody_else() -> None:
    with fleet(*(Wanted(name=name, faults=faults) for name, (faults, _, _) in FAULTS.items())) as running:
        found = read(running, {}, Limits(connect=2.5, device=5.0, pause=0.1, answer_bytes=4 * 1024 * 1024))
    got = {name: (one.status, one.attempts) for name, one in found.items()}
    assert got == {name: (status, attempts) for name, (_, status, attempts) in FAULTS.items()}
    rules = platform.load("cisco_ios")
    texts = {
        name: {one.command: capture.capture(rules, rules.commands[one.command], one) for one in dialogue.answers}["running"]
        for name, dialogue in found.items()
        if dialogue.status is Status.STORED
    }
    assert {text.replace(name.encode(), b"X").count(b"\n") for name, text in texts.items()} == {texts["healthy"].count(b"\n")}
    assert found["lying-pager"].detail, "and it is told"


LOGS = {
    "cisco_ios": "*Mar  1 00:01:{n}.123: %SYS-5-CONFIG_I: Configured from console by vty0 (192.0.2.9)",
    "cisco_nxos": "2025 Nov 23 10:00:{n} SW-1 %ETHPORT-5-IF_UP: Interface Ethernet1/1 is up",
    "arista_eos": "Nov 23 10:00:{n} SW-1 ConfigAgent: %SYS-5-CONFIG_I: Configured from console by admin on vty3 (192.0.2.9)",
    "juniper_junos": "Nov 23 10:00:{n}  SW-1 mgd[1234]: UI_COMMIT: User 'admin' requested 'commit' operation",
    "alaxala_ax26s": "11/23 10:00:{n} E4 PORT GigabitEthernet0/1 25011001 1350:000000000000 Port up.",
    "apresia_aeos": "Nov 23 10:00:{n} SW-1 <port:info> port 1/1 link up",
    "allied_telesis_awplus": "10:00:{n} SW-1 NSM[414]: Port up notification received for port1.0.1",
    "yamaha": "2025/11/23 10:00:{n}: LAN1: PORT1 link up (1000BASE-T Full Duplex)",
    "nec_ix": "2025/11/23 10:00:{n} ETH.004: Link up, GigaEthernet0.0",
    "hp_comware": "%Nov 23 10:00:{n}:123 2025 SW-1 SHELL/5/SHELL_LOGIN: admin logged in from 192.0.2.9.",
    "fujitsu_sir": "Nov 23 10:00:{n} SW-1 protocol: ether 1 link up",
    "furukawa_fitelnet": "*Nov 23 10:00:{n}.123: %LINK-3-UPDOWN: Interface GigaEthernet1/1, changed state to up",
    "fortinet": "date=2025-11-23 time=10:00:{n} devname=SW-1 type=event subtype=system msg=x",
    "linux": "Message from syslogd@SW-1 at Nov 23 10:00:{n} ...",
    "frr": "2025/11/23 10:00:{n} OSPF: [ABCDE-12345] neighbor 192.0.2.9 is down",
}


def test_log_lines_are_never_kept() -> None:
    """Asked again until the log is quiet; a log that goes on is a result; a line that stays the same belongs to the configuration."""
    wanted = [Wanted(name=name.upper(), session=name, faults=Faults(noise=text, noisy=2)) for name, text in LOGS.items()]
    fixed = "*Mar  1 00:01:02.123: %SYS-5-CONFIG_I: an example in a banner"
    wanted += [Wanted(name="TALKS-ON", faults=Faults(noise=LOGS["cisco_ios"])), Wanted(name="BANNER", faults=Faults(noise=fixed))]
    with fleet(*wanted) as running:
        found = read(running, {name.upper(): name for name in LOGS}, Limits(connect=20, device=40))
    for name in LOGS:
        dialogue, rules = found[name.upper()], platform.load(name)
        assert dialogue.status is Status.STORED, (name, dialogue.detail)
        for one in dialogue.answers:
            assert b"10:00:" not in one.received and b"00:01:" not in one.received, name
            capture.capture(rules, rules.commands[one.command], one)
    assert (found["TALKS-ON"].status, found["TALKS-ON"].answers) == (Status.LOG_LINES, ())
    assert found["BANNER"].status is Status.STORED


def test_a_changed_password_does_not_lock_the_account_everywhere() -> None:
    names = [f"SW-{number}" for number in range(40)]
    with fleet(*(Wanted(name=name) for name in names)) as running:
        found = read(running, {}, Limits(connect=10, device=20, wrong_passwords=3), password=PASSWORD[::-1])
        wrong = sum(running.by_name[name].wrong for name in names)
    assert {one.status for one in found.values()} == {Status.AUTHENTICATION}
    assert wrong == 3, "the other 37 devices never saw the password"


def test_accounts_by_platform_and_site_and_no_secret_in_representations() -> None:
    device = Device("A", "yamaha", "192.0.2.1", "HON", "lgwan")
    default = {"user": "a", "password": "Z3cr3t-a", "enable": "Z3cr3t-e"}
    found = accesses(default, [{"platform": "frr", "user": "f"}, {"platform": "yamaha", "site": "HON", "password": "Z3cr3t-y"}])
    assert found.of(device) == Access("a", "Z3cr3t-y", "Z3cr3t-e")
    assert "Z3cr3t" not in repr(found)


@pytest.mark.parametrize("given", [{}, {"user": "a"}, {"password": "Z3cr3t"}])
def test_without_an_account_nothing_is_tried(given: dict[str, str]) -> None:
    """covers: E1632"""
    with pytest.raises(WardopsError, match="E1632"):
        accesses(given)


def test_an_old_device_is_read_where_its_platform_allows_old_algorithms(tmp_path: Path) -> None:
    """What a switch of 2012 offers, and nothing newer."""
    folder = tmp_path / "old"
    shutil.copytree(SESSIONS / "cisco_ios", folder)
    path = next(folder.glob("*.y*ml"))
    old = {"kex": ["diffie-hellman-group14-sha1"], "ciphers": ["aes128-cbc", "3des-cbc"], "macs": ["hmac-sha1"], "host_key": "rsa"}
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text(encoding="utf-8")), "ssh": old}), encoding="utf-8")
    with fleet(Wanted(name="OLD-IOS", session=str(path)), Wanted(name="OLD-EOS", session=str(path))) as running:
        found = read(running, {"OLD-EOS": "arista_eos"}, Limits(connect=20, device=40))
    assert found["OLD-IOS"].status is Status.STORED, found["OLD-IOS"].detail
    assert found["OLD-EOS"].status is Status.UNREACHABLE
    assert "暗号方式" in found["OLD-EOS"].detail
