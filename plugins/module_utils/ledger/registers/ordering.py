"""What to order and what to have collected: from the reorder points, by supplier."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from ...common.problems import Problem, WardopsError, fail
from ..allocation import Allocator
from ..book import Book, Row
from ..life.engine import Order
from .engine import low
from .stock import delivered, row_of


@dataclass(frozen=True, slots=True)
class Proposal:
    """One item that should be ordered.

    :param outstanding: pieces that are ordered already and have not come.
    :param quantity: whole order units up to twice the reorder point; 0 when what is outstanding is enough, or nobody sells it.
    """

    stock: Row
    supply: Row | None
    outstanding: int
    quantity: int


def outstanding(book: Book) -> dict[str, int]:
    """Pieces on order by item of stock."""
    came = delivered(book)
    total: dict[str, int] = {}
    for key, row in book.rows("orders").items():
        if row["status"] == "ordered":
            left = int(row["quantity"]) - came.get((key[0], key[1]), 0)
            total[row["stock_id"]] = total.get(row["stock_id"], 0) + max(left, 0)
    return total


def proposals(book: Book) -> list[Proposal]:
    """Everything at or below its reorder point, with what is on order taken into account."""
    coming = outstanding(book)
    found = []
    for item in low(book):
        row = item.row
        supply = book.get("supplies", row["model"])
        on_order = coming.get(row["stock_id"], 0)
        missing = 2 * item.level - item.quantity - on_order
        lot = int(supply["lot"]) if supply else 1
        enough = item.quantity + on_order > item.level
        quantity = 0 if enough or supply is None else -(-missing // lot) * lot
        found.append(Proposal(row, supply, on_order, quantity))
    return found


def place(book: Book, order: Order, due: dt.date, stock_ids: list[str] | None = None) -> list[Row]:
    """Order what is proposed (or only these items), one order for each supplier.

    :raises WardopsError: E0907 (date, ticket, role), E1010 (no such stock), E1016 (nobody sells it; all of them at once),
        E1013 (due before the day of the order).
    """
    order.check(book.today)
    if due < order.date:
        raise fail("E1013", date=due, what_ja="発注日より前です", what="it lies before the day of the order")
    wanted = proposals(book)
    if stock_ids is not None:
        for stock_id in stock_ids:
            row_of(book, "stock", stock_id)
        wanted = [item for item in wanted if item.stock["stock_id"] in stock_ids]
    unknown = [Problem("E1016", "", 0, 0, {"model": item.stock["model"]}) for item in wanted if item.supply is None]
    if unknown and stock_ids is not None:
        raise WardopsError(unknown)
    allocator = Allocator(book, order.ticket)
    numbers: dict[str, str] = {}
    rows: list[Row] = []
    for item in wanted:
        if item.supply is None or not item.quantity:
            continue
        supplier = item.supply["supplier"]
        if supplier not in numbers:
            numbers[supplier] = allocator.number("orders", "order_id", order.date)
        row = {
            "order_id": numbers[supplier],
            "line": str(sum(other["order_id"] == numbers[supplier] for other in rows) + 1),
            "date": order.date.isoformat(),
            "supplier": supplier,
            "stock_id": item.stock["stock_id"],
            "model": item.stock["model"],
            "quantity": str(item.quantity),
            "price_yen": item.supply["price_yen"],
            "tax_percent": item.supply["tax_percent"],
            "due_date": due.isoformat(),
            "status": "ordered",
            "ticket": order.ticket,
        }
        book.put("orders", row)
        rows.append(row)
    return rows


@dataclass(frozen=True, slots=True)
class Collection:
    """Used goods that the supplier should fetch."""

    stock: Row
    supply: Row
    quantity: int
    level: int


def collections(book: Book) -> list[Collection]:
    """Used goods at or above the number at which the supplier collects."""
    found = []
    for row in book.rows("stock").values():
        supply = book.get("supplies", row["model"])
        if supply and supply["collect_level"] and int(row["quantity"]) >= int(supply["collect_level"]):
            found.append(Collection(row, supply, int(row["quantity"]), int(supply["collect_level"])))
    return sorted(found, key=lambda item: (item.supply["supplier"], item.stock["stock_id"]))
