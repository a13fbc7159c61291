"""What became of each device: its last attempt and its last success, kept apart; and which run stands at which commit.

It is no part of Git: a night on which nothing changed makes no commit. One JSON file, replaced as a whole. A run writes it as
``status.pending.json`` before its commit counts and renames it after: if it is killed in between, the next one finishes or
forgets it, whichever fits the commit.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from ...common.files import read_bytes, sync_folder, write_atomic
from ...common.problems import WardopsError, fail
from ..model import Device, Status
from .index import Key, Line

NAME = "status.json"
PENDING = "status.pending.json"
#: nights that are remembered one by one: more than two years
RUNS = 800
_LIMIT = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Attempt:
    """One run's attempt at one device.

    :param detail: for people; never holds a secret or device output.
    """

    device: Device
    status: Status
    detail: str = ""
    attempts: int = 1
    seconds: float = 0.0
    via: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One device. Times are UTC (ISO 8601), empty where there was none.

    :param failures: attempts that failed since the last success.
    :param success_commit: a commit that holds what was read at the last success.
    :param sizes: command → bytes and lines of the text that is stored.
    :param in_ledger: whether the ledger had the device in the last run that knew the ledger.
    """

    device: str
    site: str = ""
    platform: str = ""
    layer: str = ""
    attempt_at: str = ""
    attempt_run: str = ""
    status: str = ""
    detail: str = ""
    attempts: int = 0
    seconds: float = 0.0
    via: str = ""
    failures: int = 0
    success_at: str = ""
    success_run: str = ""
    success_commit: str = ""
    sizes: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    in_ledger: bool = True


@dataclass(frozen=True, slots=True)
class Night:
    """One run: the commit that held everything when it had ended (also when it made none)."""

    run: str
    at: str
    layer: str
    commit: str
    changed: int
    unchanged: int
    failed: int


@dataclass(frozen=True, slots=True)
class Book:
    """The whole file."""

    devices: Mapping[str, Row]
    nights: tuple[Night, ...]  # oldest first
    commit: str = ""  # in the pending file: the commit without which it does not count
    copies: tuple[str, ...] = ()  # in the pending file: full copies that are no use without it


_ROW = {one.name for one in fields(Row)}


def read(path: Path) -> Book:
    """An absent file is an empty book.

    :raises WardopsError: E1669 when it is damaged, E0100 when it cannot be read.
    """
    if not path.exists():
        return Book({}, ())
    try:
        held = json.loads(read_bytes(path, _LIMIT))
        rows = {
            name: Row(device=name, **{**row, "sizes": {key: (size[0], size[1]) for key, size in row["sizes"].items()}})
            for name, row in held["devices"].items()
        }
        return Book(rows, tuple(Night(*night) for night in held["nights"]), held.get("commit", ""), tuple(held.get("copies", ())))
    except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        raise fail("E1669", str(path), reason=type(error).__name__) from None


def write(path: Path, book: Book) -> None:
    """:raises WardopsError: E0105."""
    devices = {name: {key: getattr(row, key) for key in _ROW - {"device"}} for name, row in sorted(book.devices.items())}
    document: dict[str, Any] = {"format": 1, "nights": [list(asdict(night).values()) for night in book.nights], "devices": devices}
    if book.commit:
        document |= {"commit": book.commit, "copies": book.copies}
    write_atomic(path, json.dumps(document, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode() + b"\n", 0o600)


def finish(folder: Path) -> None:
    """The commit counts: the pending file becomes the file."""
    (folder / PENDING).rename(folder / NAME)
    sync_folder(folder)


def pending(folder: Path) -> Book | None:
    """What a killed run left; one that was left damaged (it is written atomically: by a person) counts as nothing."""
    if not (folder / PENDING).exists():
        return None
    try:
        return read(folder / PENDING)
    except WardopsError:
        return Book({}, ())


def advance(
    book: Book,
    attempts: Iterable[Attempt],
    night: Night,
    *,
    refused: Mapping[str, str],
    lines: Mapping[Key, Line],
    ledger: Collection[str] | None,
) -> Book:
    """The book after a run.

    :param refused: device → why the store did not take what was read of it.
    :param lines: the index after the run.
    :param ledger: names of all devices that the ledger has in the run's layer; ``None`` when the run does not know.
    """
    sizes: dict[str, dict[str, tuple[int, int]]] = {}
    for line in lines.values():
        sizes.setdefault(line.device, {})[line.command] = (line.bytes, line.lines)
    rows = dict(book.devices)
    for one in attempts:
        name = one.device.name
        old = rows.get(name, Row(name))
        status, detail = (Status.NOT_STORED, refused[name]) if name in refused and one.status is Status.STORED else (one.status, one.detail)
        good = status is Status.STORED
        rows[name] = Row(
            device=name,
            site=one.device.site,
            platform=one.device.platform,
            layer=one.device.layer,
            attempt_at=night.at,
            attempt_run=night.run,
            status=str(status),
            detail=detail,
            attempts=one.attempts,
            seconds=round(one.seconds, 2),
            via=one.via,
            failures=0 if good else old.failures + 1,
            success_at=night.at if good else old.success_at,
            success_run=night.run if good else old.success_run,
            success_commit=night.commit if good else old.success_commit,
            sizes=sizes.get(name, {}),
        )
    if ledger is not None:
        known = frozenset(ledger)
        rows |= {name: Row(name, layer=night.layer) for name in known - rows.keys()}
        for name, row in rows.items():
            if row.layer == night.layer and row.in_ledger != (name in known):
                values = {key: getattr(row, key) for key in _ROW}
                rows[name] = Row(**{**values, "in_ledger": name in known})
    return Book(rows, (*book.nights, night)[-RUNS:])
