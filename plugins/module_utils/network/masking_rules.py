"""Which lines of a platform's config hold a secret: rules as data (``secrets/*.yml``, ``secrets:`` of a platform file), compiled.

A rule is a regular expression with slots:

``{secret}`` one value: a quoted string (masked within its quotes) or what stands up to the next blank,
``{rest}`` everything up to the end of the line (passwords with blanks), ``{lazy}`` as little of it as the rest of the rule allows,
``{type}`` words that may say how the value is written (``7``, ``encrypted``, ``sha512`` …), ``{word}`` one word or quoted string.

``line`` is matched at the start of a line (after its indentation and a ``no``), ``anywhere`` within it, ``block`` at the start of a line
and over those that follow. ``within`` wants one of the lines above it in the hierarchy (by indentation) to match. ``unstable`` says that
the platform writes the same secret differently each time it is shown, so that its hash would mean nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ..common.policy import parse_policy
from ..common.problems import Problem, WardopsError

FOLDER = Path(__file__).parent / "secrets"
COMMON = "common"  # what is a secret wherever it stands: beneath the rules of every platform

_TYPES = (
    r"(?:(?:1[0-4]|[0-9]|encrypt(?:ed|ion)?|encoded|hidden|hash(?:ed)?|cipher|simple|plain(?:text|-text)?|clear(?:text|-text)?|ascii(?:-text)?"
    r"|hex(?:adecimal)?|char|text|sha512|sha256|scrypt|pbkdf2|irreversible-cipher|localized|localizedkey)[ \t]+)*"
)
_SLOT = re.compile(r"\{(secret|rest|lazy|type|word)\}")
_RUN = re.compile(r"[a-z0-9]{3,}")
# words of so many lines of any config that looking for them first would save nothing
_EVERYWHERE = frozenset(
    {"address", "authentication", "client", "host", "interface", "ipv6", "local", "name", "neighbor", "remote", "server", "set", "user"}
)


@dataclass(frozen=True, slots=True)
class Rule:
    """One compiled rule.

    :param form: ``line``, ``anywhere`` or ``block``.
    :param words: lower-case literals; no line without them can match.
    :param any_word: any one of ``words`` stands in what it matches (named by ``words``); otherwise all of them do.
    """

    form: str
    pattern: re.Pattern[bytes]
    words: tuple[bytes, ...]
    any_word: bool
    within: re.Pattern[bytes] | None
    unstable: bool


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All rules of one platform.

    :param triggers: few literals (lower case) with the rules that each of them calls for: looked for in the whole text first.
    :param vocabulary: words of the command language itself; a secret that is one of them is masked only where its rule finds it.
    :param unstable_pem: labels of PEM blocks that the platform encrypts anew each time.
    """

    triggers: tuple[tuple[bytes, tuple[Rule, ...]], ...]
    vocabulary: frozenset[bytes]
    unstable_pem: frozenset[bytes]


def compile_rules(secrets: Mapping[str, Any], source: str) -> RuleSet:
    """The rules of a platform file's ``secrets:`` section, those of the sets that it uses, and the common ones.

    :param secrets: ``use`` (names of files in ``secrets/``), ``rules``, ``unstable_pem``, ``token`` (what an unquoted value is made of).
    :param source: the file, for messages.
    :raises WardopsError: E1621 a rule that is none, E1623 a set that does not exist.
    """
    rules = list(_rules(secrets, source))
    pem = {str(label).encode() for label in secrets.get("unstable_pem", ())}
    words = _vocabulary(secrets)
    for name in dict.fromkeys((*secrets.get("use", ()), COMMON)):
        part = _set(str(name), source)
        rules += _rules(part, f"secrets/{name}.yml")
        pem |= {str(label).encode() for label in part.get("unstable_pem", ())}
        words |= _vocabulary(part)
    return RuleSet(_triggers(rules), frozenset(words), frozenset(pem))


@cache
def _set(name: str, source: str) -> Mapping[str, Any]:
    path = FOLDER / f"{name}.yml"
    if not re.fullmatch(r"[a-z0-9_]+", name) or not path.is_file():
        raise WardopsError(Problem("E1623", source, params={"name": name, "known": sorted(entry.stem for entry in FOLDER.glob("*.yml"))}))
    data = parse_policy(path.read_bytes(), str(path))
    return data if isinstance(data, Mapping) else {}


def _rules(part: Mapping[str, Any], source: str) -> Iterable[Rule]:
    token = str(part.get("token", r"\S+"))
    for entry in part.get("rules", ()):
        rule = {"line": entry} if isinstance(entry, str) else dict(entry)
        yield _rule(rule, token, source)


def _rule(entry: Mapping[str, Any], token: str, source: str) -> Rule:
    form = next((name for name in ("line", "anywhere", "block") if name in entry), "")
    text = str(entry.get(form, ""))
    try:
        if not form or set(entry) - {form, "words", "within", "unstable"}:
            raise ValueError("one of line, anywhere, block; beside it only words, within, unstable")
        literals = _literals(text)
        words = entry["words"] if "words" in entry else literals or _alternatives(text)
        if not words:
            raise ValueError("no word stands outside of brackets: say in 'words' which words its lines hold")
        flags = re.IGNORECASE
        expanded = _expand(text, token)
        if form != "anywhere":
            expanded = r"[ \t]*(?:no |undo |default )?(?:" + expanded + ")"
        pattern = re.compile(expanded.encode(), flags)
        if not pattern.groups:
            raise ValueError("it has no {secret}")
        within = re.compile(rb"[ \t]*(?:" + str(entry["within"]).encode() + b")", flags) if "within" in entry else None
    except (re.error, ValueError) as error:
        raise WardopsError(Problem("E1621", source, params={"rule": text or str(dict(entry)), "reason": str(error)})) from None
    return Rule(
        form,
        pattern,
        tuple(str(word).lower().encode() for word in words),
        not literals or "words" in entry,
        within,
        bool(entry.get("unstable")),
    )


def _expand(text: str, token: str) -> str:
    quoted = r'"((?:[^"\\\n]|\\[^\n])*)"'
    slots = {
        # a quoted string that ends like one; an opened one that does not (up to the end of the line); one word
        "secret": rf'(?:{quoted}(?=[\s;,)\]}}]|$)|(?=")([^\n]+)|(?!")({token}))',
        "rest": rf"(?:{quoted}[ \t]*(?:$|(?=\n))|(\S[^\n]*))",
        "lazy": rf"(?:{quoted}(?=\s|$)|(\S[^\n]*?))",
        "type": _TYPES,
        "word": r'(?:"(?:[^"\\\n]|\\[^\n])*"|\S+)',
    }
    return _SLOT.sub(lambda found: slots[found[1]], text)


def _literals(text: str) -> tuple[str, ...]:
    """Words that every match holds: what stands outside of groups and classes and is not optional."""
    plain = _SLOT.sub("\0", text)
    runs: list[str] = []
    depth, run, index = 0, "", 0
    while index < len(plain):
        sign = plain[index]
        if sign == "\\":
            run, index, sign = _end(runs, run, depth), index + 1, "\0"
        elif sign == "[":
            run, index = _end(runs, run, depth), plain.index("]", index + 2)
        elif sign in "()":
            run, depth = _end(runs, run, depth), depth + (1 if sign == "(" else -1)
        elif sign in "?*{":
            run = _end(runs, run[:-1], depth)
            index = plain.index("}", index) if sign == "{" else index
        elif sign == "|" and depth == 0:
            raise ValueError("alternatives outside of brackets")
        elif sign in ".^$+|\0 -":
            run = _end(runs, run, depth)
        else:
            run += sign.lower()
        index += 1
    _end(runs, run, depth)
    return tuple(word for piece in runs for word in _RUN.findall(piece))


def _alternatives(text: str) -> tuple[str, ...]:
    """Words of which every match holds one: the shortest list in brackets that is not optional and whose every entry has a word."""
    found = []
    for group in re.finditer(r"\(\?:([A-Za-z0-9 |_-]+)\)(?![?*{])", text):
        runs = [_RUN.findall(entry.lower()) for entry in group[1].split("|")]
        if all(runs):
            found.append(tuple(max(words, key=len) for words in runs))
    return min(found, key=len, default=())


def _end(runs: list[str], run: str, depth: int) -> str:
    if depth == 0 and run:
        runs.append(run)
    return ""


def _triggers(rules: Sequence[Rule]) -> tuple[tuple[bytes, tuple[Rule, ...]], ...]:
    """As few words as possible that together stand in every line that any rule could match (greedy cover)."""
    chosen: dict[bytes, list[Rule]] = {}
    left = []
    for rule in rules:
        if rule.any_word:
            for word in rule.words:
                chosen.setdefault(word, []).append(rule)
        else:
            left.append(rule)
    while left:
        counts: dict[bytes, int] = {}
        for rule in left:
            for word in rule.words:
                counts[word] = counts.get(word, 0) + 1
        best = max(counts, key=lambda word: (word in chosen, word.decode() not in _EVERYWHERE, counts[word], len(word), word))
        chosen.setdefault(best, []).extend(rule for rule in left if best in rule.words)
        left = [rule for rule in left if best not in rule.words]
    for word in sorted(chosen, key=len, reverse=True):  # a line that holds "password=" holds "password"
        shorter = next((other for other in chosen if other != word and other in word), None)
        if shorter is not None:
            chosen[shorter] += chosen.pop(word)
    return tuple((word, tuple(found)) for word, found in sorted(chosen.items()))


def _vocabulary(part: Mapping[str, Any]) -> set[bytes]:
    text = " ".join(str(entry if isinstance(entry, str) else list(entry.values())) for entry in part.get("rules", ())).lower()
    return {word.encode() for word in re.findall(r"[a-z][a-z0-9-]{6,}[a-z0-9]", text)} | {
        str(word).lower().encode() for word in part.get("vocabulary", ())
    }
