"""``wardops register``: loans, stock, orders, licences, leases, media, room access: lists, and what changes them."""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import _register_changes
from ._saving import add_ward

if TYPE_CHECKING:
    from ansible_collections.ward.ops.plugins.module_utils.ledger.book import Book
    from ansible_collections.ward.ops.plugins.module_utils.ledger.pages.tables import Report
    from ansible_collections.ward.ops.plugins.module_utils.ledger.registers.policy import RegisterPolicy

#: name of a list → what it is; each is also a file name
LISTS = {
    "overdue": "期限切れの返却・納期・受領書 / overdue",
    "due": "期限が近い返却・納期 / due soon",
    "expiring": "終了が近い契約・許可 / contracts and permissions that end soon",
    "reorder": "発注点を下回った在庫 / stock at its reorder point",
    "collection": "使用済みの回収依頼 / used goods to be collected",
    "pools": "ライセンスのプール / pools of licences",
    "leases": "リース終了予定(四半期別) / lease ends by quarter, and what hangs on them",
    "leavers": "退職者の入室許可・貸出 / what people who have left still hold",
    "orders": "納品・請求・受領書の残り / deliveries, invoices and receipts outstanding",
}


def add_parser(sub: Any) -> None:
    parser: argparse.ArgumentParser = sub.add_parser("register", help="貸出・在庫・契約などの管理簿 / registers: loans, stock, contracts")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, text in LISTS.items():
        listing = actions.add_parser(name, help=text)
        listing.add_argument("--within", type=int, metavar="DAYS", help="この日数以内 / days that count as soon (default: registers.yml)")
        listing.add_argument("--until", type=dt.date.fromisoformat, metavar="DATE", help="この日までの退職 / people who leave by this day")
        _outputs(listing)
        listing.add_argument("--fail", action="store_true", help="要対応があれば終了コード 1 / exit code 1 when something needs attention")
    every = actions.add_parser("report", help="全ての一覧をフォルダへ / all lists into a folder")
    add_ward(every)
    every.add_argument("--out", type=Path, default=Path("build/registers"), metavar="FOLDER")
    every.add_argument("--encoding", choices=("utf-8-sig", "cp932"), default="utf-8-sig")
    every.add_argument("--dry-run", action="store_true", help="何も書かない / write nothing")
    every.add_argument("--fail", action="store_true", help="要対応があれば終了コード 1 / exit code 1 when something needs attention")
    _join_parsers(actions)
    _register_changes.add_parsers(actions)


def _outputs(parser: argparse.ArgumentParser) -> None:
    add_ward(parser)
    parser.add_argument("--csv", type=Path, metavar="FILE")
    parser.add_argument("--html", type=Path, metavar="FILE")
    parser.add_argument("--encoding", choices=("utf-8-sig", "cp932"), default="utf-8-sig", help="CSV の文字コード / encoding of the CSV")


def _join_parsers(actions: Any) -> None:
    seldom = actions.add_parser("seldom", help="使用履歴の低い端末 / terminals that are seldom used")
    seldom.add_argument(
        "--export", action="append", default=[], metavar="SOURCE=FILE", help="ad=… wsus=… skysea=…(ある分だけ) / as far as there are"
    )
    seldom.add_argument("--layer", action="append", default=[], metavar="LAYER", help="この系統だけ / this layer only")
    installed = actions.add_parser("installed", help="ライセンスと導入台数 / licences against installations")
    installed.add_argument("--export", action="append", default=[], type=Path, required=True, metavar="FILE")
    cards = actions.add_parser("cards", help="異動時のカード回収一覧 / print cards to collect at transfers")
    cards.add_argument("--from", dest="first", type=dt.date.fromisoformat, required=True, metavar="DATE")
    cards.add_argument("--to", dest="last", type=dt.date.fromisoformat, required=True, metavar="DATE")
    sheet = actions.add_parser("count-sheet", help="棚卸表 / a sheet to count with")
    sheet.add_argument("ledger", help="stock、media、loan_items、print_cards")
    for parser in (seldom, installed, cards, sheet):
        _outputs(parser)


def run(args: argparse.Namespace) -> int:
    """0; 1 with ``--fail`` when something needs attention, or when a change was refused."""
    from ansible_collections.ward.ops.plugins.module_utils.ledger.book import Book  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.ledger.registers.policy import read_registers  # noqa: PLC0415

    book = Book(args.ward)
    policy = read_registers(book)
    if args.action in _register_changes.ACTIONS:
        return _register_changes.run(book, policy, args)
    if args.action == "report":
        return _report(book, policy, args)
    joins = {"seldom": _seldom, "installed": _installed, "cards": _cards, "count-sheet": _count_sheet}
    make = joins.get(args.action)
    report = make(book, policy, args) if make else lists(book, policy, args.within, args.until)[args.action]()
    return show(book, args, report)


def lists(book: Book, policy: RegisterPolicy, within: int | None = None, until: dt.date | None = None) -> dict[str, Any]:
    """The lists by name, each made when it is called."""
    from ansible_collections.ward.ops.plugins.module_utils.ledger.registers import lists as made  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.ledger.registers import matching, ordering  # noqa: PLC0415

    days = {kind: number if within is None else within for kind, number in policy.warn_days.items()}
    return {
        "overdue": lambda: made.overdue(book),
        "due": lambda: made.due_soon(book, days["due"]),
        "expiring": lambda: made.expiring(book, days["end"]),
        "reorder": lambda: made.reorder(book, ordering.proposals(book), policy),
        "collection": lambda: made.collection(ordering.collections(book), policy),
        "pools": lambda: made.pools(book),
        "leases": lambda: made.lease_ends(book),
        "leavers": lambda: made.leavers(book, until),
        "orders": lambda: made.differences(matching.Match(book, policy).standing(), policy, "orders", "納品・請求・受領書の残り"),
    }


def show(book: Book, args: argparse.Namespace, report: Report) -> int:
    """The list on the terminal, and in the files that were asked for."""
    from ansible_collections.ward.ops.plugins.module_utils.common.files import write_atomic  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.common.report import sheet  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.ledger.registers.lists import pack  # noqa: PLC0415

    print(f"{report.title}（基準日 {book.today}）{report.note}")
    print("\t".join(report.header))
    for index, row in enumerate(report.rows):
        print("\t".join(str(cell) for cell in row) + ("\t要対応" if index in report.warn else ""))
    print(f"{len(report.rows)} 件、うち要対応 {len(report.warn)} 件 / {len(report.rows)} entries, {len(report.warn)} need attention")
    if args.csv:
        write_atomic(args.csv, sheet(report.header, report.rows, args.encoding))
    if args.html:
        write_atomic(args.html, pack(book, [report], report.title)["registers.html"])
    return attention([report]) if getattr(args, "fail", False) else 0


def attention(reports: list[Report]) -> int:
    """1, and a message that names the lists, when one of them has something that needs attention."""
    from ansible_collections.ward.ops.plugins.module_utils.common.problems import Problem  # noqa: PLC0415 - start-up speed

    found = [report for report in reports if report.warn]
    if not found:
        return 0
    count = sum(len(report.warn) for report in found)
    params = {"count": count, "lists": "、".join(report.title for report in found), "lists_en": ", ".join(report.name for report in found)}
    print(Problem("E1030", "", 0, 0, params).render(), file=sys.stderr)
    return 1


def _report(book: Book, policy: RegisterPolicy, args: argparse.Namespace) -> int:
    from ansible_collections.ward.ops.plugins.module_utils.common.output import differing, write_files  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.ledger.registers.lists import pack  # noqa: PLC0415

    reports = [make() for make in lists(book, policy).values()]
    files = pack(book, reports, "管理簿の一覧", args.encoding)
    changed = {Path(change.path).name for change in differing(args.out, files)}
    for report in reports:
        total, warn = len(report.rows), len(report.warn)
        print(f"{report.title}: {total} 件、うち要対応 {warn} 件 / {report.name}: {total}, {warn}")
    if args.dry_run:
        print(f"{args.out}: {len(changed)} ファイルが変わります / {len(changed)} files would change")
    else:
        write_files(args.out, {name: data for name, data in files.items() if name in changed})
        print(f"{args.out}: {len(files)} ファイル中 {len(changed)} 書込み / {len(changed)} of {len(files)} files written")
    return attention(reports) if args.fail else 0


def _seldom(book: Book, policy: RegisterPolicy, args: argparse.Namespace) -> Report:
    from ansible_collections.ward.ops.plugins.module_utils.ledger.registers import lists as made  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.ledger.registers import seldom  # noqa: PLC0415

    exports = []
    for text in args.export:
        code, _, file = text.partition("=")
        exports.append(seldom.read_seen(Path(file), policy.source(code)))
    for problem in [problem for export in exports for problem in export.unreadable][:20]:
        print(problem.render(), file=sys.stderr)
    return made.seldom(book, policy, exports, seldom.seldom(book, policy, exports, args.layer or None))


def _installed(book: Book, policy: RegisterPolicy, args: argparse.Namespace) -> Report:
    from ansible_collections.ward.ops.plugins.module_utils.ledger.registers import installed  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.ledger.registers import lists as made  # noqa: PLC0415

    found = installed.read_installations(book, policy, args.export)
    return made.installed(installed.compare(book, found), found)


def _cards(book: Book, _policy: RegisterPolicy, args: argparse.Namespace) -> Report:
    from ansible_collections.ward.ops.plugins.module_utils.ledger.registers import cards  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.ledger.registers import lists as made  # noqa: PLC0415

    return made.cards(cards.to_collect(book, args.first, args.last), args.first, args.last)


def _count_sheet(book: Book, _policy: RegisterPolicy, args: argparse.Namespace) -> Report:
    from ansible_collections.ward.ops.plugins.module_utils.ledger.pages.tables import Report  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.ledger.registers.counting import count_sheet  # noqa: PLC0415

    header, rows = count_sheet(book, args.ledger)
    title = book.schema(args.ledger).document["title"]
    return Report(f"count_{args.ledger}", f"棚卸表（{title}）", "数えた数を右端に書く。", header, [list(row) for row in rows])
