"""Action ``ward.ops.patch_compliance``: the report 適用状況一覧 of a patch cycle; its documentation stands in ``library/``."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.ward.ops.plugins.module_utils.common.layer import require_layer
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.common.task import hosts_of
from ansible_collections.ward.ops.plugins.module_utils.patch import compliance_task as task
from ansible_collections.ward.ops.plugins.module_utils.patch.wsus.connect import server_of


class ActionModule(ActionBase):
    """Reads snapshots, or a server; in check mode no file is written."""

    BYPASS_HOST_LOOP = True
    _supports_check_mode = True
    _supports_diff = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        del tmp
        _, arguments = self.validate_argument_spec(argument_spec=task.ARGUMENTS)
        try:
            layer = require_layer(str(arguments["layer"] or variables.get("layer", "")))
            wanted = task.wanted(arguments, variables, layer, hosts_of(variables), check=bool(self._task.check_mode))
            server = server_of(arguments) if arguments["server"] else None
            try:
                done = task.run(wanted, server)
            finally:
                if server:
                    server.close()
        except WardopsError as error:
            return {**result, **error.result()}
        if not self._task.diff:
            done.pop("diff")
        return {**result, **done}
