"""``wardops schedule``: what runs when; the same for AWX, systemd and cron; and what AWX would refuse."""

from __future__ import annotations

import argparse
import datetime as dt
import re
import sys
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]


def _date(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} は日付ではありません（例 2026-11-22） / is not a date (2026-11-22)") from None


def _path(text: str) -> str:
    if not re.fullmatch(r"(/[\w.-]+)+", text, re.ASCII):
        raise argparse.ArgumentTypeError(f"{text!r} は / で始まる英数字の場所ではありません / is not a plain absolute path")
    return text


def _user(text: str) -> str:
    if not re.fullmatch(r"[a-z_][a-z0-9_-]{0,31}", text):
        raise argparse.ArgumentTypeError(f"{text!r} はユーザ名ではありません / is not a user's name")
    return text


def add_parser(sub: Any) -> None:
    parser: argparse.ArgumentParser = sub.add_parser("schedule", help="定期実行の一覧・出力・検査 / schedules: list, write, lint")
    kinds = parser.add_subparsers(dest="kind", metavar="KIND", required=True)
    show = kinds.add_parser("show", help="実行予定の一覧 / planned runs")
    show.add_argument("code", nargs="*", help="schedules.yml のコード(なければ全部) / codes (default: all)")
    show.add_argument("--from", dest="first", type=_date, metavar="DATE", help="この日から / from this day (default: today)")
    show.add_argument("--days", type=int, default=14, help="日数 / how many days (default: 14)")
    write = kinds.add_parser("write", help="AWX・systemd・cron の定義を書く / write definitions")
    write.add_argument("target", choices=("awx", "systemd", "cron"))
    write.add_argument("--out", type=Path, metavar="FOLDER", help="書き出し先 / folder (default: build/schedules/TARGET)")
    write.add_argument("--since", type=_date, default=dt.date(2026, 4, 1), metavar="DATE", help="AWX の規則の開始日 / DTSTART")
    write.add_argument("--home", type=_path, default="/opt/wardops", help="制御ノードでの場所 / folder on the control node")
    write.add_argument("--user", type=_user, default="wardops", help="cron の実行ユーザ / user of cron")
    for one in (show, write):
        one.add_argument("--ward", type=Path, default=REPOSITORY / "inventories" / "sample", help="データのフォルダ / the ward's folder")
    lint = kinds.add_parser("lint", help="AWX が拒む RRULE を見つける / find what AWX would refuse")
    lint.add_argument("rule", nargs="*", help="規則そのもの / the rule itself")
    lint.add_argument(
        "--file",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="AWX の定義(YAML・JSON)か 1 行 1 規則 / exported definitions, or a rule a line",
    )


def run(args: argparse.Namespace) -> int:
    """0; ``lint`` 1 when AWX would refuse something."""
    return {"show": _show, "write": _write, "lint": _lint}[args.kind](args)


def _show(args: argparse.Namespace) -> int:
    from ansible_collections.ward.ops.plugins.module_utils.common.calendar import Calendar  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.common.report import japanese_date  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.schedule.model import planned, read_schedules  # noqa: PLC0415

    ward = Ward(args.ward)
    calendar, schedules = Calendar.of(ward), read_schedules(ward)
    chosen = [schedules.get(code) for code in args.code] or list(schedules.items)
    first = args.first or ward.today
    last = first + dt.timedelta(days=max(args.days, 1) - 1)
    rows = sorted((slot.start, one.code, one) for one in chosen if one.enabled for slot in planned(one, calendar, first, last))
    for start, _, one in rows:
        freezes = calendar.frozen(start.date(), one.scope, one.layer) if one.scope and not one.check else []
        note = f"　凍結: {'、'.join(freeze.name for freeze in freezes)}" if freezes else ""
        print(f"{japanese_date(start.date())} {start:%H:%M}　{one.code}　{one.name_ja}{note}")
    print(f"{len(rows)} 回 / {len(rows)} runs")
    return 0


def _write(args: argparse.Namespace) -> int:
    from ansible_collections.ward.ops.plugins.module_utils.common.calendar import Calendar  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.common.output import write_files  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.schedule import model, targets  # noqa: PLC0415

    ward = Ward(args.ward)
    calendar, schedules = Calendar.of(ward), model.read_schedules(ward)
    if args.target == "awx":
        files = targets.awx(schedules, calendar, args.since)
    elif args.target == "systemd":
        files = targets.systemd(schedules, calendar, args.home)
    else:
        files = targets.crontab(schedules, calendar, args.home, args.user)
    out = args.out or Path("build/schedules") / args.target
    write_files(out, files)
    for name in files:
        print(out / name)
    return 0


def _lint(args: argparse.Namespace) -> int:
    from ansible_collections.ward.ops.plugins.module_utils.common.files import read_bytes  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.schedule.collecting import rules_in  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.schedule.rrule import lint  # noqa: PLC0415

    found = [("", 0, text) for text in args.rule]
    for path in args.file:
        found += [(str(path), line, text) for line, text in rules_in(read_bytes(path), str(path))]
    problems = [refusal.problem(path, line) for path, line, text in found for refusal in lint(text)]
    for problem in problems:
        print(problem.render(), file=sys.stderr)
    print(f"{len(found)} 規則、{len(problems)} 件 / {len(found)} rules, {len(problems)} findings")
    return 1 if problems or not found else 0
