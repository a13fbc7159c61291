"""Layers (三層分離): every layer that a path, a row or a policy names is one of ``networks.yml``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...common.problems import Problem
from ..data import Data
from .registry import Rule


def layers_known(data: Data) -> Iterator[Problem]:
    """E0395: a layer that ``networks.yml`` does not list, in a folder's name, a column or a policy."""
    networks = data.policy("networks").value
    layers = {layer["code"] for layer in networks["layers"]}
    everywhere = layers | {network["code"] for network in networks["common_networks"]}
    shown = ", ".join(layer["code"] for layer in networks["layers"])
    for files in data.ledgers.values():
        for ledger in files:
            if ledger.layer and ledger.layer not in layers:
                yield Problem("E0395", ledger.path, 0, 0, {"value": ledger.layer, "layers": shown})
            known = everywhere if ledger.name == "subnets" else layers
            if "layer" in ledger.columns and set(ledger.columns["layer"]) - known - {""}:
                for row, layer in enumerate(ledger.columns["layer"]):
                    if layer and layer not in known:
                        yield ledger.problem("E0395", row, "layer", value=layer, layers=shown)
    for policy in data.policies.values():
        if policy.name != "networks":
            for pointer, layer in _named(policy.value, []):
                if layer not in layers:
                    yield policy.problem("E0395", pointer, value=layer, layers=shown)


def _named(value: Any, pointer: list[str | int]) -> Iterator[tuple[list[str | int], str]]:
    """Every place in a policy that names a layer: ``layer``, items of ``layers`` and ``offline_layers``."""
    if isinstance(value, dict):
        for key, child in value.items():
            if key == "layer" and isinstance(child, str):
                yield [*pointer, key], child
            elif key in ("layers", "offline_layers", "delay_days") and isinstance(child, list | dict):
                for position, item in enumerate(child):
                    if isinstance(item, str):
                        yield [*pointer, key, position if isinstance(child, list) else item], item
                yield from _named(child, [*pointer, key]) if isinstance(child, dict) and key == "layers" else ()
            elif isinstance(child, dict | list):
                yield from _named(child, [*pointer, key])
    elif isinstance(value, list):
        for position, item in enumerate(value):
            if isinstance(item, dict | list):
                yield from _named(item, [*pointer, position])


RULES = (Rule("layers_known", layers_known, ("E0395",)),)
