"""What the report 適用状況一覧 is made of: cycle, ledgers, the snapshots of the days, the list of AD logons. Reads files only."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..common.problems import WardopsError, fail
from ..common.ward import Ward
from . import compliance, end_of_service, snapshots
from .compliance import Line, Standing
from .compliance_logons import Logons, read_logons
from .compliance_reasons import Cause, Outsider, causes, outsiders
from .cycle import Cycle, Planned, cycle_folder, read_cycle
from .decisions import TOKYO
from .rings import Ring, rings_of
from .snapshots import Snapshot

_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for.

    :param state: folder of the snapshots. :param day: the last one up to this day (in Japan) is reported.
    :param only: names of terminals that ``--limit`` leaves. :param ring, section: further limits; ring by code, name or word.
    :param snapshot: as it was just taken, and not stored in check mode; else the stored one.
    """

    ward: Path
    state: Path
    layer: str
    cycle: str
    day: dt.date
    logons: Path | None = None
    only: frozenset[str] | None = None
    ring: str = ""
    section: str = ""
    snapshot: Snapshot | None = None

    @property
    def limit(self) -> str:
        """As people read it; empty when the whole layer is asked for."""
        parts = (
            self.ring and f"リング {self.ring}",
            self.section and f"課 {self.section}",
            f"--limit（{len(self.only)} ホスト）" if self.only is not None else "",
        )
        return "、".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Day:
    """How a layer stood on a day. :param counts: ``None`` = there is no snapshot; ``damaged`` = there is one that cannot be read."""

    day: dt.date
    counts: Mapping[Standing, int] | None
    damaged: bool = False


@dataclass(slots=True)
class Compliance:
    """Everything that the report shows.

    :ivar before: the day of the snapshot that ``earlier`` and the differences are of; ``None`` = there is none.
    :ivar sections: code → name of the division, name of the section. :ivar causes: of quiet terminals, by name.
    :ivar relapsed: update GUID and name of terminals that no longer have what they reported.
    """

    request: Request
    cycle: Cycle
    rings: tuple[Ring, ...]
    snapshot: Snapshot
    lines: list[Line]
    before: dt.date | None = None
    earlier: dict[str, Standing] = field(default_factory=dict)
    days: list[Day] = field(default_factory=list)
    sections: dict[str, tuple[str, str]] = field(default_factory=dict)
    causes: dict[str, Cause] = field(default_factory=dict)
    outsiders: list[Outsider] = field(default_factory=list)
    services: list[end_of_service.Finding] = field(default_factory=list)
    relapsed: list[tuple[str, str]] = field(default_factory=list)
    logons: Logons | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def day(self) -> dt.date:
        """Of the snapshot, in Japan."""
        return dt.datetime.fromisoformat(self.snapshot.at).astimezone(TOKYO).date()

    @property
    def whole(self) -> bool:
        """Whether nothing limits it: only then computers outside of every ring belong to it."""
        return not self.request.limit


def read(request: Request) -> Compliance:
    """:raises WardopsError: E1900-E1903 (ring, cycle), E1909 (no snapshot can be read), E1913 (logons), E1914 (no snapshot), E1915 (the
    limit leaves nothing), and those of the files.
    """
    ward = Ward(request.ward)
    cycle = read_cycle(cycle_folder(ward.policies, request.cycle))
    rings = rings_of(ward.policy("rings"), request.layer)
    if not rings:
        raise fail("E1900", layer=request.layer, ring="-", known="-")
    past = _Past(request, cycle)
    now = request.snapshot or past.newest()
    made = Compliance(request, cycle, rings, now, [])
    keep = _chooser(made, ward)
    made.lines = [line for line in compliance.lines(cycle.plan, now) if keep(line.name, line.ring, line.dept)]
    if not made.lines:
        raise fail("E1915", layer=request.layer, cycle=request.cycle, limit=request.limit or "-")
    made.sections = _sections(ward, made.day)
    made.logons = read_logons(request.logons, ward.shown(request.logons)) if request.logons else None
    _history(made, past, keep)
    _quiet(made, ward, past)
    _services(made, ward)
    _notes(made)
    return made


class _Chooser:
    """Which terminals the limits leave."""

    def __init__(self, only: frozenset[str] | None, ring: str, section: str) -> None:
        self.only, self.ring, self.section = only, ring, section

    def __call__(self, name: str, ring: str, dept: str) -> bool:
        return (
            (self.only is None or name in self.only) and (not self.ring or ring == self.ring) and (not self.section or dept == self.section)
        )


def _chooser(made: Compliance, ward: Ward) -> _Chooser:
    """:raises WardopsError: E1900 for a ring that is none, E1915 for a section that no ledger line knows."""
    request, ring = made.request, ""
    if request.ring:
        asked = request.ring.strip().casefold()
        known = [one for one in made.rings if asked in (one.code.casefold(), one.name.casefold(), one.word)]
        if not known:
            names = "、".join(f"{one.code} {one.name}" for one in made.rings)
            raise fail("E1900", layer=request.layer, ring=request.ring, known=names)
        ring = known[0].code
    section = request.section.strip()
    if section and section not in made.snapshot.depts:
        codes = sorted(code for code, (_, name) in _sections(ward, made.day).items() if name == section)
        if len(codes) != 1:
            raise fail("E1915", layer=request.layer, cycle=request.cycle, limit=request.limit)
        section = codes[0]
    return _Chooser(request.only, ring, section)


class _Past:
    """The stored days of a cycle, each read once."""

    def __init__(self, request: Request, cycle: Cycle) -> None:
        self.request, self.guids = request, {one.id.guid for one in cycle.plan.updates}
        first = cycle.plan.release.astimezone(TOKYO).date()
        known = snapshots.days(request.state, request.layer)
        self.found: dict[dt.date, Snapshot | WardopsError] = {}
        for day in (one for one in known if first <= one <= request.day):
            try:
                snapshot = snapshots.read(request.state, request.layer, day)
            except WardopsError as error:
                self.found[day] = error
            else:
                if self.guids & snapshot.states.keys():
                    self.found[day] = snapshot

    def newest(self) -> Snapshot:
        """:raises WardopsError: E1909, E1914."""
        for day in sorted(self.found, reverse=True):
            if isinstance(snapshot := self.found[day], Snapshot):
                return snapshot
        for error in self.found.values():
            if isinstance(error, WardopsError):
                raise error
        raise fail("E1914", layer=self.request.layer, cycle=self.request.cycle, day=self.request.day)

    def before(self, day: dt.date) -> list[tuple[dt.date, Snapshot]]:
        """The readable ones before a day, in order."""
        return [(one, found) for one, found in sorted(self.found.items()) if one < day and isinstance(found, Snapshot)]


def _history(made: Compliance, past: _Past, keep: _Chooser) -> None:
    """Numbers of each day from the first one on, and what the last one before this was."""
    plan, counts = made.cycle.plan, dict[dt.date, Mapping[Standing, int]]()
    for day, snapshot in past.before(made.day):
        codes = compliance.standings(plan, snapshot)
        facts = zip(snapshot.names, snapshot.rings, snapshot.depts, codes, strict=True)
        kept = {name: Standing(code) for name, ring, dept, code in facts if keep(name, ring, dept)}
        kept |= {name: Standing.EXCLUDED for name, ring, dept in snapshot.excluded if keep(name, ring, dept)}
        counts[day] = Counter(kept.values())
        made.before, made.earlier = day, kept
    counts[made.day] = Counter(line.standing for line in made.lines)
    damaged = {day for day, found in past.found.items() if isinstance(found, WardopsError)}
    day = min(counts)
    while day <= made.day:
        made.days.append(Day(day, counts.get(day), day in damaged))
        day += _DAY
    if earlier := past.before(made.day):
        names = {line.name for line in made.lines}
        made.relapsed = [one for one in snapshots.relapsed(earlier[-1][1], made.snapshot) if one[1] in names and one[0] in past.guids]


def _quiet(made: Compliance, ward: Ward, past: _Past) -> None:
    """Why terminals say nothing; and, for the whole layer, what the other computers are."""
    layer = made.request.layer
    status = _status(ward, layer)
    begun = {ring.code: compliance.since(made.cycle.plan, made.snapshot, ring.code)[0] for ring in made.rings}
    begin = {code: moment for code, moment in begun.items() if moment}
    made.causes = causes(made.lines, made.snapshot, status, made.logons, begin)
    if made.whole:
        others = [one for one in ward.layers if one != layer]
        elsewhere = {name: one for one in others for name in _status(ward, one)}
        former = {}
        for _, snapshot in past.before(made.day):
            former.update({identity: name for identity, name in zip(snapshot.ids, snapshot.names, strict=True) if identity})
        made.outsiders = outsiders(made.snapshot, status, elsewhere, former, made.logons)


def _status(ward: Ward, layer: str) -> dict[str, str]:
    """Folded computer name → state, of a layer's ledger."""
    if not ward.has("terminals", layer):
        return {}
    table = ward.table("terminals", layer)
    names = (name.casefold() for name in table.column("computer_name"))
    return dict(zip(names, table.column("status"), strict=True))


def _sections(ward: Ward, day: dt.date) -> dict[str, tuple[str, str]]:
    """Code → division and section as they are called on the day; of a section that is abolished its last names."""
    if not ward.has("departments"):
        return {}
    named: dict[str, tuple[str, str]] = {}
    shown = day.isoformat()
    for row in sorted(ward.table("departments").dicts(), key=lambda one: one["valid_from"]):
        if row["valid_from"] <= shown or row["code"] not in named:
            named[row["code"]] = (row["division_name"], row["name"])
    return named


def _services(made: Compliance, ward: Ward) -> None:
    """Windows versions of the reported terminals, where the ledger and the policy say them."""
    layer = made.request.layer
    if not (ward.policies / "end_of_service.yml").exists() or not ward.has("terminals", layer):
        return
    table = ward.table("terminals", layer)
    if {"asset_id", "os_version", "os_build"} <= set(table.header):
        names = {line.name for line in made.lines}
        rows = ((layer, row) for row in table.dicts() if row["computer_name"] in names)
        made.services = end_of_service.judge(ward.policy("end_of_service"), rows, made.day)


def _notes(made: Compliance) -> None:
    """What must be seen beside the numbers."""
    plan, snapshot = made.cycle.plan, made.snapshot
    if made.day != made.request.day:
        made.notes.append(f"{made.request.day} の記録がないため、{made.day} の記録で作成")
    made.notes += [note for one in plan.updates if (note := _changed(one, snapshot))]
    for ring in made.rings:
        begin, counted = compliance.since(plan, snapshot, ring.code)
        if begin and len(counted) < len(plan.updates):
            made.notes.append(f"{ring.code} {ring.name} で承認されている更新は {len(counted)} / {len(plan.updates)} 件。承認分だけを数えた")
    damaged = [str(one.day) for one in made.days if one.damaged]
    missing = [str(one.day) for one in made.days if one.counts is None and not one.damaged]
    if damaged:
        made.notes.append(f"記録が壊れている日: {'、'.join(damaged)}")
    if missing:
        made.notes.append(f"記録がない日: {'、'.join(missing)}")
    if snapshot.approved is None:
        made.notes.append("旧形式の記録のため、承認の時刻の代わりに計画の適用日で判定")
    if made.logons is None:
        made.notes.append("AD のログオン一覧がないため、電源断と通信不良を区別できない")
    elif abs(made.logons.as_of.astimezone(TOKYO).date() - made.day) > _DAY:
        made.notes.append(f"AD のログオン一覧が {made.logons.as_of.astimezone(TOKYO):%Y-%m-%d} 現在のもの")


_GONE = {"expired": "提供元が取り下げた", "declined": "サーバーで拒否された", "missing": "サーバーにない"}


def _changed(one: Planned, snapshot: Snapshot) -> str:
    """What became of an update since it was planned; empty: nothing."""
    kb, guid = f"KB{' '.join(one.kbs)}", one.id.guid
    if guid not in snapshot.states:
        return f"{kb} はこの記録にない（計画が後から変わった）。数に入れていない"
    if gone := compliance.gone(snapshot, guid):
        return f"{kb} は{_GONE[gone]}。数に入れていない"
    revision = snapshot.catalogue[guid][0] if snapshot.catalogue else one.id.revision
    return f"{kb} はリビジョンが {one.id.revision} から {revision} に変わった。計画を作り直すこと" if revision != one.id.revision else ""
