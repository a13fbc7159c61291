"""``wardops merge``: Git's merge driver for ledgers, called by Git (``.gitattributes``: ``merge=ledger``).

``tools/setup_git.sh`` registers it in a clone.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]
#: not 1, with which Python ends when it fails
CONFLICT = 3


def add_parser(sub: Any) -> None:
    parser: argparse.ArgumentParser = sub.add_parser("merge", help="台帳のマージ(Git が呼び出す) / merge driver for ledgers, called by Git")
    parser.add_argument("base", type=Path, help="%%O")
    parser.add_argument("ours", type=Path, help="%%A: 結果もここに書く / takes the result")
    parser.add_argument("theirs", type=Path, help="%%B")
    parser.add_argument("path", help="%%P: リポジトリ内のパス / path in the repository")
    parser.add_argument("--marker-size", type=int, default=7, help="%%L")
    parser.add_argument("--labels", nargs=2, default=("", ""), metavar=("OURS", "THEIRS"), help="%%X %%Y")


def run(args: argparse.Namespace) -> int:
    """Exit code 0: merged; 3: a human must decide. With any other code the file is untouched, and the driver lets Git merge the text."""
    from ansible_collections.ward.ops.plugins.module_utils.common.files import read_bytes, write_atomic  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.common.problems import Problem, WardopsError  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.ledger.merging import Unmergeable, merge  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.ledger.schema import LedgerSchema, load_document  # noqa: PLC0415

    name = Path(args.path).stem
    # an older Git leaves %X and %Y as they are
    labels = [
        label if label and not label.startswith("%") else default for label, default in zip(args.labels, ("ours", "theirs"), strict=True)
    ]
    try:
        schema = LedgerSchema(load_document(REPOSITORY / "schemas" / "ledgers" / f"{name}.schema.json"), name)
        versions = read_bytes(args.base), read_bytes(args.ours), read_bytes(args.theirs)
        merged = merge(versions, schema, args.path, labels, args.marker_size)
    except (Unmergeable, WardopsError) as error:
        reasons = (
            (error.reason_ja, error.reason)
            if isinstance(error, Unmergeable)
            else (error.problems[0].text("ja"), error.problems[0].text("en"))
        )
        print(Problem("E0834", args.path, 0, 0, {"reason_ja": reasons[0], "reason": reasons[1]}).render(), file=sys.stderr)
        return _as_text(args, labels)
    write_atomic(args.ours, merged.data)
    for problem in merged.problems:
        print(problem.render(), file=sys.stderr)
    return CONFLICT if merged.problems else 0


def _as_text(args: argparse.Namespace, labels: list[str]) -> int:
    """What Git does without this driver, in place."""
    names = ["-L", labels[0], "-L", "base", "-L", labels[1]]
    files = [args.ours, args.base, args.theirs]
    done = subprocess.run(["git", "merge-file", "--quiet", f"--marker-size={args.marker_size}", *names, *files], check=False)
    return CONFLICT if done.returncode else 0
