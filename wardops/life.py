"""``wardops life``: steps in the life of equipment, replacement, repair, and what must follow."""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._saving import add_arguments, add_ward

if TYPE_CHECKING:
    from ansible_collections.ward.ops.plugins.module_utils.ledger.book import Book
    from ansible_collections.ward.ops.plugins.module_utils.ledger.life.engine import Life, Order


def add_parser(sub: Any) -> None:
    parser: argparse.ArgumentParser = sub.add_parser("life", help="資産の手続と後続作業 / steps in the life of equipment")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    show = actions.add_parser("show", help="状態・経歴・できる手続 / state, events, allowed steps")
    add_ward(show)
    show.add_argument("asset_id")
    _step_parsers(actions)
    _follow_up_parsers(actions)


def _step_parsers(actions: Any) -> None:
    step = actions.add_parser("step", help="手続を記録する / take a step")
    step.add_argument("step", help="手続の名前 / name of the step in policies/life.yml")
    step.add_argument("asset_id", nargs="+")
    step.add_argument("--proof", help="証跡のファイルか記録番号 / file or number of the record that proves it")
    replace = actions.add_parser("replace", help="旧機を新機に更新する / put a new thing in the place of an old one")
    replace.add_argument("--old", action="append", default=[], metavar="ASSET")
    replace.add_argument("--new", action="append", default=[], metavar="ASSET")
    replace.add_argument(
        "--pairs",
        type=Path,
        metavar="FILE",
        help="old,new の一覧(資産番号・端末名・製造番号) / a list of pairs by asset number, computer name or serial",
    )
    replace.add_argument("--return-due", required=True, metavar="DATE", help="旧機の返却期限 / day by which the old one goes back")
    repair = actions.add_parser("repair", help="修理に出す / send to repair")
    repair.add_argument("asset_id")
    repair.add_argument("--spare", default="", metavar="ASSET", help="代替機 / the spare that stands in")
    back = actions.add_parser("repaired", help="修理から戻す(代替機も戻る) / back from repair, and the spare with it")
    back.add_argument("asset_id")
    for parser in (step, replace, repair, back):
        parser.add_argument("--set", action="append", default=[], metavar="COLUMN=VALUE", help="列の値 / cells of the step")
        parser.add_argument("--date", type=dt.date.fromisoformat, help="手続の日(省略時は基準日) / day of the step")
        add_arguments(parser)


def _follow_up_parsers(actions: Any) -> None:
    listing = actions.add_parser("follow-ups", help="後続作業の一覧 / what must follow")
    add_ward(listing)
    listing.add_argument("--overdue", action="store_true", help="期限切れだけ。あれば終了コード 1 / overdue ones only; exit code 1 if any")
    listing.add_argument("--system", default="", help="この対象だけ / this system only")
    listing.add_argument("--html", type=Path, metavar="FILE")
    listing.add_argument("--csv", type=Path, metavar="FILE")
    check = actions.add_parser("check", help="後続作業を証跡と突き合わせる / prove what has been done")
    check.add_argument("--evidence", type=Path, help="実行記録のフォルダ / evidence folder (default: WARDOPS_EVIDENCE)")
    check.add_argument("--export", action="append", default=[], metavar="SYSTEM=FILE", help="対象の書き出し / a file that a system wrote")
    check.add_argument("--exported-on", type=dt.date.fromisoformat, help="書き出した日 / day on which it was written")
    confirm = actions.add_parser("confirm", help="手で確認した後続作業を完了にする / a person confirms")
    confirm.add_argument("follow_up", nargs="+", metavar="ASSET/NUMBER/SYSTEM")
    confirm.add_argument("--not-needed", action="store_true", help="不要とする / it is not needed")
    confirm.add_argument("--date", type=dt.date.fromisoformat)
    for parser in (check, confirm):
        add_arguments(parser)
    request = actions.add_parser("registration", help="業務システムの登録依頼CSV / request to register in a business system")
    add_ward(request)
    request.add_argument("system")
    request.add_argument("--out", type=Path, required=True, metavar="FILE")
    lists = actions.add_parser("checklist", help="登録のもれ一覧 / which systems have heard of what")
    add_ward(lists)
    lists.add_argument("--since", default="", metavar="DATE")
    lists.add_argument("--csv", type=Path, metavar="FILE")


def run(args: argparse.Namespace) -> int:
    from ansible_collections.ward.ops.plugins.module_utils.ledger.book import Book  # noqa: PLC0415 - start-up speed

    book = Book(args.ward)
    actions = {
        "show": _show,
        "follow-ups": _list,
        "check": _check,
        "confirm": _confirm,
        "registration": _registration,
        "checklist": _checklist,
    }
    return actions.get(args.action, _steps)(book, args)


def order_of(book: Book, args: argparse.Namespace) -> Order:
    from ansible_collections.ward.ops.plugins.module_utils.ledger.life.engine import Order  # noqa: PLC0415 - start-up speed

    return Order(getattr(args, "date", None) or book.today, args.ticket, args.role)


def _steps(book: Book, args: argparse.Namespace) -> int:
    from ansible_collections.ward.ops.plugins.module_utils.ledger.life import pairlist, pairs  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.ledger.life.engine import Life  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.ledger.life.proofs import proof_of  # noqa: PLC0415

    life = Life(book, order_of(book, args))
    values = values_of(args.set)
    if args.action == "replace":
        if len(args.old) != len(args.new) or bool(args.pairs) == bool(args.old):
            print(
                "--old と --new を同じ数だけ、または --pairs を指定してください / give as many --old as --new, or --pairs", file=sys.stderr
            )
            return 2
        due = {"return_due": args.return_due}
        if args.pairs:
            found = pairlist.read_pairs(life.things, args.pairs)
            args.old = [old for old, _ in found.pairs]
            pairs.replace_listed(life, found, due, values)
        else:
            pairs.replace_all(life, list(zip(args.old, args.new, strict=True)), due, values)
    elif args.action == "repair":
        pairs.send_to_repair(life, args.asset_id, args.spare, values)
    elif args.action == "repaired":
        pairs.back_from_repair(life, args.asset_id, values)
    else:
        life.take_all(args.asset_id, args.step, values, proof_of(args.proof) if args.proof else None)
    return save_as(book, args, _subject(life, args))


def values_of(texts: list[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    if wrong := [text for text, (_, sign, _) in zip(texts, pairs, strict=True) if not sign]:
        raise SystemExit(f"--set は 列=値 の形で書きます / write --set column=value: {', '.join(wrong)}")
    return {name.strip(): value.strip() for name, _, value in pairs}


def _subject(life: Life, args: argparse.Namespace) -> str:
    titles = {"replace": "更新", "repair": "修理", "repaired": "修理完了"}
    named = [args.asset_id] if isinstance(getattr(args, "asset_id", None), str) else getattr(args, "asset_id", None) or args.old
    kind = life.things.get(named[0]).kind
    title = titles.get(args.action) or kind.steps[args.step].title
    return f"{title}: {', '.join(named[:3])}{f' ほか{len(named) - 3}件' if len(named) > 3 else ''}"


def save_as(book: Book, args: argparse.Namespace, subject: str, operation: str = "life") -> int:
    """Check and save what a command has planned, with the message that history reads."""
    from ansible_collections.ward.ops.plugins.module_utils.ledger.saving import Message  # noqa: PLC0415 - start-up speed

    from ._saving import save  # noqa: PLC0415

    return save(book, args, Message(subject, "", args.ticket, args.role, operation))


def _show(book: Book, args: argparse.Namespace) -> int:
    from ansible_collections.ward.ops.plugins.module_utils.ledger.life.following import follow_ups  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.ledger.life.policy import OPENING  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.ledger.life.things import Things, read_life  # noqa: PLC0415

    policy = read_life(book)
    things = Things(book, policy)
    thing = things.get(args.asset_id)
    steps = thing.kind.steps
    print(f"{thing.id} {thing.name} {thing.kind.ledger} {things.state(thing)} ({thing.status})")
    for row in sorted(book.find("asset_events", asset_id=thing.id), key=lambda row: int(row["number"])):
        title = (
            "経歴開始"
            if row["transition"] == OPENING
            else steps[row["transition"]].title
            if row["transition"] in steps
            else row["transition"]
        )
        place = " ".join(filter(None, (row["dept_code"], row["site"], row["floor"] and f"{row['floor']}階")))
        more = " ".join(filter(None, (row["partner"] and f"相手 {row['partner']}", row["proof"] and f"証跡 {row['proof'][:40]}")))
        print(f"  {row['number']:>3} {row['date']} {title} ({row['transition']}) {place} {row['ticket']} {row['role']} {more}".rstrip())
    for item in follow_ups(book, policy):
        if item.thing.id == thing.id:
            print(f"  未了 / open: {_line(book, item)}")
    allowed = "、".join(f"{step.title} {step.name}" for step in thing.kind.allowed(thing.status)) or "なし / none"
    print(f"  できる手続 / allowed: {allowed}")
    return 0


def _line(book: Book, item: Any) -> str:
    action = book.schema("follow_ups").label("action", item.row["action"])
    return f"{'/'.join(item.key)} {item.thing.name} {item.system['name_ja']} {action} 期限 {item.row['due_on']}"


def _list(book: Book, args: argparse.Namespace) -> int:
    from ansible_collections.ward.ops.plugins.module_utils.common.files import write_atomic  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.common.problems import Problem  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.ledger.life import papers  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.ledger.life.following import follow_ups  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.ledger.life.things import read_life  # noqa: PLC0415

    items = follow_ups(book, read_life(book), system=args.system)
    late = [item for item in items if item.overdue(book.today)]
    shown = late if args.overdue else items
    for item in shown:
        print(f"{'期限切れ ' if item.overdue(book.today) else ''}{_line(book, item)}")
    print(f"未了 {len(items)} 件、うち期限切れ {len(late)} 件 / {len(items)} open, {len(late)} overdue")
    if args.html:
        write_atomic(args.html, papers.follow_up_page(book, shown).encode())
    if args.csv:
        write_atomic(args.csv, papers.follow_up_sheet(book, shown))
    if args.overdue and late:
        print(Problem("E0955", "", 0, 0, {"count": len(late)}).render(), file=sys.stderr)
        return 1
    return 0


def _check(book: Book, args: argparse.Namespace) -> int:
    from ansible_collections.ward.ops.plugins.module_utils.common.evidence import default_folder  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.ledger.life import following  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.ledger.life.things import read_life  # noqa: PLC0415

    policy = read_life(book)
    day = args.exported_on or book.today
    exports = [following.read_export(policy, name, Path(file), day) for name, file in values_of(args.export).items()]
    left = following.check(book, policy, exports, args.evidence or default_folder())
    done = len(book.changes())
    code = save_as(book, args, f"後続作業の確認: {done}件完了", "life_check") if done else 0
    late = sum(item.overdue(book.today) for item in left)
    print(f"完了を確認 {done} 件、未了 {len(left)} 件、うち期限切れ {late} 件 / {done} proved, {len(left)} open, {late} overdue")
    return code


def _confirm(book: Book, args: argparse.Namespace) -> int:
    from ansible_collections.ward.ops.plugins.module_utils.ledger.life import following  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.ledger.life.things import read_life  # noqa: PLC0415

    parts = [[*text.split("/"), "", ""] for text in args.follow_up]
    keys = [(part[0], part[1], part[2]) for part in parts]
    following.confirm(book, read_life(book), keys, order_of(book, args), needed=not args.not_needed)
    return save_as(book, args, f"後続作業の{'不要' if args.not_needed else '完了'}: {', '.join(args.follow_up[:3])}", "life_confirm")


def _registration(book: Book, args: argparse.Namespace) -> int:
    from ansible_collections.ward.ops.plugins.module_utils.common.files import write_atomic  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.ledger.life.registration import register  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.ledger.life.things import read_life  # noqa: PLC0415

    made = register(book, read_life(book), args.system)
    write_atomic(args.out, made.data)
    for problem in made.problems:
        print(problem.render(), file=sys.stderr)
    left = len({problem.params["asset_id"] for problem in made.problems})
    print(f"登録依頼 {len(made.asked)} 件: {args.out} / {len(made.asked)} asked for")
    if left:
        print(f"不備のため除いたもの {left} 件 / {left} left out because cells are missing", file=sys.stderr)
    return 1 if left else 0


def _checklist(book: Book, args: argparse.Namespace) -> int:
    from ansible_collections.ward.ops.plugins.module_utils.common.files import write_atomic  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.common.report import sheet  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.ledger.life.registration import checklist  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.ledger.life.things import read_life  # noqa: PLC0415

    header, rows = checklist(book, read_life(book), args.since)
    if args.csv:
        write_atomic(args.csv, sheet(header, rows))
    open_ = [row for row in rows if not row[-1]]
    for row in open_:
        names = "、".join(title for title, cell in zip(header, row, strict=True) if cell == "未")
        print(f"{row[0]} {row[1]} {row[2]} {row[3]}: 未 {names}")
    print(f"{len(rows)} 件中、全部済 {len(rows) - len(open_)} 件 / {len(rows) - len(open_)} of {len(rows)} complete")
    return 0
