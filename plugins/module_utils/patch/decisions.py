"""What people decide about a cycle (``decisions.yml``), and its holds (``holds.yml``); every bad value at once, with its line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ..common.files import read_bytes, write_atomic
from ..common.policy import Positions, parse_policy
from ..common.problems import Problem, WardopsError
from ..common.text import one_line

TOKYO = dt.timezone(dt.timedelta(hours=9), "JST")


@dataclass(frozen=True, slots=True)
class Moved:
    """A ring's day that was set by hand. :param deadline: its last day; ``None`` = computed."""

    layer: str
    ring: str
    date: dt.date
    deadline: dt.date | None
    reason: str
    approver: str


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A terminal (name) or an update (``KB5000001``) that is left out until a day."""

    subject: str
    reason: str
    approver: str
    expires_on: dt.date

    @property
    def kb(self) -> str:
        """The KB number, or nothing for a terminal."""
        upper = self.subject.upper()
        return upper[2:] if upper.startswith("KB") and upper[2:].isdigit() else ""


@dataclass(frozen=True, slots=True)
class Approved:
    """An approval record.

    :param application: 申請番号. :param plan: digest of the plan that was looked at, at least 16 characters of it.
    :param review_by: for an emergency approval, until when it is reviewed after the fact; ``reviewed_on``: when that was done.
    """

    application: str
    layer: str
    ring: str
    approver: str
    at: dt.datetime
    minutes: str
    plan: str
    review_by: dt.date | None
    reviewed_on: dt.date | None


@dataclass(frozen=True, slots=True)
class Incident:
    """A ticket that speaks against going on, while it is open."""

    id: str
    severity: int
    closed: bool


@dataclass(frozen=True, slots=True)
class Decisions:
    """The file as a whole; all empty when there is none."""

    dates: tuple[Moved, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    approvals: tuple[Approved, ...] = ()
    incidents: tuple[Incident, ...] = ()

    def excluded(self, today: dt.date) -> frozenset[str]:
        """Names of terminals whose exclusion has not ended, folded."""
        return frozenset(one.subject.casefold() for one in self.exclusions if not one.kb and one.expires_on >= today)


@dataclass(frozen=True, slots=True)
class Hold:
    """A stop. :param ring: code, or empty for every ring; ``layer`` the same. :param released: when it was lifted."""

    layer: str
    ring: str
    reason: str
    by: str
    at: str
    taken_back: bool
    released: str = ""
    released_by: str = ""
    released_reason: str = ""

    def covers(self, layer: str, ring: str) -> bool:
        return not self.released and self.layer in ("", layer) and self.ring in ("", ring)

    def data(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


def read_decisions(path: Path) -> Decisions:
    """:raises WardopsError: E1901, all at once; E0117, E0118."""
    if not path.exists():
        return Decisions()
    reader = _Reader(path, {"dates", "exclusions", "approvals", "incidents"})
    found = Decisions(
        tuple(reader.all("dates", _moved)),
        tuple(reader.all("exclusions", _exclusion)),
        tuple(reader.all("approvals", _approved)),
        tuple(reader.all("incidents", _incident)),
    )
    reader.done()
    return found


def read_holds(path: Path) -> tuple[Hold, ...]:
    """:raises WardopsError: E1901, E0117, E0118."""
    if not path.exists():
        return ()
    reader = _Reader(path, {"holds"})
    found = tuple(reader.all("holds", _hold))
    reader.done()
    return found


def write_holds(path: Path, holds: tuple[Hold, ...]) -> None:
    """Whole or not at all. :raises WardopsError: E0102, E0105."""
    text = yaml.safe_dump({"holds": [hold.data() for hold in holds]}, allow_unicode=True, sort_keys=False, width=150)
    write_atomic(path, text.encode(), 0o640)


class _Bad(Exception):
    def __init__(self, key: str, value: object, reason_ja: str, reason: str) -> None:
        self.key, self.value, self.reason_ja, self.reason = key, value, reason_ja, reason


class _Reader:
    def __init__(self, path: Path, known: set[str]) -> None:
        self.path, self.problems = str(path), list[Problem]()
        data = read_bytes(path)
        self._positions = Positions(data)
        content = parse_policy(data, self.path)
        self._content: Mapping[str, Any] = content if isinstance(content, dict) else {}
        if content is not None and not isinstance(content, dict):
            self._bad((), _Bad("file", type(content).__name__, "表ではない", "not a mapping"))
        for key in self._content:
            if key not in known:
                self._bad((key,), _Bad(str(key), "", "知らない項目", f"unknown; known: {', '.join(sorted(known))}"))

    def all[T](self, name: str, make: Callable[[_Item], T]) -> list[T]:
        items = self._content.get(name) or []
        if not isinstance(items, list):
            self._bad((name,), _Bad(name, type(items).__name__, "一覧ではない", "not a list"))
            return []
        found = []
        for number, item in enumerate(items):
            try:
                if not isinstance(item, dict):
                    raise _Bad(name, item, "項目の表ではない", "not a mapping")
                one = _Item(item)
                made = make(one)
                one.finish()
                found.append(made)
            except _Bad as error:
                self._bad((name, number, error.key), error)
        return found

    def _bad(self, pointer: tuple[str | int, ...], error: _Bad) -> None:
        line, column = self._positions.find(pointer)
        what = ".".join(str(step) for step in pointer) or error.key
        params = {"what": what, "value": str(error.value), "reason_ja": error.reason_ja, "reason": error.reason}
        self.problems.append(Problem("E1901", self.path, line, column, params))

    def done(self) -> None:
        if self.problems:
            raise WardopsError(self.problems)


class _Item:
    """One item of a list; a key that nobody asks for is an error: a misspelt one would be lost silently."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self._content, self._asked = content, set[str]()

    def text(self, key: str, default: str | None = None) -> str:
        self._asked.add(key)
        value = self._content.get(key, default)
        if not isinstance(value, (str, int)) or isinstance(value, bool) or (default is None and not str(value).strip()):
            raise _Bad(key, value, "文字列が必要", "a text is needed")
        if not one_line(str(value)):
            raise _Bad(key, value, "制御文字がある", "has control characters")
        return str(value).strip()

    def day(self, key: str) -> dt.date:
        self._asked.add(key)
        value = self._content.get(key)
        try:
            found = value if isinstance(value, dt.date) else dt.date.fromisoformat(str(value))
        except ValueError:
            raise _Bad(key, value, "YYYY-MM-DD の日付が必要", "a date YYYY-MM-DD is needed") from None
        if isinstance(found, dt.datetime):
            raise _Bad(key, value, "時刻のない日付が必要", "a date without a time is needed")
        return self._near(key, found)

    def day_or_none(self, key: str) -> dt.date | None:
        self._asked.add(key)
        return self.day(key) if self._content.get(key) not in (None, "") else None

    def moment(self, key: str) -> dt.datetime:
        """Without a zone it is Japanese time."""
        self._asked.add(key)
        value = self._content.get(key)
        try:
            found = value if isinstance(value, dt.datetime) else dt.datetime.fromisoformat(str(value))
        except ValueError:
            raise _Bad(key, value, "日時が必要", "a date and time is needed") from None
        self._near(key, found.date())
        return (found if found.tzinfo else found.replace(tzinfo=TOKYO)).astimezone(dt.UTC)

    def _near(self, key: str, day: dt.date) -> dt.date:
        """A day of this century: a slip of the pen must not become a date at the end of time."""
        if not 2000 <= day.year < 2100:
            raise _Bad(key, day, "2000～2099 年の日付が必要", "a day from 2000 to 2099 is needed")
        return day

    def number(self, key: str, least: int, most: int) -> int:
        self._asked.add(key)
        value = self._content.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise _Bad(key, value, f"{least}～{most} の数が必要", f"a number from {least} to {most} is needed")
        return value

    def flag(self, key: str) -> bool:
        self._asked.add(key)
        value = self._content.get(key, False)
        if not isinstance(value, bool):
            raise _Bad(key, value, "true か false が必要", "true or false is needed")
        return value

    def finish(self) -> None:
        for key in self._content:
            if key not in self._asked:
                raise _Bad(str(key), self._content[key], "知らない項目", "an unknown key")


def _moved(one: _Item) -> Moved:
    layer, ring, date, deadline = one.text("layer"), one.text("ring"), one.day("date"), one.day_or_none("deadline")
    if deadline is not None and deadline < date:
        raise _Bad("deadline", deadline, f"適用日 {date} より前", f"before its date {date}")
    return Moved(layer, ring, date, deadline, one.text("reason"), one.text("approver"))


def _exclusion(one: _Item) -> Exclusion:
    return Exclusion(one.text("subject"), one.text("reason"), one.text("approver"), one.day("expires_on"))


def _approved(one: _Item) -> Approved:
    digest = one.text("plan").lower()
    if not 16 <= len(digest) <= 64 or not set(digest) <= set("0123456789abcdef"):
        raise _Bad("plan", digest, "計画のダイジェスト（16 文字以上）が必要", "the plan's digest, 16 characters or more, is needed")
    return Approved(
        one.text("application"),
        one.text("layer", ""),
        one.text("ring"),
        one.text("approver"),
        one.moment("at"),
        one.text("minutes"),
        digest,
        one.day_or_none("review_by"),
        one.day_or_none("reviewed_on"),
    )


def _incident(one: _Item) -> Incident:
    return Incident(one.text("id"), one.number("severity", 1, 5), one.flag("closed"))


def _hold(one: _Item) -> Hold:
    return Hold(
        one.text("layer", ""),
        one.text("ring", ""),
        one.text("reason"),
        one.text("by"),
        one.text("at"),
        one.flag("taken_back"),
        one.text("released", ""),
        one.text("released_by", ""),
        one.text("released_reason", ""),
    )
