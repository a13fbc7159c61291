"""Each fault of a simulated device does what it says, seen from an SSH client."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncssh
import pytest

from lab.netsim import fleet as fleets
from tests.netsim import ENABLE, PASSWORD, USER, Cut, Faults, Fleet, Insert, Wanted, fleet, opened, terminal, typed

ROOT = Path(__file__).resolve().parents[3]


async def shown(running: Fleet, *lines: str, seconds: float = 3, end: bytes = b"SW-1#") -> bytes:
    """What comes after the lines, until the prompt comes again, the connection ends, or nothing comes."""
    data = b""
    try:
        async with asyncio.timeout(seconds), terminal(running, "SW-1") as process:
            for line in ("enable", ENABLE, "terminal length 0", *lines):
                process.stdin.write(line.encode() + b"\n")
                await asyncio.sleep(0.02)
            while piece := await process.stdout.read(1 << 20):
                data += piece
                if data.count(end) > 2 + len(lines):
                    break
    except (TimeoutError, OSError, asyncssh.ConnectionLost):
        data += b"<stopped>"
    return data


def with_faults(faults: Faults, task: Callable[[Fleet], Awaitable[object]], **settings: object) -> object:
    with fleet(Wanted(name="SW-1", faults=faults, **settings)) as running:  # type: ignore[arg-type]
        return asyncio.run(task(running))  # type: ignore[arg-type]


async def refused(running: Fleet) -> str:
    try:
        async with asyncio.timeout(0.5), terminal(running, "SW-1"):
            return "in"
    except TimeoutError:
        return "timeout"
    except (OSError, asyncssh.Error) as error:
        return type(error).__name__


@pytest.mark.parametrize(
    ("faults", "met"),
    [
        (Faults(), "in"),
        (Faults(tcp="refuse"), "ConnectionRefusedError"),
        (Faults(tcp="blackhole"), "timeout"),
        (Faults(tcp="silent"), "timeout"),
        (Faults(tcp="reset"), "ConnectionResetError"),
        (Faults(auth="reject"), "PermissionDenied"),
        (Faults(auth="hang"), "timeout"),
        (Faults(host_key="changed"), "HostKeyNotVerifiable"),
        (Faults(host_key="unknown"), "HostKeyNotVerifiable"),
    ],
)
def test_the_way_in(faults: Faults, met: str) -> None:
    assert with_faults(faults, refused) == met


def test_a_fault_that_passes() -> None:
    async def twice(running: Fleet) -> list[str]:
        return [await refused(running), await refused(running)]

    assert with_faults(Faults(tcp="reset", times=1), twice) == ["ConnectionResetError", "in"]


def test_wrong_passwords_lock_the_account() -> None:
    async def story(running: Fleet) -> bool:
        for _ in range(5):
            with pytest.raises((asyncssh.PermissionDenied, asyncssh.DisconnectError)):
                async with terminal(running, "SW-1", password="wrong"):  # noqa: S106
                    pass
        return await refused(running) == "PermissionDenied"

    assert with_faults(Faults(), story)


@pytest.mark.parametrize("how", ["close", "reset", "hang"])
def test_an_answer_breaks_off(how: str) -> None:
    data = with_faults(Faults(cut=Cut("show run", 2000, how)), lambda running: shown(running, "show running-config", seconds=0.5))
    assert isinstance(data, bytes)
    text = data.split(b"show running-config\r\n")[1]
    assert b"Current configuration" in text
    assert b"\nend\r\n" not in text
    assert text.endswith(b"<stopped>") == (how != "close")
    assert len(text.removesuffix(b"<stopped>")) == 2000 or how == "reset"


def test_a_truncated_answer_with_a_prompt_after_it() -> None:
    shell = opened(faults=Faults(cut=Cut("show run", 0.5, "prompt")))
    text = typed(shell, "enable", ENABLE, "terminal length 0", "show running-config")
    assert text.endswith("\nSW-1#")
    assert "\nend\n" not in text


def test_a_command_that_is_never_answered() -> None:
    data = with_faults(Faults(hang="show run"), lambda running: shown(running, "show running-config", seconds=0.4))
    assert isinstance(data, bytes)
    assert data.endswith(b"show running-config\r\n<stopped>")


@pytest.mark.parametrize(("how", "at_once"), [("hang", False), ("close", True)])
def test_login_that_hangs_or_closes(how: str, at_once: bool) -> None:
    started = time.monotonic()
    assert with_faults(Faults(login=how), lambda running: shown(running, seconds=0.6)) in (b"", b"<stopped>")
    assert (time.monotonic() - started < 0.5) == at_once


def test_slow_drip() -> None:
    started = time.monotonic()
    data = with_faults(Faults(slow=20_000), lambda running: shown(running, "show running-config", seconds=5))
    assert isinstance(data, bytes)
    assert data.endswith(b"end\r\n\r\nSW-1#")
    assert time.monotonic() - started > 0.3


def test_two_hundred_megabytes_never_stand_in_memory() -> None:
    """20 MB here (the full size is the backup's own fault test); another device answers meanwhile."""

    async def story(running: Fleet) -> tuple[int, bytes]:
        length = 0
        async with terminal(running, "SW-1") as big:
            for line in ("enable", ENABLE, "terminal length 0", "show running-config"):
                big.stdin.write(line.encode() + b"\n")
            await asyncio.sleep(0.05)
            async with terminal(running, "SW-2") as other:
                other.stdin.write(b"show version\n \n")
                await asyncio.sleep(0.2)
                answer = await other.stdout.read(65536)
            while length < 20_000_000:
                piece = await big.stdout.read(1 << 20)
                length += len(piece)
                if not piece:
                    break
        return length, answer

    with fleet(Wanted(name="SW-1", faults=Faults(flood=20_000_000)), Wanted(name="SW-2")) as running:
        length, answer = asyncio.run(story(running))
    assert length >= 20_000_000
    assert b"Processor board ID" in answer


def test_text_faults() -> None:
    """Prompt-like lines, log lines, leftovers of a pager, garbage: all in the answer, and the end still comes."""
    wrong = Faults(
        insert=[Insert("^hostname", "SW-1#")],
        noise="*Nov 23 10:00:00: %SYS-5-CONFIG_I: Configured from console",
        stray_pager=24,
        garbage=64,
        motd="## welcome to SW-1# ##\n",
    )
    shell = opened(faults=wrong)
    text = typed(shell, "enable", ENABLE, "terminal length 0", "show running-config")
    assert "hostname SW-1\nSW-1#\n" in text
    assert "%SYS-5-CONFIG_I" in text
    assert text.count(" --More-- \b") > 5
    assert "\ufffd" in text
    assert text.endswith("\nend\n\nSW-1#")


def test_lying_pager_wants_keys_and_wrong_prompts_stay_wrong() -> None:
    shell = opened(faults=Faults(lying_pager=True))
    assert typed(shell, "enable", ENABLE, "terminal length 0", "show running-config").endswith(" --More-- ")
    assert typed(opened(faults=Faults(prompt="ROMMON> ")), "show clock").endswith("ROMMON> ")


def test_a_line_that_cuts_the_way_until_the_timer_ends_it() -> None:
    async def story(running: Fleet) -> list[object]:
        with pytest.raises((asyncssh.ConnectionLost, asyncssh.DisconnectError, BrokenPipeError, asyncssh.ChannelOpenError)):
            async with terminal(running, "SW-1") as process:
                for line in ("enable", ENABLE, "reload in 10", "conf t", "interface Vlan401", "shutdown"):
                    process.stdin.write(line.encode() + b"\n")
                    if line.startswith("reload"):
                        process.stdin.write(b"\n")
                    await asyncio.sleep(0.02)
                while await process.stdout.read(65536):
                    pass
                raise asyncssh.ConnectionLost("closed")
        cut = await refused(running)
        await asyncio.sleep(0.7)
        return [cut, await refused(running), " shutdown" in running.devices[0].text("running").split("interface Vlan401")[1].split("!")[0]]

    assert with_faults(Faults(isolate="^shutdown"), story, minute=0.08) == ["timeout", "in", False]


def test_refused_and_lost_lines() -> None:
    shell = opened(faults=Faults(refuse_line="^ntp", lose_line="^logging"))
    typed(shell, "enable", ENABLE, "conf t")
    assert "% Invalid input" in typed(shell, "ntp server 10.0.0.1")
    typed(shell, "logging host 10.0.0.1")
    assert "10.0.0.1" not in shell.device.text("running")


def test_too_many_terminals() -> None:
    async def story(running: Fleet) -> bytes:
        running.devices[0].session.login.sessions = 1
        running.devices[0].session.login.full = "% All terminals are in use"
        async with terminal(running, "SW-1"), terminal(running, "SW-1") as second:
            return await second.stdout.read(65536)

    with fleet(Wanted(name="SW-1", users={"extra": "Z3cr3t-x"})) as running:
        assert asyncio.run(story(running)) == b"% All terminals are in use\r\n"


def test_the_command_line_serves_a_fleet(tmp_path: Path) -> None:
    """A fleet file, its known_hosts, its transcript; ``exec`` answered; SIGTERM ends it."""
    (tmp_path / "fleet.yml").write_text(
        "defaults: {session: cisco_ios, address: 127.0.0.2}\n"
        "devices:\n  - {name: A}\n  - {name: B, session: linux, faults: {cut: {command: nothing}}}\n",
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "lab.netsim", "--fleet", "fleet.yml", "--keys", "keys", "--known-hosts", "known", "--ready", "ready"]
    with subprocess.Popen(
        [*command, "--transcript", "said"], cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready: 2 simulated devices\n"
        places = json.loads((tmp_path / "ready").read_text())

        async def uname() -> object:
            address, port = places["B"]
            async with asyncssh.connect(
                address,
                port,
                username=USER,
                password=PASSWORD,
                known_hosts=str(tmp_path / "known"),
                client_keys=None,
                agent_path=None,
                config=None,
            ) as connection:
                return (await connection.run("uname -a")).stdout

        assert asyncio.run(uname()) == "Linux B 6.1.0-sim x86_64 GNU/Linux\r\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert json.loads((tmp_path / "said").read_text()) == {"device": "B", "connection": 1, "mode": "shell", "line": "uname -a"}
    assert (tmp_path / "keys/host_key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("devices: {}\n", "a fleet has the keys"),
        ("devices: [{session: linux}]\n", "devices[0]: name is missing"),
        ("devices: [{name: a, faults: {tpc: x}}]\n", "devices[0].faults: unknown key tpc"),
        ("devices: [5]\n", "a mapping is expected"),
        ("devices: [{name: a, session: nothing}]\n", "No such file"),
    ],
)
def test_fleet_files_that_cannot_be_played(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "fleet.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(fleets.SessionError) as caught:
        [fleets.device(one) for one in fleets.read(path)]
    assert told in str(caught.value)
