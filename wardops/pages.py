"""``wardops pages``: the browsable page of all ledgers, one file for a browser without a network."""

from __future__ import annotations

import argparse
import gc
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]


def add_parser(sub: Any) -> None:
    parser: argparse.ArgumentParser = sub.add_parser("pages", help="台帳閲覧ページの作成 / make the browsable page of all ledgers")
    parser.add_argument("--ward", type=Path, default=REPOSITORY / "inventories" / "sample", help="データのフォルダ / the ward's folder")
    parser.add_argument(
        "--layer", action="append", default=[], help="この系統のものだけ（複数可）/ only what belongs to this layer (repeatable)"
    )
    parser.add_argument("--out", type=Path, default=Path("build/pages/ledgers.html"), metavar="FILE", help="書き出し先 / the file to write")


def run(args: argparse.Namespace) -> int:
    """0; every finding is raised as a WardopsError."""
    gc.disable()  # one pass over data that all stays until the end; the collector would walk it again and again
    from ansible_collections.ward.ops.plugins.module_utils.common.output import write_files  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.common.ward import REPOSITORY as HOME  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.ledger.pages.copy import read_copy  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.ledger.pages.page import build_page  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.ledger.schema import load_schemas  # noqa: PLC0415

    ward = Ward(args.ward)
    copy = read_copy(ward, load_schemas(HOME / "schemas"), args.layer)
    page = build_page(copy, ward.digest())
    write_files(args.out.parent, {args.out.name: page})
    rows = sum(map(len, copy.sheets.values()))
    print(f"{args.out}: {copy.scope}、{len(copy.sheets)} 台帳、{rows:,} 件 / {rows:,} rows, {len(page) / 1e6:.1f} MB")
    return 0
