"""Writes the sample ward: ledgers and policies, always the same bytes.

usage: python tools/generate_sample.py [--out inventories/sample] [--scale 10]

``--scale n`` makes a city of n times the size: n times as many sites (copies with codes such as A00), each with the sample's
numbers, in wider address blocks. Only the sample of scale 1 is committed.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(REPOSITORY / "collections"), str(REPOSITORY)]

from ansible_collections.ward.ops.plugins.module_utils.common.table import format_table  # noqa: E402

from tools.sample_ward import equipment, holidays, life, network, numbers, paperwork, places, policies, terminals  # noqa: E402
from tools.sample_ward.base import World  # noqa: E402

SCHEMAS = REPOSITORY / "schemas" / "ledgers"


def generate(out: Path, scale: int = 1) -> dict[str, int]:
    """Write the ward under ``out``; the number of rows by ledger."""
    world = World(scale)
    for part in (places, terminals, equipment, network, paperwork, life):
        part.make(world)
    network.make_spares(world)
    numbers.make(world)  # counts what the others made
    counts = {}
    for name, rows in sorted(world.tables.items()):
        schema = json.loads((SCHEMAS / f"{Path(name).name}.schema.json").read_bytes())
        columns = list(schema["properties"])
        unknown = {key for row in rows for key in row} - set(columns)
        if unknown:
            raise KeyError(f"{name}: {unknown} are no columns")
        key = [columns.index(column) for column in schema["x-key"]]
        numeric = {columns.index(column) for column in schema["x-key"] if schema["properties"][column]["type"] == "integer"}
        cells = [[row.get(column, "") for column in columns] for row in rows]
        cells.sort(key=lambda row: [int(row[index]) if index in numeric else row[index] for index in key])
        path = out / "ledgers" / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(format_table(columns, cells))  # not synced: what a crash breaks is made again
        counts[name] = len(rows)
    (out / "policies").mkdir(parents=True, exist_ok=True)
    policies.write(out / "policies", policies.make(world))
    holidays.write(out / "policies")
    return counts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=REPOSITORY / "inventories" / "sample")
    parser.add_argument("--scale", type=int, default=1, choices=range(1, 11))
    args = parser.parse_args()
    for name, count in generate(args.out, args.scale).items():
        print(f"{count:8,} {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
