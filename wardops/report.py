"""``wardops report inventory``: the ledgers counted by section, model, age, ring, subnet; what is overdue and what ends soon."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]


def add_parser(sub: Any) -> None:
    parser: argparse.ArgumentParser = sub.add_parser("report", help="台帳の集計 / reports from the ledgers")
    parser.add_argument("kind", choices=("inventory",), help="inventory = 台帳集計 / counts, subnets, overdue, expiring")
    parser.add_argument("--ward", type=Path, default=REPOSITORY / "inventories" / "sample", help="データのフォルダ / the ward's folder")
    parser.add_argument(
        "--layer", action="append", default=[], metavar="LAYER", help="この系統だけ（複数可）/ only this layer (repeatable)"
    )
    parser.add_argument(
        "--within", type=_days, default=90, metavar="DAYS", help="期限が近いとみなす日数 / days that count as soon (default 90)"
    )
    parser.add_argument("--encoding", choices=("utf-8-sig", "cp932"), default="utf-8-sig", help="CSV の文字コード / encoding of the CSV")
    parser.add_argument("--out", type=Path, default=Path("build/reports"), metavar="FOLDER", help="書き出し先 / the folder to write to")


def _days(text: str) -> int:
    if not text.isdecimal() or not text.isascii() or len(text) > 5:
        raise argparse.ArgumentTypeError(f"{text!r} は日数ではありません / is no number of days")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """0; every finding is raised as a WardopsError."""
    from ansible_collections.ward.ops.plugins.module_utils.common.output import write_files  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.common.ward import REPOSITORY as HOME  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.ledger.pages.copy import read_copy  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.ledger.pages.inventory import inventory_report  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.ledger.schema import load_schemas  # noqa: PLC0415

    ward = Ward(args.ward)
    copy = read_copy(ward, load_schemas(HOME / "schemas"), args.layer)
    files = inventory_report(copy, ward.digest(), args.within, args.encoding)
    write_files(args.out, files)
    print(f"{args.out}: {copy.scope}、inventory.html と CSV {sum(name.endswith('.csv') for name in files)} 件 / {len(files)} files")
    return 0
