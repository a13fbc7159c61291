"""What the server said on a day, kept apart from the policies (DESIGN 2.10): ``<folder>/<layer>/<day>.json``, the last of each day.

``states`` has one digit a computer (:class:`State`) for each update, in the order of ``computers``.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..common.files import read_bytes, write_atomic
from ..common.problems import fail
from .decisions import TOKYO
from .model import State
from .roster import Roster, States

_FILE = re.compile(r"(20[0-9]{2}-[0-9]{2}-[0-9]{2})\.json")
_DIGITS = re.compile(r"[0-6]*")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The states of a layer's terminals at an instant.

    :param names: of the terminals; ``depts``, ``rings``, ``ids``, ``reports`` in the same order, empty where there is nothing.
    :param states: update GUID → one digit a terminal.
    """

    layer: str
    at: str
    names: tuple[str, ...]
    depts: tuple[str, ...]
    rings: tuple[str, ...]
    ids: tuple[str, ...]
    reports: tuple[str, ...]
    states: Mapping[str, str]

    def encode(self) -> bytes:
        content = {"format": 1, **{name: getattr(self, name) for name in self.__slots__}}
        return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n"

    def state(self, update: str, place: int) -> State:
        return State(int(self.states[update][place]))


def take(layer: str, roster: Roster, states: States, now: dt.datetime) -> Snapshot:
    """The snapshot of a roster."""
    computers = roster.computers
    return Snapshot(
        layer,
        now.astimezone(dt.UTC).isoformat(timespec="seconds"),
        tuple(terminal.name for terminal in roster.terminals),
        tuple(terminal.dept for terminal in roster.terminals),
        tuple(terminal.ring for terminal in roster.terminals),
        tuple(one.id if one else "" for one in computers),
        tuple(one.last_report.isoformat(timespec="seconds") if one and one.last_report else "" for one in computers),
        {guid: row.translate(_AS_DIGITS).decode() for guid, row in states.rows.items()},
    )


_AS_DIGITS = bytes(ord("0") + code if code <= max(State) else ord("0") for code in range(256))


def keep(folder: Path, snapshot: Snapshot) -> Path:
    """Store it under its day in Japan; a later one of the same day replaces an earlier one.

    :raises WardopsError: E0102, E0105 when it cannot be written.
    """
    day = dt.datetime.fromisoformat(snapshot.at).astimezone(TOKYO).date()
    path = folder / snapshot.layer / f"{day}.json"
    path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    write_atomic(path, snapshot.encode(), 0o640)
    return path


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
        names, depts, rings, ids, reports = lists = [_texts(content[name]) for name in ("names", "depts", "rings", "ids", "reports")]
        states: dict[str, str] = {str(guid): str(row) for guid, row in content["states"].items()}
        if content["format"] != 1 or content["layer"] != layer or len({len(one) for one in lists}) != 1:
            raise ValueError("format")
        if any(len(row) != len(lists[0]) or not _DIGITS.fullmatch(row) for row in states.values()):
            raise ValueError("states")
        dt.datetime.fromisoformat(content["at"])
        return Snapshot(layer, str(content["at"]), names, depts, rings, ids, reports, states)
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
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ValueError("list")
    return tuple(value)
