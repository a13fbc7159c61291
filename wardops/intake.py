"""``wardops intake``: take in a list from outside (delivery list, a contractor's ledger) through an import profile."""

from __future__ import annotations

import argparse
import gc
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import _saving

if TYPE_CHECKING:
    from ansible_collections.ward.ops.plugins.module_utils.ledger.book import Book
    from ansible_collections.ward.ops.plugins.module_utils.ledger.intake.planning import Result
    from ansible_collections.ward.ops.plugins.module_utils.ledger.saving import Message

#: how many reasons are printed one by one; all of them are in the list of differences
SHOWN = 20


def _setting(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name or not value:
        raise argparse.ArgumentTypeError(f"{text!r}: 列=値 の形で書いてください / write column=value")
    return name, value


def add_parser(sub: Any) -> None:
    parser: argparse.ArgumentParser = sub.add_parser("intake", help="外部の一覧の取込 / take in a list from outside")
    parser.add_argument("profile", nargs="?", help="取込定義の名前かファイル / import profile (name or file)")
    parser.add_argument("file", nargs="?", type=Path, help="xlsx か CSV / xlsx or CSV")
    parser.add_argument("--profiles", action="store_true", help="取込定義の一覧 / list the import profiles")
    parser.add_argument("--sheet", default="", help="シートの名前 / name of the sheet")
    parser.add_argument(
        "--set",
        dest="settings",
        type=_setting,
        action="append",
        default=[],
        metavar="COLUMN=VALUE",
        help="新しい行で空の列に入れる値(複数可) / cells of new rows that the list leaves empty",
    )
    parser.add_argument(
        "--report", type=Path, metavar="DIR", help="概要・差異一覧の書き出し先 / folder for summary and list of differences"
    )
    _saving.add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """0: all of the list is in the ledger; 1: rows were refused or contradict the ledger, or nothing could be done; 2: wrong usage."""
    gc.disable()  # one pass over data that all stays until the end
    from ansible_collections.ward.ops.plugins.module_utils.common.ward import REPOSITORY, Ward  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.ledger.intake import planning, profile, reading  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.ledger.schema import load_schemas  # noqa: PLC0415

    ward = Ward(args.ward)
    schemas = load_schemas(REPOSITORY / "schemas")
    if args.profiles:
        for name in profile.profiles(ward):
            print(f"{name}: {profile.load_profile(name, ward, schemas.ledgers).title}")
        return 0
    if not args.profile or not args.file:
        print(
            "取込定義とファイルを指定してください(--profiles で一覧) / name a profile and a file (--profiles lists them)", file=sys.stderr
        )
        return 2
    chosen = profile.load_profile(args.profile, ward, schemas.ledgers)
    settings = dict(args.settings)
    if unknown := [name for name in settings if name not in schemas.ledgers[chosen.ledger].properties]:
        print(f"--set {unknown[0]}: 台帳 {chosen.ledger} にない列です / no column of {chosen.ledger}", file=sys.stderr)
        return 2
    sheet = reading.read_sheet(args.file, args.sheet or chosen.sheet, chosen.encoding, chosen.delimiter)
    request = planning.Request(chosen, sheet, planning.digest_of(sheet), settings, args.ticket, args.role)
    book, result = planning.take_in(args.ward, schemas, request)
    return _finish(book, result, args)


def _finish(book: Book, result: Result, args: argparse.Namespace) -> int:
    """Papers first, then the ledgers: whoever is killed in between starts again and gets the same papers."""
    if args.report:
        _papers(book, result, args.report)
    _print(result)
    code = _saving.save(book, args, _message(result, args), checked=True)
    counts = result.counts()
    return 1 if code or counts["conflict"] or counts["refused"] else 0


def _papers(book: Book, result: Result, folder: Path) -> None:
    from ansible_collections.ward.ops.plugins.module_utils.common.files import write_atomic  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.ledger.intake import report  # noqa: PLC0415

    folder.mkdir(parents=True, exist_ok=True)
    write_atomic(folder / "summary.md", report.summary(result, book).encode())
    write_atomic(folder / "differences.csv", report.difference_csv(result, book))
    write_atomic(folder / "differences.html", report.difference_html(result, book).encode())
    for name, title in (("summary.md", "概要"), ("differences.csv", "差異一覧"), ("differences.html", "差異一覧")):
        print(f"{title}: {folder / name}")


def _print(result: Result) -> None:
    counts = result.counts()
    print(f"{result.records.sheet.path}: {result.records.sheet.form}、{len(result.outcomes):,} 行 / {len(result.outcomes):,} rows")
    print(
        f"追加 {counts['added']:,} 更新 {counts['updated']:,} 変更なし {counts['same']:,} 繰返し {counts['repeated']:,} "
        f"競合 {counts['conflict']:,} 取込不可 {counts['refused']:,} / add {counts['added']:,} update {counts['updated']:,} "
        f"same {counts['same']:,} repeated {counts['repeated']:,} conflict {counts['conflict']:,} refused {counts['refused']:,}"
    )
    if result.known_already():
        print("この内容は取込み済みです / this list was taken in before")
    if result.profile.missing is not None:
        print(f"台帳にあってリストにないもの {len(result.missing):,} / in the ledger and not in the list {len(result.missing):,}")
    problems = [problem for outcome in result.of("conflict", "refused") for problem in outcome.problems]
    for problem in problems[:SHOWN]:
        print(problem.render(), file=sys.stderr)
    if len(problems) > SHOWN:
        print(f"… ほか {len(problems) - SHOWN:,} 件 / and {len(problems) - SHOWN:,} more (--report)", file=sys.stderr)


def _message(result: Result, args: argparse.Namespace) -> Message:
    from ansible_collections.ward.ops.plugins.module_utils.ledger.saving import Message  # noqa: PLC0415 - start-up speed

    counts = result.counts()
    subject = f"取込：{result.profile.title}（追加 {counts['added']}、更新 {counts['updated']}）"
    version = f"リストの版 {result.records.version}\n" if result.records.version else ""
    left = f"競合 {counts['conflict']}、取込不可 {counts['refused']} は差異一覧へ。"
    body = f"{result.records.sheet.path} の {len(result.outcomes)} 行。{left}\n{version}内容の SHA-256 {result.digest}"
    return Message(subject, body, args.ticket, args.role, "intake")
