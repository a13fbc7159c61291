"""HTTP to a WSUS server: one TCP connection = one authentication, TLS with a checked certificate and channel binding.

NTLM authenticates a connection, not a request (MS-NTHT 1.3), so a connection and its context are one object here and never part;
that is why this stands on ``http.client`` and pyspnego and not on a client with a pool of its own. Channel binding:
``tls-server-end-point`` of RFC 5929.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import spnego
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from spnego.channel_bindings import GssChannelBindings
from spnego.exceptions import SpnegoError

from ...common.problems import WardopsError, fail
from .wire import Operation, protocol

MAX_ANSWER = 256 * 1024 * 1024
_LEGS = 5
#: a connection that was idle for longer may have been closed by the server without our knowing: a write does not risk it (seconds)
_FRESH = 20.0
_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Settings:
    """Where a server is and who asks. ``repr`` shows no password.

    :param tls: ``False`` sends everything over plain HTTP; NTLM still hides the password, nothing else is protected.
    :param ca: file with the certificate authorities that are believed; empty: those of the system.
    :param auth: ``negotiate`` (Kerberos where there is a ticket and the libraries, else NTLM), ``ntlm``, ``kerberos``.
    :param timeout: seconds that the server may be silent; ``total``: seconds for one answer.
    """

    host: str
    user: str = ""
    password: str = field(default="", repr=False)
    port: int = 0
    tls: bool = True
    ca: str = ""
    auth: str = "negotiate"
    timeout: float = 120.0
    total: float = 900.0

    @property
    def place(self) -> str:
        return f"{'https' if self.tls else 'http'}://{self.host}:{self.actual_port}"

    @property
    def actual_port(self) -> int:
        return self.port or protocol().ports["https" if self.tls else "http"]


class Broken(Exception):
    """The connection broke, or the server was silent; what became of the request is not known."""


class Pool:
    """At most ``size`` connections to one server; each is used by one thread at a time.

    :ivar requests: HTTP requests so far, those of the authentication too.
    :ivar negotiated: the newest authentication (``ntlm``, ``kerberos``; empty: none was asked for), and whether with channel binding.
    """

    def __init__(self, settings: Settings, size: int = 4) -> None:
        self.settings = settings
        self.requests = 0
        self.negotiated: tuple[str, bool] = ("", False)
        self._free: list[_Line] = []
        self._places = threading.BoundedSemaphore(size)
        self._lock = threading.Lock()
        self._refused: WardopsError | None = None

    def send(self, operation: Operation, body: bytes) -> bytes:
        """The answer's body (of HTTP 200, or of the 500 that carries a SOAP fault).

        A read whose connection breaks is asked once more on a new one; a write never is.

        :raises WardopsError: E1940-E1944, or E1949 when a write's outcome is not known.
        """
        try:
            return self._once(operation, body)
        except Broken as error:
            if operation.writes:
                raise fail("E1949", self.settings.place, operation=operation.name, reason=str(error)) from None
        try:
            return self._once(operation, body)
        except Broken as error:
            raise fail("E1940", self.settings.place, reason=str(error)) from None

    def _once(self, operation: Operation, body: bytes) -> bytes:
        with self._line(fresh=operation.writes) as line:
            status, data = line.post(operation, body)
        if status == 200 or (status == 500 and b"Fault" in data):
            return data
        code = {403: "E1943", 401: "E1942"}.get(status, "E1940")
        raise fail(code, self.settings.place, type=f"HTTP {status}", message="", reason=f"HTTP {status}", user=self.settings.user)

    @contextlib.contextmanager
    def _line(self, *, fresh: bool) -> Iterator[_Line]:
        """A connection for one exchange; a broken one is thrown away."""
        with self._places:
            if self._refused is not None:  # a wrong password is tried once: more would lock the account
                raise self._refused
            with self._lock:
                line = self._free.pop() if self._free else _Line(self)
            if fresh and time.monotonic() - line.used > _FRESH:
                line.close()
                line = _Line(self)
            try:
                yield line
            except WardopsError as error:
                if error.problems[0].code == "E1942":
                    self._refused = error
                line.close()
                raise
            except BaseException:
                line.close()
                raise
            with self._lock:
                self._free.append(line)

    def close(self) -> None:
        with self._lock:
            for line in self._free:
                line.close()
            self._free.clear()

    def counted(self) -> None:
        with self._lock:
            self.requests += 1


class _Line:
    """One TCP connection and the authentication that belongs to it."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.settings = pool.settings
        self.used = time.monotonic()
        self._connection: http.client.HTTPConnection | None = None
        self._authenticated = False

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection, self._authenticated = None, False

    def post(self, operation: Operation, body: bytes) -> tuple[int, bytes]:
        """:raises Broken: :raises WardopsError: E1940-E1942, E1944."""
        try:
            if not self._authenticated:
                return self._authenticate(operation, body)
            status, _, data = self._exchange(operation, body, "")
            if status != 401:
                return status, data
            self.close()  # the server has forgotten us (its own time limit): once more from the start
            return self._authenticate(operation, body)
        except ssl.SSLCertVerificationError as error:
            raise fail("E1941", self.settings.place, reason=error.verify_message or "certificate") from None
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError) as error:
            raise Broken(_words(error)) from None  # the far side went away in the middle of TLS: nothing against its certificate
        except ssl.SSLError as error:
            raise fail("E1941", self.settings.place, reason=error.reason or "TLS") from None
        except (OSError, http.client.HTTPException) as error:
            raise Broken(_words(error)) from None

    def _authenticate(self, operation: Operation, body: bytes, scheme: str = "") -> tuple[int, bytes]:
        """Legs of the handshake; the first has no body, so that nothing large is sent to be refused."""
        scheme = scheme or ("NTLM" if self.settings.auth == "ntlm" else "Negotiate")
        context, token = self._context(scheme), b""
        for leg in range(_LEGS):
            token = _step(context, token, self.settings)
            status, offers, data = self._exchange(operation, body if leg else b"", f"{scheme} {base64.b64encode(token).decode()}")
            if status != 401:
                self._authenticated = self._connection is not None
                self.pool.negotiated = (context.negotiated_protocol or scheme if leg else "", self.settings.tls)
                return (status, data) if leg else self._exchange(operation, body, "")[::2]
            token = _challenge(offers, scheme)
            if leg == 0 and not token and scheme == "Negotiate" and self.settings.auth == "negotiate" and "ntlm" in _schemes(offers):
                return self._authenticate(operation, body, "NTLM")  # the server offers NTLM alone
            if not token:
                break
        raise fail("E1942", self.settings.place, user=self.settings.user, reason="HTTP 401")

    def _context(self, scheme: str) -> spnego.ContextProxy:
        settings = self.settings
        kind = "ntlm" if scheme == "NTLM" else "kerberos" if settings.auth == "kerberos" else "negotiate"
        try:
            return spnego.client(
                settings.user or None,
                settings.password or None,
                hostname=settings.host,
                service="HTTP",
                channel_bindings=self._binding(),
                protocol=kind,
            )
        except (SpnegoError, ImportError) as error:
            raise fail("E1942", settings.place, user=settings.user, reason=type(error).__name__) from None

    def _binding(self) -> GssChannelBindings | None:
        connection = self._open()
        if not isinstance(connection.sock, ssl.SSLSocket):
            return None
        certificate = connection.sock.getpeercert(binary_form=True) or b""
        return GssChannelBindings(application_data=b"tls-server-end-point:" + end_point(certificate))

    def _open(self) -> http.client.HTTPConnection:
        if self._connection is None:
            settings = self.settings
            if settings.tls:
                try:
                    context = ssl.create_default_context(cafile=settings.ca or None)
                except OSError as error:
                    raise fail("E1941", settings.place, reason=f"{settings.ca}: {error.strerror or 'PEM'}") from None
                self._connection = http.client.HTTPSConnection(
                    settings.host, settings.actual_port, timeout=settings.timeout, context=context
                )
            else:
                self._connection = http.client.HTTPConnection(settings.host, settings.actual_port, timeout=settings.timeout)
            self._connection.connect()
        return self._connection

    def _exchange(self, operation: Operation, body: bytes, authorization: str) -> tuple[int, list[str], bytes]:
        """One request and its answer: status, offered authentications, body."""
        connection = self._open()
        table = protocol()
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{table.namespace}/{operation.name}"'}
        if authorization:
            headers["Authorization"] = authorization
        self.pool.counted()
        connection.request("POST", table.path, body=body, headers={**headers, "Connection": "Keep-Alive"})
        response = connection.getresponse()
        data = _whole(response, time.monotonic() + self.settings.total, self.settings.place)
        offers = response.headers.get_all("WWW-Authenticate") or []
        self.used = time.monotonic()
        if response.will_close:
            self.close()
        return response.status, offers, data


def _whole(response: http.client.HTTPResponse, until: float, place: str) -> bytes:
    """The body, bounded in size and time.

    :raises WardopsError: E1944 when it is too large; ``OSError`` when it stops short or takes too long.
    """
    parts, size = [], 0
    while part := response.read1(_CHUNK):
        size += len(part)
        if size > MAX_ANSWER:
            raise fail("E1944", place, reason=f"> {MAX_ANSWER} bytes")
        if time.monotonic() > until:
            raise TimeoutError("the answer takes too long")
        parts.append(part)
    if response.length:
        raise ConnectionError("the answer ends too early")
    response.close()  # read1 leaves it open at its end, and the connection would not take another request
    return b"".join(parts)


def _step(context: spnego.ContextProxy, token: bytes, settings: Settings) -> bytes:
    try:
        return context.step(token or None) or b""
    except SpnegoError as error:
        raise fail("E1942", settings.place, user=settings.user, reason=type(error).__name__) from None


def _schemes(offers: list[str]) -> set[str]:
    return {word.split()[0].lower() for offer in offers for word in offer.split(",") if word.strip()}


def _challenge(offers: list[str], scheme: str) -> bytes:
    """The server's token for this scheme; empty when it sent none."""
    for word in (word.strip() for offer in offers for word in offer.split(",")):
        name, _, token = word.partition(" ")
        if name.lower() == scheme.lower() and token.strip():
            with contextlib.suppress(ValueError):
                return base64.b64decode(token.strip(), validate=True)
    return b""


def end_point(certificate: bytes) -> bytes:
    """Hash of the server's certificate (DER) as RFC 5929 section 4.1 says: its own hash function, SHA-256 in place of MD5 and SHA-1."""
    algorithm: hashes.HashAlgorithm | None = None
    with contextlib.suppress(UnsupportedAlgorithm):
        algorithm = x509.load_der_x509_certificate(certificate).signature_hash_algorithm
    if algorithm is None or algorithm.name in ("md5", "sha1"):
        algorithm = hashes.SHA256()
    digest = hashes.Hash(algorithm)
    digest.update(certificate)
    return digest.finalize()


def _words(error: OSError | http.client.HTTPException) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return str(getattr(error, "strerror", "") or type(error).__name__)
