"""SSH in front of the simulated devices (sim): one process, any number of addresses; the local address says which device is meant."""

# ruff: noqa: ARG002 (the library calls these methods with what it has)

from __future__ import annotations

import asyncio
import contextlib
import hmac
import socket
import struct
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

import asyncssh
from asyncssh.constants import MSG_IGNORE
from asyncssh.packet import String

from lab.netsim.device import Device
from lab.netsim.faults import Flood
from lab.netsim.replay import shell_for
from lab.netsim.session import Ssh
from lab.netsim.shell import Action, End, Shell

_LINGER = struct.pack("ii", 1, 0)
_PIECE = 256 * 1024  # bytes of a flood written before looking whether the other side still takes them


class Terminal(asyncssh.SSHServerSession[bytes]):
    """One SSH session: carries out the actions of a :class:`Shell` in order."""

    def __init__(self, device: Device, number: int) -> None:
        self.device = device
        self._number = number
        self._shell: Shell | None = None
        self._todo: deque[Action] = deque()
        self._early: list[bytes] = []
        self._waiting = False
        self._paused = False
        self._command: str | None = None
        self._pty = False

    def connection_made(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        self._chan = chan
        self.device.closers.append(self.drop)

    def connection_lost(self, exc: Exception | None) -> None:
        self._todo.clear()
        if self.drop in self.device.closers:
            self.device.closers.remove(self.drop)

    def pty_requested(self, term_type: str, term_size: tuple[int, int, int, int], term_modes: Any) -> bool:
        self._pty = True
        return True

    def shell_requested(self) -> bool:
        return True

    def exec_requested(self, command: str) -> bool:
        self._command = command
        return True

    def session_started(self) -> None:
        shell = self._shell = shell_for(self.device, self._number, interactive=self._command is None)
        shell.terminal = self
        login = self.device.session.login
        if login.sessions and len(self.device.closers) > login.sessions:
            self._do([shell.encode(login.full + "\n"), End()])
        else:
            self._do(shell.execute(self._command) if self._command is not None else shell.open())

    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:
        if self._waiting or self._paused or self._todo:
            self._early.append(data)
        elif self._shell is not None:
            self._do(self._shell.receive(data))

    def eof_received(self) -> bool:
        return True

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        self._pump()

    def drop(self) -> None:
        """Ends the connection: restart of the device, another administrator, or the way is cut."""
        self._todo.clear()
        self._chan.get_connection().abort()

    def _do(self, actions: list[Action]) -> None:
        self._todo.extend(actions)
        if not self._waiting:
            self._pump()

    def _pump(self) -> None:
        todo = self._todo
        while todo and not self._paused and not self._waiting:
            action = todo.popleft()
            if isinstance(action, bytes):
                self._send(action)
            elif isinstance(action, float | int):
                self._wait(action)
            elif isinstance(action, Flood):
                self._flood(action)
            else:
                self._end(action.how)
                return
        if not todo and self._early and not self._paused and not self._waiting and self._shell is not None:
            early, self._early = b"".join(self._early), []
            self._do(self._shell.receive(early))

    def _send(self, data: bytes) -> None:
        rate = self.device.faults.slow
        if rate and len(data) > 1:
            size = max(1, int(rate / 10))
            self._chan.write(data[:size])
            if data[size:]:
                self._todo.appendleft(data[size:])
                self._wait(0.1)
        elif data:
            self._chan.write(data)

    def _flood(self, flood: Flood) -> None:
        piece = (flood.chunk * (1 + _PIECE // len(flood.chunk)))[: min(_PIECE, flood.length)]
        self._chan.write(piece)
        if flood.length > len(piece):
            self._todo.appendleft(Flood(flood.chunk, flood.length - len(piece)))
            self._wait(0)  # lets the other devices have their turn

    def _wait(self, seconds: float) -> None:
        if seconds > 1e6:
            self._waiting = True  # for ever
            return
        self._waiting = True
        asyncio.get_running_loop().call_later(seconds, self._continue)

    def _continue(self) -> None:
        self._waiting = False
        self._pump()

    def _end(self, how: str) -> None:
        if how == "reset":
            reset(self._chan.get_extra_info("socket"))
            self._chan.get_connection().abort()
        else:
            self._chan.exit(0)


def reset(sock: Any) -> None:
    """Close with RST instead of FIN."""
    if sock is not None:
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)


class _Connection(asyncssh.SSHServerConnection):
    """The library sends an empty packet before each one; no device does, and it would cost both sides half of their time."""

    def send_packet(self, pkttype: int, *args: bytes, handler: Any = None) -> None:
        if pkttype != MSG_IGNORE:
            super().send_packet(pkttype, *args, handler=handler)


class Gate(asyncssh.SSHServer):
    """One connection: who it is for, and who may in."""

    def __init__(self, find: Callable[[Any], Device]) -> None:
        self._find = find
        self._wrong = 0
        self._challenge = ""

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._conn = conn
        self.device = self._find(conn.get_extra_info("sockname"))
        self.number = self.device.connections

    def begin_auth(self, username: str) -> bool:
        login = self.device.session.login
        if login.banner:
            text = self.device.render(login.banner).replace("\n", "\r\n")
            self._conn.send_packet(53, String(text.encode(self.device.session.encoding)), String(b""))
        return "none" not in login.methods

    def password_auth_supported(self) -> bool:
        return "password" in self.device.session.login.methods

    def kbdint_auth_supported(self) -> bool:
        return "keyboard-interactive" in self.device.session.login.methods

    def public_key_auth_supported(self) -> bool:
        return "publickey" in self.device.session.login.methods

    async def validate_password(self, username: str, password: str) -> bool:
        if self.device.faults.auth == "hang":
            await asyncio.sleep(1e6)
        return self._judge(username, password)

    def get_kbdint_challenge(self, username: str, lang: str, submethods: str) -> tuple[str, str, str, list[tuple[str, bool]]]:
        return "", "", "", [("Password: ", False)]

    async def validate_kbdint_response(self, username: str, responses: Any) -> bool:
        return await self.validate_password(username, responses[0] if responses else "")

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        if self.device.faults.auth == "reject" or username not in self.device.session.login.users:
            return False
        known = (asyncssh.import_public_key(text) for text in self.device.session.login.keys)
        return any(one.public_data == key.public_data for one in known)

    def _judge(self, username: str, password: str) -> bool:
        device = self.device
        login = device.session.login
        wanted = device.render(login.users.get(username, "")) if username in login.users else None
        right = wanted is not None and hmac.compare_digest(wanted.encode(), password.encode())
        locked = login.lock_after and device.wrong >= login.lock_after
        if right and not locked and device.faults.auth != "reject":
            device.wrong = 0
            return True
        device.wrong += 1
        self._wrong += 1
        if self._wrong >= login.attempts:
            self._conn.disconnect(asyncssh.DISC_NO_MORE_AUTH_METHODS_AVAILABLE, "Too many authentication failures")
        return False

    def session_requested(self) -> Terminal:
        return Terminal(self.device, self.number)


class Mute(asyncio.Protocol):
    """A connection that never becomes SSH: silent, or reset at once."""

    def __init__(self, how: str) -> None:
        self._how = how

    def connection_made(self, transport: Any) -> None:
        if self._how == "reset":
            reset(transport.get_extra_info("socket"))
            transport.abort()


class Servers:
    """All listeners of a fleet in one event loop."""

    def __init__(self, devices: Iterable[Device], key: asyncssh.SSHKey, other_key: asyncssh.SSHKey) -> None:
        self._devices = list(devices)
        self._keys = {"": key, "changed": other_key}
        self._by_address: dict[tuple[str, int], Device] = {}
        self._options: dict[Any, Any] = {}
        self._open: list[Any] = []
        self.host_keys: dict[str, asyncssh.SSHKey] = {}

    async def start(self) -> None:
        """Listen; devices with port 0 get a free one."""
        loop = asyncio.get_running_loop()
        for device in self._devices:
            device.later = lambda seconds, action: loop.call_later(seconds, action).cancel
            sock = bound(device.address, device.port)
            device.port = sock.getsockname()[1]
            self._by_address[device.address, device.port] = device
            fault = device.faults.tcp
            if fault == "refuse":
                self._open.append(sock)
            elif fault == "blackhole":
                self._open += blackhole(sock)
            else:
                options = await self._options_of(device)
                self._open.append(await loop.create_server(self._factory(device, options), sock=sock, backlog=64))

    async def _options_of(self, device: Device) -> Any:
        ssh = device.session.ssh
        key = self.host_key(device)
        same = (id(key), repr(ssh))
        if same not in self._options:
            self._options[same] = await asyncssh.SSHServerConnectionOptions.construct(
                server_factory=lambda: Gate(self._find), server_host_keys=[key], **_algorithms(ssh), **_SETTINGS
            )
        return self._options[same]

    def host_key(self, device: Device) -> asyncssh.SSHKey:
        """The key that the device shows."""
        kind = "changed" if device.faults.host_key == "changed" else ""
        if device.session.ssh.host_key == "rsa":
            if "rsa" + kind not in self._keys:
                self._keys["rsa" + kind] = asyncssh.generate_private_key("ssh-rsa", key_size=2048)
            return self._keys["rsa" + kind]
        return self._keys[kind]

    def known_key(self, device: Device) -> asyncssh.SSHKey:
        """The key that known_hosts tells of it."""
        rsa = device.session.ssh.host_key == "rsa" and device.faults.host_key != "changed"
        return self.host_key(device) if rsa else self._keys[""]

    def _factory(self, device: Device, options: Any) -> Callable[[], asyncio.Protocol]:
        loop = asyncio.get_running_loop()

        def make() -> asyncio.Protocol:
            device.connections += 1
            fault = "silent" if device.isolated else device.faults.tcp
            if fault in ("silent", "reset"):
                return Mute(fault)
            return _Connection(loop, options)

        return make

    def _find(self, sockname: Any) -> Device:
        return self._by_address[sockname[0], sockname[1]]

    def stop(self) -> None:
        for one in self._open:
            one.close()
        for device in self._devices:
            device.stop_alarm()
            for close in list(device.closers):
                close()


_SETTINGS: dict[str, Any] = {
    "encoding": None,
    "line_editor": False,
    "login_timeout": 0,
    "compression_algs": None,
    "server_version": "netsim",
    "gss_host": None,
    "allow_scp": False,
    "agent_forwarding": False,
}


# the cheap one first; the finite-field groups are for clients that know no other (netmiko's driver for FortiOS)
_KEX = ["curve25519-sha256", "curve25519-sha256@libssh.org", "ecdh-sha2-nistp256"]
_KEX += ["diffie-hellman-group14-sha256", "diffie-hellman-group14-sha1", "diffie-hellman-group-exchange-sha256"]


def _algorithms(ssh: Ssh) -> dict[str, Any]:
    wanted = {"kex_algs": ssh.kex or _KEX, "encryption_algs": ssh.ciphers, "mac_algs": ssh.macs}
    return {name: names for name, names in wanted.items() if names}


def bound(address: str, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((address, port))
    except OSError as error:
        sock.close()
        raise OSError(error.errno, f"{error.strerror}: {address}:{port}") from None
    return sock


def blackhole(sock: socket.socket) -> list[socket.socket]:
    """Nobody answers here: the queue of the listener is full, so the kernel drops what comes (as a switched-off device would)."""
    sock.listen(0)
    fillers = []
    for _ in range(2):
        filler = socket.socket(sock.family, socket.SOCK_STREAM)
        filler.setblocking(False)
        filler.connect_ex(sock.getsockname())
        fillers.append(filler)
    time.sleep(0.01)
    return [sock, *fillers]
