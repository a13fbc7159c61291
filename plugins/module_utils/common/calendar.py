"""Days and hours of the ward: business days, reception hours, freezes, maintenance, and the calendars that jobs name.

Facts of the year come from the Cabinet Office's file (``holidays.py``), the ward's own rules from ``policies/calendars.yml``. Every
answer about a day that the holiday file does not cover is an error, never a guess (specification I-3-(2), I-15-(1)).
"""

from __future__ import annotations

import calendar as months
import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from .holidays import FILE, Holidays, read_holidays
from .problems import fail
from .report import TOKYO
from .ward import Ward

DAY = dt.timedelta(days=1)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SATURDAY, _SUNDAY = 5, 6
_REDMOND = ZoneInfo("America/Los_Angeles")


@dataclass(frozen=True, slots=True)
class Hours:
    """From and to, Asia/Tokyo."""

    start: dt.time
    end: dt.time

    def __str__(self) -> str:
        return f"{self.start:%H:%M}–{self.end:%H:%M}"


@dataclass(frozen=True, slots=True)
class Freeze:
    """A period without changes, both days included."""

    code: str
    name: str
    first: dt.date
    last: dt.date
    scopes: frozenset[str]
    layers: frozenset[str]
    reason: str


@dataclass(frozen=True, slots=True)
class Window:
    """Maintenance of a system outside, with its zone; the end may lie on the next day."""

    system: str
    start: dt.datetime
    end: dt.datetime


class Calendar:
    """The ward's calendar.

    :param policy: ``policies/calendars.yml``.
    :param holidays: the Cabinet Office's file.
    """

    def __init__(self, policy: Mapping[str, Any], holidays: Holidays) -> None:
        self._policy = policy
        self.holidays = holidays
        self._closed = [(_month_day(entry["from"]), _month_day(entry["to"]), str(entry["name_ja"])) for entry in policy["closed"]]
        self.rules: Mapping[str, Mapping[str, Any]] = {str(entry["code"]): entry for entry in policy["calendars"]}

    @classmethod
    def of(cls, ward: Ward) -> Calendar:
        """:raises WardopsError: those of the policy and of the holiday file (E1801, E1802, E1804)."""
        return cls(ward.policy("calendars"), read_holidays(ward.policies / FILE))

    # ---- days

    def holiday(self, day: dt.date) -> str | None:
        """The national holiday's name. :raises WardopsError: E1803."""
        return self.holidays.name(day)

    def closure(self, day: dt.date) -> str | None:
        """The name of the ward's own closed days (年末年始), weekends and holidays aside."""
        here = (day.month, day.day)
        for first, last, name in self._closed:
            if first <= here <= last if first <= last else here >= first or here <= last:
                return name
        return None

    def why_closed(self, day: dt.date) -> str | None:
        """Why the ward is closed on that day, in Japanese; ``None`` on a business day (開庁日).

        :raises WardopsError: E1803.
        """
        name = self.holiday(day)
        return self.closure(day) or name or {_SATURDAY: "土曜日", _SUNDAY: "日曜日"}.get(day.weekday())

    def is_business_day(self, day: dt.date) -> bool:
        """:raises WardopsError: E1803."""
        return self.why_closed(day) is None

    def on_or_after(self, day: dt.date) -> dt.date:
        """The day itself if it is a business day, else the next one. :raises WardopsError: E1803."""
        while not self.is_business_day(day):
            day += DAY
        return day

    def on_or_before(self, day: dt.date) -> dt.date:
        """The day itself if it is a business day, else the one before. :raises WardopsError: E1803."""
        while not self.is_business_day(day):
            day -= DAY
        return day

    def add(self, day: dt.date, count: int) -> dt.date:
        """So many business days later (earlier when negative); the day itself need not be one. 翌営業日 is ``add(day, 1)``.

        :raises WardopsError: E1803.
        """
        step = DAY if count > 0 else -DAY
        for _ in range(abs(count)):
            day += step
            day = self.on_or_after(day) if count > 0 else self.on_or_before(day)
        return day

    def between(self, first: dt.date, last: dt.date) -> int:
        """Business days after ``first`` up to and with ``last``; negative when ``last`` lies before. :raises WardopsError: E1803."""
        low, high = sorted((first, last))
        count = sum(self.is_business_day(low + n * DAY) for n in range(1, (high - low).days + 1))
        return count if last >= first else -count

    def week_before(self, day: dt.date) -> dt.date:
        """「1週間前」: seven days earlier, pulled forward to a business day (specification IV-2-(1)). :raises WardopsError: E1803."""
        return self.on_or_before(day - 7 * DAY)

    # ---- hours

    def reception(self, day: dt.date) -> Hours | None:
        """When the help desk answers the telephone (I-15-(1)); ``None`` on days without.

        Closed from 12/29 to 1/3, on the third Saturday and on the Sunday right after it.

        :raises WardopsError: E1803.
        """
        rules = self._policy["reception"]
        holiday = self.holiday(day)
        if self.closure(day):
            return None
        number = int(rules["closed_saturday"])
        saturday = day if day.weekday() == _SATURDAY else day - DAY if day.weekday() == _SUNDAY else None
        if saturday and (saturday.day - 1) // 7 + 1 == number:
            return None
        kind = "other_day" if holiday or day.weekday() in (_SATURDAY, _SUNDAY) else "business_day"
        return Hours(dt.time.fromisoformat(rules[kind]["from"]), dt.time.fromisoformat(rules[kind]["to"]))

    # ---- periods

    @cached_property
    def freezes(self) -> tuple[Freeze, ...]:
        """All freezes of the policy, in order of their first day."""
        found = [
            Freeze(
                str(entry["code"]),
                str(entry["name_ja"]),
                _date(entry["from"]),
                _date(entry["to"]),
                frozenset(entry["scopes"]),
                frozenset(entry["layers"]),
                str(entry["reason"]),
            )
            for entry in self._policy["freezes"]
        ]
        return tuple(sorted(found, key=lambda freeze: (freeze.first, freeze.code)))

    def frozen(self, day: dt.date, scope: str, layer: str) -> list[Freeze]:
        """The freezes that forbid a change of that kind in that layer on that day; an election day forbids all of them."""
        held = [
            freeze
            for freeze in self.freezes
            if freeze.first <= day <= freeze.last and {"all", scope} & freeze.scopes and layer in freeze.layers
        ]
        elections = [entry for entry in self._policy["elections"] if _date(entry["day"]) == day]
        return held + [
            Freeze("election", str(entry["name_ja"]), day, day, frozenset({"all"}), frozenset({layer}), "選挙事務") for entry in elections
        ]

    def maintenance(self, first: dt.date, last: dt.date) -> list[Window]:
        """The windows that begin within these days, in order."""
        found = []
        for entry in self._policy["maintenance"]:
            start, end = dt.time.fromisoformat(entry["from"]), dt.time.fromisoformat(entry["to"])
            for day in _days(first, last):
                if any(_is_weekday_of_month(day, on["week"], on["weekday"]) for on in entry["days"]):
                    ends = day if end > start else day + DAY
                    window = Window(str(entry["system"]), dt.datetime.combine(day, start, TOKYO), dt.datetime.combine(ends, end, TOKYO))
                    found.append(window)
        return sorted(found, key=lambda window: (window.start, window.system))

    # ---- calendars that ledgers and schedules name

    def matches(self, code: str, day: dt.date) -> bool:
        """Whether a job of that calendar runs on that day. :raises WardopsError: E1803; E1805 (no such calendar)."""
        return day in set(self.days(code, day, day))

    def days(self, code: str, first: dt.date, last: dt.date) -> Iterator[dt.date]:
        """The days of a calendar, in order; days that a shift brings in from outside the span count.

        :raises WardopsError: E1803; E1805 (no such calendar).
        """
        if code not in self.rules:
            raise fail("E1805", calendar=code, known="、".join(sorted(self.rules)))
        rule = self.rules[code]
        shift = str(rule.get("shift", "none"))
        wanted = self._test(rule)
        for day in (first, last):
            self.holidays.name(day)  # says what is not covered
        if shift == "none":
            yield from (day for day in _days(first, last) if wanted(day))
        elif shift == "before":  # what lies beyond the next business day is moved to that one, or to a later one
            yield from self._moved(_days(first, self.add(last, 1)), wanted, self.on_or_before, first, last)
        else:
            open_days = [day for day in _days(first, last) if self.is_business_day(day)]
            if open_days:  # what lies after the last of them is moved out of the span
                yield from self._moved(_days(self.add(first, -1), open_days[-1]), wanted, self.on_or_after, first, last)

    @staticmethod
    def _moved(
        days: Iterator[dt.date], wanted: Callable[[dt.date], bool], move: Callable[[dt.date], dt.date], first: dt.date, last: dt.date
    ) -> Iterator[dt.date]:
        yield from sorted({moved for moved in (move(day) for day in days if wanted(day)) if first <= moved <= last})

    def _test(self, rule: Mapping[str, Any]) -> Callable[[dt.date], bool]:
        name = str(rule["rule"])
        if name in WEEKDAYS:
            return lambda day: day.weekday() == WEEKDAYS.index(name)
        if name == "month_day":
            return lambda day: day.day == min(int(rule["day"]), months.monthrange(day.year, day.month)[1])
        return {
            "every_day": lambda _day: True,
            "business_day": self.is_business_day,
            "closed_day": lambda day: not self.is_business_day(day),
            "reception_day": lambda day: self.reception(day) is not None,
            "month_first_business_day": lambda day: day == self.on_or_after(day.replace(day=1)),
            "month_last_business_day": lambda day: day == self.on_or_before(month_end(day)),
            "fiscal_year_first_business_day": lambda day: day == self.on_or_after(dt.date(fiscal_year(day), 4, 1)),
        }[name]


def fiscal_year(day: dt.date) -> int:
    """The fiscal year (年度): from 1 April to 31 March (地方自治法 208条)."""
    return day.year if day.month >= 4 else day.year - 1


def fiscal_days(year: int) -> Iterator[dt.date]:
    """Every day of a fiscal year."""
    return _days(dt.date(year, 4, 1), dt.date(year + 1, 3, 31))


def month_end(day: dt.date) -> dt.date:
    """The last day of the month."""
    return day.replace(day=months.monthrange(day.year, day.month)[1])


def b_release(year: int, month: int) -> dt.datetime:
    """When Microsoft's monthly security release ("B", second Tuesday, 10:00 Pacific time) comes, in Japan.

    It is a Wednesday at 02:00 in summer and 03:00 in winter, and not always the second Wednesday: a month that begins on a Wednesday
    has its second Tuesday on the 14th, and the second Wednesday on the 8th.
    """
    first = dt.date(year, month, 1)
    tuesday = first + ((1 - first.weekday()) % 7 + 7) * DAY
    return dt.datetime.combine(tuesday, dt.time(10), _REDMOND).astimezone(TOKYO)


def _is_weekday_of_month(day: dt.date, week: int | str, weekday: str) -> bool:
    if day.weekday() != WEEKDAYS.index(weekday):
        return False
    return (day + 7 * DAY).month != day.month if week == "last" else (day.day - 1) // 7 + 1 == week


def _days(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    return (first + n * DAY for n in range((last - first).days + 1))


def _month_day(text: str) -> tuple[int, int]:
    month, day = str(text).split("-")
    return int(month), int(day)


def _date(value: dt.date | str) -> dt.date:
    return value if isinstance(value, dt.date) else dt.date.fromisoformat(value)
