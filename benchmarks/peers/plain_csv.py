"""Inventory plugin as one writes it at first: a row, ``add_host``; a group, ``add_child``; a cell, ``set_variable``."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from ansible.plugins.inventory import BaseInventoryPlugin

DOCUMENTATION = """
name: plain_csv
short_description: Peer of the benchmarks
description: Hosts from one CSV file, with groups by some of its columns.
"""
#: column: prefix of its groups
GROUPS = {"layer": "layer", "kind": "kind", "site": "site", "dept_code": "dept", "model_slug": "model", "os_slug": "os"}
GROUPS |= {"ring": "ring", "status": "status"}
#: columns that only name groups
HELPERS = {"kind", "model_slug", "os_slug"}


class InventoryModule(BaseInventoryPlugin):
    """Peer of ``inventory.list_hosts.30k``."""

    NAME = "plain_csv"

    def verify_file(self, path: str) -> bool:
        return path.endswith(".plain.csv")

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache)
        with Path(path).open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                name = inventory.add_host(row["computer_name"])
                for column, prefix in GROUPS.items():
                    group = inventory.add_group(f"{prefix}_{row[column]}")
                    inventory.add_child(group, name)
                for column, value in row.items():
                    if column not in HELPERS:
                        inventory.set_variable(name, column, int(value) if column == "vlan" else value)
