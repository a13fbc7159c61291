"""Lending, taking back and extending: terminals, accessories, cards and sets alike."""

from __future__ import annotations

import datetime as dt

from ...common.problems import fail
from ..allocation import Allocator
from ..book import Book, Row
from ..life.engine import Life, Order
from .stock import row_of

#: ledgers of things that are lent, in the order in which a number is looked for
_POOL = ("loan_items",)
LENT = "lent"


class Loans:
    """Lends on somebody's order. Equipment takes its step of life (``policies/life.yml``) with it: address, ring, follow-ups.

    :raises WardopsError: E0907 when date, ticket or role are not usable.
    """

    def __init__(self, book: Book, order: Order) -> None:
        self.book = book
        self.order = order
        self.life = Life(book, order)
        self.allocator = Allocator(book, order.ticket)

    def lend(self, asset_id: str, dept_code: str, staff_id: str, purpose: str, due: dt.date) -> Row:
        """A new loan.

        :raises WardopsError: E1010/E0901 (no such thing), E1011 (not in stock), E1013 (due date), E1018 (borrower), E09xx (step of life).
        """
        day = self.order.date.isoformat()
        if due < self.order.date:
            raise fail("E1013", date=due, what_ja="貸出日より前です", what="it lies before the day of the loan")
        self._person(staff_id, day)
        open_loan = next((row for row in self.book.find("loans", asset_id=asset_id) if not row["returned_date"]), None)
        if open_loan:
            raise fail("E1011", asset_id=asset_id, state=f"貸出中 {open_loan['loan_id']}", state_code=f"lent in {open_loan['loan_id']}")
        self._take_out(asset_id, dept_code, due)
        row = {
            "loan_id": self.allocator.number("loans", "loan_id", self.order.date),
            "asset_id": asset_id,
            "dept_code": dept_code,
            "staff_id": staff_id,
            "purpose": purpose,
            "lent_date": day,
            "due_date": due.isoformat(),
            "returned_date": "",
            "ticket": self.order.ticket,
        }
        self.book.put("loans", row)
        return row

    def give_back(self, loan_id: str) -> Row:
        """A thing comes back; it goes to stock.

        :raises WardopsError: E1010, E1012 (came back before), E09xx.
        """
        loan = self._open(loan_id)
        asset_id = loan["asset_id"]
        ledger = self._pool(asset_id)
        if ledger:
            self.book.update(ledger, asset_id, status="stock")
        elif self.life.things.get(asset_id).status == LENT:
            self.life.take(asset_id, "take_back")
        self.book.update("loans", loan_id, returned_date=self.order.date.isoformat())
        return row_of(self.book, "loans", loan_id)

    def extend(self, loan_id: str, due: dt.date) -> Row:
        """A later due date; the step back is only in the history.

        :raises WardopsError: E1010, E1012, E1013 (not later than the present one, or in the past).
        """
        loan = self._open(loan_id)
        if due.isoformat() <= loan["due_date"]:
            raise fail(
                "E1013", date=due, what_ja=f"今の返却予定日 {loan['due_date']} 以前です", what=f"it is due on {loan['due_date']} now"
            )
        if due < self.book.today:
            raise fail("E1013", date=due, what_ja="過ぎた日です", what="it is over")
        self.book.update("loans", loan_id, due_date=due.isoformat())
        thing = self.life.things.find(loan["asset_id"])
        if thing is not None and "return_due" in thing.row:
            self.book.update(thing.kind.ledger, thing.key, thing.layer, return_due=due.isoformat())
        return row_of(self.book, "loans", loan_id)

    def _take_out(self, asset_id: str, dept_code: str, due: dt.date) -> None:
        ledger = self._pool(asset_id)
        if ledger:
            item = row_of(self.book, ledger, asset_id)
            if item["status"] != "stock":
                label = self.book.schema(ledger).label("status", item["status"])
                raise fail("E1011", asset_id=asset_id, state=label, state_code=item["status"])
            self.book.update(ledger, asset_id, status=LENT)
            return
        thing = self.life.things.get(asset_id)
        if thing.status not in ("stock", "setup"):
            raise fail("E1011", asset_id=asset_id, state=self.life.things.state(thing), state_code=thing.status)
        places = {"dept_code": dept_code} if "dept_code" in thing.row and "site" in thing.row else {}
        self.life.take(asset_id, "lend", places)
        if "return_due" in thing.row:
            self.book.update(thing.kind.ledger, thing.key, thing.layer, return_due=due.isoformat())

    def _pool(self, asset_id: str) -> str:
        return next((ledger for ledger in _POOL if self.book.get(ledger, asset_id) is not None), "")

    def _person(self, staff_id: str, day: str) -> None:
        for layer in self.book.files("users"):
            row = self.book.get("users", staff_id, layer)
            if row and row["valid_from"] <= day and (not row["valid_to"] or day <= row["valid_to"]):
                return
        raise fail("E1018", staff_id=staff_id, date=day)

    def _open(self, loan_id: str) -> Row:
        loan = row_of(self.book, "loans", loan_id)
        if loan["returned_date"]:
            raise fail("E1012", loan_id=loan_id, date=loan["returned_date"])
        return loan


def thing_row(book: Book, asset_id: str) -> tuple[str, Row]:
    """Ledger and row of something that can be lent.

    :raises WardopsError: E1010 when no ledger has it.
    """
    for ledger in ("terminals", "accessories", *_POOL):
        layer = book.locate(ledger, asset_id)
        if layer is not None:
            found = book.get(ledger, asset_id, layer)
            if found is not None:
                return ledger, found
    raise fail("E1010", title="端末・付属品・貸出品", ledger="terminals, accessories, loan_items", key=asset_id)
