"""``wardops reimport``: takes back a file of ``wardops export``; edited cells become exactly those changes."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import _saving

if TYPE_CHECKING:
    from ansible_collections.ward.ops.plugins.module_utils.ledger.book import Book
    from ansible_collections.ward.ops.plugins.module_utils.ledger.exchange.returned import Returned


def add_parser(sub: Any) -> None:
    parser: argparse.ArgumentParser = sub.add_parser("reimport", help="取り出した Excel・CSV を戻す / take an exported file back")
    parser.add_argument("file", type=Path, help="export で取り出して編集したファイル / the edited file")
    parser.add_argument("--allow-remove", action="store_true", help="ファイルにない行を台帳から削除する / remove rows that the file lacks")
    parser.add_argument(
        "--prefer",
        choices=("stop", "file", "ledger"),
        default="stop",
        help="双方が変えたセル: 止める・ファイル優先・台帳優先 / cells that both changed (default: stop)",
    )
    _saving.add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    from ansible_collections.ward.ops.plugins.module_utils.ledger.book import Book  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.ledger.exchange.reimport import Reimport  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.ledger.saving import Message  # noqa: PLC0415

    book = Book(args.ward)
    returned = _read(args.file, book)
    outcome = Reimport(book, returned, args.prefer, allow_remove=args.allow_remove, reason=args.ticket).run()
    for conflict in outcome.conflicts:
        print(f"双方が変更 / changed by both (ledger / file, took {args.prefer}): {conflict}")
    if outcome.problems:
        for problem in outcome.problems:
            print(problem.render(), file=sys.stderr)
        count = len(outcome.problems)
        print(f"{count} 件の問題。何も書き込んでいません / {count} problems; nothing was written", file=sys.stderr)
        return 1
    print(
        f"{outcome.rows} 行を照合: 変更 {outcome.edited} 追加 {outcome.added} 削除 {outcome.removed}"
        f" / {outcome.rows} lines: {outcome.edited} edited, {outcome.added} added, {outcome.removed} removed"
    )
    title = book.schema(returned.mark.selection.ledger).document["title"]
    body = f"取り出したファイルの編集を反映: 変更 {outcome.edited} 追加 {outcome.added} 削除 {outcome.removed}"
    message = Message(f"{title}の編集を取り込む", body, ticket=args.ticket, role=args.role, operation="reimport")
    return _saving.save(book, args, message, places={key: f"{returned.path} {place}" for key, place in outcome.places.items()})


def _read(path: Path, book: Book) -> Returned:
    from ansible_collections.ward.ops.plugins.module_utils.common.files import read_bytes  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.ledger.intake.package import refuse_other_formats  # noqa: PLC0415

    data = read_bytes(path)
    refuse_other_formats(data, path.name)
    if data.startswith(b"PK"):
        from ansible_collections.ward.ops.plugins.module_utils.ledger.exchange import xlsx  # noqa: PLC0415 - 0.2 s for openpyxl

        return xlsx.read(data, path.name, book)
    from ansible_collections.ward.ops.plugins.module_utils.ledger.exchange import sheets  # noqa: PLC0415

    return sheets.read(data, path.name, book)
