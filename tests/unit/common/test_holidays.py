"""The Cabinet Office's holiday file: what is taken, and what is refused."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.holidays import parse_holidays, read_holidays
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from hypothesis import given
from hypothesis import strategies as st

from tools.sample_ward import holidays as made

SAMPLE = Path(__file__).resolve().parents[3] / "inventories" / "sample" / "policies" / "syukujitsu.csv"
HEAD = "国民の祝日・休日月日,国民の祝日・休日名称\r\n"
#: written down by hand, not computed
YEAR_2026 = (
    "1/1 元日,1/12 成人の日,2/11 建国記念の日,2/23 天皇誕生日,3/20 春分の日,4/29 昭和の日,5/3 憲法記念日,5/4 みどりの日,"
    "5/5 こどもの日,5/6 休日,7/20 海の日,8/11 山の日,"
    "9/21 敬老の日,9/22 休日,9/23 秋分の日,10/12 スポーツの日,11/3 文化の日,11/23 勤労感謝の日"
)
YEAR_2027 = (
    "1/1 元日,1/11 成人の日,2/11 建国記念の日,2/23 天皇誕生日,3/21 春分の日,3/22 休日,4/29 昭和の日,5/3 憲法記念日,5/4 みどりの日,"
    "5/5 こどもの日,7/19 海の日,8/11 山の日,9/20 敬老の日,9/23 秋分の日,10/11 スポーツの日,11/3 文化の日,11/23 勤労感謝の日"
)


def codes(data: bytes) -> list[tuple[str, int]]:
    with pytest.raises(WardopsError) as caught:
        parse_holidays(data, "syukujitsu.csv")
    return [(problem.code, problem.line) for problem in caught.value.problems]


@pytest.mark.parametrize(("year", "listed"), [(2026, YEAR_2026), (2027, YEAR_2027)])
def test_the_samples_years(year: int, listed: str) -> None:
    held = read_holidays(SAMPLE)
    wanted = {dt.date(year, *map(int, item.split()[0].split("/"))): item.split()[1] for item in listed.split(",")}
    assert {day: name for day, name in held.names.items() if day.year == year} == wanted


def test_the_sample_has_the_published_layout() -> None:
    data = SAMPLE.read_bytes()
    assert data.startswith(HEAD.encode("cp932")) and data.endswith(b"\r\n") and b"2026/1/1," in data
    assert data == made.text()


def test_what_it_speaks_of() -> None:
    """covers: E1803"""
    held = parse_holidays(made.text(2025, 2026), "x")
    assert (held.first, held.last) == (dt.date(2025, 1, 1), dt.date(2026, 12, 31))
    assert held.name(dt.date(2026, 12, 31)) is None and held.name(dt.date(2026, 9, 22)) == "休日"
    for day in (dt.date(2027, 1, 1), dt.date(2024, 12, 31)):
        with pytest.raises(WardopsError, match="E1803"):
            held.name(day)


def test_a_year_that_was_cut_off_is_not_covered() -> None:
    lines = made.text(2025, 2026).split(b"\r\n")
    held = parse_holidays(b"\r\n".join(lines[:-6]) + b"\r\n", "x")
    assert held.last == dt.date(2025, 12, 31)


def test_a_hole_in_the_middle_is_refused() -> None:
    """covers: E1802"""
    kept = [line for line in made.text(2024, 2027).split(b"\r\n") if not line.startswith(b"2025/1")]
    assert codes(b"\r\n".join(kept)) == [("E1802", 0)]


def test_three_years_side_by_side() -> None:
    """covers: E1801. The layout of 2018."""
    rows = ["平成28年（2016年）,,平成29年（2017年）,", "名称,月日,名称,月日", "元日,2016/1/1,元日,2017/1/1"]
    assert codes("\r\n".join(rows).encode("cp932")) == [("E1801", 1)]


def test_another_encoding() -> None:
    """covers: E1804"""
    assert codes((HEAD + "2026/1/1,元日\r\n").encode("utf-8"))[0][0] in {"E1804", "E1801"}
    assert codes(HEAD.encode("cp932") + b"2026/1/1,\x85\xff\r\n") == [("E1804", 2)]


def test_every_bad_row_at_once() -> None:
    rows = [
        "2026/1/1,元日",
        "2026-01-12,成人の日",
        "2026/2/30,建国記念の日",
        "2026/2/23,",
        "2026/1/1,元日",
        "2026/3/20,春分の日,余分",
        "46101,昭和の日",
    ]
    assert codes((HEAD + "\r\n".join(rows)).encode("cp932")) == [("E1802", line) for line in (3, 4, 5, 6, 7, 8)]


def test_nothing_in_it() -> None:
    assert codes(b"") == [("E1801", 1)]
    assert codes(HEAD.encode("cp932")) == [("E1802", 0)]


@given(st.binary(max_size=400))
def test_no_bytes_are_a_traceback(noise: bytes) -> None:
    for data in (noise, HEAD.encode("cp932") + noise):
        try:
            parse_holidays(data, "x")
        except WardopsError as error:
            assert {problem.code for problem in error.problems} <= {"E1801", "E1802", "E1804"}
