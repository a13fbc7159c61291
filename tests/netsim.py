"""Simulated devices for tests: ``with fleet(Wanted(name=…, session=…, faults=…)) as running:``.

``running.devices`` have address and port, ``running.known_hosts`` is text for a known_hosts file, ``running.lines(name)`` is what was
sent to a device. USER, PASSWORD and ENABLE open every session of ``tests/fixtures/sessions``. ``opened`` and ``typed`` play a device
without a network, ``terminal`` over SSH.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import asyncssh

from lab.netsim.device import Cut, Device, Faults, Insert
from lab.netsim.fleet import SESSIONS, Fleet, Wanted
from lab.netsim.replay import shell_for
from lab.netsim.session import Echo
from lab.netsim.shell import Shell

__all__ = [
    "ENABLE",
    "PASSWORD",
    "SESSIONS",
    "USER",
    "Cut",
    "Echo",
    "Faults",
    "Fleet",
    "Insert",
    "Wanted",
    "device",
    "fleet",
    "opened",
    "terminal",
    "typed",
]

USER, PASSWORD, ENABLE = "netadmin", "Z3cr3t-login", "Z3cr3t-enable"


def fleet(*wanted: Wanted) -> Fleet:
    """The devices, listening while the context lasts (address 127.0.0.1 unless told, free ports)."""
    return Fleet(wanted)


def device(session: str = "cisco_ios", **settings: Any) -> Device:
    """One device, not listening."""
    return Fleet([Wanted(name="SW-1", session=session, **settings)]).devices[0]


def opened(session: str = "cisco_ios", **settings: Any) -> Shell:
    """A terminal of such a device, past its greeting."""
    shell = shell_for(device(session, **settings), 1)
    shell.open()
    return shell


def typed(shell: Shell, *lines: str) -> str:
    """What the terminal shows for the last of the lines."""
    out = b""
    for line in lines:
        out = b"".join(one for one in shell.receive(line.encode() + b"\r") if isinstance(one, bytes))
    return out.decode("utf-8", "replace").replace("\r\n", "\n")


@contextlib.asynccontextmanager
async def terminal(running: Fleet, name: str, **settings: Any) -> AsyncIterator[asyncssh.SSHClientProcess[bytes]]:
    """A terminal over SSH; ``settings`` go to asyncssh.connect."""
    one = running.by_name[name]
    options: dict[str, Any] = {"username": USER, "password": PASSWORD, "known_hosts": asyncssh.import_known_hosts(running.known_hosts)}
    options |= {"client_keys": None, "agent_path": None, "config": None}
    async with (
        asyncssh.connect(one.address, one.port, **{**options, **settings}) as connection,
        connection.create_process(term_type="vt100", encoding=None) as process,
    ):
        yield process
