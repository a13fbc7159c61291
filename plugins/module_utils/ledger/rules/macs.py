"""MAC addresses: each names one real device. Source: IEEE 802-2014 clause 8 (I/G and U/L bits)."""

from __future__ import annotations

from collections.abc import Iterator

from ...common.mac import allowed_local_prefixes, is_local, is_multicast
from ...common.problems import Problem
from ..data import Data, Ledger
from .lifecycle import RETIRED
from .registry import Rule


def mac_columns(data: Data) -> Iterator[tuple[Ledger, str]]:
    for files in data.ledgers.values():
        for ledger in files:
            for column in ledger.schema.global_columns("mac"):
                if column in ledger.columns:
                    yield ledger, column


def no_multicast(data: Data) -> Iterator[Problem]:
    """E0360: an address of a group, of all, or of nobody (all zeros)."""
    for ledger, column in mac_columns(data):
        for row, mac in enumerate(ledger.columns[column]):
            if mac and (is_multicast(mac) or mac == "000000000000"):
                yield ledger.problem("E0360", row, column, value=mac)


def local_only_with_exception(data: Data) -> Iterator[Problem]:
    """E0361: a locally administered (randomised) address whose prefix no exception in force allows."""
    allowed = allowed_local_prefixes(data.policy("exceptions").value["exceptions"], str(data.today))
    for ledger, column in mac_columns(data):
        for row, mac in enumerate(ledger.columns[column]):
            if mac and mac[1] in "2367abef" and not mac.startswith(allowed) and is_local(mac) and not is_multicast(mac):
                yield ledger.problem("E0361", row, column, value=mac)


def extra_not_owned(data: Data) -> Iterator[Problem]:
    """E0362: ``radius_extra`` holds only what no other ledger owns."""
    extra = data.one("radius_extra")
    macs = {mac: row for row, mac in enumerate(extra.column("mac")) if mac}
    for ledger, column in mac_columns(data):
        if ledger is extra:
            continue
        for owner_row, (mac, status) in enumerate(ledger.rows(column, "status")):
            if mac in macs and status not in RETIRED:  # E0350 has those
                yield extra.problem("E0362", macs[mac], "mac", value=mac, first=ledger.place(owner_row))


RULES = (
    Rule("no_multicast", no_multicast, ("E0360",)),
    Rule("local_only_with_exception", local_only_with_exception, ("E0361",)),
    Rule("extra_not_owned", extra_not_owned, ("E0362",)),
)
