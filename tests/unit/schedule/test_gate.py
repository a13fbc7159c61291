"""The gate: missed runs, two triggers, clocks that jump, kills.

covers: E1820, E1821, E1822, E1825
"""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.calendar import Calendar
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.common.report import TOKYO
from ansible_collections.ward.ops.plugins.module_utils.common.ward import REPOSITORY, Ward
from ansible_collections.ward.ops.plugins.module_utils.schedule.gate import RUN, SKIP, Records, decide
from ansible_collections.ward.ops.plugins.module_utils.schedule.model import Schedule, read_schedules

WARD = Ward(REPOSITORY / "inventories" / "sample")
CALENDAR = Calendar.of(WARD)
DAILY = Schedule("daily", "毎朝", "x.yml", "", "lgwan", "weekdays", (450,), 240, 30, scope="patches")


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=TOKYO)


@pytest.mark.parametrize(
    ("moment", "verdict", "words"),
    [
        ("2026-11-24T07:30", RUN, "2026年11月24日（火） 07:30 の回"),
        ("2026-11-24T07:29", RUN, "07:30 の回"),  # the scheduler's clock is a little ahead
        ("2026-11-24T09:00", RUN, "90 分遅れ"),
        ("2026-11-24T11:31", SKIP, "240 分以内ではない"),
        ("2026-11-24T07:20", SKIP, "240 分以内ではない"),
        ("2026-11-23T07:30", SKIP, "勤労感謝の日"),
        ("2026-11-21T07:30", SKIP, "土曜日"),
        ("2026-12-29T07:30", SKIP, "年末年始"),
        ("2026-12-24T07:30", SKIP, "年末年始の変更凍結（2026-12-24 ～ 2027-01-05、年末年始）"),
        ("2026-11-24T22:30", SKIP, "今は 2026-11-24 22:30 JST"),  # cron in UTC
    ],
)
def test_decisions(moment: str, verdict: str, words: str) -> None:
    decision = decide(DAILY, CALENDAR, at(moment))
    assert (decision.verdict, words in decision.text) == (verdict, True), decision.text


def test_a_moment_of_another_zone_is_the_same_moment() -> None:
    assert decide(DAILY, CALENDAR, at("2026-11-24T07:30").astimezone(dt.UTC)).verdict == RUN


def test_an_election_and_a_freeze_do_not_stop_what_changes_nothing() -> None:
    assert decide(replace(DAILY, scope=""), CALENDAR, at("2026-12-24T07:30")).verdict == RUN
    assert decide(replace(DAILY, check=True), CALENDAR, at("2026-12-24T07:30")).verdict == RUN
    sunday = replace(DAILY, calendar="every_day", scope="radius")
    assert "統一地方選挙" in decide(sunday, CALENDAR, at("2027-04-25T07:30")).text


def test_the_small_hours_belong_to_the_business_day_before() -> None:
    night = replace(DAILY, times=(25 * 60 + 30,), scope="")
    assert decide(night, CALENDAR, at("2026-11-21T01:30")).verdict == RUN  # Saturday morning: Friday's run
    assert decide(night, CALENDAR, at("2026-11-24T01:30")).verdict == SKIP  # Tuesday morning: the holiday's run


def test_third_saturday_is_left_out_by_the_reception_calendar() -> None:
    sweep = read_schedules(WARD).get("sweep_reachability_lgwan")
    assert decide(sweep, CALENDAR, at("2026-11-14T07:40")).verdict == RUN
    assert decide(sweep, CALENDAR, at("2026-11-21T07:40")).verdict == SKIP
    assert decide(sweep, CALENDAR, at("2026-11-22T07:40")).verdict == SKIP


def test_a_day_beyond_the_holiday_file_is_an_error() -> None:
    with pytest.raises(WardopsError, match="E1803"):
        decide(DAILY, CALENDAR, at("2028-01-05T07:30"))


def test_an_unknown_schedule_is_an_error() -> None:
    with pytest.raises(WardopsError, match="E1820"):
        read_schedules(WARD).get("nothing")


@pytest.mark.parametrize(
    "text", ["[]", "schedules: 5", "organization: a\nproject: b\nschedules: [{code: x}]", "organization: a\nproject: b\nschedules: [x]"]
)
def test_a_policy_that_nobody_checked_is_an_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "ledgers").mkdir()
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "schedules.yml").write_text(text)
    with pytest.raises(WardopsError, match="E1825"):
        read_schedules(Ward(tmp_path))


def test_a_second_trigger_of_the_day_is_skipped(tmp_path: Path) -> None:
    records = Records(tmp_path)
    first = decide(DAILY, CALENDAR, at("2026-11-24T07:30"), records)
    assert first.slot
    assert records.claim(DAILY, first.slot, at("2026-11-24T07:30"))
    assert "実行中" in decide(DAILY, CALENDAR, at("2026-11-24T07:31"), records).text
    records.end(DAILY, first.slot, at("2026-11-24T07:40"), 2)
    assert "実行済み: 2026-11-24 07:30 開始、終了コード 2" in decide(DAILY, CALENDAR, at("2026-11-24T08:30"), records).text


def test_of_many_triggers_at_once_one_gets_the_run(tmp_path: Path) -> None:
    slot = DAILY.slots(dt.date(2026, 11, 24))[0]
    with ThreadPoolExecutor(16) as pool:
        got = list(pool.map(lambda _: Records(tmp_path).claim(DAILY, slot, at("2026-11-24T07:30")), range(16)))
    assert sum(got) == 1


def test_a_run_that_was_killed_may_start_again_after_its_limit(tmp_path: Path) -> None:
    records = Records(tmp_path)
    slot = DAILY.slots(dt.date(2026, 11, 24))[0]
    assert records.claim(DAILY, slot, at("2026-11-24T07:30"))
    assert decide(DAILY, CALENDAR, at("2026-11-24T07:59"), records).verdict == SKIP
    assert decide(DAILY, CALENDAR, at("2026-11-24T08:01"), records).verdict == RUN
    assert records.claim(DAILY, slot, at("2026-11-24T08:01"))


def test_runs_that_never_came_are_named(tmp_path: Path) -> None:
    """The node was down from Friday to Wednesday; the holiday between was no run."""
    records = Records(tmp_path)
    records.claim(DAILY, DAILY.slots(dt.date(2026, 11, 19))[0], at("2026-11-19T07:30"))
    records.end(DAILY, DAILY.slots(dt.date(2026, 11, 19))[0], at("2026-11-19T07:40"), 0)
    decision = decide(DAILY, CALENDAR, at("2026-11-25T10:00"), records)
    assert [slot.key for slot in decision.missed] == ["2026-11-20T0730", "2026-11-24T0730"]
    assert "実行されなかった回 2 件（最後は 2026-11-24 07:30）" in decision.text


def test_a_clock_that_went_back_is_an_error(tmp_path: Path) -> None:
    records = Records(tmp_path)
    records.claim(DAILY, DAILY.slots(dt.date(2026, 11, 25))[0], at("2026-11-25T07:30"))
    with pytest.raises(WardopsError, match="E1821"):
        decide(DAILY, CALENDAR, at("2026-11-24T07:30"), records)


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"started": "yesterday"}', '{"started": "2026-11-24T07:30:00"}', '{"started": 5}'])
def test_a_damaged_record_is_an_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "daily").mkdir()
    (tmp_path / "daily" / "2026-11-24T0730.json").write_text(text)
    with pytest.raises(WardopsError, match="E1822"):
        decide(DAILY, CALENDAR, at("2026-11-24T07:30"), Records(tmp_path))
