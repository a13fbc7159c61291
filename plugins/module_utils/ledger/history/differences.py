"""Which lines differ between two versions of a file, for many pairs of versions.

Versions form trees (a pack's delta says what a version has other than its base). The difference of two versions of one tree is the sum
of the differences on the way from one to the other; between two trees, the texts at their tops are compared. Trees are read when a pair
first needs them: in the order of history each text is unpacked once.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .git import Contents, Git
from .packs import BLOB, Entry, Pack, Unreadable, edits

#: texts of tops kept at hand: neighbours in history are neighbours here
_KEPT = 48
#: a larger file is no ledger
LIMIT = 64 << 20
#: the version that a file has before it exists
NOTHING = b""
Lines = list[bytes]


@dataclass(slots=True, eq=False)
class Version:
    """One version: what it has (``plus``) and has not (``minus``) other than its base; a top has no base.

    :param at: for a top, its name or its place; the key of its text.
    :param header: the first line.
    """

    base: Version | None
    depth: int
    header: bytes
    minus: Lines
    plus: Lines
    at: object = None


@dataclass(frozen=True, slots=True)
class Difference:
    """Rows (lines but the first) that only the old or only the new version has, and the first lines."""

    old_header: bytes
    new_header: bytes
    minus: Lines
    plus: Lines


@dataclass(slots=True)
class _Family:
    """A tree of versions in a pack that has not been read yet: entries by offset, and the children of each."""

    pack: Pack
    top: int
    entries: dict[int, Entry]
    children: dict[int, list[int]]


class Differences:
    """Compares versions.

    :ivar missing: objects that the repository has not (a partial clone), or that are too large.
    """

    def __init__(self, git: Git) -> None:
        self.missing: set[bytes] = set()
        self._contents = Contents(git, LIMIT)
        self._packs = git.packs()
        self._versions: dict[bytes, Version] = {}
        self._nothing = Version(None, 0, b"", [], [], NOTHING)
        self._texts: OrderedDict[object, Lines] = OrderedDict()
        self._families: dict[bytes, _Family] = {}
        self._names: dict[tuple[int, int], bytes] = {}

    def of(self, pairs: Iterable[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, bytes, Difference]]:
        """The difference of each pair of blobs, in the order of the pairs; pairs with a missing version are left out."""
        wanted = list(dict.fromkeys(pairs))
        self._find(dict.fromkeys(name for pair in wanted for name in pair if name))
        with self._contents:
            for old, new in wanted:
                first, second = self._version(old), self._version(new)
                if first is not None and second is not None:
                    yield old, new, self._difference(first, second)

    def _difference(self, old: Version, new: Version) -> Difference:
        if new.base is old:
            minus, plus = new.minus, new.plus
        elif old.base is new:
            minus, plus = old.plus, old.minus
        else:
            minus, plus = self._long_way(old, new)
        return Difference(old.header, new.header, _without(minus, old.header), _without(plus, new.header))

    def _long_way(self, old: Version, new: Version) -> tuple[Lines, Lines]:
        total: Counter[bytes] = Counter()
        while old is not new and (old.base is not None or new.base is not None):
            if old.base is not None and old.depth >= new.depth:
                total.subtract(old.plus)
                total.update(old.minus)
                old = old.base
            elif new.base is not None:
                total.update(new.plus)
                total.subtract(new.minus)
                new = new.base
        if old is not new:
            minus, plus = _cancel(self._text(old), self._text(new))
            total.subtract(minus)
            total.update(plus)
        return list((-total).elements()), list((+total).elements())

    def _text(self, top: Version) -> Lines:
        if top.at == NOTHING:
            return []
        if top.at not in self._texts:
            if isinstance(top.at, tuple):
                pack, offset = top.at
                _, size, position, _ = pack.entry(offset)
                self._keep(top.at, pack.inflate(position, size))
            elif isinstance(top.at, bytes):
                self._keep(top.at, self._contents.get(top.at) or b"")
        self._texts.move_to_end(top.at)
        return self._texts[top.at]

    def _keep(self, at: object, text: bytes) -> None:
        self._texts[at] = _split(text)
        while len(self._texts) > _KEPT:
            self._texts.popitem(last=False)

    def _version(self, name: bytes) -> Version | None:
        if not name:
            return self._nothing
        if name not in self._versions and name not in self.missing:
            family = self._families.get(name)
            try:
                if family is not None:
                    self._read(family)
            except Unreadable:
                family = None
            if family is None:
                self._ask(name)
        return self._versions.get(name)

    def _ask(self, name: bytes) -> None:
        """A version from Git itself: loose, or in a pack that only Git can read."""
        text = self._contents.get(name)
        if text is None:
            self.missing.add(name)
            return
        self._keep(name, text)
        self._versions[name] = Version(None, 0, _first(text), [], [], name)

    def _find(self, names: Iterable[bytes]) -> None:
        """Where each version lies in the packs, with the bases that it needs."""
        left = list(names)
        for pack in self._packs:
            here = [name for name in left if name in pack.offsets]
            families: dict[int, _Family] = {}
            for name in here:
                try:
                    self._families[name] = _family(pack, pack.offsets[name], families)
                    self._names[id(pack), pack.offsets[name]] = name
                except Unreadable:
                    continue
            left = [name for name in left if name not in self._families]

    def _read(self, family: _Family) -> None:
        """Walk a tree from its top, with one text that is edited in place.

        :raises Unreadable: a damaged pack.
        """
        pack, entries, names = family.pack, family.entries, self._names
        _, size, position, _ = entries[family.top]
        content = pack.inflate(position, size)
        top = Version(None, 0, _first(content), [], [], (pack, family.top))
        self._keep(top.at, content)
        stack = [(family.top, top, bytearray(content))]
        while stack:
            offset, version, text = stack.pop()
            if version.base is not None:
                _, size, position, _ = entries[offset]
                _step(version, pack.inflate(position, size), text)
            name = names.get((id(pack), offset))
            if name is not None:
                self._versions[name] = version
            below = family.children.get(offset, ())
            for number, child in enumerate(below):
                # the last one read goes on with this text; the others, read before it, need their own
                own = text if number == 0 else bytearray(text)
                stack.append((child, Version(version, version.depth + 1, b"", [], []), own))


def _family(pack: Pack, offset: int, families: dict[int, _Family]) -> _Family:
    """The tree of an object; it is made, or grows by the way from the object up to what is known.

    :param families: trees of this pack by the offset of each of their objects.
    :raises Unreadable: a damaged pack, or no blob.
    """
    way: list[tuple[int, Entry]] = []
    at = offset
    while at not in families:
        entry = pack.entry(at)
        way.append((at, entry))
        if not entry[3]:
            if entry[0] != BLOB:
                raise Unreadable("not a file's content")
            families[at] = _Family(pack, at, {at: entry}, {})
            break
        at = entry[3]
    family = families[at]
    for at, entry in way:
        if entry[3]:
            families[at] = family
            family.entries[at] = entry
            family.children.setdefault(entry[3], []).append(at)
    return family


def _step(version: Version, delta: bytes, text: bytearray) -> None:
    """Edit the base's text into the version's, and note the lines that differ.

    :raises Unreadable: a damaged delta.
    """
    base = version.base
    version.header = base.header if base is not None else b""
    windows: list[tuple[int, int, bytes]] = []
    begin = end = place = -1
    pieces: list[bytes] = []
    for start, stop, fresh in edits(delta, text):
        if start >= end:
            if end >= 0:
                windows.append((begin, end, b"".join((*pieces, text[place:end]))))
            begin = text.rfind(b"\n", 0, start) + 1
            pieces, place = [], begin
        pieces += [bytes(text[place:start]), fresh]
        place = stop
        end = text.find(b"\n", stop) + 1 or len(text)
    if end >= 0:
        windows.append((begin, end, b"".join((*pieces, text[place:end]))))
    for begin, end, after in reversed(windows):
        version.minus += _split(text[begin:end])
        version.plus += _split(after)
        text[begin:end] = after
    version.minus, version.plus = _cancel(version.minus, version.plus)
    if windows and windows[0][0] == 0:
        version.header = _first(text)


def _cancel(minus: Lines, plus: Lines) -> tuple[Lines, Lines]:
    """Without the lines that only moved, as often as they stand on both sides."""
    first, second = set(minus), set(plus)
    if len(minus) == len(first) and len(plus) == len(second):
        return list(first - second), list(second - first)
    counts, others = Counter(minus), Counter(plus)
    return list((counts - others).elements()), list((others - counts).elements())


def _split(text: bytes | bytearray) -> Lines:
    lines = bytes(text).split(b"\n")
    if not lines[-1]:
        lines.pop()
    return lines


def _first(text: bytes | bytearray) -> bytes:
    return bytes(text[: text.find(b"\n") if b"\n" in text else len(text)])


def _without(lines: Lines, header: bytes) -> Lines:
    """The lines without the header; both lists stay as they are."""
    if header not in lines:
        return lines
    at = lines.index(header)
    return lines[:at] + lines[at + 1 :]
