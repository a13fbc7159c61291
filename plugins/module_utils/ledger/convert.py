"""Cells to values: the text of a CSV cell as the type that the schema names; what does not convert stays text.

A text that stays text in a column of another type is then a type error, so that nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

#: longer numbers do not occur, and Python refuses to read very long ones
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,15})?")
_BOOLEANS = {"true": True, "false": False}


def to_integer(text: str) -> int | str:
    """``007``, ``1.0``, ``+1`` and full-width digits stay text."""
    return int(text) if _INTEGER.fullmatch(text) else text


def to_number(text: str) -> float | int | str:
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else text


def to_boolean(text: str) -> bool | str:
    """Only ``true`` and ``false``; Excel's ``TRUE`` is an error with a remedy, not a second spelling."""
    return _BOOLEANS.get(text, text)


def converter(kind: str) -> Callable[[str], Any] | None:
    """The function for a column's type; ``None`` when cells stay as they are."""
    return _CONVERTERS.get(kind)


_CONVERTERS: dict[str, Callable[[str], Any]] = {"integer": to_integer, "number": to_number, "boolean": to_boolean}
