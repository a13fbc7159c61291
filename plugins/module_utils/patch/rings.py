"""Rings: which terminals get updates when, from ``policies/rings.yml`` and the ledgers of one layer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..common.problems import fail
from ..common.ward import Ward

#: states in which a terminal gets updates; the rule ``one_ring_each`` of the ledgers uses the same
IN_SERVICE = frozenset({"setup", "active", "lent"})


@dataclass(frozen=True, slots=True)
class Terminal:
    """A terminal of the ledger, or a VDI master that ``rings.yml`` names. :param dept: code of the section; empty for a master."""

    name: str
    ring: str
    model: str
    dept: str = ""


@dataclass(frozen=True, slots=True)
class Ring:
    """One ring in one layer.

    :param word: what operators may call it: ``test``, ``pilot``, ``broad``.
    :param delay: days after the release.
    :param approval: whether it needs an approval record.
    :param soak: how long the ring before it must have stood: calendar days, business days.
    """

    code: str
    name: str
    word: str
    group: str
    delay: int
    approval: bool
    soak: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Rings:
    """The rings of one layer, in order, and who is in them."""

    layer: str
    rings: tuple[Ring, ...]
    terminals: tuple[Terminal, ...] = ()
    by_ring: Mapping[str, tuple[Terminal, ...]] = field(default_factory=dict)

    def find(self, word: str) -> Ring:
        """By code, name or word. :raises WardopsError: E1900."""
        asked = word.strip().casefold()
        for ring in self.rings:
            if asked in (ring.code.casefold(), ring.name.casefold(), ring.word):
                return ring
        raise fail("E1900", layer=self.layer, ring=word, known="、".join(f"{ring.code} {ring.name}" for ring in self.rings))

    def before(self, ring: Ring) -> Ring | None:
        """The ring whose success opens this one."""
        position = self.rings.index(ring)
        return self.rings[position - 1] if position else None


def rings_of(policy: Mapping[str, Any], layer: str) -> tuple[Ring, ...]:
    """The rings that serve a layer, in order. The last is broad, the one before it pilot, an earlier one test, unless the policy says."""
    serving = [entry for entry in policy["rings"] if layer in entry["delay_days"]]
    words = ["test"] * (len(serving) - 2) + ["pilot", "broad"]
    return tuple(
        Ring(
            str(entry["code"]),
            str(entry["name_ja"]),
            str(entry.get("word", word)),
            str(entry["wsus_group"]),
            int(entry["delay_days"][layer]),
            bool(entry["approval"]),
            _soak(entry.get("soak", {}), policy["gate"]),
        )
        for entry, word in zip(serving, words[-len(serving) :] if serving else [], strict=True)
    )


def _soak(own: Mapping[str, Any], gate: Mapping[str, Any]) -> tuple[int, int]:
    """The ring's own times, else those of the gate."""
    return (
        int(own.get("calendar_days", gate["soak_calendar_days"])),
        int(own.get("business_days", gate["soak_business_days"])),
    )


def read_rings(ward: Ward, layer: str) -> Rings:
    """Every terminal in service in exactly one ring, and the masters.

    :raises WardopsError: E1900 for a terminal in service whose ring does not serve its layer, or that is in two.
    """
    policy = ward.policy("rings")
    rows = ward.table("terminals", layer).dicts() if ward.has("terminals", layer) else []
    members = [(str(entry["code"]), str(name)) for entry in policy["rings"] for name in entry.get("members", {}).get(layer, ())]
    return assigned(layer, rings_of(policy, layer), rows, members)


def assigned(layer: str, rings: tuple[Ring, ...], rows: Iterable[Mapping[str, str]], members: Iterable[tuple[str, str]] = ()) -> Rings:
    """:raises WardopsError: E1900."""
    terminals = [Terminal(row["computer_name"], row["ring"], row["model"], row["dept_code"]) for row in rows if row["status"] in IN_SERVICE]
    terminals += [Terminal(name, ring, "VDIマスター") for ring, name in members]
    found: dict[str, list[Terminal]] = {ring.code: [] for ring in rings}
    seen: dict[str, str] = {}
    for terminal in sorted(terminals, key=lambda one: one.name):
        elsewhere = seen.setdefault(terminal.name.casefold(), terminal.ring)
        if terminal.ring not in found or elsewhere != terminal.ring:
            known = "、".join(found) if terminal.ring not in found else elsewhere
            raise fail("E1900", terminal.name, layer=layer, ring=terminal.ring, known=known)
        found[terminal.ring].append(terminal)
    by_ring = {code: tuple(those) for code, those in found.items()}
    return Rings(layer, rings, tuple(one for those in by_ring.values() for one in those), by_ring)
