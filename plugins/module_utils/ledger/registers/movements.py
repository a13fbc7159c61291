"""Movements of goods as rows: the last one of each item, and one for every quantity that changed without."""

from __future__ import annotations

from ..book import Book, Row

#: a movement that an import from the stock tool implies (I-12-(11))
SYNC = "sync"


def last_moves(book: Book) -> dict[str, Row]:
    """The last movement of every item of stock."""
    last: dict[str, Row] = {}
    for (stock_id, number), row in book.rows("stock_moves").items():
        if stock_id not in last or int(number) > int(last[stock_id]["number"]):
            last[stock_id] = row
    return last


def settle(book: Book, ticket: str, role: str) -> int:
    """Give every pending change of a quantity that came without a movement (an import of the stock tool's list) its movement.

    :return: how many were added. Rows whose cells are no numbers are left alone; the check names them.
    """
    last = last_moves(book)
    added = 0
    for change in book.changes():
        if (
            change.ledger != "stock"
            or change.after is None
            or not change.after["quantity"].isascii()
            or not change.after["quantity"].isdigit()
        ):
            continue
        stock_id, quantity = change.after["stock_id"], int(change.after["quantity"])
        before = last.get(stock_id)
        balance = int(before["balance"]) if before else 0
        if quantity == balance or (before is None and change.before is not None):
            continue
        day = max(book.today.isoformat(), before["date"] if before else "")
        row: Row = {
            "stock_id": stock_id,
            "number": str(int(before["number"]) + 1 if before else 1),
            "date": day,
            "kind": SYNC if before else "opening",
            "change": str(quantity - balance),
            "balance": str(quantity),
            "ticket": ticket,
            "role": role,
        }
        book.put("stock_moves", row)
        added += 1
    return added
