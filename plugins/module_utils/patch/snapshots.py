"""What the server said on a day, kept apart from the policies (DESIGN 2.10): ``<folder>/<layer>/<day>.json``, the last of each day.

``states`` has one digit a computer (:class:`State`) for each update, in the order of ``names``. Format 2 adds what a report needs beside it
(models, approvals, what became of the updates, computers that are in no ring); format 1 is still read.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..common.files import lock, read_bytes, write_atomic
from ..common.problems import WardopsError, fail
from .decisions import TOKYO
from .model import State, Update
from .roster import Roster, States

_FILE = re.compile(r"(20[0-9]{2}-[0-9]{2}-[0-9]{2})\.json")
_GONE = {one: one for one in ("", "expired", "declined")}
_DIGITS = re.compile(r"[0-6]*")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The states of a layer's terminals at an instant.

    :param names: of the terminals; ``depts``, ``rings``, ``ids``, ``reports`` in the same order, empty where there is nothing.
    :param states: update GUID → one digit a terminal.
    :param models: of the terminals; empty in format 1, as ``syncs`` (when each last spoke to the server).
    :param approved: ring → update GUID → when it was approved for the ring's group; ``None`` in format 1: not known.
    :param catalogue: update GUID → its newest revision on the server, and ``""``, ``expired``, ``declined``; what is missing is not there.
    :param excluded: name, ring, section of terminals that a decision left out.
    :param others: ``stale`` (an older id of a machine that was set up anew) or ``stranger`` (no terminal of a ring), name, id, last report,
        last contact.
    """

    layer: str
    at: str
    names: tuple[str, ...]
    depts: tuple[str, ...]
    rings: tuple[str, ...]
    ids: tuple[str, ...]
    reports: tuple[str, ...]
    states: Mapping[str, str]
    models: tuple[str, ...] = ()
    syncs: tuple[str, ...] = ()
    approved: Mapping[str, Mapping[str, str]] | None = None
    catalogue: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    excluded: tuple[tuple[str, ...], ...] = ()
    others: tuple[tuple[str, ...], ...] = ()

    def encode(self) -> bytes:
        content = {"format": 2, **{name: getattr(self, name) for name in self.__slots__}}
        return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n"

    def state(self, update: str, place: int) -> State:
        return State(int(self.states[update][place]))


def take(
    layer: str,
    roster: Roster,
    states: States,
    now: dt.datetime,
    *,
    approved: Mapping[str, Mapping[str, str]] | None = None,
    catalogue: Mapping[str, Update] | None = None,
) -> Snapshot:
    """The snapshot of a roster. :param catalogue: the newest revision of each update."""
    computers, updates = roster.computers, catalogue or {}
    others = [("stale", one) for one in roster.stale] + [("stranger", one) for one in roster.strangers]
    return Snapshot(
        layer,
        now.astimezone(dt.UTC).isoformat(timespec="seconds"),
        tuple(terminal.name for terminal in roster.terminals),
        tuple(terminal.dept for terminal in roster.terminals),
        tuple(terminal.ring for terminal in roster.terminals),
        tuple(one.id if one else "" for one in computers),
        tuple(_moment(one.last_report) if one else "" for one in computers),
        {guid: row.translate(_AS_DIGITS).decode() for guid, row in states.rows.items()},
        tuple(terminal.model for terminal in roster.terminals),
        tuple(_moment(one.last_sync) if one else "" for one in computers),
        approved,
        {guid: (one.id.revision, _gone(one)) for guid in states.rows if (one := updates.get(guid))},
        tuple((one.name, one.ring, one.dept) for one in roster.excluded),
        tuple((kind, one.name, one.id, _moment(one.last_report), _moment(one.last_sync)) for kind, one in others),
    )


def _moment(moment: dt.datetime | None) -> str:
    return moment.astimezone(dt.UTC).isoformat(timespec="seconds") if moment else ""


def _gone(update: Update) -> str:
    return "expired" if update.expired else "declined" if update.declined else ""


_AS_DIGITS = bytes(ord("0") + code if code <= max(State) else ord("0") for code in range(256))


def keep(folder: Path, snapshot: Snapshot) -> Path:
    """Store it under its day in Japan; a later one of the same day replaces an earlier one. What the earlier one says of updates that are
    not in this one stays: two cycles may run on one day.

    :raises WardopsError: E0102, E0105 when it cannot be written, E0106 when another run holds the folder for long.
    """
    day = dt.datetime.fromisoformat(snapshot.at).astimezone(TOKYO).date()
    path = folder / snapshot.layer / f"{day}.json"
    path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    with lock(path.parent):
        if path.exists():
            with contextlib.suppress(WardopsError):  # what cannot be read is replaced by what can
                snapshot = _joined(read(folder, snapshot.layer, day), snapshot)
        write_atomic(path, snapshot.encode(), 0o640)
    return path


def _joined(before: Snapshot, now: Snapshot) -> Snapshot:
    """``now`` with the states of updates that only ``before`` has; unknown for a terminal that was not there or is another machine now."""
    only = [guid for guid in before.states if guid not in now.states]
    if not only:
        return now
    there = {key: place for place, key in enumerate(zip(before.names, before.ids, strict=True))}
    at = [there.get(key, -1) for key in zip(now.names, now.ids, strict=True)]
    states = {guid: "".join(before.states[guid][place] if place >= 0 else "0" for place in at) for guid in only}
    approved = None
    if before.approved is not None and now.approved is not None:
        rings = {*before.approved, *now.approved}
        kept = {ring: {guid: when for guid, when in before.approved.get(ring, {}).items() if guid in states} for ring in rings}
        approved = {ring: {**kept[ring], **now.approved.get(ring, {})} for ring in rings}
    catalogue = {**{guid: one for guid, one in before.catalogue.items() if guid in states}, **now.catalogue}
    return replace(now, states={**states, **now.states}, approved=approved, catalogue=catalogue)


def days(folder: Path, layer: str) -> list[dt.date]:
    """The days of which there is one, in order."""
    place = folder / layer
    names = [found.group(1) for path in place.iterdir() if (found := _FILE.fullmatch(path.name))] if place.is_dir() else []
    return sorted(dt.date.fromisoformat(name) for name in names)


def read(folder: Path, layer: str, day: dt.date) -> Snapshot:
    """:raises WardopsError: E0100, E1909."""
    path = folder / layer / f"{day}.json"
    try:
        content = json.loads(read_bytes(path))
        lists = [_texts(content[name]) for name in ("names", "depts", "rings", "ids", "reports")]
        names, depts, rings, ids, reports = lists
        more = [_texts(content.get(name, [])) or ("",) * len(names) for name in ("models", "syncs")]
        states: dict[str, str] = {str(guid): str(row) for guid, row in content["states"].items()}
        if content["format"] not in (1, 2) or content["layer"] != layer or len({len(one) for one in (*lists, *more)}) != 1:
            raise ValueError("format")
        if any(len(row) != len(lists[0]) or not _DIGITS.fullmatch(row) for row in states.values()):
            raise ValueError("states")
        approved = {
            str(ring): dict(zip(_texts(list(given)), _moments(list(given.values())), strict=True))
            for ring, given in (content.get("approved") or {}).items()
        }
        _moments([content["at"], *filter(None, (*reports, *more[1]))])
        return Snapshot(
            layer,
            str(content["at"]),
            names,
            depts,
            rings,
            ids,
            reports,
            states,
            more[0],
            more[1],
            None if content.get("approved") is None else approved,
            {str(guid): (int(revision), _GONE[gone]) for guid, (revision, gone) in content.get("catalogue", {}).items()},
            tuple(_row(one, 3) for one in content.get("excluded", [])),
            tuple(_row(one, 5) for one in content.get("others", [])),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise fail("E1909", str(path), reason=f"{type(error).__name__} {error}") from None


def latest(folder: Path, layer: str, until: dt.date) -> Snapshot | None:
    """The last one up to and with a day. :raises WardopsError: E1909."""
    known = [day for day in days(folder, layer) if day <= until]
    return read(folder, layer, known[-1]) if known else None


def relapsed(before: Snapshot, now: Snapshot) -> list[tuple[str, str]]:
    """Terminals that said "installed" and now say otherwise: update and name. A machine that was set up anew is another one."""
    there = {identity: place for place, identity in enumerate(before.ids) if identity}
    found = []
    for update, row in now.states.items():
        old = before.states.get(update)
        if old is None:
            continue
        for place, digit in enumerate(row):
            if digit in "235" and (was := there.get(now.ids[place])) is not None and old[was] == "4":
                found.append((update, now.names[place]))
    return sorted(found)


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not set(map(type, value)) <= {str}:
        raise ValueError("list")
    return tuple(value)


def _moments(value: list[Any]) -> tuple[str, ...]:
    """Instants with a zone, as text."""
    for one in _texts(value):
        if dt.datetime.fromisoformat(one).tzinfo is None:
            raise ValueError(one)
    return tuple(value)


def _row(value: Any, cells: int) -> tuple[str, ...]:
    row = _texts(value)
    if len(row) != cells:
        raise ValueError("row")
    if cells == 5:
        _moments([one for one in row[3:] if one])
    return row
