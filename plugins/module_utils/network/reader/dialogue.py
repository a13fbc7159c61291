"""One attempt at one device: in, prompt, privilege, commands, out. Nothing but what the platform file says is ever sent."""

# ruff: noqa: ARG002 (the library calls these methods with what it has)

from __future__ import annotations

import asyncio
import contextlib
import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any, ClassVar

import asyncssh
from asyncssh.constants import MSG_IGNORE

from .. import capture as captures
from ..known_hosts import KnownHosts, Verdict
from ..model import Answer, Device, Status
from ..platform import Command, Platform
from .access import Access, Breaker
from .algorithms import Algorithms
from .terminal import ClosedError, Judge, Judgement, Terminal, TooLargeError, options

#: seconds of quiet after the known prompt, after the first one and others of its form, and before a pager or a question is answered
_KNOWN, _GREETING, _OTHER, _ANSWER = 0.01, 0.1, 0.6, 0.05
#: seconds of silence in a greeting without a prompt after which the Enter key is pressed, once
_NUDGE = 2.0
#: how often a command is asked whose answer the device's log gets into
_ASKS = 4


@dataclass(frozen=True, slots=True)
class Failed(Exception):
    """The attempt ended without its answers. ``detail`` is Japanese, for people, and holds nothing that the device said."""

    status: Status
    detail: str


@dataclass(slots=True)
class Attempt:
    """One attempt under way.

    :param phase: ``tcp``, ``ssh``, ``auth``, ``terminal``: how far it came.
    :param answers: what was read so far.
    :param puzzled: the device says something, but no prompt that the platform file knows.
    """

    via: ClassVar[str] = "asyncssh"
    device: Device
    platform: Platform
    access: Access
    known: KnownHosts
    breaker: Breaker
    most: int
    commands: tuple[str, ...]
    phase: str = "tcp"
    verdict: Verdict | None = None
    tried: bool = False
    pending: bool = False
    barred: bool = False
    paged: bool = False
    puzzled: bool = False
    answers: list[Answer] = field(default_factory=list, repr=False)

    async def run(self, patience: float) -> None:
        """The whole dialogue; the answers stand in ``answers``.

        :param patience: seconds until the terminal must be open.
        :raises Failed: everything that can happen but the end of the caller's time.
        """
        connection = None
        try:
            async with asyncio.timeout(patience):
                connection, terminal = await self._open()
            prompt = await self._first_prompt(terminal, patience)
            await self._talk(terminal, prompt)
        except TimeoutError:
            raise self.late() from None
        except TooLargeError:
            raise Failed(Status.TOO_LARGE, f"応答が上限 {self.most // 1048576} MiB を超えた") from None
        except ClosedError:
            raise Failed(Status.INCOMPLETE, "機器が途中で切断した") from None
        except asyncssh.Error as error:
            raise self._refused(error) from None
        except OSError as error:
            raise Failed(Status.UNREACHABLE, f"接続できない（{_reason(error)}）") from None
        finally:
            if self.pending:
                self.settle(good=None)
            if connection:
                connection.abort()

    def late(self) -> Failed:
        """What it means that the device's time is over now."""
        if self.phase in ("tcp", "ssh"):
            return Failed(Status.UNREACHABLE, "応答がない" if self.phase == "tcp" else "接続後、SSH の応答がない")
        return Failed(Status.TIMEOUT, "認証の応答がない" if self.phase == "auth" else "応答が途中で止まった")

    def settle(self, *, good: bool | None) -> None:
        self.pending = False
        self.breaker.settle(good=good)

    async def permitted(self) -> bool:
        """Whether the account may be tried now: once in an attempt, and not at all when it has failed elsewhere."""
        if self.tried:
            return False
        if not self.pending:
            if not await self.breaker.permit():
                self.barred = True
                return False
            self.pending = True
        self.tried = True
        return True

    def _refused(self, error: asyncssh.Error) -> Failed:
        if self.verdict is Verdict.UNKNOWN:
            return Failed(Status.HOST_KEY_UNKNOWN, "ホスト鍵が記録されていない")
        if self.verdict is Verdict.CHANGED:
            return Failed(Status.HOST_KEY_CHANGED, "ホスト鍵が記録と違う（接続を中止した）")
        if self.barred or isinstance(error, asyncssh.PermissionDenied) or (self.phase == "auth" and self.tried):
            if self.pending:
                self.settle(good=False)
            not_tried = "試していない（同じアカウントの認証失敗が続いたため）"
            return Failed(Status.AUTHENTICATION, not_tried if self.barred else "認証に失敗した（パスワードまたは鍵）")
        if self.phase in ("tcp", "ssh", "auth"):
            what = "SSH の暗号方式が合わない" if isinstance(error, asyncssh.KeyExchangeFailed) else "SSH の接続が切れた"
            return Failed(Status.UNREACHABLE, f"{what}（{type(error).__name__}）")
        return Failed(Status.INCOMPLETE, f"機器が途中で切断した（{type(error).__name__}）")

    async def _open(self) -> tuple[asyncssh.SSHClientConnection, Terminal]:
        kinds = tuple(sorted({key.kind for key in self.known.keys(self.device.address, self.device.port)}))
        settings = connection_options(kinds, self.access.user, Algorithms.of(self.platform.ssh))
        connection = await _connected(settings, self.device, lambda: _Client(self))
        self.phase = "terminal"
        term, size = options(self.platform.ssh)
        try:
            terminal = Terminal(self.most)
            await connection.create_session(lambda: terminal, term_type=term, term_size=size, encoding=None, window=256 * 1024)
        except BaseException:
            connection.abort()
            raise
        return connection, terminal

    async def _first_prompt(self, terminal: Terminal, patience: float) -> bytes:
        """:raises Failed: when no prompt comes that is one of the platform's."""
        try:
            async with asyncio.timeout(patience):
                return await self._greeting(terminal)
        except TimeoutError:
            self.puzzled = bool(terminal.buffer.strip())
            what = "知っている形のプロンプトが出ない" if self.puzzled else "端末に何も出ない"
            raise Failed(Status.TIMEOUT, what) from None

    async def _talk(self, terminal: Terminal, prompt: bytes) -> None:
        prompt = await self._enable(terminal, prompt)
        for line in self.platform.setup:
            await terminal.ask(line, self._any_prompt(terminal, prompt, _GREETING))
            prompt = terminal.last_line()
        for key in self.commands:
            command = self.platform.commands.get(key)
            if command is not None:
                self.answers.append(await self._show(terminal, command, prompt))
        with contextlib.suppress(ClosedError, TooLargeError, TimeoutError):
            await self._leave(terminal, prompt)

    async def _greeting(self, terminal: Terminal) -> bytes:
        """Wait for the first prompt; a device that wants a key pressed first gets Enter."""

        def judge(line: bytes) -> Judgement | None:
            if self.platform.prompt.fullmatch(line):
                return _GREETING, None
            return _NUDGE, b"\n"

        await terminal.until(judge)
        return terminal.last_line()

    async def _enable(self, terminal: Terminal, prompt: bytes) -> bytes:
        enable = self.platform.enable
        if enable is None or not enable.when.search(prompt) or not self.access.enable:
            return prompt

        def judge(line: bytes) -> Judgement | None:
            if enable.ask.search(line) or self.platform.prompt.fullmatch(line):
                return _ANSWER, None
            return None

        received = await terminal.ask(enable.send, judge)
        if enable.ask.search(terminal.last_line()):
            received = await terminal.ask(self.access.enable.encode(), judge)
        prompt = terminal.last_line()
        if enable.when.search(prompt) or enable.ask.search(prompt) or enable.refused.search(received):
            raise Failed(Status.REFUSED, "特権モードに入れない（特権パスワード）")
        return prompt

    async def _show(self, terminal: Terminal, command: Command, prompt: bytes) -> Answer:
        """Until the device does not print its log into the answer, or twice says the same: then it is the configuration's own text."""
        before = b""
        for _ in range(_ASKS):
            received = await terminal.ask(command.send, self._any_prompt(terminal, prompt))
            if not captures.interrupted(self.platform, received) or received == before:
                return Answer(command.key, received, prompt)
            before = received
        raise Failed(Status.LOG_LINES, f"応答にログが混ざる（{_ASKS} 回）")

    def _any_prompt(self, terminal: Terminal, known: bytes, other: float = _OTHER) -> Judge:
        """The known prompt soon (AlaxalA's sign for unsaved changes aside), another of its form later; the pager is answered.

        A log line after the prompt pushes it up, and not every device writes it again: Enter makes it.
        """
        bare = known.lstrip(b"!")

        def judge(line: bytes) -> Judgement | None:
            if not line:
                return (_NUDGE, b"\n") if captures.interrupted(self.platform, terminal.last_whole_line()) else None
            if line.lstrip(b"!") == bare:
                return _KNOWN, None
            if self.platform.pager.match(line):
                self.paged = True
                return _ANSWER, self.platform.pager_answer
            if self.platform.prompt.fullmatch(line):
                return other, None
            return None

        return judge

    async def _leave(self, terminal: Terminal, prompt: bytes) -> None:
        """Say good-bye. A device that asks something then is waited for; the others are not."""
        if not self.platform.questions:
            for line in self.platform.leave:
                terminal.send(line + b"\n")
            await asyncio.sleep(0)
            return

        def judge(line: bytes) -> Judgement | None:
            for question in self.platform.questions:
                if question.ask.search(line):
                    return _ANSWER, question.answer + b"\n"
            return (_ANSWER, None) if self.platform.prompt.fullmatch(line) else None

        async with asyncio.timeout(3.0):
            for line in self.platform.leave:
                await terminal.ask(line, judge)


async def _connected(
    shared: asyncssh.SSHClientConnectionOptions, device: Device, client: Callable[[], asyncssh.SSHClient]
) -> asyncssh.SSHClientConnection:
    """As ``asyncssh.create_connection``, which makes all options anew for each connection, in another thread: a fifth of a night's time.

    What a connection needs of its own is its address, its client and the future that tells that it is authenticated.
    """
    loop = asyncio.get_running_loop()
    settings: Any = copy.copy(shared)
    settings.host, settings.port, settings.protocol_factory, settings.waiter = device.address, device.port, client, loop.create_future()
    _, connection = await loop.create_connection(lambda: _Connection(loop, settings, wait="auth"), device.address, device.port)
    try:
        await settings.waiter
    except BaseException:
        connection.abort()
        raise
    return connection


class _Connection(asyncssh.SSHClientConnection):
    """Without the empty packet before each packet that the library sends: it guards CBC ciphers only (RFC 4251, 9.3.1)."""

    def send_packet(self, pkttype: int, *args: bytes, handler: Any = None) -> None:
        if pkttype != MSG_IGNORE or "cbc" in self.get_extra_info("send_cipher", ""):
            super().send_packet(pkttype, *args, handler=handler)


class _Client(asyncssh.SSHClient):
    """What the SSH library asks on the way in."""

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt

    def connection_made(self, conn: asyncssh.SSHClientConnection) -> None:
        self._attempt.phase = "ssh"

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        attempt = self._attempt
        attempt.verdict = attempt.known.judge(attempt.device.address, attempt.device.port, key.public_data)
        attempt.phase = "auth"
        return attempt.verdict is Verdict.KNOWN

    def auth_completed(self) -> None:
        if self._attempt.pending:
            self._attempt.settle(good=True)

    async def public_key_auth_requested(self) -> Any:
        if not self._attempt.access.key or not await self._attempt.permitted():
            return None
        return private_key(self._attempt.access.key)

    async def password_auth_requested(self) -> str | None:
        return self._attempt.access.password if await self._password_permitted() else None

    async def kbdint_auth_requested(self) -> str | None:
        return "" if self._attempt.access.password and not self._attempt.tried and not self._attempt.barred else None

    async def kbdint_challenge_received(self, name: str, instructions: str, lang: str, prompts: Any) -> list[str] | None:
        if not prompts:
            return []
        if len(prompts) > 1 or not await self._password_permitted():
            return None
        return [self._attempt.access.password]

    async def _password_permitted(self) -> bool:
        """One try with the password, by whatever method: a second one is a step towards a locked account."""
        attempt = self._attempt
        if not attempt.access.password or (attempt.tried and not attempt.access.key) or attempt.barred:
            return False
        return await self._attempt.permitted()


@cache
def private_key(text: str) -> asyncssh.SSHKey:
    """Parsed once. :raises asyncssh.KeyImportError: when it is none."""
    return asyncssh.import_private_key(text)


@cache
def connection_options(kinds: tuple[str, ...], user: str, algorithms: Algorithms) -> asyncssh.SSHClientConnectionOptions:
    """The options of all connections that are alike.

    :param kinds: types of the recorded host keys: the device shall show one of these, since it may have others too.
    """
    wanted = [one for one in algorithms.host_key if one in kinds or (one.startswith("rsa-") and "ssh-rsa" in kinds)]
    return asyncssh.SSHClientConnectionOptions(
        username=user,
        known_hosts=lambda *_: ([], [], []),
        server_host_key_algs=wanted or algorithms.host_key,
        kex_algs=algorithms.kex,
        encryption_algs=algorithms.encryption,
        mac_algs=algorithms.mac,
        compression_algs=["none"],
        client_keys=None,
        agent_path=None,
        gss_kex=False,
        gss_auth=False,
        host_based_auth=False,
        preferred_auth="publickey,password,keyboard-interactive",
        config=None,
        connect_timeout=None,
        login_timeout=0,
        keepalive_interval=0,
    )


def _reason(error: OSError) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "拒否された"
    if isinstance(error, ConnectionResetError):
        return "切断された"
    return error.strerror or type(error).__name__
