"""From what a terminal received to the text that the device meant, if it is provably whole.

A terminal's stream holds more than the answer: the echo of the command (wrapped, with escapes), pager prompts and what erases them,
carriage returns, backspaces, the prompt at the end. All of that goes; every other byte stays, in whatever encoding it is. What is not
whole is never stored: a truncated configuration that replaces a good one is found on the day on which it is needed.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache
from typing import Any

from ..common.problems import WardopsError, fail
from .model import Answer, Status
from .platform import LITERAL, Command, Pattern, Platform

#: CSI, OSC, character sets, and two-character sequences (ECMA-48; xterm's control sequences)
_ESCAPES = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()*+][0-9A-Za-z]|[ -/]*[0-~])")
#: how a device takes its pager's prompt away again, or goes on after it
_ERASED = rb"[ \t]*(?:\x1b\[\d*D *\x1b\[\d*D|\x08+ *\x08*|\r *\r|\r?\x1b\[\d*K\r?|\r?\n)?"
_NAME = re.compile(rb"[<\[]?[~*]?[A-Za-z][\w.-]*")  # of the device, at the beginning of its prompt
_ECHO = 4  # lines over which an echo may be broken
_SHORT_ANSWER = 8  # lines: a refusal, or "there is none", is never longer
_HEAD = 40  # lines within which the start marker must stand

#: which result an answer that cannot be used makes of the attempt
STATUS = {
    "E1610": Status.INCOMPLETE,
    "E1611": Status.REFUSED,
    "E1612": Status.INCOMPLETE,
    "E1613": Status.INCOMPLETE,
    "E1614": Status.INCOMPLETE,
    "E1615": Status.INCOMPLETE,
    "E1616": Status.WRONG_DEVICE,
}


def capture(platform: Platform, command: Command, answer: Answer) -> bytes:
    """The text that the device answered with: LF line ends, nothing of the terminal left, otherwise as received.

    :returns: empty when the device says that there is nothing (``absent``).
    :raises WardopsError: E1610 (no prompt at the end), E1611 (command refused), E1612 (start missing), E1613 (end missing), E1614 (too
        short), E1615 (blocks not closed). None of them quotes what the device said: it may hold secrets.
    """
    data = _received(platform, answer.received)
    lines = _without_echo(data.split(b"\n"), command.send, answer.prompt)
    if b"\r" in data or b"\x08" in data:
        lines = [_shown(line) for line in lines]
    lines = _without_prompt(platform, command, lines, answer.prompt)
    while lines and not lines[0].strip():
        lines.pop(0)
    while lines and not lines[-1].strip():
        lines.pop()
    if len(lines) < _SHORT_ANSWER:
        if command.absent and command.absent.search(b"\n".join(lines)):
            return b""
        if platform.errors.search(b"\n".join(lines)):
            raise fail("E1611", platform=platform.name, command=command.key)
    _prove(platform, command, lines)
    return b"\n".join(lines) + b"\n"


def interrupted(platform: Platform, received: bytes) -> bool:
    """Whether the device printed a line of its log into an answer. Where it begins and ends nobody can tell for sure: ask again."""
    return bool(platform.log_lines and platform.log_lines.search(_received(platform, received)))


def another_name(platform: Platform, text: bytes, prompt: bytes, wanted: Collection[str]) -> str:
    """The name that a device gives itself, when it is none of those that it may have.

    Upper and lower case, a domain after the name, and where the platform cuts long names off, make no difference.

    :param text: of :func:`capture`.
    :param wanted: the ledger's name, and what the policy allows besides.
    :returns: empty: the name fits, or the device says none.
    """
    if platform.named is None:
        return ""
    said = [found.group(1) for found in platform.named.line.finditer(b"\n" + text)] if platform.named.line else []
    if not said and platform.named.prompt:
        found = platform.named.prompt.search(clean(platform, prompt))
        said = [found.group(1)] if found else []
    shown = [one.decode("utf-8", "replace").strip().strip("\"'") for one in said]
    shown = [one for one in shown if one]
    if not shown or any(_same_name(one, name, platform.named.longest) for one in shown for name in wanted):
        return ""
    return shown[0]


def _same_name(shown: str, wanted: str, longest: int) -> bool:
    shown, wanted = shown.casefold(), wanted.casefold()
    if shown == wanted or shown.partition(".")[0] == wanted.partition(".")[0]:
        return True
    return bool(longest) and len(shown) == longest and wanted.startswith(shown)


def clean(platform: Platform, received: bytes) -> bytes:
    """The stream as a screen of endless length would show it."""
    return b"\n".join(_shown(line) for line in _received(platform, received).split(b"\n"))


def _received(platform: Platform, received: bytes) -> bytes:
    """Without pager prompts, escapes and what has no width; carriage returns and backspaces within lines are still there."""
    data = received.replace(b"\0", b"")
    if platform.pager.search(data):
        data = _pager_and_erasure(platform.pager).sub(b"", data)
    if b"\x1b" in data:
        data = _ESCAPES.sub(b"", data)
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n")
        if b"\r\n" in data:  # more than one before a line's end
            data = re.sub(rb"\r+\n", b"\n", data)
    return data.replace(b"\x07", b"")


@cache
def _pager_and_erasure(pager: Pattern) -> Pattern:
    """A pager's prompt stands at the beginning of a line: the same words within a line are somebody's description."""
    bare = re.sub(rb"^\(\?[a-z]+\)", b"", pager.pattern)
    return re.compile(rb"^[ \t]?(?:" + bare + rb")" + _ERASED, pager.flags)


def _shown(line: bytes) -> bytes:
    """A line as the screen shows it: where the cursor went back, what is written over something replaces it."""
    if b"\r" not in line and b"\x08" not in line:
        return line
    shown = bytearray()
    column = 0
    for sign in line:
        if sign == 0x0D:
            column = 0
        elif sign == 0x08:
            column = max(0, column - 1)
        else:
            shown[column : column + 1] = bytes([sign])
            column += 1
    return bytes(shown[:column]) if line.endswith(b"\x08") else bytes(shown)


def _without_echo(lines: list[bytes], sent: bytes, prompt: bytes) -> list[bytes]:
    """Take the echo away: the first lines, up to the one with which the command is complete, with nothing but a prompt before it.

    A narrow terminal breaks the command anywhere (a blank and a return, or a new line); some devices go back and write it again.
    """
    wanted = _solid(sent)
    before = {b"", wanted, _solid(prompt)}
    raw = shown = b""
    for count, line in enumerate(lines[:_ECHO], 1):
        raw, shown = raw + _solid(line), shown + _solid(_shown(line))
        for heard in (raw, shown):
            if heard.endswith(wanted) and heard[: -len(wanted)] in before:
                return lines[count:]
    return lines


def _solid(data: bytes) -> bytes:
    """Without blanks, returns and backspaces."""
    return b"".join(_ESCAPES.sub(b"", data).replace(b"\x08", b" ").split())


def _without_prompt(platform: Platform, command: Command, lines: list[bytes], prompt: bytes) -> list[bytes]:
    while lines and not lines[-1].strip():
        lines.pop()
    last = lines[-1].strip() if lines else b""
    if not last or not _same_prompt(platform, last, clean(platform, prompt).strip().split(b"\n")[-1]):
        raise fail("E1610", platform=platform.name, command=command.key)
    lines.pop()
    if platform.trailer:
        while lines and (not lines[-1].strip() or platform.trailer.fullmatch(lines[-1].strip())):
            lines.pop()
    return lines


def _same_prompt(platform: Platform, last: bytes, known: bytes) -> bool:
    """Whether a line is the prompt seen before: equal, or a prompt that begins with the same name (a clock or a counter within it).

    AlaxalA puts a sign before its prompt, and takes it away, as the state of the configuration changes.
    """
    last, known = last.lstrip(b"!"), known.lstrip(b"!")
    name = _NAME.match(known)
    return last == known or bool(name and last.startswith(name.group()) and platform.prompt.fullmatch(last))


def _prove(platform: Platform, command: Command, lines: list[bytes]) -> None:
    where: dict[str, Any] = {"platform": platform.name, "command": command.key}
    if command.start and not any(command.start.search(line) for line in lines[:_HEAD]):
        raise fail("E1612", **where)
    if command.end and not (lines and command.end.fullmatch(lines[-1].strip())):
        raise fail("E1613", **where)
    if len(lines) < command.minimum:
        raise fail("E1614", **where, lines=len(lines), least=command.minimum)
    if command.balanced:
        text = b"\n".join(lines)
        opened, closed = (sum(1 for _ in sign.finditer(text)) for sign in command.balanced)
        if opened != closed:
            raise fail("E1615", **where, opened=opened, closed=closed)


def status_of(error: WardopsError) -> Status:
    """Which result an error of :func:`capture` makes of the attempt."""
    return STATUS.get(error.problems[0].code, Status.INCOMPLETE)


def steady(platform: Platform, text: bytes) -> bytes:
    """The text with its volatile lines rewritten: equal on two nights means that nobody changed anything."""
    for line, instead in platform.volatile:
        text = _rewritten(line, instead, text)
    return text


def _rewritten(line: Pattern, instead: bytes, text: bytes) -> bytes:
    """``line.sub(instead, text)`` for a pattern that begins at a line's start, tried only where its first letters stand."""
    first = _first_letters(line)
    pieces, done = [], 0
    at = text.find(first)
    while at >= 0:
        found = line.match(text, at) if at == 0 or text[at - 1] == 0x0A else None
        if found:
            pieces += [text[done:at], found.expand(instead)]
            done = found.end()
        at = text.find(first, max(at + 1, done))
    return b"".join([*pieces, text[done:]]) if done else text


@cache
def _first_letters(line: Pattern) -> bytes:
    """The letters with which every match begins; the platform file's loader sees to it that there is at least one."""
    found = LITERAL.match(line.pattern)
    return re.sub(rb"\\(.)", rb"\1", found.group(1)) if found else b""


def comparable(platform: Platform, text: bytes) -> bytes:
    """What is left for comparing running and startup configuration: no comments, no blank lines, no lines that differ by nature."""
    kept = []
    for line in steady(platform, text).split(b"\n"):
        bare = line.strip()
        if bare and not (platform.comment and platform.comment.match(bare)) and not (platform.differs and platform.differs.search(line)):
            kept.append(line.rstrip())
    return b"\n".join(kept) + b"\n"
