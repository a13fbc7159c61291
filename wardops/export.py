"""``wardops export``: a ledger as an Excel workbook or CSV for people without Git; ``wardops reimport`` takes it back."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import _saving

if TYPE_CHECKING:
    from ansible_collections.ward.ops.plugins.module_utils.ledger.book import Book
    from ansible_collections.ward.ops.plugins.module_utils.ledger.exchange.selection import Selection


def add_parser(sub: Any) -> None:
    parser: argparse.ArgumentParser = sub.add_parser("export", help="台帳を Excel・CSV に取り出す / a ledger as a workbook or CSV")
    parser.add_argument("ledger", nargs="?", default="", help="台帳名(terminals、printers など) / name of the ledger")
    parser.add_argument("--layer", default="", help="系統(系統ごとの台帳のとき) / layer, for a ledger that has a file for each")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="出力先(.xlsx か .csv) / the file to write")
    parser.add_argument("--columns", default="", help="列(コンマ区切り、日本語の見出しでも可) / columns, by name or title (default: all)")
    parser.add_argument(
        "--where", action="append", default=[], metavar="COLUMN=VALUE", help="条件(繰返し可。同じ列は「または」) / rows with this value"
    )
    parser.add_argument(
        "--encoding", choices=("cp932", "utf-8"), default="cp932", help="CSV の文字コード / encoding of a CSV (default: cp932)"
    )
    parser.add_argument(
        "--profile", default="", help="取込プロファイルの形の CSV(備品管理アプリなど) / CSV in the form of an import profile"
    )
    _saving.add_ward(parser)


def run(args: argparse.Namespace) -> int:
    from ansible_collections.ward.ops.plugins.module_utils.common.files import write_atomic  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.ledger.book import Book  # noqa: PLC0415

    form = args.out.suffix.lower()
    if form not in (".xlsx", ".csv") or (args.profile and form != ".csv"):
        print(f"{args.out}: .xlsx か .csv にしてください(--profile は .csv) / must end in .xlsx or .csv", file=sys.stderr)
        return 2
    if bool(args.ledger) == bool(args.profile):
        print("台帳名か --profile のどちらかを指定してください / name a ledger or a --profile", file=sys.stderr)
        return 2
    book = Book(args.ward)
    data, chosen, strange = _write(book, args, form)
    write_atomic(args.out, data)
    count = len(chosen.rows(book.rows(chosen.ledger, chosen.layer)))
    title = book.schema(chosen.ledger).document["title"]
    print(
        f"{title} {count} 行、{len(chosen.columns)} 列を取り出しました / exported {count} rows, {len(chosen.columns)} columns: {args.out}"
    )
    if strange:
        print(f"CP932 にない文字 {strange} 個を [U+…] と書きました(取込みで元に戻ります) / written as [U+…], restored by reimport")
    return 0


def _write(book: Book, args: argparse.Namespace, form: str) -> tuple[bytes, Selection, int]:
    """The file, what was selected, and how many characters had to be written as ``[U+…]``."""
    if args.profile:
        from ansible_collections.ward.ops.plugins.module_utils.ledger.exchange import profiled  # noqa: PLC0415
        from ansible_collections.ward.ops.plugins.module_utils.ledger.intake.profile import load_profile  # noqa: PLC0415

        return *profiled.write(book, load_profile(args.profile, book.ward, book.schemas.ledgers), args.where), 0
    from ansible_collections.ward.ops.plugins.module_utils.ledger.exchange import selection  # noqa: PLC0415

    chosen = selection.select(book, args.ledger, args.layer, filter(None, args.columns.split(",")), args.where)
    if form == ".csv":
        from ansible_collections.ward.ops.plugins.module_utils.ledger.exchange import sheets  # noqa: PLC0415

        data, strange = sheets.write(book, chosen, args.encoding)
        return data, chosen, strange
    from ansible_collections.ward.ops.plugins.module_utils.ledger.exchange import xlsx  # noqa: PLC0415 - 0.2 s for openpyxl

    return xlsx.write(book, chosen), chosen, 0
