"""Rings: every terminal in service gets its updates in exactly one ring, and a ring has the size that was agreed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ...common.problems import Problem
from ..data import Data
from .registry import Rule

#: states in which a terminal gets updates; in the other states a ring is optional or forbidden (schema)
IN_SERVICE = ("setup", "active", "lent")


def one_ring_each(data: Data) -> Iterator[Problem]:
    """E0340: a code of ``rings.yml`` stands for two rings; its terminals would be in both."""
    policy = data.policy("rings")
    seen: dict[str, int] = {}
    for index, ring in enumerate(policy.value["rings"]):
        if seen.setdefault(ring["code"], index) != index:
            yield policy.problem("E0340", ["rings", index, "code"], value=ring["code"])


def ring_serves_layer(data: Data) -> Iterator[Problem]:
    """E0341: the ring has no day of delivery for the terminal's layer, so that the terminal would never get an update."""
    policy = data.policy("rings")
    served = {(ring["code"], layer) for ring in policy.value["rings"] for layer in ring["delay_days"]}
    codes = {code for code, _ in served}
    offline = set(policy.value["offline_layers"])
    for ledger in data.files("terminals"):
        if ledger.layer in offline:
            continue
        wrong = {code for code in set(ledger.column("ring")) if code in codes and (code, ledger.layer) not in served}
        for row, (code, status) in enumerate(ledger.rows("ring", "status") if wrong else ()):
            if code in wrong and status in IN_SERVICE:
                yield ledger.problem("E0341", row, "ring", value=code, layer=ledger.layer)


def ring_size(data: Data) -> Iterator[Problem]:
    """E0342: a ring is smaller or larger in a layer than ``rings.yml`` allows."""
    policy = data.policy("rings")
    for ledger in data.files("terminals"):
        if not ledger.whole("ring", "status"):
            data.note("terminals")
            continue
        sizes = Counter(code for code, status in ledger.rows("ring", "status") if status in IN_SERVICE)
        for index, ring in enumerate(policy.value["rings"]):
            least = ring.get("size_min", {}).get(ledger.layer, 0)
            most = ring.get("size_max", {}).get(ledger.layer, len(ledger) + least)
            if not least <= sizes[ring["code"]] <= most:
                params = {"value": ring["code"], "layer": ledger.layer, "size": sizes[ring["code"]], "least": least, "most": most}
                yield policy.problem(
                    "E0342", ["rings", index, "size_min" if sizes[ring["code"]] < least else "size_max", ledger.layer], **params
                )


RULES = (
    Rule("one_ring_each", one_ring_each, ("E0340",)),
    Rule("ring_serves_layer", ring_serves_layer, ("E0341",)),
    Rule("ring_size", ring_size, ("E0342",)),
)
