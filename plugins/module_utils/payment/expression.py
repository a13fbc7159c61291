"""The rules' small language: comparisons of columns as YAML, all of which must hold. Nothing is evaluated as a program.

``{column: 収納チャネル区分, one_of: ["05", "07"]}``. Operators: ``equals``, ``one_of``, ``not_one_of``, ``begins_with`` compare text as it
stands in the file; ``at_least`` and ``at_most`` compare whole numbers and do not hold for anything else. "Or" is a second rule.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

_NUMBER = re.compile(r"[+-]?[0-9]{1,15}")


def _number(cell: str) -> int | None:
    return int(cell) if _NUMBER.fullmatch(cell) else None


def _at_least(cell: str, bound: int) -> bool:
    value = _number(cell)
    return value is not None and value >= bound


def _at_most(cell: str, bound: int) -> bool:
    value = _number(cell)
    return value is not None and value <= bound


OPERATORS: dict[str, Callable[[str, Any], bool]] = {
    "equals": lambda cell, value: cell == value,
    "one_of": lambda cell, value: cell in value,
    "not_one_of": lambda cell, value: cell not in value,
    "begins_with": lambda cell, value: cell.startswith(value),
    "at_least": _at_least,
    "at_most": _at_most,
}


class Expression:
    """Comparisons, ready to be applied to the cells of a record.

    :param when: the comparisons; every ``column`` must be in ``columns``.
    """

    def __init__(self, when: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
        self._tests = [
            (columns.index(item["column"]), OPERATORS[name], value) for item in when for name, value in item.items() if name != "column"
        ]

    def holds(self, cells: Sequence[str]) -> bool:
        return all(test(cells[position], value) for position, test, value in self._tests)
