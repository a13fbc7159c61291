"""Action ``ward.ops.radius_isolation``: one terminal into quarantine or back, in the ledger and on the server."""

from __future__ import annotations

import datetime as dt
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.ward.ops.plugins.module_utils.common.evidence import operator
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward
from ansible_collections.ward.ops.plugins.module_utils.radius import isolation, task
from ansible_collections.ward.ops.plugins.module_utils.radius.arguments import ISOLATION
from ansible_collections.ward.ops.plugins.module_utils.radius.remote import RemoteFailure
from ansible_collections.ward.ops.plugins.module_utils.radius.server_side import failure


class ActionModule(ActionBase):
    """Arguments in, core, result out."""

    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        del tmp
        _, arguments = self.validate_argument_spec(argument_spec=ISOLATION)

        def remote(words: dict[str, Any]) -> dict[str, Any]:
            return dict(self._execute_module(module_name="ward.ops.radius_mac_entries", module_args=words, task_vars=variables))

        try:
            request = task.request_of("isolate_terminal", arguments, variables, self._task.check_mode, self._task.diff)
            done = isolation.carry_out(
                Ward(request.ward),
                request.layer,
                _order(arguments),
                request.check,
                lambda work: task.carry_out(remote, arguments, request, work),
            )
        except WardopsError as error:
            return {**result, "failed": True, **failure(error)}
        except RemoteFailure as error:
            return {**result, **error.result}
        if not self._task.diff:
            done.pop("diff")
        return {**result, **done}


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
