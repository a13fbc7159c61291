"""``wardops move``: moves of terminals, planned from a list, carried out on their day, with papers for those who carry and wire."""

from __future__ import annotations

import argparse
import datetime as dt
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._saving import add_arguments, add_ward
from .life import order_of, save_as

if TYPE_CHECKING:
    from ansible_collections.ward.ops.plugins.module_utils.ledger.book import Book


def add_parser(sub: Any) -> None:
    parser: argparse.ArgumentParser = sub.add_parser("move", help="端末の移動 / moves of terminals")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    plan = actions.add_parser("plan", help="移動一覧を計画にする / plan the moves of a list")
    plan.add_argument("list", type=Path, help="移動一覧(CSV または xlsx) / the list")
    apply = actions.add_parser("apply", help="その日の移動を台帳に反映する / carry out the moves of a day")
    cancel = actions.add_parser("cancel", help="予定を取り消す / cancel planned moves")
    for one in (apply, cancel):
        one.add_argument("asset_id", nargs="+" if one is cancel else "*", help="省略時はその日の全部 / default: all of the day")
        one.add_argument("--date", type=dt.date.fromisoformat, required=True, help="移動日 / day of the moves")
    for one in (plan, apply, cancel):
        add_arguments(one)
    listing = actions.add_parser("list", help="予定の一覧 / planned moves")
    add_ward(listing)
    papers = actions.add_parser("papers", help="作業指示書と配線作業一覧 / work sheets and wiring list of a day")
    add_ward(papers)
    papers.add_argument("--date", type=dt.date.fromisoformat, required=True)
    papers.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    papers.add_argument("--pdf", action="store_true", help="PDF も作る / PDF too")


def run(args: argparse.Namespace) -> int:
    from ansible_collections.ward.ops.plugins.module_utils.ledger.book import Book  # noqa: PLC0415 - start-up speed

    actions = {"plan": _plan, "apply": _apply, "cancel": _cancel, "list": _list, "papers": _papers}
    return actions[args.action](Book(args.ward), args)


def _plan(book: Book, args: argparse.Namespace) -> int:
    from ansible_collections.ward.ops.plugins.module_utils.ledger.life import moving  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.ledger.life.movelist import read_moves  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.ledger.life.things import read_life  # noqa: PLC0415

    policy = read_life(book)
    made = moving.plan(book, policy, read_moves(book, policy, args.list), order_of(book, args))
    days = Counter(row["move_date"] for row in made.planned)
    code = save_as(book, args, f"端末移動の計画: {len(made.planned)}台", "move_plan")
    for day, count in sorted(days.items()):
        print(f"{day}: {count} 台 / {count} terminals")
    taken = sum(bool(row["takes_over"]) for row in made.planned)
    print(f"計画 {len(made.planned)} 件、計画済み {len(made.known)} 件 / planned {len(made.planned)}, known {len(made.known)}")
    if taken:
        print(f"満杯の階へは、先に出る端末のアドレスを引き継ぎます: {taken} 件 / addresses handed over: {taken}")
    if made.unwired:
        print(f"空きポートがなく、業者が現地で決めるもの: {len(made.unwired)} 件 / without a free port: {len(made.unwired)}")
    return code


def _apply(book: Book, args: argparse.Namespace) -> int:
    from ansible_collections.ward.ops.plugins.module_utils.ledger.life import moving  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.ledger.life.engine import Life  # noqa: PLC0415

    events = moving.apply(Life(book, order_of(book, args)), args.asset_id)
    return save_as(book, args, f"端末移動の実施: {args.date} {len(events)}台", "move_apply")


def _cancel(book: Book, args: argparse.Namespace) -> int:
    from ansible_collections.ward.ops.plugins.module_utils.ledger.life import moving  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.ledger.life.engine import Order  # noqa: PLC0415

    rows = moving.cancel(book, args.date, args.asset_id, Order(book.today, args.ticket, args.role))
    return save_as(book, args, f"端末移動の取消: {args.date} {len(rows)}台", "move_cancel")


def _list(book: Book, _: argparse.Namespace) -> int:
    days: dict[str, Counter[str]] = {}
    for row in book.find("moves", state="planned"):
        days.setdefault(row["move_date"], Counter())[f"{row['to_site']} {row['to_floor']}階"] += 1
    for day, places in sorted(days.items()):
        print(f"{day}: {places.total()} 台（{'、'.join(f'{place} {count}' for place, count in sorted(places.items()))}）")
    total = sum(places.total() for places in days.values())
    print(f"予定 {total} 件 / {total} planned")
    return 0


def _papers(book: Book, args: argparse.Namespace) -> int:
    from ansible_collections.ward.ops.plugins.module_utils.common import report  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.common.files import write_atomic  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.ledger.life import moving, papers  # noqa: PLC0415

    date = args.date.isoformat()
    rows = moving.select(book, date)
    lines = papers.wiring_rows(book, rows, date)
    pages = {f"端末移動作業指示書_{date}": papers.work_sheets(book, rows, date), f"配線作業一覧_{date}": papers.wiring_page(lines, date)}
    files = {f"{name}.html": text.encode() for name, text in pages.items()}
    files[f"配線作業一覧_{date}.csv"] = papers.wiring_sheet(lines)
    if args.pdf:
        files |= {f"{name}.pdf": report.pdf(text) for name, text in pages.items()}
    args.out.mkdir(parents=True, exist_ok=True)
    for name, data in sorted(files.items()):
        write_atomic(args.out / name, data)
        print(f"作成 / made: {args.out / name}")
    return 0
