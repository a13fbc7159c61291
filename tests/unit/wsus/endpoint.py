"""A stand-in for the administration web service, written from the specification and not from the client's table.

It has what the client's own tests need: NTLM on each TCP connection with channel binding over TLS, positional rows, faults and broken
connections on demand, a log of what was asked. The strict simulation with the simulated terminals behind it is ``lab/patchsim``.
"""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import os
import secrets
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import spnego
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from lxml import etree
from spnego.channel_bindings import GssChannelBindings
from spnego.exceptions import SpnegoError

from tests.unit.wsus.world import USER, Fault, World

NS = "http://www.microsoft.com/SoftwareDistribution/Server/ApiRemotingWebService"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
PASSWORD = secrets.token_hex(8)


def envelope(inner: str) -> bytes:
    spaces = f'xmlns:soap="{ENVELOPE}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
    return f'<?xml version="1.0" encoding="utf-8"?><soap:Envelope {spaces}><soap:Body>{inner}</soap:Body></soap:Envelope>'.encode()


def response(operation: str, inner: str) -> bytes:
    return envelope(f'<{operation}Response xmlns="{NS}"><{operation}Result>{inner}</{operation}Result></{operation}Response>')


def fault(kind: str, message: str) -> bytes:
    detail = f'<Exception Assembly="x" Type={quoteattr(kind)} Message={quoteattr(message)}/>' if kind else ""
    text = f"<faultcode>soap:Server</faultcode><faultstring>{escape(message)}</faultstring><detail>{detail}</detail>"
    return envelope(f"<soap:Fault>{text}</soap:Fault>")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Endpoint

    def setup(self) -> None:
        super().setup()
        self.context: Any = None
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        time.sleep(self.server.latency)
        self.server.requests += 1
        if self._login():
            self._serve(body)

    def _login(self) -> bool:
        if self.context is not None and self.context.complete:
            return True
        scheme, _, token = (self.headers.get("Authorization") or "").partition(" ")
        if scheme.lower() not in [offer.lower() for offer in self.server.offers] or not token:
            self._send(401, b"", [("WWW-Authenticate", offer) for offer in self.server.offers])
            return False
        try:
            if self.context is None:
                binding = (
                    GssChannelBindings(application_data=b"tls-server-end-point:" + self.server.end_point) if self.server.end_point else None
                )
                self.context = spnego.server(protocol="ntlm" if scheme == "NTLM" else "negotiate", channel_bindings=binding)
            answer = self.context.step(base64.b64decode(token)) or b""
        except SpnegoError:
            self.context = None
            self.server.refused += 1
            self._send(401, b"", [("WWW-Authenticate", offer) for offer in self.server.offers])
            return False
        if self.context.complete:
            return True
        self._send(401, b"", [("WWW-Authenticate", f"{scheme} {base64.b64encode(answer).decode()}")])
        return False

    def _serve(self, body: bytes) -> None:
        world = self.server.world
        try:
            element = etree.fromstring(body).find(f"{{{ENVELOPE}}}Body")[0]
            operation = etree.QName(element).localname
            assert self.headers["SOAPAction"] == f'"{NS}/{operation}"' and self.path == "/ApiRemoting30/WebService.asmx"
            words = {etree.QName(one).localname: tuple(part.text for part in one) if len(one) else one.text or "" for one in element}
            inner = world.answer(operation, words)
        except Fault as error:
            return self._send(500, fault(error.kind, error.message), [])
        except ConnectionError:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return None
        return self._send(200, self.server.rewrite(operation, response(operation, inner)), [])

    def _send(self, status: int, body: bytes, headers: list[tuple[str, str]]) -> None:
        self.send_response(status)
        for name, value in [*headers, ("Content-Length", str(len(body))), ("Content-Type", "text/xml; charset=utf-8")]:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


class Endpoint(ThreadingHTTPServer):
    """The service on a free port of 127.0.0.1; ``ca``: file with its certificate, when it speaks TLS."""

    daemon_threads = True

    def __init__(self, world: World, folder: Path, *, tls: bool = True, latency: float = 0.0) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.world, self.latency = world, latency
        self.offers = ["Negotiate", "NTLM"]
        self.requests = self.refused = 0
        self.rewrite: Callable[[str, bytes], bytes] = lambda _, data: data
        self.end_point, self.ca = b"", ""
        users = folder / "users"
        users.write_text(f"{USER.replace(chr(92), ':')}:{PASSWORD}\n", encoding="utf-8")
        os.environ["NTLM_USER_FILE"] = str(users)
        if tls:
            self.ca = str(folder / "server.pem")
            self.end_point = certificate(Path(self.ca))
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.ca)
            self.socket = context.wrap_socket(self.socket, server_side=True)

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass

    def arguments(self, **more: Any) -> dict[str, Any]:
        """Arguments of a task for this server."""
        scheme = "https" if self.ca else "http"
        words = {"server": "localhost", "port": self.server_port, "scheme": scheme, "user": USER, "password": PASSWORD, "timeout": 10.0}
        return {**words, **({"ca": self.ca} if self.ca else {}), **more}


@contextlib.contextmanager
def served(world: World, folder: Path, *, tls: bool = True, latency: float = 0.0) -> Iterator[Endpoint]:
    endpoint = Endpoint(world, folder, tls=tls, latency=latency)
    thread = threading.Thread(target=endpoint.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield endpoint
    finally:
        endpoint.shutdown()
        endpoint.server_close()


def certificate(path: Path, names: tuple[str, ...] = ("localhost",)) -> bytes:
    """A key and a certificate for itself; gives the hash that channel binding uses (SHA-384, as the certificate is signed)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, names[0])])
    now = dt.datetime.now(dt.UTC)
    others = [x509.DNSName(one) for one in names]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName(others), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA384())
    )
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    digest = hashes.Hash(hashes.SHA384())
    digest.update(made.public_bytes(serialization.Encoding.DER))
    return digest.finalize()
