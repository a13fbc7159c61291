"""``wardops export``: a ledger as an Excel workbook or CSV for people without Git; ``wardops reimport`` takes it back."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from . import _saving


def add_parser(sub: Any) -> None:
    parser: argparse.ArgumentParser = sub.add_parser("export", help="台帳を Excel・CSV に取り出す / a ledger as a workbook or CSV")
    parser.add_argument("ledger", help="台帳名(terminals、printers など) / name of the ledger")
    parser.add_argument("--layer", default="", help="系統(系統ごとの台帳のとき) / layer, for a ledger that has a file for each")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="出力先(.xlsx か .csv) / the file to write")
    parser.add_argument("--columns", default="", help="列(コンマ区切り、日本語の見出しでも可) / columns, by name or title (default: all)")
    parser.add_argument(
        "--where", action="append", default=[], metavar="COLUMN=VALUE", help="条件(繰返し可。同じ列は「または」) / rows with this value"
    )
    parser.add_argument(
        "--encoding", choices=("cp932", "utf-8"), default="cp932", help="CSV の文字コード / encoding of a CSV (default: cp932)"
    )
    _saving.add_ward(parser)


def run(args: argparse.Namespace) -> int:
    from ansible_collections.ward.ops.plugins.module_utils.common.files import write_atomic  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.ledger.book import Book  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.ledger.exchange import selection  # noqa: PLC0415

    if args.out.suffix.lower() not in (".xlsx", ".csv"):
        print(f"{args.out}: .xlsx か .csv にしてください / must end in .xlsx or .csv", file=sys.stderr)
        return 2
    book = Book(args.ward)
    chosen = selection.select(book, args.ledger, args.layer, filter(None, args.columns.split(",")), args.where)
    strange = 0
    if args.out.suffix.lower() == ".xlsx":
        from ansible_collections.ward.ops.plugins.module_utils.ledger.exchange import xlsx  # noqa: PLC0415 - 0.2 s for openpyxl

        data = xlsx.write(book, chosen)
    else:
        from ansible_collections.ward.ops.plugins.module_utils.ledger.exchange import sheets  # noqa: PLC0415

        data, strange = sheets.write(book, chosen, args.encoding)
    write_atomic(args.out, data)
    count = len(chosen.rows(book.rows(args.ledger, args.layer)))
    title = book.schema(args.ledger).document["title"]
    print(
        f"{title} {count} 行、{len(chosen.columns)} 列を取り出しました / exported {count} rows, {len(chosen.columns)} columns: {args.out}"
    )
    if strange:
        print(f"CP932 にない文字 {strange} 個を [U+…] と書きました(取込みで元に戻ります) / written as [U+…], restored by reimport")
    return 0
