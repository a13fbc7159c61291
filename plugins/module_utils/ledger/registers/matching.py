"""The three-way match (突合): order, delivery note and invoice, line by line and to the yen.

Documents come in through column profiles (``ledger: deliveries`` or ``invoices``) and become rows of those ledgers when they agree. A
document with a difference is reported and kept out: nothing is paid that nobody ordered, got and had not paid before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...common.problems import Problem, WardopsError
from ..book import Book, Row
from ..intake.profile import load_profile
from ..intake.reading import read_sheet
from ..intake.table import read_records
from ..intake.trial import judge
from ..life.engine import Order
from .money import taxes
from .policy import RegisterPolicy
from .stock import Stock, delivered

Key = tuple[str, str]
#: what a difference is called in the result list
KINDS = {
    "order_unknown": "発注なし",
    "cancelled": "取消済みの発注",
    "supplier": "業者相違",
    "over": "過納",
    "under": "未納・一部納品",
    "price": "単価相違",
    "amount": "金額誤り",
    "tax": "消費税誤り",
    "rate": "税率相違",
    "total": "合計誤り",
    "not_delivered": "未納品の請求",
    "double": "二重請求",
    "not_invoiced": "未請求",
    "receipt": "受領書未返却",
}
#: told, but no reason to keep a document out
HARMLESS = frozenset({"under", "not_invoiced", "receipt"})


@dataclass(frozen=True, slots=True)
class Difference:
    """One finding.

    :param document: number of the delivery note or invoice; empty for a finding about the order itself.
    :param expected: as the order and the deliveries say; ``found``: as the document says. Numbers or yen, as text.
    """

    kind: str
    supplier: str
    order: str
    line: str
    document: str
    what: str
    expected: str
    found: str

    @property
    def blocks(self) -> bool:
        return self.kind not in HARMLESS


def read_documents(book: Book, path: Path, profile: str, ledger: str) -> list[Row]:
    """Rows of a document list; a row that cannot be read is an error, because a part of an invoice is no invoice.

    :param ledger: ``deliveries`` or ``invoices``: what the profile must fill.
    :raises WardopsError: E0701-E0735 (file, titles, cells), E0717/E0718 (profile), E02xx/E03xx (what the ledger would refuse).
    """
    plan = load_profile(profile, book.ward, book.schemas.ledgers)
    if plan.ledger != ledger:
        what = {"what_ja": f"台帳 {plan.ledger} の取込定義です（{ledger} が必要）", "what": f"it fills {plan.ledger}, not {ledger}"}
        raise WardopsError(Problem("E0718", profile, 0, 0, what))
    records = read_records(read_sheet(path, plan.sheet, plan.encoding, plan.delimiter), plan, book)
    schema = book.schema(ledger)
    problems: list[Problem] = []
    rows: list[Row] = []
    numbers: dict[Key, int] = {}
    for record in records.rows:
        problems += record.problems
        row = dict.fromkeys(schema.columns, "") | dict(plan.defaults) | record.values | dict(plan.constants)
        document = (row.get("supplier", ""), row[schema.key[1]])
        numbers[document] = numbers.get(document, 0) + 1
        row["line"] = row["line"] or str(numbers[document])
        rows.append(row)
    for index, faults in judge(book, schema, "", rows).items():
        if not records.rows[index].problems:
            problems += [Problem(one.code, records.rows[index].place, 0, 0, one.params) for _, one in faults]
    if problems:
        raise WardopsError(problems)
    return rows


class Match:
    """Compares documents with a ward's orders.

    :param book: its ledgers, with what was taken in before.
    """

    def __init__(self, book: Book, policy: RegisterPolicy) -> None:
        self.book = book
        self.policy = policy
        self.orders: dict[Key, Row] = {(key[0], key[1]): row for key, row in book.rows("orders").items()}
        self.came = delivered(book)
        self.invoiced: dict[Key, int] = {}
        for row in book.rows("invoices").values():
            key = (row["order_id"], row["order_line"])
            self.invoiced[key] = self.invoiced.get(key, 0) + int(row["quantity"])

    def deliveries(self, rows: Sequence[Row]) -> list[Difference]:
        """What is wrong with delivery notes that have not been taken in yet; one taken in before is no difference."""
        found: list[Difference] = []
        came = dict(self.came)
        for row in rows:
            if self.known_delivery(row):
                continue
            key = (row["order_id"], row["order_line"])
            order, wrong = self._order(row, row["delivery_id"])
            found += wrong
            if order is None:
                continue
            came[key] = came.get(key, 0) + int(row["quantity"])
            if came[key] > int(order["quantity"]):
                found.append(_difference("over", row, row["delivery_id"], order["quantity"], str(came[key])))
            elif came[key] < int(order["quantity"]):
                found.append(_difference("under", row, row["delivery_id"], order["quantity"], str(came[key])))
        return found

    def known_delivery(self, row: Row) -> bool:
        """The same line of the same note, with the same content, is in the ledger already."""
        same = self.book.get("deliveries", (row["supplier"], row["delivery_id"], row["line"]))
        return same is not None and all(same[name] == row[name] for name in ("order_id", "order_line", "quantity"))

    def invoices(self, rows: Sequence[Row]) -> list[Difference]:
        """What is wrong with invoices: each line against order and deliveries, then tax and total of each invoice."""
        found: list[Difference] = []
        invoiced = dict(self.invoiced)
        for number, lines in _documents(rows, "invoice_id"):
            first = lines[0]
            if any(self.book.find("invoices", supplier=first["supplier"], invoice_id=number)):
                found.append(_difference("double", first, number, "", first["total_yen"], what="取込済みの請求書番号"))
                continue
            for row in lines:
                found += self._line(row, invoiced)
            found += self._sums(number, lines)
        return found

    def _line(self, row: Row, invoiced: dict[Key, int]) -> list[Difference]:
        number = row["invoice_id"]
        key = (row["order_id"], row["order_line"])
        order, found = self._order(row, number)
        if int(row["amount_yen"]) != (amount := int(row["quantity"]) * int(row["price_yen"])):
            found.append(_difference("amount", row, number, str(amount), row["amount_yen"]))
        if order is None:
            return found
        if row["price_yen"] != order["price_yen"]:
            found.append(_difference("price", row, number, order["price_yen"], row["price_yen"]))
        if row["tax_percent"] != order["tax_percent"] or int(row["tax_percent"]) not in self.policy.tax_percents:
            found.append(_difference("rate", row, number, order["tax_percent"], row["tax_percent"]))
        before = invoiced.get(key, 0)
        invoiced[key] = before + int(row["quantity"])
        came = self.came.get(key, 0)
        if invoiced[key] > came:
            kind = "double" if before and before >= came else "not_delivered"
            found.append(_difference(kind, row, number, str(came - before), row["quantity"]))
        return found

    def _sums(self, number: str, lines: Sequence[Row]) -> list[Difference]:
        """The tax of each rate and the total, as this supplier rounds."""
        first = lines[0]
        supplier = self.policy.suppliers.get(first["supplier"])
        right = taxes([(int(row["amount_yen"]), int(row["tax_percent"])) for row in lines], supplier.rounding if supplier else "down")
        found = []
        for percent, expected in right.items():
            for row in (row for row in lines if int(row["tax_percent"]) == percent and int(row["tax_yen"]) != expected):
                found.append(_difference("tax", row, number, str(expected), row["tax_yen"], what=f"{percent}%対象"))
                break
        total = sum(int(row["amount_yen"]) for row in lines) + sum(right.values())
        wrong = next((row for row in lines if int(row["total_yen"]) != total), None)
        if wrong is not None:
            found.append(_difference("total", wrong, number, str(total), wrong["total_yen"]))
        return found

    def _order(self, row: Row, document: str) -> tuple[Row | None, list[Difference]]:
        order = self.orders.get((row["order_id"], row["order_line"]))
        if order is None:
            return None, [_difference("order_unknown", row, document, "", f"{row['order_id']} 明細{row['order_line']}")]
        if order["supplier"] != row["supplier"]:
            return None, [_difference("supplier", row, document, order["supplier"], row["supplier"])]
        wrong = [_difference("cancelled", row, document, "", row["order_id"])] if order["status"] == "cancelled" else []
        return order, wrong

    def standing(self) -> list[Difference]:
        """What is still open without any new document: late or partial deliveries, deliveries without invoice, receipts not back."""
        found = []
        for (order_id, line), order in sorted(self.orders.items(), key=lambda item: (item[0][0], int(item[0][1]))):
            base = {**order, "order_line": line}
            ordered, came, paid = int(order["quantity"]), self.came.get((order_id, line), 0), self.invoiced.get((order_id, line), 0)
            if order["status"] == "ordered" and came < ordered:
                found.append(_difference("under", base, "", str(ordered), str(came), what=f"納期 {order['due_date']}"))
            if came > paid:
                found.append(_difference("not_invoiced", base, "", str(came), str(paid)))
        for row in sorted(self.book.rows("deliveries").values(), key=lambda row: (row["date"], row["delivery_id"], row["line"])):
            if not row["stamped_on"]:
                found.append(_difference("receipt", row, row["delivery_id"], "", "", what=f"納品日 {row['date']}"))
        return found


def _documents(rows: Iterable[Row], number: str) -> list[tuple[str, list[Row]]]:
    """Documents with their lines, in the order in which they come; a number belongs to its supplier."""
    found: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        found.setdefault((row["supplier"], row[number]), []).append(row)
    return [(key[1], lines) for key, lines in found.items()]


def _difference(kind: str, row: Row, document: str, expected: str, found: str, *, what: str = "") -> Difference:
    note = what or row.get("model", "")
    return Difference(kind, row["supplier"], row["order_id"], row["order_line"], document, note, expected, found)


def take_in(book: Book, ledger: str, rows: Sequence[Row], differences: Sequence[Difference], order: Order) -> list[str]:
    """Put documents without blocking differences into their ledger; deliveries also move the goods. Numbers of what was taken in."""
    number = "delivery_id" if ledger == "deliveries" else "invoice_id"
    blocked = {(item.supplier, item.document) for item in differences if item.blocks}
    stock = Stock(book, order)
    taken: list[str] = []
    for row in rows:
        if (row["supplier"], row[number]) in blocked or book.get(ledger, (row["supplier"], row[number], row["line"])):
            continue
        if ledger == "deliveries":
            stock.receive(row["order_id"], int(row["order_line"]), int(row["quantity"]), row["delivery_id"])
        else:
            book.put(ledger, {**row, "ticket": order.ticket})
        if row[number] not in taken:
            taken.append(row[number])
    return taken
