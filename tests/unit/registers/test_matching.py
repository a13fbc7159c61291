"""Order, delivery note and invoice, as files: each difference is found and named, and nothing is taken in or paid twice.

covers: E1027
"""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.ledger.book import Book
from ansible_collections.ward.ops.plugins.module_utils.ledger.registers.matching import Difference, Match, read_documents, take_in
from ansible_collections.ward.ops.plugins.module_utils.ledger.registers.money import tax, taxes
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.registers.register_wards import ORDER, codes, found, ordered, policy, ward

NOTE = "業者コード,納品書番号,納品日,発注番号,発注明細,品名,数量,単価,担当者\n"
BILL = "業者コード,請求書番号,請求日,発注番号,発注明細,品名,数量,単価,金額,税率,消費税額,請求額\n"


def notes(book: Book, folder: Path, *lines: str) -> list[Difference]:
    """Read delivery notes, compare and take in what agrees."""
    path = folder / "納品書.csv"
    path.write_bytes((NOTE + "\n".join(lines) + "\n").encode("cp932"))
    rows = read_documents(book, path, "delivery_notes", "deliveries")
    differences = Match(book, policy(book)).deliveries(rows)
    take_in(book, "deliveries", rows, differences, ORDER)
    return differences


def bills(book: Book, folder: Path, *lines: str) -> list[Difference]:
    path = folder / "請求書.csv"
    path.write_bytes((BILL + "\n".join(lines) + "\n").encode("utf-8-sig"))
    rows = read_documents(book, path, "invoices", "invoices")
    differences = Match(book, policy(book)).invoices(rows)
    take_in(book, "invoices", rows, differences, ORDER)
    return differences


def kinds(differences: list[Difference]) -> list[str]:
    return [item.kind for item in differences]


@pytest.fixture
def book() -> Book:
    made = ward()
    ordered(made)
    return made


def test_a_partial_delivery_an_invoice_to_the_yen_and_the_rest(book: Book, tmp_path: Path) -> None:
    first = notes(book, tmp_path, "CO101,DN-1,令和8年11月10日,PO-2026-0001,1,トナー黒,３個,9815,合成 太郎".replace("個", ""))
    assert kinds(first) == ["under"]
    assert (first[0].expected, first[0].found) == ("8", "3")
    assert (book.get("stock", "Z00010") or {})["quantity"] == "6"
    # 3 × 9,815 = 29,445; 10 % = 2,944.5, this supplier rounds down
    assert bills(book, tmp_path, 'CO101,B-1,2026/11/15,PO-2026-0001,1,トナー黒,3,"9,815","29,445円",10%,"2,944","32,389"') == []
    standing = {(item.kind, item.line): (item.expected, item.found) for item in Match(book, policy(book)).standing()}
    assert standing["under", "1"] == ("8", "3")
    assert ("receipt", "1") in standing
    assert ("not_invoiced", "1") not in standing
    assert kinds(notes(book, tmp_path, "CO101,DN-2,2026-11-21,PO-2026-0001,1,トナー黒,5,9815,")) == []
    assert (book.get("orders", ("PO-2026-0001", "1")) or {})["status"] == "closed"
    assert found(book) == []


def test_the_same_files_again_change_nothing(book: Book, tmp_path: Path) -> None:
    line = "CO101,DN-1,2026-11-10,PO-2026-0001,1,トナー黒,8,9815,"
    bill = "CO101,B-1,2026-11-15,PO-2026-0001,1,トナー黒,8,9815,78520,10,7852,86372"
    assert (notes(book, tmp_path, line), bills(book, tmp_path, bill)) == ([], [])
    before = [change.after for change in book.changes()]
    assert notes(book, tmp_path, line) == []
    again = bills(book, tmp_path, bill)
    assert [(item.kind, item.blocks, item.what) for item in again] == [("double", True, "取込済みの請求書番号")]
    assert [change.after for change in book.changes()] == before


BAD_NOTES = {
    "over": "CO101,DN-1,2026-11-10,PO-2026-0001,1,トナー黒,9,9815,",
    "order_unknown": "CO101,DN-1,2026-11-10,PO-2026-0777,1,トナー黒,1,9815,",
    "supplier": "CO102,DN-1,2026-11-10,PO-2026-0001,1,トナー黒,1,9815,",
}


@pytest.mark.parametrize("kind", BAD_NOTES)
def test_a_wrong_delivery_note_stays_out(kind: str, book: Book, tmp_path: Path) -> None:
    assert kinds(notes(book, tmp_path, BAD_NOTES[kind])) == [kind]
    assert book.rows("deliveries") == {}
    assert (book.get("stock", "Z00010") or {})["quantity"] == "3"


BAD_BILLS = {
    "price": "CO101,B-1,2026-11-15,PO-2026-0001,1,トナー黒,8,9820,78560,10,7856,86416",
    "amount": "CO101,B-1,2026-11-15,PO-2026-0001,1,トナー黒,8,9815,78530,10,7853,86383",
    "tax": "CO101,B-1,2026-11-15,PO-2026-0001,1,トナー黒,8,9815,78520,10,7853,86372",
    "total": "CO101,B-1,2026-11-15,PO-2026-0001,1,トナー黒,8,9815,78520,10,7852,86373",
    "rate": "CO101,B-1,2026-11-15,PO-2026-0001,1,トナー黒,8,9815,78520,8,6281,84801",
    "not_delivered": "CO101,B-1,2026-11-15,PO-2026-0001,1,トナー黒,9,9815,88335,10,8833,97168",
    "order_unknown": "CO101,B-1,2026-11-15,PO-2026-0001,7,トナー黒,1,9815,9815,10,981,10796",
}


@pytest.mark.parametrize("kind", BAD_BILLS)
def test_a_wrong_invoice_stays_out(kind: str, book: Book, tmp_path: Path) -> None:
    notes(book, tmp_path, "CO101,DN-1,2026-11-10,PO-2026-0001,1,トナー黒,8,9815,")
    assert kinds(bills(book, tmp_path, BAD_BILLS[kind])) == [kind]
    assert book.rows("invoices") == {}


def test_goods_that_were_invoiced_under_another_number_are_a_double_invoice(book: Book, tmp_path: Path) -> None:
    notes(book, tmp_path, "CO101,DN-1,2026-11-10,PO-2026-0001,1,トナー黒,8,9815,")
    line = "PO-2026-0001,1,トナー黒,8,9815,78520,10,7852,86372"
    assert bills(book, tmp_path, f"CO101,B-1,2026-11-15,{line}") == []
    assert kinds(bills(book, tmp_path, f"CO101,B-2,2026-11-16,{line}")) == ["double"]
    twice = bills(book, tmp_path, f"CO101,B-3,2026-11-16,{line}", f"CO101,B-4,2026-11-16,{line}")
    assert kinds(twice) == ["double", "double"]


def test_an_invoice_of_several_lines_is_taxed_once_for_each_rate(book: Book, tmp_path: Path) -> None:
    notes(
        book,
        tmp_path,
        "CO101,DN-1,2026-11-10,PO-2026-0001,1,トナー黒,3,9815,",
        "CO101,DN-1,2026-11-10,PO-2026-0001,2,使用済トナー,1,9815,",
    )
    # 29,445 + 9,815 = 39,260 → tax 3,926; line by line it would be 2,944 + 981 = 3,925
    head = "CO101,B-1,2026-11-15,PO-2026-0001"
    right = bills(book, tmp_path, f"{head},1,トナー黒,3,9815,29445,10,3926,43186", f"{head},2,使用済トナー,1,9815,9815,10,3926,43186")
    assert right == []
    assert len(book.rows("invoices")) == 2


def test_a_row_that_cannot_be_read_refuses_the_file(book: Book, tmp_path: Path) -> None:
    with pytest.raises(WardopsError) as error:
        bills(book, tmp_path, "CO101,B-1,2026-11-15,PO-2026-0001,1,トナー黒,8,9815,78520,10,7852,8637E+1")
    assert codes(error.value) == ["E0205"]
    with pytest.raises(WardopsError) as error:
        read_documents(book, tmp_path / "請求書.csv", "delivery_notes", "invoices")
    assert codes(error.value) == ["E0718"]
    assert book.rows("invoices") == {}


@pytest.mark.parametrize(
    ("amount", "percent", "rounding", "expected"),
    [
        (29445, 10, "down", 2944),
        (29445, 10, "half_up", 2945),
        (29445, 10, "up", 2945),
        (29441, 10, "up", 2945),
        (100, 8, "down", 8),
        (-29445, 10, "down", -2944),
        (-29445, 10, "half_up", -2945),
        (0, 10, "up", 0),
        (1, 8, "half_up", 0),
        (7, 8, "half_up", 1),
    ],
)
def test_tax(amount: int, percent: int, rounding: str, expected: int) -> None:
    assert tax(amount, percent, rounding) == expected


@given(st.lists(st.tuples(st.integers(-(10**9), 10**9), st.sampled_from([0, 8, 10])), max_size=20))
def test_rounding_moves_less_than_a_yen_for_each_rate(lines: list[tuple[int, int]]) -> None:
    down, near, up = (taxes(lines, rounding) for rounding in ("down", "half_up", "up"))
    for percent in down:
        exact = sum(amount for amount, rate in lines if rate == percent) * percent
        assert abs(down[percent]) <= abs(near[percent]) <= abs(up[percent])
        assert abs(down[percent] * 100) <= abs(exact) <= abs(up[percent] * 100)
        assert all(abs(value[percent] * 100 - exact) < 100 for value in (down, near, up))
        assert abs(near[percent] * 100 - exact) <= 50
