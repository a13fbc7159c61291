"""Steps in the life of things: what is asked is compared with the policy, the ledgers change, and an event says so.

Every step is one row in ``asset_events`` (append-only) and opens what must follow in other systems (``following.py``). Nothing is
written here: the changes stay in the book until its owner saves them.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ...common.problems import Problem, WardopsError, fail
from ..allocation import Allocator
from ..book import Book, Row
from ..ipv4 import network, size, to_int
from .policy import NEW, OPENING, LifePolicy, Step
from .proofs import Proof
from .things import Thing, Things, Wiring, place_problem, read_life, section_on

_TICKET = re.compile(r"[A-Z]{2,4}-[0-9]{4}-[0-9]{5}")
_ROLE = re.compile(r"[a-z][a-z0-9_]{0,31}")
#: steps from nothing that a delivery may have taken: received, and put on the bench
DELIVERED = 2
_PLACE = ("dept_code", "site", "floor", "use")


@dataclass(frozen=True, slots=True)
class Order:
    """On whose order, and when.

    :param role: the role of the person who does it (``helpdesk``); never a name.
    """

    date: dt.date
    ticket: str
    role: str

    def check(self, today: dt.date) -> None:
        """:raises WardopsError: E0907 with everything that is wrong with it."""
        wrong = []
        if not _TICKET.fullmatch(self.ticket):
            wrong.append((f"チケット番号「{self.ticket}」がないか形が違います(例 CHG-2026-00123)", f"{self.ticket!r} is no ticket number"))
        if not _ROLE.fullmatch(self.role):
            wrong.append((f"役割「{self.role}」は使えません", f"{self.role!r} is no role"))
        if self.date > today:
            wrong.append((f"日付 {self.date} は未来です", f"{self.date} is in the future"))
        if wrong:
            raise WardopsError([Problem("E0907", "", 0, 0, {"what_ja": ja, "what": en}) for ja, en in wrong])


@dataclass(frozen=True, slots=True)
class Event:
    """What one step leaves: the thing afterwards, and its event."""

    thing: Thing
    step: Step
    row: Row


class Life:
    """Takes steps for the things of a ward.

    :param book: its ledgers change; the caller checks and saves it.
    :raises WardopsError: when ``policies/life.yml`` is not usable.
    """

    def __init__(self, book: Book, order: Order) -> None:
        order.check(book.today)
        self.book = book
        self.order = order
        self.policy: LifePolicy = read_life(book)
        self.things = Things(book, self.policy)
        self.wiring = Wiring(book)
        self.allocator = Allocator(book, order.ticket)

    def take(
        self, asset_id: str, name: str, values: Mapping[str, str] | None = None, proof: Proof | None = None, partner: str = ""
    ) -> Event:
        """Take one step for one thing.

        :param name: of the step in ``policies/life.yml``.
        :param values: cells that the step may set (its ``require`` and, where it may move, section, site, floor, use).
        :param partner: the other half of a replacement or repair.
        :raises WardopsError: E0901-E0911, E0822/E0823 (no address); the book is unchanged then, but for numbers that were given out.
        """
        thing = self.things.get(asset_id)
        step = self._step(thing, name)
        given = dict(values or {})
        self._refuse(thing, step, given, proof)
        if given.get("dept_code") and "site" not in given and "floor" not in given and "site" in thing.row:
            section = section_on(self.book, given["dept_code"], self.order.date.isoformat())
            given |= {"site": section["site"], "floor": section["floor"]} if section and section["site"] else {}
        row = {**thing.row, **self._fixed(step), **given, **dict.fromkeys(step.clear, ""), "status": step.target}
        if step.address:
            row |= self._address(thing, step, row)
        if step.ring and not row["ring"]:
            row["ring"] = self.allocator.ring(thing.layer, row)
        if missing := [column for column in step.require if not row[column]]:
            raise fail("E0904", **self._names(thing, step), **self._titles(thing, missing))
        self.book.put(thing.kind.ledger, row, thing.layer)
        after = self.things.get(asset_id)
        self._release(thing, step)
        self._replug(thing, after, step)
        return self._record(thing, after, step, proof, partner)

    def take_all(self, asset_ids: Iterable[str], name: str, values: Mapping[str, str], proof: Proof | None = None) -> list[Event]:
        """The same step for several things; all errors at once.

        :raises WardopsError: as :meth:`take`, and E0912 for a thing that is named twice.
        """
        events: list[Event] = []
        problems: list[Problem] = []
        seen: set[str] = set()
        for asset_id in asset_ids:
            if asset_id in seen:
                problems.append(Problem("E0912", "", 0, 0, {"asset_id": asset_id}))
                continue
            seen.add(asset_id)
            try:
                events.append(self.take(asset_id, name, values, proof))
            except WardopsError as error:
                problems += error.problems
        if problems:
            raise WardopsError(problems)
        return events

    def record_new(self) -> list[Event]:
        """Give every row that the book has added, and that has no event yet, the events that lead to its state.

        For imports: a delivery list makes rows in ``stock`` or ``setup``. A row in a later state was not delivered today: it gets no
        event, and its chain opens with its first step.
        """
        events = []
        for change in self.book.changes():
            kind = self.policy.kinds.get(change.ledger)
            if kind is None or change.before is not None or change.after is None or change.after[kind.id] in self._numbers:
                continue
            thing = Thing(kind, change.layer, change.key, dict(change.after))
            way = _way(list(kind.steps.values()), thing.status)
            if 1 <= len(way) <= DELIVERED:
                events += [self._record(thing, thing, step, None, "") for step in way]
        return events

    # --- parts of a step

    def _step(self, thing: Thing, name: str) -> Step:
        step = thing.kind.steps.get(name)
        if step is None:
            known = "、".join(f"{item.title} {item.name}" for item in thing.kind.steps.values())
            raise fail("E0903", step=name, ledger=thing.kind.ledger, known=known)
        state = thing.status if thing.id in self._numbers or NEW not in step.sources else NEW
        if state not in step.sources:
            allowed = thing.kind.allowed(thing.status)
            raise fail(
                "E0902",
                **self._names(thing, step),
                state=self.things.state(thing),
                state_code=thing.status,
                allowed="、".join(f"{item.title} {item.name}" for item in allowed) or "なし",
                allowed_codes=", ".join(item.name for item in allowed) or "none",
            )
        return step

    def _refuse(self, thing: Thing, step: Step, given: Mapping[str, str], proof: Proof | None) -> None:
        names = self._names(thing, step)
        columns = self.book.schema(thing.kind.ledger).columns
        may = [*step.require, *(column for column in _PLACE if step.place and column in columns)]
        if outside := [column for column in given if column not in may]:
            raise fail("E0908", **names, columns=", ".join(outside), known=", ".join(may) or "-")
        if step.proof and proof is None:
            raise fail("E0905", **names, proof=step.proof)
        if proof is not None:
            proof.check(thing.id, thing.row.get("serial", ""))
        last = self.last_event(thing.id)
        if last and last["date"] > self.order.date.isoformat():
            raise fail("E0911", asset_id=thing.id, date=self.order.date, last=last["date"])
        if problem := place_problem(self.book, thing, given, self.order.date.isoformat()):
            raise WardopsError(problem)

    def _fixed(self, step: Step) -> dict[str, str]:
        words = {"{date}": self.order.date.isoformat(), "{ticket}": self.order.ticket}
        return {column: words.get(value, value) for column, value in step.values.items()}

    def _address(self, thing: Thing, step: Step, row: Mapping[str, str]) -> dict[str, str]:
        """Address and VLAN in the step's zone; the present one stays where it already lies there."""
        if row["ip"] and self.lies_in(row["ip"], thing.network, row["site"], row["floor"], step.address):
            return {}
        ip, vlan = self.allocator.address(thing.network, row["site"], row["floor"], step.address)
        return {"ip": ip, "vlan": vlan}

    def lies_in(self, ip: str, layer: str, site: str, floor: str, zone: str) -> bool:
        """Whether an address lies in a zone of a layer, site and (where the zone has floors) floor."""
        for subnet in self._subnets.get((layer, site, zone), ()):
            first, length = network(subnet["cidr"])
            if subnet["floor"] in ("", floor) and first < to_int(ip) < first + size(length) - 1:
                return True
        return False

    @cached_property
    def _subnets(self) -> dict[tuple[str, str, str], list[Row]]:
        found: dict[tuple[str, str, str], list[Row]] = {}
        for row in self.book.rows("subnets").values():
            found.setdefault((row["layer"], row["site"], row["zone"]), []).append(row)
        return found

    def _release(self, thing: Thing, step: Step) -> None:
        if "ports" in step.release:
            self.wiring.unplug(thing)
        if "usb" in step.release:
            self.rename_usb(thing.row["computer_name"], "")
        if "accessories" in step.release:
            for row in self.book.find("accessories", parent_asset_id=thing.id):
                state = {"status": "stock"} if row["status"] == "in_use" else {}
                self.book.update("accessories", row["asset_id"], parent_asset_id="", **state)

    def rename_usb(self, name: str, successor: str) -> None:
        """Take a terminal off every USB device's list, or put its successor in its place.

        A device whose list would become empty is denied: an empty list means every terminal of the section.
        """
        for row in list(self.book.rows("usb_devices").values()):
            names = row["allow_terminals"].split()
            if name not in names:
                continue
            left = sorted({successor if item == name else item for item in names} - {""})
            denied = {} if left else {"permission": "deny"}
            self.book.update("usb_devices", row["device_id"], allow_terminals=" ".join(left), **denied)

    def _replug(self, before: Thing, after: Thing, step: Step) -> None:
        """A thing with another address, or back without a port, is plugged in: a free port of its floor; none free, none plugged."""
        row = after.row
        if not step.address or not row["ip"]:
            return
        if row["ip"] == before.row["ip"] and (after.status == before.status or self.wiring.ports_of(before)):
            return
        self.wiring.unplug(before)
        port = self.wiring.free(after.network, row["site"], row["floor"])
        if port is not None:
            self.wiring.plug(after, port["device"], port["port"], row["vlan"])

    # --- events

    def last_event(self, asset_id: str) -> Row | None:
        number = self._numbers.get(asset_id, 0)
        return self.book.get("asset_events", (asset_id, str(number))) if number else None

    @cached_property
    def _numbers(self) -> dict[str, int]:
        """The last event's number by thing."""
        numbers: dict[str, int] = {}
        for asset_id, number in self.book.rows("asset_events"):
            numbers[asset_id] = max(numbers.get(asset_id, 0), int(number))
        return numbers

    def _record(self, before: Thing, after: Thing, step: Step, proof: Proof | None, partner: str) -> Event:
        from .following import open_follow_ups  # noqa: PLC0415 - following builds on this module

        self._begin(before, step)
        number = self._numbers.get(after.id, 0) + 1
        self._numbers[after.id] = number
        last = self.book.get("asset_events", (after.id, str(number - 1)))
        cells = {
            "number": str(number),
            "transition": step.name,
            "from_status": last["to_status"] if last else NEW,
            "to_status": step.target,
            "partner": partner,
            "proof": proof.cell if proof and step.proof else "",
        }
        row = self._put_event(after, cells)
        open_follow_ups(self.book, self.policy, Event(after, step, row))
        return Event(after, step, row)

    def _put_event(self, thing: Thing, cells: Mapping[str, str]) -> Row:
        row = {
            "asset_id": thing.id,
            **cells,
            "date": self.order.date.isoformat(),
            **{column: thing.row.get(column, "") for column in ("dept_code", "site", "floor")},
            "ticket": self.order.ticket,
            "role": self.order.role,
        }
        self.book.put("asset_events", row)
        return row

    def _begin(self, thing: Thing, step: Step) -> None:
        """A thing from before events were recorded: its chain opens with the state that the ledger knows."""
        if thing.id in self._numbers or NEW in step.sources:
            return
        self._numbers[thing.id] = 1
        self._put_event(thing, {"number": "1", "transition": OPENING, "from_status": NEW, "to_status": thing.status})

    def _names(self, thing: Thing, step: Step) -> dict[str, Any]:
        return {"asset_id": thing.id, "step": step.title, "step_code": step.name}

    def _titles(self, thing: Thing, columns: list[str]) -> dict[str, Any]:
        schema = self.book.schema(thing.kind.ledger)
        return {"titles": "、".join(schema.title(column) for column in columns), "columns": ", ".join(columns)}


def _way(steps: list[Step], target: str) -> list[Step]:
    """The shortest way from nothing to a state, without steps that need a proof; empty when there is none."""
    ways: dict[str, list[Step]] = {NEW: []}
    queue = [NEW]
    for state in queue:
        for step in steps:
            if state in step.sources and not step.proof and step.target not in ways:
                ways[step.target] = [*ways[state], step]
                queue.append(step.target)
    return ways.get(target, [])
