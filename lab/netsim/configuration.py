"""The configuration that a simulated device (sim) holds: read from text, changed line by line, printed back byte for byte.

Three shapes cover the platforms: ``indent`` (levels by leading blanks: IOS and its relatives, Comware, Yamaha, FITELnet, Si-R, FRR),
``edit`` (config/edit/set/next/end: FortiOS) and ``braces`` (Junos). Whatever is not touched keeps its bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from lab.netsim.session import Config

_BANNER = re.compile(r"\s*banner (?:\S+ )?(\^C|[^\sa-zA-Z0-9])(.*)$")
_MARKED = re.compile(r"(banner (?:[a-z-]+ )?)([^\sa-zA-Z0-9])(.*)$")
_SHUTS_EDIT = ("next", "end")


@dataclass(slots=True)
class Node:
    line: str  # without indentation
    indent: str = ""
    children: list[Node] = field(default_factory=list)
    block: list[str] = field(default_factory=list)  # further lines of one value, verbatim
    shut: str = ""  # the line that closes it (``edit`` and ``braces``), with indentation


@dataclass(frozen=True, slots=True)
class Step:
    """One open level: its line and the mode it belongs to."""

    line: str
    mode: str


def block_terminator(spec: Config, line: str) -> str | None:
    """What ends the value that this line begins, when it goes over several lines."""
    banner = _BANNER.match(line)
    if banner and spec.style == "indent" and banner[1] not in banner[2]:
        return banner[1]
    if spec.style == "edit" and line.replace('\\"', "").count('"') % 2:
        return '"'
    return None


class Tree:
    """One configuration. ``spec`` says how it is shaped, ``text`` is what it holds at first."""

    def __init__(self, spec: Config, text: str) -> None:
        self.spec = spec
        self.root = Node("")
        self._parse(text)

    def _parse(self, text: str) -> None:
        lines = text.removesuffix("\n").split("\n") if text else []
        stack: list[Node] = [self.root]
        depths = [-1]
        index = 0
        while index < len(lines):
            raw = lines[index]
            line = raw.strip(" ")
            node = Node(line, raw[: len(raw) - len(raw.lstrip(" "))])
            index += 1
            closes = self._closes(line)
            if closes and len(stack) > 1:
                stack.pop().shut = raw
                depths.pop()
                continue
            if self.spec.style == "indent":
                while depths[-1] >= len(node.indent):
                    stack.pop()
                    depths.pop()
                node.line = raw[len(node.indent) :]
            stack[-1].children.append(node)
            terminator = block_terminator(self.spec, line)
            while terminator is not None and index < len(lines):
                node.block.append(lines[index])
                index += 1
                if terminator in lines[index - 1].replace('\\"', ""):
                    break
            if (self.spec.style == "indent" and not line.startswith(self.spec.comment)) or self._opens(line):
                stack.append(node)
                depths.append(len(node.indent))

    def _opens(self, line: str) -> bool:
        return line.endswith("{") if self.spec.style == "braces" else line.startswith(("config ", "edit "))

    def _closes(self, line: str) -> bool:
        if self.spec.style == "braces":
            return line == "}"
        return self.spec.style == "edit" and line in _SHUTS_EDIT

    def text(self) -> str:
        lines: list[str] = []
        _print(self.root, lines)
        return "\n".join(lines) + "\n" if lines else ""

    def at(self, path: list[Step]) -> Node:
        """The node of an open level; it is made when it does not exist yet, as devices do on entering it."""
        node = self.root
        for step in path:
            node = next((child for child in node.children if child.line == step.line), None) or self._insert(node, step.line, section=True)
        return node

    def _insert(self, parent: Node, line: str, section: bool = False) -> Node:
        spec = self.spec
        word = line.split(" ", 1)[0]
        indents = {child.line.split(" ", 1)[0]: child.indent for child in reversed(parent.children) if not self._is_comment(child)}
        sample = (
            indents.get(word, next(reversed(indents.values()), None)) if not section or parent is not self.root else indents.get(word, "")
        )
        indent = sample if sample is not None else ("" if parent is self.root else parent.indent + " " * spec.step)
        node = Node(line, indent)
        if spec.style == "edit" and self._opens(line):
            node.shut = indent + ("next" if line.startswith("edit ") else "end")
        alike = [index for index, child in enumerate(parent.children) if child.line.split(" ", 1)[0] == word]
        place = alike[-1] + 1 if alike else self._tail(parent)
        after = [Node(text) for text in spec.between] if section and parent is self.root else []
        while alike and after and place < len(parent.children) and parent.children[place].line in spec.between:
            place += 1
        parent.children[place:place] = [node, *after]
        return node

    def _is_comment(self, node: Node) -> bool:
        return node.line.startswith(self.spec.comment) and not node.children

    def _tail(self, parent: Node) -> int:
        """Where a new kind of line goes: before the end line and what has no meaning there."""
        place = len(parent.children)
        ends = {self.spec.end, "", "return", "end"}
        while place and parent is self.root and (parent.children[place - 1].line in ends):
            place -= 1
        return place

    def remove(self, path: list[Step], line: str) -> bool:
        """Take away the line, or every line that begins with its words."""
        parent = self.at(path)
        kept = [child for child in parent.children if not (child.line == line or child.line.startswith(line + " "))]
        found = len(kept) != len(parent.children)
        parent.children = kept
        return found

    def put(self, path: list[Step], line: str, block: list[str] | None = None) -> None:
        """Add a line; where only one value can exist, in place of the one before."""
        parent = self.at(path)
        for pattern in self.spec.single:
            match = re.match(pattern, line)
            if match is None:
                continue
            for child in parent.children:
                other = re.match(pattern, child.line)
                if other and other[0] == match[0]:
                    child.line, child.block = line, block or []
                    return
        if any(child.line == line for child in parent.children):
            return
        self._insert(parent, line).block = block or []

    def merge(self, other: Tree) -> None:
        """Everything of ``other`` into this one (Junos ``load merge``)."""
        _merge(self.root, other.root)


def _print(node: Node, lines: list[str]) -> None:
    for child in node.children:
        lines.append(child.indent + child.line)
        lines += child.block
        _print(child, lines)
        if child.shut:
            lines.append(child.shut)


def _merge(into: Node, other: Node) -> None:
    for child in other.children:
        same = next((one for one in into.children if one.line == child.line), None)
        if same is None:
            into.children.append(child)
        else:
            _merge(same, child)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The first words that a device knows, by the first word of the level they stand in; ``top`` are those without one."""

    top: frozenset[str]
    inside: dict[str, frozenset[str]]
    negated: frozenset[str]  # whole lines that stand in the text in their negated form


@lru_cache(maxsize=64)
def vocabulary(texts: tuple[str, ...], style: str, comment: str, negation: str) -> Vocabulary:
    """Learnt from the texts of the session: a real device's language is not rebuilt here."""
    top: set[str] = set()
    inside: dict[str, set[str]] = {}
    negated: set[str] = set()

    def learn(node: Node, words: set[str]) -> None:
        for child in node.children:
            if child.line.startswith(comment) and not child.children:
                continue
            line = child.line
            if line.startswith(negation + " "):
                negated.add(line)
                line = line[len(negation) + 1 :]
            word = line.split(" ", 1)[0]
            words.add(word)
            if child.children:
                learn(child, inside.setdefault(word, set()))

    for text in texts:
        learn(Tree(Config(style=style, comment=comment, negation=negation), text).root, top)
    return Vocabulary(frozenset(top), {word: frozenset(words) for word, words in inside.items()}, frozenset(negated))


class Editor:
    """One terminal's way through the configuration: where it stands, and what a typed line does to the tree."""

    def __init__(self, spec: Config, texts: tuple[str, ...], mode: str) -> None:
        self.spec = spec
        self.top = mode
        self.path: list[Step] = []
        self._known = vocabulary(texts, spec.style, spec.comment, spec.negation)
        self._block: tuple[str, list[str], str] | None = None  # line, further lines, terminator

    @property
    def mode(self) -> str:
        return self.path[-1].mode if self.path else self.top

    @property
    def collecting(self) -> bool:
        return self._block is not None

    def leave(self) -> bool:
        """One level up; False when there is none."""
        if self.path:
            self.path.pop()
            return True
        return False

    def collect(self, tree: Tree, line: str) -> None:
        """A further line of a value that goes over several."""
        if self._block is None:
            return
        first, lines, terminator = self._block
        lines.append(line)
        if terminator in line.replace('\\"', ""):
            if self.spec.banner_mark and first.startswith("banner"):
                lines[-1] = line.partition(terminator)[0] + self.spec.banner_mark
            tree.put(self.path, first, lines)
            self._block = None

    def enter(self, tree: Tree, line: str) -> bool:
        """Apply one typed line; False when the device does not know it here."""
        if self.spec.style != "indent":
            return self._enter_edit(tree, line) if self.spec.style == "edit" else self._enter_set(tree, line)
        negative = line.startswith(self.spec.negation + " ")
        body = line[len(self.spec.negation) + 1 :] if negative else line
        while True:
            opened = self._section(body)
            if opened and not negative:
                self.path.append(Step(line, opened))
                tree.at(self.path)
                return True
            if opened or self._knows(body):
                break
            if not self.path:
                return False
            if not self._known_above(body):
                return False
            self.path.pop()
        if not negative:
            banner = _MARKED.match(line) if self.spec.banner_mark else None
            terminator = block_terminator(self.spec, line)
            if banner:
                self._banner(tree, banner)
            elif terminator is not None:
                self._block = (line, [], terminator)
            if banner or terminator is not None:
                return True
        self._change(tree, body, line, negative)
        return True

    def _banner(self, tree: Tree, banner: re.Match[str]) -> None:
        """The first sign is the end, whatever it is: a typed ``^C`` is a text that begins with C and ends at the next ``^``."""
        text, closed, _ = banner[3].partition(banner[2])
        line = banner[1] + self.spec.banner_mark + text
        if closed:
            tree.put(self.path, line + self.spec.banner_mark)
        else:
            self._block = (line, [], banner[2])

    def _change(self, tree: Tree, body: str, line: str, negative: bool) -> None:
        if any(re.match(pattern, body) for pattern in self.spec.hidden):
            return
        if negative:
            if not tree.remove(self.path, body) and line in self._known.negated:
                tree.put(self.path, line)
            return
        opposite = f"{self.spec.negation} {line}"
        if opposite in self._known.negated:
            tree.remove(self.path, opposite)
        tree.put(self.path, line)

    def _section(self, line: str) -> str | None:
        here = self.path[-1].mode if self.path else ""
        return next((one.mode for one in self.spec.sections if one.inside == here and re.match(one.pattern, line)), None)

    def _knows(self, body: str) -> bool:
        """Extra words count in a section only when they do not belong to the top level."""
        word = body.split(" ", 1)[0]
        if not self.path:
            return word in self._known.top or word in self.spec.words
        inside = self._known.inside.get(self.path[-1].line.split(" ", 1)[0], frozenset())
        return word in inside or (word in self.spec.words and word not in self._known.top)

    def _known_above(self, body: str) -> bool:
        """Whether some level above takes it: devices leave a section by themselves when a line belongs further up."""
        word = body.split(" ", 1)[0]
        if word in self._known.top or any(one.inside == "" and re.match(one.pattern, body) for one in self.spec.sections):
            return True
        above = self.path[:-1]
        return any(
            word in self._known.inside.get(step.line.split(" ", 1)[0], frozenset())
            or any(one.inside == step.mode and re.match(one.pattern, body) for one in self.spec.sections)
            for step in above
        )

    def _enter_edit(self, tree: Tree, line: str) -> bool:
        word = line.split(" ", 1)[0]
        mode = self.mode
        if word == "config" or (word == "edit" and self.path):
            self.path.append(Step(line, self.spec.sections[0].mode if self.spec.sections else mode))
            tree.at(self.path)
        elif word == "next" and self.path and self.path[-1].line.startswith("edit "):
            self.path.pop()
        elif word == "end" and self.path:
            while self.path.pop().line.startswith("edit "):
                pass
        elif word == "set" and self.path:
            terminator = block_terminator(self.spec, line)
            if terminator is not None:
                self._block = (line, [], terminator)
            else:
                tree.put(self.path, line)
        elif word == "unset" and self.path:
            tree.remove(self.path, "set" + line[5:])
        elif word == "delete" and self.path:
            tree.remove(self.path, "edit" + line[6:])
        else:
            return False
        return True

    @staticmethod
    def _enter_set(tree: Tree, line: str) -> bool:
        """``set`` and ``delete`` of Junos; what is not there yet becomes one statement below the deepest level that is."""
        verb, _, rest = line.partition(" ")
        if verb not in ("set", "delete") or not rest:
            return False
        node, words = tree.root, rest
        while True:
            inner = next((one for one in node.children if one.shut and words.startswith(one.line.removesuffix("{"))), None)
            if inner is None:
                break
            words = words[len(inner.line) - 1 :]
            node = inner
        whole = next((one for one in node.children if one.shut and one.line == words + " {"), None)
        if verb == "delete":
            kept = [one for one in node.children if one is not whole and one.line != words + ";" and not one.line.startswith(words + " ")]
            found = len(kept) != len(node.children)
            node.children = kept
            return found
        if whole is None and not any(one.line == words + ";" for one in node.children):
            key = words.rpartition(" ")[0]
            old = next((one for one in node.children if key and " " not in key and one.line.startswith(key + " ") and not one.shut), None)
            if old is not None:
                old.line = words + ";"
            else:
                node.children.append(Node(words + ";", node.indent + " " * tree.spec.step if node is not tree.root else ""))
        return True
