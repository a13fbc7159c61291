"""``wardops paper``: hand-over sheet, return record, order, collection request, setup sheet, notices: PDF and HTML."""

from __future__ import annotations

import argparse
import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._saving import add_ward

if TYPE_CHECKING:
    from ansible_collections.ward.ops.plugins.module_utils.ledger.papers.papers import Paper, Papers


def add_parser(sub: Any) -> None:
    parser: argparse.ArgumentParser = sub.add_parser("paper", help="引渡書などの帳票(PDF・HTML) / papers to sign, send or fill in")
    kinds = parser.add_subparsers(dest="kind", metavar="KIND", required=True)
    handover = kinds.add_parser("handover", help="引渡書 / hand-over sheet")
    handover.add_argument("--loan", action="append", default=[], metavar="LN-…", help="貸出番号 / loan")
    handover.add_argument("--asset", action="append", default=[], metavar="A…", help="資産番号(貸出でない引渡し) / thing without a loan")
    handover.add_argument("--ticket", default="", help="依頼番号 / ticket")
    back = kinds.add_parser("return", help="返却記録 / return record")
    back.add_argument("--loan", action="append", required=True, metavar="LN-…")
    pairing = kinds.add_parser("pairing", help="Bluetooth ペアリング案内 / pairing guide")
    pairing.add_argument("--model", required=True, help="品名 / what is handed out")
    pairing.add_argument("--section", default="", metavar="CODE")
    pairing.add_argument("--quantity", type=int, default=1)
    order = kinds.add_parser("order", help="発注依頼書 / order")
    order.add_argument("order_id")
    collection = kinds.add_parser("collection", help="使用済みの回収依頼書 / request to collect used goods")
    collection.add_argument("supplier", help="業者コード / supplier")
    setup = kinds.add_parser("setup", help="セットアップチェックシート / setup sheet")
    setup.add_argument("asset_id", nargs="+")
    ending = kinds.add_parser("ending", help="契約・許可の終了案内 / notice of contracts and permissions that end")
    ending.add_argument("ledger", help="licenses、leases、room_access、usb_devices …")
    ending.add_argument("--until", type=dt.date.fromisoformat, required=True, metavar="DATE")
    for one in (handover, back, pairing, order, collection, setup, ending):
        add_ward(one)
        one.add_argument("--out", type=Path, default=Path("build/papers"), metavar="FOLDER", help="書き出し先 / folder to write to")
        one.add_argument("--html", action="store_true", help="HTML だけ(PDF を作らない) / only the page")


def run(args: argparse.Namespace) -> int:
    """0; every finding is raised as a WardopsError."""
    from ansible_collections.ward.ops.plugins.module_utils.common.output import write_files  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.ledger.book import Book  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.ledger.papers.papers import Papers  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.ledger.registers.policy import read_registers  # noqa: PLC0415

    book = Book(args.ward)
    paper = _make(Papers(book, read_registers(book)), args)
    files = {f"{paper.name}.html": paper.html.encode()}
    if not args.html:
        files[f"{paper.name}.pdf"] = paper.pdf()
    write_files(args.out, files)
    for name in files:
        print(args.out / name)
    return 0


def _make(papers: Papers, args: argparse.Namespace) -> Paper:
    makers = {
        "handover": lambda: papers.handover(args.asset, args.loan, ticket=args.ticket),
        "return": lambda: papers.return_record(args.loan),
        "pairing": lambda: papers.pairing(args.model, args.section, args.quantity),
        "order": lambda: papers.order(args.order_id),
        "collection": lambda: papers.collection(args.supplier),
        "setup": lambda: papers.setup(args.asset_id),
        "ending": lambda: papers.ending(args.ledger, args.until),
    }
    return makers[args.kind]()
