"""``wardops evidence``: prove, list and show the run evidence of this control node."""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

from ansible_collections.ward.ops.plugins.module_utils.common.evidence import RECORD, Head, default_folder
from ansible_collections.ward.ops.plugins.module_utils.common.evidence_chain import verify
from ansible_collections.ward.ops.plugins.module_utils.common.files import read_bytes
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError, fail


def add_parser(sub: Any) -> None:
    parser: argparse.ArgumentParser = sub.add_parser("evidence", help="証跡の検証・一覧 / prove and list run evidence")
    parser.add_argument("action", choices=("verify", "list", "show"))
    parser.add_argument("number", nargs="?", type=int, help="record number, for show")
    parser.add_argument("--folder", type=Path, default=default_folder())
    parser.add_argument("--expect", metavar="SEQ:SHA256", type=_head, help="控え（番号とハッシュ）/ a head that was noted elsewhere")


def run(args: argparse.Namespace) -> int:
    if args.action == "verify":
        return _verify(args.folder, args.expect)
    if not args.folder.is_dir():
        raise fail("E0100", str(args.folder), reason="no such folder")
    paths = sorted(path for path in args.folder.glob("*.json") if RECORD.fullmatch(path.name))
    if args.action == "list":
        for path in paths:
            print(_line(path))
        return 0
    chosen = [path for path in paths if int(path.name[:8]) == args.number]
    if not chosen:
        print(f"証跡 {args.number} はありません / there is no record {args.number}", file=sys.stderr)
        return 1
    print(chosen[0].read_text(encoding="utf-8"), end="")
    return 0


def _head(text: str) -> Head:
    """``12:0f3a…`` or ``12 0f3a…``, as this command and the playbook print it; ``ValueError`` makes argparse refuse the rest."""
    match = re.fullmatch(r"([0-9]+)[: ]([0-9a-f]{64})", text.strip())
    if not match:
        raise ValueError(text)
    return Head(int(match[1]), match[2])


def _verify(folder: Path, expect: Head | None) -> int:
    chain = verify(folder, expect)
    for problem in chain.problems:
        print(problem.render(), file=sys.stderr)
    print(f"記録 / records: {chain.records}  控え / head: {chain.head.seq}:{chain.head.sha256}")
    if chain.pending:
        print(f"実行中または中断 / going on or interrupted: {len(chain.pending)}")
    return 1 if chain.problems else 0


def _line(path: Path) -> str:
    """One record; a damaged one is shown as such, because this list is read when something is wrong."""
    try:
        return _fields(json.loads(read_bytes(path)))
    except (ValueError, KeyError, TypeError, AttributeError, WardopsError):
        return f"{path.name}  E0605 読めない証跡 / unreadable record"


def _fields(record: dict[str, Any]) -> str:
    operator = record.get("operator", {})
    who = operator.get("awx_user") or operator.get("sudo_user") or operator.get("user", "?")
    commit = (record.get("commit") or {}).get("id", "")[:10]
    fields = (f"{record['seq']:>6}", record.get("started_at", ""), record["purpose"], record["result"]["status"], who, commit)
    return "  ".join(str(field) for field in fields)
