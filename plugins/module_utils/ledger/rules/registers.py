"""Registers: quantities are the sums of their movements, loans are of things that are out, documents belong to orders."""

from __future__ import annotations

from collections.abc import Iterator

from ...common.problems import Problem
from ..data import Data, Ledger
from .registry import Rule

#: states of a thing that somebody has on loan; one that broke or was lost there is still on loan
_OUT = frozenset({"lent", "repair", "lost"})
_THINGS = ("terminals", "accessories", "loan_items")


def quantities_are_sums(data: Data) -> Iterator[Problem]:
    """E1001, E1002: a quantity without movements is left alone (stock from before they were recorded)."""
    for name, schema in data.schemas.items():
        rule = schema.document.get("x-register", {}).get("sum")
        if rule is None:
            continue
        moves, key = data.one(rule["ledger"]), schema.key[0]
        numbers = list(moves.rows(key, "number", rule["column"], rule["running"], "date"))
        last: dict[str, tuple[int, int, str]] = {}
        order = sorted((cells[0], int(cells[1]), row) for row, cells in enumerate(numbers) if all(cells[:4]))
        broken: set[str] = set()
        for item, number, row in order:
            _, _, change, balance, date = numbers[row]
            before = last.get(item, (0, 0, ""))
            fault = _fault(before, (number, int(change), int(balance), date))
            if fault and item not in broken:
                broken.add(item)
                yield moves.problem("E1002", row, "number", value=item, what_ja=fault[0], what=fault[1])
            last[item] = number, int(balance), date
        yield from _totals(data, name, rule["of"], key, {item: value[1] for item, value in last.items() if item not in broken})


def _fault(before: tuple[int, int, str], move: tuple[int, int, int, str]) -> tuple[str, str] | None:
    number, change, balance, date = move
    if number != before[0] + 1:
        return f"番号 {before[0] + 1} がありません", f"number {before[0] + 1} is missing"
    if balance != before[1] + change:
        return f"{before[1]} に {change} を足すと {balance} になりません", f"{before[1]} and {change} do not make {balance}"
    if date and date < before[2]:
        return f"{date} が前の受払日 {before[2]} より前です", f"{date} lies before the movement of {before[2]}"
    return None


def _totals(data: Data, name: str, column: str, key: str, totals: dict[str, int]) -> Iterator[Problem]:
    ledger = data.one(name)
    for row, (item, quantity) in enumerate(ledger.rows(key, column)):
        if item in totals and quantity and int(quantity) != totals[item]:
            yield ledger.problem("E1001", row, column, value=item, quantity=quantity, total=totals[item])


def loans_of_things_that_are_out(data: Data) -> Iterator[Problem]:
    """E1003: a thing lent twice at once. E1004: a loan of something that is not out."""
    loans = data.one("loans")
    states: dict[str, tuple[Ledger, str]] = {}
    for ledger in data.present(*_THINGS):
        for asset_id, status in ledger.rows("asset_id", "status"):
            states[asset_id] = ledger, status
    seen: dict[str, int] = {}
    for row, (asset_id, returned) in enumerate(loans.rows("asset_id", "returned_date")):
        if not asset_id or returned or row in loans.bad.get("returned_date", ()):
            continue
        if asset_id in seen:
            yield loans.problem("E1003", row, "asset_id", value=asset_id, first=loans.place(seen[asset_id]))
            continue
        seen[asset_id] = row
        ledger_state = states.get(asset_id)
        if ledger_state and ledger_state[1] and ledger_state[1] not in _OUT:
            label = ledger_state[0].schema.label("status", ledger_state[1])
            yield loans.problem("E1004", row, "asset_id", value=asset_id, state=label, state_code=ledger_state[1])


def documents_belong_to_orders(data: Data) -> Iterator[Problem]:
    """E1005: a delivery or invoice of no order of its supplier. E1006: more delivered than ordered."""
    orders = data.one("orders")
    if not data.whole("orders", "order_id", "line", "supplier", "quantity"):
        return
    known = {
        (order, line): (supplier, quantity) for order, line, supplier, quantity in orders.rows("order_id", "line", "supplier", "quantity")
    }
    came: dict[tuple[str, str], int] = {}
    for ledger in data.present("deliveries", "invoices"):
        for row, (supplier, order, line, quantity) in enumerate(ledger.rows("supplier", "order_id", "order_line", "quantity")):
            key = (order, line)
            if not (supplier and order and line and quantity):
                continue
            if key not in known or known[key][0] != supplier:
                yield ledger.problem("E1005", row, "order_id", order=order, order_line=line)
            elif ledger.name == "deliveries":
                before = came.get(key, 0)
                came[key] = before + int(quantity)
                if before <= int(known[key][1]) < came[key]:
                    yield ledger.problem("E1006", row, "quantity", order=order, order_line=line, ordered=known[key][1], delivered=came[key])


RULES = (
    Rule("quantities_are_sums", quantities_are_sums, ("E1001", "E1002")),
    Rule("loans_of_things_that_are_out", loans_of_things_that_are_out, ("E1003", "E1004")),
    Rule("documents_belong_to_orders", documents_belong_to_orders, ("E1005", "E1006")),
)
