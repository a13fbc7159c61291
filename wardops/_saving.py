"""What commands that change ledgers have in common: show the plan, check it, and save it where the operator said."""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ansible_collections.ward.ops.plugins.module_utils.ledger.book import Book, RowChange
    from ansible_collections.ward.ops.plugins.module_utils.ledger.saving import Message

REPOSITORY = Path(__file__).resolve().parents[1]
#: how many changed rows are shown one by one
SHOWN = 20
#: problems of cells that are shown nowhere: a person's name, an individual number, a mail address
PERSONAL = ("E0394", "E0397", "E0399")


def add_ward(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--ward", type=Path, default=REPOSITORY / "inventories" / "sample", help="ledgers/ と policies/ のあるフォルダ / folder of the data"
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``--write``, ``--branch``, ``--patch`` (none of them: the plan is only shown), ``--ticket``, ``--role``, ``--ward``."""
    add_ward(parser)
    outlet = parser.add_mutually_exclusive_group()
    outlet.add_argument("--write", action="store_true", help="台帳ファイルに書き込む / write the ledger files in place")
    outlet.add_argument("--branch", metavar="NAME", help="新しいブランチにコミットする / commit on a new branch")
    outlet.add_argument("--patch", type=Path, metavar="FILE", help="パッチファイルにする / write a patch for git apply")
    parser.add_argument("--ticket", default="", help="チケット番号 / ticket number")
    parser.add_argument("--role", default="helpdesk", help="役割(氏名は書かない) / role of the person, never a name (default: helpdesk)")


def save(
    book: Book, args: argparse.Namespace, message: Message, *, checked: bool = False, places: Mapping[tuple[str, ...], str] | None = None
) -> int:
    """Show the changes, refuse them when ``make check`` would find something new, save them; the exit code.

    :param checked: the caller has had the changes checked (and settled) already.
    :param places: where rows stand in the file that was taken in, by key.
    """
    from ansible_collections.ward.ops.plugins.module_utils.common.files import write_atomic  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.common.problems import fail  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.ledger import allocation, saving  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.ledger.placing import keys_of  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.ledger.registers import movements  # noqa: PLC0415

    if message.role and not re.fullmatch("[a-z][a-z0-9_]{0,31}", message.role):  # it would stand in Git for ever
        raise fail("E0907", what_ja="役割は helpdesk のような英小文字の語です", what="a role is a word like helpdesk")
    movements.settle(book, message.ticket, message.role)  # quantities of stock that a list brought
    allocation.settle(book, message.ticket)  # numbers that came with the rows, addresses that nobody holds any more
    changes = book.changes()
    problems = [] if checked or not changes else book.new_problems()
    keys = keys_of(book, problems)
    personal = {(key, str(problem.params.get("column"))) for problem, key in zip(problems, keys, strict=True) if problem.code in PERSONAL}
    show(book, changes, personal)
    if not changes:
        return 0
    for problem, key in zip(problems, keys, strict=True):
        print(problem.render(), file=sys.stderr)
        if key:
            place = (places or {}).get(key, "")
            print(f"    行 / row: {' '.join(key)}{f'（{place}）' if place else ''}", file=sys.stderr)
    if problems:
        print(
            f"検査で {len(problems)} 件の誤り。何も書き込んでいません / the check found {len(problems)}; nothing was written",
            file=sys.stderr,
        )
        return 1
    if args.write:
        for path in saving.to_files(book):
            print(f"書込み / written: {book.ward.shown(path)}")
    elif args.branch:
        print(f"コミット / committed: {saving.to_branch(book, args.branch, message)[:12]} ({args.branch})")
    elif args.patch:
        write_atomic(args.patch, saving.to_patch(book))
        print(f"パッチ / patch: {args.patch}")
    else:
        print("計画のみ(書き込むには --write、--branch、--patch) / plan only: nothing was written")
    return 0


def show(book: Book, changes: list[RowChange], personal: Collection[tuple[tuple[str, ...], str]] = ()) -> None:
    """Counts by ledger, then the first changes row by row: before → after of the cells that differ, in Japanese titles.

    :param personal: keys and columns of cells that hold personal data: their new values are not shown.
    """
    counts: Counter[tuple[str, str, str]] = Counter()
    for change in changes:
        kind = "add" if change.before is None else "remove" if change.after is None else "change"
        counts[change.ledger, change.layer, kind] += 1
    for ledger, layer in sorted({key[:2] for key in counts}):
        title = book.schemas.ledgers[ledger].document["title"]
        name = f"{title} {layer}/{ledger}" if layer else f"{title} {ledger}"
        add, change_, remove = (counts[ledger, layer, kind] for kind in ("add", "change", "remove"))
        print(f"{name}: 追加 {add} 変更 {change_} 削除 {remove} / add {add} change {change_} remove {remove}")
    for change in changes[:SHOWN]:
        print(f"  {_line(book, change, personal)}")
    if len(changes) > SHOWN:
        print(f"  … ほか {len(changes) - SHOWN} 件 / and {len(changes) - SHOWN} more")
    if not changes:
        print("変更なし / no change")


def _line(book: Book, change: RowChange, personal: Collection[tuple[tuple[str, ...], str]]) -> str:
    schema = book.schemas.ledgers[change.ledger]
    key = " ".join(change.key)

    def new(name: str, cells: Mapping[str, str]) -> str:
        return "(個人情報のため非表示)" if (change.key, name) in personal else schema.label(name, cells.get(name, ""))

    if change.before is None or change.after is None:
        cells = change.after or change.before or {}
        shown = ", ".join(f"{schema.title(name)}={new(name, cells)}" for name, cell in cells.items() if cell and name not in schema.key)
        return f"{'+' if change.before is None else '-'} {key}: {shown[:200]}"
    parts = []
    for name in change.columns():
        before, after = schema.label(name, change.before.get(name, "")) or "(空)", new(name, change.after) or "(空)"
        parts.append(f"{schema.title(name)} {before} → {after}")
    return f"~ {key}: {', '.join(parts)}"
