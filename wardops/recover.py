"""``wardops recover``: finishes a save of ledgers that was killed between its first and its last file."""

from __future__ import annotations

import argparse
from typing import Any

from ._saving import add_ward


def add_parser(sub: Any) -> None:
    parser: argparse.ArgumentParser = sub.add_parser("recover", help="中断した書込みを完了する / finish a save that was interrupted")
    add_ward(parser)


def run(args: argparse.Namespace) -> int:
    from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.ledger.saving import recover  # noqa: PLC0415

    moved = recover(Ward(args.ward).ledgers)
    for name in moved:
        print(f"書込み / written: {name}")
    if not moved:
        print("中断した書込みはありません / no save was interrupted")
    return 0
