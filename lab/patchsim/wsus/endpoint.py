"""The endpoint (sim): HTTP or HTTPS, Negotiate or NTLM bound to the TCP connection, one SOAP call a request, and faults on demand."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import spnego
from spnego.channel_bindings import GssChannelBindings

from .. import accounts
from ..store import SERVICE, Refused
from ..world import World
from .facts import OPERATIONS, PATH
from .operations import Api
from .reading import Unreadable, read
from .writing import answer, fault

#: what a test may make of a request: nothing, a SOAP fault, no answer, half an answer, an answer without end, "service unavailable"
TROUBLE = ("", "fault", "drop", "half", "huge", "unavailable", "drop_after")
_LIMIT = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Call:
    """One request that was let in. :param passed_over: elements that ASP.NET would not have seen."""

    operation: str
    arguments: dict[str, Any]
    user: str
    passed_over: list[str]


@dataclass(frozen=True, slots=True)
class Tls:
    """:param bound: whether the login must be bound to the TLS channel (extended protection: required)."""

    certificate: Path
    key: Path
    bound: bool = True


@dataclass
class Endpoint:
    """A server for one world.

    :param users: ``DOMAIN\\name`` → password.
    :param trouble: asked before each call with its number (from 1) and operation.
    :param latency: seconds before each answer.
    """

    world: World
    users: dict[str, str]
    tls: Tls | None = None
    address: str = "127.0.0.1"
    port: int = 0
    latency: float = 0.0
    trouble: Callable[[int, str], str] = lambda _number, _operation: ""
    calls: list[Call] = field(default_factory=list)
    #: held while the world is looked at or changed, also by whoever moves its clock
    lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self.api = Api(self.world)
        self._server: ThreadingHTTPServer | None = None
        self._sockets: set[socket.socket] = set()

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://{self.address}:{self.port}"

    @property
    def running(self) -> bool:
        return self._server is not None

    def start(self) -> Endpoint:
        """Listen; a port that was found once is kept over restarts."""
        accounts.admit(self.users)
        handler = type("Handler", (_Handler,), {"endpoint": self})
        self._server = _Server((self.address, self.port), handler)
        self._server.sockets = self._sockets
        if self.tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            context.load_cert_chain(self.tls.certificate, self.tls.key)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def stop(self) -> None:
        """At once, with every connection broken."""
        if self._server is None:
            return
        self._server.shutdown()
        self._server.server_close()
        for one in list(self._sockets):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._server = None
        accounts.dismiss(self.users)

    def __enter__(self) -> Endpoint:
        return self.start()

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def bindings(self) -> GssChannelBindings | None:
        """``tls-server-end-point`` (RFC 5929), which the client's login must carry."""
        if self.tls is None or not self.tls.bound:
            return None
        der = ssl.PEM_cert_to_DER_cert(
            self.tls.certificate.read_text().split("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----\n"
        )
        return GssChannelBindings(application_data=b"tls-server-end-point:" + hashlib.sha256(der).digest())

    def respond(self, body: bytes, action: str, user: str = "", before: Callable[[Call], None] = lambda _call: None) -> tuple[int, bytes]:
        """One SOAP request, as if it had been let in.

        :param before: called when it was understood and is in the list of calls.
        :returns: HTTP status and answer.
        """
        try:
            request = read(body, action)
        except Unreadable as error:
            return 500, fault(str(error), code="soap:Client")
        call = Call(request.operation, request.arguments, user, request.passed_over)
        with self.lock:
            self.calls.append(call)
            before(call)
        time.sleep(self.latency)
        try:
            with self.lock:
                value = self.api.call(request.operation, request.arguments)
                return 200, answer(request.operation, OPERATIONS[request.operation][1], value)
        except Refused as error:
            return 500, fault(str(error), error.kind)

    def acceptor(self, protocol: str) -> spnego.ContextProxy:
        """The server's side of a login on one connection."""
        return spnego.server(protocol=protocol, channel_bindings=self.bindings(), options=spnego.NegotiateOptions.use_negotiate)


class _Interrupted(Exception):
    """What was ordered goes wrong before the call is carried out."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64
    sockets: set[socket.socket]

    def process_request(self, request: Any, client_address: Any) -> None:
        self.sockets.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.sockets.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are two writes: the second would wait 40 ms for the first one's echo
    endpoint: Endpoint

    def setup(self) -> None:
        self.context: spnego.ContextProxy | None = None
        self.user = ""
        super().setup()

    def log_message(self, *_words: Any) -> None:
        """Quiet: the calls are in the endpoint's list."""

    def do_GET(self) -> None:
        self._send(405 if self.path == PATH else 404)

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > _LIMIT:
            self.close_connection = True
            self._send(413 if length.isdigit() else 411)
            return
        body = self.rfile.read(int(length))
        if not self.user and not self._login():
            return
        if self.path != PATH:
            self._send(404)
        elif not self.headers.get("Content-Type", "").startswith("text/xml"):
            self._send(415)
        else:
            self._serve(body)

    def _login(self) -> bool:
        """One step of the login on this connection; :returns: whether the client is known now."""
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        if scheme not in ("Negotiate", "NTLM"):
            self._send(401, challenge=("Negotiate", "NTLM"))
            return False
        try:
            data = base64.b64decode(token, validate=True)
            if self.context is None:
                # under either name a client may send NTLM as it is, or wrapped into SPNEGO
                self.context = self.endpoint.acceptor("ntlm" if data.startswith(b"NTLMSSP\0") else "negotiate")
            out = self.context.step(data, channel_bindings=self.endpoint.bindings())
        except Exception:  # whatever is wrong with a login, the answer is the same
            self.context = None
            self._send(401, challenge=("Negotiate", "NTLM"))
            return False
        if not self.context.complete:
            self._send(401, challenge=(f"{scheme} {base64.b64encode(out or b'').decode()}",))
            return False
        user = str(self.context.client_principal)
        if user.casefold() not in {name.casefold() for name in self.endpoint.users}:
            # an account of another server of this process
            self.context = None
            self._send(401, challenge=("Negotiate", "NTLM"))
            return False
        self.user = user
        return True

    def _serve(self, body: bytes) -> None:
        end = self.endpoint
        trouble = ""

        def before(call: Call) -> None:
            nonlocal trouble
            trouble = end.trouble(len(end.calls), call.operation)
            if trouble in ("drop", "unavailable", "fault"):
                raise _Interrupted

        try:
            status, text = end.respond(body, self.headers.get("SOAPAction", ""), self.user, before)
        except _Interrupted:
            self._trouble(trouble)
            return
        if trouble == "drop_after":
            self._trouble("drop")
        elif trouble in ("half", "huge"):
            self._trouble(trouble, text)
        else:
            self._send(status, text)

    def _trouble(self, kind: str, text: bytes = b"") -> None:
        self.close_connection = True
        if kind == "fault":
            self._send(500, fault("Fault occurred", SERVICE))
        elif kind == "unavailable":
            self._send(503)
        elif kind in ("half", "huge"):
            self.send_response(200)
            self.send_header("Content-Type", "text/xml; charset=utf-8")
            self.send_header("Content-Length", str(len(text) if kind == "half" else 2**31))
            self.end_headers()
            self.wfile.write(text[: len(text) // 2])
            for _ in range(3000 if kind == "huge" else 0):
                self.wfile.write(b" " * 65536)
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def _send(self, status: int, body: bytes = b"", challenge: tuple[str, ...] = ()) -> None:
        self.send_response(status)
        for one in challenge:
            self.send_header("WWW-Authenticate", one)
        self.send_header("Content-Type", "text/xml; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
