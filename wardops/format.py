"""``wardops format``: ledger files in canonical form; ``--check`` only looks (pre-commit, CI)."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from ._saving import add_ward


def add_parser(sub: Any) -> None:
    parser: argparse.ArgumentParser = sub.add_parser("format", help="台帳を標準の形に整える / bring ledgers into canonical form")
    add_ward(parser)
    parser.add_argument("files", nargs="*", type=Path, help="台帳ファイル(省略時は全部) / ledger files (default: all of the ward)")
    parser.add_argument("--check", action="store_true", help="調べるだけで書き換えない / only look; exit code 1 when a file would change")


def run(args: argparse.Namespace) -> int:
    from ansible_collections.ward.ops.plugins.module_utils.common.files import lock, read_bytes, write_atomic  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.common.problems import Problem, WardopsError, fail  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.common.ward import REPOSITORY, Ward  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.ledger.formatting import canonical  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.ledger.schema import load_schemas  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.ledger.unfinished import unfinished  # noqa: PLC0415

    schemas = load_schemas(REPOSITORY / "schemas")
    ward = Ward(args.ward)
    bad = changed = 0
    with lock(ward.ledgers):
        if journal := unfinished(ward.ledgers):
            raise fail("E0804", ward.shown(journal))
        for path in args.files or sorted([*ward.ledgers.glob("*.csv"), *ward.ledgers.glob("*/*.csv")]):
            schema = schemas.ledgers.get(path.stem)
            if schema is None:
                continue  # E0201 of the check
            shown = ward.shown(path)
            try:
                data = read_bytes(path)
                wanted = canonical(data, schema, shown)
            except WardopsError as error:
                bad += 1
                print("\n".join(problem.render() for problem in error.problems), file=sys.stderr)
                continue
            if wanted == data:
                continue
            changed += 1
            if args.check:
                print(Problem("E0841", shown).render(), file=sys.stderr)
            else:
                write_atomic(path, wanted)
                print(f"整えました / formatted: {shown}")
    return 1 if bad or (changed and args.check) else 0
