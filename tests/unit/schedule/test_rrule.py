"""Recurrence rules: what AWX refuses is refused, what it takes is taken; python-dateutil is the second opinion.

covers: E1810
"""

from __future__ import annotations

import datetime as dt

import pytest
from ansible_collections.ward.ops.plugins.module_utils.schedule.collecting import rules_in
from ansible_collections.ward.ops.plugins.module_utils.schedule.rrule import lint
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

START = "DTSTART;TZID=Asia/Tokyo:20300308T050000"
NOW = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)


def reasons(text: str) -> list[str]:
    return [refusal.reason for refusal in lint(text, NOW)]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it is empty"),
        ("RRULE:FREQ=DAILY;INTERVAL=1", "no valid DTSTART"),
        ("DTSTART:NONSENSE RRULE:FREQ=DAILY;INTERVAL=1", "no valid DTSTART"),
        ("DTSTART:20300308T050000 RRULE:FREQ=DAILY;INTERVAL=1", "no time zone (TZID, or Z)"),
        ("DTSTART;TZID=US-Eastern:19961105T090000 RRULE:FREQ=DAILY;INTERVAL=1", "unknown time zone"),
        ("DTSTART;TZID=Asia/Tokyo:20300308T050000Z RRULE:FREQ=DAILY;INTERVAL=1", "TZID and Z exclude each other"),
        ("DTSTART:20300231T050000Z RRULE:FREQ=DAILY;INTERVAL=1", "there is no such moment"),
        ("DTSTART:20300308T050000Z DTSTART:20310308T050000Z RRULE:FREQ=DAILY;INTERVAL=1", "only one DTSTART"),
        (START, "there is no RRULE"),
        (f"{START} EXRULE:FREQ=DAILY;INTERVAL=1", "there is no RRULE"),
        (f"{START} RRULE:FREQ=DAILY", "INTERVAL is required (INTERVAL=1)"),
        (f"{START} RRULE:FREQ=DAILY;INTERVAL=0", "INTERVAL is a whole number from 1"),
        (f"{START} RRULE:INTERVAL=1", "no FREQ"),
        (f"{START} RRULE:FREQ=REGULARLY;INTERVAL=1", "unknown FREQ"),
        (f"{START} RRULE:FREQ=SECONDLY;INTERVAL=1", "SECONDLY is not supported"),
        (f"{START} RRULE:FREQ=MONTHLY;INTERVAL=1;BYDAY=2TU", "no number before a day (BYDAY=TU;BYSETPOS=2)"),
        (f"{START} RRULE:FREQ=MONTHLY;INTERVAL=1;BYDAY=MO,-1FR", "no number before a day (BYDAY=TU;BYSETPOS=2)"),
        (f"{START} RRULE:FREQ=MONTHLY;INTERVAL=1;BYDAY=XX", "unknown day"),
        (f"{START} RRULE:FREQ=DAILY;INTERVAL=1;COUNT=1000", "COUNT > 999 is not supported"),
        (f"{START} RRULE:FREQ=DAILY;INTERVAL=1;COUNT=0", "COUNT is a whole number from 1"),
        (f"{START} RRULE:FREQ=DAILY;INTERVAL=1;COUNT=5;UNTIL=20300401T000000Z", "COUNT and UNTIL exclude each other"),
        (f"{START} RRULE:FREQ=DAILY;INTERVAL=1;UNTIL=20300401", "UNTIL needs a time (AWX cannot read a date alone)"),
        (f"{START} RRULE:FREQ=YEARLY;INTERVAL=1;BYEASTER=0", "not a part of RFC 5545 (no BYEASTER)"),
        (f"{START} RRULE:FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=32", "not a whole number from 1 to 31"),
        (f"{START} RRULE:FREQ=MONTHLY;INTERVAL=1;BYSETPOS=2", "BYSETPOS needs another BY part"),
        (f"{START} RRULE:FREQ=DAILY;INTERVAL=1;INTERVAL=2", "it is there twice"),
        (f"{START} RRULE:FREQ=DAILY;INTERVAL=1 EXDATE:20220401", "EXDATE is not allowed (let the gate skip days)"),
        (f"{START} RRULE:FREQ=DAILY;INTERVAL=1 EXDATE;TZID=Asia/Tokyo:20220401T000000", "EXDATE is not allowed (let the gate skip days)"),
        (f"{START} RRULE:FREQ=DAILY;INTERVAL=1; RDATE:20220401", "RDATE is not allowed (let the gate skip days)"),
        (f"{START} RRULE:FREQ=DAILY;INTERVAL=1 RRULE:FREQ=DAILY", "INTERVAL is required (INTERVAL=1)"),
        ("DTSTART:20051231T050000Z RRULE:FREQ=HOURLY;INTERVAL=1", "a minutely or hourly rule that began over 5 years ago"),
        (f"{START} RRULE:FREQ=DAILY;INTERVAL=1 NONSENSE", "unknown word"),
    ],
)  # fmt: skip
def test_refused(text: str, reason: str) -> None:
    assert reason in reasons(text)


@pytest.mark.parametrize(
    "rules",
    [
        "RRULE:FREQ=DAILY;INTERVAL=1;COUNT=999",
        "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH;WKST=SU",
        "RRULE:FREQ=MONTHLY;INTERVAL=1;BYDAY=TU;BYSETPOS=2",
        "RRULE:FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=-1",
        "RRULE:FREQ=HOURLY;INTERVAL=1;UNTIL=20300309T000000Z",
        "RRULE:FREQ=DAILY;INTERVAL=1 EXRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=SU",
        "\nRRULE:INTERVAL=1;FREQ=DAILY\n",
    ],
)
def test_taken(rules: str) -> None:
    assert reasons(f"{START} {rules}") == []


@given(st.text(alphabet="ABDEFIKLNOQRTUVWXYZ0123456789=;:, -TZID/", max_size=120))
def test_any_text_has_an_answer(text: str) -> None:
    """Random text is refused or understood, never a crash."""
    assert isinstance(lint(text, NOW), list)
    assert isinstance(lint(f"{START} RRULE:{text}", NOW), list)


RULE = st.fixed_dictionaries(
    {
        "FREQ": st.sampled_from(["MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY", "SECONDLY", "NEVER"]),
        "INTERVAL": st.integers(1, 9),
    },
    optional={
        "COUNT": st.integers(1, 1200),
        "UNTIL": st.sampled_from(["20310101T000000Z", "2031", "20311301T000000Z"]),
        "BYDAY": st.lists(st.sampled_from(["MO", "SU", "TU", "XX", "2WE"]), min_size=1, max_size=3).map(",".join),
        "BYMONTH": st.integers(0, 14),
        "BYMONTHDAY": st.integers(-33, 33),
        "WKST": st.sampled_from(["MO", "XX"]),
    },
)


@given(RULE)
def test_what_passes_is_understood_by_dateutil(parts: dict[str, object]) -> None:
    """AWX reads rules with python-dateutil: what we let pass, it can read."""
    text = f"{START} RRULE:{';'.join(f'{name}={value}' for name, value in parts.items())}"
    if not reasons(text):
        rrulestr(text, forceset=True)


def test_rules_in_an_export() -> None:
    data = b'{"schedules": [{"name": "a", "rrule": "DTSTART:20300308T050000Z RRULE:FREQ=DAILY"},\n {"related": [{"rrule": "x"}]}]}'
    assert rules_in(data, "x.json") == [(1, "DTSTART:20300308T050000Z RRULE:FREQ=DAILY"), (2, "x")]


def test_rules_in_lines() -> None:
    assert rules_in(b"# mine\nDTSTART:20300308T050000Z RRULE:FREQ=DAILY\n", "x.txt") == [(2, "DTSTART:20300308T050000Z RRULE:FREQ=DAILY")]
