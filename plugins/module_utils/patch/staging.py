"""Staging a ring on one server: what is there, whether the gate lets it pass, which memberships and approvals are to be made.

Ring logic knows only :class:`WsusServer`. Approvals are data (update, revision, group), replayed: a run that was killed
is run again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..common.calendar import Calendar
from ..common.plan import Guard, Plan
from ..common.problems import Problem, WardopsError
from . import gate as gates
from . import snapshots
from .cycle import Cycle
from .decisions import TOKYO
from .gate import Gate
from .model import ALL_COMPUTERS, Action, Approval, Computer, Group, State, Update, UpdateId, WsusServer
from .policy import UpdatePolicy
from .rings import Ring, Rings
from .roster import Roster, States, match
from .wsus import membership, order, replay
from .wsus.replay import Groups


@dataclass(frozen=True, slots=True)
class Setting:
    """What a run works on, apart from the server.

    :param policy: ``rings.yml``. :param now: aware.
    """

    cycle: Cycle
    rings: Rings
    policy: Mapping[str, Any]
    updates: UpdatePolicy
    calendar: Calendar
    now: dt.datetime

    @property
    def today(self) -> dt.date:
        """In Japan."""
        return self.now.astimezone(TOKYO).date()


@dataclass(slots=True)
class Survey:
    """What the server says, read once."""

    roster: Roster
    states: States
    groups: list[Group]
    computers: list[Computer]
    approvals: list[Approval]
    catalogue: dict[str, Update]


def survey(server: WsusServer, setting: Setting) -> Survey:
    """Five reads, whatever the number of terminals. :raises WardopsError: those of the server."""
    computers = server.computers()
    roster = match(setting.rings, computers, setting.cycle.decisions.excluded(setting.today))
    planned = [one.id.guid for one in setting.cycle.plan.updates]
    states = States.of(roster, planned, server.states(planned))
    catalogue: dict[str, Update] = {}
    for update in server.updates():  # of several revisions the newest
        if update.id.guid not in catalogue or catalogue[update.id.guid].id.revision < update.id.revision:
            catalogue[update.id.guid] = update
    return Survey(roster, states, server.groups(), computers, server.approvals(), catalogue)


def unchanged_updates(setting: Setting, found: Survey) -> None:
    """The server must have exactly what was planned.

    :raises WardopsError: E1904, all at once: revised, withdrawn, declined, gone, or no longer wanted by the policy or a decision.
    """
    out = {one.kb for one in setting.cycle.decisions.exclusions if one.kb and one.expires_on >= setting.today}
    problems = []
    for planned in setting.cycle.plan.updates:
        reason = _changed(planned.id, found.catalogue.get(planned.id.guid), setting.updates)
        if not reason and out & set(planned.kbs):
            reason = ("計画のあとに除外された", "excluded after the plan")
        if reason:
            params = {"kb": " ".join(planned.kbs), "update": str(planned.id), "reason_ja": reason[0], "reason": reason[1]}
            problems.append(Problem("E1904", params=params))
    if problems:
        raise WardopsError(problems)


def _changed(planned: UpdateId, now: Update | None, policy: UpdatePolicy) -> tuple[str, str] | None:
    if now is None:
        return "このサーバーにない", "not on this server"
    if now.expired:
        return "提供元が取り下げた", "withdrawn by the vendor"
    if now.declined:
        return "拒否されている", "declined"
    if now.id != planned:
        return f"リビジョンが {planned.revision} から {now.id.revision} に", f"revision {planned.revision} became {now.id.revision}"
    verdict = policy.judge(now)
    return None if verdict.decision == "take" else (f"方針により対象外: {verdict.reason}", f"no longer in scope ({verdict.decision})")


def approvals_of(setting: Setting, found: Survey, ring: Ring) -> dict[str, dt.datetime]:
    """When each of the cycle's updates was approved for the ring's group; what is not approved is not in it.

    Servers may carry an approval over to a new revision by themselves (a default of WSUS), with the time of the old one: what was reported
    before the revision arrived says nothing of it.
    """
    groups = {one.id for one in Groups(found.groups).find(ring.group)}
    planned = {one.id for one in setting.cycle.plan.updates}  # with its revision: what was tried is no proof for a later one
    times: dict[str, dt.datetime] = {}
    for approval in found.approvals:
        guid = approval.update.guid
        if approval.group in groups and approval.action is Action.INSTALL and approval.update in planned:
            known = found.catalogue.get(guid)
            arrived = known.arrived if known and known.id == approval.update else approval.time
            times[guid] = max(times.get(guid, approval.time), approval.time, arrived)
    return times


def approved_at(setting: Setting, found: Survey, ring: Ring) -> dt.datetime | None:
    """When the last of the cycle's updates was approved for the ring's group; ``None`` while one is not."""
    times = approvals_of(setting, found, ring)
    return max(times.values()) if times and len(times) == len({one.id.guid for one in setting.cycle.plan.updates}) else None


def snapshot(setting: Setting, found: Survey) -> snapshots.Snapshot:
    """What a report needs of it, for the day."""
    approved = {
        ring.code: {guid: at.astimezone(dt.UTC).isoformat(timespec="seconds") for guid, at in approvals_of(setting, found, ring).items()}
        for ring in setting.rings.rings
    }
    return snapshots.take(setting.rings.layer, found.roster, found.states, setting.now, approved=approved, catalogue=found.catalogue)


def judge(setting: Setting, found: Survey, ring: Ring) -> Gate:
    """The gate of a ring. :raises WardopsError: E1803."""
    before = setting.rings.before(ring)
    measured = gates.measure(before, found.roster, found.states, approved_at(setting, found, before)) if before else None
    decided = gates.decide(
        setting.cycle,
        setting.rings,
        ring,
        found.roster,
        before=measured,
        policy=setting.policy,
        calendar=setting.calendar,
        now=setting.now,
    )
    if len(approvals_of(setting, found, ring)) < len({one.id.guid for one in setting.cycle.plan.updates}):
        gates.overdue(decided, setting.cycle, ring, setting.now)
    _uninstalled(decided, setting, found, ring)
    decided.notes += [*_around(setting, found, ring), *_untried(setting, found, before)]
    if duplicates := _twice(setting.rings, found):
        decided.notes.append(f"複数のリングのグループに入っているコンピューター: {'、'.join(duplicates[:5])}（今回の実行で正す）")
    return decided


def _uninstalled(gate: Gate, setting: Setting, found: Survey, ring: Ring) -> None:
    """An approval to uninstall is somebody's answer to a bad update: it is never turned into one to install."""
    groups = {one.id for one in Groups(found.groups).find(ring.group)}
    planned = {one.id.guid: " ".join(one.kbs) for one in setting.cycle.plan.updates}
    guids = {one.update.guid for one in found.approvals if one.group in groups and one.action is Action.UNINSTALL}
    for guid in sorted(guids & set(planned)):
        ja = f"KB{planned[guid]} の削除（アンインストール）が承認されている。計画から除くか、削除の承認を WSUS で取り消す"
        gate.reasons.append((ja, f"KB{planned[guid]} is approved to be uninstalled there"))


def _around(setting: Setting, found: Survey, ring: Ring) -> list[str]:
    """Where updates of the cycle are approved though no ring that is open brings them there: rings that are yet to come, other groups."""
    rings, groups = setting.rings.rings, Groups(found.groups)
    names = {one.id: code.code for code in rings for one in groups.find(code.group)}
    opened = {one.code for one in rings[: rings.index(ring) + 1]}
    planned = {one.id.guid: " ".join(one.kbs) for one in setting.cycle.plan.updates}
    around = {
        f"KB{planned[one.update.guid]} → {groups.name(one.group)}"
        for one in found.approvals
        if one.update.guid in planned and one.action is Action.INSTALL and names.get(one.group) not in opened
    }
    some = "、".join(sorted(around)[:5])
    return [f"まだ開いていないリング、またはリング以外のグループに承認がある {len(around)} 件: {some}"] if around else []


def _untried(setting: Setting, found: Survey, before: Ring | None) -> list[str]:
    """Updates that the ring before has, and no terminal of it installed (not applicable to any): its success says nothing of them."""
    if before is None or approved_at(setting, found, before) is None:
        return []
    span = found.roster.spans[before.code]
    done = (State.INSTALLED, State.INSTALLED_PENDING_REBOOT, State.FAILED)
    counts = [(one, found.states.count(one.id.guid, span)) for one in setting.cycle.plan.updates]
    none = [f"KB{' '.join(one.kbs)}" for one, count in counts if not any(count[state] for state in done)]
    return [f"{before.code} のどの端末にも適用されていない更新（試験になっていない）: {'、'.join(none[:5])}"] if none else []


def _twice(rings: Rings, found: Survey) -> list[str]:
    groups = Groups(found.groups)
    ours = {one.id for ring in rings.rings for one in groups.find(ring.group)}
    return sorted(one.name for one in found.computers if len(one.groups & ours) > 1)


def group_order(setting: Setting, found: Survey, guard: Guard) -> membership.GroupOrder:
    """The groups of every ring of the layer, and exactly who is in them; in no two of them."""
    skip = {name.casefold() for name in found.roster.ambiguous}
    wanted = [
        membership.WantedGroup(ring.group, "", tuple(name for name in found.roster.names(ring.code) if name.casefold() not in skip))
        for ring in setting.rings.rings
    ]
    return membership.GroupOrder(wanted, (), guard)


def approval_order(setting: Setting, ring: Ring, guard: Guard, licences: list[str]) -> order.Order:
    """The ring's approvals. An update that can ask the user gets no deadline (MS-WSUSAR; the client would fail silently)."""
    planned = setting.cycle.plan.when(setting.rings.layer, ring.code)
    deadline = planned.deadline if planned else None
    wanted = [order.Wanted(one.id, ring.group, Action.INSTALL, None if one.asks_user else deadline) for one in setting.cycle.plan.updates]
    return order.Order(wanted=wanted, licences=licences, guard=guard)


class Foreseen:
    """A server as it will be when the groups are made: for check mode, which must say what a real run would do."""

    def __init__(self, server: WsusServer, names: list[str]) -> None:
        self._server, self._names = server, names

    def __getattr__(self, name: str) -> Any:
        return getattr(self._server, name)

    def groups(self) -> list[Group]:
        there = self._server.groups()
        known = {one.name.casefold() for one in there}
        return [*there, *(Group(f"new:{name}", name, ALL_COMPUTERS) for name in self._names if name.casefold() not in known)]


def foreseen(server: WsusServer, wanted: order.Order) -> replay.Work:
    """The approvals that would be made, groups that are yet to be made included. :raises WardopsError: see :func:`replay.prepare`."""
    seen: Any = Foreseen(server, sorted({one.group for one in wanted.wanted}))
    return replay.prepare(seen, wanted)


def together(*plans: Plan) -> Plan:
    """Several plans as one."""
    whole = Plan()
    for plan in plans:
        whole.add += plan.add
        whole.change += plan.change
        whole.remove += plan.remove
        whole.held += plan.held
        whole.unchanged += plan.unchanged
    return whole


def _outside(setting: Setting, found: Survey) -> dict[str, list[str]]:
    """Names of the groups beside the rings that updates are approved for. A decline would take those approvals away too, from computers
    of which nobody knows whether they have the successor.
    """
    groups = Groups(found.groups)
    ours = {one.id for ring in setting.rings.rings for one in groups.find(ring.group)}
    names: dict[str, list[str]] = {}
    for one in found.approvals:
        if one.group not in ours:
            names.setdefault(one.update.guid, []).append(groups.name(one.group))
    return names


def superseded(setting: Setting, found: Survey) -> tuple[list[str], list[tuple[str, str]]]:
    """What the cycle's updates replace, and may be declined: where the successor is on the target share of *every* ring.

    :returns: GUIDs to decline; those that must stay yet, with the reason in Japanese.
    """
    target = float(setting.policy["target_percent"])
    elsewhere = _outside(setting, found)
    go, stay = [], []
    for planned in setting.cycle.plan.updates:
        old = [guid for guid in planned.supersedes if guid in found.catalogue and not found.catalogue[guid].declined]
        stay += [(guid, f"リング以外のグループに承認がある: {'、'.join(elsewhere[guid][:5])}") for guid in old if guid in elsewhere]
        old = [guid for guid in old if guid not in elsewhere]
        if not old:
            continue
        short = []
        for ring in setting.rings.rings:
            first, after = found.roster.spans[ring.code]
            counts = found.states.count(planned.id.guid, (first, after))
            done = counts[State.INSTALLED] + counts[State.NOT_APPLICABLE]
            if after == first or counts[State.INSTALLED] == 0 or 100.0 * done / (after - first) < target:
                short.append(f"{ring.code} {done}/{after - first}")
        if short:
            stay += [(guid, f"後継 KB{' '.join(planned.kbs)} が全リングで {target:g}% に達していない: {'、'.join(short)}") for guid in old]
        else:
            go += old
    blocked = {guid for guid, _ in stay}
    return sorted(set(go) - blocked), sorted(stay)
