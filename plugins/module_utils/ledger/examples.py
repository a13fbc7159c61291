"""An example of a value that a pattern accepts, for the remedy in a message."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

_PREFERRED = "0Aa1-"


def example_of(pattern: str) -> str:
    """A short text that the regular expression accepts; the expression itself when none can be made."""
    parser: Any = re._parser  # type: ignore[attr-defined]
    try:
        text = "".join(_sample(parser.parse(pattern)))
    except (re.error, ValueError):
        return pattern
    return text if re.search(pattern, text) else pattern


def _sample(parts: Iterable[tuple[Any, Any]]) -> Iterable[str]:
    for operation, value in parts:
        yield _one(str(operation), value)


def _one(operation: str, value: Any) -> str:
    text = None
    match operation:
        case "LITERAL":
            text = chr(value)
        case "NOT_LITERAL":
            text = next(char for char in _PREFERRED if ord(char) != value)
        case "ANY":
            text = "A"
        case "IN":
            text = next(char for char in map(chr, (*map(ord, _PREFERRED), *range(32, 127))) if _matches(char, value))
        case "BRANCH":
            text = "".join(_sample(value[1][0]))
        case "MAX_REPEAT" | "MIN_REPEAT":
            text = "".join(_sample(value[2])) * int(value[0])
        case "SUBPATTERN":
            text = "".join(_sample(value[3]))
        case "AT":
            text = ""
    if text is None:
        raise ValueError(operation)
    return text


def _matches(char: str, members: Iterable[tuple[Any, Any]]) -> bool:
    found, negated = False, False
    for operation, value in members:
        match str(operation):
            case "NEGATE":
                negated = True
            case "LITERAL":
                found = found or ord(char) == value
            case "RANGE":
                found = found or value[0] <= ord(char) <= value[1]
            case _:
                raise ValueError(operation)
    return found != negated
