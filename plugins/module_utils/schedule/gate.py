"""The gate inside a scheduled job: runs on the days of the calendar, skips the others and says why.

Schedulers fire on days that no recurrence rule can leave out (holidays, the third Saturday, a freeze), fire late after a stop, twice, or
in the wrong time zone. The gate decides from the clock, the calendar and its own record of what has run. Records are one small file for
each planned run, written under a lock: of two triggers at the same moment one gets it.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..common.calendar import Calendar
from ..common.files import lock, read_bytes, write_atomic
from ..common.problems import fail
from ..common.report import TOKYO, japanese_date
from .model import DAY, Schedule, Slot

RUN, SKIP = "run", "skip"
#: a trigger may come a little early: clocks of the scheduler and the node differ
EARLY = dt.timedelta(minutes=2)
#: a clock that is set right by more than this has jumped
JUMP = dt.timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do, and why (Japanese, for the log).

    :param missed: planned runs before this one that never started, oldest first.
    """

    schedule: str
    verdict: str
    reasons: tuple[str, ...]
    slot: Slot | None = None
    missed: tuple[Slot, ...] = ()

    @property
    def text(self) -> str:
        """One line for people."""
        head = "実行します" if self.verdict == RUN else "実行しません"
        return f"{self.schedule}: {head}（{'、'.join(self.reasons)}）"


def decide(schedule: Schedule, calendar: Calendar, now: dt.datetime, records: Records | None = None) -> Decision:
    """Whether the job runs now. Changes nothing.

    :param now: with a zone.
    :param records: what has run; without it a second trigger is not noticed.
    :raises WardopsError: E1803 (holidays not covered), E1805 (calendar), E1821 (the clock went back).
    """
    now = now.astimezone(TOKYO)
    if not schedule.enabled:
        return Decision(schedule.code, SKIP, ("schedules.yml で停止中",))
    nearest = _candidates(schedule, now)
    if not nearest:
        return Decision(schedule.code, SKIP, (_untimely(schedule, now),))
    slot = _slot(schedule, calendar, nearest if records else nearest[:1])
    if not slot:
        return Decision(schedule.code, SKIP, (_closed(schedule, calendar, nearest[0].day),), nearest[0])
    if frozen := _frozen(schedule, calendar, {slot.day, now.date()}):
        return Decision(schedule.code, SKIP, frozen, slot)
    if records and (reason := records.taken(schedule, slot, now)):
        return Decision(schedule.code, SKIP, (reason,), slot)
    late = now - slot.start
    reasons = [f"{japanese_date(slot.day)} {slot.start:%H:%M} の回"]
    if late > JUMP:
        reasons.append(f"{int(late.total_seconds() // 60)} 分遅れ")
    missed = tuple(records.missed(schedule, calendar, slot)) if records else ()
    if missed:
        reasons.append(f"実行されなかった回 {len(missed)} 件（最後は {missed[-1].start:%Y-%m-%d %H:%M}）")
    return Decision(schedule.code, RUN, tuple(reasons), slot, missed)


def _candidates(schedule: Schedule, now: dt.datetime) -> list[Slot]:
    """Moments whose window holds ``now``, the newest first."""
    slots = [slot for n in range(-1, 4) for slot in schedule.slots(now.date() - n * DAY)]
    late = dt.timedelta(minutes=schedule.late_minutes)
    return sorted((slot for slot in slots if slot.start - EARLY <= now <= slot.start + late), key=lambda slot: slot.start, reverse=True)


def _slot(schedule: Schedule, calendar: Calendar, candidates: Sequence[Slot]) -> Slot | None:
    """The newest run that is planned. Without records only the newest moment counts: an older one may have run already."""
    return next((slot for slot in candidates if calendar.matches(schedule.calendar, slot.day)), None)


def _closed(schedule: Schedule, calendar: Calendar, day: dt.date) -> str:
    why = calendar.why_closed(day)
    return f"{japanese_date(day)} はカレンダー {schedule.calendar} の日ではない{f'・{why}' if why else ''}"


def _untimely(schedule: Schedule, now: dt.datetime) -> str:
    times = "・".join(f"{minutes // 60:02d}:{minutes % 60:02d}" for minutes in schedule.times)
    return f"予定の時刻 {times} から {schedule.late_minutes} 分以内ではない: 今は {now:%Y-%m-%d %H:%M} JST"


def _frozen(schedule: Schedule, calendar: Calendar, days: set[dt.date]) -> tuple[str, ...]:
    if not schedule.scope or schedule.check:
        return ()
    found = {freeze.code: freeze for day in sorted(days) for freeze in calendar.frozen(day, schedule.scope, schedule.layer)}
    return tuple(f"{freeze.name}（{freeze.first} ～ {freeze.last}、{freeze.reason}）" for freeze in found.values())


class Records:
    """What has run, in a folder that outlives the job (not inside an execution environment).

    ``<folder>/<schedule>/<slot>.json``: ``started``, ``ended`` and ``code`` (exit code) when it said its end.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def taken(self, schedule: Schedule, slot: Slot, now: dt.datetime) -> str | None:
        """Why that run must not start again; ``None`` when it may.

        :raises WardopsError: E1821 when a record lies in the future; E0100-E0102, E1822 (record damaged).
        """
        newest = max(self._starts(schedule), default=None)
        if newest and newest > now + JUMP:
            raise fail(
                "E1821", str(self._folder / schedule.code), now=f"{now:%Y-%m-%d %H:%M}", newest=f"{newest.astimezone(TOKYO):%Y-%m-%d %H:%M}"
            )
        record = self._read(self._path(schedule, slot))
        if record is None:
            return None
        started = dt.datetime.fromisoformat(record["started"])
        shown = f"{started.astimezone(TOKYO):%Y-%m-%d %H:%M}"
        if "ended" in record:
            return f"この回は実行済み: {shown} 開始、終了コード {record['code']}"
        if now - started < dt.timedelta(minutes=schedule.limit_minutes):
            return f"この回は実行中: {shown} 開始"
        return None  # killed: it never said its end

    def claim(self, schedule: Schedule, slot: Slot, now: dt.datetime) -> bool:
        """Take the run; ``False`` when another trigger was faster.

        :raises WardopsError: E1202, E0102, E0105 (the folder cannot be written), E0106 (locked), and as :meth:`taken`.
        """
        path = self._path(schedule, slot)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with lock(path.parent):
                if self.taken(schedule, slot, now):
                    return False
                write_atomic(path, _json({"started": now.astimezone(dt.UTC).isoformat()}), 0o640)
        except OSError as error:
            raise fail("E1202", str(path.parent), folder=path.parent, reason=os.strerror(error.errno or 0)) from None
        return True

    def end(self, schedule: Schedule, slot: Slot, now: dt.datetime, code: int) -> None:
        """Write the run's end down."""
        path = self._path(schedule, slot)
        moment = now.astimezone(dt.UTC).isoformat()
        write_atomic(path, _json({"started": moment, **(self._read(path) or {}), "ended": moment, "code": code}), 0o640)

    def missed(self, schedule: Schedule, calendar: Calendar, slot: Slot) -> Iterator[Slot]:
        """Planned runs after the newest recorded one and before ``slot`` that have no record; freezes are no misses."""
        names = sorted(path.stem for path in self._files(schedule))
        before = [name for name in names if name < slot.key]
        if not before:
            return
        first = max(dt.date.fromisoformat(before[-1][:10]) - DAY, calendar.holidays.first)
        for day in calendar.days(schedule.calendar, first, slot.day):
            for one in schedule.slots(day):
                if before[-1] < one.key < slot.key and not _frozen(schedule, calendar, {day}):
                    yield one

    def _files(self, schedule: Schedule) -> list[Path]:
        return sorted((self._folder / schedule.code).glob("????-??-??T????.json"))

    def _starts(self, schedule: Schedule) -> Iterator[dt.datetime]:
        for path in self._files(schedule)[-3:]:
            record = self._read(path)
            if record:
                yield dt.datetime.fromisoformat(record["started"])

    def _path(self, schedule: Schedule, slot: Slot) -> Path:
        return self._folder / schedule.code / f"{slot.key}.json"

    def _read(self, path: Path) -> dict[str, Any] | None:
        if not path.exists():
            return None
        try:
            record = json.loads(read_bytes(path))
            if dt.datetime.fromisoformat(record["started"]).tzinfo is None:
                raise ValueError("no zone")
        except (ValueError, KeyError, TypeError) as error:
            raise fail("E1822", str(path), reason=error) from None
        return dict(record)


def _json(record: dict[str, object]) -> bytes:
    return json.dumps(record, ensure_ascii=False, sort_keys=True).encode() + b"\n"
