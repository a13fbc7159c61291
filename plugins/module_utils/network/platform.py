"""One declarative file for each platform: ``platforms/<name>.yml``.

A file says how a device of the platform is talked to (prompt, privilege, paging), which commands show its configuration, what proves that
an answer is whole, which lines change by themselves, and which rules find its secrets. Adding a platform adds a file and no code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from ..common.policy import parse_policy
from ..common.problems import Problem, WardopsError, fail

FOLDER = Path(__file__).parent / "platforms"
Driver = Literal["reader", "netmiko"]
Pattern = re.Pattern[bytes]

#: what no program may send to any device, whatever a file says: it takes over another administrator's session (NEC IX),
#: restarts or empties a device, or collects everything that it knows
BANNED = re.compile(rb"(?i)^\s*(svintr-config|reload|reboot|reset\b(?! terminal)|restart|cold\s+start|write\s+erase|erase\b|show\s+tech)")

#: netmiko's drivers that nothing is read with: one sends svintr-config, which throws another administrator out; one leaves the pager on
UNFIT_DRIVERS = frozenset({"nec_ix", "apresia_aeos"})

#: how a volatile rule begins: the line's start and some letters (one before a quantifier is none of them). A rule is tried only
#: where these letters stand, since twelve rules on every line of 600 configurations would be the night's largest cost.
LITERAL = re.compile(rb"\^\(?((?:[\w !#:=,<>/-]|\\[^\w\s])+)(?![?*{|])")


@dataclass(frozen=True, slots=True)
class Enable:
    """How a session gets the privilege that showing a configuration needs.

    :param send: the word; sent while the prompt matches ``when``.
    :param ask: what asks for the password.
    :param refused: what answers a wrong one.
    """

    send: bytes
    when: Pattern
    ask: Pattern
    refused: Pattern


@dataclass(frozen=True, slots=True)
class Command:
    """A command whose answer is kept.

    :param start: matches a line near the beginning of every whole answer.
    :param end: matches the last line (blank ones aside) of every whole answer; ``None`` where the platform marks no end.
    :param minimum: lines below which no answer is believed.
    :param absent: matches an answer that says that there is nothing (a startup configuration that was never saved).
    :param balanced: opening and closing signs that must balance (braces; ``config`` and ``end``).
    """

    key: str
    send: bytes
    start: Pattern | None
    end: Pattern | None
    minimum: int
    absent: Pattern | None
    balanced: tuple[Pattern, Pattern] | None


@dataclass(frozen=True, slots=True)
class Named:
    """Where a device says its own name; the first group of each is the name.

    :param line: lines of the configuration, with the line feed before them; one of them has to fit.
    :param prompt: the prompt, where the configuration has no such line.
    :param longest: letters at which the platform cuts a name off; 0: it never does.
    """

    line: Pattern | None
    prompt: Pattern | None
    longest: int


@dataclass(frozen=True, slots=True)
class Question:
    """Something that a device asks on the way, and what it is told."""

    ask: Pattern
    answer: bytes


@dataclass(frozen=True, slots=True)
class Platform:
    """One platform.

    :param driver: who reads it: ``reader``, our own over asyncssh, or ``netmiko``, with the type that ``netmiko`` names.
    :param napalm: NAPALM's driver, for people who look it up: none is used for reading (docs/developers-network.md says why).
    :param ssh: ``legacy`` (algorithms of old devices, see ``reader/algorithms.py``), more of them by name, and the terminal's width.
    :param prompt: matched against the last line of what was received, without terminal escapes.
    :param setup: sent before the first command; their answers are not kept.
    :param side_effects: what that leaves behind on the device, in Japanese.
    :param errors: lines with which a device refuses a command.
    :param pager: what waits for a key in the middle of an answer although paging is off, and the key.
    :param log_lines: log lines, with the line feed before them, that the device prints into an answer: the command is then asked again.
    :param named: where the device says its name; ``None``: it never does.
    :param leave: commands that end the session, and what it may ask then.
    :param volatile: lines that change by themselves, and what is written in their place.
    :param differs: lines that differ between running and startup configuration by nature: passed over when the two are compared.
    :param trailer: lines between the end of an answer and the prompt that are no part of either.
    :param secrets: rules for :mod:`masking`.
    :param unverified: facts that no real device has confirmed (要実機確認), in Japanese.
    """

    name: str
    title: str
    driver: Driver
    netmiko: str
    napalm: str
    ssh: Mapping[str, Any]
    prompt: Pattern
    enable: Enable | None
    setup: tuple[bytes, ...]
    side_effects: str
    commands: Mapping[str, Command]
    errors: Pattern
    pager: Pattern
    pager_answer: bytes
    log_lines: Pattern | None
    named: Named | None
    leave: tuple[bytes, ...]
    questions: tuple[Question, ...]
    volatile: tuple[tuple[Pattern, bytes], ...]
    differs: Pattern | None
    trailer: Pattern | None
    comment: Pattern | None
    secrets: Mapping[str, Any]
    source: str
    unverified: str

    def sent(self) -> Iterator[bytes]:
        """Everything that a session may send, passwords aside."""
        yield from self.setup
        yield from (command.send for command in self.commands.values())
        yield from self.leave
        yield from (question.answer for question in self.questions)
        if self.enable:
            yield self.enable.send


def names() -> list[str]:
    """All platforms."""
    return sorted(path.stem for path in FOLDER.glob("*.yml"))


@cache
def load(name: str) -> Platform:
    """A platform by the ledger's ``os_profile``.

    :raises WardopsError: E1600 (no such platform), E1601 (its file is wrong: every mistake), E1602 (it would send what is banned).
    """
    path = FOLDER / f"{name}.yml"
    if not re.fullmatch(r"[a-z][a-z0-9_]{1,31}", name) or not path.is_file():
        raise fail("E1600", name=name, known="、".join(names()))
    return read(path.read_bytes(), str(path), name)


def read(data: bytes, path: str, name: str) -> Platform:
    """A platform file's bytes; ``extends`` takes another platform's values for all keys that this one does not have.

    :raises WardopsError: E1600-E1602.
    """
    content = parse_policy(data, path)
    if isinstance(content, dict) and "extends" in content:
        base = FOLDER / f"{content.pop('extends')}.yml"
        if not base.is_file():
            raise fail("E1600", path, name=base.stem, known="、".join(names()))
        content = {**parse_policy(base.read_bytes(), str(base)), **content}
    platform = _Reading(content, path, data).platform(name)
    for text in platform.sent():
        if BANNED.search(text):
            raise fail("E1602", path, command=text.decode("ascii", "backslashreplace").strip())
    return platform


class _Reading:
    """One file's content, taken key by key; what is left at the end is unknown."""

    def __init__(self, content: Any, path: str, data: bytes) -> None:
        if not isinstance(content, dict):
            raise fail("E1601", path, key="", reason_ja="キーと値の表ではありません", reason="it is no mapping")
        self.left: dict[str, Any] = dict(content)
        self.path = path
        self.data = data
        self.problems: list[Problem] = []

    def platform(self, name: str) -> Platform:
        enable = self.left.pop("enable", None)
        commands = self.left.pop("commands", {})
        named = self.left.pop("named", None)
        platform = Platform(
            name=name,
            title=self.text("title"),
            driver=self.one_of("driver", ("reader", "netmiko"), "reader"),
            netmiko=self.text("netmiko", ""),
            napalm=self.text("napalm", ""),
            ssh=self.mapping("ssh"),
            prompt=self.pattern("prompt", self.left.pop("prompt", None), whole_line=True),
            enable=self.enable(enable) if enable else None,
            setup=self.lines("setup"),
            side_effects=self.text("side_effects", ""),
            commands={str(key): self.command(str(key), value) for key, value in commands.items()} if isinstance(commands, dict) else {},
            errors=self.pattern("errors", self.left.pop("errors", None)),
            pager=self.pattern("pager", self.left.pop("pager", r"(?i)-{2,}[ (]*more[^\n]{0,30}")),
            pager_answer=self.text("pager_answer", " ").encode(),
            log_lines=self.line("log_lines", self.left.pop("log_lines", None)),
            named=self.named(named) if named is not None else None,
            leave=self.lines("leave"),
            questions=tuple(
                Question(self.pattern("questions", one.get("ask")), str(one.get("answer", "")).encode()) for one in self.rows("questions")
            ),
            volatile=tuple(
                (self.pattern("volatile", one.get("line")), str(one.get("instead", "")).encode()) for one in self.rows("volatile")
            ),
            differs=self.optional("differs"),
            trailer=self.optional("trailer"),
            comment=self.optional("comment"),
            secrets=self.mapping("secrets"),
            source=self.text("source"),
            unverified=self.text("unverified", ""),
        )
        for line, _ in platform.volatile:
            if not LITERAL.match(line.pattern):
                self.wrong("volatile", "^ と文字で始めてください", "it must begin with ^ and letters")
        if platform.driver == "netmiko" and (not platform.netmiko or platform.netmiko in UNFIT_DRIVERS):
            self.wrong("netmiko", "読み取りに使えないドライバーです", "a driver that nothing is read with")
        if "running" not in platform.commands:
            self.wrong("commands", "running がありません", "it has no running")
        for key in self.left:
            self.wrong(key, "知らないキーです", "unknown key")
        if self.problems:
            raise WardopsError(self.problems)
        return platform

    def wrong(self, key: str, ja: str, en: str) -> None:
        """A mistake below a key: with that key's line, or none when it is missing or stands in the file that this one extends."""
        found = re.search(rb"^" + re.escape(key.split(".", maxsplit=1)[0].encode()) + rb"[ \t]*:", self.data, re.MULTILINE)
        line = self.data.count(b"\n", 0, found.start()) + 1 if found else 0
        self.problems.append(Problem("E1601", self.path, line, params={"key": key, "reason_ja": ja, "reason": en}))

    def text(self, key: str, default: str | None = None) -> str:
        value = self.left.pop(key, default)
        if not isinstance(value, str):
            self.wrong(key, "文字列がありません", "no text")
            return ""
        return value

    def one_of(self, key: str, allowed: tuple[Any, ...], default: Any) -> Any:
        value = self.left.pop(key, default)
        if value not in allowed:
            self.wrong(key, f"{'、'.join(allowed)} のどれかです", f"one of {', '.join(allowed)}")
            return default
        return value

    def mapping(self, key: str) -> Mapping[str, Any]:
        value = self.left.pop(key, {})
        if not isinstance(value, dict):
            self.wrong(key, "キーと値の表ではありません", "no mapping")
            return {}
        return value

    def rows(self, key: str) -> list[dict[str, Any]]:
        value = self.left.pop(key, [])
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            self.wrong(key, "表の並びではありません", "no list of mappings")
            return []
        return value

    def lines(self, key: str) -> tuple[bytes, ...]:
        value = self.left.pop(key, [])
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            self.wrong(key, "文字列の並びではありません", "no list of texts")
            return ()
        return tuple(one.encode() for one in value)

    def optional(self, key: str) -> Pattern | None:
        value = self.left.pop(key, None)
        return None if value is None else self.pattern(key, value)

    def pattern(self, key: str, value: Any, *, whole_line: bool = False) -> Pattern:
        try:
            if not isinstance(value, str) or not value:
                raise re.error("no text")
            return re.compile((rf"(?:{value})\s*\Z" if whole_line else value).encode(), re.MULTILINE)
        except re.error as error:
            self.wrong(key, f"正規表現になっていません: {value}", f"no regular expression: {value} ({error})")
            return re.compile(rb"(?!)")

    def enable(self, value: Any) -> Enable | None:
        if not isinstance(value, dict) or set(value) != {"send", "when", "ask", "refused"}:
            self.wrong("enable", "send、when、ask、refused が要ります", "send, when, ask, refused")
            return None
        when, ask, refused = (self.pattern(f"enable.{part}", value[part]) for part in ("when", "ask", "refused"))
        return Enable(str(value["send"]).encode(), when, ask, refused)

    def named(self, value: Any) -> Named | None:
        if not isinstance(value, dict) or not value or set(value) - {"line", "prompt", "longest"}:
            self.wrong("named", "line、prompt、longest だけです", "only line, prompt, longest")
            return None
        line, longest = self.line("named.line", value.get("line")), value.get("longest", 0)
        prompt = self.pattern("named.prompt", value["prompt"]) if "prompt" in value else None
        if any(one is not None and one.groups != 1 for one in (line, prompt)) or not isinstance(longest, int):
            self.wrong("named", "名前の部分を 1 つの ( ) で囲み、longest は文字数です", "one group for the name; longest is a number")
            return None
        return Named(line, prompt, longest)

    def line(self, key: str, value: Any) -> Pattern | None:
        """A pattern that begins with ``^``; it is compiled to begin with the line feed before it, which is found ten times faster."""
        if value is None:
            return None
        if not isinstance(value, str) or not value.startswith("^"):
            self.wrong(key, "^ で始めてください", "it must begin with ^")
            return None
        return self.pattern(key, rf"\n(?:{value[1:]})")

    def command(self, key: str, value: Any) -> Command:
        if not isinstance(value, dict) or "send" not in value or set(value) - {"send", "start", "end", "minimum", "absent", "balanced"}:
            self.wrong(
                f"commands.{key}",
                "send と、start・end・minimum・absent・balanced だけです",
                "send, and only start, end, minimum, absent, balanced",
            )
            return Command(key, b"", None, None, 0, None, None)
        found: dict[str, Pattern | None] = {
            part: self.pattern(f"commands.{key}.{part}", value[part]) if part in value else None for part in ("start", "end", "absent")
        }
        pair = value.get("balanced")
        if pair is not None and (not isinstance(pair, list) or len(pair) != 2):
            self.wrong(f"commands.{key}.balanced", "開く印と閉じる印の 2 つです", "two: what opens and what closes")
            pair = None
        balanced = tuple(self.pattern(f"commands.{key}.balanced", one) for one in pair) if pair else None
        minimum = value.get("minimum", 1)
        if not isinstance(minimum, int) or minimum < 1:
            self.wrong(f"commands.{key}.minimum", "1 以上の行数です", "a number of lines, at least 1")
            minimum = 1
        return Command(
            key,
            str(value["send"]).encode(),
            found["start"],
            found["end"],
            minimum,
            found["absent"],
            (balanced[0], balanced[1]) if balanced else None,
        )
