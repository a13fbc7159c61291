"""A sync as one piece of work: desired set, plan, guard, evidence, apply, read-back, result."""

from __future__ import annotations

import contextlib
import gc
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..common import evidence
from ..common.files import read_bytes
from ..common.plan import Guard
from ..common.problems import WardopsError
from ..common.ward import REPOSITORY, Ward
from .desired import desired_set
from .planner import Wanted, diff, guard_of, record, report
from .store import Outcome, Store, commit, load_rollback, prepare

#: limits for back ends that the policy does not name
DEFAULT_GUARD = {"remove": {"count": 100, "percent": 5}, "change": {"count": 300, "percent": 10}}


#: what a run serves, by its purpose
DUTIES = {"sync_radius": ["I-8-(6)", "I-10-(5)", "I-11-(6)"], "isolate_terminal": ["I-14-(1)"]}


@dataclass(frozen=True, slots=True)
class Request:
    """What a sync shall do.

    :param diff: whether somebody wants to see the diff.
    :param hosts: only these hosts' MACs are touched (``--limit``); ``None`` = the whole set.
    :param restore: a rollback file whose set is put back instead of the ledgers' set.
    :param facts: more facts for the evidence record (never a secret).
    """

    ward: Path
    layer: str
    evidence: Path
    check: bool = False
    diff: bool = True
    hosts: frozenset[str] | None = None
    restore: Path | None = None
    allow_remove: int = 0
    allow_change: int = 0
    purpose: str = "sync_radius"
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def rollback_folder(self) -> Path:
        return self.evidence.parent / "rollback"


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be done on one server.

    :param also: changes beside the server's (a ledger's row), for plan and evidence.
    :param before_apply: called after the plan is durable and before the server is changed.
    :param allow_change: changes that the order itself allows: an operator who names one terminal means its MACs.
    """

    wanted: Wanted
    allow_change: int = 0
    also: Mapping[str, Any] = field(default_factory=dict)
    before_apply: Callable[[], object] = bool


class Clock:
    """Seconds that the parts of a run took."""

    def __init__(self) -> None:
        self._last = time.perf_counter()
        self.seconds: dict[str, float] = {}

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.seconds[name] = round(now - self._last, 4)
        self._last = now


def wanted_of(ward: Ward, request: Request, backend: str) -> Wanted:
    """The set of the ledgers, or that of a rollback file with the owners that the ledgers know.

    :raises WardopsError: see :func:`~.desired.desired_set` and :func:`~.store.load_rollback`.
    """
    # a sync never lets a device out of quarantine: a ledger that lacks the newest isolation may only know an older one that is over
    wanted = replace(desired_set(ward, request.layer).wanted(request.hosts), released=frozenset())
    if request.restore is None:
        return wanted
    old = load_rollback(read_bytes(request.restore), str(request.restore), backend)
    return Wanted(old.items, wanted.owners, wanted.scope, old.released, wanted.quarantine)


def guard_for(ward: Ward, backend: str, request: Request, work: Work) -> dict[str, Any]:
    """The policy's limits for the back end, and what is allowed on purpose; plain data, for :func:`~.planner.guard_of`."""
    limits = ward.policy("radius")["guards"].get(backend, DEFAULT_GUARD)
    return {**limits, "allow_remove": request.allow_remove, "allow_change": max(request.allow_change, work.allow_change)}


def facts_of(ward: Ward, store_place: str, request: Request) -> dict[str, Any]:
    """What the evidence record says about the run."""
    scope = None if request.hosts is None else sorted(request.hosts)[:1000]
    return {
        "duties": DUTIES.get(request.purpose, DUTIES["sync_radius"]),
        "layer": request.layer,
        "inventory": {"ward": ward.shown(ward.root), "sha256": ward.digest()},
        "target": store_place,
        "scope": scope,
        "restore": str(request.restore) if request.restore else None,
        "allowed": {"remove": request.allow_remove, "change": request.allow_change},
        **request.facts,
    }


def run(store: Store, request: Request, work: Work | None = None) -> dict[str, Any]:
    """Carry out a sync; in check mode only plan it.

    :param work: the set and what else belongs to it, where it is not simply the ledgers' set.
    :returns: changed, plan, diff, verified, recovered, rollback_file, evidence, timings.
    :raises WardopsError: nothing was changed, unless it is E0506, E0507 or E0514.
    """
    with _without_collector():
        return _run(store, request, work)


@contextlib.contextmanager
def _without_collector() -> Iterator[None]:
    """Python's cycle collector off: everything that is made stays until the end, and looking for garbage costs a fifth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _run(store: Store, request: Request, work: Work | None) -> dict[str, Any]:
    clock = Clock()
    ward = Ward(request.ward)
    work = work or Work(wanted_of(ward, request, store.backend))
    guard = guard_of(guard_for(ward, store.backend, request, work))
    clock.lap("desired")
    try:
        if request.check:
            store.open(exclusive=False)
            outcome = prepare(store, work.wanted, guard)
            clock.lap("read_and_plan")
            return result_of(outcome, work, store.place if request.diff else None, clock)
        with evidence.step(request.evidence, request.purpose, facts_of(ward, store.place, request), REPOSITORY) as step:
            outcome = _prepare_recorded(store, work, guard, step)
            clock.lap("read_and_plan")
            step.plan({**record(outcome.plan, work.wanted.owners), **work.also})
            work.before_apply()
            if outcome.plan.changed:
                commit(store, outcome, request.rollback_folder / f"{step.run_id}.json")
                clock.lap("apply_and_verify")
            result = result_of(outcome, work, store.place if request.diff else None, clock)
            step.result("ok", **{name: result[name] for name in ("changed", "verified", "recovered", "rollback_file")})
        result["evidence"] = place_of(step)
        return result
    finally:
        store.close()


def _prepare_recorded(store: Store, work: Work, guard: Guard, step: evidence.Run | evidence.Step) -> Outcome:
    """Open, read and plan; a plan that the guard stops is recorded as refused."""
    store.open(exclusive=True)
    try:
        return prepare(store, work.wanted, guard)
    except WardopsError as error:
        codes = sorted({problem.code for problem in error.problems})
        if {"E0120", "E0121"} & set(codes):
            step.result("refused", codes=codes, plan=getattr(error, "__notes__", []))
        raise


def place_of(step: evidence.Run | evidence.Step) -> str:
    """Where the evidence stands: the closed record, or the playbook run's record that the step belongs to."""
    return str(step.closed_as or f"{step.folder}/*-{step.run_id}.json")


def result_of(outcome: Outcome, work: Work, place: str | None, clock: Clock) -> dict[str, Any]:
    """The result that a task returns; the diff is made only where its title (``place``) is given."""
    wanted = work.wanted
    return {
        "changed": outcome.plan.changed or bool(work.also),
        "plan": {**report(outcome.plan, wanted), **work.also},
        "diff": diff(outcome.plan, wanted.owners, place) if place else {},
        "entries_total": len(wanted.items),
        "verified": outcome.verified,
        "recovered": outcome.recovered,
        "rollback_file": str(outcome.rollback) if outcome.rollback else None,
        "evidence": None,
        "timings": clock.seconds,
    }
