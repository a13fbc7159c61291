"""What a new row lacks and the ward gives out: its number, and for a terminal its name, address, VLAN and ring."""

from __future__ import annotations

from collections.abc import Mapping

from ..allocation import Allocator
from ..schema import LedgerSchema

#: zone in which a terminal of a state has its address
_ZONES = {"setup": "setup", "active": "floor", "lent": "floor"}


def complete(give: Allocator, schema: LedgerSchema, layer: str, row: Mapping[str, str]) -> dict[str, str]:
    """The row with what was empty and can be given out.

    :raises WardopsError: E0821-E0824 (numbers used up, no free address, no such subnet or form).
    """
    full = dict(row)
    for form in give.numbering.numbers:
        if schema.name in form.ledgers and not full.get(form.column):
            full[form.column] = give.number(schema.name, form.column)
    if schema.name == "terminals":
        _terminal(give, layer, full)
    return full


def _terminal(give: Allocator, layer: str, row: dict[str, str]) -> None:
    today = give.book.today
    if not row.get("computer_name") and row.get("form"):
        row["computer_name"] = give.computer_name(layer, row["form"], today.year - (today.month < 4))
    zone = _ZONES.get(row.get("status", ""))
    if zone and not row.get("ip") and row.get("site") and row.get("floor"):
        row["ip"], row["vlan"] = give.address(layer, row["site"], row["floor"], zone)
    if not row.get("ring"):
        row["ring"] = give.ring(layer, row)
