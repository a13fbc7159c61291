"""What AWX refuses of a recurrence rule, and the grammar of RFC 5545 3.3.10 behind it.

AWX takes ``DTSTART`` and rules in one line, parted by spaces. Its limits (API ``/schedules/``, docs/schedules.md of AWX): no ``EXDATE``
and ``RDATE``, no second ``DTSTART``, a time zone, ``INTERVAL`` in every rule, no ``SECONDLY``, no number before a day (``2TU``), ``COUNT``
up to 999 and not beside ``UNTIL``. Several rules and ``EXRULE`` are taken since AWX 21.2; what this repository writes has one rule.
"""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass

from ..common.problems import Problem

COUNT_LIMIT = 999
#: AWX does not take minutely and hourly rules that began longer ago
_OLD = dt.timedelta(days=365 * 5)
_FREQUENCIES = ("SECONDLY", "MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_START = re.compile(r"DTSTART(?:;TZID=(?P<zone>[^:;\s]+))?:(?P<moment>\d{8}T\d{6})(?P<utc>Z?)")
_ANY_START = re.compile(r"DTSTART[^\s]*")
_RULE = re.compile(r"(?<![A-Z])(?P<kind>RRULE|EXRULE):(?P<parts>[^\s]*)")
_UNTIL = re.compile(r"\d{8}(T\d{6}Z?)?")
_DAY = re.compile(r"[+-]?\d{0,2}(MO|TU|WE|TH|FR|SA|SU)")
#: lowest and highest absolute value of a list's numbers, and whether they may be negative
_RANGES = {
    "BYSECOND": (0, 60, False),
    "BYMINUTE": (0, 59, False),
    "BYHOUR": (0, 23, False),
    "BYMONTHDAY": (1, 31, True),
    "BYYEARDAY": (1, 366, True),
    "BYWEEKNO": (1, 53, True),
    "BYMONTH": (1, 12, False),
    "BYSETPOS": (1, 366, True),
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason, in Japanese and English, and the part of the text that it speaks of."""

    reason_ja: str
    reason: str
    part: str = ""

    def problem(self, path: str = "", line: int = 0, column: int = 0) -> Problem:
        """As E1810."""
        return Problem("E1810", path, line, column, {"part": self.part, "reason_ja": self.reason_ja, "reason": self.reason})


def lint(text: str, now: dt.datetime | None = None) -> list[Refusal]:
    """Everything for which AWX would refuse the text; empty when it would take it.

    :param text: ``DTSTART;TZID=Asia/Tokyo:20260401T073000 RRULE:FREQ=DAILY;INTERVAL=1``; line ends count as spaces.
    :param now: for the age of minutely and hourly rules.
    """
    line = " ".join(text.split())
    if not line:
        return [Refusal("空です", "it is empty")]
    found = [*_start(line), *_sets(line)]
    rules = list(_RULE.finditer(line))
    if not any(rule["kind"] == "RRULE" for rule in rules):
        found.append(Refusal("RRULE がありません", "there is no RRULE"))
    for rule in rules:
        found += _rule(rule["kind"], rule["parts"])
        found += _too_old(line, rule["parts"], now or dt.datetime.now(dt.UTC))
    rest = _RULE.sub("", _ANY_START.sub("", line)).replace("EXDATE", "").replace("RDATE", "")
    found += [Refusal("知らない語です", "unknown word", word) for word in rest.split() if not re.fullmatch(r"[;:].*", word)]
    return found


def _start(line: str) -> Iterator[Refusal]:
    starts = _ANY_START.findall(line)
    if len(starts) > 1:
        yield Refusal("DTSTART は 1 つだけです", "only one DTSTART", " ".join(starts))
    match = _START.fullmatch(starts[0]) if starts else None
    if not match:
        yield Refusal("DTSTART;TZID=Asia/Tokyo:YYYYMMDDTHHMMSS の形の開始がありません", "no valid DTSTART", starts[0] if starts else "")
        return
    if match["zone"] and match["utc"]:
        yield Refusal("TZID と末尾の Z は一緒に書けません", "TZID and Z exclude each other", starts[0])
    elif not match["zone"] and not match["utc"]:
        yield Refusal("時間帯がありません（TZID か末尾の Z）", "no time zone (TZID, or Z)", starts[0])
    elif match["zone"] and not _known(match["zone"]):
        yield Refusal("知らない時間帯です", "unknown time zone", match["zone"])
    if not _moment(match["moment"]):
        yield Refusal("存在しない日時です", "there is no such moment", match["moment"])


def _sets(line: str) -> Iterator[Refusal]:
    for word in ("EXDATE", "RDATE"):
        if re.search(rf"\b{word}\b", line, re.IGNORECASE):
            yield Refusal(f"{word} は使えません（飛ばす日は実行時のゲートで）", f"{word} is not allowed (let the gate skip days)", word)


def _rule(kind: str, text: str) -> Iterator[Refusal]:
    parts: dict[str, str] = {}
    for part in text.split(";"):
        name, equals, value = part.partition("=")
        if not equals or not value:
            yield Refusal("名前=値 ではありません", "not name=value", part)
        elif name in parts:
            yield Refusal("2 回あります", "it is there twice", name)
        else:
            parts[name] = value
    yield from _frequency(kind, parts)
    yield from _end(parts)
    for name, value in parts.items():
        yield from _value(name, value)
    if "BYSETPOS" in parts and not any(name.startswith("BY") and name != "BYSETPOS" for name in parts):
        yield Refusal("BYSETPOS には他の BY… が要ります", "BYSETPOS needs another BY part", "BYSETPOS")


def _frequency(kind: str, parts: dict[str, str]) -> Iterator[Refusal]:
    frequency = parts.get("FREQ", "")
    if not frequency:
        yield Refusal("FREQ がありません", "no FREQ", kind)
    elif frequency not in _FREQUENCIES:
        yield Refusal("知らない FREQ です", "unknown FREQ", frequency)
    elif frequency == "SECONDLY":
        yield Refusal("SECONDLY は使えません", "SECONDLY is not supported", frequency)
    if "INTERVAL" not in parts:
        yield Refusal("INTERVAL がありません（毎回なら INTERVAL=1）", "INTERVAL is required (INTERVAL=1)", kind)
    elif not re.fullmatch(r"0*[1-9]\d{0,4}", parts["INTERVAL"]):
        yield Refusal("INTERVAL は 1 以上の整数です", "INTERVAL is a whole number from 1", parts["INTERVAL"])


def _end(parts: dict[str, str]) -> Iterator[Refusal]:
    if "COUNT" in parts and "UNTIL" in parts:
        yield Refusal("COUNT と UNTIL は一緒に書けません", "COUNT and UNTIL exclude each other", "COUNT UNTIL")
    if "COUNT" in parts:
        count = parts["COUNT"]
        if not re.fullmatch(r"\d+", count) or int(count[:9]) < 1:
            yield Refusal("COUNT は 1 以上の整数です", "COUNT is a whole number from 1", count)
        elif len(count.lstrip("0")) > 3:
            yield Refusal(f"COUNT は {COUNT_LIMIT} までです", f"COUNT > {COUNT_LIMIT} is not supported", count)
    until = parts.get("UNTIL", "")
    if until and not (_UNTIL.fullmatch(until) and _moment(until.rstrip("Z") if "T" in until else f"{until}T000000")):
        yield Refusal("UNTIL は YYYYMMDDTHHMMSSZ です", "UNTIL is YYYYMMDDTHHMMSSZ", until)
    elif until and "T" not in until:
        yield Refusal("UNTIL には時刻が要ります（AWX は日付だけを読めません）", "UNTIL needs a time (AWX cannot read a date alone)", until)


def _value(name: str, value: str) -> Iterator[Refusal]:
    if name in ("FREQ", "INTERVAL", "COUNT", "UNTIL"):
        return
    if name == "WKST":
        if not re.fullmatch(r"MO|TU|WE|TH|FR|SA|SU", value):
            yield Refusal("知らない曜日です", "unknown day", value)
    elif name == "BYDAY":
        for one in value.split(","):
            if not _DAY.fullmatch(one):
                yield Refusal("知らない曜日です", "unknown day", one)
            elif len(one) > 2:
                yield Refusal(
                    "数の付いた曜日は使えません（BYDAY=TU;BYSETPOS=2 と書く）", "no number before a day (BYDAY=TU;BYSETPOS=2)", one
                )
    elif name in _RANGES:
        low, high, negative = _RANGES[name]
        for one in value.split(","):
            if not re.fullmatch(r"-?\d{1,3}" if negative else r"\d{1,3}", one) or not low <= abs(int(one)) <= high:
                yield Refusal(f"{low} から {high} までの整数ではありません", f"not a whole number from {low} to {high}", f"{name}={one}")
    else:
        yield Refusal("知らない項目です（BYEASTER など RFC 5545 にない拡張は使えません）", "not a part of RFC 5545 (no BYEASTER)", name)


def _too_old(line: str, parts: str, now: dt.datetime) -> Iterator[Refusal]:
    match = _START.search(line)
    moment = _moment(match["moment"]) if match else None
    if moment and re.search(r"FREQ=(MINUTELY|HOURLY)", parts) and moment.replace(tzinfo=dt.UTC) < now - _OLD:
        yield Refusal(
            "毎時・毎分の規則の開始が 5 年より前です（回数が多すぎます）", "a minutely or hourly rule that began over 5 years ago", parts
        )


def _known(zone: str) -> bool:
    try:
        zoneinfo.ZoneInfo(zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _moment(text: str) -> dt.datetime | None:
    try:
        return dt.datetime.strptime(text, "%Y%m%dT%H%M%S")
    except ValueError:
        return None
