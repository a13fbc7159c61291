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

import itertools
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
    r"(?:(?:1[0-4]|8a|[0-9]|encrypt(?:ed|ion)?|encoded|hidden|hash(?:ed)?|cipher|simple|plain(?:text|-text)?|clear(?:text|-text)?|ascii(?:-text)?"
    r"|hex(?:adecimal)?|char|text|sha512|sha256|scrypt|pbkdf2|irreversible-cipher|localized|localizedkey)[ \t]+)*"
)
_SLOT = re.compile(r"\{(secret|rest|lazy|type|word)\}")
_BLANK = re.compile(r"\\.|\[(?:\\.|[^\]\\])+\]|\(\?<[!=][^)]*\)| ")
_RUN = re.compile(r"[a-z0-9]{3,}")
_HEAD = re.compile(r"(?:\(\?:([a-z0-9 |_+\\-]+)\)|(?=[a-z0-9]))([a-z0-9_-]*) ")  # the first word of a line, or several that it may be
# looked for first: most rules can be found by one of them
_SEEDS = (b"password", b"secret", b"key", b"auth", b"community", b"snmp", b"psk", b"phrase")
# words of so many lines of any config that looking for them would save nothing
_EVERYWHERE = frozenset({"address", "client", "host", "interface", "ipv6", "local", "name", "neighbor", "remote", "server", "set", "user"})


@dataclass(frozen=True, slots=True)
class Rule:
    """One compiled rule.

    :param form: ``line``, ``anywhere`` or ``block``.
    :param common: it holds for any platform and any line, free text as well.
    :param heads: the first word of a line that it matches (after a ``no``) is one of these; none: it may be any.
    :param words: what every line that it matches holds, in lower case.
    :param lists: of each of these, every such line holds at least one word.
    """

    form: str
    common: bool
    heads: tuple[bytes, ...]
    pattern: re.Pattern[bytes]
    words: tuple[bytes, ...]
    lists: tuple[tuple[bytes, ...], ...]
    within: re.Pattern[bytes] | None
    unstable: bool


@dataclass(frozen=True, slots=True)
class Called:
    """The rules that one word calls for: by the first word of its line, for any line, and for lines of free text (descriptions).

    :param blocks: whether one of them goes on over the lines that follow.
    """

    word: bytes
    by_head: Mapping[bytes, tuple[Rule, ...]]
    others: tuple[Rule, ...]
    for_free_text: tuple[Rule, ...]
    blocks: bool


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All rules of one platform.

    :param triggers: few literals (lower case) with the rules that each of them calls for: looked for in the whole text first.
    :param vocabulary: words of the command language itself; a secret that is one of them is masked only where its rule finds it.
    :param unstable_pem: labels of PEM blocks that the platform encrypts anew each time.
    """

    triggers: tuple[Called, ...]
    vocabulary: frozenset[bytes]
    unstable_pem: frozenset[bytes]


def compile_rules(secrets: Mapping[str, Any], source: str) -> RuleSet:
    """The rules of a platform file's ``secrets:`` section, those of the sets that it uses, and the common ones.

    :param secrets: ``use`` (names of files in ``secrets/``), ``rules``, ``lists`` (alternatives that rules name as ``{list}``),
        ``unstable_pem``, ``token`` (what an unquoted value is made of), ``vocabulary``.
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
    lists = {f"{{{name}}}": f"(?:{'|'.join(map(str, words))})" for name, words in part.get("lists", {}).items()}
    for entry in part.get("rules", ()):
        rule = {"line": entry} if isinstance(entry, str) else dict(entry)
        for form in {"line", "anywhere", "block"} & rule.keys():
            for name, words in lists.items():
                rule[form] = str(rule[form]).replace(name, words)
        yield _rule(rule, token, source, source == f"secrets/{COMMON}.yml")


def _rule(entry: Mapping[str, Any], token: str, source: str, common: bool) -> Rule:
    form = next((name for name in ("line", "anywhere", "block") if name in entry), "")
    text = str(entry.get(form, ""))
    try:
        if not form or set(entry) - {form, "words", "within", "unstable"}:
            raise ValueError("one of line, anywhere, block; beside it only words, within, unstable")
        needs = [tuple(entry["words"])] if "words" in entry else _needs(text)
        if not needs:
            raise ValueError("no word stands outside of brackets: say in 'words' which words its lines hold")
        flags = re.IGNORECASE
        expanded = _expand(text, token)
        if form != "anywhere":
            expanded = r"[ \t!#]*(?:(?:no|undo|default)[ \t]+)?(?:" + expanded + ")"
        pattern = re.compile(expanded.encode(), flags)
        if not pattern.groups:
            raise ValueError("it has no {secret}")
        within = re.compile(rf"^([ \t]*)(?:{entry['within']})".encode(), flags | re.MULTILINE) if "within" in entry else None
    except (re.error, ValueError) as error:
        raise WardopsError(Problem("E1621", source, params={"rule": text or str(dict(entry)), "reason": str(error)})) from None
    lower = [tuple(str(word).lower().encode() for word in words) for words in needs]
    singles = tuple(words[0] for words in lower if len(words) == 1)
    lists = tuple(words for words in lower if len(words) > 1)
    return Rule(form, common, _heads(text) if form == "line" else (), pattern, singles, lists, within, bool(entry.get("unstable")))


def _heads(text: str) -> tuple[bytes, ...]:
    found = _HEAD.match(text)
    if not found:
        return ()
    alternatives = (found[1] or "").replace("\\", "").split("|")
    return tuple(dict.fromkeys((entry.split(" ")[0] if " " in entry else entry + found[2]).encode() for entry in alternatives))


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
    return _SLOT.sub(lambda found: slots[found[1]], _BLANK.sub(_blanks, text))


def _blanks(found: re.Match[str]) -> str:
    """A blank of a rule stands for any blanks and tabs; within a class of signs and what looks back it is only itself."""
    if found[0] != " ":
        return found[0]
    return r"(?:[ \t]+)" if found.string[found.end() : found.end() + 1] in ("?", "*", "{") else r"[ \t]+"


def _needs(text: str) -> list[tuple[str, ...]]:
    """Words that every match holds: what stands outside of groups and classes and is not optional, and plain lists of alternatives."""
    plain = _SLOT.sub("\0", text)
    runs: list[str] = [""]
    lists: list[tuple[str, ...]] = []
    index = 0
    while index < len(plain):
        sign = plain[index]
        if sign == "(":
            end = _closing(plain, index)
            if plain[end + 1 : end + 2] not in ("?", "*", "{"):
                lists += _alternatives(plain[index + 1 : end])
            index = end
            runs.append("")
        elif sign == "[":
            index = plain.index("]", index + 2)
            runs.append("")
        elif sign == "|":
            raise ValueError("alternatives outside of brackets")
        elif sign in "?*{":
            runs[-1] = runs[-1][:-1]
            runs.append("")
            index = plain.index("}", index) if sign == "{" else index
        elif sign.isalnum():
            runs[-1] += sign.lower()
        else:
            runs.append("")
            index += sign == "\\"
        index += 1
    return [(word,) for piece in runs for word in _RUN.findall(piece)] + lists


def _closing(text: str, index: int) -> int:
    """Where the bracket at ``index`` is closed."""
    depth = 0
    while index < len(text):
        sign = text[index]
        if sign == "\\":
            index += 1
        elif sign == "[":
            index = text.index("]", index + 2)
        elif sign in "()":
            depth += 1 if sign == "(" else -1
            if not depth:
                return index
        index += 1
    raise ValueError("a bracket is not closed")


def _alternatives(group: str) -> list[tuple[str, ...]]:
    found = re.fullmatch(r"\?:([A-Za-z0-9 |_-]+)", group)
    if not found:
        return []
    runs = [_RUN.findall(entry.lower()) for entry in found[1].split("|")]
    return [tuple(dict.fromkeys(max(words, key=len) for words in runs))] if all(runs) else []


def _triggers(rules: Sequence[Rule]) -> tuple[Called, ...]:
    """As few words as possible that together stand in every line that any rule could match (greedy cover)."""
    chosen: dict[bytes, list[Rule]] = {word: [] for word in _SEEDS}
    left = [rule for rule in rules if not _called(rule, chosen)]
    while left:
        counts: dict[bytes, int] = {}
        for rule in left:
            for word in rule.words:
                counts[word] = counts.get(word, 0) + 1
        if counts:
            new = [max(counts, key=lambda word: (word.decode() not in _EVERYWHERE, counts[word], len(word), word))]
        else:
            new = list(sorted(left[0].lists, key=len)[0])
        for word in new:
            chosen.setdefault(word, [])
        left = [rule for rule in left if not _called(rule, chosen)]
    return tuple(_by_head(word, tuple(dict.fromkeys(found))) for word, found in sorted(chosen.items()) if found)


def _by_head(word: bytes, rules: Sequence[Rule]) -> Called:
    others = tuple(rule for rule in rules if not rule.heads)
    heads = dict.fromkeys(head for rule in rules for head in rule.heads)
    by_head = {head: tuple(rule for rule in rules if head in rule.heads) for head in heads}
    blocks = any(rule.form == "block" for rule in (*others, *itertools.chain.from_iterable(by_head.values())))
    return Called(word, by_head, others, tuple(rule for rule in others if rule.common), blocks)


def _called(rule: Rule, chosen: dict[bytes, list[Rule]]) -> bool:
    """Enters the rule under chosen words of which one stands in every line that it matches, if there are such."""
    for words in (*((word,) for word in rule.words), *rule.lists):
        callers = [known for word in words for known in chosen if known in word]
        if all(any(known in word for known in callers) for word in words):
            for caller in dict.fromkeys(next(known for known in callers if known in word) for word in words):
                chosen[caller].append(rule)
            return True
    return False


def _vocabulary(part: Mapping[str, Any]) -> set[bytes]:
    text = " ".join(str(entry if isinstance(entry, str) else list(entry.values())) for entry in part.get("rules", ())).lower()
    return {word.encode() for word in re.findall(r"[a-z][a-z0-9-]{6,}[a-z0-9]", text)} | {
        str(word).lower().encode() for word in part.get("vocabulary", ())
    }
