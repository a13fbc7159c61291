"""Things by their number, and where they are plugged in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from ...common.problems import Problem, WardopsError, fail
from ..book import Book, Key, Row
from ..policies import read_policy
from .policy import Kind, LifePolicy


def read_life(book: Book) -> LifePolicy:
    """The ward's policy.

    :raises WardopsError: E0100-E0118 (file), E02xx with every place where it is not what the schema says.
    """
    path = book.ward.policies / "life.yml"
    policy, problems = read_policy(path, book.ward.shown(path), book.schemas.policies["life"])
    if policy is None:
        raise WardopsError(problems)
    return LifePolicy(policy.value)


@dataclass(frozen=True, slots=True)
class Thing:
    """One row of a ledger of equipment.

    :param layer: of the ledger's file; empty for a ledger that all layers share.
    :param row: the cells as they are now, pending changes included.
    """

    kind: Kind
    layer: str
    key: Key
    row: Mapping[str, str]

    @property
    def id(self) -> str:
        return self.row[self.kind.id]

    @property
    def status(self) -> str:
        return self.row["status"]

    @property
    def network(self) -> str:
        """The layer that it belongs to: its file's, or its column ``layer``."""
        return self.layer or self.row.get("layer", "")

    @property
    def name(self) -> str:
        """What people call it: computer name, device name, or its number."""
        return self.row.get("computer_name") or self.row.get("name") or self.id


class Things:
    """Finds things by number; a ledger is only read when none of those before it has the number."""

    def __init__(self, book: Book, policy: LifePolicy) -> None:
        self.book = book
        self.policy = policy
        self._places: dict[str, dict[str, tuple[str, Key]]] = {}

    def find(self, asset_id: str) -> Thing | None:
        for kind in self.policy.kinds.values():
            place = self._index(kind).get(asset_id)
            if place and (row := self.book.get(kind.ledger, place[1], place[0])) is not None:
                return Thing(kind, *place, row)
        return None

    def get(self, asset_id: str) -> Thing:
        """:raises WardopsError: E0901 when no ledger has it."""
        thing = self.find(asset_id)
        if thing is None:
            raise fail("E0901", asset_id=asset_id)
        return thing

    def _index(self, kind: Kind) -> dict[str, tuple[str, Key]]:
        if kind.ledger not in self._places:
            self._places[kind.ledger] = {
                row[kind.id]: (layer, key)
                for layer in self.book.files(kind.ledger)
                for key, row in self.book.rows(kind.ledger, layer).items()
            }
        return self._places[kind.ledger]

    def state(self, thing: Thing) -> str:
        """The state in Japanese."""
        return self.book.schema(thing.kind.ledger).label("status", thing.status)


class Wiring:
    """Switch ports: where a thing is plugged in, and where one is free."""

    def __init__(self, book: Book) -> None:
        self.book = book

    def ports_of(self, thing: Thing) -> list[Row]:
        return list(self._used.get(_connected(thing), {}).values())

    def free(self, layer: str, site: str, floor: str) -> Row | None:
        """The first free access port on a switch of the layer on that floor; none is offered twice."""
        ports = self._free.get((layer, site, floor), [])
        return ports[0] if ports else None

    def is_free(self, device: str, port: str) -> bool:
        row = self.book.get("switch_ports", (device, port))
        return row is not None and row["status"] == "free" and not row["connected_to"]

    def reserve(self, port: Row) -> None:
        """Not to be offered again."""
        for ports in self._free.values():
            if port in ports:
                ports.remove(port)
                return

    def plug(self, thing: Thing, device: str, port: str, vlan: str) -> None:
        """Connect a thing; its old ports stay as they are."""
        kind, name = _connected(thing)
        row = self.book.get("switch_ports", (device, port))
        if row is not None:
            self.reserve(row)
        cells = {"connected_kind": kind, "connected_to": name, "status": "used"} | ({"vlan": vlan} if vlan else {})
        self.book.update("switch_ports", (device, port), **cells)
        self._used.setdefault((kind, name), {})[device, port] = self.book.get("switch_ports", (device, port)) or {}

    def unplug(self, thing: Thing) -> list[Row]:
        """Free a thing's ports; the rows as they were."""
        ports = list(self._used.pop(_connected(thing), {}).values())
        for row in ports:
            self.book.update("switch_ports", (row["device"], row["port"]), connected_kind="", connected_to="", status="free")
        return ports

    @cached_property
    def _used(self) -> dict[tuple[str, str], dict[Key, Row]]:
        used: dict[tuple[str, str], dict[Key, Row]] = {}
        for key, row in self.book.rows("switch_ports").items():
            if row["connected_to"]:
                used.setdefault((row["connected_kind"], row["connected_to"]), {})[key] = row
        return used

    @cached_property
    def _free(self) -> dict[tuple[str, str, str], list[Row]]:
        """Free access ports by layer, site and floor, without those that a planned move has reserved."""
        switches = {row["name"]: row for row in self.book.rows("network_devices").values() if row["status"] == "active"}
        reserved = {(row["device"], row["port"]) for row in self.book.rows("moves").values() if row["state"] == "planned"}
        free: dict[tuple[str, str, str], list[Row]] = {}
        for key, row in sorted(self.book.rows("switch_ports").items(), key=lambda item: (item[0][0], len(item[0][1]), item[0][1])):
            switch = switches.get(row["device"])
            if switch and row["status"] == "free" and row["kind"] == "access" and key not in reserved:
                free.setdefault((switch["layer"], switch["site"], switch["floor"]), []).append(row)
        return free


def _connected(thing: Thing) -> tuple[str, str]:
    kinds = {"terminals": ("terminal", thing.id), "printers": ("printer", thing.row.get("name", ""))}
    return kinds.get(thing.kind.ledger, ("network_device", thing.row.get("name", "")))


def section_on(book: Book, code: str, date: str) -> Row | None:
    """The row of a section that is in force on a day (ISO)."""
    for row in book.find("departments", code=code):
        if row["valid_from"] <= date and (not row["valid_to"] or date <= row["valid_to"]):
            return row
    return None


def place_problem(book: Book, thing: Thing, cells: Mapping[str, str], date: str) -> Problem | None:
    """E0910 when a section, site or floor cannot be: not in force on the day, or no such site."""
    section, site = cells.get("dept_code", ""), cells.get("site", "")
    if section and section_on(book, section, date) is None:
        texts = {"what_ja": f"課 {section} は {date} にありません", "what": f"there is no section {section} on {date}"}
    elif site and book.get("sites", site) is None:
        texts = {"what_ja": f"拠点 {site} はありません", "what": f"there is no site {site}"}
    else:
        return None
    return Problem("E0910", "", 0, 0, {"asset_id": thing.id, **texts})
