"""Runs on one layer's server: stage, hold, resume, take back, decline; one at a time, with evidence and the day's snapshot."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..common import evidence
from ..common.calendar import Calendar
from ..common.files import lock, read_bytes, write_atomic
from ..common.plan import Guard, Plan
from ..common.problems import WardopsError, fail
from ..common.text import one_line
from ..common.ward import REPOSITORY, Ward
from . import snapshots, staging
from .cycle import cycle_folder, read_cycle
from .decisions import TOKYO, Hold, write_holds
from .gate import Gate, measure
from .model import Action, WsusServer
from .policy import UpdatePolicy
from .rings import Ring, read_rings
from .staging import Setting, Survey
from .wsus import membership, order, replay

DUTIES = ["I-8-(9)", "I-13-(6)", "I-13-(8)"]
#: actions that a result shows; the evidence has all
_SHOWN = 1000


@dataclass(frozen=True, slots=True)
class Asked:
    """What an operator asks for.

    :param ring: code, name or word; empty = every ring (hold, take back).
    :param state: where as-is data and locks are kept.
    :param digest: of the plan that somebody has looked at; empty: any.
    """

    ward: Path
    layer: str
    cycle: str
    evidence: Path
    state: Path
    ring: str = ""
    reason: str = ""
    check: bool = False
    allow_remove: int = 0
    allow_change: int = 0
    licences: list[str] = field(default_factory=list)
    digest: str = ""
    now: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))

    def setting(self) -> Setting:
        """:raises WardopsError: E1900-E1903, E1908, and those of the files."""
        ward = Ward(self.ward)
        today = self.now.astimezone(TOKYO).date()
        path = ward.policies / "update_policy.yml"
        return Setting(
            read_cycle(cycle_folder(ward.policies, self.cycle)),
            read_rings(ward, self.layer),
            ward.policy("rings"),
            UpdatePolicy(ward.policy("update_policy"), today, ward.shown(path)),
            Calendar.of(ward),
            self.now,
        )


@contextlib.contextmanager
def alone(asked: Asked, what: str) -> Iterator[None]:
    """One run in a layer at a time. :raises WardopsError: E1906 says who holds it, and since when."""
    folder = asked.state / "locks"
    folder.mkdir(mode=0o750, parents=True, exist_ok=True)
    holder = folder / f"{asked.layer}.holder"
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(lock(folder / f"{asked.layer}.lock", 0))
        except WardopsError as error:
            if error.problems[0].code != "E0106":
                raise
            raise fail("E1906", str(holder), holder=_holder(holder)) from None
        who = evidence.operator()
        words = {"what": what, "cycle": asked.cycle, "since": asked.now.isoformat(timespec="seconds"), **who}
        write_atomic(holder, json.dumps(words, ensure_ascii=False).encode(), 0o640)
        yield


def _holder(path: Path) -> str:
    try:
        words = json.loads(read_bytes(path))
        return "、".join(f"{key} {value}" for key, value in words.items())
    except (WardopsError, ValueError, AttributeError):
        return "-"


def stage(server: WsusServer, asked: Asked) -> dict[str, Any]:
    """Open a ring: gate, groups, approvals with deadline, read back, evidence.

    :raises WardopsError: E1904 (an update changed), E1905 (the gate is red; all reasons), E1906, E1964, and those of the plan.
    """
    setting = asked.setting()
    ring = setting.rings.find(asked.ring)
    if asked.check:
        return _staged(setting, ring, _prepare(server, asked, setting, ring), None)
    with alone(asked, "stage"), _record(asked, "stage_patches", ring.code) as record:
        with _refusal(record):
            ready = _prepare(server, asked, setting, ring)
        snapshots.keep(asked.state, ready.snapshot)
        actions = list(ready.plan.actions())
        record.plan({"counts": ready.plan.counts(), "digest": digest(ready.plan), "cycle": setting.cycle.plan.digest, "actions": actions})
        removals, approvals = _guards(asked)
        membership.apply(server, ready.groups, staging.group_order(setting, ready.found, removals))
        replay.apply(server, replay.prepare(server, staging.approval_order(setting, ring, approvals, asked.licences)))
        record.result("ok", changed=ready.plan.changed, verified=True, gate=ready.gate.data())
    return _staged(setting, ring, ready, record)


@dataclass(frozen=True, slots=True)
class _Ready:
    gate: Gate
    found: Survey
    snapshot: snapshots.Snapshot
    groups: membership.GroupWork
    plan: Plan


def _prepare(server: WsusServer, asked: Asked, setting: Setting, ring: Ring) -> _Ready:
    """:raises WardopsError: E1904, E1905, E1951-E1955, E0120, E0121, E1964: nothing was changed."""
    found = staging.survey(server, setting)
    staging.unchanged_updates(setting, found)
    gate, snapshot = _judged(asked, setting, ring, found)
    if not gate.green:
        raise WardopsError(gate.problems())
    removals, approvals = _guards(asked)
    groups = membership.prepare(server, staging.group_order(setting, found, removals))
    wanted = staging.foreseen(server, staging.approval_order(setting, ring, approvals, asked.licences))
    plan = staging.together(groups.plan, wanted.plan)
    if asked.digest and asked.digest != digest(plan):
        raise fail("E1964", expected=asked.digest[:16], found=digest(plan)[:16])
    return _Ready(gate, found, snapshot, groups, plan)


def _judged(asked: Asked, setting: Setting, ring: Ring, found: Survey) -> tuple[Gate, snapshots.Snapshot]:
    """The gate, with what the last snapshot adds: terminals that took back what they had said."""
    gate = staging.judge(setting, found, ring)
    now = staging.snapshot(setting, found)
    before = snapshots.latest(asked.state, asked.layer, setting.today)
    if before and (changed := snapshots.relapsed(before, now)):
        names = list(dict.fromkeys(name for _, name in changed))
        more = f" ほか {len(names) - 5} 台" if len(names) > 5 else ""
        gate.notes.append(f"前回「適用済」と報告し、今回はそうでない端末 {len(names)} 台: {'、'.join(names[:5])}{more}")
    return gate, now


def look(server: WsusServer, asked: Asked) -> dict[str, Any]:
    """The gate of a ring, and how every ring stands; in a real run the day's snapshot is kept. Nothing on the server is changed."""
    setting = asked.setting()
    ring = setting.rings.find(asked.ring) if asked.ring else setting.rings.rings[-1]
    found = staging.survey(server, setting)
    gate, snapshot = _judged(asked, setting, ring, found)
    path = None if asked.check else snapshots.keep(asked.state, snapshot)
    measures = [measure(one, found.roster, found.states, staging.approved_at(setting, found, one)) for one in setting.rings.rings]
    return {
        "changed": False,
        "gate": gate.data(),
        "rings": [one.data() for one in measures],
        "snapshot": str(path) if path else None,
        "lines": lines(gate),
    }


def hold(asked: Asked, server: WsusServer | None = None) -> dict[str, Any]:
    """Stop a ring, or all of them. With a server the approvals of the cycle are taken back there too, after the hold is on disk, so that
    no other run can give them again in between.

    :raises WardopsError: E1901 (no reason), E1906, and those of the server.
    """
    if not asked.check:
        with (
            alone(asked, "take_back" if server else "hold"),
            _record(asked, "take_back_patches" if server else "hold_patches", asked.ring) as record,
        ):
            result = _held(asked, server, record)
            record.result("ok", changed=result["changed"], verified=True)
        return {**result, "evidence": _place(record)}
    return _held(asked, server, None)


def _held(asked: Asked, server: WsusServer | None, record: evidence.Run | evidence.Step | None) -> dict[str, Any]:
    setting = asked.setting()
    rings = [setting.rings.find(asked.ring)] if asked.ring else list(setting.rings.rings)
    code = rings[0].code if asked.ring else ""
    holds = setting.cycle.holds
    if not any(one.covers(asked.layer, code) and (one.taken_back or server is None) for one in holds):
        who = evidence.operator()
        by = who.get("awx_user") or who.get("sudo_user") or who["user"]
        at = asked.now.astimezone(TOKYO).isoformat(timespec="minutes")
        holds = (*holds, Hold(asked.layer, code, _reason(asked), by, at, server is not None))
    work = replay.prepare(server, _absent(setting, rings, server, asked)) if server else None
    plan = work.plan if work else Plan()
    changed = holds != setting.cycle.holds
    if record:
        record.plan({"counts": plan.counts(), "holds": [one.data() for one in holds], "actions": list(plan.actions())})
        if changed:
            write_holds(setting.cycle.folder / "holds.yml", holds)
        if work and server:
            replay.apply(server, work)
    return _result(plan, changed=changed) | {"holds": [one.data() for one in holds if not one.released]}


def _absent(setting: Setting, rings: list[Ring], server: WsusServer, asked: Asked) -> order.Order:
    """Every approval to install one of the cycle's updates for these rings; one to uninstall it is somebody's remedy and stays.

    The limit of removals is as many as that: it is what was asked for.
    """
    there = replay.Groups(server.groups())
    ours = {one.id for ring in rings for one in there.find(ring.group)}
    planned = {update.id.guid for update in setting.cycle.plan.updates}
    absent = [
        (one.update, one.group)
        for one in server.approvals()
        if one.update.guid in planned and one.group in ours and one.action is Action.INSTALL
    ]
    guard = Guard(order.GUARD.remove, order.GUARD.change, max(asked.allow_remove, len(absent)), asked.allow_change)
    return order.Order(absent=absent, guard=guard)


def resume(asked: Asked) -> dict[str, Any]:
    """Lift the holds of a ring, or all of the layer. Approvals that were taken back come again with the next stage run.

    A hold of the whole cycle that is lifted for one ring stays for the rings after it, and for the other layers.

    :raises WardopsError: E1901 (no reason), E1906.
    """
    if asked.check:
        return _resumed(asked, None)
    with alone(asked, "resume"), _record(asked, "resume_patches", asked.ring) as record:
        result = _resumed(asked, record)
        record.result("ok", changed=result["changed"], verified=True)
    return {**result, "evidence": _place(record)}


def _resumed(asked: Asked, record: evidence.Run | evidence.Step | None) -> dict[str, Any]:
    setting = asked.setting()
    code = setting.rings.find(asked.ring).code if asked.ring else ""
    who = evidence.operator()
    by = who.get("awx_user") or who.get("sudo_user") or who["user"]
    at = asked.now.astimezone(TOKYO).isoformat(timespec="minutes")
    reason = _reason(asked)
    holds: list[Hold] = []
    for one in setting.cycle.holds:
        lifted = not one.released and one.layer in ("", asked.layer) and (not code or one.ring in ("", code))
        holds.append(replace(one, released=at, released_by=by, released_reason=reason) if lifted else one)
        if lifted:
            holds += _remains(setting, one, code)
    changed = tuple(holds) != setting.cycle.holds
    if record:
        record.plan({"holds": [one.data() for one in holds]})
        if changed:
            write_holds(setting.cycle.folder / "holds.yml", tuple(holds))
    return _result(Plan(), changed=changed) | {"holds": [one.data() for one in holds if not one.released]}


def _remains(setting: Setting, hold: Hold, ring: str) -> list[Hold]:
    """What is left of a hold that is lifted in this layer, up to and with a ring (empty: every ring): the next one stops all after it."""
    mine = setting.rings.layer
    others = [] if hold.layer else [one for one in dict.fromkeys(day.layer for day in setting.cycle.plan.dates) if one != mine]
    left = [replace(hold, layer=one) for one in others]
    codes = [one.code for one in setting.rings.rings]
    if ring and not hold.ring and codes[-1] != ring:
        left.append(replace(hold, layer=mine, ring=codes[codes.index(ring) + 1]))
    return left


def decline(server: WsusServer, asked: Asked) -> dict[str, Any]:
    """Decline what the cycle's updates replace, where the successor is installed in every ring.

    :raises WardopsError: E1906, E0120 (approvals would go that nobody allowed), and those of the server.
    """
    setting = asked.setting()
    if asked.check:
        work, stay = _declines(server, asked, setting)
        return _result(work.plan) | {"stay": stay}
    with alone(asked, "decline"), _record(asked, "decline_superseded_patches", "") as record:
        with _refusal(record):
            work, stay = _declines(server, asked, setting)
        record.plan({"counts": work.plan.counts(), "digest": work.digest, "actions": list(work.plan.actions()), "stay": stay})
        replay.apply(server, work)
        record.result("ok", changed=work.plan.changed, verified=True)
    return _result(work.plan) | {"stay": stay, "evidence": _place(record)}


def _declines(server: WsusServer, asked: Asked, setting: Setting) -> tuple[replay.Work, list[dict[str, str]]]:
    go, stay = staging.superseded(setting, staging.survey(server, setting))
    # each decline has its own proof, so their number is not what is limited; the approvals that go with them are
    guard = Guard(order.GUARD.remove, order.GUARD.change, asked.allow_remove, max(asked.allow_change, len(go)))
    shown = [{"update": guid, "reason": reason} for guid, reason in stay]
    return replay.prepare(server, order.Order(declines=go, guard=guard)), shown


# ---- what they share


def digest(plan: Plan) -> str:
    """SHA-256 of what would be done, whatever its order."""
    rows = sorted(json.dumps(one, ensure_ascii=False, sort_keys=True) for one in plan.actions())
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()


def lines(gate: Gate) -> list[str]:
    """The gate for people, in Japanese."""
    head = f"{gate.layer} {gate.ring}: {'進行可' if gate.green else '停止'}"
    if one := gate.measure:
        counts = f"対象 {one.size}、報告 {one.reported}、適用済 {one.done}、再起動待ち {one.restart}"
        head += f"（前のリング {one.ring}: {counts}、未適用 {one.lacking}、失敗 {one.failed}）"
    return [head, *(f"  × {ja}" for ja, _ in gate.reasons), *(f"  ・{note}" for note in gate.notes)]


def _guards(asked: Asked) -> tuple[Guard, Guard]:
    def with_allowance(guard: Guard) -> Guard:
        return Guard(guard.remove, guard.change, asked.allow_remove, asked.allow_change)

    return with_allowance(membership.GUARD), with_allowance(order.GUARD)


def _record(asked: Asked, purpose: str, ring: str) -> evidence.Run | evidence.Step:
    facts = {"duties": DUTIES, "layer": asked.layer, "cycle": asked.cycle, "ring": ring, "reason": asked.reason}
    return evidence.step(asked.evidence, purpose, facts, REPOSITORY)


@contextlib.contextmanager
def _refusal(record: evidence.Run | evidence.Step) -> Iterator[None]:
    """What stops before anything was changed is a refusal, with its reasons."""
    try:
        yield
    except WardopsError as error:
        record.result("refused", codes=sorted({one.code for one in error.problems}), reasons=[one.text("ja") for one in error.problems])
        raise


def _reason(asked: Asked) -> str:
    reason = asked.reason.strip()
    if not reason or not one_line(reason):
        needed = "1 行の理由が必要（-e reason=…）"
        raise fail("E1901", what="reason", value=asked.reason, reason_ja=needed, reason="a reason in one line is needed")
    return reason


def _place(record: evidence.Run | evidence.Step) -> str:
    return str(record.closed_as or f"{record.folder}/*-{record.run_id}.json")


def _staged(setting: Setting, ring: Ring, ready: _Ready, record: evidence.Run | evidence.Step | None) -> dict[str, Any]:
    return _result(ready.plan) | {
        "ring": ring.code,
        "cycle_digest": setting.cycle.plan.digest,
        "gate": ready.gate.data(),
        "lines": lines(ready.gate),
        "missing": sorted(ready.groups.missing),
        "stale": sorted(set(ready.groups.stale)),
        "verified": record is not None or not ready.plan.changed,
        "evidence": _place(record) if record else None,
    }


def _result(plan: Plan, *, changed: bool = False) -> dict[str, Any]:
    actions = list(plan.actions())
    return {
        "changed": plan.changed or changed,
        "plan": {"counts": plan.counts(), "actions": actions[:_SHOWN], "actions_total": len(actions)},
        "digest": digest(plan),
        "diff": plan.diff(),
        "evidence": None,
    }
