"""Repairs: dispatch, receipt and hand-over, in this order, with the steps of life and the spare.

covers: E1032
"""

from __future__ import annotations

import datetime as dt

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.ledger.book import Book
from ansible_collections.ward.ops.plugins.module_utils.ledger.life import pairs
from ansible_collections.ward.ops.plugins.module_utils.ledger.life.engine import Life, Order
from ansible_collections.ward.ops.plugins.module_utils.ledger.registers.repairs import Repairs

from tests.unit.registers.register_wards import BASE, ORDER, TODAY, codes, found

DUE = dt.date(2026, 12, 10)
SYSTEM = {"os_version": "Windows 11 25H2", "os_build": "26200.7171"}


@pytest.fixture
def book() -> Book:
    """The small ward with a spare in stock."""
    made = Book(BASE)
    made.update("terminals", "A0000003", "lgwan", status="stock", ip="", vlan="", ring="", **SYSTEM)
    return made


def states(book: Book) -> tuple[str, str]:
    one, other = ((book.get("terminals", asset_id, "lgwan") or {})["status"] for asset_id in ("A0000001", "A0000003"))
    return one, other


def test_the_thing_goes_out_with_a_spare_and_comes_back_step_by_step(book: Book) -> None:
    sent = Repairs(book, ORDER).send("A0000001", "合成保守サービス", "画面の破損", DUE, spare_id="A0000003")
    assert (sent["asset_id"], sent["spare_asset_id"], sent["due_date"]) == ("A0000001", "A0000003", "2026-12-10")
    assert states(book) == ("repair", "lent")
    received = Repairs(book, ORDER).receive(sent["repair_id"], 12_100)
    assert (received["received_on"], received["cost_yen"], received["handed_on"]) == (TODAY.isoformat(), "12100", "")
    assert states(book) == ("repair", "lent")  # the section still works with the spare
    handed = Repairs(book, ORDER).hand_over(sent["repair_id"])
    assert handed["handed_on"] == TODAY.isoformat()
    assert states(book)[0] == "active" and states(book)[1] == "stock"
    assert [event["transition"] for event in book.find("asset_events", asset_id="A0000001")][-2:] == ["send_repair", "return_repair"]
    again = Repairs(book, ORDER).send("A0000001", "合成保守サービス", "画面の破損", DUE)
    assert again["repair_id"] > sent["repair_id"]


def test_the_ledger_follows_steps_that_were_taken_without_it(book: Book) -> None:
    """``life repair`` and ``life repaired`` came first: the ledger is only brought up to date, no step is taken twice."""
    pairs.send_to_repair(Life(book, ORDER), "A0000001", "A0000003", {})
    events = len(book.find("asset_events", asset_id="A0000001"))
    with pytest.raises(WardopsError) as error:
        Repairs(book, ORDER).send("A0000001", "合成保守サービス", "画面の破損", DUE, spare_id="A0000002")
    assert codes(error.value) == ["E1032"]
    sent = Repairs(book, ORDER).send("A0000001", "合成保守サービス", "画面の破損", DUE)
    assert sent["spare_asset_id"] == "A0000003"
    assert len(book.find("asset_events", asset_id="A0000001")) == events
    pairs.back_from_repair(Life(book, ORDER), "A0000001", {})
    Repairs(book, ORDER).receive(sent["repair_id"])
    events = len(book.find("asset_events", asset_id="A0000001"))
    assert Repairs(book, ORDER).hand_over(sent["repair_id"])["handed_on"] == TODAY.isoformat()
    assert len(book.find("asset_events", asset_id="A0000001")) == events


def test_what_is_sent_has_a_clean_check(book: Book) -> None:
    book = Book(BASE)
    Repairs(book, ORDER).send("A0000002", "合成保守サービス", "電源が入らない", DUE)
    # the small ward has one terminal in the pilot ring; a ring that is now too small says so, and nothing else is wrong
    assert {code.split()[0] for code in found(book)} <= {"E0372"}


def test_steps_out_of_order_change_nothing(book: Book) -> None:
    repairs = Repairs(book, ORDER)
    yesterday = Order(TODAY - dt.timedelta(days=1), ORDER.ticket, ORDER.role)

    def refused(call) -> list[str]:  # type: ignore[no-untyped-def]
        before = book.changes()
        with pytest.raises(WardopsError) as error:
            call()
        assert [change for change in book.changes() if change.ledger != "numbers"] == [c for c in before if c.ledger != "numbers"]
        return codes(error.value)

    assert refused(lambda: repairs.send("A0000001", "合成保守サービス", "破損", TODAY - dt.timedelta(days=1))) == ["E1032"]
    assert refused(lambda: repairs.send("A9999999", "合成保守サービス", "破損", DUE)) == ["E0901"]
    assert refused(lambda: repairs.receive("RP-2026-9999")) == ["E1010"]
    sent = repairs.send("A0000001", "合成保守サービス", "破損", DUE)["repair_id"]
    assert refused(lambda: repairs.send("A0000001", "合成保守サービス", "破損", DUE)) == ["E1032"]
    assert refused(lambda: repairs.hand_over(sent)) == ["E1032"]
    assert refused(lambda: Repairs(book, yesterday).receive(sent)) == ["E1032"]
    repairs.receive(sent)
    assert refused(lambda: repairs.receive(sent)) == ["E1032"]
    assert refused(lambda: Repairs(book, yesterday).hand_over(sent)) == ["E1032"]
    repairs.hand_over(sent)
    assert refused(lambda: repairs.hand_over(sent)) == ["E1032"]
