"""The life of equipment: chains of events, what is said to be done, and moves that are planned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ...common.problems import Problem
from ..data import Data, Ledger
from ..life.policy import NEW, OPENING, Kind, LifePolicy
from .lifecycle import RETIRED
from .registry import Rule


class _Thing(NamedTuple):
    kind: Kind
    ledger: Ledger
    row: int
    status: str


class _Event(NamedTuple):
    row: int
    number: int
    date: str
    name: str
    before: str
    after: str
    partner: str
    proof: str


def _policy(data: Data) -> LifePolicy:
    return LifePolicy(data.policy("life").value)


def _things(data: Data, policy: LifePolicy) -> dict[str, _Thing]:
    found = {}
    for kind in policy.kinds.values():
        for ledger in data.present(kind.ledger):
            for row, (name, status) in enumerate(ledger.rows(kind.id, "status")):
                found[name] = _Thing(kind, ledger, row, status)
    found.pop("", None)
    return found


def _chains(events: Ledger) -> dict[str, list[_Event]]:
    """Each thing's events by number; rows with a refused key are left out."""
    chains: dict[str, list[_Event]] = {}
    columns = ("asset_id", "number", "date", "transition", "from_status", "to_status", "partner", "proof")
    for row, (name, number, *cells) in enumerate(events.rows(*columns)):
        if name and number:
            chains.setdefault(name, []).append(_Event(row, int(number), *cells))
    for chain in chains.values():
        chain.sort(key=lambda event: event.number)
    return chains


def chains(data: Data) -> Iterator[Problem]:
    """E0920-E0925: a thing's events follow one another without a gap, by allowed steps, and end in the ledger's state."""
    policy, events = _policy(data), data.one("asset_events")
    things = _things(data, policy)
    every = all(data.whole(kind.ledger, kind.id) for kind in policy.kinds.values())
    for name, chain in _chains(events).items():
        thing = things.get(name)
        if thing is None:
            if every:
                yield events.problem("E0925", chain[0].row, "asset_id", value=name)
            continue
        links = list(_links(events, name, chain, thing.kind)) if events.complete else []
        yield from links
        last = chain[-1]
        if not links and thing.status and last.after and thing.status != last.after:
            labels = {"state": thing.ledger.schema.label("status", thing.status), "state_code": thing.status, "expected": last.after}
            yield thing.ledger.problem("E0924", thing.row, "status", asset_id=name, first=events.place(last.row), **labels)


def _links(events: Ledger, name: str, chain: list[_Event], kind: Kind) -> Iterator[Problem]:
    state, date = NEW, ""
    for expected, event in enumerate(chain, 1):
        names = {"asset_id": name, "number": event.number}
        if event.number != expected:
            yield events.problem("E0920", event.row, "number", expected=expected, **names)
            return
        if event.before != state:
            yield events.problem("E0921", event.row, "from_status", value=event.before or "-", expected=state or "-", **names)
            return
        if event.date and event.date < date:
            yield events.problem("E0922", event.row, "date", value=event.date, expected=date, **names)
        step = kind.steps.get(event.name)
        opened = event.name == OPENING and expected == 1 and event.after not in kind.proved
        if event.name and not opened and (step is None or event.before not in step.sources or event.after != step.target):
            params = {"value": event.name, "from_status": event.before, "to_status": event.after}
            yield events.problem("E0923", event.row, "transition", **names, **params)
            return
        state, date = event.after, event.date or date


def proofs(data: Data) -> Iterator[Problem]:
    """E0926: what is wiped, disposed of … has an event with the proof; also each event of a step that needs one."""
    policy, events = _policy(data), data.one("asset_events")
    things, found = _things(data, policy), _chains(events)
    for name, thing in things.items():
        state = {"state": thing.ledger.schema.label("status", thing.status), "state_code": thing.status}
        if thing.status in thing.kind.proved and name not in found and events.complete:
            yield thing.ledger.problem("E0926", thing.row, "status", asset_id=name, **state)
    for name, chain in found.items():
        for event in chain:
            step = things[name].kind.steps.get(event.name) if name in things else None
            if step and step.proof and not event.proof and event.row not in events.bad.get("proof", ()):
                label = things[name].ledger.schema.label("status", event.after)
                yield events.problem("E0926", event.row, "proof", asset_id=name, state=label, state_code=event.after)


def pairs(data: Data) -> Iterator[Problem]:
    """E0927: an event that names another thing is named by one of that thing on the same day."""
    events = data.one("asset_events")
    if not events.whole("asset_id", "partner", "date"):
        data.note("asset_events")
        return
    known = {(name, partner, date) for name, partner, date in events.rows("asset_id", "partner", "date") if partner}
    for row, (name, number, partner, date) in enumerate(events.rows("asset_id", "number", "partner", "date")):
        if partner and (partner, name, date) not in known:
            yield events.problem("E0927", row, "partner", asset_id=name, number=number, value=partner, date=date)


def follow_ups(data: Data) -> Iterator[Problem]:
    """E0928: a follow-up of an event that does not exist. E0929: said to be done, though the ledger shows the opposite."""
    policy, rows = _policy(data), data.one("follow_ups")
    events = data.one("asset_events")
    found, things = _chains(events), _things(data, policy)
    admitted = data.policies["radius"].value["states"] if "radius" in data.policies else {}
    columns = ("asset_id", "number", "system", "action", "state")
    for row, (name, number, system, action, state) in enumerate(rows.rows(*columns)):
        if not name or not number:
            continue
        chain = found.get(name, [])
        if not any(event.number == int(number) for event in chain):
            if events.whole("asset_id", "number"):
                yield rows.problem("E0928", row, "number", asset_id=name, number=number)
            continue
        if name not in things or state != "done" or action != "remove" or int(number) != chain[-1].number:
            continue
        thing = things[name]
        fact = _still_there(thing, system, admitted)
        if fact:
            names = {"asset_id": name, "system": policy.systems[system]["name_ja"] if system in policy.systems else system}
            label = rows.schema.label("action", action)
            yield rows.problem("E0929", row, "state", **names, action=label, action_code=action, fact_ja=fact[0], fact=fact[1])


def _still_there(thing: _Thing, system: str, admitted: Mapping[str, Mapping[str, str]]) -> tuple[str, str] | None:
    """What the ledgers still give to a thing that a system is said to have forgotten."""
    if system == "radius" and thing.status in admitted.get(thing.ledger.name, ()):
        label = thing.ledger.schema.label("status", thing.status)
        return f"状態が「{label}」で、ネットワークへの接続を許しています", f"its state {thing.status} admits it to the network"
    address = thing.ledger.columns.get("ip", [""] * len(thing.ledger))[thing.row]
    if system == "address" and address:
        return f"アドレス {address} を持っています", f"it still has the address {address}"
    return None


def planned_moves(data: Data) -> Iterator[Problem]:
    """E0930-E0933 for moves that are planned: the terminal, the section on the day, what is reserved, the day."""
    moves = data.one("moves")
    status = {name: (ledger, row) for ledger in data.files("terminals") for row, name in enumerate(ledger.column("asset_id"))}
    periods: dict[str, list[tuple[str, str]]] = {}
    for code, begin, end in data.one("departments").rows("code", "valid_from", "valid_to"):
        periods.setdefault(code, []).append((begin, end))
    for row, (name, date, state, section) in enumerate(moves.rows("asset_id", "move_date", "state", "to_dept")):
        if state != "planned" or not date:
            continue
        if name in status:
            ledger, place = status[name]
            now = ledger.column("status")[place]
            if now in RETIRED or now == "return_pending":
                yield moves.problem("E0930", row, "asset_id", asset_id=name, state=ledger.schema.label("status", now), state_code=now)
        if section in periods and not any(begin <= date and (not end or date <= end) for begin, end in periods[section]):
            shown = ", ".join(f"{begin} - {end}" for begin, end in periods[section])
            yield moves.problem("E0931", row, "to_dept", value=section, date=date, periods=shown)
        if date < data.today:
            yield moves.problem("E0933", row, "move_date", asset_id=name, value=date)
    yield from _reservations(data, moves)


def _reservations(data: Data, moves: Ledger) -> Iterator[Problem]:
    """E0932: a reserved port that somebody uses who does not leave it by that day, or that two moves reserve; an address likewise."""
    ports = data.one("switch_ports")
    used = {
        (device, port): owner for device, port, owner, state in ports.rows("device", "port", "connected_to", "status") if state != "free"
    }
    leaves = {name: date for name, date, state in moves.rows("asset_id", "move_date", "state") if state != "cancelled"}
    seen: dict[tuple[str, str], int] = {}
    columns = ("asset_id", "move_date", "state", "device", "port", "takes_over")
    for row, (name, date, state, device, port, giver) in enumerate(moves.rows(*columns)):
        if state != "planned":
            continue
        owner = used.get((device, port), "")
        if port and (device, port) in used and leaves.get(owner, "9999") > date:
            texts = {"reason_ja": "使用中か閉塞です", "reason": "it is in use or closed"}
            yield moves.problem("E0932", row, "port", asset_id=name, value=f"{device} {port}", **texts)
        elif port and seen.setdefault((device, port), row) != row:
            first = moves.place(seen[device, port])
            texts = {"reason_ja": f"{first} も予約しています", "reason": f"{first} reserves it too"}
            yield moves.problem("E0932", row, "port", asset_id=name, value=f"{device} {port}", **texts)
        if giver and leaves.get(giver, "9999") > date:
            texts = {"reason_ja": f"{date} までに移動しません", "reason": f"it does not move by {date}"}
            yield moves.problem("E0932", row, "takes_over", asset_id=name, value=giver, **texts)


RULES = (
    Rule("event_chains", chains, ("E0920", "E0921", "E0922", "E0923", "E0924", "E0925")),
    Rule("event_proofs", proofs, ("E0926",)),
    Rule("event_pairs", pairs, ("E0927",)),
    Rule("follow_ups", follow_ups, ("E0928", "E0929")),
    Rule("planned_moves", planned_moves, ("E0930", "E0931", "E0932", "E0933")),
)
