"""``wardops allocate``: the next numbers, names and addresses; ``settle`` records numbers that came into the ledgers by hand."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from . import _saving

if TYPE_CHECKING:
    from ansible_collections.ward.ops.plugins.module_utils.ledger.allocation import Allocator


def add_parser(sub: Any) -> None:
    parser: argparse.ArgumentParser = sub.add_parser("allocate", help="採番とアドレスの割当 / give out numbers, names and addresses")
    what = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    number = what.add_parser("number", help="台帳の次の番号 / next numbers of a ledger (terminals asset_id, loans loan_id …)")
    number.add_argument("ledger")
    number.add_argument("column")
    name = what.add_parser("name", help="次のコンピュータ名 / next computer names")
    name.add_argument("--layer", required=True)
    name.add_argument("--form", required=True, help="note, desktop, tablet")
    name.add_argument("--fiscal-year", type=int, required=True, help="購入年度 / fiscal year of purchase")
    address = what.add_parser("address", help="空きアドレスと VLAN / free addresses and their VLAN; not reserved until a row holds it")
    address.add_argument("--layer", required=True)
    address.add_argument("--site", required=True)
    address.add_argument("--floor", required=True)
    address.add_argument("--zone", default="floor", help="floor, setup, printer (default: floor)")
    settle = what.add_parser("settle", help="手で付けた番号を採番台帳に記録 / record numbers that were made up by hand")
    for one in (number, name, address, settle):
        _saving.add_arguments(one)
        if one is not settle:
            one.add_argument("--count", type=int, default=1, help="個数 / how many (default: 1)")


def run(args: argparse.Namespace) -> int:
    from ansible_collections.ward.ops.plugins.module_utils.ledger import allocation  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.ledger.book import Book  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.ledger.saving import Message  # noqa: PLC0415

    book = Book(args.ward)
    if args.what == "settle":
        allocation.record_all(book, args.ticket)
    else:
        give = allocation.Allocator(book, args.ticket)
        for _ in range(args.count):
            print(_next(give, args))
        if args.what == "address":
            return 0
    message = Message("採番する", ticket=args.ticket, role=args.role, operation="allocate")
    return _saving.save(book, args, message)


def _next(give: Allocator, args: argparse.Namespace) -> str:
    if args.what == "number":
        return give.number(args.ledger, args.column)
    if args.what == "name":
        return give.computer_name(args.layer, args.form, args.fiscal_year)
    ip, vlan = give.address(args.layer, args.site, args.floor, args.zone)
    return f"{ip} VLAN {vlan}"
