"""The desired set: which device may use the network, in which VLAN, by the ledgers of one layer. Pure, but for reading files.

Active terminals (wired and wireless), printers, network devices and ``radius_extra`` entries that are valid today, with the
VLAN by state: ``normal`` (the row's own VLAN), ``setup`` (the layer's setup VLAN), ``quarantine`` (isolated terminals). Which
status means which state, and the VLANs of the states, are data (``policies/radius.yml``).
Source: duties I-8-(6), I-10-(5), I-11-(6), I-14-(1).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..common.mac import allowed_local_prefixes, is_canonical, is_local, is_multicast
from ..common.plan import Item
from ..common.problems import Problem, WardopsError, fail
from ..common.table import Table
from ..common.ward import Ward
from .entries import limited
from .planner import Wanted

NORMAL, SETUP, QUARANTINE = "normal", "setup", "quarantine"


class Source(NamedTuple):
    """One ledger that owns MACs: its kind, the columns with MACs, and the column that names the host."""

    ledger: str
    kind: str
    macs: tuple[str, ...]
    host: str
    per_layer: bool


SOURCES = (
    Source("terminals", "terminal", ("mac_lan", "mac_wlan"), "computer_name", True),
    Source("printers", "printer", ("mac",), "name", False),
    Source("network_devices", "network_device", ("mac",), "name", False),
)


class Owner(NamedTuple):
    """Whose a MAC is, and where that stands."""

    kind: str
    name: str
    asset_id: str
    status: str
    ledger: str
    row: int
    column: str
    site: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"


@dataclass(slots=True)
class Desired:
    """What the ledgers say about one layer.

    :param items: item by canonical MAC, for those that may use the network.
    :param states: ``normal``, ``setup`` or ``quarantine`` by MAC.
    :param owners: every MAC that a ledger of this layer knows, also of returned devices.
    :param released: MACs whose isolation has ended, and that are not isolated now.
    """

    layer: str
    quarantine: int
    items: dict[str, Item] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    owners: dict[str, Owner] = field(default_factory=dict)
    released: set[str] = field(default_factory=set)

    def wanted(self, hosts: Set[str] | None = None) -> Wanted:
        """As the planner takes it; ``hosts`` limits the run to the MACs of these hosts (``--limit``)."""
        shown = {mac: f"{owner.kind}:{owner.name} ({owner.status})" for mac, owner in self.owners.items()}
        scope = None if hosts is None else {mac for mac, owner in self.owners.items() if owner.kind != "extra" and owner.name in hosts}
        return Wanted(self.items, shown, scope, self.released, self.quarantine)

    def refused(self) -> list[str]:
        """MACs that a ledger knows and that must not get in, sorted."""
        return sorted(mac for mac in self.owners if mac not in self.items)


def desired_set(ward: Ward, layer: str, isolations: Table | None = None) -> Desired:
    """The desired set of one layer.

    :param isolations: a ledger ``isolations`` that is about to be written, instead of the one on disk.
    :raises WardopsError: E0512 (the layer has no RADIUS), those of reading ledgers and policies; all problems at once: E0501 (two
        owners), E0502 (multicast), E0504 (no VLAN), E0510 (not canonical).
    """
    if layer not in ward.policy("radius")["layers"]:
        raise fail("E0512", ward.shown(ward.policies / "radius.yml"), layer=layer)
    return _Builder(ward, layer, isolations).build()


class _Builder:
    def __init__(self, ward: Ward, layer: str, isolations: Table | None) -> None:
        self._ward = ward
        self._isolations = isolations
        self._policy: Mapping[str, Any] = ward.policy("radius")
        vlans = self._policy["vlans"]
        self._desired = Desired(layer, int(vlans["quarantine"]))
        self._vlans = {SETUP: str(vlans["setup"].get(layer, "")), QUARANTINE: str(vlans["quarantine"])}
        self._items: dict[tuple[str, str], Item] = {}
        self._tables: dict[str, Table] = {}
        self._problems: list[Problem] = []
        self._local = self._local_prefixes()

    def _local_prefixes(self) -> tuple[str, ...]:
        """Prefixes of locally administered MACs that an exception in force allows; without the policy there are none."""
        if not (self._ward.policies / "exceptions.yml").exists():
            return ()
        return allowed_local_prefixes(self._ward.policy("exceptions")["exceptions"], self._ward.today.isoformat())

    def build(self) -> Desired:
        for source in SOURCES:
            self._take_source(source)
        self._take_extra()
        self._isolate()
        if self._problems:
            raise WardopsError(sorted(self._problems, key=Problem.sort_key))
        return self._desired

    def _rows(self, name: str, per_layer: bool) -> Table | None:
        layer = self._desired.layer if per_layer else None
        if not self._ward.has(name, layer):
            return None
        table = self._tables[name] = self._ward.table(name, layer)
        return table

    def _take_source(self, source: Source) -> None:
        table = self._rows(source.ledger, source.per_layer)
        if table is None:
            return
        states: Mapping[str, str] = self._policy["states"][source.ledger]
        host, asset, status, vlan, site = (table.index(name) for name in (source.host, "asset_id", "status", "vlan", "site"))
        layer = None if source.per_layer else table.index("layer")
        mine = self._desired.layer
        for column in source.macs:
            position = table.index(column)
            for index, row in enumerate(table.rows):
                mac = row[position]
                if not mac or (layer is not None and row[layer] != mine):
                    continue
                owner = Owner(source.kind, row[host], row[asset], row[status], source.ledger, index, column, row[site])
                if self._owned(mac, owner, table) and (state := states.get(row[status])):
                    self._add(mac, owner, state, row[vlan])

    def _take_extra(self) -> None:
        table = self._rows("radius_extra", per_layer=False)
        if table is None:
            return
        today = self._ward.today.isoformat()
        state = self._policy["states"]["radius_extra"]["valid"]
        names = ("mac", "layer", "owner", "vlan", "valid_from", "valid_to", "site", "approver")
        mac, layer, name, vlan, begin, end, site, approver = (table.index(column) for column in names)
        for index, row in enumerate(table.rows):
            if row[layer] != self._desired.layer:
                continue
            valid = row[begin] <= today and (not row[end] or today <= row[end])
            owner = Owner("extra", row[name], "", "valid" if valid else "not valid", "radius_extra", index, "mac", row[site])
            if valid and not row[approver]:
                place = table.problem("E0204", index, "approver")
                params = {"title": "承認者", "column": "approver", "example": "d000001"}
                self._problems.append(Problem("E0204", place.path, place.line, place.column, params))
            if self._owned(row[mac], owner, table) and valid:
                self._add(row[mac], owner, state, row[vlan], limited(row[end]))

    def _owned(self, mac: str, owner: Owner, table: Table) -> bool:
        """Note the owner; a MAC that is no device's, or has two owners, is a problem."""
        first = self._desired.owners.setdefault(mac, owner)
        if first is not owner:
            place = self._tables[first.ledger].problem("E0501", first.row, first.column).where
            params = {"mac": mac, "owner": owner, "other": first, "place": place}
            self._problems.append(table.problem("E0501", owner.row, owner.column, **params))
            return False
        if not is_canonical(mac):
            self._problems.append(table.problem("E0510", owner.row, owner.column, value=mac))
            return False
        if is_multicast(mac):
            self._problems.append(table.problem("E0502", owner.row, owner.column, owner=owner, mac=mac))
            return False
        if is_local(mac) and not mac.startswith(self._local):
            self._problems.append(table.problem("E0361", owner.row, owner.column, value=mac))
            return False
        return True

    def _add(self, mac: str, owner: Owner, state: str, vlan: str, expires: str = "") -> None:
        number = vlan if state == NORMAL else self._vlans[state]
        item = self._items.get((number, expires))
        if item is None:
            if not (number.isascii() and number.isdigit() and 1 <= int(number) <= 4094):
                reason = f"state {state}, vlan {number!r}"
                self._problems.append(self._tables[owner.ledger].problem("E0504", owner.row, owner.column, owner=owner, reason=reason))
                return
            item = {"vlan": int(number), "expires": expires} if expires else {"vlan": int(number)}
            self._items[number, expires] = item
        self._desired.items[mac] = item
        self._desired.states[mac] = state

    def _isolate(self) -> None:
        """Open isolations put their MACs into the quarantine VLAN, whatever the device's status is."""
        table = self._isolations or self._rows("isolations", per_layer=False)
        if table is None:
            return
        asset, macs, layer, until = (table.index(name) for name in ("asset_id", "macs", "layer", "until"))
        is_open: set[str] = set()
        closed: set[str] = set()
        for index, row in enumerate(table.rows):
            if row[layer] != self._desired.layer:
                continue
            for mac in row[macs].split():
                if not is_canonical(mac):
                    self._problems.append(table.problem("E0510", index, "macs", value=mac))
                    continue
                (closed if row[until] else is_open).add(mac)
                if mac not in self._desired.owners:
                    self._desired.owners[mac] = Owner("terminal", row[asset], row[asset], "isolated", "isolations", index, "macs")
        quarantine: Item = {"vlan": self._desired.quarantine}
        for mac in is_open:
            old = self._desired.items.get(mac, {})
            self._desired.items[mac] = {**quarantine, "expires": old["expires"]} if "expires" in old else quarantine
            self._desired.states[mac] = QUARANTINE
        self._desired.released = closed - is_open


def find_terminal(desired: Desired, name: str) -> tuple[str, str, list[str]]:
    """Asset number, computer name and MACs of one terminal, by computer name or asset number.

    :raises WardopsError: E0511 when the ledgers of this layer do not know exactly one.
    """
    found = {mac: owner for mac, owner in desired.owners.items() if owner.kind == "terminal" and name in (owner.name, owner.asset_id)}
    terminals = {(owner.asset_id, owner.name) for owner in found.values() if owner.ledger == "terminals"}
    if len(terminals) != 1:
        raise fail("E0511", name=name, layer=desired.layer, count=len(terminals))
    asset, host = terminals.pop()
    return asset, host, sorted(mac for mac, owner in found.items() if owner.ledger == "terminals")


def sample(macs: Iterable[str], size: int) -> list[str]:
    """A deterministic sample, spread evenly over the sorted MACs; all of them when ``size`` is 0 or large enough."""
    ordered = sorted(macs)
    if size <= 0 or size >= len(ordered):
        return ordered
    return [ordered[index * len(ordered) // size] for index in range(size)]


def unknown_macs(desired: Desired, count: int) -> Iterator[str]:
    """MACs of the documentation range (RFC 9542) that no ledger knows: a server must refuse them."""
    for number in range(256):
        mac = f"00005e0053{number:02x}"
        if mac not in desired.owners and count > 0:
            count -= 1
            yield mac
