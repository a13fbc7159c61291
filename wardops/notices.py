"""``wardops notices``: 周知文, 掲示文, 放送文 and 未適用案内 of a patch cycle: written, and sent once the approval is there."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from ._saving import add_ward

_STATES = {"sent": "送信", "refused": "拒否", "deferred": "延期", "unknown": "不明"}


def add_parser(sub: Any) -> None:
    parser: argparse.ArgumentParser = sub.add_parser("notices", help="更新の周知文・掲示文・放送文・未適用案内 / notices of a patch cycle")
    parser.add_argument("cycle", help="例 2027-01")
    add_ward(parser)
    parser.add_argument("--layer", default="", help="系統（省略時はこの管理端末の系統）/ layer (default: this node's)")
    parser.add_argument(
        "--kind", action="append", choices=("announcement", "board", "broadcast", "lacking"), help="この文だけ / only these"
    )
    parser.add_argument("--out", type=Path, default=Path("build/notices"), metavar="FOLDER", help="書き出し先 / folder to write to")
    state = os.environ.get("WARDOPS_PATCH_STATE") or "build/patch"
    parser.add_argument("--state", type=Path, default=Path(state), metavar="FOLDER", help="適用状況と送信の記録 / snapshots and journal")
    parser.add_argument("--send", action="store_true", help="承認があればメールで送る / send by mail, when it is approved")
    parser.add_argument("--pdf", action="store_true", help="掲示文を PDF でも作る / the text of the board as PDF too")
    parser.add_argument("--settle", metavar="ID", help="調べたメールの Message-ID / Message-ID of a mail that was looked up")
    parser.add_argument("--as", dest="verdict", choices=("sent", "again"), help="届いていた／もう一度送る / it arrived, or send it again")
    parser.add_argument("--reason", default="", help="調べた結果 / what was found")
    parser.add_argument("--check", action="store_true", help="計画だけ / plan only: what would go to whom")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="表示の形 / form of the output")


def run(args: argparse.Namespace) -> int:
    from ansible_collections.ward.ops.plugins.module_utils.common import report  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.common.evidence import default_folder  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.common.layer import declared_layer, require_layer  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.patch import notices, notices_task  # noqa: PLC0415

    layer = require_layer(args.layer or declared_layer())
    kinds = tuple(args.kind) if args.kind else notices.KINDS
    asked = notices_task.Asked(
        args.ward, layer, args.cycle, args.out, args.state, default_folder(), kinds, args.send, check=args.check, pdf=args.pdf
    )
    if args.settle:
        if not args.verdict or not args.reason.strip():
            print("--settle には --as と --reason が必要です / --settle needs --as and --reason", file=sys.stderr)
            return 2
        notices_task.settle(asked, args.settle, args.verdict, args.reason.strip())
        return 0
    done = notices_task.run(asked)
    problem = done.pop("problem")
    if args.format == "json":
        print(json.dumps(done, ensure_ascii=False, indent=1))
    else:
        for name in done["files"]:
            length = done["seconds"].get(Path(name).name)
            print(f"{'書き出す' if args.check else '書き出した'}: {name}{f'（読み上げ約 {length} 秒）' if length else ''}")
        due = {name: report.japanese_date(day) for name, day in done["due"].items()}
        print(f"期日: 周知・掲示 {due['announce']}、放送文の提出 {due['broadcast']}、通常の掲示へ戻す {due['usual_board']}")
        for one in done["mails"]:
            word = "送信予定" if args.check and one["state"] == "deferred" else _STATES[one["state"]]
            name = f" {one['id']}" if one["state"] in ("unknown", "refused") else ""
            print(f"{word}: {one['to']} {one['subject']}{name} {one['said']}")
    if problem:
        print(problem.render(), file=sys.stderr)
    return 1 if problem else 0
