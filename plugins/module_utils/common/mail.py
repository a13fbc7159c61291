"""Mails that a job sends: built to the letter (RFC 5322, 2047, 2231), to each recipient once, with a journal of what became of each.

The journal is what makes a second run harmless: ``sending`` is on disk before the server is asked for the message, ``sent`` after it said
yes. A run that was killed between the two has perhaps sent it: such a mail is never sent again by itself; somebody looks for its
Message-ID in the server's log and says what is true (:meth:`Outbox.settle`).
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import os
import re
import smtplib
import ssl
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any, Literal

from .files import lock, read_bytes, sync_folder
from .problems import Problem, WardopsError, fail
from .text import one_line

State = Literal["sent", "refused", "deferred", "unknown"]
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@((?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63})")
_TIMEOUT = 30.0


@dataclass(frozen=True, slots=True)
class Server:
    """Where mails are handed over.

    :param security: ``starttls``, ``tls``, or ``none`` (only to this machine itself).
    :param ca: file of the authority; empty: the system's. :param user: empty: no login. ``repr`` shows no password.
    :param per_connection: mails after which a new connection is made. :param a_minute: no more mails than that; 0: as they go.
    """

    host: str
    port: int
    security: str
    ca: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    per_connection: int = 50
    a_minute: int = 0


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail to one recipient.

    :param key: what makes it this mail: a second one with the same key to the same recipient is not sent.
    """

    key: str
    sender: str
    to: str
    subject: str
    text: str
    attachments: tuple[tuple[str, bytes], ...] = ()

    @property
    def id(self) -> str:
        """The Message-ID: the same mail has the same one."""
        digest = hashlib.sha256(f"{self.key}\n{self.to}".encode()).hexdigest()[:32]
        return f"<{digest}@{self.sender.rpartition('@')[2]}>"


def checked(letters: Iterable[Letter], domains: Sequence[str]) -> list[Letter]:
    """:param domains: to which mails may go.

    :raises WardopsError: E1970 (no address, or line breaks in a header), E1971 (another domain); all at once.
    """
    found, problems = list(letters), []
    for one in found:
        for value in (one.sender, one.to):
            match = _ADDRESS.fullmatch(value)
            if not match:
                problems.append(Problem("E1970", one.key, params={"value": value[:100]}))
            elif value == one.to and match[1].lower() not in {domain.lower() for domain in domains}:
                problems.append(Problem("E1971", one.key, params={"value": value, "domains": "、".join(domains)}))
        if not one_line(one.subject) or not one.subject.strip():
            problems.append(Problem("E1970", one.key, params={"value": one.subject[:100]}))
    if problems:
        raise WardopsError(problems)
    return found


def built(letter: Letter, now: dt.datetime) -> bytes:
    """The message as it goes over the wire."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = letter.sender, letter.to, letter.subject
    message["Date"] = now
    message["Message-ID"] = letter.id
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answer of a machine
    message.set_content(letter.text, charset="utf-8", cte="base64")
    for name, data in letter.attachments:
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a letter. :param fresh: by this run; else the journal knew it."""

    letter: Letter
    state: State
    said: str = ""
    fresh: bool = True


class Outbox:
    """The journal: one line for each step of each mail, appended and on disk before the next."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def states(self) -> dict[str, tuple[str, str]]:
        """Message-ID → last state and what the server said."""
        return {name: (entry["state"], entry["said"]) for name, entry in self._last().items()}

    def _last(self) -> dict[str, dict[str, str]]:
        """Message-ID → its last line. Half a line at the end was never followed by anything. :raises WardopsError: E1974."""
        if not self.path.exists():
            return {}
        *lines, _ = read_bytes(self.path).split(b"\n")
        found: dict[str, dict[str, str]] = {}
        for number, line in enumerate(lines, 1):
            try:
                entry = json.loads(line)
                found[str(entry["id"])] = {name: str(entry[name]) for name in ("key", "to", "state", "said")}
            except (ValueError, KeyError, TypeError):
                raise fail("E1974", str(self.path), number) from None
        return found

    def settle(self, name: str, state: Literal["sent", "again"], reason: str) -> None:
        """Somebody has looked: the mail arrived, or it shall be sent with the next run.

        :param name: its Message-ID.
        :raises WardopsError: E1979 (no mail of that name that is in doubt or was refused), E0106 (a run is sending).
        """
        with self.locked():
            entry = self._last().get(name)
            if entry is None or entry["state"] not in ("sending", "refused"):
                raise fail("E1979", str(self.path), id=name[:200], state=entry["state"] if entry else "-")
            self._append({**entry, "id": name, "state": state, "said": reason})

    def locked(self) -> contextlib.AbstractContextManager[None]:
        """One run at a time. :raises WardopsError: E0106, E0105."""
        self._folder()
        return lock(self.path.with_suffix(".lock"), 0)

    def _folder(self) -> None:
        try:
            self.path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        except OSError as error:
            raise fail("E0105", str(self.path.parent), reason=os.strerror(error.errno or 0)) from None

    def note(self, letter: Letter, state: str, said: str = "") -> None:
        """:raises WardopsError: E0105 when it cannot be written: then nothing is sent."""
        self._append({"id": letter.id, "key": letter.key, "to": letter.to, "state": state, "said": said})

    def _append(self, entry: Mapping[str, str]) -> None:
        line = json.dumps({"at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"), **entry}, ensure_ascii=False)
        self._folder()
        try:
            with self.path.open("r+b" if self.path.exists() else "xb") as stream:
                end = stream.seek(0, os.SEEK_END)
                while end and stream.seek(end - 1) is not None and stream.read(1) != b"\n":
                    end -= 1  # half a line of a run that was killed
                stream.truncate(end)
                stream.seek(end)
                stream.write(line.encode() + b"\n")
                stream.flush()
                os.fsync(stream.fileno())
            sync_folder(self.path.parent)
        except OSError as error:
            raise fail("E0105", str(self.path), reason=os.strerror(error.errno or 0)) from None


def foreseen(letters: Sequence[Letter], outbox: Outbox) -> list[Outcome]:
    """What a run would do: ``deferred`` are those that it would send."""
    known = outbox.states()
    return [_known(one, known) or Outcome(one, "deferred") for one in letters]


def _known(letter: Letter, known: Mapping[str, tuple[str, str]]) -> Outcome | None:
    state, said = known.get(letter.id, ("", ""))
    if state == "sending":
        return Outcome(letter, "unknown", said, fresh=False)
    return Outcome(letter, state, said, fresh=False) if state in ("sent", "refused") else None  # type: ignore[arg-type]


def send(letters: Sequence[Letter], server: Server, outbox: Outbox) -> list[Outcome]:
    """Send what has not been sent; every letter has its outcome.

    A refusal of one recipient is no reason not to send to the next. When the server dies, what it has not taken is ``deferred``.

    :raises WardopsError: E1972 (login), E1973 (no connection, no TLS), E1974 (damaged journal), E0106 (another run sends).
    """
    with outbox.locked():
        known = outbox.states()
        found = {one.id: _known(one, known) for one in letters}
        waiting = list({one.id: one for one in letters if found[one.id] is None}.values())
        for start in range(0, len(waiting), server.per_connection):
            batch = waiting[start : start + server.per_connection]
            try:
                connection = _connected(server)
            except WardopsError as error:
                if not start:
                    raise
                found.update({one.id: Outcome(one, "deferred", error.problems[0].code) for one in waiting[start:]})
                break
            try:
                for number, letter in enumerate(batch, start):
                    if number and server.a_minute:
                        time.sleep(60 / server.a_minute)
                    found[letter.id] = _one(connection, letter, outbox)
            finally:
                with contextlib.suppress(OSError, smtplib.SMTPException):
                    connection.quit()
        return [one for letter in letters if (one := found[letter.id])]


def _one(connection: smtplib.SMTP, letter: Letter, outbox: Outbox) -> Outcome:
    try:
        connection.rset()
        code, said = connection.mail(letter.sender)
        if code >= 400:  # it is the sender that it does not want: that is no fault of this recipient, and is mended in the policy
            return _noted(outbox, letter, "deferred", code, said)
        code, said = connection.rcpt(letter.to)
        if code >= 400:
            return _noted(outbox, letter, "refused" if code >= 500 else "deferred", code, said)
        outbox.note(letter, "sending")
        try:
            code, said = connection.data(built(letter, dt.datetime.now(dt.UTC)))
        except (OSError, smtplib.SMTPException) as error:
            if isinstance(error, smtplib.SMTPDataError):  # it did not want the message at all
                return _noted(outbox, letter, "refused" if error.smtp_code >= 500 else "deferred", error.smtp_code, error.smtp_error)
            return Outcome(letter, "unknown", type(error).__name__)
    except (OSError, smtplib.SMTPException) as error:
        return Outcome(letter, "deferred", type(error).__name__)  # nothing of it was handed over
    state: State = "sent" if code < 400 else "refused" if code >= 500 else "deferred"
    return _noted(outbox, letter, state, code, said)


def _noted(outbox: Outbox, letter: Letter, state: State, code: int, said: Any) -> Outcome:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    shown = f"{code} " + re.sub(r"[\x00-\x1f\x7f]+", " ", text)[:200]
    outbox.note(letter, state, shown)
    return Outcome(letter, state, shown)


def _connected(server: Server) -> smtplib.SMTP:
    """:raises WardopsError: E1972, E1973."""
    place = f"{server.host}:{server.port}"
    if server.security == "none" and server.host not in ("localhost", "127.0.0.1", "::1"):
        raise fail("E1973", place, reason="TLS is off")
    try:
        context = ssl.create_default_context(cafile=server.ca or None)
        if server.security == "tls":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=_TIMEOUT, context=context)
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=_TIMEOUT)
    except (OSError, smtplib.SMTPException) as error:
        raise fail("E1973", place, reason=_why(error)) from None
    try:
        if server.security == "starttls":
            connection.starttls(context=context)
        connection.ehlo_or_helo_if_needed()
        if server.user:
            connection.login(server.user, server.password)
    except (OSError, smtplib.SMTPException) as error:
        connection.close()
        if isinstance(error, smtplib.SMTPAuthenticationError):
            raise fail("E1972", place, user=server.user) from None
        raise fail("E1973", place, reason=_why(error)) from None
    return connection


def _why(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate: {error.verify_message}"
    return getattr(error, "strerror", None) or type(error).__name__
