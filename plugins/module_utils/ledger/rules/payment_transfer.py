"""Fetching and delivery of payment results: what is used exists, and every section that gets rows has readers."""

from __future__ import annotations

from collections.abc import Iterator

from ...common import safe_names
from ...common.problems import Problem
from ..data import Data
from .registry import Rule


def places_exist(data: Data) -> Iterator[Problem]:
    """E1400: the source or target that is used by default is not in the list."""
    policy = data.policy("payment_transfer")
    for kind in ("source", "target"):
        names = [item["name"] for item in policy.value[f"{kind}s"]]
        if policy.value["use"][kind] not in names:
            yield policy.problem("E1400", ["use", kind], name=policy.value["use"][kind], known=", ".join(names))


def sections_have_readers(data: Data) -> Iterator[Problem]:
    """E1416: a section gets rows, and the policy does not say who may use its folder: its delivery would be stopped."""
    policy, routing = data.policy("payment_transfer"), data.policy("payment_routing").value
    sections = {route["dept_code"] for part in ("procedures", "tax_items", "rules") for item in routing[part] for route in item["routes"]}
    for index, target in enumerate(policy.value["targets"]):
        if target["name"] != policy.value["use"]["target"]:
            continue
        for section in sorted({*sections, routing["unrouted"]} - set(target["readers"]["sections"])):
            if safe_names.flaw(section):  # E1306 says so
                continue
            yield policy.problem("E1416", ["targets", index, "readers", "sections"], section=section, target=target["name"])


RULES = (
    Rule("payment_places_exist", places_exist, ("E1400",)),
    Rule("payment_sections_have_readers", sections_have_readers, ("E1416",)),
)
