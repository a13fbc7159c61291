"""Use of subnets: how many addresses of a zone are given out and how many are left.

The addresses that count are those that equipment of the zone may get: the zone's and the host range's owners in ``networks.yml``
(domain.md 3.4); in a zone without owners all but the network's, the broadcast and the gateway's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..ipv4 import network, size
from .copy import Copy, number_of

#: ledgers and their columns of addresses
HOLDERS = {"terminals": "ip", "printers": "ip", "network_devices": "mgmt_ip", "servers": "ip"}
#: percent from which a subnet counts as nearly full
NEARLY_FULL = 80


@dataclass(frozen=True, slots=True)
class Use:
    """A subnet's use.

    :param row: its row in the ledger ``subnets``.
    :param used: addresses that a row of some ledger holds.
    :param capacity: addresses that may be given out; 0 where equipment gets none.
    """

    row: int
    used: int
    capacity: int

    @property
    def free(self) -> int:
        return max(self.capacity - self.used, 0)

    @property
    def percent(self) -> int:
        """Rounded up, so that 100 means full and 1 means not empty."""
        return -(-self.used * 100 // self.capacity) if self.capacity else 0

    @property
    def nearly_full(self) -> bool:
        return self.capacity > 0 and self.percent >= NEARLY_FULL


def use_of_subnets(copy: Copy) -> list[Use]:
    """The use of every subnet, in the ledger's order; cells that are no addresses are left to ``make check``."""
    subnets = copy.sheet("subnets")
    spans: dict[int, dict[int, int]] = {}
    capacities = []
    plan = copy.ward.policy("networks")
    for row, (cidr, zone, gateway) in enumerate(subnets.rows("cidr", "zone", "gateway")):
        span = _span(cidr)
        capacities.append(_capacity(plan, zone, *span, gateway) if span else 0)
        if span:
            spans.setdefault(32 - span[1], {})[span[0] >> (32 - span[1])] = row
    used = [0] * len(capacities)
    for address in set(_addresses(copy)):
        for shift, known in spans.items():
            row_found = known.get(address >> shift)
            if row_found is not None:
                used[row_found] += 1
    return [Use(row, used[row], capacity) for row, capacity in enumerate(capacities)]


def _addresses(copy: Copy) -> Iterator[int]:
    for name, column in HOLDERS.items():
        for text in copy.sheet(name).column(column):
            if number := number_of(text):
                yield number


def _span(cidr: str) -> tuple[int, int] | None:
    try:
        first, length = network(cidr)
    except ValueError:
        return None
    return (first, length) if 0 < length <= 32 else None


def _capacity(plan: dict[str, Any], code: str, first: int, length: int, gateway: str) -> int:
    owners = next((set(item["owners"]) for item in plan["zones"] if item["code"] == code), set())
    last = size(length) - 2
    parts = [item for item in plan["host_ranges"] if owners & set(item["owners"])] if owners else [{"first": 1, "last": last}]
    door = number_of(gateway) - first if gateway else 0
    total: int = sum(max(min(item["last"], last) - max(item["first"], 1) + 1, 0) for item in parts)
    taken: int = sum(max(item["first"], 1) <= door <= min(item["last"], last) for item in parts)
    return total - taken
