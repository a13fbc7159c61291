"""Calendar files: the whole year, profiles and their faults, preconditions of jobs, notices.

covers: E1805, E1830, E1831
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.calendar import Calendar
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.common.report import TOKYO
from ansible_collections.ward.ops.plugins.module_utils.common.ward import REPOSITORY, Ward
from ansible_collections.ward.ops.plugins.module_utils.schedule.days import proof, shift_rows, year_rows
from ansible_collections.ward.ops.plugins.module_utils.schedule.jobs import Job, job_rows, read_jobs
from ansible_collections.ward.ops.plugins.module_utils.schedule.notices import notice_dates
from ansible_collections.ward.ops.plugins.module_utils.schedule.profile import FIELDS, read_profile
from ansible_collections.ward.ops.plugins.module_utils.schedule.publishing import PROFILES, Publisher

WARD = Ward(REPOSITORY / "inventories" / "sample")
CALENDAR = Calendar.of(WARD)
GOLDEN = REPOSITORY / "tests" / "golden" / "calendar"


def rows(data: bytes, encoding: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode(encoding), newline="")))


@pytest.mark.parametrize("name", sorted(path.name for path in GOLDEN.glob("*")))
def test_files_are_those_that_were_approved(name: str) -> None:
    """Made with ``python -m wardops calendar <kind> --month 2026-12`` (or ``--year 2026``) ``--out tests/golden/calendar``."""
    kind = {"calendar": "year"}.get(name.split("-", maxsplit=1)[0], name.split("-", maxsplit=1)[0])
    months = [12] if kind in ("shifts", "jobs") else []
    assert (GOLDEN / name).read_bytes() == Publisher(WARD).build(kind, 2026, months)[name]


def test_the_import_file_has_every_day_of_the_year_once() -> None:
    table = rows(Publisher(WARD).build("year", 2026)["calendar-2026.csv"], "cp932")
    days = [dt.datetime.strptime(row["年月日"], "%Y/%m/%d").date() for row in table]
    assert days == [dt.date(2026, 4, 1) + dt.timedelta(days=number) for number in range(365)]
    by_day = {row["年月日"]: (row["曜日"], row["開閉区分"], row["名称"]) for row in table}
    assert by_day["2026/05/06"] == ("水", "1", "休日")
    assert by_day["2026/09/22"] == ("火", "1", "休日")
    assert by_day["2026/12/28"] == ("月", "0", "")
    assert by_day["2026/12/29"] == ("火", "1", "年末年始")
    assert by_day["2027/01/04"] == ("月", "0", "")
    assert by_day["2027/03/31"] == ("水", "0", "")
    assert all(check.good for check in proof(year_rows(CALENDAR, 2026)))


def test_a_hole_fails_the_proof() -> None:
    damaged = [row for row in year_rows(CALENDAR, 2026) if row["date"] != dt.date(2026, 8, 12)]
    assert [check.what for check in proof(damaged) if not check.good] == ["4月1日から翌年3月31日まで、1 日も欠けず重ならない"]


@pytest.mark.parametrize("kind", ["year", "reception", "shifts", "jobs"])
def test_a_year_that_the_holiday_file_does_not_reach_is_refused(kind: str) -> None:
    with pytest.raises(WardopsError, match="E1803"):
        Publisher(WARD).build(kind, 2027)


def test_reception_page_names_every_stop() -> None:
    files = Publisher(WARD).build("reception", 2026)
    page = files["reception-2026.html"].decode()
    assert "2026年12月29日（火） ～ 2027年1月3日（日）" in page
    assert "2026年11月21日（土） ～ 2026年11月22日（日）" in page
    table = {row["年月日"]: row for row in rows(files["reception-2026.csv"], "utf-8-sig")}
    assert (table["2026/11/23"]["受付"], table["2026/11/23"]["開始"], table["2026/11/23"]["終了"]) == ("受付", "08:30", "17:00")
    assert (table["2026/11/24"]["和暦"], table["2026/11/24"]["開始"], table["2026/11/24"]["終了"]) == ("令和8年11月24日", "08:00", "19:30")
    assert (table["2026/11/21"]["受付"], table["2026/11/21"]["開始"]) == ("休止", "")


def test_shifts_take_turns_by_the_week_and_rest_on_closed_days() -> None:
    table = shift_rows(CALENDAR, WARD.policy("shift_patterns"), 2026, 4)
    first = {row["date"].day: row["shift"] for row in table if row["workplace"] == "HELP1"}
    assert [first[day] for day in (1, 3, 4, 5, 6, 11, 12, 13, 18, 19)] == ["A", "A", "D", "-", "C", "-", "D", "A", "-", "-"]
    office = {row["date"].day: row for row in table if row["workplace"] == "OFFICE"}
    assert (office[29]["shift"], office[29]["reason"], office[30]["work_minutes"]) == ("-", "昭和の日", 465)
    both = {(row["date"], row["shift"]) for row in table if row["workplace"].startswith("HELP") and row["shift"] != "-"}
    assert {(dt.date(2026, 4, 8), "A"), (dt.date(2026, 4, 8), "C")} <= both


def job(code: str, calendar: str = "weekdays", start: int = 480, before: tuple[str, ...] = (), **more: str) -> Job:
    return Job(code, code, more.get("system", "x"), "lgwan", "0105", calendar, start, 60, before, "LG-APP01", more.get("status", "active"))


@pytest.mark.parametrize(
    ("jobs", "remark"),
    [
        ([job("A"), job("B", before=("A",))], ""),
        ([job("A", calendar="month_last"), job("B", before=("A",))], "先行 A は当日の実行なし"),
        ([job("A", start=540), job("B", before=("A",))], "先行 A の開始（09:00）が後"),
        ([job("A", status="held"), job("B", before=("A",))], "先行 A は有効でない"),
        ([job("B", before=("GONE",))], "先行 GONE は有効でない"),
        ([job("A", before=("B",)), job("B", before=("A",))], "先行ジョブが循環"),
        ([job("A", before=("A",)), job("B", before=("A",)), job("C", before=("B",))], ""),
    ],
)
def test_what_does_not_fit_is_said(jobs: list[Job], remark: str) -> None:
    found = next(row for row in job_rows(CALENDAR, jobs, 2026, 12) if row["job_id"] == "B" and row["date"] == dt.date(2026, 12, 1))
    assert found["remark"] == remark


def test_a_run_within_the_maintenance_of_its_system_is_said() -> None:
    night = job("N", start=25 * 60, system="電子申請共同センター")
    table = {row["date"].day: row for row in job_rows(CALENDAR, [night], 2026, 12)}
    assert table[9]["start_at"] == dt.datetime(2026, 12, 10, 1, tzinfo=TOKYO)
    assert table[9]["remark"] == "保守時間内（12/09 22:30～12/10 08:00）"
    assert table[10]["remark"] == ""


def test_every_run_of_the_ledger_is_in_the_table() -> None:
    jobs = read_jobs(WARD.table("jobs").dicts())
    table = job_rows(CALENDAR, jobs, 2026, 12)
    days = {code: set(CALENDAR.days(code, dt.date(2026, 12, 1), dt.date(2026, 12, 31))) for code in {one.calendar for one in jobs}}
    assert {(row["date"], row["job_id"]) for row in table} == {
        (day, one.code) for one in jobs if one.status == "active" for day in days[one.calendar]
    }
    assert [row["start_at"] for row in table] == sorted(row["start_at"] for row in table)


def test_a_job_of_an_unknown_calendar_is_an_error() -> None:
    with pytest.raises(WardopsError, match="E1805"):
        job_rows(CALENDAR, [job("A", calendar="nothing")], 2026, 12)


GOOD = (
    "title: t\ntable: year\nencoding: cp932\nnewline: lf\nheader: false\nonly: {kind: [closed]}\n"
    "columns:\n  - {title: 日, field: date, format: %s}\n"
)


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("iso", "2026-04-04"),
        ("slash", "2026/04/04"),
        ("short", "2026/4/4"),
        ("compact", "20260404"),
        ("wareki", "令和8年4月4日"),
        ("wareki_short", "R8.4.4"),
    ],
)
def test_forms_of_dates(tmp_path: Path, form: str, text: str) -> None:
    (tmp_path / "p.yml").write_text(GOOD % form)
    assert read_profile(tmp_path / "p.yml").file(year_rows(CALENDAR, 2026)).decode("cp932").split("\n")[0] == text


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("[]", "E1831", 1),
        (GOOD % "yy", "E1831", 8),
        (GOOD.replace("field: date", "field: day") % "iso", "E1830", 8),
        (GOOD.replace("kind: [closed]", "color: [red]") % "iso", "E1830", 6),
        (GOOD.replace("cp932", "ebcdic") % "iso", "E1831", 3),
        (GOOD.replace("title: 日", "title: =1") % "iso", "E1831", 8),
        (GOOD.replace("title: 日", 'title: "a\\r\\nb"') % "iso", "E1831", 8),
        (GOOD.replace("  - {", "  - 5 # {") % "iso", "E1831", 8),
        (GOOD.replace("table: year", "table: [year]") % "iso", "E1831", 2),
        (GOOD.replace("only: {kind: [closed]}", "only: 5") % "iso", "E1831", 6),
        ((GOOD + "note: x\n") % "iso", "E1831", 1),
    ],
)
def test_faults_of_profiles(tmp_path: Path, text: str, code: str, line: int) -> None:
    (tmp_path / "p.yml").write_text(text)
    with pytest.raises(WardopsError) as caught:
        read_profile(tmp_path / "p.yml")
    assert [(problem.code, problem.line) for problem in caught.value.problems] == [(code, line)]


def test_a_profile_of_another_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "year.yml").write_bytes((PROFILES / "jobs.yml").read_bytes())
    with pytest.raises(WardopsError, match="E1831"):
        Publisher(WARD, tmp_path).build("year", 2026)


def test_rows_have_the_fields_that_profiles_may_name() -> None:
    assert tuple(year_rows(CALENDAR, 2026)[0]) == FIELDS["year"]
    assert tuple(shift_rows(CALENDAR, WARD.policy("shift_patterns"), 2026, 4)[0]) == FIELDS["shifts"]
    assert tuple(job_rows(CALENDAR, [job("A")], 2026, 12)[0]) == FIELDS["jobs"]


@pytest.mark.parametrize(
    ("start", "end", "today", "expected"),
    [
        ("2026-12-09T22:30", "2026-12-10T08:00", "2026-11-22", ("2026-12-02", "2026-12-09", "2026-12-10", False)),
        (
            "2026-11-30T20:00",
            "2026-11-30T22:00",
            "2026-11-01",
            ("2026-11-20", "2026-11-30", "2026-12-01", False),
        ),  # 23 November is a holiday
        ("2026-12-30T22:30", "2026-12-31T08:00", "2026-11-22", ("2026-12-23", "2026-12-28", "2027-01-04", False)),
        ("2026-11-28T09:00", "2026-11-29T18:00", "2026-11-01", ("2026-11-20", "2026-11-27", "2026-11-30", False)),
        ("2026-11-25T22:30", "2026-11-26T08:00", "2026-11-22", ("2026-11-24", "2026-11-25", "2026-11-26", True)),
        ("2026-11-24T22:30", "2026-11-28T08:00", "2026-11-24", ("2026-11-24", "2026-11-24", "2026-11-30", True)),
    ],
)
def test_notices(start: str, end: str, today: str, expected: tuple[str, str, str, bool]) -> None:
    begins, ends = (dt.datetime.fromisoformat(text).replace(tzinfo=TOKYO) for text in (start, end))
    due = notice_dates(CALENDAR, begins, ends, dt.date.fromisoformat(today))
    assert (str(due.mail), str(due.announcement), str(due.back), due.late) == expected
    assert due.board == due.mail
