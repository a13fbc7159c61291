"""A cell on its way to a spreadsheet and back: what is shown, what a spreadsheet makes of it, what the user meant.

A spreadsheet changes what it shows: numbers lose leading zeros, dates become serial numbers, long digits become exponents. A cell that
is only changed so counts as not edited: it is compared with the forms that a spreadsheet gives to the exported value.
Source: ECMA-376 part 1, 18.17.4 (dates); Microsoft, "Keeping leading zeros and large numbers".
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from ...common import mac
from ...common.problems import WardopsError
from ...common.text import to_narrow
from ...common.wareki import parse_date
from ..schema import LedgerSchema

YES, NO = "はい", "いいえ"
#: day 0 of a spreadsheet's serial dates (its 1900 has a 29 February)
_EPOCH = dt.date(1899, 12, 30)
_BOOLEANS = {YES: "true", NO: "false", "true": "true", "false": "false"}
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MONTH_DAY = re.compile(r"([0-9]{1,2})[-/]([0-9]{1,2})")
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::[0-9]{2})?")
_WIDTH = re.compile(r"\^\[0-9\]\{([0-9]{1,2})\}\$")
#: what a cell shows when its formula fails
ERRORS = frozenset({"#N/A", "#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#NUM!", "#NULL!", "########"})


@cache
def kind(schema: LedgerSchema, column: str) -> str:
    """``date``, ``integer``, ``boolean``, ``enum`` or ``text``."""
    part = schema.properties[column]
    if part.get("format") == "date":
        return "date"
    if schema.types[column] in ("integer", "boolean"):
        return schema.types[column]
    return "enum" if "enum" in part else "text"


@cache
def labels(schema: LedgerSchema, column: str) -> Mapping[str, str]:
    """Value to label; empty when two values would show the same label."""
    found: Mapping[str, str] = schema.properties[column].get("x-labels", {})
    return found if len({*found.values()} | {*found}) == 2 * len(found) else {}


def shown(schema: LedgerSchema, column: str, text: str) -> str:
    """The text that a user sees for a ledger's value."""
    what = kind(schema, column)
    if what == "boolean":
        return {"true": YES, "false": NO}.get(text, text)
    return labels(schema, column).get(text, text) if what == "enum" else text


#: a cell as it came back: its text, or what kind of thing it is (number, date, time, boolean) and its value
Token = str | tuple[str, float | str]


@cache
def forms(text: str, label: str) -> frozenset[Token]:
    """Everything that a spreadsheet may make of an exported cell, as :func:`token` sees it.

    :param label: what was shown for ``text``.
    """
    found: set[Token] = {text, label}
    if _NUMBER.fullmatch(text) and math.isfinite(number := float(text)):  # 12345678e901 is a MAC address
        found |= {("number", number), _general(number), _general(number).replace("E+0", "E+")}
        if "e" in text.lower():  # 10E5 gets the number format "Scientific"
            found.add(f"{number:.2E}")
    if _ISO.fullmatch(text):
        year, month, day = text.split("-")
        found |= {("date", text), f"{year}/{int(month)}/{int(day)}", f"{year}/{month}/{day}", f"{year}年{int(month)}月{int(day)}日"}
        found |= _serial_forms(text)
    if match := _MONTH_DAY.fullmatch(text):
        found |= {("day", f"{int(match[1]):02d}-{int(match[2]):02d}"), f"{int(match[1])}月{int(match[2])}日"}
    if match := _TIME.fullmatch(text):
        hour, minute = int(match[1]), match[2]
        found |= {("time", f"{hour}:{minute}"), f"{hour}:{minute}", f"{hour}:{minute}:00", f"{hour:02d}:{minute}:00"}
        found.add(f"{hour % 12 or 12:02d}:{minute}:00 {'AM' if hour < 12 else 'PM'}")  # a program that was set up in English
    if text in ("true", "false"):
        found |= {("boolean", text), text.upper()}
    return frozenset(found)


def _serial_forms(iso: str) -> set[Token]:
    try:
        serial = (dt.date.fromisoformat(iso) - _EPOCH).days
    except ValueError:
        return set()
    return {str(serial), ("number", float(serial))}


def _general(number: float) -> str:
    """As the number format "General" writes it to a CSV: at most 11 characters, else an exponent with six digits."""
    if abs(number) >= 1e11:
        mantissa, exponent = f"{number:.5E}".split("E")
        return f"{mantissa.rstrip('0').rstrip('.')}E{exponent}"
    return str(int(number)) if number == int(number) else f"{number:.9f}".rstrip("0").rstrip(".")


def token(value: Any) -> Token:
    """A cell as it came back, comparable with :func:`forms`."""
    if isinstance(value, bool):
        return "boolean", str(value).lower()
    if isinstance(value, (int, float)):
        return "number", float(value)
    if isinstance(value, dt.datetime):
        value = value.date()
    if isinstance(value, dt.date):
        return "date", value.isoformat()
    if isinstance(value, dt.time):
        return "time", f"{value.hour}:{value.minute:02d}"
    return "" if value is None else str(value).strip()


def unchanged(value: Any, text: str, label: str) -> bool:
    """Whether a cell still is the exported one."""
    came, known = token(value), forms(text, label)
    if came in known:
        return True
    # 1-2 became the second of January of the year in which somebody opened the file
    return isinstance(came, tuple) and came[0] == "date" and ("day", str(came[1])[5:]) in known


def meant(schema: LedgerSchema, column: str, value: Any) -> str:
    """The ledger's text for a cell that a user wrote. What cannot be understood stays as it is: the check then names it."""
    what, text = kind(schema, column), _text(value)
    if not text:
        return ""
    if what == "enum":
        return {label: code for code, label in labels(schema, column).items()}.get(text, text)
    if what == "boolean":
        return _BOOLEANS.get(text, _BOOLEANS.get(text.lower(), text))
    if what == "date":
        return _date(value, text)
    if what == "integer":
        return to_narrow(text).strip()
    return _code(schema, column, value, text)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(sep=" ")
    if isinstance(value, dt.time):
        return f"{value.hour:02d}:{value.minute:02d}"
    return "" if value is None else str(value).strip()


def _date(value: Any, text: str) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 1 <= value < 2958466:
        return (_EPOCH + dt.timedelta(days=int(value))).isoformat()
    try:
        return parse_date(text).isoformat()
    except WardopsError:
        return text


def _code(schema: LedgerSchema, column: str, value: Any, text: str) -> str:
    part = schema.properties[column]
    if part.get("x-global") == "mac" and not isinstance(value, (int, float)):
        try:
            return mac.parse(text)
        except WardopsError:
            return text
    pattern = str(part.get("pattern", ""))
    width = _WIDTH.fullmatch(pattern)
    narrow = to_narrow(text)
    if width and narrow.isdecimal():
        return narrow.zfill(int(width[1]))
    if (time := _TIME.fullmatch(narrow)) and re.fullmatch(pattern, f"{int(time[1]):02d}:{time[2]}"):
        return f"{int(time[1]):02d}:{time[2]}"
    return narrow if pattern and not re.fullmatch(pattern, text) and re.fullmatch(pattern, narrow) else text
