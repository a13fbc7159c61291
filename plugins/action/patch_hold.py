"""Action ``ward.ops.patch_hold``: a patch cycle stops, or may go on. No server is asked."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.ward.ops.plugins.module_utils.common.layer import require_layer
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.patch import arguments as given
from ansible_collections.ward.ops.plugins.module_utils.patch import run


class ActionModule(ActionBase):
    """Writes ``holds.yml`` of the cycle."""

    BYPASS_HOST_LOOP = True
    _supports_check_mode = True
    _supports_diff = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        del tmp
        _, arguments = self.validate_argument_spec(argument_spec=given.HOLD)
        try:
            layer = require_layer(str(arguments["layer"] or variables.get("layer", "")))
            asked = given.asked(arguments, variables, layer, check=bool(self._task.check_mode))
            done = run.hold(asked) if arguments["state"] == "held" else run.resume(asked)
        except WardopsError as error:
            return {**result, **error.result()}
        if not self._task.diff:
            done.pop("diff", None)
        return {**result, **done}
