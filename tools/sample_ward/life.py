"""The past of equipment (events), what still follows from it, and moves that are planned. Takes nothing from the other parts' chance."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import yaml

from .base import AS_OF, DATA, SEED, Row, World

#: terminals in plain use whose whole past is recorded
RECORDED = 420
#: the first terminals have no recorded past: tests and the demo change them by hand
PLAIN = 100
PLANNED_MOVES = 24
MOVE_DAYS = ("2026-12-05", "2026-12-06")
#: events since this day have their follow-ups in the ledger
FOLLOWED_SINCE = "2026-10-01"
_TODAY = dt.date.fromisoformat(AS_OF)
_LAYERS = ("lgwan", "mn", "standalone")


class _Past:
    """Writes events in order; refuses a step that ``policies/life.yml`` does not allow."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.random = random.Random(f"{SEED} life")  # noqa: S311 - data, not secrets
        self.policy: dict[str, Any] = yaml.safe_load((DATA / "policies" / "life.yml").read_bytes())
        terminals = next(kind for kind in self.policy["kinds"] if kind["ledger"] == "terminals")
        self.steps = {step["name"]: step for step in terminals["transitions"]}
        self.divisions = {row["code"]: row["division_code"] for row in world.departments}
        self._last: dict[str, tuple[int, str, dt.date]] = {}
        self._tickets: dict[int, int] = {}

    def ticket(self, date: dt.date) -> str:
        number = self._tickets.get(date.year, 40000) + 1
        self._tickets[date.year] = number
        return f"CHG-{date.year}-{number:05d}"

    def add(self, layer: str, row: Row, name: str, date: dt.date, ticket: str = "", *, partner: str = "", place: Row | None = None) -> None:
        step, place = self.steps[name], place or row
        number, state, before = self._last.get(row["asset_id"], (0, "", date))
        if state not in step["from"]:
            raise ValueError(f"{row['asset_id']}: {name} from {state!r}")
        date = min(max(date, before), _TODAY)
        self._last[row["asset_id"]] = number + 1, step["to"], date
        ticket = ticket or self.ticket(date)
        event = self.world.add(
            "asset_events",
            asset_id=row["asset_id"],
            number=number + 1,
            date=date,
            transition=name,
            from_status=state,
            to_status=step["to"],
            dept_code=place["dept_code"],
            site=place["site"],
            floor=place["floor"],
            partner=partner,
            proof=f"{name.upper()}-{date.year}-{row['asset_id']}" if "proof" in step else "",
            ticket=ticket,
            role="operations" if name in ("wipe", "dispose") else "helpdesk",
        )
        if event["date"] >= FOLLOWED_SINCE:
            self._follow(layer, row, step, event)

    def _follow(self, layer: str, row: Row, step: dict[str, Any], event: Row) -> None:
        for action, codes in step.get("follow", {}).items():
            for system in (item for item in self.policy["systems"] if item["code"] in codes):
                if layer not in system.get("layers", _LAYERS) or "terminals" not in system.get("kinds", ("terminals",)):
                    continue
                if self.divisions[event["dept_code"]] not in system.get("divisions", [self.divisions[event["dept_code"]]]):
                    continue
                self._follow_up(row, system, action, dt.date.fromisoformat(event["date"]), event)

    def _follow_up(self, row: Row, system: dict[str, Any], action: str, date: dt.date, event: Row) -> None:
        due = date + dt.timedelta(days=system["due_days"])
        done = due < _TODAY or system["proof"] == "ledger"
        late = system["proof"] != "ledger" and self.world.next("life follow-up") % 70 == 0
        cells: dict[str, object] = {"state": "open"}
        if done and not late:
            cells = {
                "state": "done",
                "done_on": min(due, _TODAY),
                "proof": _proof(system, due, row),
                "ticket": event["ticket"],
                "role": "helpdesk",
            }
        key = {name: event[name] for name in ("asset_id", "number")}
        self.world.add("follow_ups", **key, system=system["code"], action=action, due_on=due, **cells)

    def days(self, first: int, last: int) -> dt.timedelta:
        return dt.timedelta(days=self.random.randint(first, last))


def _proof(system: dict[str, Any], due: dt.date, row: Row) -> str:
    return {"ledger": "ledger", "hand": "confirmed"}.get(system["proof"], f"{system['code']}-{due:%Y%m%d}-{int(row['asset_id'][1:]) % 7}")


def make(world: World) -> None:
    for name in ("asset_events", "follow_ups", "moves"):
        world.table(name)
    past = _Past(world)
    terminals = [(layer, row) for layer in _LAYERS for row in world.table(f"{layer}/terminals")]
    _wiped(terminals)
    lent = {row["asset_id"]: row["lent_date"] for row in world.table("loans")}
    successors = _successors(past, terminals)
    for layer, row in terminals:
        status = row["status"]
        if status == "active":
            if row["asset_id"] in successors:
                _active(past, layer, row, *successors[row["asset_id"]])
            continue
        if status in ("return_pending", "returned", "wiped", "disposed"):
            continue  # told with the terminal that took its place
        _young(past, layer, row)
        if status == "lent":
            past.add(layer, row, "lend", dt.date.fromisoformat(lent.get(row["asset_id"], row["assigned_date"])), row["ticket"])
        elif status == "repair":
            assigned = dt.date.fromisoformat(row["assigned_date"])
            past.add(layer, row, "deploy", assigned)
            past.add(layer, row, "send_repair", max(assigned, _TODAY - past.days(3, 50)), row["ticket"])
    _moves(world, past)


def _wiped(terminals: list[tuple[str, Row]]) -> None:
    """Every third returned terminal has been wiped since."""
    for _, row in [item for item in terminals if item[1]["status"] == "returned" and item[0] != "standalone"][::3]:
        row["status"] = "wiped"


def _year(row: Row) -> dt.date:
    return dt.date(2000 + int(row["computer_name"][2:4]), 4, 1)


def _young(past: _Past, layer: str, row: Row) -> None:
    """Delivery, and for all but stock the setup."""
    end = dt.date.fromisoformat(row["assigned_date"]) if "assigned_date" in row else min(_year(row) + dt.timedelta(days=300), _TODAY)
    received = max(_year(row), end - past.days(20, 60))
    past.add(layer, row, "receive", received, row.get("ticket", "") if row["status"] == "setup" else "")
    if row["status"] != "stock":
        past.add(
            layer, row, "begin_setup", min(received + past.days(2, 12), end), row.get("ticket", "") if row["status"] == "setup" else ""
        )


def _successors(past: _Past, terminals: list[tuple[str, Row]]) -> dict[str, tuple[Row | None, str]]:
    """The active terminals whose past is told, by asset number, with the one that each of them replaced and the layer."""
    scale = past.world.scale
    old = [(layer, row) for layer, row in terminals if row["status"] in ("return_pending", "returned", "wiped", "disposed")]
    told: dict[str, tuple[Row | None, str]] = {}
    for layer, gone in old:
        first, last = ("2026-06-01", "2026-11-10") if gone["status"] == "return_pending" else ("2023-06-01", "2026-06-30")
        new = next(
            row
            for other, row in terminals[PLAIN:]
            if other == layer and row["status"] == "active" and row["asset_id"] not in told and first <= row["assigned_date"] <= last
        )
        told[new["asset_id"]] = gone, layer
    for layer, row in terminals[PLAIN :: max(1, len(terminals) // (RECORDED * scale))]:
        if len(told) < RECORDED * scale and row["status"] == "active":
            told.setdefault(row["asset_id"], (None, layer))
    return told


def _active(past: _Past, layer: str, row: Row, gone: Row | None, _layer: str) -> None:
    assigned = dt.date.fromisoformat(row["assigned_date"])
    turn = past.world.next("life active")
    elsewhere = past.world.departments[turn * 7 % len(past.world.departments)]
    moved = turn % 4 == 0 and assigned < dt.date(2026, 10, 1) and gone is None
    before = {"dept_code": elsewhere["code"], "site": row["site"], "floor": row["floor"]} if moved else row
    _young(past, layer, row)
    ticket = past.ticket(assigned)
    past.add(layer, row, "deploy", assigned, ticket, partner=gone["asset_id"] if gone else "", place=before)
    if gone:
        _gone(past, layer, gone, successor=row["asset_id"], date=assigned, ticket=ticket)
    if turn % 9 == 0 and assigned < dt.date(2026, 8, 1):
        broken = assigned + past.days(20, 60)
        past.add(layer, row, "send_repair", broken, place=before)
        past.add(layer, row, "return_repair", broken + past.days(10, 25), past.ticket(broken), place=before)
    if moved:
        past.add(layer, row, "move", min(assigned + past.days(100, 400), _TODAY))


def _gone(past: _Past, layer: str, row: Row, *, successor: str, date: dt.date, ticket: str) -> None:
    """An old terminal's whole life; its end has the ticket of the replacement."""
    received = _year(row) + past.days(10, 200)
    past.add(layer, row, "receive", received)
    past.add(layer, row, "begin_setup", received + past.days(2, 12))
    past.add(layer, row, "deploy", received + past.days(20, 40))
    past.add(layer, row, "withdraw", date, ticket, partner=successor)
    later = date
    for name in {"return_pending": (), "returned": ("return",), "wiped": ("return", "wipe"), "disposed": ("return", "wipe", "dispose")}[
        row["status"]
    ]:
        later += past.days(5, 30)
        past.add(layer, row, name, later, ticket)
    row["ticket"] = ticket


def _moves(world: World, past: _Past) -> None:
    """Moves that are planned, with reserved addresses and ports; the last ones that were done."""
    ports: dict[tuple[str, str, str], list[Row]] = {}
    switches = {row["name"]: row for row in world.table("network_devices") if row["role"] == "l2" and row["status"] == "active"}
    for port in world.table("switch_ports"):
        if port["status"] == "free" and port["device"] in switches:
            switch = switches[port["device"]]
            ports.setdefault((switch["layer"], switch["site"], switch["floor"]), []).append(port)
    printers = {(row["layer"], row["site"], row["floor"]): row["name"] for row in reversed(world.table("printers"))}
    targets = [row for row in world.departments if not row.get("valid_to") and row["valid_from"] <= AS_OF and row["site"] == "HON"]
    movers = [row for row in world.table("lgwan/terminals") if row["status"] == "active" and row["site"] == "HON"][7::53]
    ticket = past.ticket(_TODAY)
    made = 0
    for index, row in enumerate(movers):
        target = targets[(index * 5 + 3) % len(targets)]
        place = "lgwan", row["site"], target["floor"]
        if made == PLANNED_MOVES or target["floor"] == row["floor"] or not ports.get(place):
            continue
        site = next(site for site in world.sites if site.code == row["site"])
        if world.peek(f"host lgwan {site.code} {target['floor']}", 20) > 219:
            continue
        port = ports[place].pop(0)
        made += 1
        world.add(
            "moves",
            asset_id=row["asset_id"],
            move_date=MOVE_DAYS[index % 2],
            state="planned",
            **{f"from_{name}": row[column] for name, column in (("dept", "dept_code"), ("site", "site"), ("floor", "floor"))},
            to_dept=target["code"],
            to_site=row["site"],
            to_floor=target["floor"],
            ip=world.address("lgwan", site, int(target["floor"]), world.host("lgwan", site, int(target["floor"]), 20)),
            vlan=100 + int(target["floor"]),
            device=port["device"],
            port=port["port"],
            printer=printers.get(place),
            ticket=ticket,
            role="helpdesk",
        )
