"""Repairs (III-1-(2)): dispatch to the maker, receipt, hand-over to the section, each with its step of life and the spare."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from ...common.problems import fail
from ..allocation import Allocator
from ..book import Book, Row
from ..life import pairs
from ..life.engine import Life, Order
from .stock import row_of

#: state of a thing that is at the maker's or waits to be handed over
REPAIR = "repair"


class Repairs:
    """Keeps the ledger ``repairs`` on somebody's order.

    :raises WardopsError: E0907 when date, ticket or role are not usable.
    """

    def __init__(self, book: Book, order: Order) -> None:
        self.book = book
        self.order = order
        self.life = Life(book, order)
        self.allocator = Allocator(book, order.ticket)

    def send(
        self, asset_id: str, vendor: str, fault: str, due: dt.date, *, spare_id: str = "", values: Mapping[str, str] | None = None
    ) -> Row:
        """A thing goes to the maker; a spare, if one is named, stands in. A thing that ``life repair`` has sent is only entered.

        :param values: cells of the spare's step.
        :raises WardopsError: E0901 (no such thing), E1032 (it is at the maker's already, or the day is over), E09xx (steps of life).
        """
        thing = self.life.things.get(asset_id)
        standing = next((row for row in self.book.find("repairs", asset_id=thing.id) if not row["handed_on"]), None)
        if standing:
            raise _unfit(
                asset_id, f"修繕 {standing['repair_id']} がまだ終わっていません", f"the repair {standing['repair_id']} is not over"
            )
        if due < self.order.date:
            raise _unfit(asset_id, f"完了予定日 {due} が発送日より前です", f"it cannot be due on {due}, before its dispatch")
        if thing.status != REPAIR:
            pairs.send_to_repair(self.life, thing.id, spare_id, values or {})
        elif spare_id and spare_id != self._spare_of(thing.id):
            raise _unfit(
                asset_id, f"すでに修理中で、代替機は {spare_id} ではありません", f"it is in repair, and {spare_id} is not its spare"
            )
        row = {
            "repair_id": self.allocator.number("repairs", "repair_id", self.order.date),
            "asset_id": thing.id,
            "spare_asset_id": spare_id or self._spare_of(thing.id),
            "vendor": vendor,
            "fault": fault,
            "sent_on": self.order.date.isoformat(),
            "due_date": due.isoformat(),
            "ticket": self.order.ticket,
        }
        self.book.put("repairs", row)
        return row_of(self.book, "repairs", row["repair_id"])

    def receive(self, repair_id: str, cost_yen: int | None = None) -> Row:
        """The maker has sent it back; the section still works with the spare.

        :raises WardopsError: E1010 (no such repair), E1032 (received before, or before its dispatch).
        """
        repair = row_of(self.book, "repairs", repair_id)
        if repair["received_on"]:
            raise _unfit(repair_id, f"{repair['received_on']} に受取済みです", f"it was received on {repair['received_on']}")
        if self.order.date.isoformat() < repair["sent_on"]:
            raise _unfit(repair_id, f"発送日 {repair['sent_on']} より前です", f"it was dispatched on {repair['sent_on']}")
        cells = {"received_on": self.order.date.isoformat()} | ({} if cost_yen is None else {"cost_yen": str(cost_yen)})
        self.book.update("repairs", repair_id, **cells)
        return row_of(self.book, "repairs", repair_id)

    def hand_over(self, repair_id: str, values: Mapping[str, str] | None = None) -> Row:
        """It goes back to work, and its spare to stock. Where ``life repaired`` was there first, only the day is entered.

        :param values: cells of the step back.
        :raises WardopsError: E1010, E1032 (not received yet, handed over before, or before its receipt), E09xx (steps of life).
        """
        repair = row_of(self.book, "repairs", repair_id)
        if not repair["received_on"]:
            raise _unfit(repair_id, "まだ受け取っていません", "it has not been received")
        if repair["handed_on"]:
            raise _unfit(repair_id, f"{repair['handed_on']} に引渡済みです", f"it was handed over on {repair['handed_on']}")
        if self.order.date.isoformat() < repair["received_on"]:
            raise _unfit(repair_id, f"受取日 {repair['received_on']} より前です", f"it was received on {repair['received_on']}")
        if self.life.things.get(repair["asset_id"]).status == REPAIR:
            pairs.back_from_repair(self.life, repair["asset_id"], values or {})
        self.book.update("repairs", repair_id, handed_on=self.order.date.isoformat())
        return row_of(self.book, "repairs", repair_id)

    def _spare_of(self, asset_id: str) -> str:
        event = self.life.last_event(asset_id)
        return event["partner"] if event and event["transition"] == self.life.policy.repair["send"] else ""


def _unfit(subject: str, what_ja: str, what: str) -> Exception:
    return fail("E1032", subject=subject, what_ja=what_ja, what=what)
