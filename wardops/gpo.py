"""``wardops gpo``: files of Group Policy in a readable form. Reads files only."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any


def add_parser(sub: Any) -> None:
    parser: argparse.ArgumentParser = sub.add_parser("gpo", help="グループ ポリシーのファイル / files of Group Policy")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    show = actions.add_parser("show", help="Registry.pol の内容（1 行 1 件の JSON）/ entries of a Registry.pol, one JSON object a line")
    show.add_argument("file", type=Path, help="Registry.pol")


def run(args: argparse.Namespace) -> int:
    from ansible_collections.ward.ops.plugins.module_utils.common.files import read_bytes  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.gpo.registry_pol import decode  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.gpo.registry_values import action, to_data  # noqa: PLC0415

    for entry in decode(read_bytes(args.file), str(args.file)).entries:
        what, name = action(entry)
        line = {"key": entry.key, "action": what, "name": name, **to_data(entry)}
        # a lone surrogate in a name cannot be written as UTF-8; escaped it can
        print(json.dumps(line, ensure_ascii=not f"{entry.key}{entry.name}".isprintable()))
    return 0
