"""A real mail server (aiosmtpd) for tests: refuses whom it is told to, wants TLS and a login, dies when it is told to."""

# ruff: noqa: ARG001, ARG002 (the library calls these with what it has)

from __future__ import annotations

import asyncio
import email
import socket
import ssl
import threading
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from lab.credentials import Authority
from lab.topology import Machine

USER, PASSWORD = "wardops", "M4il-of-the-test"


class Handler:
    """What the server does.

    :ivar mails: what was taken, parsed. :ivar refuse: recipient → answer. :ivar unwanted: sender that is refused.
    :ivar die_after: mails after which the server hangs up. :ivar slow: it takes a mail, says so by ``arrived``, and never answers.
    """

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.refuse: dict[str, str] = {}
        self.die_after = -1
        self.die_before_answer = False
        self.unwanted = ""
        self.slow = False
        self.arrived = threading.Event()
        self.connections = 0

    async def handle_EHLO(self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]) -> list[str]:
        self.connections += session.ssl is not None
        session.host_name = hostname
        return responses

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        if address == self.unwanted:
            return "553 5.7.1 not your address"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        if address in self.refuse:
            return self.refuse[address]
        if self.die_after == len(self.mails):
            server.transport.close()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        message: Any = email.message_from_bytes(content, policy=default)
        self.mails.append(message)
        self.arrived.set()
        if self.slow:
            await asyncio.sleep(60)
        if self.die_before_answer:
            server.transport.close()
        return "250 taken"


def _login(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=good, handled=False)


class MailServer:
    """On a free port of 127.0.0.1, with STARTTLS under an authority of its own."""

    def __init__(self, folder: Path) -> None:
        self.handler = Handler()
        authority = Authority(folder / "tls")
        authority.issue(Machine("mail", "127.0.0.1", "bare", "mail server of the test"))
        self.ca = folder / "tls/ca.crt"
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(folder / "tls/mail.crt", folder / "tls/mail.key")
        with socket.socket() as free:  # the library's trial connection wants to know the port
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self._controller = Controller(
            self.handler,
            hostname="127.0.0.1",
            port=self.port,
            tls_context=context,
            require_starttls=True,
            authenticator=_login,
            auth_required=True,
        )

    def __enter__(self) -> MailServer:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()
