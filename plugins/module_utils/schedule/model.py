"""``policies/schedules.yml``: what runs when, one source for AWX, systemd and cron, and for the gate that skips days.

A trigger fires on every day on which the job *may* run, and knows nothing of holidays; the gate (``gate.py``) opens on the days of the
calendar alone. So the trigger's days are always a superset of the calendar's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..common.calendar import WEEKDAYS, Calendar
from ..common.problems import fail
from ..common.report import TOKYO
from ..common.ward import Ward

DAY = dt.timedelta(days=1)
_EVERY = frozenset(range(7))
_OFFICE = frozenset(range(5))


@dataclass(frozen=True, slots=True)
class Slot:
    """One planned run: the business day that it belongs to, and its moment (Asia/Tokyo)."""

    day: dt.date
    start: dt.datetime

    @property
    def key(self) -> str:
        """``2026-11-24T0730``: sorts, and is a file name."""
        return f"{self.start:%Y-%m-%dT%H%M}"


@dataclass(frozen=True, slots=True)
class Trigger:
    """Days on which the scheduler fires.

    :param weekdays: Monday is 0.
    :param month: this month only; 0 for all.
    :param month_day: this day of the month only, -1 for the last; 0 for all.
    """

    weekdays: frozenset[int] = _EVERY
    month: int = 0
    month_day: int = 0

    def fires(self, day: dt.date) -> bool:
        """Whether the scheduler fires on that day."""
        wanted = {0: day.day, -1: day.day if (day + DAY).day == 1 else 0}.get(self.month_day, self.month_day)
        return day.weekday() in self.weekdays and self.month in (0, day.month) and wanted == day.day


@dataclass(frozen=True, slots=True)
class Schedule:
    """One line of the policy.

    :param inventory: folder under ``inventories``, for example ``sample/lgwan``; empty for ``localhost,``.
    :param times: minutes after midnight of the business day; 1440 and more are the small hours of the next day.
    :param late_minutes: how late a missed run may still start.
    :param limit_minutes: after which a run that never said its end counts as dead.
    :param scope: of freezes; empty when the playbook changes nothing outside.
    """

    code: str
    name_ja: str
    playbook: str
    inventory: str
    layer: str
    calendar: str
    times: tuple[int, ...]
    late_minutes: int
    limit_minutes: int
    scope: str = ""
    check: bool = False
    enabled: bool = True
    limit: str = ""
    extra_vars: Mapping[str, Any] = field(default_factory=dict)

    def slots(self, day: dt.date) -> list[Slot]:
        """The planned moments of a business day, whether or not the calendar has it."""
        midnight = dt.datetime.combine(day, dt.time(), TOKYO)
        return [Slot(day, midnight + dt.timedelta(minutes=minutes)) for minutes in self.times]


@dataclass(frozen=True, slots=True)
class Schedules:
    """The whole policy."""

    organization: str
    project: str
    items: tuple[Schedule, ...]

    def get(self, code: str) -> Schedule:
        """:raises WardopsError: E1820 (no such schedule)."""
        found = next((one for one in self.items if one.code == code), None)
        if not found:
            raise fail("E1820", schedule=code, known="、".join(one.code for one in self.items))
        return found


def read_schedules(ward: Ward) -> Schedules:
    """The policy. :raises WardopsError: those of :meth:`Ward.policy`; E1825 when its form is not the schema's."""
    policy = ward.policy("schedules")
    try:
        return Schedules(str(policy["organization"]), str(policy["project"]), tuple(map(_schedule, policy["schedules"])))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise fail("E1825", ward.shown(ward.policies / "schedules.yml"), reason=f"{type(error).__name__}: {error}") from None


def _schedule(entry: Mapping[str, Any]) -> Schedule:
    return Schedule(
        code=str(entry["code"]),
        name_ja=str(entry["name_ja"]),
        playbook=str(entry["playbook"]),
        inventory=str(entry.get("inventory", "")),
        layer=str(entry.get("layer", "")),
        calendar=str(entry["calendar"]),
        times=tuple(sorted(_minutes(str(text)) for text in entry["times"])),
        late_minutes=int(entry["late_minutes"]),
        limit_minutes=int(entry["limit_minutes"]),
        scope=str(entry.get("scope", "")),
        check=bool(entry.get("check", False)),
        enabled=bool(entry.get("enabled", True)),
        limit=str(entry.get("limit", "")),
        extra_vars=dict(entry.get("extra_vars", {})),
    )


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def trigger(rule: Mapping[str, Any], minutes: int) -> Trigger:
    """The narrowest trigger that AWX, systemd and cron can all express and that misses no day of a calendar.

    :param rule: an entry of ``calendars.yml: calendars``.
    :param minutes: after midnight of the business day; from 1440 on it fires on the day after.
    """
    name, shift = str(rule["rule"]), str(rule.get("shift", "none"))
    later = minutes >= 24 * 60
    if name == "fiscal_year_first_business_day":
        return Trigger(month=4)
    if shift != "none" or name in ("business_day", "month_first_business_day", "month_last_business_day"):
        return Trigger(_after(_OFFICE) if later else _OFFICE)
    if name in WEEKDAYS:
        days = frozenset({WEEKDAYS.index(name)})
        return Trigger(_after(days) if later else days)
    if name == "month_day" and not later and int(rule["day"]) <= 28:
        return Trigger(month_day=int(rule["day"]))
    if name == "month_day" and not later and int(rule["day"]) == 31:
        return Trigger(month_day=-1)
    return Trigger()


def _after(days: frozenset[int]) -> frozenset[int]:
    return frozenset((day + 1) % 7 for day in days)


def planned(schedule: Schedule, calendar: Calendar, first: dt.date, last: dt.date) -> list[Slot]:
    """Every planned run of these business days, freezes aside. :raises WardopsError: E1803, E1805."""
    return [slot for day in calendar.days(schedule.calendar, first, last) for slot in schedule.slots(day)]
