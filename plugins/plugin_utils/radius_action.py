"""What the RADIUS actions that change a server have in common: arguments in, core, result out."""

from __future__ import annotations

from typing import Any, ClassVar

from ansible.plugins.action import ActionBase
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.radius import task
from ansible_collections.ward.ops.plugins.module_utils.radius.remote import Call, RemoteFailure
from ansible_collections.ward.ops.plugins.module_utils.radius.sync import Request


class RadiusAction(ActionBase):
    """An action with a specification of its arguments, the purpose that its evidence names, and :meth:`work`."""

    SPEC: ClassVar[dict[str, Any]]
    PURPOSE: ClassVar[str]
    _supports_check_mode = True

    def work(self, arguments: dict[str, Any], request: Request, remote: Call) -> dict[str, Any]:
        """The work itself; ``remote`` runs the module on the machine that holds the server's file."""
        raise NotImplementedError

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        del tmp
        _, arguments = self.validate_argument_spec(argument_spec=self.SPEC)

        def remote(words: dict[str, Any]) -> dict[str, Any]:
            return dict(self._execute_module(module_name="ward.ops.radius_mac_entries", module_args=words, task_vars=variables))

        try:
            request = task.request_of(self.PURPOSE, arguments, variables, self._task.check_mode, self._task.diff)
            done = self.work(arguments, request, remote)
        except WardopsError as error:
            return {**result, **error.result()}
        except RemoteFailure as error:
            return {**result, **error.result}
        if not self._task.diff:
            done.pop("diff")
        return {**result, **done}
