"""The page's data: ledgers by column, small and quick to take apart in a browser.

A column with few different values is a list of these values (``d``) and their numbers (``x``, base64 of little-endian integers of ``w``
bytes); others are one text, a line a row (``v``), or a list (``l``) where a cell holds a line feed.
"""

from __future__ import annotations

import base64
import json
import sys
from array import array
from collections.abc import Sequence
from typing import Any

from .copy import Copy, Sheet
from .labels import labels, references, title_column
from .usage import NEARLY_FULL, use_of_subnets

#: bytes of a number -> type code of ``array``
_WIDTHS = ((1, "B", 1 << 8), (2, "H", 1 << 16), (4, "I", 1 << 32))
#: what the subnets' page shows beside the ledger: column, title
_USE = (("percent", "使用率(%)"), ("used", "使用"), ("free", "空き"), ("capacity", "割当可能"))
#: what is looked for most stands first; the rest follows by name
_ORDER = ("terminals", "accessories", "printers", "network_devices", "switch_ports", "servers", "subnets", "departments", "sites", "users")


def page_data(copy: Copy, digest: str) -> dict[str, Any]:
    """Everything that the page shows.

    :param digest: says which data the page was made of.
    """
    return {
        "ward": str(copy.ward.policy("ward").get("name", "")),
        "scope": copy.scope,
        "today": copy.ward.today.isoformat(),
        "digest": digest,
        "nearlyFull": NEARLY_FULL,
        "ledgers": [_ledger(copy, sheet) for sheet in sorted(copy.sheets.values(), key=_rank)],
    }


def script_text(data: Any) -> str:
    """JSON that may stand inside a ``script`` element: no ``<``, so nothing in it ends or comments out the element."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _rank(sheet: Sheet) -> tuple[int, str]:
    return (_ORDER.index(sheet.name) if sheet.name in _ORDER else len(_ORDER), sheet.name)


def _ledger(copy: Copy, sheet: Sheet) -> dict[str, Any]:
    # the key stands first: the first column stays in sight
    order = sorted(sheet.columns, key=lambda name: name not in sheet.schema.key)
    columns = [_column(copy, sheet, name, sheet.columns[name]) for name in order]
    if sheet.name == "subnets":
        place = order.index("zone") + 1
        columns[place:place] = _use_columns(copy)
    return {
        "name": sheet.name,
        "title": str(sheet.schema.document.get("title", sheet.name)),
        "key": list(sheet.schema.key),
        "label": title_column(sheet),
        "rows": len(sheet),
        "missing": len(sheet.missing),
        "columns": columns,
    }


def _use_columns(copy: Copy) -> list[dict[str, Any]]:
    uses = use_of_subnets(copy)
    columns = []
    for name, title in _USE:
        cells = [str(getattr(use, name)) if use.capacity else "" for use in uses]
        columns.append({"name": name, "title": title, "kind": "meter" if name == "percent" else "integer", **encode(cells)})
    return columns


def _column(copy: Copy, sheet: Sheet, name: str, cells: list[str]) -> dict[str, Any]:
    schema = sheet.schema
    column: dict[str, Any] = {"name": name, "title": "系統" if name == "layer" else schema.title(name), "kind": _kind(sheet, name)}
    if words := labels(copy, sheet, name):
        present = set(cells)
        column["labels"] = {value: word for value, word in words.items() if value in present}
        # a section or a ring is known by its code as well; the codes of an enumeration are only ours
        column["both"] = name != "layer" and "enum" not in schema.properties.get(name, {}) and schema.types.get(name) != "boolean"
    if name in schema.properties and (separator := schema.separator(name)):
        column["list"] = separator
    if leads := references(copy, sheet, name):
        column["refs"] = leads
    return {**column, **encode(cells)}


def _kind(sheet: Sheet, name: str) -> str:
    part = sheet.schema.properties.get(name, {})
    if part.get("x-global") == "mac" or name in ("mac", "macs"):
        return "mac"
    if sheet.schema.types.get(name) in ("integer", "number"):
        return "integer"
    return {"ipv4": "ip", "date": "date", "date-time": "date"}.get(str(part.get("format")), "text")


def encode(cells: Sequence[str]) -> dict[str, Any]:
    """A column's cells, see the module's text."""
    distinct = dict.fromkeys(cells)
    if len(distinct) * 4 <= len(cells) or len(distinct) <= 1:
        numbers = {value: number for number, value in enumerate(distinct)}
        width, code = next((width, code) for width, code, limit in _WIDTHS if len(distinct) <= limit)
        packed = array(code, map(numbers.__getitem__, cells))
        if sys.byteorder == "big":
            packed.byteswap()
        return {"d": list(distinct), "w": width, "x": base64.b64encode(packed.tobytes()).decode()}
    text = "\n".join(cells)
    return {"v": text} if text.count("\n") == len(cells) - 1 else {"l": list(cells)}
