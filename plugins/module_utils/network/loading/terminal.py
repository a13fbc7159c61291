"""A device's command line for changes: netmiko logs in and turns the pager off, then each line is typed and its answer awaited.

netmiko's own ``send_config_set`` waits fixed times and judges nothing; here every answer is read up to the next prompt and looked at.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...common.problems import WardopsError, fail
from .. import capture, links, platform
from ..dialect import Dialect, Loading
from ..diff import Command
from .keys import keystrokes
from .lines import first_line, leaving

#: seconds: between two looks, of quiet that proves a prompt
_LOOK, _QUIET = 0.002, 0.03
#: seconds of quiet after which a device is believed that does not say what was typed
_NO_ECHO = 1.0
#: where netmiko's ``enable`` is the way into configuration, which the dialect types itself
_NO_ENABLE = ("hp_comware",)
_PROMPT = re.compile(r"(?:^|[\r\n])[!\s]*((?:<[\w.~/-]+>|\[[~*]?[\w.~/ -]+\]|[\w.@:~\x22/\\-]*(?: ?\([^()\r\n]*\))? ?[#>$%]))[ ]?$")
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]|\x1b[=>]")
_BREAK = re.compile(r"[\r\n]")
_NAMING = re.compile(rb"(host|sys|switch)name |set hostname |console prompt ")


@dataclass(frozen=True, slots=True)
class Access:
    """How to get in. ``repr`` shows no secret.

    :param known_hosts: file with the host keys that are accepted; nothing else is.
    """

    user: str
    known_hosts: Path
    password: str = field(default="", repr=False)
    enable: str = field(default="", repr=False)
    port: int = 22


class Refused(Exception):
    """A line that the device did not take; ``number`` counts from 1."""

    def __init__(self, number: int, line: bytes) -> None:
        super().__init__(number)
        self.number = number
        self.line = first_line(line)


class Terminal:
    """One connection; use it as a context manager.

    :param patience: seconds for connecting; :param silence: seconds without a word that mean a lost connection.
    :param stamp: what stands for ``{stamp}`` in commands.

    :raises WardopsError: E1710 when there is no way in.
    """

    def __init__(
        self, address: str, access: Access, dialect: Dialect, patience: float = 20.0, *, silence: float = 30.0, stamp: str = ""
    ) -> None:
        if dialect.loading is None:
            raise ValueError(dialect.name)
        self.address = address
        self.dialect = dialect
        self.loading: Loading = dialect.loading
        self._connection = _connect(address, access, dialect.loading.driver, patience)
        self._platform = platform.load(dialect.name)
        self._paged = False  # whether the last answer came page by page
        self._prompt = ""
        self._outside = ""  # the prompt outside of configuration, while lines are typed
        self._silence = silence
        self._stamp = stamp
        self._stack: list[tuple[bytes, bool]] = []  # open blocks, and whether the device shows them in its prompt
        if self.loading.driver == "generic":
            self._prepare(access.enable)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(Exception):  # a connection that is gone is gone
            self._connection.remote_conn.close()
            self._connection.remote_conn_pre.close()

    def _prepare(self, secret: str) -> None:
        """What a driver of netmiko does for platforms that it knows: privilege, and no pager."""
        try:
            self.send("")
            if self.loading.enable and self._prompt.rstrip().endswith(">"):
                self.send(self.loading.enable, secret)
            self.run(self.loading.setup)
        except (ConnectionError, Refused) as error:
            raise fail("E1710", self.address, 0, 0, address=self.address, reason=type(error).__name__) from None

    def running(self) -> bytes:
        """The configuration as the device prints it. :raises ConnectionError: when the device falls silent."""
        return self._shown(self.loading.running)

    def startup(self) -> bytes:
        """What the device would start with; empty where it cannot be asked. :raises ConnectionError: when it falls silent."""
        command = self._platform.commands.get("startup")
        return self._shown(command.send.decode()) if command else b""

    def links(self) -> dict[str, bool]:
        """Ports and their links; empty when the device cannot be asked. :raises ConnectionError: when it falls silent."""
        command = self._platform.commands.get(links.COMMAND)
        return links.states(self.dialect, self._shown(command.send.decode())) if command else {}

    def _shown(self, command: str) -> bytes:
        """What a command shows; a pager is answered where turning it off would be a change of the configuration."""
        said = self.send(command, echo=command)
        said = said[max(0, said.find(command)) :]  # what the login left behind is no part of the answer
        if self._paged:
            said = capture.clean(self._platform, said.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")
        return _body(said)

    def run(self, commands: Sequence[str]) -> str:
        """Commands one after the other; what came back. :raises Refused: when one is not taken."""
        said = ""
        self._stack = []
        for number, command in enumerate(commands, 1):
            answer = self.send(command.replace("{stamp}", self._stamp))
            if self.loading.errors.search(_body(answer)):
                raise Refused(number, command.encode())
            said += answer
        return said

    def configure(self) -> None:
        """Into configuration. :raises Refused: when that is not taken."""
        before = self._prompt
        self.run(self.loading.enter)
        self._outside = before if self._prompt != before else ""

    def save(self) -> None:
        """:raises Refused: when nothing proves that the configuration survives a restart."""
        for number, command in enumerate(self.loading.save, 1):
            said = _body(self.send(command))
            proof = self.loading.saved
            if not (proof.search(said) if proof else not self.loading.errors.search(said)):
                raise Refused(number, command.encode())

    def type(self, commands: Sequence[Command]) -> None:
        """The lines of a configuration, each into its block.

        :raises Refused: at the first line that is not taken.
        :raises ConnectionError: when the connection is lost.
        """
        for number, command in enumerate(commands, 1):
            self._go(command.path, number)
            below = number < len(commands) and commands[number].path[: len(command.path) + 1] == (*command.path, command.line)
            self._line(command.line, number, opens=below)
        self._go((), len(commands))

    def paste(self, text: bytes) -> None:
        """A whole configuration at once, up to Ctrl-D.

        :raises Refused: when the device names an error in it.
        :raises ConnectionError: when the connection is lost.
        """
        channel = self._connection.remote_conn
        try:
            channel.sendall(f"{self.loading.paste}\n".encode())
            time.sleep(_QUIET * 10)
            channel.sendall(text + b"\n\x04")
            answer = self._read(_QUIET * 20)
        except OSError as error:
            raise ConnectionError(type(error).__name__) from None
        if self.loading.errors.search(answer.encode("utf-8", "surrogateescape")):
            raise Refused(1, self.loading.paste.encode())

    def _go(self, path: Sequence[bytes], number: int) -> None:
        """Out of the blocks that are open and not meant, into those that are."""
        same = 0
        while same < min(len(self._stack), len(path)) and self._stack[same][0] == path[same]:
            same += 1
        if self.dialect.style.kind == "edit":
            for closing in leaving([key for key, _ in self._stack[same:]]):
                self._answer(closing, number)
            del self._stack[same:]
        while len(self._stack) > same:
            opened, shown = self._stack.pop()
            for word in self.loading.climb if shown else ():
                self._answer(word.replace("{word}", opened.split(b" ", 1)[0].decode("ascii", "replace")).encode(), number)
        for key in path[len(self._stack) :]:
            self._line(key, number, opens=True)

    def _line(self, line: bytes, number: int, *, opens: bool = False) -> None:
        before = self._prompt
        self._answer(line, number)
        moved = self._prompt != before and b"\n" not in line and not _NAMING.match(line)
        if self.dialect.style.kind == "edit":
            moved = line.startswith((b"config ", b"edit "))
        if moved or opens:
            self._stack.append((line, moved))

    def _answer(self, line: bytes, number: int) -> None:
        answer = self.send(keystrokes(line, self.dialect).decode("utf-8", "surrogateescape"), known=self._prompt)
        body = answer.split("\n", line.count(b"\n") + 1)[-1] if "\n" in answer else ""
        if self.loading.errors.search(body.encode("utf-8", "surrogateescape")) or self._prompt == self._outside:
            raise Refused(number, line)

    def send(self, line: str, secret: str = "", known: str = "", *, echo: str = "") -> str:
        """Type one line (or a value of several) and read up to the next prompt; known questions are answered.

        :param secret: what a question for a password is answered with.
        :param known: a prompt that needs no quiet to be believed: the answer to a line of configuration does not look like it. After a
            value of several lines it is the only one that is believed at all: these lines may look like prompts, and like questions.

        :param echo: a prompt that comes before it is one of an earlier line.

        :raises ConnectionError: when the device falls silent or hangs up.
        """
        channel = self._connection.remote_conn
        try:
            channel.sendall((line + "\n").encode("utf-8", "surrogateescape"))
            return self._read(_QUIET * 10, only=known) if "\n" in line else self._read(_QUIET, secret, known, echo=echo)
        except OSError as error:
            raise ConnectionError(type(error).__name__) from None

    def _read(self, quiet: float, secret: str = "", known: str = "", *, only: str = "", echo: str = "") -> str:
        channel = self._connection.remote_conn
        received = ""
        self._paged = False
        last = time.monotonic()
        while True:
            if channel.recv_ready():
                received += channel.recv(65536).decode("utf-8", "surrogateescape")
                last = time.monotonic()
                continue
            waited = time.monotonic() - last
            tail = _ANSI.sub("", received[-400:])
            mine = echo in received or waited >= _NO_ECHO
            match = _PROMPT.search(tail) if waited >= _LOOK and "\n" in received and mine else None
            if match and (waited >= quiet or match[1] == known) and match[1] == (only or match[1]):
                self._prompt = match[1]
                return _ANSI.sub("", received)
            if waited >= quiet and not only:
                if secret and re.search(r"(?i)password: ?$", tail):
                    channel.sendall(f"{secret}\n".encode())
                    secret, received, last = "", received + "\n", time.monotonic()
                    continue
                if self._platform.pager.match(_BREAK.split(tail)[-1].strip().encode("utf-8", "surrogateescape")):
                    channel.sendall(self._platform.pager_answer)
                    self._paged = True
                    last = time.monotonic()
                    continue
                said = tail if len(received) > len(tail) else tail.partition("\n")[2]  # not the echo of what was typed
                question = next((answer for asks, answer in self.loading.answers if asks.search(said.encode("utf-8", "replace"))), None)
                if question is not None:
                    channel.sendall(question)
                    received += "\n"
                    last = time.monotonic()
            if channel.closed or waited > self._silence:
                raise ConnectionError("closed" if channel.closed else f"no prompt within {self._silence:.0f} s")
            time.sleep(_LOOK)


def _body(answer: str) -> bytes:
    """What stands between the echoed command and the prompt, with LF line ends."""
    text = re.sub(r"\r+\n?", "\n", answer.replace("\r\r\n", "\n").replace("\r\n", "\n"))
    lines = text.split("\n")[1:-1]
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape")


def _connect(address: str, access: Access, driver: str, patience: float) -> Any:
    from netmiko import ConnectHandler  # noqa: PLC0415 - takes half a second to import
    from paramiko import SSHException  # noqa: PLC0415

    try:
        connection = ConnectHandler(
            device_type=driver,
            host=address,
            port=access.port,
            username=access.user,
            password=access.password,
            secret=access.enable,
            ssh_strict=True,
            system_host_keys=False,
            alt_host_keys=True,
            alt_key_file=str(access.known_hosts),
            use_keys=False,
            allow_agent=False,
            conn_timeout=patience,
            auth_timeout=patience,
            banner_timeout=patience,
        )
        if access.enable and driver not in _NO_ENABLE and not connection.check_enable_mode():
            connection.enable()
    except WardopsError:
        raise
    except (OSError, SSHException, ValueError, EOFError) as error:
        raise fail("E1710", address, 0, 0, address=address, reason=_reason(error)) from None
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in ("netmiko", "paramiko"):
            raise
        raise fail("E1710", address, 0, 0, address=address, reason=_reason(error)) from None
    return connection


def _reason(error: Exception) -> str:
    """The kind of failure; the text of a library may hold what the device said."""
    text = str(error)
    if "not found in known_hosts" in text:
        return "unknown host key"
    if "does not match" in text or type(error).__name__ == "BadHostKeyException":
        return "host key changed"
    return type(error).__name__
