"""National holidays from the Cabinet Office's file ``syukujitsu.csv``, taken as it is published (内閣府「国民の祝日」について).

CP932, CRLF, two columns, dates ``YYYY/M/D``; substitute holidays (祝日法 3条2項) and days between two holidays (3条3項) have rows of
their own, named 休日. The file for a year appears in February of the year before. In 2018 it was once published with three years side
by side; that layout is refused, for a wrong holiday is worse than none.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .files import read_bytes
from .problems import Problem, WardopsError, fail

HEADER = ["国民の祝日・休日月日", "国民の祝日・休日名称"]
FILE = "syukujitsu.csv"
_DATE = re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})")
_LIMIT = 4 * 1024 * 1024
#: the last holiday of every year since 1948: a year without it is a year whose rows were cut off
_LAST_OF_YEAR = (11, 23)


@dataclass(frozen=True, slots=True)
class Holidays:
    """Holidays by date, and the span that the file speaks of (both days included)."""

    names: Mapping[dt.date, str]
    first: dt.date
    last: dt.date
    path: str = FILE

    def name(self, day: dt.date) -> str | None:
        """The holiday's name, or ``None`` on other days.

        :raises WardopsError: E1803 when the file does not speak of that day.
        """
        if not self.first <= day <= self.last:
            raise fail("E1803", self.path, day=day, first=self.first, last=self.last)
        return self.names.get(day)


def read_holidays(path: Path) -> Holidays:
    """:raises WardopsError: E0100-E0102 (the file), and as :func:`parse_holidays`."""
    return parse_holidays(read_bytes(path, _LIMIT), str(path))


def parse_holidays(data: bytes, path: str) -> Holidays:
    """Everything that is wrong with the file, at once.

    :raises WardopsError: E1801 (not this file's layout), E1802 (rows), E1804 (encoding).
    """
    try:
        text = data.decode("cp932")
    except UnicodeDecodeError as error:
        raise fail("E1804", path, data.count(b"\n", 0, error.start) + 1) from None
    rows = list(csv.reader(io.StringIO(text, newline="")))
    if not rows or rows[0] != HEADER:
        found = "、".join(rows[0][:6]) if rows else ""
        raise fail("E1801", path, 1, found=found, columns=len(rows[0]) if rows else 0)
    names: dict[dt.date, str] = {}
    problems = []
    for line, row in enumerate(rows[1:], 2):
        if not row and line == len(rows):
            continue  # an empty line at the end
        if reason := _take(row, names):
            problems.append(Problem("E1802", path, line, params={"row": ",".join(row), "reason_ja": reason[0], "reason": reason[1]}))
    if not problems and not names:
        problems.append(Problem("E1802", path, params={"row": "", "reason_ja": "祝日が一つもありません", "reason": "there is no holiday"}))
    if problems:
        raise WardopsError(problems)
    first, last = _span(names, path)
    return Holidays(names, first, last, path)


def _take(row: list[str], names: dict[dt.date, str]) -> tuple[str, str] | None:
    """Add a row; returns what is wrong with it, in Japanese and English."""
    if len(row) != len(HEADER):
        return f"列が {len(row)} 個あります", f"{len(row)} columns"
    match = _DATE.fullmatch(row[0])
    if not match:
        return "日付が 年/月/日 ではありません", "the date is not YYYY/M/D"
    try:
        day = dt.date(*map(int, match.groups()))
    except ValueError:
        return "存在しない日付です", "there is no such day"
    if not row[1].strip():
        return "名称が空です", "the name is empty"
    if names and day <= next(reversed(names)):
        return "日付の順に並んでいません（または重複）", "not in order of date, or there twice"
    names[day] = row[1].strip()
    return None


def _span(names: Mapping[dt.date, str], path: str) -> tuple[dt.date, dt.date]:
    """From the first year's beginning to the end of the last year that is whole."""
    years = sorted({day.year for day in names})
    if gaps := sorted(set(range(years[0], years[-1])) - {year for year in years if dt.date(year, *_LAST_OF_YEAR) in names}):
        listed = "、".join(map(str, gaps[:5]))
        raise fail("E1802", path, row="", reason_ja=f"{listed} 年の祝日が揃っていません", reason=f"holidays of {gaps[0]} are missing")
    whole = [year for year in years if dt.date(year, *_LAST_OF_YEAR) in names]
    if not whole:
        raise fail("E1802", path, row="", reason_ja="1 年分の祝日が揃っていません", reason="no year is whole")
    return dt.date(years[0], 1, 1), dt.date(whole[-1], 12, 31)
