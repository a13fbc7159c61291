"""Which ports had link while a device lived: recorded by day, when terminals are on, and compared after its replacement.

The record is a file beside the store (``links.json``), and no part of its Git: ports go up and down all day. Each device keeps what it
said last; one that does not answer keeps what it said before it died.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..common.files import lock, read_bytes, write_atomic
from ..common.problems import WardopsError, fail
from . import capture as captures
from . import platform as platforms
from .dialect import Dialect, dialect
from .known_hosts import KnownHosts
from .model import Device, Dialogue, Status
from .reader.access import Accesses
from .reader.fleet import Limits, read_fleet

NAME = "links.json"
COMMAND = "links"  # in the platform files


@dataclass(frozen=True, slots=True)
class Seen:
    """:param at: UTC, ISO 8601; :param ports: by the device's own names, whether each had link."""

    at: str
    ports: Mapping[str, bool]


def states(ways: Dialect, shown: bytes) -> dict[str, bool]:
    """Ports and their links from what the device shows; empty when nothing of it is understood."""
    loading = ways.loading
    if loading is None or loading.link_row is None or loading.link_up is None:
        return {}
    rows = loading.link_row.finditer(shown)
    return {row["port"].decode("ascii", "replace"): bool(loading.link_up.search(row["rest"])) for row in rows}


def named(ways: Dialect, number: str, ports: Iterable[str]) -> list[str]:
    """The device's names for a port of the ledger (``26`` → ``Gi1/0/26``)."""
    if ways.loading is None or not ways.loading.port:
        return []
    pattern = re.compile(ways.loading.port.replace("{number}", re.escape(number)))
    return [name for name in ports if pattern.fullmatch(name)]


@dataclass(frozen=True, slots=True)
class Compared:
    """:param down: ports without link that had one before, or that the ledger says are used when nothing was recorded.

    :param idle: ports that the ledger says are used and that had no link before either.
    """

    down: list[str]
    idle: list[str]


def compare(ways: Dialect, expected: Collection[str], now: Mapping[str, bool], before: Mapping[str, bool] | None) -> Compared | None:
    """Links after a replacement; ``None`` when the device shows none of the ports that are meant.

    :param expected: ports by the ledger's names; :param before: what was recorded while the device lived.
    """
    down: list[str] = []
    idle: list[str] = []
    covered: set[str] = set()
    known = 0
    for port in expected:
        here = named(ways, port, now)
        then = named(ways, port, before or {})
        covered |= set(then)
        known += bool(here)
        if any(now[name] for name in here):
            continue
        (idle if then and before and not any(before[name] for name in then) else down).append(port)
    others = [name for name, up in (before or {}).items() if up and name not in covered]
    known += sum(name in now for name in others)
    down += [name for name in others if not now.get(name, False)]
    return Compared(down, idle) if known else None


def read(folder: Path) -> dict[str, Seen]:
    """What was recorded, by device. :raises WardopsError: E1716 for a damaged file."""
    path = folder / NAME
    if not path.exists():
        return {}
    try:
        held = json.loads(read_bytes(path))
        return {
            str(name): Seen(str(one["at"]), {**dict.fromkeys(map(str, one["up"]), True), **dict.fromkeys(map(str, one["down"]), False)})
            for name, one in held.items()
        }
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise fail("E1716", str(path), 0, 0, reason=type(error).__name__) from None


def record(folder: Path, fresh: Mapping[str, Mapping[str, bool]], now: dt.datetime) -> None:
    """Put what devices said now into the record; the others keep theirs.

    :raises WardopsError: E1716, E0105, E0106.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    at = now.astimezone(dt.UTC).isoformat(timespec="seconds")
    with lock(folder):
        held = {**read(folder), **{name: Seen(at, ports) for name, ports in fresh.items()}}
        rows = {
            name: {
                "at": seen.at,
                "up": [port for port, up in seen.ports.items() if up],
                "down": [p for p, up in seen.ports.items() if not up],
            }
            for name, seen in sorted(held.items())
        }
        write_atomic(folder / NAME, json.dumps(rows, ensure_ascii=False, indent=1).encode() + b"\n", 0o600)


@dataclass(frozen=True, slots=True)
class Asked:
    """:param fresh: links by device; :param failed: devices and why they said nothing; :param unable: platforms without such a command."""

    fresh: dict[str, dict[str, bool]]
    failed: dict[str, str]
    unable: list[str]


def ask(devices: Iterable[Device], access: Accesses, known: KnownHosts, limits: Limits) -> Asked:
    """What all devices show now; nothing is changed on them."""
    asked = Asked({}, {}, [])
    able = []
    for device in devices:
        try:
            has = COMMAND in platforms.load(device.platform).commands
        except WardopsError:
            has = False
        if has:
            able.append(device)
        else:
            asked.unable.append(device.name)

    def done(dialogue: Dialogue) -> None:
        name = dialogue.device.name
        if dialogue.status is not Status.STORED or not dialogue.answers:
            asked.failed[name] = f"{dialogue.status} {dialogue.detail}".rstrip()
            return
        platform = platforms.load(dialogue.device.platform)
        try:
            shown = captures.capture(platform, platform.commands[COMMAND], dialogue.answers[0])
        except WardopsError as error:
            asked.failed[name] = error.problems[0].text("ja")
            return
        ports = states(dialect(platform.name), shown)
        if ports:
            asked.fresh[name] = ports
        else:
            asked.failed[name] = "ポートの一覧を読み取れない"

    read_fleet(able, access, known, dataclasses.replace(limits, commands=(COMMAND,)), done)
    return asked
