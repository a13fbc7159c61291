"""Moves: planned with a reserved address and port, carried out on their day, and not before.

A floor may be full until others have moved away. Then a move takes over the address of a terminal that leaves the floor on the same
day or earlier (``takes_over``); nothing is reserved for it, and the whole day is carried out at once. Ports are handled alike.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from ...common.problems import Problem, WardopsError, fail
from ..allocation import Allocator
from ..book import Book, Row
from .engine import Event, Life, Order
from .movelist import MoveList, Wish
from .policy import LifePolicy
from .things import Thing, Things, Wiring

_PLACE = (("dept", "dept_code"), ("site", "site"), ("floor", "floor"))


@dataclass(slots=True)
class MovePlan:
    """What a list would do.

    :param planned: new rows of ``moves``.
    :param known: moves of the list that were planned already, just so.
    :param unwired: of the new rows, those for which no port is free: the contractor finds one.
    """

    planned: list[Row] = field(default_factory=list)
    known: list[Row] = field(default_factory=list)
    unwired: list[Row] = field(default_factory=list)


def plan(book: Book, policy: LifePolicy, moves: MoveList, order: Order) -> MovePlan:
    """Plan the moves of a list: the book gets a row of ``moves`` for each; terminals change on their day only.

    :raises WardopsError: everything at once: what the list itself has (E0910, E0931, E0940, E0945, E0948 …), E0941 (twice on a day, or
        planned otherwise), E0942 (day gone), E0943 (floor without subnet, or full), E0944 (state).
    """
    order.check(book.today)
    return _Planner(book, policy, moves, order).run()


class _Planner:
    def __init__(self, book: Book, policy: LifePolicy, moves: MoveList, order: Order) -> None:
        self.book = book
        self.moves = moves
        self.order = order
        self.things = Things(book, policy)
        self.sources = policy.kinds["terminals"].steps["move"].sources
        self.wiring = Wiring(book)
        self.allocator = Allocator(book, order.ticket)
        self.problems = list(moves.problems)
        self.result = MovePlan()
        self._printers: dict[tuple[str, str, str], list[Row]] = {}
        for row in book.rows("printers").values():
            if row["status"] == "active":
                self._printers.setdefault((row["layer"], row["site"], row["floor"]), []).append(row)
        #: terminals that leave a floor, by layer, site, floor: date, asset number; each gives its address and its port once
        self._leaving: dict[tuple[str, str, str], list[tuple[str, str]]] = {}
        self._freed: dict[tuple[str, str, str], list[tuple[str, str]]] = {}

    def run(self) -> MovePlan:
        wishes = list(self._accepted())
        for wish, row in wishes:
            if _other_floor(row):
                place = wish.thing.network, row["from_site"], row["from_floor"]
                self._leaving.setdefault(place, []).append((wish.date, wish.thing.id))
                self._freed.setdefault(place, []).append((wish.date, wish.thing.id))
        for wish, row in wishes:
            if _other_floor(row) and wish.thing.row["ip"]:
                self._reserve(wish, row)
            row["printer"] = self._printer(wish)
            self.book.put("moves", row)
            self.result.planned.append(row)
        if self.problems:
            self.problems.sort(key=Problem.sort_key)
            raise WardopsError(self.problems)
        return self.result

    def _refuse(self, wish: Wish, code: str, **params: object) -> None:
        self.problems.append(Problem(code, self.moves.path, wish.line, 0, {"asset_id": wish.thing.id, **params}))

    def _accepted(self) -> Iterator[tuple[Wish, Row]]:
        """The wishes that can be, by date, with their rows as far as they are known."""
        seen: dict[tuple[str, str], Wish] = {}
        for wish in sorted(self.moves.wishes, key=lambda wish: (wish.date, wish.line, wish.thing.id)):
            key = wish.thing.id, wish.date
            before = self.book.get("moves", key)
            if key in seen:
                self._refuse(wish, "E0941", date=wish.date, first=f"{self.moves.path}:{seen[key].line}")
                continue
            seen[key] = wish
            row = self._row(wish)
            if before and before["state"] != "cancelled":
                if before["state"] == "planned" and all(before[f"to_{name}"] == row[f"to_{name}"] for name, _ in _PLACE):
                    self.result.known.append(before)
                else:
                    self._refuse(wish, "E0941", date=wish.date, first=f"moves {key[0]} {key[1]}")
            elif wish.date < self.book.today.isoformat():
                texts = {"what_ja": f"基準日 {self.book.today} より前です", "what": f"is before {self.book.today}"}
                self._refuse(wish, "E0942", date=wish.date, **texts)
            elif wish.thing.status not in self.sources:
                self._refuse(wish, "E0944", state=self.things.state(wish.thing), state_code=wish.thing.status)
            else:
                yield wish, row

    def _row(self, wish: Wish) -> Row:
        """The move from where the terminal will be then: an earlier move may come first."""
        earlier = [row for row in self._planned.get(wish.thing.id, ()) if row["move_date"] < wish.date]
        if earlier:
            last = max(earlier, key=lambda row: row["move_date"])
            start = {f"from_{name}": last[f"to_{name}"] for name, _ in _PLACE}
        else:
            start = {f"from_{name}": wish.thing.row[column] for name, column in _PLACE}
        target = {"to_dept": wish.dept_code, "to_site": wish.site, "to_floor": wish.floor}
        row = dict.fromkeys(self.book.schema("moves").columns, "")
        row |= {
            "asset_id": wish.thing.id,
            "move_date": wish.date,
            "state": "planned",
            **start,
            **target,
            "ticket": self.order.ticket,
            "role": self.order.role,
        }
        self._planned.setdefault(wish.thing.id, []).append(row)
        return row

    @cached_property
    def _planned(self) -> dict[str, list[Row]]:
        """Planned moves by terminal, those of this list with them."""
        found: dict[str, list[Row]] = {}
        for row in self.book.find("moves", state="planned"):
            found.setdefault(row["asset_id"], []).append(row)
        return found

    def _reserve(self, wish: Wish, row: Row) -> None:
        place = wish.thing.network, wish.site, wish.floor
        try:
            row["ip"], row["vlan"] = self.allocator.address(*place)
        except WardopsError as error:
            giver = self._giver(self._leaving, place, wish.date)
            if error.problems[0].code != "E0822" or giver is None:
                reason, reason_ja = error.problems[0].text("en"), error.problems[0].text("ja")
                self._refuse(wish, "E0943", site=wish.site, floor=wish.floor, reason=reason, reason_ja=reason_ja)
                return
            row["takes_over"], row["vlan"] = giver, self.things.get(giver).row["vlan"]
        port = self.wiring.free(*place)
        if port is not None:
            self.wiring.reserve(port)
        elif (giver := self._giver(self._freed, place, wish.date)) and (ports := self.wiring.ports_of(self.things.get(giver))):
            port = ports[0]
        if port is not None:
            row["device"], row["port"] = port["device"], port["port"]
        else:
            self.result.unwired.append(row)

    @staticmethod
    def _giver(leaving: dict[tuple[str, str, str], list[tuple[str, str]]], place: tuple[str, str, str], date: str) -> str | None:
        """A terminal that has left the floor by that day and whose place nobody has taken yet; the earliest first."""
        known = leaving.get(place, [])
        for entry in sorted(known):
            if entry[0] <= date:
                known.remove(entry)
                return entry[1]
        return None

    def _printer(self, wish: Wish) -> str:
        """The default printer there: one of the section, else the first of the floor."""
        here = self._printers.get((wish.thing.network, wish.site, wish.floor), [])
        own = [row for row in here if row["dept_code"] == wish.dept_code]
        return (own or here)[0]["name"] if here else ""


def select(book: Book, date: str, state: str = "planned") -> list[Row]:
    """The moves of a day, by destination.

    :raises WardopsError: E0949 when there are none.
    """
    rows = [row for row in book.rows("moves").values() if row["move_date"] == date and row["state"] == state]
    if not rows:
        raise fail("E0949", what_ja=f"{date} の移動はありません", what=f"there are no moves on {date}")
    return sorted(rows, key=lambda row: (row["to_site"], int(row["to_floor"]), row["to_dept"], row["asset_id"]))


def apply(life: Life, asset_ids: Sequence[str] = ()) -> list[Event]:
    """Carry out the moves of the order's day, all of them or the ones named: section, site, floor, address, VLAN and port change together.

    :raises WardopsError: E0949 (none on that day), E0944 (no longer in use), E0942 (takes over from one that is still there), else as
        :meth:`Life.take`; all at once.
    """
    book, day = life.book, life.order.date.isoformat()
    rows = [row for row in select(book, day) if not asset_ids or row["asset_id"] in asset_ids]
    if missing := set(asset_ids) - {row["asset_id"] for row in rows}:
        raise fail("E0949", what_ja=f"{day} に {', '.join(sorted(missing))} の移動はありません", what=f"no such moves on {day}")
    things = {row["asset_id"]: life.things.get(row["asset_id"]) for row in rows}
    given, problems = _given(life, rows, things)
    if problems:
        raise WardopsError(problems)
    for row in rows:  # first everything is taken off: ports and addresses may change hands
        if _other_floor(row):
            life.wiring.unplug(things[row["asset_id"]])
    events = []
    for row in rows:
        thing = things[row["asset_id"]]
        ip, vlan = given[thing.id]
        if ip:
            book.update("terminals", thing.key, thing.layer, ip=ip, vlan=vlan, **_columns(row))
        moved = life.things.get(thing.id)
        if row["device"]:
            life.wiring.plug(moved, row["device"], row["port"], vlan)
        try:
            events.append(life.take(thing.id, "move", _columns(row)))
        except WardopsError as error:
            problems += error.problems
            continue
        done = {"state": "done", "done_on": day, **dict.fromkeys(("ip", "vlan", "takes_over", "device", "port"), "")}
        book.update("moves", (thing.id, day), **done)
    if problems:
        raise WardopsError(problems)
    return events


def _other_floor(row: Row) -> bool:
    return (row["from_site"], row["from_floor"]) != (row["to_site"], row["to_floor"])


def _columns(row: Row) -> dict[str, str]:
    return {column: row[f"to_{name}"] for name, column in _PLACE}


def _given(life: Life, rows: Sequence[Row], things: dict[str, Thing]) -> tuple[dict[str, tuple[str, str]], list[Problem]]:
    """The new address and VLAN of each terminal; empty where it keeps its own."""
    given, problems = {}, []
    sources = things[rows[0]["asset_id"]].kind.steps["move"].sources
    for row in rows:
        thing = things[row["asset_id"]]
        if thing.status not in sources:
            texts = {"state": life.things.state(thing), "state_code": thing.status}
            problems.append(Problem("E0944", "", 0, 0, {"asset_id": thing.id, **texts}))
        giver = row["takes_over"]
        if giver and giver in things:
            given[thing.id] = things[giver].row["ip"], row["vlan"]
        elif giver:
            given[thing.id] = _left_by(life, giver, row) or life.allocator.address(thing.network, row["to_site"], row["to_floor"])
        else:
            given[thing.id] = row["ip"], row["vlan"]
    return given, problems


def _left_by(life: Life, giver: str, row: Row) -> tuple[str, str] | None:
    """The address that a terminal left on this floor on an earlier day: it rests, and is woken for the one it was promised to."""
    layer = life.things.get(giver).network
    for rest in life.book.find("address_rests", holder=giver):
        if life.lies_in(rest["ip"], layer, row["to_site"], row["to_floor"], "floor"):
            life.book.remove("address_rests", rest["ip"])
            return rest["ip"], row["vlan"]
    return None


def cancel(book: Book, date: dt.date, asset_ids: Sequence[str], order: Order) -> list[Row]:
    """Cancel planned moves of a day; reserved addresses and ports are free again.

    :raises WardopsError: E0907 (order), E0949 when one of them is not planned.
    """
    order.check(book.today)
    rows = []
    for asset_id in asset_ids:
        row = book.get("moves", (asset_id, date.isoformat()))
        if row is None or row["state"] != "planned":
            raise fail(
                "E0949", what_ja=f"{asset_id} の {date} の移動は予定されていません", what=f"{asset_id} has no planned move on {date}"
            )
        rows.append(row)
    for row in rows:
        cells = dict.fromkeys(("ip", "vlan", "takes_over", "device", "port"), "")
        cells |= {"state": "cancelled", "done_on": order.date.isoformat(), "ticket": order.ticket, "role": order.role}
        book.update("moves", (row["asset_id"], row["move_date"]), **cells)
    return rows
