"""Business days, reception hours, freezes, B release: the edges that the specification and the law make."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common import calendar as days
from ansible_collections.ward.ops.plugins.module_utils.common.calendar import Calendar, b_release
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward
from hypothesis import given
from hypothesis import strategies as st

CALENDAR = Calendar.of(Ward(Path(__file__).resolve().parents[3] / "inventories" / "sample"))
COVERED = st.dates(dt.date(2024, 2, 1), dt.date(2027, 11, 30))


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


@pytest.mark.parametrize(
    ("date", "why"),
    [
        ("2026-11-20", None),
        ("2026-11-21", "土曜日"),
        ("2026-11-22", "日曜日"),
        ("2026-11-23", "勤労感謝の日"),
        ("2026-09-22", "休日"),
        ("2026-12-28", None),
        ("2026-12-29", "年末年始"),
        ("2027-01-01", "年末年始"),
        ("2027-01-03", "年末年始"),
        ("2027-01-04", None),
        ("2027-03-21", "春分の日"),
        ("2027-03-22", "休日"),
    ],
)
def test_why_the_ward_is_closed(date: str, why: str | None) -> None:
    assert CALENDAR.why_closed(day(date)) == why


@pytest.mark.parametrize(
    ("date", "hours"),
    [
        ("2026-11-24", "08:00–19:30"),
        ("2026-11-23", "08:30–17:00"),
        ("2026-11-28", "08:30–17:00"),
        ("2026-09-22", "08:30–17:00"),
        ("2026-11-21", "None"),  # third Saturday
        ("2026-11-22", "None"),  # and the Sunday after it
        ("2027-03-20", "None"),
        ("2027-03-21", "None"),  # the Sunday after, a holiday too
        ("2027-03-22", "08:30–17:00"),
        ("2026-12-28", "08:00–19:30"),
        ("2026-12-29", "None"),
        ("2027-01-03", "None"),
        ("2027-01-04", "08:00–19:30"),
        ("2026-08-15", "None"),  # a month that begins on a Saturday: the third is the 15th
        ("2026-02-21", "None"),  # a month that begins on a Sunday: the third is the 21st
        ("2026-02-22", "None"),
        ("2026-02-15", "08:30–17:00"),  # the third Sunday is not the one after the third Saturday
    ],
)
def test_reception(date: str, hours: str) -> None:
    assert str(CALENDAR.reception(day(date))) == hours


def test_counting() -> None:
    assert CALENDAR.add(day("2026-11-20"), 1) == day("2026-11-24")
    assert CALENDAR.add(day("2027-03-20"), 1) == day("2027-03-23")
    assert CALENDAR.add(day("2026-12-28"), 1) == day("2027-01-04")
    assert CALENDAR.add(day("2027-01-04"), -1) == day("2026-12-28")
    assert CALENDAR.add(day("2026-11-22"), 0) == day("2026-11-22")
    assert CALENDAR.between(day("2026-12-25"), day("2027-01-05")) == 3
    assert CALENDAR.between(day("2027-01-05"), day("2026-12-25")) == -3
    assert CALENDAR.week_before(day("2027-01-16")) == day("2027-01-08")  # a Saturday's week before is a Saturday
    assert CALENDAR.week_before(day("2027-01-20")) == day("2027-01-13")


@given(COVERED, st.integers(min_value=-15, max_value=15).filter(bool))
def test_adding_ends_on_a_business_day_and_counts_back(start: dt.date, count: int) -> None:
    end = CALENDAR.add(start, count)
    assert CALENDAR.is_business_day(end)
    assert CALENDAR.between(start, end) == count if count > 0 else CALENDAR.between(end, start - days.DAY) == -count - 1


@given(COVERED)
def test_the_week_before_is_a_business_day_at_least_a_week_ahead(date: dt.date) -> None:
    notice = CALENDAR.week_before(date)
    assert CALENDAR.is_business_day(notice) and (date - notice).days >= 7


def test_beyond_the_holiday_file_nothing_is_guessed() -> None:
    for ask in (CALENDAR.is_business_day, CALENDAR.reception, CALENDAR.holiday, CALENDAR.why_closed):
        with pytest.raises(WardopsError, match="E1803"):
            ask(day("2028-01-04"))
    with pytest.raises(WardopsError, match="E1803"):
        CALENDAR.add(day("2027-12-28"), 1)
    with pytest.raises(WardopsError, match="E1803"):
        list(CALENDAR.days("weekdays", day("2027-12-01"), day("2028-01-31")))


@pytest.mark.parametrize(
    ("code", "month", "wanted"),
    [
        ("month_first", "2027-01", ["2027-01-04"]),
        ("month_first", "2027-05", ["2027-05-06"]),
        ("month_last", "2026-12", ["2026-12-28"]),
        ("month_last", "2027-01", ["2027-01-29"]),
        ("mondays", "2026-11", ["2026-11-02", "2026-11-09", "2026-11-16", "2026-11-24", "2026-11-30"]),
        ("mondays", "2027-05", ["2027-05-06", "2027-05-10", "2027-05-17", "2027-05-24", "2027-05-31"]),
    ],
)
def test_calendars_of_jobs(code: str, month: str, wanted: list[str]) -> None:
    first = day(f"{month}-01")
    found = list(CALENDAR.days(code, first, days.month_end(first)))
    assert found == [day(text) for text in wanted]
    assert all(CALENDAR.matches(code, one) for one in found)


def test_a_shift_brings_days_in_from_the_month_before() -> None:
    policy = {**CALENDAR._policy, "calendars": [{"code": "x", "name_ja": "31日", "rule": "month_day", "day": 31, "shift": "after"}]}
    calendar = Calendar(policy, CALENDAR.holidays)
    assert list(calendar.days("x", day("2027-02-01"), day("2027-02-28"))) == [day("2027-02-01")]  # of 2027-01-31, a Sunday
    assert list(calendar.days("x", day("2027-03-01"), day("2027-03-31"))) == [day("2027-03-01"), day("2027-03-31")]  # 02-28 is a Sunday


def test_no_such_calendar() -> None:
    """covers: E1805"""
    with pytest.raises(WardopsError, match=r"E1805.*nonsense"):
        list(CALENDAR.days("nonsense", day("2027-01-01"), day("2027-01-31")))


def test_freezes_and_elections() -> None:
    assert [freeze.code for freeze in CALENDAR.frozen(day("2027-01-05"), "patches", "mn")] == ["year_end"]
    assert CALENDAR.frozen(day("2027-01-06"), "patches", "mn") == []
    assert CALENDAR.frozen(day("2027-01-05"), "radius", "mn") == []
    assert [freeze.code for freeze in CALENDAR.frozen(day("2027-03-01"), "patches", "inet")] == []
    assert [freeze.name for freeze in CALENDAR.frozen(day("2027-04-25"), "radius", "inet")] == ["統一地方選挙"]


def test_maintenance_windows_run_over_midnight() -> None:
    found = CALENDAR.maintenance(day("2026-12-01"), day("2027-01-31"))
    assert [f"{window.start:%m-%d %H:%M}/{window.end:%m-%d %H:%M}" for window in found] == [
        "12-09 22:30/12-10 08:00",
        "12-30 22:30/12-31 08:00",
        "01-13 22:30/01-14 08:00",
        "01-27 22:30/01-28 08:00",
    ]
    assert found[0].start.utcoffset() == dt.timedelta(hours=9)


@pytest.mark.parametrize(
    ("year", "month", "japan"),
    [
        (2027, 1, "2027-01-13T03:00"),
        (2026, 12, "2026-12-09T03:00"),
        (2026, 7, "2026-07-15T02:00"),  # July 2026 begins on a Wednesday: the second Wednesday is the 8th
        (2026, 4, "2026-04-15T02:00"),
        (2026, 3, "2026-03-11T02:00"),  # summer time begins on the 8th
        (2026, 11, "2026-11-11T03:00"),  # and ends on the 1st
    ],
)
def test_b_release(year: int, month: int, japan: str) -> None:
    assert b_release(year, month).strftime("%Y-%m-%dT%H:%M") == japan


@given(st.integers(2008, 2060), st.integers(1, 12))
def test_b_release_is_a_wednesday_at_night(year: int, month: int) -> None:
    release = b_release(year, month)
    assert (release.weekday(), release.hour in (2, 3)) == (2, True)
    assert 9 <= release.day <= 15


def test_fiscal_years() -> None:
    assert (days.fiscal_year(day("2027-03-31")), days.fiscal_year(day("2027-04-01"))) == (2026, 2027)
    assert sum(1 for _ in days.fiscal_days(2027)) == 366
