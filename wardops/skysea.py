"""``wardops skysea``: import files for the SKYSEA console from the ledgers and its last export, without Ansible."""

from __future__ import annotations

import argparse
import gc
import sys
from pathlib import Path
from typing import Any

from ._saving import add_ward


def add_parser(sub: Any) -> None:
    parser: argparse.ArgumentParser = sub.add_parser("skysea", help="SKYSEA の登録ファイルを作る / import files for the SKYSEA console")
    parser.add_argument("subject", choices=("terminals", "usb_devices"), help="端末かUSB機器 / what is registered")
    add_ward(parser)
    parser.add_argument("--layer", default="", help="系統 / layer of the console (default: the one that this node declares)")
    parser.add_argument("--export", type=Path, required=True, metavar="FILE", help="コンソールの最新の出力 / the console's last export")
    parser.add_argument("--folder", type=Path, required=True, metavar="FOLDER", help="取込ファイルを置く / where the import files go")
    parser.add_argument("--check", action="store_true", help="計画だけ / plan only, write nothing")
    parser.add_argument("--allow-remove", type=int, default=0, metavar="N", help="意図した削除の件数 / deletions allowed on purpose")
    parser.add_argument("--allow-change", type=int, default=0, metavar="N", help="意図した変更の件数 / changes allowed on purpose")


def run(args: argparse.Namespace) -> int:
    gc.disable()  # as in ``wardops check``: there are no cycles worth looking for
    from ansible_collections.ward.ops.plugins.module_utils.common.evidence import default_folder  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.common.layer import declared_layer, require_layer  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.skysea import task  # noqa: PLC0415

    request = task.Request(
        subject=args.subject,
        ward=args.ward,
        layer=require_layer(args.layer or declared_layer()),
        export=args.export,
        folder=args.folder,
        evidence=default_folder(),
        check=args.check,
        allow_remove=args.allow_remove,
        allow_change=args.allow_change,
    )
    done = task.run(request)
    counts = done["plan"]["counts"]
    print("追加 {add} 変更 {change} 削除 {remove} 保留 {held} 一致 {unchanged} / add, change, delete, held, equal".format(**counts))
    for name in done["files"]:
        print(f"取込ファイル / import file: {name}")
    for item in done["rest"]:
        print(f"{item['key']}: {item['ja']} / {item['en']}", file=sys.stderr)
    for problem in done["problems"]:
        print(f"{problem['where']}: {problem['code']} {problem['ja']} / {problem['en']}", file=sys.stderr)
    if done["report"]:
        print(f"報告 / report: {done['report']}")
    return 1 if done["rest"] or done["problems"] else 0
