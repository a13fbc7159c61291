"""Which section is in charge of a payment: by procedure code, then tax or fee number, then a rule, on the day that counts.

``decide`` is the one place where this is decided; the split asks it once for each combination of values and remembers.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..common import safe_names as names
from ..common.periods import Period, overlaps, periods
from ..common.problems import Problem, WardopsError
from .expression import Expression
from .layout import Layout

#: answers of :meth:`Routing.decide` that are no section: no rule, no readable day, look at the whole record
UNROUTED, NO_DATE, BY_RULE = -1, -2, -3


@dataclass(frozen=True, slots=True)
class Section:
    """A receiving section: code (課コード) and name on the day of the run."""

    code: str
    name: str


class Routing:
    """The rules of ``payment_routing.yml``, ready to decide.

    :param policy: as validated by ``make check``; what would make an answer ambiguous or unsafe is refused here again.
    :param departments: rows of the ledger (``code``, ``valid_from``, ``valid_to``, ``name``).
    :param day: business day; sections are named as they are on it.
    :raises WardopsError: E1300 (two routes for one day), E1303 (unknown column), E1304 (a code twice), E1306 (unsafe name), all at once.
    """

    def __init__(self, policy: Mapping[str, Any], layout: Layout, departments: Iterable[Mapping[str, str]], day: dt.date) -> None:
        self.policy = policy
        self._layout = layout
        self._problems: list[Problem] = []
        named = _names(departments, day.isoformat())
        codes = {route["dept_code"] for part in ("procedures", "tax_items", "rules") for item in policy[part] for route in item["routes"]}
        self.sections = [Section(code, named.get(code, code)) for code in sorted(codes)]
        self._lanes = {section.code: lane for lane, section in enumerate(self.sections)}
        self.counts_on = self._column(policy["counts_on"])
        self._procedures = self._table("procedures")
        self._tax_items = self._table("tax_items")
        self._rules = [(self._expression(rule), self._routes(rule["routes"], rule["name_ja"])) for rule in policy["rules"]]
        for name in (policy["unrouted"], policy["duplicates"], *(text for one in self.sections for text in (one.code, one.name))):
            self._name(name)
        if self._problems:
            raise WardopsError(self._problems)
        self.digest = _digest(policy, [(section.code, section.name) for section in self.sections])

    def decide(self, procedure: bytes, tax_item: bytes, date: bytes) -> int:
        """The section's position in ``sections``, or ``UNROUTED``, ``NO_DATE``, ``BY_RULE`` (ask :meth:`by_rule`).

        :param date: ``YYYYMMDD`` as it stands in the file.
        """
        day = _day(date)
        if not day:
            return NO_DATE
        for table, code in ((self._procedures, procedure), (self._tax_items, tax_item)):
            lane = _in_force(table.get(code, ()), day)
            if lane >= 0:
                return lane
        return BY_RULE if any(_in_force(routes, day) >= 0 for _, routes in self._rules) else UNROUTED

    def by_rule(self, cells: Sequence[str], date: bytes) -> int:
        """The section of the first rule that is in force and holds for a record; ``UNROUTED`` where none does."""
        day = _day(date)
        for expression, routes in self._rules:
            lane = _in_force(routes, day)
            if lane >= 0 and expression.holds(cells):
                return lane
        return UNROUTED

    def folder(self, section: str, day: dt.date) -> str:
        """Where a section's file of a day is delivered, below the target's root.

        :raises WardopsError: E1306.
        """
        return names.check_folder(self.policy["folder"].format(dept_code=section, date=f"{day:%Y%m%d}"))

    def file_name(self, section: Section, day: dt.date, serial: int) -> str:
        """The name of a section's file: one a day; a further input of the same day has its number behind.

        :raises WardopsError: E1306.
        """
        mark = f"_{serial}" if serial > 1 else ""
        text = self.policy["file_name"].format(dept_code=section.code, section=section.name, date=f"{day:%Y%m%d}")
        return names.check(f"{text}{mark}.csv")

    def _column(self, name: str) -> int:
        if name not in self._layout.columns:
            self._problems.append(Problem("E1303", "payment_routing", params={"value": name, "layout": self._layout.name}))
            return 0
        return self._layout.columns.index(name)

    def _expression(self, rule: Mapping[str, Any]) -> Expression:
        before = len(self._problems)
        for item in rule["when"]:
            self._column(item["column"])
        return Expression(rule["when"] if len(self._problems) == before else [], self._layout.columns)

    def _table(self, part: str) -> dict[bytes, list[tuple[Period, int]]]:
        table: dict[bytes, list[tuple[Period, int]]] = {}
        for item in self.policy[part]:
            code = item["code"].encode()
            if code in table:
                self._problems.append(Problem("E1304", "payment_routing", params={"value": item["code"], "first": part}))
            table[code] = self._routes(item["routes"], item["code"])
        return table

    def _routes(self, routes: Sequence[Mapping[str, Any]], owner: str) -> list[tuple[Period, int]]:
        ordered = periods(routes)
        for one, other in overlaps(ordered):
            params = {"owner": owner, "day": other.first, "one": routes[one.index]["dept_code"], "other": routes[other.index]["dept_code"]}
            self._problems.append(Problem("E1300", "payment_routing", params=params))
        return [(period, self._lanes[routes[period.index]["dept_code"]]) for period in ordered]

    def _name(self, name: str) -> None:
        try:
            names.check(name)
        except WardopsError as error:
            self._problems.extend(error.problems)


def _in_force(routes: Iterable[tuple[Period, int]], day: str) -> int:
    return next((lane for period, lane in routes if period.holds(day)), UNROUTED)


def _day(date: bytes) -> str:
    """ISO form of ``YYYYMMDD``; empty for anything that is no day."""
    text = date.decode("ascii", "replace")
    if len(text) != 8 or not (text.isascii() and text.isdigit()):
        return ""
    iso = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    try:
        dt.date.fromisoformat(iso)
    except ValueError:
        return ""
    return iso


def _names(departments: Iterable[Mapping[str, str]], day: str) -> dict[str, str]:
    """The name of each section on the day: of the last row that began by then, else of its first one."""
    found: dict[str, str] = {}
    for row in sorted(departments, key=lambda item: item["valid_from"]):
        if row["valid_from"] <= day or row["code"] not in found:
            found[row["code"]] = row["name"]
    return found


def _digest(policy: Mapping[str, Any], sections: Sequence[tuple[str, str]]) -> str:
    text = json.dumps([policy, sections], ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
