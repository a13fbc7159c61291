"""Fetching a day's files from the payment centre into the archive.

A file is taken when it is complete: its name is final, no sign of a sender at work lies beside it, the control file is there where the
policy wants one, and size and time have not changed for a while. What was received of a broken transfer is used again. The source is
only read. Whatever happens to one file, the others are taken.
"""

from __future__ import annotations

import calendar
import datetime as dt
import fnmatch
import hashlib
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from ..common.problems import Problem, WardopsError, fail
from .archive import CHUNK, Archive, Archived, digest
from .fetch_sources import Broken, Remote, Source, connect

JAPAN = dt.timezone(dt.timedelta(hours=9))
#: a sender's marks: a file with one of these endings is unfinished, and so is one that has such a file beside it
UNFINISHED = (".tmp", ".part", ".filepart", ".partial", ".crdownload", ".lock", ".lck", ".writing")
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_KEEP_PARTS = 2 * 86400
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 60.0
#: problems that the next file would have, too: disk, connection, login
_STOP = ("E0105", "E1409", "E1410", "E1411", "E1412")
_Result = TypeVar("_Result")


@dataclass(slots=True)
class Fetched:
    """What a run has found: files of the day in the archive (``new`` says which were taken now), and what it could not take."""

    files: list[Archived] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Clock:
    """Time, and how to wait. ``today`` pins the date (the sample ward's), the time of day stays that of the clock."""

    today: dt.date | None = None
    sleep: Callable[[float], None] = time.sleep

    def now(self) -> dt.datetime:
        now = dt.datetime.now(JAPAN)
        return dt.datetime.combine(self.today, now.timetz()) if self.today else now


def settings_of(policy: Mapping[str, Any], kind: str, name: str = "") -> Mapping[str, Any]:
    """A source or target of the policy; without a name the one that ``use`` names.

    :param kind: ``source`` or ``target``.
    :raises WardopsError: E1400 when there is none of that name.
    """
    wanted = name or policy["use"][kind]
    items = policy[f"{kind}s"]
    for item in items:
        if item["name"] == wanted:
            found: Mapping[str, Any] = item
            return found
    raise fail("E1400", "payment_transfer", name=wanted, known=", ".join(item["name"] for item in items))


def closed_until(windows: Sequence[Mapping[str, Any]], now: dt.datetime) -> tuple[dt.datetime, str] | None:
    """Until when a source is down at this time, and why; nothing when it is up. Windows are Japanese time, the end is exclusive."""
    local = now.astimezone(JAPAN)
    for window in windows:
        for day in (local.date(), local.date() - dt.timedelta(days=1)):
            if not _begins(window, day):
                continue
            begin, end = _moment(day, window["from"]), _moment(day, window["to"])
            if end <= begin:
                end += dt.timedelta(days=1)
            if begin <= local < end:
                return end, window["reason_ja"]
    return None


def _begins(window: Mapping[str, Any], day: dt.date) -> bool:
    if "date" in window:
        return str(window["date"]) == day.isoformat()
    if _WEEKDAYS[day.weekday()] != window["weekday"]:
        return False
    last = day.day + 7 > calendar.monthrange(day.year, day.month)[1]
    weeks = window.get("weeks")
    return not weeks or str((day.day - 1) // 7 + 1) in weeks or (last and "last" in weeks)


def _moment(day: dt.date, clock: str) -> dt.datetime:
    return dt.datetime.combine(day, dt.time.fromisoformat(clock), JAPAN)


def patterns(settings: Mapping[str, Any], day: dt.date) -> list[str]:
    """The names' patterns with the day filled in."""
    return [pattern.replace("{yyyymmdd}", f"{day:%Y%m%d}").replace("{mmdd}", f"{day:%m%d}") for pattern in settings["files"]]


def fetch_day(
    policy: Mapping[str, Any],
    day: dt.date,
    archive: Archive,
    *,
    source: str = "",
    clock: Clock | None = None,
    environment: Mapping[str, str] | None = None,
    check: bool = False,
) -> Fetched:
    """Take the day's files that are complete.

    :param policy: ``payment_transfer``.
    :param check: look, and take nothing; the files that are in the archive already are still given.
    :raises WardopsError: E1400-E1402, E1404 (no file at all), E1409-E1413 (the source), E0106 (another run), E0105 (disk).
        What concerns one file only is in ``problems``.
    """
    clock = clock or Clock()
    settings = settings_of(policy, "source", source)
    closed = closed_until(settings["closed"], clock.now())
    if closed:
        raise fail("E1401", source=settings["name"], until=f"{closed[0]:%Y-%m-%d %H:%M}", reason_ja=closed[1])
    with archive.locked():
        run = _Run(settings, day, archive, clock=clock, environment=os.environ if environment is None else environment)
        try:
            return run.fetch(check=check)
        finally:
            run.close()


class _Run:
    """One fetching run; reconnects when the connection breaks."""

    def __init__(
        self, settings: Mapping[str, Any], day: dt.date, archive: Archive, *, clock: Clock, environment: Mapping[str, str]
    ) -> None:
        self._settings = settings
        self._day = day
        self._archive = archive
        self._clock = clock
        self._environment = environment
        self._source: Source | None = None
        self._result = Fetched()

    def close(self) -> None:
        if self._source:
            self._source.close()
            self._source = None

    def fetch(self, *, check: bool) -> Fetched:
        self._tidy()
        listing = self._patiently(lambda source: source.listing())
        wanted = self._wanted(listing)
        if not wanted and not self._result.problems:
            found = ", ".join(patterns(self._settings, self._day))
            raise fail("E1404", day=self._day.isoformat(), source=self._settings["name"], patterns=found)
        missing = [remote for remote in wanted if not self._known(remote)]
        complete = self._complete(missing, {remote.name for remote in listing})
        if complete and not check:
            self._clock.sleep(self._settings["stable_seconds"])
            complete = self._unchanged(complete)
            for remote in complete:
                if not self._take(remote):
                    break
        self._result.files.sort(key=lambda entry: (entry.serial, entry.taken_at))
        return self._result

    def _tidy(self) -> None:
        """Removes what transfers left that nobody will go on with."""
        oldest = time.time() - _KEEP_PARTS
        for path in self._archive.incoming.glob("*.part"):
            if path.stat().st_mtime < oldest:
                path.unlink(missing_ok=True)

    def _wanted(self, listing: list[Remote]) -> list[Remote]:
        names = patterns(self._settings, self._day)
        found = [remote for remote in listing if any(fnmatch.fnmatchcase(remote.name, name) for name in names)]
        control = self._settings["control_suffix"]
        good = []
        for remote in sorted(found, key=lambda remote: remote.name):
            if control and remote.name.endswith(control):
                continue
            if "/" in remote.name or "\\" in remote.name or not remote.name.isprintable() or len(remote.name) > 200:
                self._problem("E1405", source=self._settings["name"], name=ascii(remote.name)[:120])
            else:
                good.append(remote)
        return good

    def _known(self, remote: Remote) -> bool:
        """Whether exactly this file is in the archive; it then is part of the result."""
        entry = self._archive.known(self._day, self._place(remote), remote.size, remote.modified)
        if entry:
            self._result.files.append(entry)
        return entry is not None

    def _complete(self, candidates: list[Remote], names: set[str]) -> list[Remote]:
        control = self._settings["control_suffix"]
        good = []
        for remote in candidates:
            place = self._place(remote)
            busy = next((name for name in (f"{remote.name}{end}" for end in UNFINISHED) if name in names), "")
            if not remote.regular:
                self._problem("E1407", place)
            elif remote.size > self._settings["max_bytes"]:
                self._problem("E1406", place, size=remote.size, limit=self._settings["max_bytes"])
            elif remote.name.lower().endswith(UNFINISHED):
                self._problem("E1403", place, reason_ja="作成中を示す名前", reason="a name of a file in the making")
            elif busy:
                self._problem("E1403", place, reason_ja=f"作成中を示す {busy} があります", reason=f"{busy} lies beside it")
            elif control and f"{remote.name}{control}" not in names:
                self._problem(
                    "E1403", place, reason_ja=f"完了ファイル {control} がありません", reason=f"there is no control file {control}"
                )
            else:
                good.append(remote)
        return good

    def _unchanged(self, candidates: list[Remote]) -> list[Remote]:
        again = set(self._patiently(lambda source: source.listing()))
        for remote in candidates:
            if remote not in again:
                self._problem("E1403", self._place(remote), reason_ja="大きさか時刻が変化しています", reason="its size or time is changing")
        return [remote for remote in candidates if remote in again]

    def _take(self, remote: Remote) -> bool:
        """Take one file; whether it makes sense to go on with the next one."""
        try:
            partial = self._receive(remote)
            self._result.files.append(self._store(remote, partial))
        except WardopsError as error:
            self._result.problems.extend(error.problems)
            return not any(problem.code in _STOP for problem in error.problems)
        return True

    def _receive(self, remote: Remote) -> Path:
        """The whole file below ``incoming``; E1408 when it is not what the listing said."""
        partial = self._archive.incoming / f"{self._key(remote)}.part"
        try:
            self._patiently(lambda source: self._copy(source, remote, partial))
            if remote not in self._patiently(lambda source: source.listing()):
                raise fail("E1408", self._place(remote), listed=remote.size, received=partial.stat().st_size)
        except WardopsError as error:
            if any(problem.code in ("E1408", "E0105") for problem in error.problems):
                partial.unlink(missing_ok=True)
            raise
        return partial

    def _copy(self, source: Source, remote: Remote, partial: Path) -> None:
        have = partial.stat().st_size if partial.exists() else 0
        if have > remote.size:
            partial.unlink()
            have = 0
        if have == remote.size and have:
            return
        with source.read_from(remote, have) as stream:
            have += self._append(stream.read, partial, remote.size + 1 - have)
        if have > remote.size:
            raise fail("E1408", self._place(remote), listed=remote.size, received=have)
        if have < remote.size and self._settings["kind"] == "folder":
            raise fail("E1408", self._place(remote), listed=remote.size, received=have)
        if have < remote.size:
            raise Broken(f"{have}/{remote.size}")

    @staticmethod
    def _append(read: Callable[[int], bytes], partial: Path, limit: int) -> int:
        """Append at most ``limit`` bytes; how many there were. A broken connection leaves what was received."""
        written = 0
        with partial.open("ab") as target:
            while written < limit and (chunk := read(min(CHUNK, limit - written))):
                try:
                    target.write(chunk)
                    target.flush()
                except OSError as error:
                    raise fail("E0105", str(partial), reason=os.strerror(error.errno or 0)) from None
                written += len(chunk)
        return written

    def _store(self, remote: Remote, partial: Path) -> Archived:
        with partial.open("rb") as stream:
            size, sha256 = digest(stream)
        taken = Archived(
            path=partial,
            sha256=sha256,
            size=size,
            name=remote.name,
            source=self._settings["name"],
            place=self._place(remote),
            day=self._day.isoformat(),
            modified=remote.modified,
            taken_at=f"{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%SZ}",
            new=True,
        )
        return self._archive.store(partial, taken)

    def _patiently(self, work: Callable[[Source], _Result]) -> _Result:
        """Do it; after a broken connection again with a new one, after growing pauses.

        :raises WardopsError: E1409 when all attempts broke.
        """
        attempts = self._settings["attempts"]
        reason = ""
        for attempt in range(attempts):
            if attempt:
                self._clock.sleep(min(_FIRST_PAUSE * 2 ** (attempt - 1), _LONGEST_PAUSE))
            try:
                if self._source is None:
                    self._source = connect(self._settings, self._environment)
                return work(self._source)
            except Broken as error:
                reason = str(error)
                self.close()
        raise fail("E1409", source=self._settings["name"], attempts=attempts, reason=reason)

    def _place(self, remote: Remote) -> str:
        folder = self._settings["folder"].rstrip("/")
        host = self._settings.get("host", "")
        return f"{self._settings['kind']}://{host}{folder}/{remote.name}" if host else f"{folder}/{remote.name}"

    def _key(self, remote: Remote) -> str:
        """Names what was received so far. After a crash of the machine it is another one: unsynced bytes are not trusted."""
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        text = "\0".join((boot, self._place(remote), str(remote.size), remote.modified))
        return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:32]

    def _problem(self, code: str, path: str = "", **params: Any) -> None:
        self._result.problems.append(Problem(code, path, params=params))
