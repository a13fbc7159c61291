"""Wards for the tests of registers: the small one in memory, and rows that several tests need."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.ledger.book import Book
from ansible_collections.ward.ops.plugins.module_utils.ledger.life.engine import Order
from ansible_collections.ward.ops.plugins.module_utils.ledger.registers.policy import RegisterPolicy, read_registers

REPOSITORY = Path(__file__).resolve().parents[3]
BASE = REPOSITORY / "tests" / "negative" / "base"
SAMPLE = REPOSITORY / "inventories" / "sample"
TODAY = dt.date(2026, 11, 22)
ORDER = Order(TODAY, "CHG-2026-00500", "helpdesk")


def small(folder: Path) -> Path:
    """A copy of the small ward that can be written."""
    return Path(shutil.copytree(BASE, folder / "ward"))


def stocked(book: Book) -> Book:
    """Toner and cable in stock, two suppliers' terms, used toner, one card, and an order of two lines."""
    stock = {"site": "HON", "place": "A01-01", "counted_on": "2026-10-01"}
    for number, kind, model, quantity, level in (
        ("Z00010", "toner", "トナー黒", 3, 5),
        ("Z00011", "cable", "LAN 5m", 40, 10),
        ("Z00012", "used_toner", "使用済トナー", 25, 0),
        ("Z00013", "mouse", "マウス", 1, 4),
    ):
        book.put(
            "stock", {**stock, "stock_id": number, "kind": kind, "model": model, "quantity": str(quantity), "reorder_level": str(level)}
        )
        move = {
            "stock_id": number,
            "number": "1",
            "date": "2026-04-01",
            "kind": "opening",
            "change": str(quantity),
            "balance": str(quantity),
        }
        book.put("stock_moves", {**move, "role": "helpdesk"})
    for model, supplier, lot, price, collect in (
        ("トナー黒", "CO101", 4, 9815, ""),
        ("LAN 5m", "CO102", 10, 385, ""),
        ("使用済トナー", "CO101", 1, 0, "20"),
    ):
        terms = {
            "model": model,
            "supplier": supplier,
            "lot": str(lot),
            "price_yen": str(price),
            "tax_percent": "10",
            "collect_level": collect,
        }
        book.put("supplies", terms)
    book.put("loan_items", {"asset_id": "RC-0001", "kind": "room_card", "name": "入退室カード 01", "status": "stock"})
    return book


def ordered(book: Book, lines: tuple[tuple[str, str, int], ...] = (("Z00010", "トナー黒", 8), ("Z00012", "使用済トナー", 2))) -> str:
    """An order at CO101; its number."""
    for line, (stock_id, model, quantity) in enumerate(lines, 1):
        row = {
            "order_id": "PO-2026-0001",
            "line": str(line),
            "date": "2026-11-02",
            "supplier": "CO101",
            "stock_id": stock_id,
            "model": model,
        }
        price = {"quantity": str(quantity), "price_yen": "9815", "tax_percent": "10", "due_date": "2026-11-20"}
        book.put("orders", {**row, **price, "status": "ordered", "ticket": "CHG-2026-00400"})
    book.put("numbers", {"prefix": "PO-2026-", "last": "1", "given_on": "2026-11-02"})
    return "PO-2026-0001"


def ward() -> Book:
    return stocked(Book(BASE))


def policy(book: Book) -> RegisterPolicy:
    return read_registers(book)


def codes(error: WardopsError) -> list[str]:
    return [problem.code for problem in error.problems]


def found(book: Book) -> list[str]:
    """Codes that the whole check finds with the pending changes."""
    return [f"{problem.code} {problem.path}" for problem in book.new_problems()]
