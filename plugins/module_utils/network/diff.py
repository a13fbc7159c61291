"""What differs between two configurations, as a device sees it, and the lines that turn one into the other.

Blocks and lines are the same wherever they stand, unless their order has a meaning there (``Style.orders``: entries of access lists,
policies, servers that are asked in turn); then a move is a difference.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from .tree import Node, Path, Style

Action = Literal["add", "remove", "move"]
SIGNS: dict[Action, str] = {"add": "+", "remove": "-", "move": "~"}


@dataclass(frozen=True, slots=True)
class Change:
    """One block or line that is new, gone, or (where order matters) elsewhere; ``path`` are the blocks around it."""

    path: Path
    action: Action
    node: Node


def compare(before: Node, after: Node, style: Style, path: Path = ()) -> list[Change]:
    """The differences in the order in which the two texts have them; empty when both mean the same."""
    pairs, gone, new = _pairs(before, after)
    changes = [Change(path, "remove", node) for node in gone]
    moved = _moved(before, pairs, style)
    for node in after.meant():
        if id(node) in new:
            changes.append(Change(path, "add", node))
            continue
        if id(node) in moved:
            changes.append(Change(path, "move", node))
        changes += compare(pairs[id(node)], node, style, (*path, node.key))
    return changes


def _pairs(before: Node, after: Node) -> tuple[dict[int, Node], list[Node], set[int]]:
    """Partner in ``before`` by identity of the node in ``after``; nodes without one on either side."""
    waiting: dict[bytes, deque[Node]] = defaultdict(deque)
    for node in before.meant():
        waiting[node.key].append(node)
    pairs, new = {}, set()
    for node in after.meant():
        if waiting[node.key]:
            pairs[id(node)] = waiting[node.key].popleft()
        else:
            new.add(id(node))
    left = {id(node) for nodes in waiting.values() for node in nodes}
    return pairs, [node for node in before.meant() if id(node) in left], new


def _moved(before: Node, pairs: dict[int, Node], style: Style) -> set[int]:
    """Of the nodes in both, the fewest whose moves explain the new order of their group."""
    place = {id(node): number for number, node in enumerate(before.meant())}
    groups: dict[bytes, list[tuple[int, int]]] = defaultdict(list)
    for after, partner in pairs.items():
        group = style.group(before.key, partner.key)
        if group is not None:
            groups[group].append((after, place[id(partner)]))
    moved: set[int] = set()
    for members in groups.values():
        kept = _longest_rise([number for _, number in members])
        moved |= {node for node, number in members if number not in kept}
    return moved


def _longest_rise(numbers: Sequence[int]) -> set[int]:
    """The longest rising subsequence of different numbers."""
    ends: list[int] = []
    last: dict[int, int] = {}
    for number in numbers:
        at = bisect_left(ends, number)
        if at:
            last[number] = ends[at - 1]
        ends[at:] = [number, *ends[at + 1 :]]
    kept: set[int] = set()
    one = ends[-1] if ends else None
    while one is not None:
        kept.add(one)
        one = last.get(one)
    return kept


# --- for people


def as_text(changes: Sequence[Change]) -> str:
    """Differences with the blocks around them. Give it trees of masked texts."""
    lines: list[str] = []
    shown: Path = ()
    for change in changes:
        common = next((i for i, (a, b) in enumerate(zip(shown, change.path, strict=False)) if a != b), min(len(shown), len(change.path)))
        lines += [f"  {'  ' * depth}{_show(change.path[depth])}" for depth in range(common, len(change.path))]
        shown = change.path
        lines += [f"{SIGNS[change.action]} {line}" for line in _lines(change.node, len(change.path), deep=change.action != "move")]
    return "".join(f"{line}\n" for line in lines)


def _lines(node: Node, depth: int, *, deep: bool) -> list[str]:
    found = [f"{'  ' * depth}{line}" for line in _show(node.key).split("\n")]
    if deep:
        for child in node.meant():
            found += _lines(child, depth + 1, deep=True)
    return found


def _show(key: bytes) -> str:
    """Text of any encoding, without what would move a terminal's cursor."""
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", "\N{REPLACEMENT CHARACTER}", key.decode("utf-8", "replace"))


_CLASSES = {"+": "add", "-": "remove", "~": "move"}


def as_html(changes: Sequence[Change]) -> str:
    """The same as a ``<pre>``; lines carry the class ``add``, ``remove`` or ``move``."""
    lines = []
    for line in as_text(changes).splitlines():
        name = _CLASSES.get(line[:1])
        text = html.escape(line)
        lines.append(f'<span class="{name}">{text}</span>' if name else text)
    return '<pre class="diff">' + "\n".join(lines) + "</pre>"


# --- for devices


@dataclass(frozen=True, slots=True)
class Command:
    """One line to type, in the blocks of ``path``; ``block`` when it opens the block that follows."""

    path: Path
    line: bytes


def commands(before: Node, after: Node, style: Style) -> list[Command]:
    """The lines that turn ``before`` into ``after`` on a device that takes single lines (``indent`` and ``edit`` styles).

    Removals come before additions of the same block. An ordered group of which anything but its end differs is taken away and
    written anew, because most platforms put a new line at the end.
    """
    return _merge(before, after, style, ())


def _merge(before: Node, after: Node, style: Style, path: Path) -> list[Command]:
    pairs, gone, new = _pairs(before, after)
    rewritten = _rewritten(before, after, gone, style, top=not path)
    lines = _taken_away(before, rewritten, style, path)
    for node in gone:
        if style.kind == "edit" and node.key.startswith(b"config "):
            lines += _merge(node, Node(node.key), style, (*path, node.key))  # a whole table cannot be taken away by one line
        elif style.group(before.key, node.key) not in rewritten and not _overwritten(node, after, new, style):
            lines.append(Command(path, negated(node.key, style)))
    for node in after.meant():
        whole = id(node) in new or style.group(after.key, node.key) in rewritten
        if whole:
            lines.append(Command(path, node.key))
        lines += _merge(Node(node.key) if whole else pairs[id(node)], node, style, (*path, node.key))
    return lines


def _taken_away(before: Node, groups: set[bytes | None], style: Style, path: Path) -> list[Command]:
    """Lines that empty ordered groups: at the top by their common name (``no access-list 10``), in a block one by one."""
    lines = []
    for node in before.meant():
        group = style.group(before.key, node.key)
        if group in groups:
            lines.append(Command(path, negated(node.key if path or style.kind == "edit" else group or b"", style)))
    return list(dict.fromkeys(lines))


def _rewritten(before: Node, after: Node, gone: list[Node], style: Style, *, top: bool) -> set[bytes | None]:
    """Ordered groups that cannot become right by taking lines away and adding some at the end.

    At the top a device takes the whole group away when it is told to take away one line (IOS: numbered access lists).
    """
    rows: dict[bytes, tuple[list[bytes], list[bytes]]] = defaultdict(lambda: ([], []))
    for side, tree in enumerate((before, after)):
        for node in tree.meant():
            if (group := style.group(tree.key, node.key)) is not None:
                rows[group][side].append(node.key)
    found: set[bytes | None] = set()
    for group, (old, new) in rows.items():
        kept = [key for key in old if key in set(new)]
        if new[: len(kept)] != kept:
            found.add(group)
    if top:
        found |= {group for node in gone if (group := style.group(before.key, node.key)) is not None}
    return found


def _overwritten(node: Node, after: Node, new: set[int], style: Style) -> bool:
    """Whether a new line takes this one away by itself: its negated form, or another value where only one can be."""
    opposite = negated(node.key, style)
    only = _single(node.key, style)
    fresh = [child.key for child in after.meant() if id(child) in new]
    return any(key == opposite or (only is not None and _single(key, style) == only) for key in fresh)


def _single(key: bytes, style: Style) -> bytes | None:
    match = style.singles.match(key) if style.singles else None
    return match[0] if match else None


def negated(key: bytes, style: Style) -> bytes:
    """The line that takes a line away."""
    first = key.split(b"\n", 1)[0]
    if style.kind == "edit":
        word, _, rest = first.partition(b" ")
        if word == b"set":
            return b"unset " + rest.split(b" ", 1)[0]
        return b"delete " + rest
    prefix = style.negation + b" "
    if first.startswith(prefix):
        return first.removeprefix(prefix)
    only = _single(first, style)
    return prefix + (only.rstrip() if only and not only.startswith(b"ip address") else first)
