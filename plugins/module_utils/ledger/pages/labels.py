"""What people read beside a code: 「稼働」 for ``active``, the section's name for its number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .copy import Copy, Sheet

#: the columns that name a row for people, in the order of preference
_NAMES = ("computer_name", "name", "product", "function", "model")
#: columns of histories that hold the number of a thing of any ledger, and the numbers that are no asset numbers
_THINGS = frozenset({"asset_id", "partner", "holder"})
_NUMBERS = frozenset({"device_id", "media_id"})


def labels(copy: Copy, sheet: Sheet, column: str) -> Mapping[str, str]:
    """The Japanese words for a column's values: of its enumeration, or the names of what it refers to; empty when there are none."""
    part = sheet.schema.properties.get(column, {})
    found = dict(part.get("x-labels", {}))
    if column == "layer" and not found:
        found = {code: str(layer["name_ja"]) for code, layer in copy.ward.layers.items()}
    if part.get("type") == "boolean":
        found = {"true": "はい", "false": "いいえ"}
    for reference in sheet.schema.references:
        if reference.column != column or found:
            continue
        if reference.policy:
            found = _policy_names(copy, reference.policy, reference.to)
        elif len(reference.ledgers) == 1 and reference.to == "code":
            found = dict(names(copy, copy.sheet(reference.ledgers[0])))
    return found


def names(copy: Copy, sheet: Sheet) -> Mapping[str, str]:
    """Names by code; of a ledger with a history (sections) the name in force today, else the latest one."""
    today = copy.ward.today.isoformat()
    found: dict[str, tuple[tuple[bool, str], str]] = {}
    for code, name, begin, end in sheet.rows("code", "name", "valid_from", "valid_to"):
        rank = (begin <= today and (not end or end >= today), begin)
        if code not in found or rank > found[code][0]:
            found[code] = (rank, name)
    return {code: name for code, (_, name) in found.items()}


def references(copy: Copy, sheet: Sheet, column: str) -> list[dict[str, Any]]:
    """Where a column's values lead: what the schema says, and for the numbers of things in a history every ledger of things."""
    found = [
        {"ledgers": list(item.ledgers), "to": item.to, **({"when": dict(item.when)} if item.when else {})}
        for item in sheet.schema.references
        if item.column == column and item.ledgers
    ]
    if found or column not in _THINGS or sheet.schema.properties.get(column, {}).get("x-global"):
        return found
    for name, other in copy.sheets.items():
        keys = other.schema.global_columns("asset_id") or [key for key in other.schema.key if key in _NUMBERS]
        found += [{"ledgers": [name], "to": key} for key in keys]
    return found


def title_column(sheet: Sheet) -> str:
    """The column that names a row for people beside its key; empty when the key says it all."""
    return next((name for name in _NAMES if name in sheet.columns and name not in sheet.schema.key), "")


def _policy_names(copy: Copy, policy: str, path: str) -> dict[str, str]:
    """``rings.code`` of ``rings.yml``: the Japanese name of every item of the list ``rings``."""
    if not (copy.ward.policies / f"{policy}.yml").exists():
        return {}  # a ledger can be shown without the words; that the policy is missing, `make check` says
    *steps, last = path.split(".")
    items: Any = copy.ward.policy(policy)
    for step in steps:
        items = items.get(step, []) if isinstance(items, dict) else []
    return {str(item[last]): str(item["name_ja"]) for item in items if isinstance(item, dict) and last in item and "name_ja" in item}
