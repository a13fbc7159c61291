"""What the RADIUS policy names exists, and it agrees with the address plan."""

from __future__ import annotations

from collections.abc import Iterator

from ...common.problems import Problem
from ..data import Data
from .registry import Rule


def radius_servers(data: Data) -> Iterator[Problem]:
    """E0302: a RADIUS server that the ledger does not have in that layer, or an unknown product profile."""
    policy = data.policy("radius")
    servers = {(name, layer) for ledger in data.files("servers") for name, layer in ledger.rows("name", "layer")}
    whole = data.whole("servers", "name", "layer")
    for layer, item in policy.value["layers"].items():
        for position, name in enumerate(item["servers"]):
            if whole and (name, layer) not in servers:
                yield policy.problem("E0302", ["layers", layer, "servers", position], value=name, target=f"servers ({layer})")
        if item["profile"] not in policy.value["profiles"]:
            yield policy.problem("E0302", ["layers", layer, "profile"], value=item["profile"], target="profiles")


def setup_vlans_agree(data: Data) -> Iterator[Problem]:
    """E0396: RADIUS would put a terminal in setup into another VLAN than the address plan says."""
    policy = data.policy("radius")
    plan = {item["network"]: item["first"] for item in data.policy("networks").value["vlans"] if item["zone"] == "setup"}
    for layer, vlan in policy.value["vlans"]["setup"].items():
        if layer in plan and plan[layer] != vlan:
            yield policy.problem("E0396", ["vlans", "setup", layer], value=vlan, layer=layer, expected=plan[layer])


RULES = (
    Rule("radius_servers", radius_servers, ("E0302",)),
    Rule("setup_vlans_agree", setup_vlans_agree, ("E0396",)),
)
