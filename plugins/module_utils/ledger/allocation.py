"""Giving out numbers, names, addresses, VLANs and rings: deterministic, and nothing twice.

The ledger ``numbers`` keeps the last number of each prefix, also when the thing is disposed of and its row is gone. Two branches that
give out numbers at once both change that prefix's line: Git or the merge driver stops, and what is merged wrongly all the same is
found by ``make check`` (E0820, and E0303-E0308 for what is there twice). A released address rests in the ledger ``address_rests``
for ``rest_days`` (``policies/numbering.yml``), because DHCP, DNS and logs still mean its old holder.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from ..common.problems import fail
from .book import Book, Row, RowChange
from .ipv4 import network, size, to_int, to_text
from .numbering import Numbering

#: states in which a terminal gets updates and so needs a ring
_IN_SERVICE = ("setup", "active", "lent")


class Allocator:
    """Gives out what a new or moved row needs. What is given out is remembered, also when the caller does not use it.

    :param book: numbers go to its ledger ``numbers`` at once; the rest the caller puts into its rows.
    :param reason: ticket, or digest of the list that is being taken in. It stands in the line of the last number, so that two
        branches that give out the same number for different reasons never merge silently.
    """

    def __init__(self, book: Book, reason: str = "") -> None:
        self.book = book
        self.reason = reason
        self.numbering = Numbering(book.ward.policy("numbering"))
        self._last: dict[str, int] = {}
        self._taken: set[int] = set()

    def asset_id(self) -> str:
        """The next asset number, ``A0014460``.

        :raises WardopsError: E0821 when the digits are used up.
        """
        return self.number("terminals", "asset_id")

    def number(self, ledger: str, column: str, date: dt.date | None = None) -> str:
        """The next number of a ledger's column, ``LN-2026-0151``.

        :param date: decides the year of a prefix with a year; the ward's today when not given.
        :raises WardopsError: E0821 (digits used up), E0824 (``numbering.yml`` has no such number).
        """
        form = self.numbering.of(ledger, column)
        if form is None:
            raise fail("E0824", what_ja=f"台帳 {ledger} の {column}", what=f"{column} of the ledger {ledger}")
        return self._next(form.prefix_on(date or self.book.today), form.digits)

    def computer_name(self, layer: str, form: str, fiscal_year: int) -> str:
        """The next name of a terminal, ``LG26N00121``.

        :param fiscal_year: year of purchase, 2026 or 26.
        :raises WardopsError: E0821 (digits used up), E0824 (layer or form without a letter in ``networks.yml`` / ``numbering.yml``).
        """
        prefix = self.book.ward.layers.get(layer, {}).get("prefix", "")
        letter = self.numbering.forms.get(form, "")
        if not prefix or not letter:
            raise fail("E0824", what_ja=f"系統「{layer}」形状「{form}」の端末名", what=f"terminals of layer {layer!r} and form {form!r}")
        return self._next(f"{prefix}{fiscal_year % 100:02d}{letter}", self.numbering.name_digits)

    def address(self, layer: str, site: str, floor: str | int, zone: str = "floor") -> tuple[str, str]:
        """The lowest free address and its VLAN; both empty in a layer without a network (``ledgers_only``).

        :param zone: code of a zone of ``networks.yml``: ``floor``, ``setup``, ``printer`` …; the floor only matters in zones per floor.
        :raises WardopsError: E0823 (no such subnet), E0822 (no free address).
        """
        if self.book.ward.layers.get(layer, {}).get("ledgers_only"):
            return "", ""
        subnets = [row for row in self._subnets.get((layer, site, zone), ()) if row["floor"] in ("", str(floor))]
        where: dict[str, Any] = {"layer": layer, "site": site, "floor": floor, "zone": zone}
        if not subnets:
            raise fail("E0823", **where)
        for subnet in subnets:
            for number in self._usable(subnet, zone):
                if number not in self._held and number not in self._taken:
                    self._taken.add(number)
                    self._wake(to_text(number))
                    return to_text(number), subnet["vlan"]
        raise fail("E0822", cidr=", ".join(row["cidr"] for row in subnets), **where)

    def ring(self, layer: str, row: Mapping[str, str]) -> str:
        """The ring of a terminal that has none yet: the last one that serves its layer (rings stand in order, the widest last).

        Empty for a terminal that is not in service, which has no ring.
        """
        if row.get("status") not in _IN_SERVICE:
            return ""
        rings = self.book.ward.policy("rings")
        offline = layer in rings["offline_layers"]
        codes = [ring["code"] for ring in rings["rings"] if offline or layer in ring["delay_days"]]
        return str(codes[-1]) if codes else ""

    # --- numbers

    def _next(self, prefix: str, digits: int) -> str:
        if prefix not in self._last:
            self._last[prefix] = max(recorded(self.book, prefix), self._highest.get((prefix, digits), 0))
        number = self._last[prefix] + 1
        if number >= 10**digits:
            raise fail("E0821", prefix=prefix, digits=digits)
        self._last[prefix] = number
        record(self.book, prefix, number, self.reason)
        return f"{prefix}{number:0{digits}d}"

    @cached_property
    def _highest(self) -> dict[tuple[str, int], int]:
        return highest(self.book, self.numbering)

    # --- addresses

    @cached_property
    def _subnets(self) -> dict[tuple[str, str, str], list[Row]]:
        found: dict[tuple[str, str, str], list[Row]] = {}
        for row in self.book.rows("subnets").values():
            found.setdefault((row["layer"], row["site"], row["zone"]), []).append(row)
        for rows in found.values():
            rows.sort(key=lambda row: network(row["cidr"]))
        return found

    @cached_property
    def _held(self) -> set[int]:
        """Every address that a ledger names, that the pending changes release, or that rests."""
        end = self.book.today - dt.timedelta(days=self.numbering.rest_days)
        held = {to_int(ip) for ledger, ip, _ in _addresses(self.book) if ledger != "address_rests"}
        held |= {to_int(ip) for ip, row in _rests(self.book).items() if row["released_on"] > end.isoformat()}
        return held | {to_int(ip) for ip in _released(self.book, self.book.changes())}

    def _usable(self, subnet: Row, zone: str) -> Iterator[int]:
        """Addresses that the zone's owners may have (``host_ranges``), without network, broadcast and gateway."""
        plan = self.book.ward.policy("networks")
        owners: list[str] = next((item["owners"] for item in plan["zones"] if item["code"] == zone), [])
        first, length = network(subnet["cidr"])
        last = first + size(length) - 1
        gateway = to_int(subnet["gateway"]) if subnet["gateway"] else 0
        for part in plan["host_ranges"]:
            if set(owners) & set(part["owners"]):
                for number in range(first + part["first"], first + part["last"] + 1):
                    if first < number < last and number != gateway:
                        yield number

    def _wake(self, ip: str) -> None:
        """An address whose rest is over is given out again."""
        self.book.remove("address_rests", ip)


def settle(book: Book, reason: str = "") -> None:
    """Record what the pending changes mean for numbers and addresses; to be called before a book is saved.

    Numbers that came by hand or in a list raise the last number of their prefix; a released address begins its rest; one that goes
    back to the row that held it ends it.
    """
    changes = book.changes()
    if not changes:
        return
    numbering = Numbering(book.ward.policy("numbering"))
    greatest: dict[tuple[str, int], int] = {}
    for ledger, column, digits in numbering.columns():
        cells = (change.after[column] for change in changes if change.ledger == ledger and change.after)
        _raise(greatest, cells, digits)
    for (prefix, _), number in sorted(greatest.items()):
        if number > recorded(book, prefix):
            record(book, prefix, number, reason)
    held = {ip: holder for ledger, ip, holder in _addresses(book) if ledger != "address_rests"}
    for ip, holder in sorted(_released(book, changes).items()):
        if ip not in held:
            book.put("address_rests", {"ip": ip, "holder": holder, "released_on": book.today.isoformat()})
    end = (book.today - dt.timedelta(days=numbering.rest_days)).isoformat()
    for ip, row in list(_rests(book).items()):
        if ip in held and (held[ip] == row["holder"] or row["released_on"] <= end):
            book.remove("address_rests", ip)


def record_all(book: Book, reason: str = "") -> None:
    """Raise the last numbers to what the ledgers hold: after rows were edited by hand, or a merge took the older numbers."""
    for (prefix, _), number in sorted(highest(book, Numbering(book.ward.policy("numbering"))).items()):
        if number > recorded(book, prefix):
            record(book, prefix, number, reason)


def recorded(book: Book, prefix: str) -> int:
    """The last number of a prefix that the ledger ``numbers`` knows; 0 when there was none."""
    row = book.get("numbers", prefix)
    return int(row["last"]) if row else 0


def record(book: Book, prefix: str, number: int, reason: str) -> None:
    row = {"prefix": prefix, "last": str(number), "given_for": reason, "given_on": book.today.isoformat()}
    book.put("numbers", row)


def highest(book: Book, numbering: Numbering) -> dict[tuple[str, int], int]:
    """The greatest number in the ledgers, by prefix and digits."""
    found: dict[tuple[str, int], int] = {}
    for ledger, column, digits in numbering.columns():
        for layer in book.files(ledger):
            _raise(found, (row[column] for row in book.rows(ledger, layer).values()), digits)
    return found


def _raise(found: dict[tuple[str, int], int], cells: Iterable[str], digits: int) -> None:
    """Take the numbers of ``cells`` into the greatest ones found so far."""
    for text in cells:
        if len(text) > digits and text[-digits:].isdecimal():
            key = text[:-digits], digits
            found[key] = max(found.get(key, 0), int(text[-digits:]))


def _address_columns(book: Book) -> Iterator[tuple[str, str]]:
    for ledger, schema in book.schemas.ledgers.items():
        for column, part in schema.properties.items():
            if part.get("format") == "ipv4" and (ledger, column) != ("subnets", "gateway"):
                yield ledger, column


def _addresses(book: Book) -> Iterator[tuple[str, str, str]]:
    """Every address in any ledger: ledger, address, first key of its row."""
    for ledger, column in _address_columns(book):
        for layer in book.files(ledger):
            for key, row in book.rows(ledger, layer).items():
                if row[column]:
                    yield ledger, row[column], key[0]


def _rests(book: Book) -> dict[str, Row]:
    return {row["ip"]: row for row in book.rows("address_rests").values()}


def _released(book: Book, changes: Iterable[RowChange]) -> dict[str, str]:
    """Addresses that changes take from a row, and the first key of that row."""
    columns: dict[str, list[str]] = {}
    for ledger, column in _address_columns(book):
        columns.setdefault(ledger, []).append(column)
    found = {}
    for change in changes:
        if change.ledger == "address_rests" or change.before is None:
            continue
        for column in columns.get(change.ledger, ()):
            before: Any = change.before.get(column, "")
            if before and (change.after or {}).get(column, "") != before:
                found[before] = change.key[0]
    return found
