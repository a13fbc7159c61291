"""What is typed for a line of a configuration, or why it must not be typed: a value never becomes a command.

A stored configuration is what a device once said. Control characters, a banner that is not closed, or a line such as ``do reload`` in
it would be keys and commands of their own in the successor's terminal. Nothing of that is typed; a person looks first (E1715).
"""

from __future__ import annotations

import re

from ..dialect import Dialect
from ..platform import BANNED
from ..tree import Style

#: what a terminal acts on: return, Ctrl-C, Ctrl-D, Ctrl-Z, escape, completion …
_KEYS = re.compile(rb"[\x00-\x1f\x7f]")
_KEYS_IN_VALUES = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")  # a further line of a banner or a certificate may hold tabs
_MARKS = b"@~%#|+=&$*"
#: ends of banners that a device prints as two signs and takes as one key (Cisco IOS: Ctrl-C)
_UNTYPABLE_MARKS = (b"^C", b"\x03")
#: commands that some platforms also take among configuration lines, with the letters that are enough for each
_COMMANDS = {
    "do": 2, "bash": 3, "tclsh": 3, "guestshell": 2, "python": 2, "run": 3, "request": 3, "execute": 5, "copy": 3, "delete": 3,
    "format": 4, "write": 2, "erase": 3, "reload": 3, "restart": 4, "reboot": 3,
}  # fmt: skip
_COMMAND = re.compile(
    rb"(?i)\s*(?:%s)(?:\s|$)"
    % b"|".join(b"%s[%s]{0,%d}" % (word[:n].encode(), word[n:].encode() or b"-", len(word) - n) for word, n in _COMMANDS.items())
)
_EDIT_WORDS = re.compile(rb"(?:config|edit|set|unset|append|unselect|select|delete|next|end)(?:\s|$)")


class Unsafe(Exception):
    """A line that would not arrive as what it is.

    :param ja: :param en: why.
    """

    def __init__(self, ja: str, en: str) -> None:
        super().__init__(en)
        self.ja = ja
        self.en = en


_CONTROL = ("制御文字が入っている", "it holds control characters")
_OPEN = ("値が閉じていない", "a value in it is not closed")
_OTHER = ("設定ではなくコマンドである", "it is a command and no configuration")
_HELP = ("「?」はこの機種ではヘルプのキーになる", "this platform takes ? as its key for help")


def keystrokes(line: bytes, dialect: Dialect) -> bytes:
    """What is typed for a line (or a value of several lines) up to its last return.

    :raises Unsafe: when it must not be typed.
    """
    first, _, more = line.partition(b"\n")
    _judge(first, more, dialect.style)
    if more or _starts_value(first, dialect.style):
        line = _own_mark(line, dialect.style)
        first, _, more = line.partition(b"\n")
    if _KEYS.search(first) or _KEYS_IN_VALUES.search(more):
        raise Unsafe(*_CONTROL)
    literal = dialect.loading.literal if dialect.loading else b""
    if b"?" in first:
        if not literal:
            raise Unsafe(*_HELP)
        first = first.replace(b"?", literal + b"?")
    return first + b"\n" + more if more else first


def check_text(text: bytes) -> None:
    """A whole configuration that is pasted up to Ctrl-D. :raises Unsafe: when a key in it would end that, or do something else."""
    if _KEYS_IN_VALUES.search(text.replace(b"\r\n", b"\n")):
        raise Unsafe(*_CONTROL)


def _judge(first: bytes, more: bytes, style: Style) -> None:
    if style.kind == "edit":
        if not _EDIT_WORDS.match(first):
            raise Unsafe(*_OTHER)
        if _quotes(first + b"\n" + more) % 2:
            raise Unsafe(*_OPEN)
    elif style.kind == "indent" and (BANNED.search(first) or _COMMAND.match(first)):
        raise Unsafe(*_OTHER)


def _quotes(value: bytes) -> int:
    return value.replace(b"\\\\", b"").replace(b'\\"', b"").count(b'"')


def _starts_value(first: bytes, style: Style) -> bool:
    return any(block.start.match(first) for block in style.blocks)


def _own_mark(line: bytes, style: Style) -> bytes:
    """A banner with an end that can be typed. :raises Unsafe: for a value that nothing closes."""
    first = line.partition(b"\n")[0]
    for block in style.blocks:
        match = block.start.match(first)
        if match is None:
            continue
        if block.end is not None:
            if b"\n" not in line or not block.end.match(line.rpartition(b"\n")[2]):
                raise Unsafe(*_OPEN)
        elif match.re.groups:
            text, closed, _ = line[match.end(1) :].partition(match[1])
            if not closed:
                raise Unsafe(*_OPEN)
            if match[1] in _UNTYPABLE_MARKS:
                mark = next((sign for sign in (_MARKS[i : i + 1] for i in range(len(_MARKS))) if sign not in text), None)
                if mark is None:
                    raise Unsafe(*_OPEN)
                return line[: match.start(1)] + mark + text + mark
        return line
    return line
