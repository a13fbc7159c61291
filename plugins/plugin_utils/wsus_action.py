"""What the WSUS actions have in common: arguments in, core, result out. They run on the control node."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from ansible.plugins.action import ActionBase
from ansible_collections.ward.ops.plugins.module_utils.common.layer import require_layer
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.common.task import evidence_folder
from ansible_collections.ward.ops.plugins.module_utils.patch.wsus.connect import server_of
from ansible_collections.ward.ops.plugins.module_utils.patch.wsus.task import Server


class WsusAction(ActionBase):
    """An action with a specification of its arguments and :meth:`work`; the whole set in one task."""

    SPEC: ClassVar[dict[str, Any]]
    BYPASS_HOST_LOOP = True
    _supports_check_mode = True
    _supports_diff = True

    def work(self, server: Server, arguments: dict[str, Any]) -> dict[str, Any]:
        raise NotImplementedError

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        self.variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, self.variables)
        del tmp
        _, arguments = self.validate_argument_spec(argument_spec=self.SPEC)
        self.check = bool(self._task.check_mode)
        try:
            server = server_of(arguments, supersedence=bool(arguments.get("supersedence")))
            try:
                done = self.work(server, arguments)
            finally:
                server.close()
        except WardopsError as error:
            return {**result, **error.result()}
        if not self._task.diff:
            done.pop("diff", None)
        return {**result, **done}

    def place(self, arguments: dict[str, Any]) -> tuple[str, Path]:
        """The layer, which must be this control node's, and the folder of the evidence. :raises WardopsError: E0401-E0403."""
        return require_layer(str(arguments["layer"] or self.variables.get("layer", ""))), evidence_folder(arguments)
