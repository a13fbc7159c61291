"""``wardops check``: every error of every ledger and policy at once."""

from __future__ import annotations

import argparse
import datetime as dt
import gc
import sys
import time
from pathlib import Path
from typing import Any

START = time.perf_counter()
REPOSITORY = Path(__file__).resolve().parents[1]
FORMATS = ("text", "json", "sarif", "github")


def _date(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} は日付ではありません（例 2026-11-22） / is not a date (2026-11-22)") from None


def add_parser(sub: Any) -> None:
    parser: argparse.ArgumentParser = sub.add_parser("check", help="台帳とポリシーの検査 / check ledgers and policies")
    parser.add_argument(
        "--ward", type=Path, default=REPOSITORY / "inventories" / "sample", help="ledgers/ と policies/ のあるフォルダ / folder of the data"
    )
    parser.add_argument("--format", choices=FORMATS, default="text", help="出力形式 / output format (default: text)")
    parser.add_argument("--as-of", type=_date, metavar="DATE", help="基準日 / the date that rules compare with")
    parser.add_argument("--layer", default="", help="この系統と共通の台帳だけ / only this layer's ledgers and the shared ones")


def run(args: argparse.Namespace) -> int:
    # nothing here makes reference cycles worth collecting; the collector would walk all rows again and again
    gc.disable()
    from ansible_collections.ward.ops.plugins.module_utils.common.ward import REPOSITORY as HOME  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.ledger import check, formats, schema  # noqa: PLC0415

    if not (args.ward / "ledgers").is_dir():
        print(f"{args.ward}: ledgers フォルダがありません / there is no folder ledgers", file=sys.stderr)
        return 2
    schemas = schema.load_schemas(HOME / "schemas")
    layers = {layer for ledger in schemas.ledgers.values() for layer in ledger.layers}
    if args.layer and args.layer not in layers:
        print(f"--layer {args.layer}: {', '.join(sorted(layers))} のどれか / use one of these", file=sys.stderr)
        return 2
    report = check.check_ward(args.ward, args.as_of, args.layer, schemas)
    if (args.ward / "policies" / "patch").is_dir():
        from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward  # noqa: PLC0415
        from ansible_collections.ward.ops.plugins.module_utils.patch import folders  # noqa: PLC0415

        report.problems += folders.problems(Ward(args.ward))
    render = getattr(formats, f"as_{args.format}")
    sys.stdout.write(render(report, time.perf_counter() - START))
    sys.stdout.flush()
    return 1 if report.problems else 0
