"""Lending and stock: what is done changes the right rows, what is wrong changes nothing, and the sum always holds.

covers: E1010, E1011, E1012, E1013, E1014, E1015, E1016, E1017, E1018, E1019
"""

from __future__ import annotations

import datetime as dt

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.ledger.book import Book
from ansible_collections.ward.ops.plugins.module_utils.ledger.life.engine import Order
from ansible_collections.ward.ops.plugins.module_utils.ledger.registers import movements, ordering
from ansible_collections.ward.ops.plugins.module_utils.ledger.registers.loans import Loans
from ansible_collections.ward.ops.plugins.module_utils.ledger.registers.stock import Stock
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.registers.register_wards import ORDER, TODAY, codes, found, ordered, ward

DUE = dt.date(2026, 12, 1)


def refused(book: Book, act) -> str:  # type: ignore[no-untyped-def]
    """The code of the refusal; the book must be as it was."""
    before = book.changes()
    with pytest.raises(WardopsError) as error:
        act()
    assert [change for change in book.changes() if change.ledger != "numbers"] == [c for c in before if c.ledger != "numbers"]
    return codes(error.value)[0]


def test_a_card_is_lent_extended_and_comes_back() -> None:
    book = ward()
    loan = Loans(book, ORDER).lend("RC-0001", "0105", "d000001", "作業立会い", DUE)
    assert loan["loan_id"] == "LN-2026-0020"  # 19 were given out before
    assert (book.get("loan_items", "RC-0001") or {})["status"] == "lent"
    assert found(book) == []
    assert Loans(book, ORDER).extend(loan["loan_id"], dt.date(2026, 12, 20))["due_date"] == "2026-12-20"
    assert Loans(book, ORDER).give_back(loan["loan_id"])["returned_date"] == TODAY.isoformat()
    assert (book.get("loan_items", "RC-0001") or {})["status"] == "stock"
    assert found(book) == []


def test_an_accessory_takes_its_step_of_life() -> None:
    book = ward()
    loan = Loans(book, ORDER).lend("A0000103", "0101", "d000001", "説明会", DUE)
    assert (book.get("accessories", "A0000103") or {})["status"] == "lent"
    events = [row["transition"] for row in book.find("asset_events", asset_id="A0000103")]
    assert events[-1] == "lend"
    assert found(book) == []
    Loans(book, ORDER).give_back(loan["loan_id"])
    assert (book.get("accessories", "A0000103") or {})["status"] == "stock"
    assert found(book) == []


def test_a_terminal_gets_address_ring_and_return_date() -> None:
    book = ward()
    Loans(book, ORDER).life.things.get("A0000003")
    book.update("terminals", "A0000003", "lgwan", os_version="Windows 11 24H2", os_build="26100.7171")
    loan = Loans(book, ORDER).lend("A0000003", "0101", "d000001", "在宅勤務", DUE)
    row = book.get("terminals", "A0000003", "lgwan") or {}
    assert (row["status"], row["return_due"], row["ring"]) == ("lent", "2026-12-01", "R2")
    assert row["ip"].startswith("10.16.")
    assert found(book) == []
    Loans(book, ORDER).give_back(loan["loan_id"])
    row = book.get("terminals", "A0000003", "lgwan") or {}
    assert (row["status"], row["ip"], row["return_due"]) == ("stock", "", "")


def test_what_cannot_be_lent() -> None:
    book = ward()
    loans = Loans(book, ORDER)
    assert refused(book, lambda: loans.lend("RC-0001", "0105", "d999999", "会議", DUE)) == "E1018"
    assert refused(book, lambda: loans.lend("RC-0001", "0105", "d000001", "会議", dt.date(2026, 11, 21))) == "E1013"
    assert refused(book, lambda: loans.lend("RC-0009", "0105", "d000001", "会議", DUE)) == "E0901"
    assert refused(book, lambda: loans.lend("A0000001", "0105", "d000001", "会議", DUE)) == "E1011"  # in use elsewhere
    loan = loans.lend("RC-0001", "0105", "d000001", "会議", DUE)
    assert refused(book, lambda: loans.lend("RC-0001", "0105", "d000001", "会議", DUE)) == "E1011"
    assert refused(book, lambda: loans.extend(loan["loan_id"], DUE)) == "E1013"
    loans.give_back(loan["loan_id"])
    assert refused(book, lambda: loans.give_back(loan["loan_id"])) == "E1012"
    assert refused(book, lambda: loans.give_back("LN-2026-0099")) == "E1010"


def test_goods_of_an_order_come_in_by_parts() -> None:
    book = ward()
    order = ordered(book)
    stock = Stock(book, ORDER)
    stock.receive(order, 1, 3, "DN-1")
    assert (book.get("stock", "Z00010") or {})["quantity"] == "6"
    assert (book.get("orders", (order, "1")) or {})["status"] == "ordered"
    assert refused(book, lambda: stock.receive(order, 1, 6, "DN-2")) == "E1017"
    stock.receive(order, 1, 5, "DN-2", stamped=True)
    assert (book.get("orders", (order, "1")) or {})["status"] == "closed"
    assert [row["stamped_on"] for row in book.rows("deliveries").values()] == ["", "2026-11-22"]
    assert stock.stamp("CO101", "DN-1") == 1
    assert found(book) == []
    assert refused(book, lambda: stock.receive(order, 9, 1, "DN-3")) == "E1010"
    assert refused(book, lambda: stock.stamp("CO101", "DN-9")) == "E1010"


def test_goods_go_out_and_a_request_is_done() -> None:
    book = ward()
    request = {"request_id": "SR-2026-00001", "date": "2026-11-20", "dept_code": "0101", "stock_id": "Z00011", "quantity": "4"}
    book.put("supply_requests", {**request, "status": "open", "ticket": "CHG-2026-00401"})
    book.put("numbers", {"prefix": "SR-2026-", "last": "1", "given_on": "2026-11-20"})
    stock = Stock(book, ORDER)
    stock.hand_out("SR-2026-00001")
    stock.issue("Z00011", 6, "0105")
    stock.scrap("Z00012", 20)
    assert [(book.get("stock", number) or {})["quantity"] for number in ("Z00011", "Z00012")] == ["30", "5"]
    assert (book.get("supply_requests", "SR-2026-00001") or {})["status"] == "handed"
    assert (book.get("stock_moves", ("Z00011", "2")) or {})["reference"] == "SR-2026-00001"
    assert found(book) == []
    assert refused(book, lambda: stock.issue("Z00011", 31, "0105")) == "E1014"
    assert refused(book, lambda: stock.scrap("Z00012", 6)) == "E1014"
    assert refused(book, lambda: stock.issue("Z00011", 0, "0105")) == "E1019"
    assert refused(book, lambda: stock.hand_out("SR-2026-00001")) == "E1010"
    early = Stock(book, Order(dt.date(2026, 11, 21), "CHG-2026-00500", "helpdesk"))
    assert refused(book, lambda: early.issue("Z00011", 1, "0105")) == "E1015"


def test_stock_from_before_movements_opens_its_chain() -> None:
    book = ward()
    Stock(book, ORDER).issue("Z00001", 1, "0105")
    kinds = [(row["kind"], row["balance"]) for row in book.find("stock_moves", stock_id="Z00001")]
    assert kinds == [("opening", "1"), ("issue", "0")]
    assert found(book) == []


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["Z00010", "Z00011"]), st.integers(-30, 30).filter(bool)), max_size=25))
def test_the_quantity_is_always_the_sum_of_the_movements(steps: list[tuple[str, int]]) -> None:
    book = ward()
    stock = Stock(book, ORDER)
    expected = {"Z00010": 3, "Z00011": 40}
    for stock_id, change in steps:
        if expected[stock_id] + change < 0:
            with pytest.raises(WardopsError):
                stock.move(stock_id, "count", change)
        else:
            stock.move(stock_id, "count", change)
            expected[stock_id] += change
    for stock_id, quantity in expected.items():
        rows = book.find("stock_moves", stock_id=stock_id)
        assert sum(int(row["change"]) for row in rows) == quantity == int((book.get("stock", stock_id) or {})["quantity"])
        assert sorted(int(row["number"]) for row in rows) == list(range(1, len(rows) + 1))


def test_a_list_that_changes_quantities_gets_its_movements() -> None:
    book = ward()
    book.update("stock", "Z00010", quantity="7")
    book.put("stock", {**(book.get("stock", "Z00011") or {}), "stock_id": "Z00020", "quantity": "5", "model": "新"})
    assert movements.settle(book, "CHG-2026-00500", "helpdesk") >= 2
    moves = {(row["stock_id"], row["number"]): (row["kind"], row["change"]) for row in book.rows("stock_moves").values()}
    assert moves["Z00010", "2"] == ("sync", "4")
    assert moves["Z00020", "1"] == ("opening", "5")
    assert found(book) == []
    assert movements.settle(book, "CHG-2026-00500", "helpdesk") == 0


def test_what_is_low_is_proposed_and_ordered_once_for_each_supplier() -> None:
    book = ward()
    proposals = {item.stock["stock_id"]: item for item in ordering.proposals(book)}
    # 3 of 5: up to 10 in units of 4 = 8; nobody sells the mouse; the spare switch is at its reorder point
    assert proposals["Z00010"].quantity == 8
    assert proposals["Z00013"].supply is None
    assert "Z00011" not in proposals
    rows = ordering.place(book, ORDER, DUE)
    assert [(row["order_id"], row["line"], row["model"], row["quantity"], row["price_yen"]) for row in rows] == [
        ("PO-2026-0001", "1", "トナー黒", "8", "9815")
    ]
    assert found(book) == []
    assert ordering.place(book, ORDER, DUE) == []  # what is on order is not ordered again
    assert refused(book, lambda: ordering.place(book, ORDER, DUE, ["Z00013"])) == "E1016"
    assert refused(book, lambda: ordering.place(book, ORDER, DUE, ["Z99999"])) == "E1010"
    assert refused(book, lambda: ordering.place(book, ORDER, dt.date(2026, 11, 1))) == "E1013"


def test_used_goods_are_collected_from_a_number_on() -> None:
    book = ward()
    assert [(item.stock["stock_id"], item.quantity) for item in ordering.collections(book)] == [("Z00012", 25)]
    Stock(book, ORDER).scrap("Z00012", 6)
    assert ordering.collections(book) == []
