"""A night's backup: devices → dialogues → whole texts → masked → store, one device after the other as they come in.

Nothing is kept in memory of a device once its texts are in the store; nothing is stored that is not provably whole.
"""

from __future__ import annotations

import datetime as dt
import difflib
import secrets
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..common.problems import Problem, WardopsError, fail
from . import capture as captures
from . import platform as platforms
from .desired import Night
from .known_hosts import KnownHosts
from .masking import Masker
from .model import Capture, Device, Dialogue, Status
from .reader.access import Accesses
from .reader.fleet import Limits, read_fleet
from .store.index import Key
from .store.status import Attempt
from .store.store import ConfigStore, Known, RunInfo, Saved, Session

#: results that always need a person, however few
ALARMS = (
    Status.HOST_KEY_CHANGED,
    Status.HOST_KEY_UNKNOWN,
    Status.AUTHENTICATION,
    Status.WRONG_DEVICE,
    Status.SHRUNK,
    Status.NOT_STORED,
    Status.UNKNOWN_PLATFORM,
)


@dataclass(frozen=True, slots=True)
class Policy:
    """``policies/network.yml``: how a night is read and when somebody must look.

    :param shrunk_percent: a text that lost so many percent of its lines, and ``shrunk_lines`` at least, is not believed.
    :param tolerated_count: failed devices that need nobody at night, and so many percent of the fleet at most.
    :param other_names: device of the ledger → names that its configuration may show instead.
    """

    limits: Limits
    weekly_days: float
    shrunk_percent: float
    shrunk_lines: int
    tolerated_count: int
    tolerated_percent: float
    other_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def policy(data: Any) -> Policy:
    """:raises WardopsError: E1633."""
    key = ""
    try:
        backup = data["backup"]
        numbers: dict[str, Any] = {}
        for key, kind in (("sessions", int), ("per_site", int), ("connect", float), ("device", float), ("attempts", int), ("pause", float)):
            numbers[key] = kind(backup[key])
        for key in ("answer_bytes", "wrong_passwords"):
            numbers[key] = int(backup[key])
        key = "commands"
        numbers[key] = tuple(str(one) for one in backup[key])
        values = {}
        for key in ("weekly_days", "shrunk_percent", "shrunk_lines", "tolerated_count", "tolerated_percent"):
            values[key] = float(backup[key])
        key = "other_names"
        other_names = {str(name): tuple(str(one) for one in shown) for name, shown in backup.get(key, {}).items()}
        if min(numbers["sessions"], numbers["per_site"], numbers["attempts"], numbers["answer_bytes"], numbers["wrong_passwords"]) < 1:
            raise ValueError
    except (AttributeError, KeyError, TypeError, ValueError):
        shown = data.get("backup", {}).get(key) if isinstance(data, dict) and isinstance(data.get("backup"), dict) else None
        raise fail("E1633", "network.yml", key=f"backup.{key}", value=shown) from None
    return Policy(
        Limits(**numbers),
        values["weekly_days"],
        values["shrunk_percent"],
        int(values["shrunk_lines"]),
        int(values["tolerated_count"]),
        values["tolerated_percent"],
        other_names,
    )


@dataclass(frozen=True, slots=True)
class Result:
    """One device's line of the list."""

    device: Device
    status: Status
    detail: str
    attempts: int
    seconds: float
    via: str
    outcomes: Mapping[str, str]  # command → new, changed, unchanged, absent …

    def shown(self) -> dict[str, Any]:
        """For Ansible, evidence and JSON."""
        return {
            "device": self.device.name,
            "site": self.device.site,
            "platform": self.device.platform,
            "status": str(self.status),
            "detail": self.detail,
            "attempts": self.attempts,
            "seconds": round(self.seconds, 2),
            "via": self.via,
            "commands": dict(self.outcomes),
        }


@dataclass(slots=True)
class Found:
    """What a night came to.

    :param saved: ``None`` in check mode.
    """

    run: str
    results: list[Result] = field(default_factory=list)
    saved: Saved | None = None
    texts: dict[Key, bytes] = field(default_factory=dict, repr=False)

    @property
    def changed(self) -> list[str]:
        """Devices of which a text is new, changed or gone."""
        return sorted({one.device.name for one in self.results if {"new", "changed", "gone"} & set(one.outcomes.values())})

    @property
    def failed(self) -> list[Result]:
        return sorted((one for one in self.results if one.status is not Status.STORED), key=lambda one: one.device.name)

    def counts(self) -> dict[str, int]:
        """Devices by result, and how many changed."""
        by_status = Counter(str(one.status) for one in self.results)
        return {"devices": len(self.results), "changed": len(self.changed), **{str(each): by_status.get(str(each), 0) for each in Status}}


@dataclass(frozen=True, slots=True)
class Way:
    """How the devices are reached; ``say`` is called after each one."""

    access: Accesses
    known: KnownHosts
    say: Callable[[Result], None]


@dataclass(slots=True)
class Backup:
    """The parts that stay the same for all devices of a night.

    :param shrunk: devices whose text may be shorter this time.
    :param keep: whether masked texts of what changed are kept for a difference.
    """

    store: ConfigStore
    masker: Masker
    policy: Policy
    shrunk: Collection[str] = ()
    keep: bool = False

    def run(self, info: RunInfo, night: Night, way: Way) -> Found:
        """Read all devices and store what they said.

        :raises WardopsError: those of the store (E1660-E1670), E1620, E1633.
        """
        found = Found(info.run_id)
        with self.store.locked(info.run_id) as session:
            self._read(found, night, way, session)
            attempts = [Attempt(one.device, one.status, one.detail, one.attempts, one.seconds, one.via) for one in found.results]
            found.saved = session.save(info, attempts)
        refused = {device: problem for (device, _), problem in found.saved.refused.items()}
        found.results = [_refused(one, refused[one.device.name]) if one.device.name in refused else one for one in found.results]
        return found

    def look(self, info: RunInfo, night: Night, way: Way) -> Found:
        """Read all devices, compare with the store, and store nothing."""
        found = Found(info.run_id)
        self._read(found, night, way, None)
        return found

    def _read(self, found: Found, night: Night, way: Way, session: Session | None) -> None:
        held = session.known() if session else self.store.known()

        def done(dialogue: Dialogue) -> None:
            result = self._take(dialogue, held, session, found)
            found.results.append(result)
            way.say(result)

        read_fleet(night.devices, way.access, way.known, self.policy.limits, done)

    def _take(self, dialogue: Dialogue, held: Mapping[Key, Known], session: Session | None, found: Found) -> Result:
        outcomes: dict[str, str] = {}
        status, detail = dialogue.status, dialogue.detail
        if dialogue.answers and status is not Status.UNKNOWN_PLATFORM:
            platform = platforms.load(dialogue.device.platform)
            # the running configuration first: it says whose texts these are
            for answer in sorted(dialogue.answers, key=lambda one: one.command != "running"):
                old = held.get((dialogue.device.name, answer.command))
                try:
                    text = captures.capture(platform, platform.commands[answer.command], answer)
                    if text:
                        if "running" not in outcomes:
                            self._recognise(dialogue.device, platform, text, answer.prompt)
                        self._believe(dialogue.device, answer.command, text, old)
                        made = self._made(dialogue.device, answer.command, platform, text)
                        outcomes[answer.command] = self._keep(made, old, session, found)
                    else:
                        if session:
                            session.absent(dialogue.device.name, answer.command)
                        outcomes[answer.command] = "gone" if old else "absent"
                except _ShrunkError as error:
                    outcomes[answer.command] = "shrunk"
                    status, detail = Status.SHRUNK, str(error)
                except WardopsError as error:
                    if error.problems[0].code not in (*captures.STATUS, "E1622"):
                        raise
                    bad = captures.status_of(error) if error.problems[0].code in captures.STATUS else Status.NOT_STORED
                    outcomes[answer.command] = str(bad)
                    if answer.command == "running" or bad is not Status.REFUSED:
                        problem = error.problems[0]
                        status, detail = bad, f"{problem.code} {problem.text('ja')}"
                    if bad is Status.WRONG_DEVICE:
                        break
        return Result(dialogue.device, status, detail, dialogue.attempts, dialogue.seconds, dialogue.via, outcomes)

    def _recognise(self, device: Device, platform: platforms.Platform, text: bytes, prompt: bytes) -> None:
        """:raises WardopsError: E1616: the address of the ledger leads to another device."""
        shown = captures.another_name(platform, text, prompt, (device.name, *self.policy.other_names.get(device.name, ())))
        if shown:
            raise fail("E1616", device=device.name, address=device.address, shown=shown[:64])

    def _believe(self, device: Device, command: str, text: bytes, old: Known | None) -> None:
        if old is None or device.name in self.shrunk:
            return
        lines = text.count(b"\n")
        if old.lines - lines >= self.policy.shrunk_lines and lines < old.lines * (1 - self.policy.shrunk_percent / 100):
            raise _ShrunkError(f"{command} が前回の {old.lines} 行から {lines} 行に減った")

    def _made(self, device: Device, command: str, platform: platforms.Platform, text: bytes) -> Capture:
        masked = self.masker.mask(platform, captures.steady(platform, text))
        return Capture(device, command, text, masked.text, masked.identity)

    def _keep(self, made: Capture, old: Known | None, session: Session | None, found: Found) -> str:
        if session:
            outcome = str(session.add(made))
        else:
            outcome = "new" if old is None else "unchanged" if old.identity == made.identity else "changed"
        if self.keep and outcome in ("new", "changed"):
            found.texts[made.device.name, made.command] = made.masked
        return outcome


class _ShrunkError(Exception):
    """Complete, and much shorter than the last good one."""


def _refused(one: Result, problem: Problem) -> Result:
    return Result(one.device, Status.NOT_STORED, f"{problem.code} {problem.text('ja')}", one.attempts, one.seconds, one.via, one.outcomes)


def info(layer: str, night: Night, now: dt.datetime) -> RunInfo:
    """A new run."""
    return RunInfo(f"backup-{now.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}", now, layer, ledger=night.ledger)


def differences(found: Found, old: Mapping[Key, bytes]) -> Iterator[str]:
    """Masked unified differences of what is new or changed."""
    for key, text in sorted(found.texts.items()):
        name = "/".join(key)
        stored, read = ((one or b"").decode("utf-8", "replace").splitlines(keepends=True) for one in (old.get(key), text))
        yield "".join(difflib.unified_diff(stored, read, f"{name} (保管)", f"{name} (機器)"))
    for one in found.results:
        for command, outcome in one.outcomes.items():
            if outcome == "gone":
                yield f"--- {one.device.name}/{command} (保管)\n+++ なし\n"


def attention(found: Found, rules: Policy) -> WardopsError | None:
    """E1634 when somebody must look: any of :data:`ALARMS`, or more failures than the policy tolerates."""
    failed = found.failed
    bound = min(rules.tolerated_count, int(len(found.results) * rules.tolerated_percent / 100))
    if len(failed) <= bound and not any(one.status in ALARMS for one in failed):
        return None
    by_status = Counter(str(one.status) for one in failed)
    return fail("E1634", failed=len(failed), by_status="、".join(f"{name} {count}" for name, count in sorted(by_status.items())))
