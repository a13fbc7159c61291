"""A network device dies and a spare takes its place: its name, address and cables stay, the unit behind them is another."""

from __future__ import annotations

from ...common.problems import fail
from ..book import Row
from .engine import Event, Life

#: columns that go with the unit; the others stay with the place
UNIT = ("asset_id", "vendor", "os_profile", "model", "serial", "mac", "firmware")


def replace_device(life: Life, dead: str, spare: str) -> list[Event]:
    """The row of the place gets the spare's unit; the row of the spare gets the dead unit, in repair. Both get their events.

    :param dead: name of the place; :param spare: name of the spare's row.
    :raises WardopsError: E0901 (no such device), E0909 (the two make no pair), else as :meth:`Life.take`.
    """
    place, shelf = _row(life, dead), _row(life, spare)
    old, new = place["asset_id"], shelf["asset_id"]
    if dead == spare:
        raise fail(
            "E0909", asset_id=dead, partner=spare, reason_ja="故障機と予備機に同じ名前が書かれています", reason="both names are the same"
        )
    if place["os_profile"] != shelf["os_profile"]:
        told = (place["os_profile"], shelf["os_profile"])
        reason = (f"OS が違います（{told[0]}、{told[1]}）", f"they run different platforms ({told[0]}, {told[1]})")
        raise fail("E0909", asset_id=dead, partner=spare, reason_ja=reason[0], reason=reason[1])
    sent = life.take(old, "send_repair", partner=new)
    where = {name: place[name] for name in ("site", "floor", "mgmt_ip", "vlan")}
    deployed = life.take(new, "deploy", {**where, "mac": shelf["mac"], "firmware": shelf["firmware"]}, partner=old)
    unit = {name: shelf[name] for name in UNIT}
    life.book.put("network_devices", {**place, **unit, "status": "active"})
    gone = {name: place[name] for name in UNIT}
    parked = {"layer": place["layer"], "role": place["role"], "status": "repair", "ticket": life.order.ticket}
    life.book.put("network_devices", {**shelf, **gone, **parked})
    return [sent, deployed]


def _row(life: Life, name: str) -> Row:
    row = life.book.get("network_devices", name)
    if row is None:
        raise fail("E0901", asset_id=name)
    return dict(row)


def spares_left(life: Life, model: str) -> int:
    """How many spares of a model are on the shelf now."""
    return len(life.book.find("network_devices", model=model, status="spare"))
