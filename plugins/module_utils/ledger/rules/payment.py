"""Payment routing: for every day one section that exists, columns that the file has, names that a file server may have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...common import safe_names
from ...common.periods import gaps, inverted, overlaps, periods, uncovered
from ...common.problems import Problem
from ..data import Data, Policy
from .registry import Rule

_PARTS = ("procedures", "tax_items", "rules")
Pointer = list[str | int]


def routes_in_order(data: Data) -> Iterator[Problem]:
    """E1300, E1301, E1305: two sections on one day, none in between, a period the wrong way round. E1304: a rule twice."""
    policy = data.policy("payment_routing")
    for part in _PARTS:
        first: dict[str, str] = {}
        for index, item in enumerate(policy.value[part]):
            owner = _owner(item)
            field = "name_ja" if part == "rules" else "code"
            if item[field] in first:
                yield policy.problem("E1304", [part, index, field], value=item[field], first=first[item[field]])
            first.setdefault(item[field], f"{part}[{index}]")
            yield from _periods_in_order(policy, [part, index, "routes"], owner, item["routes"])


def _periods_in_order(policy: Policy, pointer: Pointer, owner: str, routes: list[dict[str, Any]]) -> Iterator[Problem]:
    ordered = periods(routes)
    for period in inverted(ordered):
        yield policy.problem("E1305", [*pointer, period.index, "valid_to"], owner=owner, first=period.first, last=period.last)
    for one, other in overlaps(ordered):
        sections = {"one": routes[one.index]["dept_code"], "other": routes[other.index]["dept_code"]}
        yield policy.problem("E1300", [*pointer, other.index, "valid_from"], owner=owner, day=other.first, **sections)
    for period, begin, end in gaps(ordered):
        yield policy.problem("E1301", [*pointer, period.index, "valid_from"], owner=owner, first=begin, last=end)


def sections_in_force(data: Data) -> Iterator[Problem]:
    """E0302: a section that the ledger does not have. E1302: one that does not exist on every day of the route."""
    policy = data.policy("payment_routing")
    if not data.whole("departments", "code", "valid_from", "valid_to"):
        return
    sections: dict[str, list[dict[str, str]]] = {}
    for code, begin, end, successors in data.one("departments").rows("code", "valid_from", "valid_to", "successors"):
        sections.setdefault(code, []).append({"valid_from": begin, "valid_to": end, "successors": successors})
    for part in _PARTS:
        for index, item in enumerate(policy.value[part]):
            for period in periods(item["routes"]):
                code = item["routes"][period.index]["dept_code"]
                pointer: Pointer = [part, index, "routes", period.index, "dept_code"]
                if code not in sections:
                    yield policy.problem("E0302", pointer, value=code, target="departments (code)")
                elif period.first <= period.last and (day := uncovered(period, periods(sections[code]))):
                    yield policy.problem("E1302", pointer, owner=_owner(item), value=code, day=day, **_successors(sections[code], day))


def _successors(rows: list[dict[str, str]], day: str) -> dict[str, str]:
    """Who took over, as the texts of E1302 end."""
    codes = next((row["successors"] for row in reversed(rows) if row["valid_to"] and row["valid_to"] < day), "")
    if not codes:
        return {"successors": "", "successors_en": ""}
    return {"successors": f"（後継は {codes}）", "successors_en": f" (successors: {codes})"}


def columns_known(data: Data) -> Iterator[Problem]:
    """E1303: a column that the form of the file does not have. E1307: a form that does not exist."""
    layout, routing = data.policy("payment_layout"), data.policy("payment_routing")
    for index, profile in enumerate(layout.value["profiles"]):
        for role, column in profile["roles"].items():
            if column not in profile["columns"]:
                yield layout.problem("E1303", ["profiles", index, "roles", role], value=column, layout=profile["name"])
    used = next((profile for profile in layout.value["profiles"] if profile["name"] == layout.value["use"]), None)
    if used is None:
        known = ", ".join(profile["name"] for profile in layout.value["profiles"])
        yield layout.problem("E1307", ["use"], name=layout.value["use"], known=known)
        return
    for pointer, column in _named_columns(routing.value):
        if column not in used["columns"]:
            yield routing.problem("E1303", pointer, value=column, layout=used["name"])


def _named_columns(routing: Mapping[str, Any]) -> Iterator[tuple[Pointer, str]]:
    yield ["counts_on"], routing["counts_on"]
    for index, rule in enumerate(routing["rules"]):
        for position, item in enumerate(rule["when"]):
            yield ["rules", index, "when", position, "column"], item["column"]


def names_safe(data: Data) -> Iterator[Problem]:
    """E1306: a folder or file name that could leave its folder, be a device, or look like another."""
    policy = data.policy("payment_routing")
    value = policy.value
    for key in ("unrouted", "duplicates"):
        yield from _unsafe(policy, [key], value[key])
    for part in value["folder"].split("/"):
        yield from _unsafe(policy, ["folder"], part.format(dept_code="0000", date="20260401"))
    departments = data.one("departments")
    taken = {route["dept_code"] for part in _PARTS for item in value[part] for route in item["routes"]}
    yield from _unsafe(policy, ["file_name"], value["file_name"].format(dept_code="0000", date="20260401", section="課") + "_99.csv")
    for row, (code, name) in enumerate(departments.rows("code", "name")):
        full = value["file_name"].format(dept_code=code, date="20260401", section=name) + "_99.csv"
        found = safe_names.flaw(name) or safe_names.flaw(full)
        if found and name and code in taken:
            yield departments.problem("E1306", row, "name", name=ascii(name)[:120], reason_ja=found[0], reason=found[1])


def places_apart(data: Data) -> Iterator[Problem]:
    """E1308: two sections, or two days of one, whose files would have one name; rows that are not delivered beside a section's."""
    policy = data.policy("payment_routing")
    value = policy.value
    codes = dict.fromkeys(route["dept_code"] for part in _PARTS for item in value[part] for route in item["routes"])
    seen: dict[str, str] = {}
    for key, name in (*((["folder"], code) for code in codes), (["unrouted"], value["unrouted"]), (["duplicates"], value["duplicates"])):
        place = _place(value, name, "20260401")
        if place.casefold() in seen:
            yield policy.problem("E1308", list(key), one=seen[place.casefold()], other=name, place=place)
            return
        seen[place.casefold()] = name
    place = _place(value, "0000", "20260401")
    if place == _place(value, "0000", "20260402"):
        yield policy.problem("E1308", ["folder"], one="2026-04-01", other="2026-04-02", place=place)


def _place(value: Mapping[str, Any], code: str, date: str) -> str:
    return "/".join(value[part].format(dept_code=code, date=date, section="") for part in ("folder", "file_name"))


def _unsafe(policy: Policy, pointer: Pointer, name: str) -> Iterator[Problem]:
    if found := safe_names.flaw(name):
        yield policy.problem("E1306", pointer, name=ascii(name)[:120], reason_ja=found[0], reason=found[1])


def _owner(item: Mapping[str, Any]) -> str:
    return f"{item['code']} {item['name_ja']}" if "code" in item else str(item["name_ja"])


RULES = (
    Rule("payment_routes", routes_in_order, ("E1300", "E1301", "E1304", "E1305")),
    Rule("payment_sections", sections_in_force, ("E0302", "E1302")),
    Rule("payment_columns", columns_known, ("E1303", "E1307")),
    Rule("payment_names", names_safe, ("E1306",)),
    Rule("payment_places", places_apart, ("E1308",)),
)
