"""The simulated devices: every platform's session answers as described, over real SSH; faults do what they say."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import asyncssh
import pytest

from lab.netsim.device import Device
from lab.netsim.shell import Shell
from tests.netsim import ENABLE, PASSWORD, SESSIONS, USER, Cut, Faults, Fleet, Insert, Wanted, fleet

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


def plain(actions: list[object]) -> bytes:
    return b"".join(one for one in actions if isinstance(one, bytes))


def typed(shell: Shell, *lines: str) -> str:
    """What the terminal shows for the last of the lines."""
    out = b""
    for line in lines:
        out = plain(list(shell.receive(line.encode() + b"\r")))
    return out.decode("utf-8", "replace").replace("\r\n", "\n")


def device(session: str = "cisco_ios", **settings: object) -> Device:
    return Fleet([Wanted(name="SW-1", session=session, **settings)]).devices[0]  # type: ignore[arg-type]


def opened(session: str = "cisco_ios", **settings: object) -> Shell:
    shell = Shell(device(session, **settings), 1)
    shell.open()
    return shell


@contextlib.asynccontextmanager
async def terminal(running: Fleet, name: str, **settings: object) -> AsyncIterator[asyncssh.SSHClientProcess[bytes]]:
    one = running.by_name[name]
    options = {"username": USER, "password": PASSWORD, "known_hosts": asyncssh.import_known_hosts(running.known_hosts)}
    async with (
        asyncssh.connect(one.address, one.port, client_keys=None, agent_path=None, config=None, **{**options, **settings}) as connection,
        connection.create_process(term_type="vt100", encoding=None) as process,
    ):
        yield process


async def until(process: asyncssh.SSHClientProcess[bytes], end: bytes, seconds: float = 5) -> bytes:
    data = b""
    async with asyncio.timeout(seconds):
        while not data.endswith(end):
            piece = await process.stdout.read(65536)
            if not piece:
                return data
            data += piece
    return data


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
