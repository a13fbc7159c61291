"""``wardops end-of-service``: terminals whose version of Windows is no longer served, or not for long."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]


def add_parser(sub: Any) -> None:
    parser: argparse.ArgumentParser = sub.add_parser("end-of-service", help="OS のサポート終了一覧 / end of service of Windows versions")
    parser.add_argument("--ward", type=Path, default=REPOSITORY / "inventories" / "sample", help="データのフォルダ / the ward's folder")
    parser.add_argument("--layer", help="この系統だけ / only this layer")
    parser.add_argument("--out", type=Path, default=Path("build/end-of-service"), metavar="FOLDER", help="書き出し先 / folder to write to")


def run(args: argparse.Namespace) -> int:
    """0; every finding is raised as a WardopsError."""
    from collections import Counter  # noqa: PLC0415 - start-up speed

    from ansible_collections.ward.ops.plugins.module_utils.common.output import write_files  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.common.problems import fail  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.patch.end_of_service import VERDICTS, judge, report  # noqa: PLC0415

    ward = Ward(args.ward)
    layers = [layer for layer in ward.layers if ward.has("terminals", layer)]
    if args.layer and args.layer not in layers:
        raise fail("E1201", layer=args.layer, known="、".join(layers))
    rows = ((layer, row) for layer in ([args.layer] if args.layer else layers) for row in ward.table("terminals", layer).dicts())
    policy = ward.policy("end_of_service")
    found = judge(policy, rows, ward.today)
    files = report(policy, found, ward.today)
    write_files(args.out, files)
    for name in files:
        print(args.out / name)
    counts = Counter(one.verdict for one in found)
    print("、".join(f"{verdict} {counts[verdict]:,} 台" for verdict in VERDICTS))
    return 0
