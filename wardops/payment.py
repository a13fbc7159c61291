"""``wardops payment``: a day of payment results (Pufure), the comparison of rules, and the index of seen payments."""

from __future__ import annotations

import argparse
import datetime as dt
import os
import subprocess
from pathlib import Path
from typing import Any

from ansible_collections.ward.ops.plugins.module_utils.common import report
from ansible_collections.ward.ops.plugins.module_utils.common.evidence import default_folder
from ansible_collections.ward.ops.plugins.module_utils.common.files import write_atomic
from ansible_collections.ward.ops.plugins.module_utils.common.policy import parse_policy
from ansible_collections.ward.ops.plugins.module_utils.common.problems import fail
from ansible_collections.ward.ops.plugins.module_utils.common.ward import REPOSITORY, Ward

SAMPLE = REPOSITORY / "inventories" / "sample"
RULES = "policies/payment_routing.yml"


def add_parser(sub: Any) -> None:
    parser: argparse.ArgumentParser = sub.add_parser("payment", help="収納結果の振り分け（Pufure）/ payment results, split by section")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    run_one = actions.add_parser("run", help="1 日分を取得・振り分け・配信 / fetch, split and deliver a day")
    run_one.add_argument("--file", type=Path, help="取得せずにこのファイルを使う / use this file instead of fetching")
    run_one.add_argument("--source", nargs="?", const="", metavar="NAME", help="取得元（省略時は use）/ fetch from this source")
    run_one.add_argument("--target", nargs="?", const="", metavar="NAME", help="配信先（省略時は use）/ deliver to this target")
    run_one.add_argument("--day", type=dt.date.fromisoformat, help="対象日 / business day (default: today)")
    run_one.add_argument("--check", action="store_true", help="何も書かずに結果を予告 / find out, write nothing")
    compare = actions.add_parser("compare", help="規則の変更の影響を過去の収納結果で試す / try a change of rules on past days")
    compare.add_argument("--base", default="HEAD", metavar="REV", help="変更前の規則がある Git の版 / the rules before (default: HEAD)")
    compare.add_argument("--days", type=int, default=30, help="さかのぼる日数 / days back (default: 30)")
    compare.add_argument("--csv", type=Path, metavar="FILE", help="Excel 用 / for Excel")
    compare.add_argument("--html", type=Path, metavar="FILE", help="1 枚のページ / one page")
    index = actions.add_parser("reindex", help="重複検査の索引を保管ファイルから作り直す / make the index of seen payments anew")
    index.add_argument("--days", type=int, default=90, help="さかのぼる日数 / days back (default: 90)")
    for one in (run_one, compare, index):
        one.add_argument("--ward", type=Path, default=SAMPLE, help="データのフォルダ / the ward's folder")
        one.add_argument(
            "--work", type=Path, default=REPOSITORY / "build" / "payment", help="作業フォルダ / work folder (archive, stage …)"
        )
        one.add_argument("--layout", default="", metavar="NAME", help="様式の名前 / form in payment_layout.yml")


def run(args: argparse.Namespace) -> int:
    return {"run": _run, "compare": _compare, "reindex": _reindex}[str(args.action)](args)


def _run(args: argparse.Namespace) -> int:
    """0: all rows delivered or none came; 1: a human must look."""
    from ansible_collections.ward.ops.plugins.module_utils.payment import pipeline  # noqa: PLC0415 - numpy takes its time
    from ansible_collections.ward.ops.plugins.plugin_utils.payment_policies import refuse_wrong  # noqa: PLC0415

    refuse_wrong(args.ward)
    request = pipeline.Request(
        args.ward, args.work, default_folder(), args.day, args.file, args.source, args.target, args.layout, check=args.check
    )
    done = pipeline.run(request)
    for result in done["results"]:
        print(f"{result['name']} → {result['folder']}（{'変更あり / changed' if result['changed'] else '変更なし / unchanged'}）")
        for kind, title in (
            ("input", "入力 / in"),
            ("sections", "課 / sections"),
            ("unrouted", "未振分 / unrouted"),
            ("duplicates", "重複 / seen"),
        ):
            print(f"  {title:20} {result[kind]['rows']:>12,} 件 {report.yen(result[kind]['yen']):>20}")
        for path, status in sorted(result["delivered"].items()):
            print(f"  {status}  {path}")
        if result["status"] == "no_data":
            print("  該当なし / no rows on this day")
    for path in done["receipts"]:
        print(f"  {path}")
    for problem in done["problems"]:
        print(problem.render())
    return 1 if done["problems"] else 0


def _compare(args: argparse.Namespace) -> int:
    from ansible_collections.ward.ops.plugins.module_utils.payment import compare, layout, pipeline, routing  # noqa: PLC0415 - as above
    from ansible_collections.ward.ops.plugins.module_utils.payment.archive import Archive  # noqa: PLC0415

    ward = Ward(args.ward)
    last = ward.today
    first = last - dt.timedelta(days=args.days - 1)
    form = layout.load(ward.policy("payment_layout"), args.layout)
    departments = ward.table("departments").dicts()
    old = routing.Routing(_before(args.ward, args.base), form, departments, last)
    new = routing.Routing(ward.policy("payment_routing"), form, departments, last)
    inputs = pipeline.inputs_of(Archive(args.work / "archive"), first, last)
    if not inputs:
        raise fail("E1325", str(args.work / "archive"), first=first.isoformat(), last=last.isoformat())
    found = compare.compare(inputs, form, old, new, (first.isoformat(), last.isoformat()))
    print("\n".join(compare.lines(found)))
    if args.csv:
        write_atomic(args.csv, report.sheet(compare.HEADER, [move.cells() for move in found.moves]))
    if args.html:
        write_atomic(args.html, compare.page(found, dt.datetime.now(dt.UTC).isoformat()).encode())
    return 0


def _before(ward: Path, revision: str) -> Any:
    """The rules as they stand in a revision of Git.

    :raises WardopsError: E0100 when the revision or the file is not there; E0117, E0118 when it is no YAML.
    """
    name = f"{revision}:./{RULES}"
    command = ["git", "-C", str(ward), "show", "--end-of-options", name]
    found = subprocess.run(command, capture_output=True, check=False, env={**os.environ, "LC_ALL": "C"})
    if found.returncode:
        raise fail("E0100", name, reason=found.stderr.decode("utf-8", "replace").strip().splitlines()[0])
    return parse_policy(found.stdout, name)


def _reindex(args: argparse.Namespace) -> int:
    from ansible_collections.ward.ops.plugins.module_utils.payment import pipeline, seen, split  # noqa: PLC0415 - as above
    from ansible_collections.ward.ops.plugins.module_utils.payment.archive import Archive  # noqa: PLC0415

    ward = Ward(args.ward)
    form, routing = pipeline.rules_of(ward, ward.today, args.layout)
    inputs = pipeline.inputs_of(Archive(args.work / "archive"), ward.today - dt.timedelta(days=args.days), ward.today)
    refused = split.reindex(inputs, args.work / "stage", form, routing, seen.Index(args.work / "seen"))
    print(f"索引 {len(inputs) - len(refused)} ファイル / indexed; 読めない {len(refused)} ファイル / refused")
    return 1 if refused else 0
