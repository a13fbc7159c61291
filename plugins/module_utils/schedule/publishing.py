"""The files that are published: CSV through profiles, and pages. The same data give the same bytes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..common.calendar import Calendar, fiscal_year, month_end
from ..common.problems import fail
from ..common.report import japanese_date, render
from ..common.ward import REPOSITORY, Ward
from .days import Row, proof, shift_rows, year_rows
from .jobs import Job, job_rows, read_jobs
from .profile import Profile, read_profile

TEMPLATES = Path(__file__).resolve().parent / "templates"
PROFILES = REPOSITORY / "profiles" / "calendar"
KINDS = ("year", "reception", "shifts", "jobs")
#: what each kind's profile must be a form of
TABLES = {"year": "year", "reception": "year", "shifts": "shifts", "jobs": "jobs"}


class Publisher:
    """Builds the files of one ward.

    :param profiles: folder with ``year.yml``, ``reception.yml``, ``shifts.yml``, ``jobs.yml``.
    :raises WardopsError: those of the policies and of the holiday file.
    """

    def __init__(self, ward: Ward, profiles: Path = PROFILES) -> None:
        self._ward = ward
        self._profiles = profiles
        self.calendar = Calendar.of(ward)

    def build(self, kind: str, year: int, months: Sequence[int] = ()) -> dict[str, bytes]:
        """The files of one kind.

        :param kind: one of :data:`KINDS`.
        :param year: a fiscal year (年度).
        :param months: for ``shifts`` and ``jobs``: only these months of it; empty: all twelve.
        :raises WardopsError: E1803 (not covered by the holiday file), E1805 (calendar), E1830, E1831 (profile), E0124 (encoding).
        """
        chosen = [(year if month >= 4 else year + 1, month) for month in (*range(4, 13), 1, 2, 3) if not months or month in months]
        if kind == "year":
            return self._year(year)
        if kind == "reception":
            return self._reception(year)
        return self._monthly(kind, chosen)

    def _profile(self, kind: str) -> Profile:
        path = self._profiles / f"{kind}.yml"
        profile = read_profile(path)
        if profile.table != TABLES[kind]:
            wanted = TABLES[kind]
            raise fail("E1831", str(path), pointer="table", reason_ja=f"{wanted} の様式が要ります", reason=f"a form of {wanted} is needed")
        return profile

    def _year(self, year: int) -> dict[str, bytes]:
        rows = year_rows(self.calendar, year)
        checks = proof(rows)
        data = {
            "year": year,
            "months": _months(rows),
            "checks": checks,
            "closed": [row for row in rows if row["holiday"] or row["closure"]],
        }
        page = render("year.html", data, TEMPLATES)
        return {f"calendar-{year}.csv": self._profile("year").file(rows), f"calendar-{year}.html": page.encode()}

    def _reception(self, year: int) -> dict[str, bytes]:
        rows = year_rows(self.calendar, year)
        rules = self._ward.policy("calendars")["reception"]
        without = [row for row in rows if row["reception"] == "no"]
        data = {"year": year, "months": _months(rows), "rules": rules, "without": _stretches(without, int(rules["closed_saturday"]))}
        page = render("reception.html", data, TEMPLATES)
        return {f"reception-{year}.csv": self._profile("reception").file(rows), f"reception-{year}.html": page.encode()}

    def _monthly(self, kind: str, chosen: Sequence[tuple[int, int]]) -> dict[str, bytes]:
        profile = self._profile(kind)
        jobs = read_jobs(self._ward.table("jobs").dicts()) if kind == "jobs" else []
        self.calendar.holiday(month_end(dt.date(*chosen[-1], 1)))  # all months or none
        files: dict[str, bytes] = {}
        for year, month in chosen:
            name = f"{kind}-{year}-{month:02d}"
            if kind == "jobs":
                rows = job_rows(self.calendar, jobs, year, month)
                page = self._jobs_page(rows, jobs, year, month)
            else:
                rows = shift_rows(self.calendar, self._ward.policy("shift_patterns"), year, month)
                page = self._shifts_page(rows, year, month)
            files |= {f"{name}.csv": profile.file(rows), f"{name}.html": page.encode()}
        return files

    def _jobs_page(self, rows: list[Row], jobs: list[Job], year: int, month: int) -> str:
        runs: dict[str, set[dt.date]] = {}
        for row in rows:
            runs.setdefault(row["job_id"], set()).add(row["date"])
        systems: dict[str, list[Job]] = {}
        for job in sorted((job for job in jobs if job.code in runs), key=lambda job: (job.system, job.start, job.code)):
            systems.setdefault(job.system, []).append(job)
        data = {
            **self._head(year, month),
            "systems": systems,
            "runs": runs,
            "count": len(rows),
            "remarks": _remarks(rows),
            "names": {str(rule["code"]): rule["name_ja"] for rule in self.calendar.rules.values()},
            "paper": "A3 landscape",
        }
        return render("jobs.html", data, TEMPLATES)

    def _shifts_page(self, rows: list[Row], year: int, month: int) -> str:
        policy = self._ward.policy("shift_patterns")
        places: dict[str, list[Row]] = {}
        for row in rows:
            places.setdefault(row["workplace"], []).append(row)
        data = {**self._head(year, month), "places": places, "shifts": policy["shifts"], "paper": "A4 landscape"}
        return render("shifts.html", data, TEMPLATES)

    def _head(self, year: int, month: int) -> dict[str, Any]:
        first = dt.date(year, month, 1)
        days = [first.replace(day=number) for number in range(1, month_end(first).day + 1)]
        return {
            "first": first,
            "fiscal_year": fiscal_year(first),
            "days": [{"date": day, "weekday": "月火水木金土日"[day.weekday()], "why": self.calendar.why_closed(day) or ""} for day in days],
        }


def _months(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Twelve months as weeks from Sunday to Saturday, with empty places before and after."""
    months: dict[tuple[int, int], list[Row | None]] = {}
    for row in rows:
        day = row["date"]
        cells = months.setdefault((day.year, day.month), [None] * ((day.weekday() + 1) % 7) if day.day == 1 else [])
        cells.append(row)
    made = []
    for (year, month), cells in months.items():
        whole = cells + [None] * (-len(cells) % 7)
        made.append({"year": year, "month": month, "weeks": [whole[start : start + 7] for start in range(0, len(whole), 7)]})
    return made


def _stretches(rows: Sequence[Row], saturday: int) -> list[tuple[str, str]]:
    """Days that follow each other as one line: from–to, and why."""
    found: list[list[Row]] = []
    for row in rows:
        if found and row["date"] - found[-1][-1]["date"] == dt.timedelta(days=1):
            found[-1].append(row)
        else:
            found.append([row])
    lines = []
    for group in found:
        first, last = japanese_date(group[0]["date"]), japanese_date(group[-1]["date"])
        why = next(
            (row["closure"] for row in group if row["closure"]),
            f"第{saturday}土曜日とそれに続く日曜日" if len(group) > 1 else group[0]["reason"],
        )
        lines.append((first if first == last else f"{first} ～ {last}", str(why)))
    return lines


def _remarks(rows: Sequence[Row]) -> list[tuple[str, str, str, str]]:
    """Remarks of the month: job, name, remark, and the days on which it holds."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for row in rows:
        for remark in filter(None, row["remark"].split("、")):
            found.setdefault((row["job_id"], row["name"], remark), []).append(str(row["date"].day))
    return [(*key, "、".join(days)) for key, days in sorted(found.items())]
