"""One terminal on a device, byte by byte: what came since the last command, and when a prompt ends it.

A prompt counts when nothing follows it for a moment: a line of the configuration that looks like one is followed by the rest of the
configuration. The moment is short for exactly the prompt seen before, and long for anything else that has a prompt's form.
"""

# ruff: noqa: ARG002 (the library calls these methods with what it has)

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any

import asyncssh

_ESCAPES = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()*+][0-9A-Za-z]|[ -/]*[0-~])")
_TAIL = 1024  # bytes: no prompt is longer

#: what a line at the end means: seconds of quiet after which it counts, and what is then sent (``None``: it is what was waited for)
Judgement = tuple[float, bytes | None]
Judge = Callable[[bytes], Judgement | None]


class TooLargeError(Exception):
    """More came than any configuration has."""


class ClosedError(Exception):
    """The device hung up."""


class Terminal(asyncssh.SSHClientSession[bytes]):
    """The session of one channel.

    :param most: bytes of one answer.
    """

    def __init__(self, most: int) -> None:
        self.buffer = bytearray()
        self._most = most
        self._loop = asyncio.get_running_loop()
        self._channel: asyncssh.SSHClientChannel[bytes] | None = None
        self._waiter: asyncio.Future[bytes] | None = None
        self._judge: Judge = lambda _: None
        self._timer: asyncio.TimerHandle | None = None
        self._error: Exception | None = None
        self._looking = False

    def connection_made(self, chan: asyncssh.SSHClientChannel[bytes]) -> None:
        self._channel = chan

    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:
        if self._error:
            return
        self.buffer += data
        if len(self.buffer) > self._most:
            self._fail(TooLargeError())
            if self._channel:
                self._channel.get_connection().abort()
        elif self._waiter and not self._looking:
            # a look for each burst, not for each of its packets
            self._looking = True
            self._loop.call_soon(self._look_again)

    def eof_received(self) -> bool:
        self._fail(ClosedError())
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(ClosedError())

    def send(self, data: bytes) -> None:
        """:raises ClosedError: when the device has hung up."""
        if self._error or self._channel is None:
            raise self._error or ClosedError()
        try:
            self._channel.write(data)
        except (OSError, asyncssh.Error):
            raise ClosedError from None

    async def ask(self, line: bytes, judge: Judge) -> bytes:
        """Send a line and wait; everything received until then, echo and prompt included.

        :raises ClosedError: the device hung up first.
        :raises TooLargeError: the answer passed its limit.
        """
        self.buffer.clear()
        self.send(line + b"\n")
        return await self.until(judge)

    async def until(self, judge: Judge) -> bytes:
        """Wait until a line at the end is what ``judge`` waits for; a copy of what was received since the last command."""
        if self._error:
            raise self._error
        self._judge = judge
        self._waiter = self._loop.create_future()
        try:
            self._look()
            return await self._waiter
        finally:
            self._waiter = None
            self._stop()

    def last_line(self) -> bytes:
        """The last line as a screen would show it, without blanks around it."""
        tail = bytes(self.buffer[-_TAIL:])
        tail = tail[tail.rfind(b"\n") + 1 :]
        if b"\x1b" in tail:
            tail = _ESCAPES.sub(b"", tail)
        if b"\r" in tail:
            tail = tail.rstrip(b"\r ").rpartition(b"\r")[2]
        if b"\x08" in tail:
            tail = tail.rpartition(b"\x08")[2]  # a pager's prompt that was taken away again
        return tail.replace(b"\0", b"").strip()

    def last_whole_line(self) -> bytes:
        """The line before the last one, with the line feed before it."""
        lines = bytes(self.buffer[-_TAIL:]).rstrip().rpartition(b"\n")
        return b"\n" + lines[2]

    def _look_again(self) -> None:
        self._looking = False
        if self._waiter and not self._error:
            self._look()

    def _look(self) -> None:
        self._stop()
        found = self._judge(self.last_line())
        if found:
            self._timer = self._loop.call_later(found[0], self._settle, found[1])

    def _settle(self, send: bytes | None) -> None:
        self._timer = None
        if send is not None:
            if self._channel and not self._error:
                self._channel.write(send)
        elif self._waiter and not self._waiter.done():
            self._waiter.set_result(bytes(self.buffer))

    def _fail(self, error: Exception) -> None:
        self._error = self._error or error
        self._stop()
        if self._waiter and not self._waiter.done():
            self._waiter.set_exception(self._error)

    def _stop(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None


def options(platform_ssh: Any) -> tuple[str, tuple[int, int]]:
    """Terminal type and size that a platform wants: wide, and without rows, so that nothing is broken or paged."""
    return "vt100", (int(platform_ssh.get("width", 511)), 0)
