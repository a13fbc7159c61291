"""Whether the rows behind a play's hosts say all that working on them needs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..common.problems import Problem
from .hosts import Hosts


@dataclass(frozen=True, slots=True)
class Requirement:
    """Rows of ``ledger`` in one of the states ``status`` must have a value in each of ``columns``."""

    ledger: str
    status: tuple[str, ...]
    columns: tuple[str, ...]


#: what set-up and network access need, by ledger and state (DESIGN section 5; lab of section 8)
DEFAULT = (
    Requirement("terminals", ("setup", "active", "lent"), ("ip", "vlan", "mac_lan", "dept_code", "site")),
    Requirement("terminals", ("active",), ("ring", "os_version")),
    Requirement("printers", ("active",), ("ip", "vlan", "mac", "queue", "driver")),
    Requirement("network_devices", ("active",), ("mgmt_ip", "vlan", "os_profile")),
    Requirement("servers", ("active", "standby"), ("ip", "vlan", "os", "owner")),
)


def requirements_from(data: Sequence[Mapping[str, Any]]) -> tuple[Requirement, ...]:
    """Requirements from plain data: ``ledger``, ``status`` and ``columns`` of each."""
    return tuple(Requirement(item["ledger"], tuple(item["status"]), tuple(item["columns"])) for item in data)


def check_hosts(hosts: Hosts, names: Collection[str], requirements: Sequence[Requirement] = DEFAULT) -> list[Problem]:
    """E0416 for each row of ``names`` that lacks something, at the row; E0417 for each name that no ledger of the layer has."""
    wanted = set(names)
    problems: list[Problem] = []
    for part in hosts.sets:
        columns = part.ledger.cells
        status = part.ledger.of("status")
        rules = [rule for rule in requirements if rule.ledger == part.kind.ledger]
        for row, name in enumerate(part.names):
            if name not in wanted:
                continue
            wanted.discard(name)
            needed = dict.fromkeys(column for rule in rules if status[row] in rule.status for column in rule.columns)
            missing = [column for column in needed if column not in columns or not columns[column][row]]
            if missing:
                problems.append(
                    Problem("E0416", part.ledger.path, part.ledger.line(row), 0, {"host": name, "variables": ", ".join(missing)})
                )
    strangers = sorted(wanted)
    problems += [Problem("E0417", params={"host": name, "layer": hosts.layer, "ledger": "-"}) for name in strangers]
    return problems
