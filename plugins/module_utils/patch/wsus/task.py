"""A task on a WSUS server as one piece of work: plan, guard, evidence, apply, read back, result. No Ansible in here."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ...common import evidence
from ...common.plan import Guard
from ...common.problems import WardopsError
from ...common.ward import REPOSITORY
from ..model import ServerInfo
from . import membership, order, replay
from .connect import SERVER
from .powershell import PowerShellWsus
from .soap import SoapWsus

Server = SoapWsus | PowerShellWsus

_CHANGE: dict[str, Any] = {
    **SERVER,
    "layer": {"type": "str"},
    "evidence": {"type": "path"},
    "allow_remove": {"type": "int", "default": 0},
    "allow_change": {"type": "int", "default": 0},
    "digest": {"type": "str", "default": ""},
}
_DICTS = {"type": "list", "elements": "dict", "default": []}
_STRINGS = {"type": "list", "elements": "str", "default": []}

APPROVALS: dict[str, Any] = {
    **_CHANGE,
    "approvals": _DICTS,
    "absent": _DICTS,
    "exclusive_groups": _STRINGS,
    "declines": _STRINGS,
    "accept_licences": _STRINGS,
}
GROUPS: dict[str, Any] = {**_CHANGE, "groups": _DICTS, "absent": _STRINGS}
#: actions that a result shows; the evidence has all
SHOWN = 1000
#: what a change serves
DUTIES = ["I-8-(9)", "I-13-(6)", "I-13-(7)"]


def guard_of(arguments: Mapping[str, Any], default: Guard) -> Guard:
    return Guard(default.remove, default.change, arguments["allow_remove"], arguments["allow_change"])


def approvals(server: Server, arguments: Mapping[str, Any], layer: str, folder: Path, *, check: bool) -> dict[str, Any]:
    """Make the server's approvals what the task says.

    :raises WardopsError: see :func:`~.replay.prepare` and :func:`~.replay.apply`.
    """
    wanted = order.Order(
        wanted=order.orders(arguments["approvals"], "approvals"),
        absent=order.places(arguments["absent"], "absent"),
        only=arguments["exclusive_groups"],
        declines=order.guids(arguments["declines"], "declines"),
        licences=order.guids(arguments["accept_licences"], "accept_licences"),
        guard=guard_of(arguments, order.GUARD),
        expect=arguments["digest"],
    )
    change = _Change("wsus_approvals", server, layer, folder)
    return change.run(lambda: replay.prepare(server, wanted), lambda work: replay.apply(server, work), check=check)


def groups(server: Server, arguments: Mapping[str, Any], layer: str, folder: Path, *, check: bool) -> dict[str, Any]:
    """Make the server's computer groups what the task says.

    :raises WardopsError: see :func:`~.membership.prepare` and :func:`~.membership.apply`.
    """
    wanted = membership.group_orders(arguments["groups"])
    guard = guard_of(arguments, membership.GUARD)
    what = membership.GroupOrder(wanted, arguments["absent"], guard, arguments["digest"])

    def apply(work: replay.Work) -> None:
        if isinstance(work, membership.GroupWork):
            membership.apply(server, work, what)

    return _Change("wsus_groups", server, layer, folder).run(lambda: membership.prepare(server, what), apply, check=check)


class _Change:
    """One change of a server, with its evidence."""

    def __init__(self, purpose: str, server: Server, layer: str, folder: Path) -> None:
        self.purpose, self.server, self.layer, self.folder = purpose, server, layer, folder
        self.started = time.perf_counter()

    def run(self, prepare: Callable[[], replay.Work], apply: Callable[[replay.Work], None], *, check: bool) -> dict[str, Any]:
        """In check mode the plan alone. A plan that changes nothing leaves its record too: that all stood is what a replay is for."""
        if check:
            return self._result(prepare())
        facts = {"duties": DUTIES, "layer": self.layer, "target": self.server.place}
        with evidence.step(self.folder, self.purpose, facts, REPOSITORY) as record:
            try:
                work = prepare()
            except WardopsError as error:
                record.result("refused", codes=sorted({problem.code for problem in error.problems}))
                raise
            record.plan({"counts": work.plan.counts(), "digest": work.digest, "actions": list(work.plan.actions())})
            apply(work)
            result = self._result(work)
            record.result("ok", changed=result["changed"], verified=True)
        return {**result, "verified": True, "evidence": str(record.closed_as or f"{record.folder}/*-{record.run_id}.json")}

    def _result(self, work: replay.Work) -> dict[str, Any]:
        actions = list(work.plan.actions())
        result: dict[str, Any] = {
            "changed": work.plan.changed,
            "plan": {"counts": work.plan.counts(), "actions": actions[:SHOWN], "actions_total": len(actions)},
            "digest": work.digest,
            "diff": {**work.plan.diff(), "before_header": self.server.place, "after_header": self.server.place},
            "server": shown(work.info),
            "verified": not work.plan.changed,
            "evidence": None,
            "requests": self.server.requests,
            "seconds": round(time.perf_counter() - self.started, 3),
        }
        if isinstance(work, membership.GroupWork):
            result |= {"missing": sorted(work.missing), "stale": sorted(work.stale)}
        return result


def shown(info: ServerInfo) -> dict[str, Any]:
    """The server's own facts, as a result shows them."""
    return {
        "version": info.version,
        "protocol": info.protocol,
        "role": info.role.name.lower(),
        "replica": info.replica,
        "rules": list(info.rules),
        "synchronised": info.synchronised.isoformat() if info.synchronised else None,
        "server_side_targeting": info.server_side_targeting,
    }
