"""Load, verify, save; or undo. A device that has been through here runs what was intended, or what it ran before."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from ...common.problems import WardopsError, fail
from .. import links
from ..dialect import Dialect
from ..diff import Change, Command, as_text, compare
from ..tree import Node, parse
from .keys import Unsafe, check_text
from .lines import first_line, plan, untypable
from .terminal import Access, Refused, Terminal

#: seconds between two attempts to get in again after the lines were typed
_AGAIN = 2.0


@dataclass(frozen=True, slots=True)
class Job:
    """One device and what it shall run.

    :param address: where it answers now; :param final: where it answers with the new configuration.
    :param intended: secrets and all.
    :param masked: the form in which texts are compared and shown: volatile lines rewritten, secrets replaced by their hashes.
    :param expected: ports that are used, as the ledger calls them; :param before: links by the device's names, recorded while it lived.
    :param patience: seconds until it must answer again after loading; :param silence: without a word, that mean a lost connection.
    :param stamp: of this load, in names that it leaves on the device for a while.
    """

    name: str
    address: str
    final: str
    dialect: Dialect
    intended: bytes
    masked: Callable[[bytes], bytes]
    expected: Collection[str] = ()
    before: Mapping[str, bool] | None = None
    patience: float = 60.0
    stamp: str = field(default_factory=lambda: f"{time.time():.0f}")
    silence: float = 30.0

    def __repr__(self) -> str:
        return f"Job({self.name})"


@dataclass(slots=True)
class Outcome:
    """What was done and found; only ``running`` holds secrets.

    :param difference: running → intended before anything was typed (masked).
    :param running: what the device ran at the end, secrets and all; for the store. :param startup: what it saved, if that is the same.
    :param down: ports without link that had one before, or must have one; ``None`` when the platform cannot be asked.
    :param idle: used ports that had no link before either.
    """

    changed: bool = False
    lines: int = 0
    difference: str = ""
    saved: bool = False
    down: list[str] | None = None
    idle: list[str] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    running: bytes = field(default=b"", repr=False)
    startup: bytes = field(default=b"", repr=False)


def look(job: Job, access: Access) -> Outcome:
    """What :func:`load` would do; touches nothing.

    :raises WardopsError: E1706, E1710, E1715.
    """
    with Terminal(job.address, access, job.dialect, silence=job.silence) as terminal:
        running = _reading(job, terminal)
    outcome = Outcome()
    _planned(job, running, access.user, outcome)
    return outcome


def load(job: Job, access: Access) -> Outcome:
    """Make the device run the intended configuration.

    :raises WardopsError: E1706 (nothing was typed), E1707, E1708, E1709 (undone, or will be), E1710, E1713, E1715.
    """
    outcome = Outcome()
    with Terminal(job.address, access, job.dialect, silence=job.silence, stamp=job.stamp) as terminal:
        before = _reading(job, terminal)
        lines = _planned(job, before, access.user, outcome)
        if outcome.changed:
            _type(job, terminal, lines, before, outcome)
    if outcome.changed:
        outcome.steps.append("typed")
    with _again(job, access, outcome) as terminal:
        _verify(job, terminal, before, outcome)
        _keep(job, terminal, outcome)
        _links(job, terminal, outcome)
        if outcome.saved:
            with contextlib.suppress(ConnectionError):
                saved = terminal.startup()
                outcome.startup = b"" if difference(job, saved) else saved
    return outcome


def _planned(job: Job, running: bytes, user: str, outcome: Outcome) -> list[Command]:
    changes = difference(job, running)
    outcome.difference = as_text(changes)
    outcome.changed = bool(changes)
    lines = plan(_tree(job, running), _tree(job, job.intended), job.dialect, user) if changes else []
    if changes and job.dialect.loading is not None and job.dialect.loading.paste:
        try:
            check_text(job.intended)
        except Unsafe as error:
            raise WardopsError([untypable(b"", error)]) from None
    outcome.lines = len(lines)
    return lines


def difference(job: Job, running: bytes) -> list[Change]:
    """From the running configuration to the intended one, both masked."""
    return compare(_tree(job, job.masked(running)), _tree(job, job.masked(job.intended)), job.dialect.style)


def _tree(job: Job, text: bytes) -> Node:
    return parse(text, job.dialect.style)


def _reading(job: Job, terminal: Terminal) -> bytes:
    try:
        return terminal.running()
    except ConnectionError as error:
        raise fail("E1709", job.name, 0, 0, address=job.address, reason=str(error), **_STATES["untouched"]) from None


_STATES = {
    "untouched": {"state_ja": "何も変更していません", "state": "nothing was changed"},
    "undone": {"state_ja": "元の設定に戻しました", "state": "the configuration from before is back"},
    "timer": {
        "state_ja": "10 分以内に機器が自分で元の設定に戻ります(保存していないため)",
        "state": "the device goes back by itself within 10 minutes, since nothing was saved",
    },
    "open": {
        "state_ja": "元に戻せていません。保存していないので、電源を入れ直すと元の設定に戻ります",
        "state": "it could not be undone; nothing was saved, so a power cycle brings the configuration from before back",
    },
    "kept": {
        "state_ja": "元に戻せていません。この機種は自分で保存するので、電源を入れ直しても元に戻りません。コンソールで直してください",
        "state": "it could not be undone; this platform saves by itself, so a power cycle does not help: mend it at the console",
    },
}


def _type(job: Job, terminal: Terminal, lines: list[Command], before: bytes, outcome: Outcome) -> None:
    loading = terminal.loading
    try:
        if loading.arm:
            terminal.run(loading.arm)
            outcome.steps.append(f"{loading.rollback} armed")
        terminal.configure()
        terminal.paste(job.intended) if loading.paste else terminal.type(lines)
        if loading.rollback == "confirm":
            terminal.run(loading.commit)
            outcome.steps.append("committed with a time limit")
        terminal.run(loading.leave)
    except Refused as error:
        state = _undo(job, terminal, before, outcome)
        raise fail("E1707", job.name, 0, 0, number=error.number, typed=error.line, **state) from None
    except ConnectionError:
        if job.final == job.address and loading.rollback in ("inverse", "checkpoint"):
            outcome.steps.append("connection lost while typing")


def _again(job: Job, access: Access, outcome: Outcome) -> Terminal:
    """A new connection: that it works is part of what is verified."""
    deadline = time.monotonic() + job.patience
    addresses = list(dict.fromkeys((job.final, job.address)))
    while True:
        for address in addresses:
            try:
                return Terminal(address, access, job.dialect, min(10.0, job.patience), silence=job.silence, stamp=job.stamp)
            except WardopsError as error:
                reason = str(error.problems[0].params.get("reason", error.problems[0].code))
        if time.monotonic() > deadline or not outcome.changed:
            state = _left_behind(job.dialect) if outcome.changed else _STATES["untouched"]
            raise fail("E1709", job.name, 0, 0, address=job.final, reason=reason, **state)
        time.sleep(_AGAIN)


def _left_behind(dialect: Dialect) -> dict[str, str]:
    """What becomes of lines that were typed and could not be taken back."""
    loading = dialect.loading
    if loading is not None and loading.rollback in ("timer", "confirm"):
        return _STATES["timer"]
    return _STATES["open" if loading is not None and loading.save else "kept"]


def _verify(job: Job, terminal: Terminal, before: bytes, outcome: Outcome) -> None:
    try:
        outcome.running = terminal.running()
        left = difference(job, outcome.running)
    except ConnectionError as error:
        state = _left_behind(job.dialect) if outcome.changed else _STATES["untouched"]
        raise fail("E1709", job.name, 0, 0, address=job.final, reason=str(error), **state) from None
    if not left:
        outcome.steps.append("verified")
        return
    outcome.difference = as_text(left)
    state = _undo(job, terminal, before, outcome)
    first = " / ".join(first_line(part) for part in (*left[0].path, left[0].node.key))
    raise fail("E1708", job.name, 0, 0, count=len(left), first=f"{left[0].action} {first}", **state)


def _undo(job: Job, terminal: Terminal, before: bytes, outcome: Outcome) -> dict[str, str]:
    """Back to the configuration from before, and the time limit off only when that is proved."""
    loading = terminal.loading
    try:
        if loading.rollback == "confirm":
            terminal.run(loading.discard if "typed" in outcome.steps else loading.abandon)
            left = compare(_tree(job, job.masked(terminal.running())), _tree(job, job.masked(before)), job.dialect.style)
            return _STATES["timer" if left else "undone"]
        with contextlib.suppress(Refused):  # at the first prompt already
            terminal.run(loading.leave)
        if loading.rollback == "checkpoint":
            terminal.run(loading.discard)
        else:
            running = terminal.running()
            lines = plan(_tree(job, running), _tree(job, before), job.dialect, None)
            terminal.configure()
            terminal.type(lines)
            terminal.run(loading.leave)
        after = terminal.running()
        if compare(_tree(job, job.masked(after)), _tree(job, job.masked(before)), job.dialect.style):
            return _left_behind(job.dialect)
        terminal.run(loading.cancel)
    except (Refused, ConnectionError, WardopsError):
        return _left_behind(job.dialect)
    outcome.steps.append("undone")
    return _STATES["undone"]


def _keep(job: Job, terminal: Terminal, outcome: Outcome) -> None:
    """The time limit off, then saved: in this order a restart in between still brings the old configuration."""
    loading = terminal.loading
    try:
        if outcome.changed:
            terminal.run(loading.cancel)
        if outcome.changed and loading.rollback == "confirm":
            terminal.run(loading.confirm)
        if outcome.changed:
            terminal.save()
            outcome.saved = True
    except (Refused, ConnectionError) as error:
        raise fail("E1713", job.name, 0, 0, reason=getattr(error, "line", "") or str(error)) from None


def links_missing(name: str, outcome: Outcome) -> WardopsError | None:
    """E1712 when expected ports have no link; the device itself is all right."""
    return fail("E1712", name, 0, 0, ports=", ".join(outcome.down)) if outcome.down else None


def _links(job: Job, terminal: Terminal, outcome: Outcome) -> None:
    try:
        found = links.compare(job.dialect, job.expected, terminal.links(), job.before)
    except ConnectionError:
        return
    if found:
        outcome.down, outcome.idle = found.down, found.idle
