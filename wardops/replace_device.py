"""``wardops replace-device``: the ledgers after a dead network device was replaced by a spare."""

from __future__ import annotations

import argparse
from typing import Any

from ._saving import add_arguments


def add_parser(sub: Any) -> None:
    parser: argparse.ArgumentParser = sub.add_parser(
        "replace-device", help="故障したネットワーク機器と予備機の入替え / a spare takes the place of a dead device"
    )
    parser.add_argument("dead", help="故障機の名前 / name of the dead device")
    parser.add_argument("spare", help="予備機の名前 / name of the spare")
    add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    from ansible_collections.ward.ops.plugins.module_utils.ledger.book import Book  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.ledger.life import devices  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.ledger.life.engine import Life, Order  # noqa: PLC0415

    from .life import save_as  # noqa: PLC0415

    book = Book(args.ward)
    life = Life(book, Order(book.today, args.ticket, args.role))
    old, new = devices.replace_device(life, args.dead, args.spare)
    code = save_as(book, args, f"機器交換: {args.dead} {old.thing.id} → {new.thing.id}", "replace_device")
    left = devices.spares_left(life, new.thing.row["model"])
    print(f"予備機の残り: {new.thing.row['model']} {left} 台 / spares left of this model")
    print(
        f"RADIUS: {old.thing.row['mac']} 拒否、{new.thing.row['mac']} 許可（sync_radius.yml で反映）/ reject and accept, by sync_radius.yml"
    )
    return code
