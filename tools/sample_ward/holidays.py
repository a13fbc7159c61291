"""A holiday file for the sample ward, in the layout of the Cabinet Office's ``syukujitsu.csv``.

The days follow from the law (国民の祝日に関する法律, as amended in 2018: 2条, 3条2項, 3条3項); the equinoxes from the usual
approximation for 1980 to 2099. A ward uses the published file; this one is written so that the sample needs none of it.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

FIRST, LAST = 2024, 2027
_HEADER = "国民の祝日・休日月日,国民の祝日・休日名称"
_FIXED = {
    (1, 1): "元日",
    (2, 11): "建国記念の日",
    (2, 23): "天皇誕生日",
    (4, 29): "昭和の日",
    (5, 3): "憲法記念日",
    (5, 4): "みどりの日",
    (5, 5): "こどもの日",
    (8, 11): "山の日",
    (11, 3): "文化の日",
    (11, 23): "勤労感謝の日",
}
#: month and which Monday
_MONDAYS = {(1, 2): "成人の日", (7, 3): "海の日", (9, 3): "敬老の日", (10, 2): "スポーツの日"}
_DAY = dt.timedelta(days=1)


def of_year(year: int) -> dict[dt.date, str]:
    """The holidays of a year from 2022 on, in order."""
    leap = (year - 1980) // 4
    found = {dt.date(year, month, day): name for (month, day), name in _FIXED.items()}
    found[dt.date(year, 3, int(20.8431 + 0.242194 * (year - 1980)) - leap)] = "春分の日"
    found[dt.date(year, 9, int(23.2488 + 0.242194 * (year - 1980)) - leap)] = "秋分の日"
    for (month, number), name in _MONDAYS.items():
        first = dt.date(year, month, 1)
        found[first + (-first.weekday() % 7 + 7 * (number - 1)) * _DAY] = name
    for day in sorted(found):  # 3条3項: a day between two holidays
        if day + 2 * _DAY in found and day + _DAY not in found:
            found[day + _DAY] = "休日"
    for day in sorted(found):  # 3条2項: the first day after a holiday on a Sunday that is none itself
        if day.weekday() == 6 and found[day] != "休日":
            substitute = day + _DAY
            while substitute in found:
                substitute += _DAY
            found[substitute] = "休日"
    return dict(sorted(found.items()))


def text(first: int = FIRST, last: int = LAST) -> bytes:
    """The file: CP932, CRLF, dates without leading zeros."""
    rows = [f"{day.year}/{day.month}/{day.day},{name}" for year in range(first, last + 1) for day, name in of_year(year).items()]
    return "".join(f"{row}\r\n" for row in [_HEADER, *rows]).encode("cp932")


def write(folder: Path) -> None:
    (folder / "syukujitsu.csv").write_bytes(text())
