"""Action ``ward.ops.config_report``: the state of all stored configs, as files; its documentation stands in ``library/``."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.ward.ops.plugins.module_utils.common.layer import require_layer
from ansible_collections.ward.ops.plugins.module_utils.common.output import write_files
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.common.task import hosts_of, ward_of
from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward
from ansible_collections.ward.ops.plugins.module_utils.network.report.task import failure, report

ARGUMENTS = {
    "ward": {"type": "path"},
    "layer": {"type": "str"},
    "store": {"type": "path", "required": True},
    "folder": {"type": "path", "required": True},
    "fail_when_wrong": {"type": "bool", "default": True},
}


class ActionModule(ActionBase):
    """Reads ledger, policy and store. In check mode the files stay as they are."""

    BYPASS_HOST_LOOP = True
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        del tmp
        _, arguments = self.validate_argument_spec(argument_spec=ARGUMENTS)
        try:
            layer = require_layer(str(arguments["layer"] or variables.get("layer", "")))
            ward, now = Ward(ward_of(arguments, variables)), dt.datetime.now(dt.UTC)
            found = report(ward, Path(arguments["store"]), layer, now, hosts_of(variables))
            folder = Path(arguments["folder"])
            if not self._task.check_mode:
                write_files(folder, found.files)
        except WardopsError as error:
            return {**result, **error.result()}
        result |= {"changed": True, "counts": found.counts(), "files": sorted(str(folder / name) for name in found.files)}
        result["drift"] = sorted({one.device for one in found.state.changed_since_approval})
        error = failure(found)
        if error and arguments["fail_when_wrong"]:
            return {**result, **error.result()}
        return result
