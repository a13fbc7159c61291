"""Steps that two things take together: a new one replaces an old one, a spare stands in for one under repair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...common.problems import Problem, WardopsError, fail
from .engine import Event, Life
from .pairlist import PairList
from .things import Thing


def replace(life: Life, old_id: str, new_id: str, old_values: Mapping[str, str], new_values: Mapping[str, str]) -> list[Event]:
    """Put a new thing in the place of an old one: settings, accessories, USB permissions and the port travel; both events name each other.

    :param old_values: cells of the old one's step (``return_due``).
    :param new_values: cells of the new one's step (``os_version`` …); what travels need not be given.
    :raises WardopsError: E0909 when the two make no pair, else as :meth:`Life.take`.
    """
    old, new = _pair(life, old_id, new_id)
    words = life.policy.replacement
    travels = {column: old.row[column] for column in words["travels"] if old.row.get(column)}
    ports = life.wiring.ports_of(old)
    gone = life.take(old_id, words["withdraw"], old_values, partner=new_id)
    came = life.take(new_id, words["deploy"], {**travels, **new_values}, partner=old_id)
    if ports and came.thing.row.get("ip"):
        life.wiring.unplug(came.thing)
        life.wiring.plug(came.thing, ports[0]["device"], ports[0]["port"], came.thing.row["vlan"])
    if "computer_name" in old.row:
        life.rename_usb(old.row["computer_name"], new.row["computer_name"])
    for row in life.book.find("accessories", parent_asset_id=old_id):
        if row["kind"] in words["accessories"]:
            life.book.update("accessories", row["asset_id"], parent_asset_id=new_id)
    return [gone, came]


def send_to_repair(life: Life, asset_id: str, spare_id: str, spare_values: Mapping[str, str]) -> list[Event]:
    """Send a thing to repair; a spare, if one is named, takes its place until it is back.

    :raises WardopsError: E0909 when the two make no pair, else as :meth:`Life.take`.
    """
    words = life.policy.repair
    if not spare_id:
        return [life.take(asset_id, words["send"])]
    broken, spare = _pair(life, asset_id, spare_id)
    travels = {column: broken.row[column] for column in words["travels"] if broken.row.get(column)}
    ports = life.wiring.ports_of(broken)
    sent = life.take(asset_id, words["send"], partner=spare.id)
    lent = life.take(spare_id, words["lend"], {**travels, **spare_values}, partner=broken.id)
    if ports and lent.thing.row.get("ip"):
        life.wiring.unplug(sent.thing)
        life.wiring.unplug(lent.thing)
        life.wiring.plug(lent.thing, ports[0]["device"], ports[0]["port"], lent.thing.row["vlan"])
    return [sent, lent]


def back_from_repair(life: Life, asset_id: str, values: Mapping[str, str]) -> list[Event]:
    """Take a thing back from repair, and end the assignment of the spare that stood in for it.

    :raises WardopsError: as :meth:`Life.take`.
    """
    words = life.policy.repair
    sent = life.last_event(asset_id)
    spare_id = sent["partner"] if sent and sent["transition"] == words["send"] else ""
    stands_in = life.last_event(spare_id) if spare_id else None
    if stands_in is None or stands_in["transition"] != words["lend"] or stands_in["partner"] != asset_id:
        spare_id = ""  # it has gone on to something else meanwhile
    ports: Sequence[Mapping[str, str]] = ()
    ended = []
    if spare_id:
        ports = life.wiring.ports_of(life.things.get(spare_id))
        ended = [life.take(spare_id, words["end"], partner=asset_id)]
    back = life.take(asset_id, words["back"], values, partner=spare_id)
    if ports and back.thing.row.get("ip"):
        life.wiring.unplug(back.thing)
        life.wiring.plug(back.thing, ports[0]["device"], ports[0]["port"], back.thing.row["vlan"])
    return [*ended, back]


def replace_all(life: Life, pairs: Sequence[tuple[str, str]], old_values: Mapping[str, str], new_values: Mapping[str, str]) -> list[Event]:
    """Several replacements; all errors at once.

    :raises WardopsError: E0912 for a thing that is named twice, else as :func:`replace`.
    """
    events, problems = [], []
    seen: set[str] = set()
    for old_id, new_id in pairs:
        try:
            for asset_id in (old_id, new_id):
                if asset_id in seen:
                    raise fail("E0912", asset_id=asset_id)
                seen.add(asset_id)
            events += replace(life, old_id, new_id, old_values, new_values)
        except WardopsError as error:
            problems += error.problems
    if problems:
        raise WardopsError(problems)
    return events


def replace_listed(life: Life, found: PairList, old_values: Mapping[str, str], new_values: Mapping[str, str]) -> list[Event]:
    """The replacements of a list; its unclear rows and all that cannot be done at once, each with its line.

    :raises WardopsError: E0912, E0914, else as :func:`replace`.
    """
    events, problems = [], list(found.problems)
    seen: set[str] = set()
    for line, pair in zip(found.lines, found.pairs, strict=True):
        twice = [asset_id for asset_id in dict.fromkeys(pair) if asset_id in seen]
        seen.update(pair)
        if twice:
            problems += [Problem("E0912", found.path, line, 0, {"asset_id": asset_id}) for asset_id in twice]
            continue
        try:
            events += replace(life, *pair, old_values, new_values)
        except WardopsError as error:
            problems += [Problem(one.code, found.path, line, 0, one.params) for one in error.problems]
    if problems:
        raise WardopsError(sorted(problems, key=lambda one: one.line))
    return events


def _pair(life: Life, one_id: str, other_id: str) -> tuple[Thing, Thing]:
    one, other = life.things.get(one_id), life.things.get(other_id)
    reason: tuple[str, ...] = ()
    if one_id == other_id:
        reason = ("同じ物です", "they are the same thing")
    elif one.kind.ledger != other.kind.ledger:
        reason = ("台帳が違います", "they are in different ledgers")
    elif one.network != other.network:
        reason = (f"系統が違います（{one.network} と {other.network}）", f"layers {one.network} and {other.network}")
    if reason:
        raise fail("E0909", asset_id=one_id, partner=other_id, reason_ja=reason[0], reason=reason[1])
    return one, other
