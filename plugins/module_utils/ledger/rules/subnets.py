"""The address plan itself: every subnet lies in its network's and site's block, in its zone, with the zone's VLAN.

Source: ``networks.yml``; site number i owns the i-th network of ``site_prefix_length`` in each block.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ...common.problems import Problem
from ..data import Data, Ledger
from ..ipv4 import network, size, to_int, to_text
from .registry import Rule


@dataclass(frozen=True, slots=True)
class Networks:
    """``networks.yml`` by name.

    :param blocks: address block of each layer and common network: first address, prefix length.
    :param common: codes of the networks beside the layers.
    :param zones: by code.
    :param vlans: first and last VLAN by network and zone.
    """

    blocks: dict[str, tuple[int, int]]
    common: frozenset[str]
    zones: dict[str, dict[str, Any]]
    vlans: dict[tuple[str, str], tuple[int, int]]
    ranges: list[dict[str, Any]]
    site_length: int


def networks(data: Data) -> Networks:
    value = data.policy("networks").value
    named = [*value["layers"], *value["common_networks"]]
    return Networks(
        {item["code"]: network(item["block"]) for item in named if "block" in item},
        frozenset(item["code"] for item in value["common_networks"]),
        {zone["code"]: zone for zone in value["zones"]},
        {(item["network"], item["zone"]): (item["first"], item["last"]) for item in value["vlans"]},
        value["host_ranges"],
        value["site_prefix_length"],
    )


def site_blocks(data: Data) -> Iterator[Problem]:
    """E0320: a subnet outside of its network's block at its site."""
    plan, sites = networks(data), data.one("sites")
    numbers = {code: int(number) for code, number in sites.rows("code", "number") if code and number}
    subnets = data.one("subnets")
    for row, (cidr, layer, site) in enumerate(subnets.rows("cidr", "layer", "site")):
        if not cidr or site not in numbers or layer not in plan.blocks:
            continue
        base, block_length = plan.blocks[layer]
        first, length = network(cidr)
        begin = base + numbers[site] * size(plan.site_length)
        inside = begin <= first and first + size(length) <= begin + size(plan.site_length) <= base + size(block_length)
        if not inside:
            yield subnets.problem("E0320", row, "cidr", value=cidr, layer=layer, site=site, block=f"{to_text(begin)}/{plan.site_length}")


def zone_plan(data: Data) -> Iterator[Problem]:
    """E0321 (place, length or network of the zone), E0317 (VLAN of the zone and floor)."""
    plan, subnets = networks(data), data.one("subnets")
    for row, (cidr, layer, code, floor, vlan) in enumerate(subnets.rows("cidr", "layer", "zone", "floor", "vlan")):
        zone = plan.zones.get(code)
        if not cidr or not code or _span(cidr)[0] != network(cidr)[0]:
            continue  # E0322 has the last
        if zone is None or layer not in zone["networks"]:
            yield subnets.problem("E0321", row, "zone", value=code, cidr=cidr, expected=f"zone of {layer}")
            continue
        first, length = network(cidr)
        octet = (first % size(plan.site_length)) >> 8
        octets = zone["third_octets"]
        offset = int(floor) - 1 if floor and octets["last"] > octets["first"] else 0
        expected = octets["first"] + offset
        right = octet == expected if floor else octets["first"] <= octet <= octets["last"]
        if not right or length != zone["prefix_length"] or first & 255 != zone["host_offset"]:
            shown = f"x.x.+{expected}.{zone['host_offset']}/{zone['prefix_length']}"
            yield subnets.problem("E0321", row, "cidr", value=cidr, cidr=cidr, expected=shown)
        if vlan and (layer, code) in plan.vlans:
            begin, end = plan.vlans[layer, code]
            wanted = begin + offset if end > begin else begin
            if int(vlan) != wanted:
                yield subnets.problem("E0317", row, "vlan", value=vlan, expected=wanted, reason=f"{layer} {code} {floor}".strip())


def well_formed(data: Data) -> Iterator[Problem]:
    """E0322 (host bits set), E0323 (gateway outside)."""
    subnets = data.one("subnets")
    for row, (cidr, gateway) in enumerate(subnets.rows("cidr", "gateway")):
        if not cidr:
            continue
        first, length = network(cidr)
        if first % size(length):
            yield subnets.problem("E0322", row, "cidr", value=cidr, expected=f"{to_text(first - first % size(length))}/{length}")
        elif gateway and not first < to_int(gateway) < first + size(length) - 1:
            yield subnets.problem("E0323", row, "gateway", value=gateway, cidr=cidr)


def no_overlap(data: Data) -> Iterator[Problem]:
    """E0324: two subnets share addresses; also across layers, where an address would belong to both."""
    subnets = data.one("subnets")
    spans = sorted((*_span(cidr), row) for row, cidr in enumerate(subnets.column("cidr")) if cidr)
    end, owner = -1, 0
    for first, last, row in spans:
        if first <= end:
            yield subnets.problem("E0324", row, "cidr", value=subnets.column("cidr")[row], first=subnets.place(owner))
        if last > end:
            end, owner = last, row


def _span(cidr: str) -> tuple[int, int]:
    first, length = network(cidr)
    begin = first - first % size(length)
    return begin, begin + size(length) - 1


@dataclass(frozen=True, slots=True)
class Subnet:
    """A row of ``subnets``, as the rules about addresses need it."""

    cidr: str
    first: int
    last: int
    layer: str
    site: str
    zone: str
    floor: str
    vlan: str
    gateway: str


class SubnetIndex:
    """Finds the subnet of an address: by prefix length, then by number.

    :param whole: all subnets are known: an address that none of them holds is outside of the plan.
    """

    def __init__(self, subnets: Ledger, whole: bool) -> None:
        self.whole = whole
        self._by_length: dict[int, dict[int, Subnet]] = {}
        for cidr, *rest in subnets.rows("cidr", "layer", "site", "zone", "floor", "vlan", "gateway"):
            if cidr:
                first, last = _span(cidr)
                shift = 32 - network(cidr)[1]
                self._by_length.setdefault(shift, {})[first >> shift] = Subnet(cidr, first, last, *rest)

    def find(self, address: int) -> Subnet | None:
        for shift, known in self._by_length.items():
            if found := known.get(address >> shift):
                return found
        return None


RULES = (
    Rule("site_blocks", site_blocks, ("E0320",)),
    Rule("zone_plan", zone_plan, ("E0321", "E0317")),
    Rule("well_formed", well_formed, ("E0322", "E0323")),
    Rule("no_overlap", no_overlap, ("E0324",)),
)
