"""The gate: may a ring of a layer be staged? All that speaks against it at once, each with numbers and names.

The ring before it is judged by the terminals that reported since it was approved: what was reported earlier says nothing. The published
protocol has no error codes of single installations (MS-WSUSAR 2.2: a state only), so failures are counted by model.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..common.calendar import Calendar
from ..common.problems import Problem
from .cycle import Cycle
from .decisions import TOKYO, Approved
from .planning import soaked
from .rings import Ring, Rings
from .roster import DONE, FAILED, LACKING, RESTART, Roster, States, places_of

_NAMES = 5
#: less than this before its deadline a ring is opened late
_SHORT = dt.timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Measure:
    """How a ring stands. :param approved: when its approvals were given (the last of them); ``None`` = not all of them stand.

    :param failures: of the terminals that reported, names by model; ``done``, ``restart``, ``lacking``, ``failed``: how many.
    """

    ring: str
    size: int
    approved: dt.datetime | None
    reported: int
    done: int
    restart: int
    lacking: int
    failed: int
    failures: Mapping[str, Sequence[str]]
    models: Mapping[str, int]
    silent: Sequence[str]
    never: Sequence[str]

    @property
    def failure_percent(self) -> float:
        return 100.0 * self.failed / self.reported if self.reported else 0.0

    @property
    def success_percent(self) -> float:
        return 100.0 * self.done / self.reported if self.reported else 0.0

    @property
    def report_percent(self) -> float:
        return 100.0 * self.reported / self.size if self.size else 100.0

    def data(self) -> dict[str, Any]:
        numbers = {name: getattr(self, name) for name in ("ring", "size", "reported", "done", "restart", "lacking", "failed")}
        return {
            **numbers,
            "approved": self.approved.isoformat() if self.approved else None,
            "success_percent": round(self.success_percent, 2),
            "failure_percent": round(self.failure_percent, 2),
            "report_percent": round(self.report_percent, 2),
            "failures": {model: list(names) for model, names in self.failures.items()},
            "silent": list(self.silent),
            "never": list(self.never),
        }


@dataclass(slots=True)
class Gate:
    """The decision. :ivar reasons: why not, in Japanese and English; none = green. :ivar notes: what does not stop, and must be seen."""

    layer: str
    ring: str
    reasons: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    measure: Measure | None = None

    @property
    def green(self) -> bool:
        return not self.reasons

    def problems(self) -> list[Problem]:
        """One E1905 for each reason."""
        where = {"layer": self.layer, "ring": self.ring}
        return [Problem("E1905", params={**where, "reason_ja": ja, "reason": en}) for ja, en in self.reasons]

    def data(self) -> dict[str, Any]:
        return {
            "layer": self.layer,
            "ring": self.ring,
            "green": self.green,
            "reasons": [{"ja": ja, "en": en} for ja, en in self.reasons],
            "notes": self.notes,
            "measure": self.measure.data() if self.measure else None,
        }


def measure(ring: Ring, roster: Roster, states: States, approved: dt.datetime | None) -> Measure:
    """How a ring stands now. :param approved: reports before it do not count."""
    first, after = roster.spans[ring.code]
    computers = roster.computers[first:after]
    heard = bytes(
        approved is not None and one is not None and one.last_report is not None and one.last_report >= approved for one in computers
    )
    ranks = states.worst((first, after))
    # what did not report since gets a rank of its own
    judged = bytes(rank if told else 9 for rank, told in zip(ranks, heard, strict=True))
    failures: dict[str, list[str]] = {}
    for place in places_of(judged, FAILED):
        terminal = roster.terminals[first + place]
        failures.setdefault(terminal.model, []).append(terminal.name)
    models = Counter(roster.terminals[first + place].model for place, told in enumerate(heard) if told)
    silent = [roster.terminals[first + place].name for place in places_of(heard, 0) if computers[place] is not None]
    never = [roster.terminals[first + place].name for place, one in enumerate(computers) if one is None]
    done, restart, lacking, failed = (judged.count(rank) for rank in (DONE, RESTART, LACKING, FAILED))
    return Measure(ring.code, after - first, approved, sum(heard), done, restart, lacking, failed, failures, models, silent, never)


def decide(
    cycle: Cycle,
    rings: Rings,
    ring: Ring,
    roster: Roster,
    *,
    before: Measure | None,
    policy: Mapping[str, Any],
    calendar: Calendar,
    now: dt.datetime,
) -> Gate:
    """The gate for ``ring``.

    :param before: how the ring before it stands; ``None`` for the first.
    :param policy: ``rings.yml``.
    :raises WardopsError: E1803 (the holiday file does not reach so far).
    """
    gate = Gate(rings.layer, ring.code, measure=before)
    today = now.astimezone(TOKYO).date()
    _held(gate, cycle, rings, ring)
    _day(gate, cycle, ring, calendar, today)
    _approval(gate, cycle, ring, now)
    _incidents(gate, cycle, policy["gate"])
    if before is not None:
        _enough(gate, before, sum(one.ring == before.ring for one in roster.excluded), policy)
        _before(gate, before, policy["gate"])
        soak = urgent_soak(policy) if cycle.plan.emergency else ring.soak
        _soak(gate, before, soak, calendar, today)
    _visible(gate, roster, cycle.decisions.excluded(today))
    return gate


def _held(gate: Gate, cycle: Cycle, rings: Rings, ring: Ring) -> None:
    """A hold stops its ring and all that come after it: what is not good enough for the pilot is not good for everybody."""
    upto = rings.rings[: rings.rings.index(ring) + 1]
    for hold in dict.fromkeys(hold for one in upto for hold in cycle.held(gate.layer, one.code)):
        whole = f"{hold.ring} " if hold.ring not in ("", ring.code) else ""
        words = f"{hold.at} {hold.by}: {hold.reason}"
        gate.reasons.append((f"{whole}保留中（{words}）", f"{whole}held ({words})"))


def _day(gate: Gate, cycle: Cycle, ring: Ring, calendar: Calendar, today: dt.date) -> None:
    planned = cycle.plan.when(gate.layer, ring.code)
    if planned is None:
        gate.reasons.append(("計画に適用日がない", "the plan has no day for it"))
        return
    if today < planned.day:
        gate.reasons.append((f"適用日 {planned.day} の前（今日 {today}）", f"its day is {planned.day}, today is {today}"))
    moved = any((one.layer, one.ring, one.date) == (gate.layer, ring.code, planned.day) for one in cycle.decisions.dates)
    for freeze in calendar.frozen(today, "patches", gate.layer):
        words = f"{freeze.name}（{freeze.first}～{freeze.last}）"
        if moved and today == planned.day:
            gate.notes.append(f"{words} 中だが、日付の変更が承認されている")
        else:
            gate.reasons.append((f"変更凍結中: {words}", f"frozen: {freeze.code} ({freeze.first} to {freeze.last})"))


def fitting(cycle: Cycle, layer: str, ring: str, now: dt.datetime) -> list[Approved]:
    """The approval records for a ring that fit the plan's digest and are not of the future."""
    return [
        one
        for one in cycle.decisions.approvals
        if one.ring == ring and one.layer in ("", layer) and cycle.plan.digest.startswith(one.plan) and one.at <= now
    ]


def _approval(gate: Gate, cycle: Cycle, ring: Ring, now: dt.datetime) -> None:
    digest = cycle.plan.digest[:16]
    given = [one for one in cycle.decisions.approvals if one.ring == ring.code and one.layer in ("", gate.layer)]
    if ring.approval and not fitting(cycle, gate.layer, ring.code, now):
        if given:
            which = "、".join(f"{one.application}（{one.plan[:16]}、{one.at.astimezone(TOKYO):%Y-%m-%d %H:%M}）" for one in given)
            words = f"no approval fits the plan {digest}: {', '.join(one.application for one in given)}"
            gate.reasons.append((f"承認 {which} は現在の計画 {digest} のものではない、または日時が未来", words))
        else:
            gate.reasons.append((f"協議の承認記録がない（計画 {digest}）", f"there is no approval record (plan {digest})"))
    today = now.astimezone(TOKYO).date()
    for one in cycle.decisions.approvals:
        if one.review_by and not one.reviewed_on and one.review_by < today:
            words = f"the review of {one.application} after the fact was due on {one.review_by}"
            gate.reasons.append((f"緊急承認 {one.application} の事後確認が期限 {one.review_by} を過ぎている", words))
    if cycle.plan.emergency and ring.approval and any(one.review_by is None for one in fitting(cycle, gate.layer, ring.code, now)):
        gate.reasons.append(("緊急の承認に事後確認の期限（review_by）がない", "an emergency approval has no review_by"))


def _incidents(gate: Gate, cycle: Cycle, limits: Mapping[str, Any]) -> None:
    severe = [one.id for one in cycle.decisions.incidents if one.severity == 1 and not one.closed]
    most = int(limits["open_severity1"])
    if len(severe) > most:
        words = f"{len(severe)} open tickets of severity 1, at most {most}: {', '.join(severe)}"
        gate.reasons.append((f"重大障害が未解決 {len(severe)} 件（許容 {most}）: {'、'.join(severe)}", words))


def _enough(gate: Gate, before: Measure, excluded: int, policy: Mapping[str, Any]) -> None:
    """A ring that is empty, or that exclusions made too small, proves nothing, whatever its shares are (sizes of the ledger itself: E0342).

    :param policy: ``rings.yml``.
    """
    entry = next(one for one in policy["rings"] if str(one["code"]) == before.ring)
    least = max(1, int(entry.get("size_min", {}).get(gate.layer, 1)) if excluded else 1)
    if before.size < least:
        ja = f"{before.ring} の対象が {before.size} 台（最小 {least} 台、除外 {excluded} 台）"
        gate.reasons.append((ja, f"{before.ring} has {before.size} terminals ({excluded} are excluded), at least {least}"))
    elif before.approved is not None and not before.reported:
        gate.reasons.append((f"{before.ring} で承認後に報告した端末がない", f"{before.ring}: no terminal reported since its approval"))


def overdue(gate: Gate, cycle: Cycle, ring: Ring, now: dt.datetime) -> None:
    """A deadline that is over means "at once" (MS-WSUSAR 3.1.4): every terminal would install and restart in the middle of the day.

    For a ring that is not open yet.
    """
    planned = cycle.plan.when(gate.layer, ring.code)
    if planned is None:
        return
    shown = f"{planned.deadline.astimezone(TOKYO):%Y-%m-%d %H:%M}"
    if planned.deadline <= now:
        mend = "decisions.yml の dates で日付と期限を変え、計画を作り直す"
        ja = f"適用期限 {shown} を過ぎている（承認すると全端末が直ちに適用・再起動する）。{mend}"
        gate.reasons.append((ja, f"its deadline {shown} JST is over: move date and deadline in decisions.yml, and plan again"))
    elif planned.deadline - now < _SHORT:
        gate.notes.append(f"適用期限 {shown} まで 2 日を切っている")


def _before(gate: Gate, before: Measure, limits: Mapping[str, Any]) -> None:
    """What the ring before says. :param limits: ``rings.yml: gate``."""
    if before.approved is None:
        gate.reasons.append(
            (f"前のリング {before.ring} に未承認の更新がある", f"not every update is approved for the ring before, {before.ring}")
        )
        return
    least = float(limits.get("min_report_percent", 80))
    if before.report_percent < least:
        quiet = [*before.never, *before.silent]
        ja = f"{before.ring} の報告率 {before.report_percent:.1f}%（{before.reported}/{before.size}、基準 {least:g}%）: {_some(quiet)}"
        words = f"{before.ring}: {before.reported} of {before.size} reported, {before.report_percent:.1f} %, at least {least:g} %"
        gate.reasons.append((ja, words))
    most = float(limits["max_failure_percent"])
    if before.failure_percent > most:
        failed = [name for names in before.failures.values() for name in names]
        ja = f"{before.ring} の失敗率 {before.failure_percent:.2f}%（{before.failed}/{before.reported}、上限 {most:g}%）: {_some(failed)}"
        words = f"{before.ring}: {before.failed} of {before.reported} failed, {before.failure_percent:.2f} %, at most {most:g} %"
        gate.reasons.append((ja, words))
    least = float(limits.get("min_success_percent", 90))
    if before.reported and before.success_percent < least:
        counts = f"{before.done}/{before.reported}"
        rest = f"再起動待ち {before.restart}、未適用 {before.lacking}、基準 {least:g}%"
        ja = f"{before.ring} の適用率 {before.success_percent:.1f}%（{counts}、{rest}）"
        words = f"{before.ring}: {counts} done, {before.success_percent:.1f} %, at least {least:g} %"
        gate.reasons.append((ja, words))
    by_model = limits.get("max_failures_by_model", {"count": 2, "percent": 5})
    for model, names in sorted(before.failures.items()):
        share = 100.0 * len(names) / before.models[model]
        if len(names) > int(by_model["count"]) and share > float(by_model["percent"]):
            ja = f"機種 {model} の失敗 {len(names)}/{before.models[model]} 台（{share:.1f}%）: {_some(names)}"
            gate.reasons.append((ja, f"model {model}: {len(names)} of {before.models[model]} failed ({share:.1f} %)"))


def urgent_soak(policy: Mapping[str, Any]) -> tuple[int, int]:
    """The soak of an out-of-band cycle; without a policy none."""
    urgent = policy.get("out_of_band", {})
    return (int(urgent.get("soak_calendar_days", 0)), int(urgent.get("soak_business_days", 0)))


def _soak(gate: Gate, before: Measure, soak: tuple[int, int], calendar: Calendar, today: dt.date) -> None:
    if before.approved is None:
        return
    begun = before.approved.astimezone(TOKYO).date()
    ready = soaked(soak, calendar, begun)
    if today < ready:
        passed, open_days = (today - begun).days, calendar.between(begun, today)
        needed = f"必要 {soak[0]} 日・{soak[1]} 開庁日、{ready} から"
        ja = f"{before.ring} の経過 {passed} 日・{open_days} 開庁日（{needed}）"
        gate.reasons.append((ja, f"{before.ring} has soaked {passed} days, {open_days} business days: from {ready} on"))


def _visible(gate: Gate, roster: Roster, excluded: Collection[str]) -> None:
    """What is not a reason, and must not be overlooked. :param excluded: folded names."""
    never = [terminal.name for terminal, computer in zip(roster.terminals, roster.computers, strict=True) if computer is None]
    notes = (
        ("台帳にあるが一度も報告がない端末", never),
        ("台帳にないコンピューター", [one.name for one in roster.strangers]),
        ("再セットアップされた端末の古い ID", [f"{one.name} {one.id}" for one in roster.stale]),
        ("同じ名前でドメインの違うコンピューター", roster.ambiguous),
        ("除外中の端末", [one.name for one in roster.excluded]),
        ("除外に書かれ、この系統の台帳にない端末", sorted(set(excluded) - {one.name.casefold() for one in roster.excluded})),
    )
    gate.notes += [f"{what} {len(names)} 台: {_some(names)}" for what, names in notes if names]
    gate.notes.append("エラーコード別の失敗数は、WSUS の公開プロトコルに項目がないため判定していない（機種別のみ）")


def _some(names: Sequence[str]) -> str:
    return "、".join(names[:_NAMES]) + (f" ほか {len(names) - _NAMES} 台" if len(names) > _NAMES else "")
