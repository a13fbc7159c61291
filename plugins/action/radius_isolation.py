"""Action ``ward.ops.radius_isolation``: one terminal into quarantine or back, in the ledger and on the server."""

from __future__ import annotations

import datetime as dt
from typing import Any

from ansible_collections.ward.ops.plugins.module_utils.common.evidence import operator
from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward
from ansible_collections.ward.ops.plugins.module_utils.radius import isolation, task
from ansible_collections.ward.ops.plugins.module_utils.radius.arguments import ISOLATION
from ansible_collections.ward.ops.plugins.module_utils.radius.remote import Call
from ansible_collections.ward.ops.plugins.module_utils.radius.sync import Request
from ansible_collections.ward.ops.plugins.plugin_utils.radius_action import RadiusAction


class ActionModule(RadiusAction):
    """One terminal."""

    SPEC = ISOLATION
    PURPOSE = "isolate_terminal"

    def work(self, arguments: dict[str, Any], request: Request, remote: Call) -> dict[str, Any]:
        return isolation.carry_out(
            Ward(request.ward),
            request.layer,
            _order(arguments),
            request.check,
            lambda work: task.carry_out(remote, arguments, request, work),
        )


def _order(arguments: dict[str, Any]) -> isolation.Order:
    who = operator()
    return isolation.Order(
        name=arguments["name"],
        isolate=arguments["state"] == "quarantine",
        reason=arguments["reason"],
        ticket=arguments["ticket"],
        operator=who.get("awx_user") or who.get("sudo_user") or who["user"],
        now=dt.datetime.now(dt.UTC),
    )
