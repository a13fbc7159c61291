"""A sync whose store is a file on another machine: that machine plans, this one records, that one applies the same plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..common import evidence
from ..common.ward import REPOSITORY, Ward
from .arguments import FILE
from .sync import Clock, Request, Work, facts_of, guard_for, place_of, wanted_of

Call = Callable[[dict[str, Any]], dict[str, Any]]


class RemoteFailure(Exception):
    """The part on the RADIUS server failed; ``result`` says why, in Ansible's form."""

    def __init__(self, result: Mapping[str, Any]) -> None:
        super().__init__(str(result.get("msg", "")))
        self.result = dict(result)
        self.codes: set[str] = set(result.get("codes", ()))


def run_remote(call: Call, arguments: Mapping[str, Any], request: Request, work: Work | None = None) -> dict[str, Any]:
    """Carry out a sync; in check mode only plan it.

    :param call: runs the module there with these arguments and returns its result.
    :raises RemoteFailure: what the module reports; WardopsError as :func:`~.sync.run`.
    """
    clock = Clock()
    ward = Ward(request.ward)
    backend = str(arguments["backend"])
    place = f"{backend}:{arguments['path']}"
    work = work or Work(wanted_of(ward, request, backend))
    own = {name: arguments[name] for name in (*FILE, "backend", "lock_wait")}
    own |= {"entries": work.wanted.to_text(), "guard": guard_for(ward, backend, request, work)}
    clock.lap("desired")
    if request.check:
        return _finished(_called(call, {**own, "plan_only": True}), work, clock)
    with evidence.step(request.evidence, request.purpose, facts_of(ward, place, request), REPOSITORY) as step:
        try:
            planned = _called(call, {**own, "plan_only": True})
        except RemoteFailure as failure:
            step.result("refused" if {"E0120", "E0121"} & failure.codes else "failed", codes=sorted(failure.codes))
            raise
        clock.lap("read_and_plan")
        step.plan({**planned["record"], **work.also})
        work.before_apply()
        result = planned
        if planned["changed"]:
            result = _called(call, {**own, "expect": planned["fingerprint"], "run_id": step.run_id})
            clock.lap("apply_and_verify")
        result = _finished(result, work, clock)
        step.result("ok", **{name: result[name] for name in ("changed", "verified", "recovered", "rollback_file")})
    return {**result, "evidence": place_of(step)}


def _called(call: Call, arguments: dict[str, Any]) -> dict[str, Any]:
    result = call(arguments)
    if result.get("failed"):
        raise RemoteFailure(result)
    return result


def _finished(result: Mapping[str, Any], work: Work, clock: Clock) -> dict[str, Any]:
    left = {name: value for name, value in result.items() if name not in ("record", "fingerprint", "invocation")}
    plan = {**left["plan"], **work.also}
    return {**left, "plan": plan, "changed": left["changed"] or bool(work.also), "timings": clock.seconds, "evidence": None}
