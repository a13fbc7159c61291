"""From a task's arguments to stores and requests; and a sync whose store is on another machine. No Ansible in here."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..common import evidence
from ..common.files import read_bytes
from ..common.layer import require_layer
from ..common.policy import parse_policy
from ..common.problems import fail
from ..common.ward import REPOSITORY, Ward
from .arguments import FILE
from .postgresql import Address, PostgresStore
from .sync import DEFAULT_GUARD, Clock, Request, Work, facts_of, place_of, wanted_of

PASSWORD = "WARDOPS_RADIUS_DB_PASSWORD"  # noqa: S105 - the variable's name
EVIDENCE = "WARDOPS_EVIDENCE"

Call = Callable[[dict[str, Any]], dict[str, Any]]


class RemoteFailure(Exception):
    """The part on the RADIUS server failed; ``result`` says why, in Ansible's form."""

    def __init__(self, result: Mapping[str, Any]) -> None:
        super().__init__(str(result.get("msg", "")))
        self.result = dict(result)


def postgres_store(arguments: Mapping[str, Any]) -> PostgresStore:
    """:raises WardopsError: E0516 when the address is not given."""
    host = arguments["db_host"]
    if not host:
        raise fail("E0516", names="db_host")
    address = Address(
        host=host,
        hostaddr=arguments["db_hostaddr"] or "",
        port=arguments["db_port"],
        dbname=arguments["db_name"],
        user=arguments["db_user"],
        rootcert=arguments["db_rootcert"] or "",
        password=arguments["db_password"] or os.environ.get(PASSWORD, ""),
    )
    return PostgresStore(address, wait=arguments["lock_wait"])


def evidence_folder(arguments: Mapping[str, Any]) -> Path:
    """The folder given, else that of the environment, else ``build/evidence`` of this checkout."""
    return Path(arguments["evidence"] or os.environ.get(EVIDENCE) or REPOSITORY / "build" / "evidence").absolute()


def layer_of(arguments: Mapping[str, Any], variables: Mapping[str, Any]) -> str:
    """The layer that the task or the inventory asks for, if this control node belongs to it.

    :raises WardopsError: E0401-E0403.
    """
    return require_layer(str(arguments["layer"] or variables.get("layer", "")))


def ward_of(arguments: Mapping[str, Any], variables: Mapping[str, Any]) -> Path:
    """The ward's folder: given, or named by the inventory source (``plugin: ward.ops.ledger``) of the play's host.

    :raises WardopsError: E0516 when neither says it.
    """
    if arguments["ward"]:
        return Path(arguments["ward"]).absolute()
    source = Path(str(variables.get("inventory_file") or ""))
    if source.suffix in (".yml", ".yaml") and source.is_file():
        content = parse_policy(read_bytes(source), str(source))
        if isinstance(content, dict) and isinstance(content.get("ward"), str):
            return (source.parent / str(content["ward"])).absolute()
    raise fail("E0516", names="ward")


def hosts_of(variables: Mapping[str, Any]) -> frozenset[str] | None:
    """The hosts that ``--limit`` leaves, or ``None`` without ``--limit``."""
    return frozenset(variables["ansible_play_hosts_all"]) if variables.get("ansible_limit") else None


def sync_request(arguments: Mapping[str, Any], variables: Mapping[str, Any], check: bool) -> Request:
    """:raises WardopsError: E0401-E0403 (layer), E0516 (no ward)."""
    restore = arguments["restore_from"]
    return Request(
        ward=ward_of(arguments, variables),
        layer=layer_of(arguments, variables),
        evidence=evidence_folder(arguments),
        check=check,
        hosts=hosts_of(variables),
        restore=Path(restore) if restore else None,
        allow_remove=arguments["allow_remove"],
        allow_change=arguments["allow_change"],
    )


def run_remote(call: Call, arguments: Mapping[str, Any], request: Request, work: Work | None = None) -> dict[str, Any]:
    """A sync whose store is a file on another machine: that machine plans, this one records, that one applies the same plan.

    :param call: runs the module there with these arguments and returns its result.
    :raises RemoteFailure: what the module reports; WardopsError as :func:`~.sync.run`.
    """
    clock = Clock()
    ward = Ward(request.ward)
    backend = str(arguments["backend"])
    place = f"{backend}:{arguments['path']}"
    work = work or Work(wanted_of(ward, request, backend))
    guard = {
        **ward.policy("radius")["guards"].get(backend, DEFAULT_GUARD),
        "allow_remove": request.allow_remove,
        "allow_change": request.allow_change,
    }
    own = {name: arguments[name] for name in (*FILE, "backend", "lock_wait")}
    own |= {"entries": work.wanted.to_text(), "guard": guard}
    clock.lap("desired")
    if request.check:
        return _finished(_called(call, {**own, "plan_only": True}), work, clock)
    with evidence.step(request.evidence, request.purpose, facts_of(ward, place, request), REPOSITORY) as step:
        try:
            planned = _called(call, {**own, "plan_only": True})
        except RemoteFailure as failure:
            codes = failure.result.get("codes", [])
            step.result("refused" if {"E0120", "E0121"} & set(codes) else "failed", codes=codes)
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
