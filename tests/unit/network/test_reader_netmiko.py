"""Reading with netmiko, against simulated devices (sim) over real SSH: the same results, the same rules."""

from __future__ import annotations

import asyncio
import time

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.network import capture, known_hosts, platform
from ansible_collections.ward.ops.plugins.module_utils.network.model import Device, Dialogue, Status
from ansible_collections.ward.ops.plugins.module_utils.network.reader.access import Access, Breaker, accesses
from ansible_collections.ward.ops.plugins.module_utils.network.reader.dialogue import Failed
from ansible_collections.ward.ops.plugins.module_utils.network.reader.fleet import Limits, read_fleet
from ansible_collections.ward.ops.plugins.module_utils.network.reader.through_netmiko import NetmikoAttempt

from tests.netsim import ENABLE, PASSWORD, USER, Cut, Faults, Fleet, Wanted, fleet

ONLY_NETMIKO = b"""
title: IOS, read by netmiko
source: test
driver: netmiko
netmiko: cisco_ios
prompt: '[^\\n]{1,64}[>#]'
errors: '% Invalid'
commands:
  running: {send: show running-config, start: '^Building', end: 'end', minimum: 5}
secrets: {use: [cisco]}
"""


def attempt(running: Fleet, name: str, password: str = PASSWORD, most: int = 1 << 20) -> NetmikoAttempt:
    one = next(device for device in running.devices if device.name == name)
    known = known_hosts.parse(running.known_hosts.encode())
    device = Device(one.name, "test", one.address, "HON", "lgwan", one.port)
    rules = platform.read(ONLY_NETMIKO, "test.yml", "test")
    return NetmikoAttempt(device, rules, Access(USER, password, ENABLE), known, Breaker(3), most, ("running",))


def outcome(one: NetmikoAttempt, patience: float = 5.0, whole: float = 15.0) -> Status:
    async def play() -> None:
        async with asyncio.timeout(whole):
            await one.run(patience)

    try:
        asyncio.run(play())
    except Failed as failed:
        return failed.status
    except TimeoutError:
        return one.late().status
    return Status.STORED


def test_a_platform_that_only_netmiko_knows_is_read_whole() -> None:
    with fleet(Wanted(name="SW-1")) as running:
        one = attempt(running, "SW-1")
        assert outcome(one) is Status.STORED
        text = capture.capture(one.platform, one.platform.commands["running"], one.answers[0])
        ours: list[Dialogue] = []
        known = known_hosts.parse(running.known_hosts.encode())
        same = Device("SW-1", "cisco_ios", one.device.address, "HON", "lgwan", one.device.port)
        read_fleet([same], accesses({"user": USER, "password": PASSWORD, "enable": ENABLE}), known, Limits(), ours.append)
    rules = platform.load("cisco_ios")
    assert text == capture.capture(rules, rules.commands["running"], ours[0].answers[0])


def test_a_prompt_that_nobody_foresaw_is_left_to_netmiko() -> None:
    found: list[Dialogue] = []
    with fleet(Wanted(name="HON*SW+1~")) as running:
        one = running.devices[0]
        device = Device("SW-1", "cisco_ios", one.address, "HON", "lgwan", one.port)
        known = known_hosts.parse(running.known_hosts.encode())
        limits = Limits(connect=2.0, device=40.0, commands=("running",))
        read_fleet([device], accesses({"user": USER, "password": PASSWORD, "enable": ENABLE}), known, limits, found.append)
    assert [(one.status, one.via, one.attempts) for one in found] == [(Status.STORED, "netmiko", 2)], found[0].detail
    rules = platform.load("cisco_ios")
    assert capture.capture(rules, rules.commands["running"], found[0].answers[0]).rstrip().endswith(b"end")


FAULTS = {
    "refuse": (Faults(tcp="refuse"), Status.UNREACHABLE),
    "silent": (Faults(tcp="silent"), Status.UNREACHABLE),
    "rejected": (Faults(auth="reject"), Status.AUTHENTICATION),
    "changed-key": (Faults(host_key="changed"), Status.HOST_KEY_CHANGED),
    "unknown-key": (Faults(host_key="unknown"), Status.HOST_KEY_UNKNOWN),
    "cut-off": (Faults(cut=Cut(command="config", at=0.5, how="close")), Status.INCOMPLETE),
    "hangs": (Faults(hang="show running-config"), Status.TIMEOUT),
}


def test_each_fault_has_its_result_and_none_takes_longer_than_allowed() -> None:
    with fleet(*(Wanted(name=name, faults=faults) for name, (faults, _) in FAULTS.items())) as running:
        for name, (_, wanted) in FAULTS.items():
            one, begin = attempt(running, name), time.monotonic()
            assert outcome(one, 3.0, 4.0) is wanted, name
            assert time.monotonic() - begin < 8, name
            assert one.answers == [], name
        assert "svintr-config" not in str(running.lines("cut-off"))


def test_an_endless_answer_ends_and_a_wrong_password_is_tried_once() -> None:
    with fleet(Wanted(name="SW-1", config_bytes=3_000_000), Wanted(name="SW-2")) as running:
        assert outcome(attempt(running, "SW-1", most=100_000), whole=30.0) is Status.TOO_LARGE
        one = attempt(running, "SW-2", PASSWORD[::-1])
        assert outcome(one) is Status.AUTHENTICATION
        assert one.breaker._failed == 1


@pytest.mark.parametrize("driver", ["nec_ix", "apresia_aeos", "''"])
def test_drivers_that_harm_are_refused(driver: str) -> None:
    with pytest.raises(WardopsError) as caught:
        platform.read(ONLY_NETMIKO.replace(b"netmiko: cisco_ios", f"netmiko: {driver}".encode()), "test.yml", "test")
    assert [problem.code for problem in caught.value.problems] == ["E1601"]
