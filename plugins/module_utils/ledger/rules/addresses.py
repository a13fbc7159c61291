"""Addresses of equipment: in a subnet of its layer and site, in a zone and host range of its kind, with that subnet's VLAN."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ...common.problems import Problem
from ..data import Data, Ledger
from ..ipv4 import to_int
from .registry import Rule
from .subnets import Networks, Subnet, SubnetIndex, networks

#: ledger and its column of addresses
_HOLDERS = {"terminals": "ip", "printers": "ip", "network_devices": "mgmt_ip", "servers": "ip"}


class Holder(NamedTuple):
    """A row that holds an address, and the cells that must fit it."""

    ledger: Ledger
    row: int
    column: str
    address: str
    layer: str
    site: str
    vlan: str
    status: str
    floor: str

    def problem(self, code: str, subnet: Subnet, **params: object) -> Problem:
        return self.ledger.problem(code, self.row, self.column, value=self.address, cidr=subnet.cidr, **params)


def addresses(data: Data) -> Iterator[Problem]:
    """E0310-E0319 for every address of equipment; the first that applies to an address is reported."""
    plan, index = networks(data), SubnetIndex(data.one("subnets"), data.whole("subnets", "cidr"))
    for ledger in data.present(*_HOLDERS):
        column = _HOLDERS[ledger.name]
        floors: Sequence[str] = ledger.columns.get("floor", [""] * len(ledger))
        layers = ledger.layers()
        rows = zip(
            ledger.column(column), layers, ledger.column("site"), ledger.column("vlan"), ledger.column("status"), floors, strict=True
        )
        for row, cells in enumerate(rows):
            if cells[0] and (problem := _judge(Holder(ledger, row, column, *cells), plan, index)):
                yield problem


def _judge(holder: Holder, plan: Networks, index: SubnetIndex) -> Problem | None:
    number = to_int(holder.address)
    subnet = index.find(number)
    if subnet is None:
        return holder.ledger.problem("E0310", holder.row, holder.column, value=holder.address) if index.whole else None
    if subnet.layer and holder.layer and subnet.layer != holder.layer and subnet.layer not in plan.common:
        return holder.problem("E0313", subnet, subnet_layer=subnet.layer, layer=holder.layer)
    if subnet.site and holder.site and subnet.site != holder.site:
        return holder.problem("E0314", subnet, subnet_site=subnet.site, site=holder.site)
    return _zone(holder, plan, subnet) or _host(holder, plan, subnet, number) or _floor_and_vlan(holder, subnet)


def _zone(holder: Holder, plan: Networks, subnet: Subnet) -> Problem | None:
    zone = plan.zones.get(subnet.zone)
    if zone is None:
        return None  # E0321 has it
    names = {"zone": zone["name_ja"], "zone_code": subnet.zone}
    if holder.ledger.name not in zone["owners"]:
        among_terminals = holder.ledger.name == "printers" and "terminals" in zone["owners"]
        return holder.problem("E0312" if among_terminals else "E0311", subnet, **names)
    if holder.ledger.name == "terminals" and holder.status and (holder.status == "setup") != (subnet.zone == "setup"):
        state = holder.ledger.schema.label("status", holder.status)
        return holder.problem("E0318", subnet, **names, state=state, state_code=holder.status)
    return None


def _host(holder: Holder, plan: Networks, subnet: Subnet, number: int) -> Problem | None:
    if holder.address == subnet.gateway:
        return holder.problem("E0315", subnet)
    name, offset = holder.ledger.name, number - subnet.first
    part = next((item for item in plan.ranges if item["first"] <= offset <= item["last"]), None)
    if number in (subnet.first, subnet.last) or (part and name not in part["owners"]):
        allowed = ", ".join(f".{item['first']}-.{item['last']}" for item in plan.ranges if name in item["owners"])
        edge = "ネットワーク・ブロードキャスト / network or broadcast address"
        return holder.problem(
            "E0316", subnet, part=part["name_ja"] if part and number not in (subnet.first, subnet.last) else edge, allowed=allowed
        )
    return None


def _floor_and_vlan(holder: Holder, subnet: Subnet) -> Problem | None:
    if subnet.floor and holder.floor and subnet.zone == "floor" and subnet.floor != holder.floor:
        return holder.problem("E0319", subnet, subnet_floor=subnet.floor, floor=holder.floor)
    if holder.vlan and subnet.vlan and holder.vlan != subnet.vlan:
        return holder.ledger.problem("E0317", holder.row, "vlan", value=holder.vlan, expected=subnet.vlan, reason=subnet.cidr)
    return None


RULES = (Rule("addresses", addresses, ("E0310", "E0311", "E0312", "E0313", "E0314", "E0315", "E0316", "E0317", "E0318", "E0319")),)
