"""``wardops radius-export``: the import file of a RADIUS product, from the ledgers of one layer."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from ansible_collections.ward.ops.plugins.module_utils.common.files import write_atomic
from ansible_collections.ward.ops.plugins.module_utils.common.layer import require_layer
from ansible_collections.ward.ops.plugins.module_utils.common.ward import REPOSITORY, Ward
from ansible_collections.ward.ops.plugins.module_utils.radius.desired import desired_set
from ansible_collections.ward.ops.plugins.module_utils.radius.profiles import export


def add_parser(sub: Any) -> None:
    parser: argparse.ArgumentParser = sub.add_parser("radius-export", help="RADIUS 製品の取込 CSV / import file of a RADIUS product")
    parser.add_argument("--layer", required=True, help="系統 / network layer")
    parser.add_argument("--profile", required=True, help="製品プロファイル / profile in policies/radius.yml")
    parser.add_argument("--ward", type=Path, default=REPOSITORY / "inventories" / "sample", help="データのフォルダ / the ward's folder")
    parser.add_argument("--output", type=Path, metavar="FILE", help="書き出し先 / write to a file instead of standard output")


def run(args: argparse.Namespace) -> int:
    """0; every finding is raised as a WardopsError."""
    ward = Ward(args.ward)
    data = export(ward, desired_set(ward, require_layer(args.layer)), args.profile)
    if args.output:
        write_atomic(args.output, data, 0o640)
    else:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    return 0
