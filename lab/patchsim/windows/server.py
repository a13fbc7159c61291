"""The listeners: each terminal has an address of its own, port 5986 (HTTPS) and, when asked for, 5985 (HTTP, encrypted messages only)."""

from __future__ import annotations

import contextlib
import selectors
import socket
import ssl
import struct
import sys
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import Any, cast

from . import wsman
from .authentication import Accounts, Challenge, Guard, Refused
from .machine import Machine
from .shells import Shell, open_shell
from .wsman import Fault, Request

_SOAP = "application/soap+xml;charset=UTF-8"
#: of one request; WinRM's own limit is 500 KB, and base64 is longer
_LARGEST = 1 << 20
_IDLE = 600.0


@dataclass(frozen=True, slots=True)
class Door:
    """A listening address. :param tls: ``None`` without TLS. :param certificate: DER."""

    machine: Machine
    address: tuple[str, int]
    tls: ssl.SSLContext | None
    certificate: bytes = b""


class Server:
    """All doors in one process: one thread listens, one more for each open connection."""

    def __init__(self, accounts: Accounts) -> None:
        self.accounts = accounts
        self._doors = selectors.DefaultSelector()
        self._wake, waker = socket.socketpair()
        self._doors.register(waker, selectors.EVENT_READ, None)
        self._waker = waker
        self._thread = threading.Thread(target=self._serve, name="winsim", daemon=True)
        self.shells: dict[Machine, dict[str, Shell]] = {}
        #: what went wrong inside the sim: a test that finds anything here has found a bug
        self.troubles: list[str] = []
        self.requests = 0

    def add(self, door: Door) -> tuple[str, int]:
        """Listen; the address, with the port that was chosen when it was 0."""
        listener = socket.create_server(door.address, backlog=256)
        listener.setblocking(False)
        self._doors.register(listener, selectors.EVENT_READ, door)
        if door.machine not in self.shells:
            self.shells[door.machine] = {}
            door.machine.on_down.append(self.shells[door.machine].clear)
        return cast(tuple[str, int], listener.getsockname()[:2])

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._wake.send(b"x")
        self._thread.join()
        for key in list(self._doors.get_map().values()):
            cast(socket.socket, key.fileobj).close()
        self._wake.close()
        self._doors.close()
        for machine in self.shells:
            machine.stop()
            for connection in list(machine.sockets):
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def _serve(self) -> None:
        while True:
            for key, _ in self._doors.select():
                if key.data is None:
                    return
                with contextlib.suppress(OSError):
                    connection, peer = cast(socket.socket, key.fileobj).accept()
                    self._enter(key.data, connection, peer)

    def _enter(self, door: Door, connection: socket.socket, peer: Any) -> None:
        if not door.machine.reachable:
            # a reset, as from a machine that is just going down
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
            return
        threading.Thread(target=self._talk, args=(door, connection, peer), daemon=True).start()

    def _talk(self, door: Door, connection: socket.socket, peer: Any) -> None:
        connection.settimeout(_IDLE)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        machine = door.machine
        with contextlib.suppress(OSError), connection:  # OSError: the other side went away, or TLS was refused
            spoken = door.tls.wrap_socket(connection, server_side=True) if door.tls else connection
            machine.sockets.add(spoken)
            try:
                _Handler(spoken, peer, self, door)
            finally:
                machine.sockets.discard(spoken)
                spoken.close()


class _Handler(BaseHTTPRequestHandler):
    """HTTP on one connection."""

    protocol_version = "HTTP/1.1"
    server_version, sys_version = "Microsoft-HTTPAPI/2.0", ""

    def __init__(self, connection: socket.socket, peer: Any, server: Server, door: Door) -> None:
        self._all, self._door = server, door
        self._guard = Guard(server.accounts, door.certificate)
        super().__init__(connection, peer, cast(Any, server))

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: a log could hold what a request held."""

    def do_POST(self) -> None:
        size = self.headers.get("Content-Length", "")
        if not size.isdigit() or int(size) > _LARGEST or self.path.split("?")[0] != "/wsman":
            self.close_connection = True
            return self._reply(404 if size.isdigit() and int(size) <= _LARGEST else 413, b"")
        body = self.rfile.read(int(size))
        self._all.requests += 1
        try:
            refused = self._guard.check(self.headers.get("Authorization", ""), body)
            if isinstance(refused, Challenge):
                return self._reply(refused.status, b"", refused.headers)
            plain, sealed = self._guard.open(self.headers.get("Content-Type", ""), body)
        except Refused:
            self._guard = Guard(self._all.accounts, self._door.certificate)
            return self._reply(401, b"", self._guard.challenge().headers)
        status, out = self._answer(plain)
        if not self._door.machine.reachable:  # it went down meanwhile
            self.close_connection = True
            return None
        kind, out = self._guard.seal(out) if sealed else (_SOAP, out)
        last, self._guard.final = self._guard.final, ()
        return self._reply(status, out, (("Content-Type", kind), *last))

    def _reply(self, status: int, body: bytes, headers: tuple[tuple[str, str], ...] = ()) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _answer(self, data: bytes) -> tuple[int, bytes]:
        request: Request | None = None
        machine = self._door.machine
        try:
            request = wsman.read(data)
            return 200, wsman.answer(request, self._body(request))
        except Fault as fault:
            if fault.code == wsman.NOTHING_YET:
                time.sleep(0.02)  # a real server waits for as long as the client said; this one answers soon
            return 500, wsman.refuse(request, fault, machine.name)
        except Exception as error:
            # a bug of the sim: said on standard error and to the client, and kept for the tests
            trouble = f"{machine.name}: {type(error).__name__}: {error}"
            self._all.troubles.append(trouble)
            print(f"winsim: {trouble}", file=sys.stderr)
            return 500, wsman.refuse(request, Fault(wsman.BAD_REQUEST, f"simulator: {trouble}"), machine.name)

    def _body(self, request: Request) -> str:
        shells, machine = self._all.shells[self._door.machine], self._door.machine
        if request.verb == "Create":
            with machine.lock:
                shell = open_shell(machine, request)
                shells[shell.id] = shell
            return shell.created(request.resource)
        found = shells.get(request.shell.upper())
        if found is None:
            raise Fault(wsman.SHELL_NOT_FOUND, "The request contains invalid selectors: the shell was not found.")
        if request.verb == "Delete":
            del shells[request.shell.upper()]
            return ""
        work = {"Command": found.command, "Send": found.send, "Receive": found.receive, "Signal": found.signal}.get(request.verb)
        if work is None:
            raise Fault(wsman.BAD_ACTION, f"The action {request.action} is not supported.", "a:ActionNotSupported")
        return work(request)
