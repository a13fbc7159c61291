"""``wardops register repair-…``: the ledger of repairs."""

from __future__ import annotations

import argparse
import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ansible_collections.ward.ops.plugins.module_utils.ledger.book import Book
    from ansible_collections.ward.ops.plugins.module_utils.ledger.life.engine import Order

ACTIONS = ("repair-send", "repair-receive", "repair-hand-over")


def add_parsers(actions: Any, day: Callable[[str], dt.date]) -> list[argparse.ArgumentParser]:
    """The subcommands, without the arguments that all changes have."""
    send = actions.add_parser(ACTIONS[0], help="修理に発送する / dispatch to the maker")
    send.add_argument("asset_id")
    send.add_argument("--vendor", required=True, help="修理業者 / company")
    send.add_argument("--fault", required=True, help="症状(氏名は書かない) / what is broken, no name")
    send.add_argument("--due", type=day, required=True, metavar="DATE", help="完了予定日 / day by which it is back")
    send.add_argument("--spare", default="", metavar="ASSET", help="代替機 / the spare that stands in")
    receive = actions.add_parser(ACTIONS[1], help="修理から受け取る / it came back from the maker")
    receive.add_argument("--cost", type=_yen, metavar="YEN", help="費用(税込) / cost with tax")
    hand = actions.add_parser(ACTIONS[2], help="課に引き渡す(代替機も戻る) / hand over to the section; the spare comes back")
    for parser in (receive, hand):
        parser.add_argument("repair_id")
    for parser in (send, hand):
        parser.add_argument("--set", action="append", default=[], metavar="COLUMN=VALUE", help="列の値 / cells of the step")
    return [send, receive, hand]


def _yen(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise argparse.ArgumentTypeError(f"{text!r} は円の金額ではありません(例 12100) / is no amount of yen")
    return int(text)


def run(book: Book, args: argparse.Namespace, order: Order) -> str:
    """Make the change; the subject of its message."""
    from ansible_collections.ward.ops.plugins.module_utils.ledger.registers.repairs import Repairs  # noqa: PLC0415 - start-up speed

    from .life import values_of  # noqa: PLC0415

    repairs = Repairs(book, order)
    if args.action == "repair-send":
        row = repairs.send(args.asset_id, args.vendor, args.fault, args.due, spare_id=args.spare, values=values_of(args.set))
        return f"修繕発送: {row['asset_id']} {row['repair_id']} 完了予定 {row['due_date']}"
    if args.action == "repair-receive":
        row = repairs.receive(args.repair_id, args.cost)
        return f"修繕受取: {row['asset_id']} {row['repair_id']}"
    row = repairs.hand_over(args.repair_id, values_of(args.set))
    return f"修繕引渡: {row['asset_id']} {row['repair_id']}"
