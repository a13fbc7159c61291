"""``wardops bundle``: what crosses from one network layer to another: sent, verified, taken in, listed."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._saving import add_ward

if TYPE_CHECKING:
    from ansible_collections.ward.ops.plugins.plugin_utils.cycle_bundles import Asked


def add_parser(sub: Any) -> None:
    parser: argparse.ArgumentParser = sub.add_parser("bundle", help="系統の間の持込束 / bundles between network layers")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    send = actions.add_parser("send", help="更新のサイクルを別の系統へ / a patch cycle for another layer")
    results = actions.add_parser("results", help="適用状況（件数だけ）を計画した系統へ / counts, back to where the cycle is planned")
    verify = actions.add_parser("verify", help="取り込まずに確かめる / verify, take nothing in")
    receive = actions.add_parser("receive", help="確かめて取り込む / verify, and take in")
    for one in (send, results):
        one.add_argument("cycle", help="サイクル（例 2027-01）/ cycle")
        one.add_argument("target", help="あて先の系統 / layer that it goes to")
        one.add_argument("--folder", type=Path, required=True, help="媒体のフォルダ / folder of the medium")
        one.add_argument("--medium", required=True, metavar="MD-YYYY-NNNN", help="記録媒体台帳の番号 / number in the ledger media")
        one.add_argument("--key", type=Path, required=True, metavar="FILE", help="自分の SSH 署名鍵（.pub: エージェント）/ SSH signing key")
    send.add_argument(
        "--beside", type=Path, action="append", default=[], metavar="FILE", help="同じ媒体の WSUS の書き出し / export of the WSUS"
    )
    for one in (verify, receive):
        one.add_argument("bundle", type=Path, help="持込束のフォルダ / folder of the bundle")
        one.add_argument("--beside", type=Path, metavar="FOLDER", help="一緒に運んだファイルの場所 / where the files beside it are")
        one.add_argument("--signers", type=Path, metavar="FILE", help="署名者一覧（既定 policies/bundle_signers）/ allowed signers")
    state = os.environ.get("WARDOPS_PATCH_STATE") or "build/patch"
    for one in (send, results, verify, receive):
        add_ward(one)
        one.add_argument("--layer", default="", help="この管理端末の系統 / layer of this node (default: as declared)")
        one.add_argument("--state", type=Path, default=Path(state), metavar="FOLDER", help="適用状況の記録 / snapshots of patch states")
        one.add_argument("--role", default="operator", help="役割（氏名は書かない）/ role, never a name")
        one.add_argument("--format", choices=("text", "json"), default="text", help="表示の形 / form of the output")
    for one in (send, results, receive):
        one.add_argument("--check", action="store_true", help="計画だけ / plan only, write nothing")


def run(args: argparse.Namespace) -> int:
    from ansible_collections.ward.ops.plugins.plugin_utils import cycle_bundles  # noqa: PLC0415 - start-up speed

    asked = _asked(args)
    if args.action in ("send", "results"):
        beside = tuple(getattr(args, "beside", ()))
        parcel = cycle_bundles.Parcel(args.cycle, args.target, args.folder, args.key, args.medium, beside)
        done = (cycle_bundles.send_cycle if args.action == "send" else cycle_bundles.send_results)(asked, parcel)
    else:
        done = cycle_bundles.receive(asked, args.bundle, args.beside, args.signers)
    if args.format == "json":
        print(json.dumps(done, ensure_ascii=False, indent=1))
        return 0
    words = {"send": "送る束", "results": "送る束", "verify": "確かめた束", "receive": "取り込んだ束"}
    print(f"{'計画 ' if asked.check else ''}{words[args.action]}: {done['name']} {done['purpose']}（媒体 {done['medium']}）")
    print(f"目録の SHA-256 / manifest: {done['manifest']}")
    for name in (*done["files"], *done.get("written", ())):
        print(f"  {name}")
    if "signer" in done:
        print(f"署名者 / signed by: {done['signer']}")
    if args.action == "receive" and not asked.check:
        print("変更をコミットし、stage_patches.yml で適用します / commit the changes, then run stage_patches.yml")
    return 0


def _asked(args: argparse.Namespace) -> Asked:
    from ansible_collections.ward.ops.plugins.module_utils.common.evidence import default_folder  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.common.layer import declared_layer, require_layer  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.plugin_utils.cycle_bundles import Asked  # noqa: PLC0415

    layer = require_layer(args.layer or declared_layer())
    return Asked(args.ward, layer, default_folder(), args.state, args.role, check=args.action == "verify" or args.check)
