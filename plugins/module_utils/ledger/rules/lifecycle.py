"""Lifecycle: what was returned, wiped or disposed of is allowed nowhere any more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ...common.problems import Problem
from ..data import Data
from .registry import Rule

RETIRED = frozenset({"returned", "wiped", "disposed"})
#: ledgers of equipment and the columns by which others name it
_EQUIPMENT = {
    "terminals": ("asset_id", "computer_name"),
    "printers": ("asset_id", "name"),
    "network_devices": ("name",),
    "servers": ("name",),
}
#: ledger and column that names equipment, and states in which the row no longer counts
_USERS: Sequence[tuple[str, str, Mapping[str, frozenset[str]]]] = (
    ("usb_devices", "allow_terminals", {"status": frozenset({"lost", "disposed"})}),
    ("switch_ports", "connected_to", {}),
    ("network_devices", "uplink", {"status": RETIRED}),
    ("accessories", "parent_asset_id", {"status": frozenset({"disposed", "lost"})}),
)


def _retired(data: Data) -> dict[str, tuple[str, str]]:
    """Names of retired equipment, with the state in Japanese and as in the ledger."""
    found: dict[str, tuple[str, str]] = {}
    for ledger in data.present(*_EQUIPMENT):
        for row, status in enumerate(ledger.column("status")):
            if status in RETIRED:
                for column in _EQUIPMENT[ledger.name]:
                    found[ledger.column(column)[row]] = (ledger.schema.label("status", status), status)
    found.pop("", None)
    return found


def retired_nowhere_named(data: Data) -> Iterator[Problem]:
    """E0351: USB permissions, switch ports, uplinks and accessories that still name retired equipment."""
    retired = _retired(data)
    for name, column, done in _USERS:
        for ledger in data.present(name):
            separator = ledger.schema.separator(column)
            for row, cell in enumerate(ledger.column(column)):
                for item in cell.split(separator) if separator else (cell,):
                    if item in retired and not any(ledger.column(state)[row] in values for state, values in done.items()):
                        yield ledger.problem("E0351", row, column, value=item, state=retired[item][0], state_code=retired[item][1])


def retired_not_admitted(data: Data) -> Iterator[Problem]:
    """E0350: a MAC of retired equipment in ``radius_extra`` would let it onto the network again."""
    extra = data.one("radius_extra")
    macs = {mac: row for row, mac in enumerate(extra.column("mac")) if mac}
    for ledger in data.present("terminals", "printers", "network_devices"):
        for column in ledger.schema.global_columns("mac"):
            for owner_row, (mac, status) in enumerate(ledger.rows(column, "status")):
                if status in RETIRED and mac in macs:
                    params = {"value": mac, "state": ledger.schema.label("status", status), "state_code": status}
                    yield extra.problem("E0350", macs[mac], "mac", first=ledger.place(owner_row), **params)


RULES = (
    Rule("retired_nowhere_named", retired_nowhere_named, ("E0351",)),
    Rule("retired_not_admitted", retired_not_admitted, ("E0350",)),
)
