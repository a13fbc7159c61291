"""Action ``ward.ops.patch_notices``: 周知文, 掲示文, 放送文 and 未適用案内 of a patch cycle; its documentation stands in ``library/``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.ward.ops.plugins.module_utils.common.layer import require_layer
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.common.task import evidence_folder, ward_of
from ansible_collections.ward.ops.plugins.module_utils.patch import notices, notices_task
from ansible_collections.ward.ops.plugins.module_utils.patch.arguments import state_folder

SPEC: dict[str, Any] = {
    "cycle": {"type": "str", "required": True},
    "folder": {"type": "path", "required": True},
    "kinds": {"type": "list", "elements": "str", "choices": list(notices.KINDS), "default": list(notices.KINDS)},
    "send": {"type": "bool", "default": False},
    "pdf": {"type": "bool", "default": False},
    "ward": {"type": "path"},
    "layer": {"type": "str"},
    "evidence": {"type": "path"},
    "patch_state": {"type": "path"},
}


class ActionModule(ActionBase):
    """All texts and mails of a layer in one task; no host is asked. The account of the mail server is in the environment."""

    BYPASS_HOST_LOOP = True
    _supports_check_mode = True
    _supports_diff = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        del tmp
        _, given = self.validate_argument_spec(argument_spec=SPEC)
        try:
            layer = require_layer(str(given["layer"] or variables.get("layer", "")))
            places = (ward_of(given, variables), layer, str(given["cycle"]), Path(str(given["folder"])))
            state, kinds = state_folder(given["patch_state"]), tuple(str(one) for one in given["kinds"])
            check = bool(self._task.check_mode)
            done = notices_task.run(
                notices_task.Asked(*places, state, evidence_folder(given), kinds, bool(given["send"]), check=check, pdf=bool(given["pdf"]))
            )
        except WardopsError as error:
            return {**result, **error.result()}
        problem = done.pop("problem")
        if not self._task.diff:
            done.pop("diff")
        return {**result, **done, **(WardopsError([problem]).result() if problem else {})}
