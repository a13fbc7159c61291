"""What the two SKYSEA actions have in common: arguments in, core, result out."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from ansible.plugins.action import ActionBase
from ansible_collections.ward.ops.plugins.module_utils.common.layer import require_layer
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.common.task import evidence_folder, hosts_of, ward_of
from ansible_collections.ward.ops.plugins.module_utils.skysea import task

ARGUMENTS = {
    "export": {"type": "path", "required": True},
    "folder": {"type": "path", "required": True},
    "ward": {"type": "path"},
    "layer": {"type": "str"},
    "evidence": {"type": "path"},
    "allow_remove": {"type": "int", "default": 0},
    "allow_change": {"type": "int", "default": 0},
}


class SkyseaAction(ActionBase):
    """One whole set in one task; runs on the control node."""

    SUBJECT: ClassVar[str]
    BYPASS_HOST_LOOP = True
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        del tmp
        _, arguments = self.validate_argument_spec(argument_spec=ARGUMENTS)
        try:
            request = task.Request(
                subject=self.SUBJECT,
                ward=ward_of(arguments, variables),
                layer=require_layer(str(arguments["layer"] or variables.get("layer", ""))),
                export=Path(arguments["export"]).absolute(),
                folder=Path(arguments["folder"]).absolute(),
                evidence=evidence_folder(arguments),
                check=self._task.check_mode,
                scope=hosts_of(variables),
                allow_remove=arguments["allow_remove"],
                allow_change=arguments["allow_change"],
            )
            done = task.run(request)
        except WardopsError as error:
            problems = [{"code": one.code, "where": one.where, "ja": one.text("ja"), "en": one.text("en")} for one in error.problems]
            return {**result, "failed": True, "msg": str(error), "problems": problems}
        if not self._task.diff:
            done.pop("diff")
        return {**result, **done}
