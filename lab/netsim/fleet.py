"""A fleet of simulated devices (sim): from a description or a number, started in this process or in a thread of a test."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import asyncssh

from lab.netsim import adapters
from lab.netsim.device import Device, Faults
from lab.netsim.generate import grown
from lab.netsim.server import Servers
from lab.netsim.session import Echo, Session, SessionError, build, from_data, read_yaml

SESSIONS = Path(__file__).resolve().parents[2] / "tests" / "fixtures" / "sessions"


@dataclass(slots=True)
class Wanted:
    """One device of a fleet file."""

    name: str
    session: str = "cisco_ios"  # a folder of tests/fixtures/sessions, "folder/file" there, or a path
    address: str = "127.0.0.1"
    port: int = 0  # 0: any free one
    variables: dict[str, str] = field(default_factory=dict)
    users: dict[str, str] = field(default_factory=dict)  # beside those of the session
    keys: list[str] = field(default_factory=list)
    secrets: dict[str, str] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)
    echo: Echo | None = None  # instead of the session's
    outputs: dict[str, str] = field(default_factory=dict)
    down: list[str] = field(default_factory=list)
    think: float = 0.0
    minute: float = 60.0
    config_bytes: int = 0  # the running-config is filled up to about this length
    running: str = ""  # instead of the session's
    factory: bool = False  # starts with the factory configuration
    transcript: bool = True


@lru_cache(maxsize=128)
def session(name: str, config_bytes: int = 0) -> Session:
    """A session by name or path, of whatever known form; :class:`SessionError` says what cannot be played."""
    path = Path(name)
    if not path.suffix and not path.exists():
        path = SESSIONS / (f"{name}/default.yml" if "/" not in name else f"{name}.yml")
    if path.is_dir():
        one = adapters.from_folder(path)
    elif path.suffix not in (".yml", ".yaml"):
        one = adapters.load(path)
    else:
        data = read_yaml(path)
        one = adapters.from_recording(data, path) if adapters.form_of(data) != "native" else from_data(data, path)
    return grown(one, config_bytes) if config_bytes else one


def device(wanted: Wanted) -> Device:
    """The device that a line of a fleet describes."""
    base = session(wanted.session, wanted.config_bytes)
    if wanted.users or wanted.keys:
        base = replace(base, login=replace(base.login, users={**base.login.users, **wanted.users}, keys=[*base.login.keys, *wanted.keys]))
        if wanted.keys and "publickey" not in base.login.methods:
            base.login.methods = ["publickey", *base.login.methods]
    if wanted.echo is not None:
        base = replace(base, echo=wanted.echo)
    if wanted.secrets:
        base = replace(base, secrets={**base.secrets, **wanted.secrets})
    if wanted.running:
        base = replace(base, config=replace(base.config, running=wanted.running))
    one = Device(wanted.name, (wanted.address, wanted.port), base, wanted.variables, wanted.faults)
    one.outputs, one.down = dict(wanted.outputs), set(wanted.down)
    one.think, one.minute, one.keep_transcript = wanted.think, wanted.minute, wanted.transcript
    if wanted.factory:
        for kind in ("running", "startup"):
            one.set_text(kind, one.render(base.config.factory))
    return one


def read(path: Path) -> list[Wanted]:
    """A fleet file: ``defaults`` (a device without name) and ``devices``."""
    data = read_yaml(path)
    if not isinstance(data, Mapping) or not isinstance(data.get("devices"), list) or set(data) - {"defaults", "devices"}:
        raise SessionError(f"{path}: a fleet has the keys devices (a list) and defaults")
    defaults = data.get("defaults") or {}
    return [
        build(Wanted, {**defaults, **one} if isinstance(one, Mapping) else one, f"{path}: devices[{index}]")
        for index, one in enumerate(data["devices"])
    ]


def generated(number: int, first: str, port: int, **settings: Any) -> list[Wanted]:
    """``number`` devices in a row of addresses, all alike."""
    start = ipaddress.ip_address(first)
    return [Wanted(name=f"SIM-{index + 1:05d}", address=str(start + index), port=port, **settings) for index in range(number)]


def keys(folder: Path | None) -> tuple[asyncssh.SSHKey, asyncssh.SSHKey]:
    """The fleet's host key and the one of a changed device: kept in ``folder`` when there is one."""
    pair = []
    for name in ("host_key", "changed_host_key"):
        path = folder / name if folder else None
        if path is not None and path.exists():
            pair.append(asyncssh.read_private_key(path))
            continue
        key = asyncssh.generate_private_key("ssh-ed25519")
        if path is not None:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.touch(mode=0o600)
            path.write_bytes(key.export_private_key())
        pair.append(key)
    return pair[0], pair[1]


def known_hosts(devices: Iterable[Device], servers: Servers) -> str:
    """The known_hosts lines of a fleet; a device with ``host_key: unknown`` has none."""
    texts: dict[int, str] = {}
    lines = []
    for one in devices:
        if one.faults.host_key == "unknown":
            continue
        key = servers.known_key(one)
        if id(key) not in texts:
            texts[id(key)] = " ".join(key.export_public_key().decode().split()[:2])
        name = one.address if one.port == 22 else f"[{one.address}]:{one.port}"
        lines.append(f"{name} {texts[id(key)]}\n")
    return "".join(lines)


class Fleet:
    """A running fleet in a thread of its own: what tests use."""

    def __init__(self, wanted: Iterable[Wanted]) -> None:
        self.devices = [device(one) for one in wanted]
        self.by_name = {one.name: one for one in self.devices}
        self.known_hosts = ""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="netsim", daemon=True)
        self._servers = Servers(self.devices, *keys(None))

    def __enter__(self) -> Fleet:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._servers.start(), self._loop).result(60)
        self.known_hosts = known_hosts(self.devices, self._servers)
        return self

    def __exit__(self, *problem: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(60)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _stop(self) -> None:
        self._servers.stop()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*others, return_exceptions=True)

    def lines(self, name: str) -> list[str]:
        """What was sent to a device, line by line."""
        return [entry.line for entry in self.by_name[name].transcript]
