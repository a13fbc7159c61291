"""Planning a cycle: the server's list in, ``plan.yml`` and the paper for the meeting (協議資料) out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..common import evidence
from ..common.calendar import Calendar
from ..common.files import read_bytes, write_atomic
from ..common.problems import fail
from ..common.ward import REPOSITORY, Ward
from . import sheet
from .cycle import CyclePlan, cycle_folder, read_plan
from .decisions import TOKYO, Decisions, read_decisions
from .model import WsusServer
from .planning import choose, releases, ring_dates
from .policy import UpdatePolicy
from .rings import read_rings, rings_of

DUTIES = ["I-8-(9)", "I-13-(6)"]


@dataclass(frozen=True, slots=True)
class Wish:
    """What shall be planned.

    :param layers: in which it is staged; empty = every layer that ``rings.yml`` has days for.
    :param kbs: an out-of-band cycle of just these; needs ``reason``.
    :param output: where the paper goes; ``None`` = none is made.
    :param replan: a plan that was approved may be made anew; its approvals then no longer fit.
    """

    ward: Path
    cycle: str
    evidence: Path
    layers: tuple[str, ...] = ()
    kbs: tuple[str, ...] = ()
    reason: str = ""
    output: Path | None = None
    pdf: bool = False
    replan: bool = False
    check: bool = False
    now: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))


def write(server: WsusServer, wish: Wish) -> dict[str, Any]:
    """Plan; write what changed.

    :raises WardopsError: E1901, E1907, E1908, E1911, E1912, and those of the server and the files.
    """
    ward = Ward(wish.ward)
    folder = cycle_folder(ward.policies, wish.cycle)
    decisions = read_decisions(folder / "decisions.yml")
    listed = list(server.updates())
    plan = make(ward, wish, decisions, listed)
    path = folder / "plan.yml"
    before = read_plan(path) if path.exists() else None
    changed = before != plan
    if before and changed and not wish.replan:
        _not_approved(before, decisions)
    result = _result(plan, before, path, changed=changed)
    files = sheet.files(plan, decisions, sizes(ward, plan), wish.now, pdf=wish.pdf) if wish.output else {}
    if wish.check:
        return result
    facts = {"duties": DUTIES, "cycle": wish.cycle, "reason": wish.reason}
    with evidence.step(wish.evidence, "plan_patch_cycle", facts, REPOSITORY) as record:
        record.plan({"digest": plan.digest, "before": before.digest if before else None, "updates": len(plan.updates)})
        if changed:
            folder.mkdir(mode=0o750, parents=True, exist_ok=True)
            write_atomic(path, plan.encode(), 0o640)
        if wish.output:
            wish.output.mkdir(mode=0o750, parents=True, exist_ok=True)
            for name, data in files.items():
                write_atomic(wish.output / name, data, 0o640)
        record.result("ok", changed=changed, verified=read_plan(path).digest == plan.digest)
    place = str(record.closed_as or f"{record.folder}/*-{record.run_id}.json")
    return {**result, "evidence": place, "files": [str(wish.output / name) for name in files] if wish.output else []}


def make(ward: Ward, wish: Wish, decisions: Decisions, listed: list[Any]) -> CyclePlan:
    """The plan as the policies and the list have it now. :raises WardopsError: E1901, E1907, E1908, E1912, E1803."""
    policy = ward.policy("rings")
    calendar = Calendar.of(ward)
    today = wish.now.astimezone(TOKYO).date()
    updates = UpdatePolicy(ward.policy("update_policy"), today, ward.shown(ward.policies / "update_policy.yml"))
    emergency = bool(wish.kbs)
    if emergency and not wish.reason.strip():
        raise fail("E1901", what="reason", value="", reason_ja="緊急の計画には理由が必要", reason="an out-of-band cycle needs a reason")
    layers = wish.layers or tuple(dict.fromkeys(layer for ring in policy["rings"] for layer in ring["delay_days"]))
    for layer in layers:
        if not rings_of(policy, layer):
            raise fail("E1900", layer=layer, ring="-", known="-")
    release, since = releases(wish.cycle)
    if emergency:
        release = _begun(ward, wish)
    taken, left = choose(listed, updates, decisions, since=since, today=today, kbs=wish.kbs)
    dates = ring_dates(policy, calendar, release, decisions, layers=layers, emergency=emergency)
    kind = "out_of_band" if emergency else "regular"
    return CyclePlan(wish.cycle, kind, wish.reason.strip(), release.astimezone(dt.UTC), taken, dates, left)


def _begun(ward: Ward, wish: Wish) -> dt.datetime:
    """An out-of-band cycle begins when it is first planned, not when it is planned again."""
    path = cycle_folder(ward.policies, wish.cycle) / "plan.yml"
    return read_plan(path).release if path.exists() else wish.now.replace(microsecond=0)


def _not_approved(before: CyclePlan, decisions: Decisions) -> None:
    """:raises WardopsError: E1911."""
    given = [one.application for one in decisions.approvals if before.digest.startswith(one.plan)]
    if given:
        raise fail("E1911", cycle=before.name, application="、".join(given))


def sizes(ward: Ward, plan: CyclePlan) -> Mapping[tuple[str, str], int]:
    """Terminals by layer and ring."""
    found = {}
    for layer in dict.fromkeys(one.layer for one in plan.dates):
        rings = read_rings(ward, layer)
        found.update({(layer, code): len(those) for code, those in rings.by_ring.items()})
    return found


def _result(plan: CyclePlan, before: CyclePlan | None, path: Path, *, changed: bool) -> dict[str, Any]:
    old = read_bytes(path).decode() if before else ""
    return {
        "changed": changed,
        "cycle": plan.data(),
        "digest": plan.digest,
        "path": str(path),
        "diff": {"before": old, "after": plan.encode().decode(), "before_header": str(path), "after_header": str(path)},
        "evidence": None,
        "files": [],
        "lines": [
            f"{plan.name} 更新 {len(plan.updates)} 件、対象外 {len(plan.left_out)} 件、ダイジェスト {plan.digest[:16]}",
            *(f"  KB{' '.join(one.kbs)} {one.title}" for one in plan.updates),
            *(f"  {one.layer} {one.ring} {one.day}（期限 {one.deadline.astimezone(TOKYO):%Y-%m-%d %H:%M}）{one.why}" for one in plan.dates),
        ],
    }
