"""Whether terminals may be patched, and restarted, at a moment: freezes, elections, and the hours in which people work on them."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from ...common.calendar import Calendar, Hours
from ...common.problems import fail
from ...common.report import TOKYO

_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
#: freezes of ``policies/calendars.yml`` that hold for patches
SCOPE = "patches"


@dataclass(frozen=True, slots=True)
class Decision:
    """:param reasons: pairs of Japanese and English; empty when it may be done. :param override: why it is done all the same, or ``""``."""

    moment: dt.datetime
    layer: str
    reasons: tuple[tuple[str, str], ...]
    override: str

    @property
    def allowed(self) -> bool:
        return not self.reasons or bool(self.override)


def parse_hours(text: str) -> Hours:
    """``08:30-17:15``, Asia/Tokyo. :raises WardopsError: E1931."""
    found = _HOURS.fullmatch(text.strip())
    hour, minute, last_hour, last_minute = (int(part) for part in found.groups()) if found else (0, 0, 0, 0)
    hours = Hours(dt.time(hour, minute), dt.time(last_hour, last_minute))
    if hours.start >= hours.end:
        raise fail("E1931", value=text)
    return hours


def decide(calendar: Calendar, moment: dt.datetime, layer: str, busy: Hours, override: str = "") -> Decision:
    """May it be done at ``moment`` (aware)? Working hours count on business days only.

    :param busy: the hours of a business day in which nothing is installed; their end does not belong to them.
    :param override: a person's reason to do it all the same; blank = none. It overrides everything, and is recorded.
    :raises WardopsError: E1803 (the holiday file does not cover the day).
    """
    local = moment.astimezone(TOKYO)
    day = local.date()
    reasons = []
    for freeze in calendar.frozen(day, SCOPE, layer):
        days = f"{freeze.first:%m/%d}–{freeze.last:%m/%d}"
        reasons.append((f"{freeze.name}（{days}）", f"freeze {freeze.code} ({days})"))
    if calendar.is_business_day(day) and busy.start <= local.time() < busy.end:
        reasons.append((f"開庁日の業務時間 {busy}", f"working hours {busy} of a business day"))
    return Decision(moment, layer, tuple(reasons), override.strip())


def require(decision: Decision) -> None:
    """:raises WardopsError: E1930 with all reasons."""
    if not decision.allowed:
        moment = f"{decision.moment.astimezone(TOKYO):%Y-%m-%d %H:%M}"
        ja, en = "、".join(ja for ja, _ in decision.reasons), ", ".join(en for _, en in decision.reasons)
        raise fail("E1930", moment=moment, layer=decision.layer, reasons_ja=ja, reasons=en)
