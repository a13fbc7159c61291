"""Group policy: every link leads to an OU that exists in the same forest; link order within an OU is unambiguous."""

from __future__ import annotations

from collections.abc import Iterator

from ...common.problems import Problem
from ..data import Data
from .registry import Rule


def links_lead_to_ous(data: Data) -> Iterator[Problem]:
    """E0390: a link to an OU that ``ous.yml`` does not have in the GPO's layer."""
    policy = data.policy("gpos")
    known = {(forest["layer"], unit["path"]) for forest in data.policy("ous").value["forests"] for unit in forest["ous"]}
    for index, gpo in enumerate(policy.value["gpos"]):
        for position, link in enumerate(gpo["links"]):
            if (gpo["layer"], link["ou"]) not in known:
                pointer: list[str | int] = ["gpos", index, "links", position, "ou"]
                yield policy.problem("E0390", pointer, value=link["ou"], gpo=gpo["name"], layer=gpo["layer"])


def order_is_clear(data: Data) -> Iterator[Problem]:
    """E0391: two enabled links with the same order at one OU."""
    policy = data.policy("gpos")
    seen: dict[tuple[str, str, int], str] = {}
    for index, gpo in enumerate(policy.value["gpos"]):
        for position, link in enumerate(gpo["links"]):
            key = (gpo["layer"], link["ou"], link["order"])
            if link["enabled"] and seen.setdefault(key, gpo["name"]) != gpo["name"]:
                pointer: list[str | int] = ["gpos", index, "links", position, "order"]
                yield policy.problem("E0391", pointer, value=link["order"], gpo=gpo["name"], other=seen[key], ou=link["ou"])


def names_are_unique(data: Data) -> Iterator[Problem]:
    """E0392: a GUID or a name of a GPO twice."""
    policy = data.policy("gpos")
    seen: dict[tuple[str, str], str] = {}
    for index, gpo in enumerate(policy.value["gpos"]):
        for field in ("guid", "name"):
            if seen.setdefault((field, gpo[field].lower()), f"gpos[{index}]") != f"gpos[{index}]":
                yield policy.problem("E0392", ["gpos", index, field], value=gpo[field], first=seen[field, gpo[field].lower()])


def parents_first(data: Data) -> Iterator[Problem]:
    """E0393: an OU whose parent does not stand before it; it could not be created."""
    policy = data.policy("ous")
    for number, forest in enumerate(policy.value["forests"]):
        seen: set[str] = set()
        for index, unit in enumerate(forest["ous"]):
            parent = unit["path"].rpartition("/")[0]
            if parent and parent not in seen:
                yield policy.problem("E0393", ["forests", number, "ous", index, "path"], value=unit["path"], parent=parent)
            seen.add(unit["path"])
        for field in ("staging", "disabled"):
            if forest[field] not in seen:
                yield policy.problem("E0302", ["forests", number, field], value=forest[field], target="ous")


RULES = (
    Rule("links_lead_to_ous", links_lead_to_ous, ("E0390",)),
    Rule("order_is_clear", order_is_clear, ("E0391",)),
    Rule("names_are_unique", names_are_unique, ("E0392",)),
    Rule("parents_first", parents_first, ("E0393", "E0302")),
)
