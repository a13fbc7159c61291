"""Goods in and out: every change of a quantity is a movement, and the quantity is the sum of the movements."""

from __future__ import annotations

from functools import cached_property

from ...common.problems import fail
from ..book import Book, Row
from ..life.engine import Order
from .movements import last_moves

#: more than any shelf holds; the schema's own limit
MOST = 100_000


def row_of(book: Book, ledger: str, key: str | tuple[str, ...]) -> Row:
    """:raises WardopsError: E1010 when the ledger (one that all layers share) has no such row."""
    row = book.get(ledger, key)
    if row is None:
        title = book.schema(ledger).document["title"]
        raise fail("E1010", title=title, ledger=ledger, key=key if isinstance(key, str) else " ".join(key))
    return row


class Stock:
    """Moves goods on somebody's order. The book changes; its owner saves it.

    :raises WardopsError: E0907 when date, ticket or role are not usable.
    """

    def __init__(self, book: Book, order: Order) -> None:
        order.check(book.today)
        self.book = book
        self.order = order

    def receive(self, order_id: str, line: int, quantity: int, delivery_id: str, *, stamped: bool = False) -> Row:
        """Goods of an order come in: a delivery, a movement, and the order is closed with its last piece. The movement.

        :param delivery_id: number of the supplier's delivery note.
        :param stamped: the stamped receipt (押捺済受領書) was given back at once.
        :raises WardopsError: E1010 (no such order line), E1017 (more than is outstanding), E1019, E1015.
        """
        _amount(quantity)
        key = (order_id, str(line))
        ordered = row_of(self.book, "orders", key)
        left = int(ordered["quantity"]) - self.delivered.get(key, 0)
        if quantity > left or ordered["status"] == "cancelled":
            raise fail("E1017", order=order_id, order_line=line, left=0 if ordered["status"] == "cancelled" else left, asked=quantity)
        numbers = [int(row["line"]) for row in self.book.find("deliveries", supplier=ordered["supplier"], delivery_id=delivery_id)]
        day = self.order.date.isoformat()
        move = self.move(ordered["stock_id"], "receipt", quantity, reference=delivery_id)
        delivery = {
            "supplier": ordered["supplier"],
            "delivery_id": delivery_id,
            "line": str(max(numbers, default=0) + 1),
            "date": day,
            "order_id": order_id,
            "order_line": str(line),
            "model": ordered["model"],
            "quantity": str(quantity),
            "stamped_on": day if stamped else "",
            "ticket": self.order.ticket,
        }
        self.book.put("deliveries", delivery)
        self.delivered[key] = self.delivered.get(key, 0) + quantity
        if quantity == left:
            self.book.update("orders", key, status="closed")
        return move

    def issue(self, stock_id: str, quantity: int, dept_code: str) -> Row:
        """Goods go out to a section.

        :raises WardopsError: E1010, E1014 (not so many there), E1019, E1015.
        """
        _amount(quantity)
        there = int(row_of(self.book, "stock", stock_id)["quantity"])
        if quantity > there:
            raise fail("E1014", stock_id=stock_id, quantity=there, asked=quantity)
        return self.move(stock_id, "issue", -quantity, dept_code=dept_code)

    def scrap(self, stock_id: str, quantity: int) -> Row:
        """Goods are thrown away, or go to the supplier who collects used ones.

        :raises WardopsError: as :meth:`issue`.
        """
        _amount(quantity)
        return self.move(stock_id, "scrap", -quantity)

    def hand_out(self, request_id: str) -> Row:
        """What a section asked for goes out, and the request is done.

        :raises WardopsError: as :meth:`issue`; E1010 when there is no such request that is open.
        """
        request = row_of(self.book, "supply_requests", request_id)
        if request["status"] != "open":
            raise fail("E1010", title="配付依頼台帳（受付中）", ledger="supply_requests (open)", key=request_id)
        move = self.issue(request["stock_id"], int(request["quantity"]), request["dept_code"])
        self.book.update("supply_requests", request_id, status="handed", handed_on=self.order.date.isoformat())
        self.book.update("stock_moves", (move["stock_id"], move["number"]), reference=request_id)
        return move

    def stamp(self, supplier: str, delivery_id: str) -> int:
        """The stamped receipt of a delivery note came back; the number of lines.

        :raises WardopsError: E1010 when there is no such note.
        """
        rows = self.book.find("deliveries", supplier=supplier, delivery_id=delivery_id)
        if not rows:
            raise fail("E1010", title="納品台帳", ledger="deliveries", key=f"{supplier} {delivery_id}")
        for row in rows:
            self.book.update("deliveries", (supplier, delivery_id, row["line"]), stamped_on=self.order.date.isoformat())
        return len(rows)

    def move(self, stock_id: str, kind: str, change: int, dept_code: str = "", reference: str = "") -> Row:
        """Append a movement and bring the quantity to its balance.

        :raises WardopsError: E1010 (no such stock), E1014 (below nothing), E1015 (before the last movement).
        """
        stock = row_of(self.book, "stock", stock_id)
        row = self._append(stock, kind, change)
        row |= {"dept_code": dept_code, "reference": reference, "ticket": self.order.ticket, "role": self.order.role}
        self.book.put("stock_moves", row)
        self.book.update("stock", stock_id, quantity=row["balance"])
        self._last[stock_id] = row
        return row

    def _append(self, stock: Row, kind: str, change: int) -> Row:
        stock_id, last = stock["stock_id"], self._last.get(stock["stock_id"])
        day = self.order.date.isoformat()
        if last is None and int(stock["quantity"]):
            last = self._open(stock, day)
        if last and last["date"] > day:
            raise fail("E1015", stock_id=stock_id, date=day, last=last["date"])
        balance = (int(last["balance"]) if last else 0) + change
        if balance < 0:
            raise fail("E1014", stock_id=stock_id, quantity=balance - change, asked=-change)
        number = int(last["number"]) + 1 if last else 1
        return {
            "stock_id": stock_id,
            "number": str(number),
            "date": day,
            "kind": kind,
            "change": str(change),
            "balance": str(balance),
        }

    def _open(self, stock: Row, day: str) -> Row:
        """Stock from before movements were recorded: the chain opens with what the ledger knows."""
        quantity = stock["quantity"]
        row = {"stock_id": stock["stock_id"], "number": "1", "date": day, "kind": "opening", "change": quantity, "balance": quantity}
        self.book.put("stock_moves", {**row, "role": self.order.role})
        return row

    @cached_property
    def _last(self) -> dict[str, Row]:
        return last_moves(self.book)

    @cached_property
    def delivered(self) -> dict[tuple[str, str], int]:
        """Pieces delivered by order and line."""
        return delivered(self.book)


def delivered(book: Book) -> dict[tuple[str, str], int]:
    """Pieces delivered by order and line."""
    total: dict[tuple[str, str], int] = {}
    for row in book.rows("deliveries").values():
        key = (row["order_id"], row["order_line"])
        total[key] = total.get(key, 0) + int(row["quantity"])
    return total


def _amount(quantity: int) -> None:
    if not 1 <= quantity <= MOST:
        raise fail("E1019", value=quantity, most=MOST)
