"""``wardops evidence``: prove, list and show the run evidence of this control node."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from ansible_collections.ward.ops.plugins.module_utils.common.evidence import RECORD, Head
from ansible_collections.ward.ops.plugins.module_utils.common.evidence_chain import verify


def add_parser(sub: Any) -> None:
    parser: argparse.ArgumentParser = sub.add_parser("evidence", help="証跡の検証・一覧 / prove and list run evidence")
    parser.add_argument("action", choices=("verify", "list", "show"))
    parser.add_argument("number", nargs="?", type=int, help="record number, for show")
    default = os.environ.get("WARDOPS_EVIDENCE", "build/evidence")
    parser.add_argument("--folder", type=Path, default=Path(default))
    parser.add_argument("--expect", metavar="SEQ:SHA256", help="a head that was noted elsewhere")


def run(args: argparse.Namespace) -> int:
    if args.action == "verify":
        return _verify(args.folder, args.expect)
    paths = sorted(path for path in args.folder.glob("*.json") if RECORD.fullmatch(path.name))
    if args.action == "list":
        for path in paths:
            print(_line(json.loads(path.read_bytes())))
        return 0
    chosen = [path for path in paths if int(path.name[:8]) == args.number]
    if not chosen:
        print(f"証跡 {args.number} はありません / there is no record {args.number}", file=sys.stderr)
        return 1
    print(chosen[0].read_text(encoding="utf-8"), end="")
    return 0


def _verify(folder: Path, expect: str | None) -> int:
    seq, _, value = (expect or "").partition(":")
    chain = verify(folder, Head(int(seq), value) if value else None)
    for problem in chain.problems:
        print(problem.render(), file=sys.stderr)
    print(f"記録 / records: {chain.records}  控え / head: {chain.head.seq}:{chain.head.sha256}")
    if chain.pending:
        print(f"実行中または中断 / going on or interrupted: {len(chain.pending)}")
    return 1 if chain.problems else 0


def _line(record: dict[str, Any]) -> str:
    operator = record.get("operator", {})
    who = operator.get("awx_user") or operator.get("sudo_user") or operator.get("user", "?")
    commit = (record.get("commit") or {}).get("id", "")[:10]
    fields = (f"{record['seq']:>6}", record.get("started_at", ""), record["purpose"], record["result"]["status"], who, commit)
    return "  ".join(str(field) for field in fields)
