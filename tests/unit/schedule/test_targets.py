"""One policy, three schedulers: a run on every day on which it should be and on no other, by the schedulers' own word."""

from __future__ import annotations

import datetime as dt
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from ansible_collections.ward.ops.plugins.module_utils.common.calendar import Calendar
from ansible_collections.ward.ops.plugins.module_utils.common.holidays import read_holidays
from ansible_collections.ward.ops.plugins.module_utils.common.report import TOKYO
from ansible_collections.ward.ops.plugins.module_utils.common.ward import REPOSITORY, Ward
from ansible_collections.ward.ops.plugins.module_utils.schedule.gate import RUN, decide
from ansible_collections.ward.ops.plugins.module_utils.schedule.model import Schedule, planned, read_schedules, trigger
from ansible_collections.ward.ops.plugins.module_utils.schedule.rrule import lint
from ansible_collections.ward.ops.plugins.module_utils.schedule.targets import awx, cron, crontab, on_calendar, rrule, systemd
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

WARD = Ward(REPOSITORY / "inventories" / "sample")
POLICY = WARD.policy("calendars")
FIRST, LAST = dt.date(2026, 11, 1), dt.date(2027, 12, 27)
DAY = dt.timedelta(days=1)
RULES = st.fixed_dictionaries(
    {
        "code": st.just("it"),
        "name_ja": st.just("試"),
        "rule": st.sampled_from(
            [
                "every_day", "business_day", "closed_day", "reception_day", "monday", "saturday", "sunday", "month_first_business_day",
                "month_last_business_day", "month_day", "fiscal_year_first_business_day",
            ]
        ),
        "day": st.integers(1, 31),
        "shift": st.sampled_from(["none", "before", "after"]),
    }
)  # fmt: skip


def calendar_of(rule: dict[str, object]) -> Calendar:
    return Calendar({**POLICY, "calendars": [rule]}, read_holidays(WARD.policies / "syukujitsu.csv"))


@settings(max_examples=25, deadline=None)
@given(rule=RULES, minutes=st.integers(0, 29 * 60 + 59), scope=st.sampled_from(["", "patches"]))
def test_rrule_and_gate_run_on_every_day_that_is_due_and_on_no_other(rule: dict[str, object], minutes: int, scope: str) -> None:
    """The fire days are python-dateutil's (which AWX uses), the due days the calendar's."""
    calendar = calendar_of(rule)
    schedule = Schedule("it", "試", "x.yml", "", "lgwan", "it", (minutes,), 60, 30, scope=scope)
    text = rrule(trigger(rule, minutes), minutes, FIRST)
    assert lint(text) == []
    begin, end = dt.datetime.combine(FIRST, dt.time(), TOKYO), dt.datetime.combine(LAST, dt.time(), TOKYO)
    fired = rrulestr(text, forceset=True).between(begin, end, inc=True)
    ran = {moment for moment in (fire.astimezone(TOKYO) for fire in fired) if decide(schedule, calendar, moment).verdict == RUN}
    due = {
        slot.start
        for slot in planned(schedule, calendar, FIRST - DAY, LAST)
        if not scope or not any(calendar.frozen(day, scope, "lgwan") for day in {slot.day, slot.start.date()})
    }
    assert ran == {start for start in due if start >= rrulestr(text, forceset=True)[0] and start <= end}
    assert not {start for start in due if begin + DAY + DAY <= start < rrulestr(text, forceset=True)[0]}


@settings(max_examples=25, deadline=None)
@given(rule=RULES, minutes=st.integers(0, 29 * 60 + 59))
def test_cron_fires_on_the_same_days(rule: dict[str, object], minutes: int) -> None:
    """crontab(5): with day of month and day of week both restricted it would fire on either; so never both."""
    fires = trigger(rule, minutes)
    minute, hour, day, month, week = cron(fires, minutes).split()
    assert (int(hour) * 60 + int(minute)) == minutes % (24 * 60)
    assert day == "*" or week == "*"
    for number in range(500):
        date = FIRST + number * DAY
        by_cron = (
            day in ("*", str(date.day))
            and month in ("*", str(date.month))
            and (week == "*" or str(date.isoweekday() % 7) in week.split(","))
        )
        assert by_cron >= fires.fires(date)  # every firing day is there; the last day of the month needs all days


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
@pytest.mark.parametrize(
    ("rule", "minutes"),
    [
        ({"rule": "business_day"}, 450),
        ({"rule": "business_day"}, 25 * 60 + 30),
        ({"rule": "every_day"}, 0),
        ({"rule": "sunday"}, 24 * 60),
        ({"rule": "month_day", "day": 28}, 600),
        ({"rule": "month_day", "day": 31}, 600),
        ({"rule": "fiscal_year_first_business_day"}, 420),
    ],
)
def test_systemd_fires_on_the_same_days(rule: dict[str, object], minutes: int) -> None:
    """By systemd's own reckoning."""
    fires = trigger(rule, minutes)
    command = ["systemd-analyze", "calendar", "--iterations=40", "--base-time=2026-01-01 00:00:00 UTC", on_calendar(fires, minutes)]
    out = subprocess.run(command, capture_output=True, text=True, check=True, env={"TZ": "UTC", "LC_ALL": "C"}).stdout
    found = [
        dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC).astimezone(TOKYO)
        for text in re.findall(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?= UTC)", out)
    ]
    found = [moment for moment in found if moment.year < 2100][-40:]
    expected = [day for day in (dt.date(2026, 1, 1) + number * DAY for number in range(15000)) if fires.fires(day)]
    expected = [
        day
        for day in expected
        if dt.datetime.combine(day, dt.time(minutes // 60 % 24, minutes % 60), TOKYO) > dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    ]
    assert [moment.date() for moment in found] == expected[: len(found)]
    assert len(found) == 40
    assert {(moment.hour, moment.minute) for moment in found} == {(minutes // 60 % 24, minutes % 60)}


def test_awx_definitions_name_what_the_modules_take() -> None:
    data = yaml.safe_load(awx(read_schedules(WARD), Calendar.of(WARD), dt.date(2026, 4, 1))["schedules.yml"])
    templates = {template["name"]: template for template in data["awx_job_templates"]}
    assert all(lint(one["rrule"]) == [] and one["unified_job_template"] in templates for one in data["awx_schedules"])
    assert [one["name"] for one in data["awx_schedules"] if one["unified_job_template"] == "publish_ledgers"] == [
        "publish_ledgers 07:30",
        "publish_ledgers 13:00",
    ]
    assert templates["publish_ledgers"]["extra_vars"] == {
        "publish_within": 90,
        "scheduled_code": "publish_ledgers",
        "scheduled_playbook": "publish_ledgers.yml",
    }


def test_the_committed_awx_definitions_are_those_of_the_policy() -> None:
    assert (REPOSITORY / "awx" / "schedules.yml").read_bytes() == awx(read_schedules(WARD), Calendar.of(WARD), dt.date(2026, 4, 1))[
        "schedules.yml"
    ]


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    schedules = read_schedules(WARD)
    schedules = replace(schedules, items=(replace(schedules.items[0], name_ja="100%n の確認"), *schedules.items[1:]))
    files = systemd(schedules, Calendar.of(WARD), "/usr")
    for name, data in files.items():
        (tmp_path / name).write_bytes(data.replace(b"/usr/.venv/bin/python", b"/bin/true"))
    result = subprocess.run(
        ["systemd-analyze", "verify", *(str(tmp_path / name) for name in files)], capture_output=True, text=True, check=False
    )
    assert [line for line in result.stderr.splitlines() if str(tmp_path) in line] == []
    assert b"Description=100%%n" in files["wardops-backup-configs-lgwan.timer"]


def test_cron_leaves_out_what_is_switched_off() -> None:
    schedules = read_schedules(WARD)
    off = replace(schedules, items=tuple(replace(one, enabled=one.code == "verify_evidence") for one in schedules.items))
    lines = crontab(off, Calendar.of(WARD), "/opt/wardops", "wardops")["wardops"].decode().splitlines()
    assert lines[-1] == "30 17 * * 1,2,3,4,5 wardops cd /opt/wardops && .venv/bin/python -m wardops gate verify_evidence --run"
    assert sum("gate" in line and not line.startswith("#") for line in lines) == 1
