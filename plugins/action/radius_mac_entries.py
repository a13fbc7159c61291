"""Action ``ward.ops.radius_mac_entries``: the set is made from the ledgers here; PostgreSQL is reached from here, files on their host."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.radius import task
from ansible_collections.ward.ops.plugins.module_utils.radius.arguments import SYNC
from ansible_collections.ward.ops.plugins.module_utils.radius.remote import RemoteFailure
from ansible_collections.ward.ops.plugins.module_utils.radius.server_side import failure


class ActionModule(ActionBase):
    """Arguments in, core, result out."""

    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        del tmp
        _, arguments = self.validate_argument_spec(argument_spec=SYNC)

        def remote(words: dict[str, Any]) -> dict[str, Any]:
            return dict(self._execute_module(module_name="ward.ops.radius_mac_entries", module_args=words, task_vars=variables))

        try:
            request = task.request_of("sync_radius", arguments, variables, self._task.check_mode, self._task.diff)
            done = task.carry_out(remote, arguments, request)
        except WardopsError as error:
            return {**result, "failed": True, **failure(error)}
        except RemoteFailure as error:
            return {**result, **error.result}
        if not self._task.diff:
            done.pop("diff")
        return {**result, **done}
