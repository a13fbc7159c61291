"""Tables of days: the fiscal year's calendar (I-3-(2)), reception hours (I-15-(1)), shift templates (I-4-(1))."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ..common.calendar import Calendar, Hours, fiscal_days, fiscal_year, month_end

DAY = dt.timedelta(days=1)
OFF = "-"
Row = dict[str, Any]


def year_rows(calendar: Calendar, year: int) -> list[Row]:
    """Every day of a fiscal year: open or closed and why, and the hours of the telephone.

    :raises WardopsError: E1803 when the holiday file does not reach 31 March.
    """
    calendar.holiday(dt.date(year + 1, 3, 31))  # says at once what is not covered, before anything is written
    return [_day(calendar, day) for day in fiscal_days(year)]


def _day(calendar: Calendar, day: dt.date) -> Row:
    why, hours = calendar.why_closed(day), calendar.reception(day)
    return {
        "date": day,
        "weekday": "月火水木金土日"[day.weekday()],
        "fiscal_year": fiscal_year(day),
        "kind": "closed" if why else "open",
        "reason": why or "",
        "holiday": calendar.holiday(day) or "",
        "closure": calendar.closure(day) or "",
        "reception": "yes" if hours else "no",
        "reception_from": f"{hours.start:%H:%M}" if hours else "",
        "reception_to": f"{hours.end:%H:%M}" if hours else "",
    }


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the proof that goes with the import file (検証表)."""

    what: str
    found: str
    good: bool


def proof(rows: Sequence[Row]) -> list[Check]:
    """What a person compares before the import: the span, the numbers, the year's end, and each month's open days."""
    days = [row["date"] for row in rows]
    whole = all(later - day == DAY for day, later in pairwise(days))
    last, first = days[-1], days[0]
    closed = [row for row in rows if row["closure"]]
    checks = [
        Check(
            "4月1日から翌年3月31日まで、1 日も欠けず重ならない",
            f"{first} ～ {last}、{len(days)} 日",
            whole and last == first.replace(year=first.year + 1) - DAY,
        ),
        Check("祝日・休日の数", f"{sum(bool(row['holiday']) for row in rows)} 日", sum(bool(row["holiday"]) for row in rows) >= 16),
        Check("年末年始の閉庁", f"{closed[0]['date']} ～ {closed[-1]['date']}" if closed else "なし", bool(closed)),
        Check(
            "閉庁日はすべて理由を持つ",
            f"{sum(row['kind'] == 'closed' for row in rows)} 日",
            all(row["reason"] for row in rows if row["kind"] == "closed"),
        ),
    ]
    for month in sorted({(day.year, day.month) for day in days}):
        count = sum(row["kind"] == "open" for row in rows if (row["date"].year, row["date"].month) == month)
        checks.append(Check(f"{month[0]}年{month[1]}月の開庁日", f"{count} 日", 15 <= count <= 23))
    return checks


@dataclass(frozen=True, slots=True)
class Shift:
    """Working hours of one code."""

    code: str
    name: str
    hours: Hours
    break_minutes: int

    @property
    def minutes(self) -> int:
        """Paid minutes: without the break."""
        start, end = (hour.hour * 60 + hour.minute for hour in (self.hours.start, self.hours.end))
        return (end - start) % (24 * 60) - self.break_minutes


def shift_rows(calendar: Calendar, policy: Mapping[str, Any], year: int, month: int) -> list[Row]:
    """The shift template of one month: every workplace, every day; days outside its calendar and days off have ``-``.

    :param policy: ``policies/shift_patterns.yml``.
    :raises WardopsError: E1803; E1805 (calendar).
    """
    shifts = {str(one["code"]): _shift(one) for one in policy["shifts"]}
    first = dt.date(year, month, 1)
    rows = []
    for place in policy["workplaces"]:
        working = set(calendar.days(str(place["calendar"]), first, month_end(first)))
        for day in _month(first):
            code = _code(place["weeks"], day) if day in working else OFF
            rows.append(_shift_row(calendar, place, day, shifts.get(code)))
    return rows


def _shift(entry: Mapping[str, Any]) -> Shift:
    hours = Hours(dt.time.fromisoformat(entry["from"]), dt.time.fromisoformat(entry["to"]))
    return Shift(str(entry["code"]), str(entry["name_ja"]), hours, int(entry["break_minutes"]))


def _code(weeks: Sequence[Sequence[str]], day: dt.date) -> str:
    """The weeks follow each other from the week of 1 April on, and begin anew each fiscal year."""
    april = dt.date(fiscal_year(day), 4, 1)
    number = (day - (april - april.weekday() * DAY)).days // 7
    return str(weeks[number % len(weeks)][day.weekday()])


def _shift_row(calendar: Calendar, place: Mapping[str, Any], day: dt.date, shift: Shift | None) -> Row:
    return {
        "date": day,
        "weekday": "月火水木金土日"[day.weekday()],
        "workplace": str(place["code"]),
        "workplace_name": str(place["name_ja"]),
        "dept_code": str(place["dept_code"]),
        "shift": shift.code if shift else OFF,
        "shift_name": shift.name if shift else "休",
        "from": f"{shift.hours.start:%H:%M}" if shift else "",
        "to": f"{shift.hours.end:%H:%M}" if shift else "",
        "break_minutes": shift.break_minutes if shift else "",
        "work_minutes": shift.minutes if shift else "",
        "reason": calendar.why_closed(day) or "",
    }


def _month(first: dt.date) -> Iterator[dt.date]:
    return (first.replace(day=number) for number in range(1, month_end(first).day + 1))
