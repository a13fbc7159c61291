"""From a server's list to a plan: which updates, and on which day each ring of each layer begins."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..common.calendar import Calendar, b_release
from ..common.problems import Problem, WardopsError, fail
from .cycle import Planned, RingDate
from .decisions import TOKYO, Decisions, Moved
from .model import Update
from .policy import UpdatePolicy
from .rings import Ring, rings_of

_DAY = dt.timedelta(days=1)
#: how far a ring's day may be moved before somebody must decide
_REACH = 60
#: deadlines are at the end of the working day
_CLOSE = dt.time(17, 0)


def releases(name: str) -> tuple[dt.datetime, dt.datetime]:
    """The month's release and the one before it. :param name: of a cycle, ``2027-01…``."""
    year, month = int(name[:4]), int(name[5:7])
    before = dt.date(year, month, 1) - _DAY
    return b_release(year, month), b_release(before.year, before.month)


def choose(
    updates: Iterable[Update], policy: UpdatePolicy, decisions: Decisions, *, since: dt.datetime, today: dt.date, kbs: Sequence[str] = ()
) -> tuple[tuple[Planned, ...], tuple[dict[str, str], ...]]:
    """What is taken and what is left out, with the reason. An update that another one of the plan replaces is left out.

    :param since: released after it; :param kbs: only these (an out-of-band cycle), whenever they were released.
    :returns: both sorted by KB and GUID.
    """
    listed = list(updates)
    asked = {str(kb).upper().removeprefix("KB").strip() for kb in kbs}
    excluded = {one.kb: one for one in decisions.exclusions if one.kb and one.expires_on >= today}
    taken: list[tuple[Update, str]] = []
    left: list[dict[str, str]] = []
    for update in listed:
        if not (asked & set(update.kbs) if asked else update.released > since):
            continue
        verdict = policy.judge(update)
        exclusion = next((excluded[kb] for kb in update.kbs if kb in excluded), None)
        if verdict.decision != "take":
            left.append(_left(update, verdict.decision, verdict.reason))
        elif exclusion:
            reason = f"{exclusion.reason}（承認 {exclusion.approver}、{exclusion.expires_on} まで）"
            left.append(_left(update, "exclude", reason))
        else:
            taken.append((update, verdict.reason))
    replaced = {guid for update, _ in taken for guid in update.supersedes}
    planned = []
    for update, reason in taken:
        if update.id.guid in replaced:
            left.append(_left(update, "superseded", "同じ計画の更新プログラムに置き換えられている"))
        else:
            planned.append(_planned(update, reason))
    if not planned:
        raise fail("E1907", since=since.astimezone(TOKYO).date(), count=len(listed))
    return (
        tuple(sorted(planned, key=lambda one: (one.kbs, one.id))),
        tuple(sorted(left, key=lambda one: (one["kb"], one["update"]))),
    )


def _planned(update: Update, reason: str) -> Planned:
    return Planned(
        update.id,
        update.kbs,
        update.title,
        update.classification,
        update.severity,
        reason,
        update.asks_user,
        update.eula,
        update.uninstallable,
        tuple(sorted(update.supersedes)),
    )


def _left(update: Update, decision: str, reason: str) -> dict[str, str]:
    return {
        "update": update.id.guid,
        "kb": " ".join(update.kbs),
        "title": update.title,
        "decision": decision,
        "reason": reason,
    }


def ring_dates(
    policy: Mapping[str, Any], calendar: Calendar, release: dt.datetime, decisions: Decisions, *, layers: Sequence[str], emergency: bool
) -> tuple[RingDate, ...]:
    """The day of every ring: so many days after the release, moved to a business day that no freeze and no election forbids,
    and not before the ring before it has soaked.

    :param layers: in which the cycle is staged.
    :raises WardopsError: E1912 (no day found), E1803 (holidays not known), E1901 (a day is moved of a ring that there is not).
    """
    _known(policy, decisions)
    found: list[RingDate] = []
    for layer in layers:
        before: RingDate | None = None
        for ring in rings_of(policy, layer):
            moved = next((one for one in decisions.dates if one.layer == layer and one.ring == ring.code), None)
            before = _date(policy, calendar, release, place=(layer, ring), before=before, moved=moved, emergency=emergency)
            found.append(before)
    return tuple(found)


def _known(policy: Mapping[str, Any], decisions: Decisions) -> None:
    """A moved day whose ring or layer is misspelt would be passed over silently. :raises WardopsError: E1901, all at once."""
    places = {(layer, str(entry["code"])) for entry in policy["rings"] for layer in entry["delay_days"]}
    words = {"what": "dates", "reason_ja": "rings.yml にない系統・リングの組", "reason": "no such ring of that layer in rings.yml"}
    lost = [one for one in decisions.dates if (one.layer, one.ring) not in places]
    if lost:
        raise WardopsError(
            [Problem("E1901", "decisions.yml", params={**words, "value": f"{one.layer} {one.ring} {one.date}"}) for one in lost]
        )


def _date(
    policy: Mapping[str, Any],
    calendar: Calendar,
    release: dt.datetime,
    *,
    place: tuple[str, Ring],
    before: RingDate | None,
    moved: Moved | None,
    emergency: bool,
) -> RingDate:
    layer, ring = place
    base = release.astimezone(TOKYO).date()
    delay = emergency_delay(policy, ring.code) if emergency else ring.delay
    if moved:
        day = moved.date
    else:
        earliest = calendar.add(base, delay) if emergency and delay else base + delay * _DAY
        if before and not emergency:
            earliest = max(earliest, soaked(ring.soak, calendar, before.day))
        day = allowed(calendar, earliest, layer, ring.code)
    why = f"公開日 {base} の{delay}{'開庁' if emergency else ''}日後"
    if moved:
        why = f"{why} を変更: {moved.reason}（承認 {moved.approver}）"
    elif day != base + delay * _DAY and not emergency:
        why = f"{why}。閉庁日・凍結・経過日数により {(day - (base + delay * _DAY)).days} 日後ろへ"
    last = moved.deadline if moved and moved.deadline else None
    if last is None:
        wanted = day + 3 * _DAY if emergency else max(base + int(policy["deadline_days"]) * _DAY, day + 3 * _DAY)
        last = allowed(calendar, wanted, layer, ring.code)
    return RingDate(layer, ring.code, day, dt.datetime.combine(last, _CLOSE, TOKYO).astimezone(dt.UTC), why)


def emergency_delay(policy: Mapping[str, Any], ring: str) -> int:
    """Business days after which a ring begins in an out-of-band cycle; without a policy the same day, the next one, the third."""
    given = policy.get("out_of_band", {}).get("delay_business_days", {})
    codes = [str(entry["code"]) for entry in policy["rings"]]
    return int(given.get(ring, min(codes.index(ring), 1) if ring != codes[-1] else 3))


def soaked(soak: tuple[int, int], calendar: Calendar, begun: dt.date) -> dt.date:
    """The first day on which a ring that began then has soaked. :param soak: calendar days, business days."""
    return max(begun + soak[0] * _DAY, calendar.add(begun, soak[1]))


def allowed(calendar: Calendar, day: dt.date, layer: str, ring: str) -> dt.date:
    """The first day from ``day`` on that is a business day without a freeze of patches. :raises WardopsError: E1912, E1803."""
    for number in range(_REACH):
        one = day + number * _DAY
        if calendar.is_business_day(one) and not calendar.frozen(one, "patches", layer):
            return one
    raise fail("E1912", layer=layer, ring=ring, day=day, days=_REACH)
