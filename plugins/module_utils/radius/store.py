"""What a back end must do, and the way of every sync: read, plan, guard, record, apply, read back."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from ..common.files import sha256, write_atomic
from ..common.plan import Guard
from ..common.problems import WardopsError, fail
from .entries import SetPlan, State, entry_items
from .planner import Wanted, check_guard, difference, plan_set, record


class Interrupted(Exception):
    """The connection was lost while the transaction was being written: whether it counts is not known yet."""


class Store(Protocol):
    """A RADIUS server's MAC entries. All methods raise :class:`WardopsError` (E05xx)."""

    #: name of the back end, and of its place for messages (no secret)
    backend: str
    place: str

    def open(self, exclusive: bool) -> None:
        """Connect; with ``exclusive`` keep every other sync out until :meth:`close`."""

    def read(self) -> State:
        """Everything that stands there, as one consistent picture."""

    def apply(self, plan: SetPlan, state: State) -> None:
        """Carry out the plan as one whole or not at all.

        :raises Interrupted: when the connection broke and the outcome is unknown.
        """

    def close(self) -> None:
        """Let others in."""


@dataclass(slots=True)
class Outcome:
    """How a sync ended.

    :param verified: the server was read after the plan and holds exactly what the plan says.
    :param recovered: the connection broke while writing, and reading back (or a second try) settled it.
    """

    plan: SetPlan
    state: State
    applied: bool = False
    verified: bool = False
    recovered: bool = False
    rollback: Path | None = None
    seconds: dict[str, float] = field(default_factory=dict)


def prepare(store: Store, wanted: Wanted, guard: Guard) -> Outcome:
    """Read and plan; nothing is changed.

    :raises WardopsError: E0120, E0121 when the plan goes beyond the guard.
    """
    try:
        state = store.read()
    except Interrupted:  # nothing was written yet: a server that has just been restarted gets a second chance
        store.open(exclusive=True)
        state = store.read()
    plan = plan_set(wanted, state)
    if problems := check_guard(guard, plan, state, store.place):
        error = WardopsError(problems)
        error.add_note(json.dumps(record(plan, wanted.owners)["counts"]))
        raise error
    # a plan that is empty has been verified by the reading that it was made from
    return Outcome(plan, state, verified=not plan.changed)


def commit(store: Store, outcome: Outcome, rollback: Path | None) -> None:
    """Save the previous set, apply, and prove it by reading back.

    :param rollback: file for the previous set (made before anything changes), or ``None``.
    :raises WardopsError: E0105 (the rollback file cannot be written; nothing was changed), E0506 (the connection was lost and
        nothing was changed), E0507 (the read-back differs from the plan).
    """
    if rollback is not None:
        save_rollback(rollback, outcome.state, store)
        outcome.rollback = rollback
    try:
        store.apply(outcome.plan, outcome.state)
        after = store.read()
    except Interrupted as error:
        after = _settle(store, outcome, str(error))
    wrong = difference(outcome.plan, outcome.state, after)
    if wrong:
        raise fail("E0507", store.place, count=len(wrong), first=", ".join(wrong[:5]))
    outcome.applied = outcome.verified = True


def _settle(store: Store, outcome: Outcome, reason: str) -> State:
    """After a lost connection: connect again, look, and apply once more if nothing has been applied.

    The transaction counts wholly or not at all, so that the server holds the old or the new set.
    """
    outcome.recovered = True
    try:
        store.open(exclusive=True)
        after = store.read()
        if after.entries == outcome.state.entries and after.groups == outcome.state.groups:
            outcome.state = after
            store.apply(outcome.plan, after)
            after = store.read()
    except Interrupted:
        raise fail("E0506", store.place, reason=reason) from None
    return after


def save_rollback(path: Path, state: State, store: Store) -> None:
    """Write the previous set as JSON (mode 0600: a foreign entry may hold a password), durable before anything changes.

    :raises WardopsError: E0105.
    """
    body = {"format": 1, "backend": store.backend, "place": store.place, "entries": state.entries}
    try:
        path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    except OSError as error:
        raise fail("E0105", str(path), reason=os.strerror(error.errno or 0)) from None
    write_atomic(path, json.dumps(body, separators=(",", ":"), sort_keys=True).encode() + b"\n", 0o600)


def load_rollback(data: bytes, path: str, backend: str) -> Wanted:
    """The set of a rollback file as what a server shall hold; quarantine does not stick against it.

    :param backend: entries with rows of their own can only go back to the back end that they came from.
    :raises WardopsError: E0508 when the file is not a rollback file, or not one of this back end.
    """
    try:
        body = json.loads(data)
        if body["format"] != 1:
            raise ValueError("unknown format")
        items = entry_items(body["entries"])
        if body["backend"] != backend and any("rows" in item for item in items.values()):
            raise ValueError(f"it comes from the back end {body['backend']} and has entries of a foreign form")
    except (ValueError, KeyError, TypeError) as error:
        raise fail("E0508", path, reason=str(error)) from None
    return Wanted(items, released=frozenset(items))


def fingerprint(plan: SetPlan) -> str:
    """SHA-256 of a plan: what was shown and recorded is what is applied, also across two module calls."""
    return sha256(json.dumps(record(plan, {}), sort_keys=True).encode())
