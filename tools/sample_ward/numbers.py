"""The ledger of given out numbers, and the one of released addresses: what the rest of the sample ward adds up to."""

from __future__ import annotations

import yaml
from ansible_collections.ward.ops.plugins.module_utils.ledger.numbering import Numbering

from .base import AS_OF, DATA, World


def make(world: World) -> None:
    """Comes last: looks at every table."""
    numbering = Numbering(yaml.safe_load((DATA / "policies" / "numbering.yml").read_bytes()))
    last: dict[str, int] = {}
    for ledger, column, digits in numbering.columns():
        for name, rows in world.tables.items():
            if name.split("/")[-1] == ledger:
                for row in rows:
                    prefix, number = row[column][:-digits], int(row[column][-digits:])
                    last[prefix] = max(last.get(prefix, 0), number)
    for prefix, number in last.items():
        world.add("numbers", prefix=prefix, last=number, given_on=AS_OF)
    world.table("address_rests")
