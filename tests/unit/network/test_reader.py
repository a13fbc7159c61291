"""The reader against simulated devices (sim) over real SSH: every platform is read, every fault has its own result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.network import capture, known_hosts, platform
from ansible_collections.ward.ops.plugins.module_utils.network.model import Device, Dialogue, Status
from ansible_collections.ward.ops.plugins.module_utils.network.reader.access import Access, accesses
from ansible_collections.ward.ops.plugins.module_utils.network.reader.fleet import Limits, read_fleet

from tests.netsim import ENABLE, PASSWORD, USER, Cut, Faults, Fleet, Wanted, fleet

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
