"""Organisation and periods: a 課 has one row for any day, and no period ends before it begins."""

from __future__ import annotations

from collections.abc import Iterator

from ...common.problems import Problem
from ..data import Data
from .registry import Rule

#: pairs of columns of which the second is never earlier
_PAIRS = (
    ("valid_from", "valid_to"),
    ("start_date", "end_date"),
    ("end_date", "extended_to"),
    ("assigned_date", "return_due"),
    ("lent_date", "due_date"),
    ("lent_date", "returned_date"),
    ("issued_date", "returned_date"),
    ("registered_date", "checked_date"),
    ("registered_date", "disposed_date"),
    ("since", "until"),
)


def section_periods(data: Data) -> Iterator[Problem]:
    """E0331: two rows of one 課 hold on the same day."""
    departments = data.one("departments")
    last: dict[str, tuple[str, int]] = {}
    rows = sorted(
        (code, begin, end or "9999-12-31", row) for row, (code, begin, end) in enumerate(departments.rows("code", "valid_from", "valid_to"))
    )
    for code, begin, end, row in rows:
        if not code or not begin:
            continue
        if code in last and begin <= last[code][0]:
            yield departments.problem("E0331", row, "valid_from", value=code, first=departments.place(last[code][1]))
        last[code] = max(last.get(code, ("", row)), (end, row))


def dates_in_order(data: Data) -> Iterator[Problem]:
    """E0332: a period that ends before it begins."""
    for files in data.ledgers.values():
        for ledger in files:
            for begin, end in _PAIRS:
                if begin in ledger.columns and end in ledger.columns:
                    for row, (first, last) in enumerate(zip(ledger.columns[begin], ledger.columns[end], strict=True)):
                        if last and first and last < first:
                            yield ledger.problem("E0332", row, end, value=last, begin=first, begin_column=begin)


RULES = (Rule("section_periods", section_periods, ("E0331",)), Rule("dates_in_order", dates_in_order, ("E0332",)))
