"""``wardops errors``: the catalogue of error codes on the terminal."""

from __future__ import annotations

import argparse
import sys
from typing import Any


def add_parser(sub: Any) -> None:
    parser: argparse.ArgumentParser = sub.add_parser("errors", help="エラーコードの説明 / explain error codes")
    parser.add_argument("code", nargs="*", help="E0123、E03（範囲）、または名前 / a code, a range such as E03, or a name")


def run(args: argparse.Namespace) -> int:
    from ansible_collections.ward.ops.plugins.module_utils.ledger.codes import codes_of, explain_code  # noqa: PLC0415 - start-up speed

    codes = codes_of(args.code)
    for code in codes:
        sys.stdout.write(explain_code(code) + "\n")
    if not codes:
        print(f"{' '.join(args.code)}: 該当するコードはありません / there is no such code", file=sys.stderr)
    return 0 if codes else 2
