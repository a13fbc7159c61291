"""Secrets in config texts: each replaced by its keyed hash, so that a change of it stays visible and it itself does not.

``<secret:0123456789abcdef>`` stands in the place of a secret, ``<secret>`` where the platform writes the same secret differently each
time it is shown; every other byte of the text is kept. The hash is HMAC-SHA256 (RFC 2104) with a key that is not in the repository: the
same secret gives the same hash on every device and every night, and nobody without the key can try out guesses.

Which lines hold secrets is data (``secrets/*.yml``, see ``masking_rules.py``). Beneath the rules lies a net for every platform: known
forms of hashes and ciphers, PEM blocks, and what was a secret once in a text is one wherever it stands in that text.
"""

from __future__ import annotations

import bisect
import hmac
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

from ..common.problems import Problem, WardopsError
from .masking_rules import Called, Rule, RuleSet, compile_rules

KEY_BYTES = 32  # as much as the hash gives (RFC 2104, section 3)
KNOWN_LINES = 50_000  # lines that are remembered for each platform, with what was found in them
SPREAD_BYTES = 8  # from this length on, a secret is looked for in the whole text; shorter ones are too often words of the config

_MASK = re.compile(rb"<secret(?::[0-9a-f]{16})?>")
_CONSTANT = b"<secret>"
_NO_SECRET = re.compile(rb"\*+|<(?:removed|hidden|redacted|secret hidden|configuration removed)>")
_NEGATIONS = (b"no", b"undo", b"default")  # as in masking_rules._rule
_FREE_TEXT = (b"description", b"remark", b"name", b"banner", b"alias", b"title")
_PEM = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,60})-----")
_PEM_LINES = re.compile(rb"(?:[ \t]*(?:[A-Za-z0-9+/=]+|[A-Za-z-]+: [^\n]*)?[ \t]*(?:\n|\Z))*")


class SecretRules(Protocol):
    """What masking needs of a platform."""

    @property
    def name(self) -> str: ...

    @property
    def secrets(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Masked:
    """A text without its secrets.

    :param count: places that were masked.
    :param identity: keyed hash of the text with its secrets, but for those that look different each time: equal means that nothing changed.
    """

    text: bytes
    count: int
    identity: str


@dataclass(frozen=True, slots=True, repr=False)
class _Span:
    """A place of the text. ``value`` is what the hash is made of (nothing: a further line of a block)."""

    start: int
    end: int
    value: bytes
    unstable: bool


@dataclass(frozen=True, slots=True, repr=False)
class _Hit:
    """A place that a rule found, counted from the beginning of its line; ``within``: only under a line that matches."""

    start: int
    end: int
    value: bytes
    unstable: bool
    within: re.Pattern[bytes] | None


class Masker:
    """Masks texts with one key.

    :param key: at least 32 bytes, from the environment or the vault; never shown.
    :raises WardopsError: E1620 the key is too short, or the same few bytes again and again.
    """

    __slots__ = ("_key", "_known", "_rules")

    def __init__(self, key: bytes) -> None:
        if len(key) < KEY_BYTES or len(set(key)) < 8:
            raise WardopsError(Problem("E1620", params={"bytes": len(key), "least": KEY_BYTES}))
        self._key = key
        self._rules: dict[str, tuple[Mapping[str, Any], RuleSet]] = {}
        self._known: dict[str, dict[bytes, tuple[_Hit, ...]]] = {}

    def __repr__(self) -> str:
        return "Masker(key not shown)"

    def mask(self, platform: SecretRules, text: bytes) -> Masked:
        """The text (LF line ends, volatile lines rewritten) without its secrets. Masked text comes back as it is.

        :raises WardopsError: E1621, E1623 (rules), E1622 a secret would be left: the text must not be stored.
        """
        rules = self._rules_of(platform)
        found = _united(list(_found(rules, text, self._known[platform.name])), text)
        known = {span.value: span.unstable for span in found if _spreads(span.value, rules)}
        spans = _united([*found, *_elsewhere(known, text)], text) if known else found
        masked = _replaced(text, ((span, self._replacement(span)) for span in spans))
        if any(secret in masked for secret in known):
            raise WardopsError(Problem("E1622", platform.name))
        unstable = [(span, _CONSTANT) for span in spans if span.unstable]
        return Masked(masked, len(spans), self.identity(_replaced(text, unstable) if unstable else text))

    def identity(self, text: bytes) -> str:
        """Keyed hash of a whole text: 64 hexadecimal digits."""
        return hmac.digest(self._key, b"config\0" + text, "sha256").hex()

    def _replacement(self, span: _Span) -> bytes:
        if span.unstable or not span.value:
            return _CONSTANT
        return b"<secret:%s>" % hmac.digest(self._key, b"secret\0" + span.value, "sha256").hex()[:16].encode()

    def _rules_of(self, platform: SecretRules) -> RuleSet:
        known = self._rules.get(platform.name)
        if known is None or known[0] is not platform.secrets:
            known = (platform.secrets, compile_rules(platform.secrets, platform.name))
            self._rules[platform.name] = known
            self._known[platform.name] = {}
        return known[1]


def _found(rules: RuleSet, text: bytes, known: dict[bytes, tuple[_Hit, ...]]) -> Iterator[_Span]:
    """Places of secrets, also overlapping ones.

    :param known: what the rules found in lines seen before, mostly nothing: most lines stand in hundreds of configs.
    """
    if b"-----begin" in text.lower():
        yield from _pem(rules, text)
    lines = text.split(b"\n")
    starts = [0, *itertools.accumulate(len(line) + 1 for line in lines)]
    doubtful = [number for number, line in enumerate(lines) if line not in known]
    hits = [(starts[number], hit) for number, line in enumerate(lines) for hit in known.get(line, ())]
    for number, found, lasting in _searched(rules, text, lines, starts, doubtful):
        hits += [(starts[number], hit) for hit in found]
        if lasting and len(known) < KNOWN_LINES:
            known[lines[number]] = tuple(found)
    sections: dict[re.Pattern[bytes], list[tuple[int, int]]] = {}
    for start, hit in hits:
        if hit.within is not None:
            if hit.within not in sections:
                sections[hit.within] = _sections(hit.within, text)
            if not any(first <= start < last for first, last in sections[hit.within]):
                continue
        yield _Span(start + hit.start, start + hit.end, hit.value, hit.unstable)


def _searched(
    rules: RuleSet, text: bytes, lines: list[bytes], starts: list[int], doubtful: list[int]
) -> Iterator[tuple[int, list[_Hit], bool]]:
    """What the rules find in these lines: number, places, and whether the same will be found wherever the line stands."""
    rest = b"\n".join([lines[number] for number in doubtful]).lower().replace(b"\t", b" ")
    here = [0, *itertools.accumulate(len(lines[number]) + 1 for number in doubtful)]
    found: list[list[_Hit]] = [[] for _ in doubtful]
    lasting = [True] * len(doubtful)
    for called in rules.triggers:
        place = rest.find(called.word)
        while place >= 0:
            index = bisect.bisect_right(here, place) - 1
            start = starts[doubtful[index]]
            end = start + len(lines[doubtful[index]])
            if called.blocks:
                lasting[index] = False  # what such a rule finds depends on the lines that follow
            for rule, match in _matches(called, text, start, end, rest[here[index] : here[index + 1] - 1]):
                for span in _spans(rule, match, text):
                    found[index].append(_Hit(span.start - start, span.end - start, span.value, span.unstable, rule.within))
            place = rest.find(called.word, here[index + 1])
    return zip(doubtful, found, lasting, strict=True)


def _matches(called: Called, text: bytes, start: int, end: int, line: bytes) -> Iterator[tuple[Rule, re.Match[bytes]]]:
    words = line.lstrip(b" !#").split(None, 2) or [b""]  # a line that somebody commented out holds the secret still
    head = words[1] if words[0] in _NEGATIONS and len(words) > 1 else words[0]
    for rule in called.by_head.get(head, ()):
        match = rule.pattern.match(text, start, end)
        if match:
            yield rule, match
    free = head in _FREE_TEXT or line.lstrip().startswith((b"!", b"#"))
    for rule in called.for_free_text if free else called.others:
        if not all(map(line.__contains__, rule.words)) or not all(any(map(line.__contains__, some)) for some in rule.lists):
            continue
        if rule.form == "anywhere":
            for match in rule.pattern.finditer(text, start, end):
                yield rule, match
        else:
            match = rule.pattern.match(text, start, len(text) if rule.form == "block" else end)
            if match:
                yield rule, match


def _spans(rule: Rule, match: re.Match[bytes], text: bytes) -> Iterator[_Span]:
    for group in range(1, rule.pattern.groups + 1):
        place = match.span(group)
        if 0 <= place[0] < place[1]:
            yield from _lines(text, *place, rule.unstable) if rule.form == "block" else _one(text, *place, rule.unstable)


def _one(text: bytes, start: int, end: int, unstable: bool) -> Iterator[_Span]:
    value = text[start:end]
    if not (_MASK.fullmatch(value) or _NO_SECRET.fullmatch(value)):
        yield _Span(start, end, value, unstable)


def _lines(text: bytes, start: int, end: int, unstable: bool) -> Iterator[_Span]:
    """A secret of several lines: the first line takes the hash of all, the others keep their place and indentation."""
    value = text[start:end]
    for line in re.finditer(rb"[^\s][^\n]*", value):
        if _MASK.fullmatch(line[0]):
            continue
        yield _Span(start + line.start(), start + line.start() + len(line[0].rstrip()), value, unstable)
        value = b""


def _pem(rules: RuleSet, text: bytes) -> Iterator[_Span]:
    """PEM blocks (RFC 7468), also within quotes and with a missing end; also such whose lines are written as ``\\n`` on one line."""
    for begin in _PEM.finditer(text):
        unstable = begin[1] in rules.unstable_pem
        following = text.find(b"-----BEGIN ", begin.end())
        stop = text.find(b"-----END ", begin.end(), following if following >= 0 else len(text))
        if stop < 0:
            lines = _PEM_LINES.match(text, begin.end())
            stop = lines.end() if lines else begin.end()
        if b"\n" in text[begin.end() : stop]:
            yield from _lines(text, begin.end(), stop, unstable)
        elif stop > begin.end():
            yield from _one(text, begin.end(), stop, unstable)


def _sections(within: re.Pattern[bytes], text: bytes) -> list[tuple[int, int]]:
    """From and to where lines stand under one that matches, by indentation; in order."""
    found = []
    for head in within.finditer(text):
        line_end = text.find(b"\n", head.end())
        if line_end < 0:
            break
        outside = _outside(len(head[1])).search(text, line_end + 1)
        found.append((line_end + 1, outside.start() if outside else len(text)))
    return found


@cache
def _outside(depth: int) -> re.Pattern[bytes]:
    return re.compile(rb"^[ \t]{0,%d}[^ \t\n]" % min(depth, 64), re.MULTILINE)


def _united(spans: list[_Span], text: bytes) -> list[_Span]:
    """In order, without overlap; what overlaps is one place (two rules found the same value, or one found more of it)."""
    united: list[_Span] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        last = united[-1] if united else None
        if last is None or span.start >= last.end:
            united.append(span)
        elif span.end > last.end or span.unstable > last.unstable:
            end = max(span.end, last.end)
            united[-1] = _Span(last.start, end, text[last.start : end], last.unstable or span.unstable)
    return united


def _spreads(value: bytes, rules: RuleSet) -> bool:
    return len(value) >= SPREAD_BYTES and b"\n" not in value and value.lower() not in rules.vocabulary


def _elsewhere(known: Mapping[bytes, bool], text: bytes) -> Iterator[_Span]:
    for value, unstable in known.items():
        place = text.find(value)
        while place >= 0:
            yield _Span(place, place + len(value), value, unstable)
            place = text.find(value, place + 1)


def _replaced(text: bytes, parts: Iterable[tuple[_Span, bytes]]) -> bytes:
    out, done = [], 0
    for span, instead in parts:
        out += [text[done : span.start], instead]
        done = span.end
    return b"".join([*out, text[done:]])
