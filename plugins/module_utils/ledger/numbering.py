"""``policies/numbering.yml``: the forms of numbers and names."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class NumberForm:
    """One kind of number: a prefix, which may hold a year, and digits."""

    ledgers: tuple[str, ...]
    column: str
    prefix: str
    digits: int

    def prefix_on(self, date: dt.date) -> str:
        """The prefix for a day; the fiscal year begins in April (地方自治法 第208条)."""
        fiscal_year = date.year - (date.month < 4)
        return self.prefix.replace("{year}", str(date.year)).replace("{fy}", f"{fiscal_year % 100:02d}")


class Numbering:
    """The policy, taken apart.

    :param policy: as read, valid against its schema.
    """

    def __init__(self, policy: Mapping[str, Any]) -> None:
        self.numbers = [NumberForm(tuple(item["ledgers"]), item["column"], item["prefix"], item["digits"]) for item in policy["numbers"]]
        self.forms: Mapping[str, str] = policy["computer_names"]["forms"]
        self.name_digits: int = policy["computer_names"]["digits"]
        self.rest_days: int = policy["addresses"]["rest_days"]

    def of(self, ledger: str, column: str) -> NumberForm | None:
        return next((form for form in self.numbers if ledger in form.ledgers and column == form.column), None)

    def columns(self) -> Iterator[tuple[str, str, int]]:
        """Every ledger and column whose values are given out, with the number of digits."""
        for form in self.numbers:
            for ledger in form.ledgers:
                yield ledger, form.column, form.digits
        yield "terminals", "computer_name", self.name_digits
