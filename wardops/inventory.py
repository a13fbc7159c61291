"""``wardops inventory``: the whole inventory of one layer as JSON, the document of ``ansible-inventory --list``.

Speaks the protocol of inventory scripts (``--list``, ``--host NAME``), so that other programs can read it directly.
"""

from __future__ import annotations

import argparse
import gc
import sys
from pathlib import Path
from typing import Any

from ansible_collections.ward.ops.plugins.module_utils.common.files import write_atomic
from ansible_collections.ward.ops.plugins.module_utils.common.layer import declared_layer
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.inventory.export import export_host, export_list
from ansible_collections.ward.ops.plugins.module_utils.inventory.hosts import read_hosts
from ansible_collections.ward.ops.plugins.module_utils.inventory.source import find_source, read_source

REPOSITORY = Path(__file__).resolve().parents[1]


def add_parser(sub: Any) -> None:
    parser: argparse.ArgumentParser = sub.add_parser("inventory", help="インベントリの書き出し / export the inventory as JSON")
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--list", action="store_true", help="全機器 / everything")
    action.add_argument("--host", metavar="NAME", help="1 台の変数 / the variables of one host")
    parser.add_argument(
        "-i",
        "--inventory",
        type=Path,
        metavar="SOURCE",
        help="ledger.yml またはそのフォルダ / source file or its folder (default: inventories/sample/<declared layer>)",
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="書き出し先 / write to a file instead of standard output")


def run(args: argparse.Namespace) -> int:
    """0, or 1 after showing every finding (layer guard, ledgers, variable files)."""
    gc.disable()  # one pass over data that all stays until the end
    try:
        source = read_source(_source_file(args.inventory))
        hosts = read_hosts(source.ward, source.layer)
        _keep(hosts)
        pieces = export_list(source, hosts) if args.list else [export_host(source, hosts, args.host)]
        if args.output:
            write_atomic(args.output, b"".join(pieces), 0o640)
        else:
            sys.stdout.buffer.writelines(pieces)
            sys.stdout.buffer.flush()
    except WardopsError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _keep(data: object) -> None:
    """Leave the data to the end of the process: freeing a million texts one by one is a good part of the work and gives nothing."""
    cycle: list[object] = [data]
    cycle.append(cycle)
    gc.freeze()


def _source_file(given: Path | None) -> Path:
    path = given or REPOSITORY / "inventories" / "sample" / declared_layer()
    return find_source([path]) or path
