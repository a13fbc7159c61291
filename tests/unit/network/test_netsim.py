"""The simulated devices: every platform's session answers as described, over real SSH; faults do what they say."""

from __future__ import annotations

import asyncio
import contextlib

import asyncssh
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.netsim import ENABLE, SESSIONS, Fleet, Wanted, device, fleet, opened, terminal, typed

PLATFORMS = sorted(path.parent.name for path in SESSIONS.glob("*/default.yml"))

# how an operator gets from the first prompt to the whole running-config
READING = {
    "cisco_ios": ["enable", ENABLE, "terminal length 0", "show running-config"],
    "cisco_xe": ["enable", ENABLE, "terminal length 0", "show running-config"],
    "cisco_nxos": ["terminal length 0", "show running-config"],
    "arista_eos": ["enable", ENABLE, "terminal length 0", "show running-config"],
    "juniper_junos": ["set cli screen-length 0", "show configuration"],
    "alaxala_ax26s": ["enable", ENABLE, "set terminal pager disable", "show running-config"],
    "alaxala_ax36s": ["enable", ENABLE, "set terminal pager disable", "show running-config"],
    "apresia_aeos": ["enable", ENABLE, "terminal length 0", "show running-config"],
    "allied_telesis_awplus": ["enable", ENABLE, "terminal length 0", "show running-config"],
    "yamaha": ["console lines infinity", "administrator", ENABLE, "show config"],
    "nec_ix": ["configure", "terminal length 0", "show running-config"],
    "hp_comware": ["screen-length disable", "display current-configuration"],
    "fujitsu_sir": ["admin", ENABLE, "terminal pager disable", "show running-config"],
    "fujitsu_srs": ["admin", ENABLE, "terminal pager disable", "show running-config"],
    "furukawa_fitelnet": ["enable", ENABLE, "terminal length 0", "show running-config"],
    "fortinet": ["config system console", "set output standard", "end", "show"],
    "linux": ["cat /etc/network/interfaces"],
    "frr": ["show running-config"],
}


def test_every_platform_has_a_dialogue() -> None:
    assert set(PLATFORMS) == set(READING)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_session_shows_its_whole_running_config(platform: str) -> None:
    """Byte for byte what the device holds, between echo and prompt; nothing of the pager."""
    shell = opened(platform)
    shown = typed(shell, *READING[platform])
    one = shell.device
    assert one.text("running") in shown
    assert shown.endswith(shell.prompt_text())
    assert one.session.pager.prompt.strip() not in shown or not one.session.pager.lines
    assert "<<" not in shown.replace("<<<", "")


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_configuration_is_kept_byte_for_byte(platform: str) -> None:
    one = device(platform)
    text = one.text("running")
    assert one.tree("running").text() == text
    assert len(text) > 150


@pytest.mark.parametrize("platform", [name for name in PLATFORMS if name not in ("linux", "frr")])
def test_unknown_commands_are_refused(platform: str) -> None:
    shell = opened(platform)
    assert shell.session.unknown.splitlines()[-1].strip() in typed(shell, "frobnicate the device")


def test_all_over_real_ssh() -> None:
    """One connection to each platform at once; the transcript has what was sent, without what was typed hidden."""

    async def talk(running: Fleet, name: str) -> bytes:
        async with terminal(running, name) as process:
            await asyncio.sleep(0.05)
            for line in READING[name][:-1]:
                process.stdin.write(line.encode() + b"\n")
                await asyncio.sleep(0.05)
            process.stdin.write(READING[name][-1].encode() + b"\n")
            await asyncio.sleep(0.3)
            return await process.stdout.read(10_000_000)

    async def talks(running: Fleet) -> list[bytes]:
        return await asyncio.gather(*(talk(running, name) for name in PLATFORMS))

    with fleet(*(Wanted(name=name, session=name) for name in PLATFORMS)) as running:
        for name, shown in zip(PLATFORMS, asyncio.run(talks(running)), strict=True):
            one = running.by_name[name]
            text = one.text("running").encode(one.session.encoding).replace(b"\n", one.session.line_end.encode())
            assert text in shown, name
            sent = running.lines(name)
            assert sent[-1] == READING[name][-1]
            assert ENABLE not in sent


def test_abbreviations_and_refusals() -> None:
    shell = opened("cisco_ios")
    assert "% Invalid input" in typed(shell, "show running-config"), "no privilege yet"
    assert typed(shell, "ena", "wrong", "wrong", "wrong").startswith("\n% Bad secrets")
    typed(shell, "ena", ENABLE)
    assert "Current configuration" in typed(shell, "terminal length 0", "sh run")
    assert "% Ambiguous" in typed(shell, "e")
    assert "% Invalid input" in typed(shell, "configure terminal", "frobnicate 1")


def test_paging_takes_keys() -> None:
    """24 lines, then a line, then a page, then out: nothing of the text is lost on the way."""
    shell = opened("cisco_ios")
    first = typed(shell, "enable", ENABLE, "show running-config")
    assert first.endswith(" --More-- ")
    assert first.count("\n") == 25  # the echo of the command and 24 lines
    assert plain_text(shell, b"\r").count("\n") == 1
    assert plain_text(shell, b" ").count("\n") == 24
    assert plain_text(shell, b"x") == ""
    assert plain_text(shell, b"q").endswith("SW-1#")


def plain_text(shell: object, keys: bytes) -> str:
    actions = shell.receive(keys)  # type: ignore[attr-defined]
    return b"".join(one for one in actions if isinstance(one, bytes)).decode().replace("\r\n", "\n")


def test_configuring_changes_the_running_config_and_save_the_startup() -> None:
    shell = opened("cisco_ios")
    one = shell.device
    before = one.text("running")
    typed(shell, "enable", ENABLE, "terminal length 0", "conf t")
    assert typed(shell, "interface GigabitEthernet1/0/3").endswith("(config-if)#")
    typed(shell, "switchport access vlan 109", "no description", "ntp server 10.28.0.11", "no ntp server 10.28.0.10")
    typed(shell, "banner motd @", "new banner", "@", "interface Vlan77", "ip address 10.9.9.9 255.255.255.0", "end")
    after = one.text("running")
    removed = [line for line in before.splitlines() if line not in after.splitlines()]
    added = [line for line in after.splitlines() if line not in before.splitlines()]
    assert removed == [" description seat 03 VLAN 101", *before[before.index("*** 許") :].splitlines()[:2], "ntp server 10.28.0.10"]
    assert added == [
        " switchport access vlan 109",
        "interface Vlan77",
        " ip address 10.9.9.9 255.255.255.0",
        "new banner",
        "ntp server 10.28.0.11",
    ]
    assert one.text("startup") == before
    typed(shell, "write memory")
    assert one.text("startup") == after


def test_a_reload_timer_brings_the_saved_state_back() -> None:
    async def story() -> list[str]:
        with fleet(Wanted(name="SW-1", minute=0.02)) as running:
            async with terminal(running, "SW-1") as process:
                for line in ("enable", ENABLE, "reload in 10", "y", "", "conf t", "hostname LOST", "end"):
                    process.stdin.write(line.encode() + b"\n")
                    await asyncio.sleep(0.01)
                names = [running.devices[0].text("running").split("hostname ")[1].split("\n")[0]]
                with contextlib.suppress(asyncssh.ConnectionLost):
                    while await process.stdout.read(65536):
                        pass
            return [*names, running.devices[0].text("running").split("hostname ")[1].split("\n")[0]]

    assert asyncio.run(story()) == ["LOST", "SW-1"]


def test_junos_commits_and_rolls_back() -> None:
    shell = opened("juniper_junos")
    one = shell.device
    before = one.text("running")
    typed(shell, "configure", "set system ntp server 10.28.0.99", "delete snmp community Z3cr3t-ro")
    assert one.text("running") == before
    assert "10.28.0.99" in typed(shell, "show | compare")
    assert "commit complete" in typed(shell, "commit")
    assert "        server 10.28.0.99;" in one.text("running")
    assert "Z3cr3t-ro" not in one.text("running")
    typed(shell, "rollback 1", "commit")
    assert one.text("running") == before
    typed(shell, "load override terminal", "system {", "    host-name NEW;", "}")
    plain_text(shell, b"\x04")
    typed(shell, "commit")
    assert one.text("running") == "system {\n    host-name NEW;\n}\n"


def test_eos_sessions_commit_on_trial() -> None:
    shell = opened("arista_eos")
    one = shell.device
    before = one.text("running")
    for last, kept in (("configure session load abort", False), ("configure session load commit", True)):
        typed(shell, "enable", ENABLE, "configure session load", "interface Management1", "description trial", "commit timer 00:10:00")
        assert "   description trial\n" in one.text("running")
        typed(shell, last)
        assert (one.text("running") != before) == kept
    assert one.text("startup") == before


def test_yamaha_asks_before_it_forgets() -> None:
    """Paging commands are settings there: they make the running-config differ, and leaving asks."""
    shell = opened("yamaha")
    typed(shell, "console lines infinity", "administrator", ENABLE)
    assert shell.device.unsaved
    assert typed(shell, "exit").endswith("Save new configuration ? (Y/N)")
    assert typed(shell, "n").endswith("> ")
    assert "console lines infinity" not in shell.device.text("startup")


def test_apresia_keeps_the_paging_command_in_its_configuration() -> None:
    shell = opened("apresia_aeos")
    shown = typed(shell, "enable", ENABLE, "terminal length 0", "show running-config")
    assert "\nterminal length 0\n" in shown


def test_svintr_config_throws_the_other_administrator_out() -> None:
    async def story(sent: str) -> bytes:
        with fleet(Wanted(name="IX-1", session="nec_ix")) as running:
            async with terminal(running, "IX-1") as first, terminal(running, "IX-1") as second:
                second.stdin.write(sent.encode() + b"\n")
                await asyncio.sleep(0.1)
                if first.stdin.is_closing():
                    return b"thrown out"
                first.stdin.write(b"show version\n")
                await asyncio.sleep(0.1)
                return await first.stdout.read(65536)

    assert b"System serial number" in asyncio.run(story("configure"))
    assert asyncio.run(story("svintr-config")) == b"thrown out"


def test_alaxala_shows_that_it_is_not_saved() -> None:
    shell = opened("alaxala_ax26s")
    typed(shell, "enable", ENABLE, "configure")
    assert typed(shell, "ntp server 10.28.0.12").endswith("!SW-1(config)# ")
    assert "Unsaved changes found!" in typed(shell, "exit")
    typed(shell, "n")
    assert typed(shell, "save").endswith("\nSW-1(config)# ")


def test_fortios_edits_and_multi_line_values() -> None:
    shell = opened("fortinet")
    one = shell.device
    typed(shell, "config system global", "set hostname NEW", "end", "config vpn certificate local", 'edit "second"')
    typed(shell, 'set private-key "-----BEGIN PRIVATE KEY-----', "AAAA", '-----END PRIVATE KEY-----"', "next", "end")
    text = one.text("running")
    assert "    set hostname NEW\n" in text
    assert '    edit "second"\n        set private-key "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"\n    next\n' in text


def test_six_hundred_at_once_are_cheap_to_describe() -> None:
    """Sessions are shared: a device is its variables and what was changed on it."""
    devices = Fleet([Wanted(name=f"SW-{number}", config_bytes=20_000) for number in range(600)]).devices
    assert len({id(one.session) for one in devices}) == 1
    assert 20_000 <= len(devices[0].text("running").encode()) < 21_000
    assert "hostname SW-599" in devices[599].text("running")


@given(
    st.sampled_from(PLATFORMS),
    st.lists(st.binary(max_size=40) | st.sampled_from([b"enable\r", ENABLE.encode() + b"\r", b"conf t\r", b"end\r"]), max_size=12),
)
@settings(max_examples=120)
def test_whatever_is_typed_the_device_stays_up(platform: str, pieces: list[bytes]) -> None:
    """Any bytes in any mode: no exception, and once the connection has not ended, a line still gets an answer."""
    shell = opened(platform)
    for piece in pieces:
        shell.receive(piece)
    if not shell.ended:
        assert isinstance(shell.receive(b"\x03\r"), list)
