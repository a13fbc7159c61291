"""A small ward without errors, and what the tests of the life of equipment share."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.ledger import saving
from ansible_collections.ward.ops.plugins.module_utils.ledger.allocation import settle
from ansible_collections.ward.ops.plugins.module_utils.ledger.book import Book
from ansible_collections.ward.ops.plugins.module_utils.ledger.life.engine import Life, Order
from ansible_collections.ward.ops.plugins.module_utils.ledger.schema import Schemas, load_schemas

REPOSITORY = Path(__file__).resolve().parents[3]
SAMPLE = REPOSITORY / "inventories" / "sample"
TODAY = dt.date(2026, 11, 22)
TICKET = "CHG-2026-00900"
SYSTEM = {"os_version": "Windows 11 25H2", "os_build": "26200.7171"}
SCHEMAS: Schemas = load_schemas(REPOSITORY / "schemas")


def order(date: dt.date = TODAY) -> Order:
    return Order(date, TICKET, "helpdesk")


def book_of(root: Path) -> Book:
    return Book(root, SCHEMAS)


def life_of(root: Path, date: dt.date = TODAY) -> Life:
    return Life(book_of(root), order(date))


def keep(book: Book) -> None:
    """Check as ``make check`` does, and save."""
    settle(book, TICKET)
    assert [problem.render() for problem in book.new_problems()] == []
    saving.to_files(book)


def codes(error: pytest.ExceptionInfo[WardopsError]) -> list[str]:
    return [problem.code for problem in error.value.problems]


def set_today(root: Path, date: str) -> None:
    """Another day dawns in the ward."""
    path = root / "policies" / "ward.yml"
    lines = [f"as_of: {date}" if line.startswith("as_of:") else line for line in path.read_text(encoding="utf-8").splitlines()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
