"""Who is asking: Basic over TLS, NTLM and Negotiate with channel binding, and WS-Management's own message encryption (MS-WSMV 2.2.9.1)."""

from __future__ import annotations

import base64
import binascii
import hmac
import re
import struct
from dataclasses import dataclass

import spnego
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from spnego.channel_bindings import GssChannelBindings

from .. import accounts

_BOUNDARY = b"--Encrypted Boundary"
_SEALED = "application/HTTP-SPNEGO-session-encrypted"
_PART = re.compile(
    rb"\A"
    + _BOUNDARY
    + rb"\r\n\s*Content-Type: [^\r\n]+\r\n\s*OriginalContent: type=[^\r\n;]+;charset=[^\r\n;]+;Length=(?P<length>\d+)\r\n"
    rb"" + _BOUNDARY + rb"\r\n\s*Content-Type: application/octet-stream\r\n(?P<sealed>.*)" + _BOUNDARY + rb"--(?:\r\n)?\Z",
    re.DOTALL | re.IGNORECASE,
)


class Refused(Exception):
    """Not let in; answered with 401."""


class Accounts:
    """Who may sign in, in memory only.

    :param passwords: by account, ``user`` or ``DOMAIN\\user``.
    """

    def __init__(self, passwords: dict[str, str]) -> None:
        self._passwords = {name.casefold(): password for name, password in passwords.items()}
        self._given = passwords
        accounts.admit(passwords)

    def __repr__(self) -> str:
        return f"Accounts({len(self._passwords)})"

    def is_right(self, name: str, password: str) -> bool:
        kept = self._passwords.get(name.casefold(), "")
        return hmac.compare_digest(kept.encode(), password.encode()) and bool(kept)

    def close(self) -> None:
        accounts.dismiss(self._given)


@dataclass(frozen=True, slots=True)
class Challenge:
    """Not yet: answered with this status and these headers."""

    status: int
    headers: tuple[tuple[str, str], ...]


class Guard:
    """One connection: signed in with its first requests, and then for as long as it lasts.

    :param certificate: of the server, DER; empty on a connection without TLS.
    """

    def __init__(self, accounts: Accounts, certificate: bytes) -> None:
        self._accounts = accounts
        self._secure = bool(certificate)
        self._context: spnego.ContextProxy | None = None
        self._binding: GssChannelBindings | None = None
        #: the last token, which goes out with the answer to the request that signed in
        self.final: tuple[tuple[str, str], ...] = ()
        if certificate:
            digest = hashes.Hash(x509.load_der_x509_certificate(certificate).signature_hash_algorithm or hashes.SHA256())
            digest.update(certificate)
            self._binding = GssChannelBindings(application_data=b"tls-server-end-point:" + digest.finalize())

    def challenge(self) -> Challenge:
        """What may be tried. Basic is not offered without TLS, as on a Windows that has not been weakened."""
        offered = [("WWW-Authenticate", "Negotiate"), ("WWW-Authenticate", "NTLM")]
        return Challenge(401, (*offered, ("WWW-Authenticate", 'Basic realm="WSMAN"')) if self._secure else tuple(offered))

    def check(self, header: str, body: bytes) -> Challenge | None:
        """``None``: let in. :raises Refused: wrong."""
        scheme, _, token = header.partition(" ")
        if not header:
            return None if self._context is not None and self._context.complete else self.challenge()
        try:
            data = base64.b64decode(token, validate=True)
        except (binascii.Error, ValueError):
            raise Refused(f"{scheme}: no Base64") from None
        if scheme.lower() == "basic":
            name, _, password = data.decode("utf-8", "replace").partition(":")
            if not self._secure or not self._accounts.is_right(name, password):
                raise Refused("Basic: wrong, or without TLS")
            return None
        if scheme.lower() not in ("negotiate", "ntlm"):
            raise Refused(f"{scheme} is not offered")
        return self._step(scheme, data, body)

    def _step(self, scheme: str, token: bytes, body: bytes) -> Challenge | None:
        try:
            if self._context is None or self._context.complete:
                # under either name a client may send NTLM as it is, or wrapped into SPNEGO
                bare = token.startswith(b"NTLMSSP\0")
                options = spnego.NegotiateOptions.use_ntlm if bare else spnego.NegotiateOptions.use_negotiate
                self._context = spnego.server(
                    protocol="ntlm" if bare else "negotiate",
                    options=options | spnego.NegotiateOptions.wrapping_winrm,
                    channel_bindings=self._binding,
                )
            answer = self._context.step(token) or b""
        except Exception as error:  # whatever a hostile token makes the library raise
            self._context = None
            raise Refused(f"{scheme}: {type(error).__name__}") from None
        header = (("WWW-Authenticate", f"{scheme} {base64.b64encode(answer).decode()}"),) if answer else ()
        if not self._context.complete:
            return Challenge(401, header)
        if not body:  # pywinrm signs in with an empty request
            return Challenge(200, header)
        self.final = header
        return None

    # ---- message encryption

    def open(self, kind: str, body: bytes) -> tuple[bytes, bool]:
        """The envelope, and whether it was sealed. :raises Refused: neither TLS nor sealed, or the seal is broken."""
        if not kind.lower().startswith("multipart/encrypted"):
            if not self._secure:
                raise Refused("without TLS, messages must be encrypted")
            return body, False
        found = _PART.match(body)
        if found is None or self._context is None or not self._context.complete:
            raise Refused("an encrypted message that cannot be read")
        sealed = found["sealed"]
        try:
            size = struct.unpack("<i", sealed[:4])[0]
            plain = self._context.unwrap_winrm(sealed[4 : 4 + size], sealed[4 + size :])
        except Exception as error:  # bad lengths, bad signatures
            raise Refused(f"the seal is broken: {type(error).__name__}") from None
        if len(plain) != int(found["length"]):
            raise Refused("the length of the message is not what it says")
        return plain, True

    def seal(self, body: bytes) -> tuple[str, bytes]:
        """Content type and body of an encrypted answer."""
        if self._context is None:
            raise Refused("not signed in")
        sealed = self._context.wrap_winrm(body)
        head = f"\r\n\tContent-Type: {_SEALED}\r\n\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length={len(body)}\r\n"
        inner = b"\r\n\tContent-Type: application/octet-stream\r\n" + struct.pack("<i", len(sealed.header)) + sealed.header + sealed.data
        out = _BOUNDARY + head.encode() + _BOUNDARY + inner + _BOUNDARY + b"--\r\n"
        return f'multipart/encrypted;protocol="{_SEALED}";boundary="Encrypted Boundary"', out
