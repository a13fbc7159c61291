"""The change file for the monitoring system: which columns it has is data (``policies/network.yml``), since each product wants its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...common.problems import fail
from ...common.report import sheet
from .units import Units


@dataclass(frozen=True, slots=True)
class Profile:
    """:param columns: title, and a field or a fixed text (the other is empty); :param rows: ``item`` or ``device``."""

    encoding: str
    rows: str
    items: tuple[str, ...]
    columns: tuple[tuple[str, str, str], ...]


def profile(policy: Any) -> Profile:
    """:raises WardopsError: E1633."""
    try:
        given = policy["monitoring"]
        columns = tuple((str(one["title"]), str(one.get("field", "")), str(one.get("text", ""))) for one in given["columns"])
        return Profile(str(given["encoding"]), str(given["rows"]), tuple(map(str, given["items"])), columns)
    except (KeyError, TypeError, AttributeError):
        shown = policy.get("monitoring") if isinstance(policy, dict) else None
        raise fail("E1633", "network.yml", key="monitoring", value=shown) from None


def change_file(units: Units, ticket: str, wanted: Profile) -> bytes:
    """:raises WardopsError: E1633 for a field that there is not, E0124 for a character that the encoding lacks."""
    dead, spare = units.dead, units.spare
    facts: dict[str, str] = {
        **{name: dead[name] for name in ("name", "site", "layer", "role")},
        "address": dead["mgmt_ip"],
        "ticket": ticket,
        **{f"{item}_before": dead[item] for item in wanted.items},
        **{f"{item}_after": spare[item] for item in wanted.items},
    }
    rows = [facts]
    if wanted.rows == "item":
        changed = [item for item in wanted.items if dead[item] != spare[item]]
        rows = [{**facts, "item": item, "before": dead[item], "after": spare[item]} for item in changed]
    return sheet([title for title, _, _ in wanted.columns], [_cells(row, wanted) for row in rows], wanted.encoding)


def _cells(row: Mapping[str, str], wanted: Profile) -> list[str]:
    cells = []
    for title, field, text in wanted.columns:
        if field and field not in row:
            raise fail("E1633", "network.yml", key=f"monitoring.columns.{title}", value=field)
        cells.append(row[field] if field else text)
    return cells
