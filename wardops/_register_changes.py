"""The parts of ``wardops register`` that change ledgers."""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import _register_repairs
from ._saving import add_arguments, save

if TYPE_CHECKING:
    from ansible_collections.ward.ops.plugins.module_utils.ledger.book import Book
    from ansible_collections.ward.ops.plugins.module_utils.ledger.life.engine import Order
    from ansible_collections.ward.ops.plugins.module_utils.ledger.registers.policy import RegisterPolicy

_LOANS = ("lend", "return", "extend")
_STOCK = ("receive", "issue", "hand-out", "stamp", "scrap")
ACTIONS = (*_LOANS, *_STOCK, *_register_repairs.ACTIONS, "order", "match", "count")


def add_parsers(actions: Any) -> None:
    parsers = [*_loan_parsers(actions), *_stock_parsers(actions), *_register_repairs.add_parsers(actions, _day)]
    order = actions.add_parser("order", help="発注点を下回った品目を発注する / order what is at its reorder point")
    order.add_argument("stock_id", nargs="*", help="この在庫だけ(省略時は全て) / these only")
    order.add_argument("--due", type=_day, required=True, metavar="DATE", help="納期 / day by which it shall come")
    match = actions.add_parser("match", help="発注・納品・請求の突合 / match orders, delivery notes and invoices")
    match.add_argument("--deliveries", type=Path, metavar="FILE", help="納品書の一覧 / list of delivery notes")
    match.add_argument("--deliveries-profile", default="delivery_notes", metavar="NAME")
    match.add_argument("--invoices", type=Path, metavar="FILE", help="請求書の一覧 / list of invoices")
    match.add_argument("--invoices-profile", default="invoices", metavar="NAME")
    count = actions.add_parser("count", help="棚卸表を取り込む / take in a filled in count sheet")
    count.add_argument("ledger")
    count.add_argument("file", type=Path)
    for parser in (match, count):
        parser.add_argument("--csv", type=Path, metavar="FILE", help="差異の一覧 / list of differences")
        parser.add_argument("--html", type=Path, metavar="FILE")
        parser.add_argument("--encoding", choices=("utf-8-sig", "cp932"), default="utf-8-sig")
    for parser in (*parsers, order, match, count):
        parser.add_argument("--date", type=_day, metavar="DATE", help="日付(省略時は基準日) / day (default: today)")
        add_arguments(parser)


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} は日付ではありません(例 2026-11-22) / is no date") from None


def _loan_parsers(actions: Any) -> list[argparse.ArgumentParser]:
    lend = actions.add_parser("lend", help="貸し出す / lend")
    lend.add_argument("asset_id")
    lend.add_argument("--section", required=True, metavar="CODE", help="借りる課 / section")
    lend.add_argument("--staff", required=True, metavar="ID", help="借受者の職員番号 / staff id")
    lend.add_argument("--purpose", required=True, help="目的(氏名は書かない) / purpose, no name")
    back = actions.add_parser("return", help="返却を受ける / take back")
    extend = actions.add_parser("extend", help="返却予定日を延ばす / extend a loan")
    for parser in (back, extend):
        parser.add_argument("loan_id")
    for parser in (lend, extend):
        parser.add_argument("--due", type=_day, required=True, metavar="DATE", help="返却予定日 / day by which it comes back")
    return [lend, back, extend]


def _stock_parsers(actions: Any) -> list[argparse.ArgumentParser]:
    receive = actions.add_parser("receive", help="発注した品を受け取る / goods of an order come in")
    receive.add_argument("order_id")
    receive.add_argument("line", type=int)
    receive.add_argument("quantity", type=int)
    receive.add_argument("--note", required=True, metavar="NUMBER", help="納品書番号 / number of the delivery note")
    receive.add_argument("--stamped", action="store_true", help="受領書に押印してその場で返した / the stamped receipt went back at once")
    issue = actions.add_parser("issue", help="課に払い出す / goods go out to a section")
    issue.add_argument("stock_id")
    issue.add_argument("quantity", type=int)
    issue.add_argument("--section", required=True, metavar="CODE")
    scrap = actions.add_parser("scrap", help="廃棄する・回収に出す / scrap, or hand to the collector")
    scrap.add_argument("stock_id")
    scrap.add_argument("quantity", type=int)
    hand = actions.add_parser("hand-out", help="配付依頼の品を渡す / hand out what was asked for")
    hand.add_argument("request_id")
    stamp = actions.add_parser("stamp", help="押捺済受領書が戻った / the stamped receipt came back")
    stamp.add_argument("supplier")
    stamp.add_argument("note")
    return [receive, issue, scrap, hand, stamp]


def run(book: Book, policy: RegisterPolicy, args: argparse.Namespace) -> int:
    from ansible_collections.ward.ops.plugins.module_utils.ledger.life.engine import Order  # noqa: PLC0415 - start-up speed

    order = Order(args.date or book.today, args.ticket, args.role)
    if args.action == "match":
        return _match(book, policy, args, order)
    if args.action == "count":
        return _count(book, args, order)
    if args.action in _LOANS:
        subject = _loan(book, args, order)
    elif args.action in _register_repairs.ACTIONS:
        subject = _register_repairs.run(book, args, order)
    elif args.action == "order":
        subject = _order(book, args, order)
    else:
        subject = _stock(book, args, order)
    return _save(book, args, subject)


def _save(book: Book, args: argparse.Namespace, subject: str) -> int:
    from ansible_collections.ward.ops.plugins.module_utils.ledger.saving import Message  # noqa: PLC0415 - start-up speed

    return save(book, args, Message(subject, "", args.ticket, args.role, f"register_{args.action.replace('-', '_')}"))


def _loan(book: Book, args: argparse.Namespace, order: Order) -> str:
    from ansible_collections.ward.ops.plugins.module_utils.ledger.registers.loans import Loans  # noqa: PLC0415 - start-up speed

    loans = Loans(book, order)
    if args.action == "lend":
        row = loans.lend(args.asset_id, args.section, args.staff, args.purpose, args.due)
        return f"貸出: {row['asset_id']} {row['loan_id']} 返却予定 {row['due_date']}"
    if args.action == "return":
        row = loans.give_back(args.loan_id)
        return f"返却: {row['asset_id']} {row['loan_id']}"
    row = loans.extend(args.loan_id, args.due)
    return f"貸出延長: {row['loan_id']} 返却予定 {row['due_date']}"


def _stock(book: Book, args: argparse.Namespace, order: Order) -> str:
    from ansible_collections.ward.ops.plugins.module_utils.ledger.registers.stock import Stock  # noqa: PLC0415 - start-up speed

    stock = Stock(book, order)
    if args.action == "receive":
        move = stock.receive(args.order_id, args.line, args.quantity, args.note, stamped=args.stamped)
        return f"入庫: {move['stock_id']} {move['change']} 個 {args.order_id}"
    if args.action == "issue":
        stock.issue(args.stock_id, args.quantity, args.section)
        return f"払出: {args.stock_id} {args.quantity} 個 課 {args.section}"
    if args.action == "scrap":
        stock.scrap(args.stock_id, args.quantity)
        return f"廃棄・回収: {args.stock_id} {args.quantity} 個"
    if args.action == "hand-out":
        move = stock.hand_out(args.request_id)
        return f"配付: {args.request_id} {move['stock_id']}"
    stock.stamp(args.supplier, args.note)
    return f"押捺済受領書: {args.supplier} {args.note}"


def _order(book: Book, args: argparse.Namespace, order: Order) -> str:
    from ansible_collections.ward.ops.plugins.module_utils.ledger.registers import ordering  # noqa: PLC0415 - start-up speed

    rows = ordering.place(book, order, args.due, args.stock_id or None)
    numbers = sorted({row["order_id"] for row in rows})
    print(f"発注 {len(numbers)} 件、明細 {len(rows)} 件 / {len(numbers)} orders, {len(rows)} lines")
    return f"発注: {'、'.join(numbers[:3])} 明細 {len(rows)} 件"


def _match(book: Book, policy: RegisterPolicy, args: argparse.Namespace, order: Order) -> int:
    """Delivery notes first: an invoice is compared with what has come by then."""
    from ansible_collections.ward.ops.plugins.module_utils.common.problems import Problem  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.ledger.registers import lists, matching  # noqa: PLC0415

    from .register import show  # noqa: PLC0415 - register imports this module

    found: list[matching.Difference] = []
    taken: list[str] = []
    for ledger, path, profile in (
        ("deliveries", args.deliveries, args.deliveries_profile),
        ("invoices", args.invoices, args.invoices_profile),
    ):
        if path:
            rows = matching.read_documents(book, path, profile, ledger)
            match = matching.Match(book, policy)
            new = match.deliveries(rows) if ledger == "deliveries" else match.invoices(rows)
            taken += matching.take_in(book, ledger, rows, new, order)
            found += new
    blocking = sum(item.blocks for item in found)
    if not args.deliveries and not args.invoices:
        found = matching.Match(book, policy).standing()
    show(book, args, lists.differences(found, policy))
    print(f"取込む書類 {len(taken)} 件 / {len(taken)} documents")
    code = _save(book, args, f"突合: {'、'.join(taken[:5])}") if taken else 0
    if blocking:
        print(Problem("E1027", "", 0, 0, {"count": blocking}).render(), file=sys.stderr)
        return 1
    return code


def _count(book: Book, args: argparse.Namespace, order: Order) -> int:
    from ansible_collections.ward.ops.plugins.module_utils.ledger.registers import counting, lists  # noqa: PLC0415 - start-up speed

    from .register import show  # noqa: PLC0415 - register imports this module

    lines = counting.compare(book, args.ledger, args.file)
    show(book, args, lists.counted(book, args.ledger, lines))
    if not args.ticket:
        print("差異を台帳に反映するには --ticket を指定してください / give --ticket to bring the ledger to what was counted")
        return 0
    made = counting.adjust(book, args.ledger, lines, order)
    return _save(book, args, f"棚卸: {book.schema(args.ledger).document['title']} 調整 {made} 件")
