"""Dates as people write them: ISO, slashes, 和暦 in letters or kanji, Excel serial numbers on request.

Era starts: 元号法 and the Cabinet orders (令和 2019-05-01, 平成 1989-01-08, 昭和 1926-12-25, 大正 1912-07-30).
"""

from __future__ import annotations

import datetime as dt
import re

from .problems import fail
from .text import to_narrow

ERAS: tuple[tuple[str, str, dt.date], ...] = (
    ("令和", "R", dt.date(2019, 5, 1)),
    ("平成", "H", dt.date(1989, 1, 8)),
    ("昭和", "S", dt.date(1926, 12, 25)),
    ("大正", "T", dt.date(1912, 7, 30)),
)
_ERA_NAMES = {name: index for index, (kanji, letter, _) in enumerate(ERAS) for name in (kanji, letter, kanji[0])}
_WESTERN = re.compile(r"(\d{4})(?:[-/.](\d{1,2})[-/.](\d{1,2})|年(\d{1,2})月(\d{1,2})日|(\d{2})(\d{2}))")
_ERA = re.compile(r"(令和|平成|昭和|大正|[RHST令平昭大])\s*(元|\d{1,2})(?:[-/.](\d{1,2})[-/.](\d{1,2})|年(\d{1,2})月(\d{1,2})日)")
_SHORT = re.compile(r"(\d{2})[-/.](\d{1,2})[-/.](\d{1,2})")


def parse_date(text: str) -> dt.date:
    """A date in any of the usual spellings; two-digit years without an era are refused because they are ambiguous.

    :raises WardopsError: E0111 (no date), E0112 (two-digit year), E0113 (day outside the era).
    """
    candidate = to_narrow(text).strip().upper().replace(" ", "")
    if match := _WESTERN.fullmatch(candidate):
        year, *rest = (int(group) for group in match.groups() if group)
        return _date(text, year, *rest)
    if match := _ERA.fullmatch(candidate):
        return _era_date(text, match)
    raise fail("E0112" if _SHORT.fullmatch(candidate) else "E0111", value=text)


def _era_date(text: str, match: re.Match[str]) -> dt.date:
    index = _ERA_NAMES[match[1]]
    year = 1 if match[2] == "元" else int(match[2])
    month, day = (int(group) for group in match.groups()[2:] if group)
    name, _, start = ERAS[index]
    if year < 1:
        raise fail("E0111", value=text)
    date = _date(text, start.year + year - 1, month, day)
    end = ERAS[index - 1][2] if index else dt.date.max
    if not start <= date < end:
        raise fail("E0113", value=text, era=name, start=start.isoformat())
    return date


def _date(text: str, year: int, month: int, day: int) -> dt.date:
    try:
        return dt.date(year, month, day)
    except ValueError:
        raise fail("E0111", value=text) from None


def format_wareki(date: dt.date) -> str:
    """``令和8年11月22日``, with 元年 for the first year; dates before 大正 stay western."""
    for name, _, start in ERAS:
        if date >= start:
            year = date.year - start.year + 1
            return f"{name}{'元' if year == 1 else year}年{date.month}月{date.day}日"
    return f"{date.year}年{date.month}月{date.day}日"
