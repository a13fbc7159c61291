"""Personal data never enters: no 個人番号, no mail addresses in any cell, no names in free text; no columns for them in any schema.

The value itself is never repeated in a message.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator

from ...common.problems import Problem
from ..data import Data, Ledger
from ..personal import individual_numbers, is_personal_name, mail_addresses
from ..persons import FREE_TEXT, has_person_name
from .registry import Rule


def no_individual_numbers(data: Data) -> Iterator[Problem]:
    """E0397: twelve digits with the check digit of a 個人番号, in any policy and any cell of any ledger except MAC addresses."""
    for policy in data.policies.values():
        for offset, _ in individual_numbers(policy.text):
            line = policy.text.count("\n", 0, offset) + 1
            yield Problem("E0397", policy.path, line, offset - policy.text.rfind("\n", 0, offset), {"column": "-"})
    for files in data.ledgers.values():
        for ledger in files:
            macs = {name for name in ledger.schema.columns if name.startswith("mac")}
            for offset, _ in individual_numbers(ledger.table.text):
                problem, column = _locate(ledger, "E0397", offset)
                if column not in macs:
                    yield problem


def no_mail_addresses(data: Data) -> Iterator[Problem]:
    """E0399: a mail address in a ledger."""
    for files in data.ledgers.values():
        for ledger in files:
            for offset in mail_addresses(ledger.table.text):
                yield _locate(ledger, "E0399", offset)[0]


def no_person_names(data: Data) -> Iterator[Problem]:
    """E0394: what reads as a person's name, in the columns of free text."""
    for files in data.ledgers.values():
        for ledger in files:
            for name, cells in ledger.columns.items():
                if ledger.schema.resolve(ledger.schema.properties[name]).get("pattern") != FREE_TEXT:
                    continue
                if named := {cell for cell in set(cells) if has_person_name(cell)}:
                    yield from (ledger.problem("E0394", row, name) for row, cell in enumerate(cells) if cell in named)


def _locate(ledger: Ledger, code: str, offset: int) -> tuple[Problem, str]:
    """The problem at a place in the file's text, and the column that it is in (empty when the row could not be read)."""
    text = ledger.table.text
    line = text.count("\n", 0, offset) + 1
    character = offset - text.rfind("\n", 0, offset)
    lines = ledger.table.lines
    row = bisect.bisect_right(lines, line) - 1
    column = ""
    if row >= 0:
        for name in ledger.table.header:
            problem = ledger.table.problem(code, row, name)
            if (problem.line, problem.column) > (line, character):
                break
            column = name
    return Problem(code, ledger.path, line, character, {"column": column or "-", "title": ledger.schema.title(column)}), column


def no_personal_columns(data: Data) -> Iterator[Problem]:
    """E0398: a schema that defines a column for personal data."""
    for files in data.ledgers.values():
        for name in files[0].schema.columns:
            if is_personal_name(name):
                yield Problem("E0398", files[0].schema.path, 0, 0, {"column": name, "ledger": files[0].name, "near": "-"})


RULES = (
    Rule("no_individual_numbers", no_individual_numbers, ("E0397",)),
    Rule("no_mail_addresses", no_mail_addresses, ("E0399",)),
    Rule("no_person_names", no_person_names, ("E0394",)),
    Rule("no_personal_columns", no_personal_columns, ("E0398",)),
)
