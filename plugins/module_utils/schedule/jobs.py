"""The monthly schedule of batch jobs (バッチ処理月間業務スケジュール表, II-2-(2)): jobs × calendar, with what does not fit together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..common.calendar import Calendar, Window, month_end
from ..common.report import TOKYO

DAY = dt.timedelta(days=1)
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Job:
    """A line of the ledger. ``start`` counts minutes from midnight of the business day; up to 29:59."""

    code: str
    name: str
    system: str
    layer: str
    dept_code: str
    calendar: str
    start: int
    limit: int
    before: tuple[str, ...]
    server: str
    status: str

    @property
    def clock(self) -> str:
        """``25:30`` as the ledger has it."""
        return f"{self.start // 60:02d}:{self.start % 60:02d}"


def read_jobs(rows: Iterable[Mapping[str, str]]) -> list[Job]:
    """Jobs of ``ledgers/jobs.csv``, by number."""
    found = [
        Job(
            row["job_id"],
            row["name"],
            row["system"],
            row["layer"],
            row["dept_code"],
            row["calendar"],
            int(row["start_time"][:2]) * 60 + int(row["start_time"][3:]),
            int(row["limit_minutes"]),
            tuple(row["preconditions"].split()),
            row["server"],
            row["status"],
        )
        for row in rows
    ]
    return sorted(found, key=lambda job: job.code)


def job_rows(calendar: Calendar, jobs: Sequence[Job], year: int, month: int) -> list[Row]:
    """Every run of the month's business days, in order of time.

    Held and retired jobs do not run. A remark says what a person must look at: a job to wait for that does not run on that day, is out
    of service or starts later; jobs that wait for each other; a run within the maintenance of its system.

    :raises WardopsError: E1803; E1805 (calendar).
    """
    first = dt.date(year, month, 1)
    last = month_end(first)
    active = [job for job in jobs if job.status == "active"]
    days = {code: frozenset(calendar.days(code, first, last)) for code in {job.calendar for job in active}}
    remarks = _Remarks(jobs, days, calendar.maintenance(first - DAY, last + 2 * DAY))
    runs = ((day, job) for job in active for day in days[job.calendar])
    rows = [_row(day, job, remarks) for day, job in runs]
    return sorted(rows, key=lambda row: (row["start_at"], row["job_id"]))


def _row(day: dt.date, job: Job, remarks: _Remarks) -> Row:
    start = _moment(day, job.start)
    return {
        "date": day,
        "weekday": "月火水木金土日"[day.weekday()],
        "start": job.clock,
        "start_at": start,
        "end_at": start + dt.timedelta(minutes=job.limit),
        "limit_minutes": job.limit,
        "job_id": job.code,
        "name": job.name,
        "system": job.system,
        "layer": job.layer,
        "dept_code": job.dept_code,
        "calendar": job.calendar,
        "preconditions": " ".join(job.before),
        "server": job.server,
        "remark": "、".join(remarks.of(day, job)),
    }


def _moment(day: dt.date, minutes: int) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), TOKYO) + dt.timedelta(minutes=minutes)


class _Remarks:
    def __init__(self, jobs: Sequence[Job], days: Mapping[str, frozenset[dt.date]], windows: Sequence[Window]) -> None:
        self._jobs = {job.code: job for job in jobs}
        self._days = days
        self._windows = windows
        self._circles = _circles(self._jobs)

    def of(self, day: dt.date, job: Job) -> Iterator[str]:
        if job.code in self._circles:
            yield "先行ジョブが循環"
        for code in job.before:
            other = self._jobs.get(code)
            if not other or other.status != "active":
                yield f"先行 {code} は有効でない"
            elif day not in self._days[other.calendar]:
                yield f"先行 {code} は当日の実行なし"
            elif other.start > job.start:
                yield f"先行 {code} の開始（{other.clock}）が後"
        start = _moment(day, job.start)
        end = start + dt.timedelta(minutes=job.limit)
        for window in self._windows:
            if window.system == job.system and window.start < end and start < window.end:
                yield f"保守時間内（{window.start:%m/%d %H:%M}～{window.end:%m/%d %H:%M}）"


def _circles(jobs: Mapping[str, Job]) -> frozenset[str]:
    """Jobs that wait for themselves over some steps: what is left when those that wait for nobody are taken off again and again."""
    rest = {code: {other for other in job.before if other in jobs} for code, job in jobs.items()}
    for _ in range(2):  # from the front, then from the back: only the circles and what lies between them stay
        while free := [code for code, before in rest.items() if not before & rest.keys()]:
            for code in free:
                del rest[code]
        turned: dict[str, set[str]] = {code: set() for code in rest}
        for code, before in rest.items():
            for other in before & rest.keys():
                turned[other].add(code)
        rest = turned
    return frozenset(rest)
