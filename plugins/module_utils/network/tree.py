"""A configuration as a tree: the blocks that a device means, and every byte of the text that it printed.

``render(parse(text, style)) == text`` for every text. What has no meaning (comments, blank lines, closing lines) stays in the tree as
*noise* at the place where it stood, and is passed over when two trees are compared (``diff.py``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["indent", "braces", "edit"]
Path = tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A value that goes over several lines, such as a banner.

    :param start: matches its first line; group 1, where there is one, is the mark that ends it.
    :param end: matches its last line; ``None``: the first line that contains group 1 of ``start``.
    """

    start: re.Pattern[bytes]
    end: re.Pattern[bytes] | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """Lines whose order has a meaning.

    :param within: matches the line of the block in which they stand (empty for the top).
    :param lines: matches the beginning of such a line; lines with the same match keep their order among themselves, others are free.
    """

    within: re.Pattern[bytes]
    lines: re.Pattern[bytes]


@dataclass(frozen=True, slots=True)
class Style:
    """How a platform writes its configuration.

    :param kind: ``indent`` (blocks by leading blanks; also platforms with few or no blocks), ``braces`` (Junos), ``edit``
        (FortiOS: ``config``, ``edit``, ``next``, ``end``).
    :param comment: matches lines (without leading blanks) that mean nothing.
    :param closers: lines that close a block, or the whole.
    :param singles: the beginning of lines of which one exists in a block; a new one takes the place of the old one.
    :param negation: the word that takes a line away (``no``, ``undo``, ``delete``).
    :param depth: deeper indentation means nothing (Yamaha: what stands below ``ipsec tunnel`` belongs to ``tunnel select``); 0: it does.
    :param separator: a line that ends every block, so that what follows stands at the top whatever its indentation (Comware: ``#``).
    """

    kind: Kind = "indent"
    comment: re.Pattern[bytes] = re.compile(rb"!")
    closers: frozenset[bytes] = frozenset()
    blocks: tuple[Block, ...] = ()
    orders: tuple[Order, ...] = ()
    singles: re.Pattern[bytes] | None = None
    negation: bytes = b"no"
    depth: int = 0
    separator: bytes = b""

    def group(self, parent: bytes, line: bytes) -> bytes | None:
        """The ordered group to which a line belongs; ``None`` when its place means nothing."""
        for order in self.orders:
            if order.within.match(parent) and (match := order.lines.match(line)):
                return match[0]
        return None


@dataclass(slots=True)
class Node:
    """One line (or one value of several lines), and what stands below it.

    :param key: what it means: the line without blanks around it; empty for noise and for the root.
    :param raw: its bytes, line ends included.
    """

    key: bytes = b""
    raw: bytes = b""
    indent: int = -1
    noise: bool = False
    children: list[Node] = field(default_factory=list)

    def meant(self) -> list[Node]:
        """The children that mean something."""
        return [child for child in self.children if not child.noise]

    def walk(self, path: Path = ()) -> Iterator[tuple[Path, Node]]:
        """Every node that means something, with the path of its parent."""
        for child in self.meant():
            yield path, child
            yield from child.walk((*path, child.key))


def render(node: Node) -> bytes:
    """The text, byte for byte as it was parsed."""
    parts: list[bytes] = []
    todo = [node]
    while todo:
        one = todo.pop()
        parts.append(one.raw)
        todo += reversed(one.children)
    return b"".join(parts)


def parse(text: bytes, style: Style) -> Node:
    """The tree of a text. Never fails: what closes too much or too little stays where it stands."""
    return _Parser(style).parse(text)


_COMMENT_AT_END = re.compile(rb"\s*##.*$", re.S)
_C_COMMENT = re.compile(rb"\s*/\*")


class _Parser:
    def __init__(self, style: Style) -> None:
        self.style = style
        self.root = Node()
        self.stack = [self.root]

    def parse(self, text: bytes) -> Node:
        lines = text.split(b"\n")
        lines = [line + b"\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
        index = 0
        while index < len(lines):
            count = self._length(lines, index)
            self._take(b"".join(lines[index : index + count]), lines[index])
            index += count
        if self.style.kind == "edit":
            _pass_over_empty(self.root)
        return self.root

    def _length(self, lines: list[bytes], index: int) -> int:
        """How many lines belong together here."""
        first = lines[index].rstrip(b"\r\n")
        if self.style.kind != "indent" and not self._is_comment(first.strip()) and _open_quote(first):
            return _until(lines, index, _open_quote)
        if self.style.kind == "braces" and _C_COMMENT.match(first) and b"*/" not in first:
            return _until(lines, index, re.compile(rb".*\*/").match)
        for block in self.style.blocks:
            match = block.start.match(first)
            if match is None:
                continue
            if block.end is not None:
                return _until(lines, index, block.end.match)
            if match[1] not in first[match.end(1) :]:
                return _until(lines, index, re.compile(b".*" + re.escape(match[1])).match)
        return 1

    def _is_comment(self, body: bytes) -> bool:
        return not body or self.style.comment.match(body) is not None

    def _take(self, raw: bytes, first: bytes) -> None:
        body = first.strip()
        indent = len(first) - len(first.lstrip(b" \t"))
        if self._is_comment(body) or (self.style.kind == "braces" and _C_COMMENT.match(body)):
            self.stack[-1].children.append(Node(raw=raw, indent=indent, noise=True))
            if body and body == self.style.separator:
                del self.stack[1:]
        elif self._closes(body):
            self._close(body, Node(raw=raw, indent=indent, noise=True))
        else:
            self._add(Node(self._key(raw), raw, indent))

    def _key(self, raw: bytes) -> bytes:
        key = b"\n".join(line.rstrip(b"\r") for line in raw.strip(b" \t\r\n").split(b"\n"))
        if self.style.kind == "braces":
            key = _COMMENT_AT_END.sub(b"", key) if b'"' not in key.rpartition(b"##")[2] else key
            key = key.removesuffix(b"{").rstrip() if key.endswith(b"{") else key
        return key

    def _closes(self, body: bytes) -> bool:
        if self.style.kind == "braces":
            return body in (b"}", b"};") or body in self.style.closers
        if self.style.kind == "edit":
            return body in (b"next", b"end")
        return body in self.style.closers

    def _close(self, body: bytes, node: Node) -> None:
        self.stack[-1].children.append(node)
        if self.style.kind == "indent":
            while len(self.stack) > 1 and self.stack[-1].indent >= node.indent:
                self.stack.pop()
        elif self.style.kind == "edit" and body == b"end":
            while len(self.stack) > 1 and not self.stack.pop().key.startswith(b"config "):
                pass
        elif len(self.stack) > 1:
            self.stack.pop()

    def _add(self, node: Node) -> None:
        if self.style.kind == "indent":
            while len(self.stack) > 1 and (self.stack[-1].indent >= node.indent or len(self.stack) - 1 > self.style.depth > 0):
                self.stack.pop()
            self.stack[-1].children.append(node)
            self.stack.append(node)
            return
        self.stack[-1].children.append(node)
        opens = node.key.startswith((b"config ", b"edit ")) if self.style.kind == "edit" else _opens_brace(node.raw)
        if opens:
            self.stack.append(node)


def _pass_over_empty(node: Node) -> None:
    """FortiOS: a ``config`` with nothing in it is not there."""
    for child in node.children:
        _pass_over_empty(child)
        child.noise = child.noise or (child.key.startswith(b"config ") and not child.meant())


def _opens_brace(raw: bytes) -> bool:
    return _COMMENT_AT_END.sub(b"", raw).rstrip().endswith(b"{")


def _open_quote(line: bytes) -> bool:
    """Whether a quotation begins or ends in the line without its other half."""
    bare = line.replace(b"\\\\", b"").replace(b'\\"', b"")
    return bare.count(b'"') % 2 == 1


def _until(lines: list[bytes], index: int, last: Callable[[bytes], object]) -> int:
    """Lines from ``index`` to the first later one that ends the value; one line alone when nothing does."""
    for place in range(index + 1, len(lines)):
        if last(lines[place].rstrip(b"\r\n")):
            return place - index + 1
    return 1
