"""Action ``ward.ops.patch_bundle``: a patch cycle, or how it stands, to another network layer, and from there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.ward.ops.plugins.module_utils.common.layer import require_layer
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.common.task import evidence_folder, ward_of
from ansible_collections.ward.ops.plugins.module_utils.patch.arguments import state_folder
from ansible_collections.ward.ops.plugins.plugin_utils import cycle_bundles

SPEC: dict[str, Any] = {
    "state": {"type": "str", "required": True, "choices": ["sent", "results_sent", "received"]},
    "cycle": {"type": "str"},
    "target": {"type": "str"},
    "folder": {"type": "path"},
    "medium": {"type": "str"},
    "key": {"type": "path", "no_log": False},
    "beside": {"type": "list", "elements": "path", "default": []},
    "bundle": {"type": "path"},
    "signers": {"type": "path"},
    "role": {"type": "str", "default": "operator"},
    "ward": {"type": "path"},
    "layer": {"type": "str"},
    "evidence": {"type": "path"},
    "patch_state": {"type": "path"},
}
_SENT = ["cycle", "target", "folder", "medium", "key"]
REQUIRED = [("state", "sent", _SENT), ("state", "results_sent", _SENT), ("state", "received", ["bundle"])]


class ActionModule(ActionBase):
    """One bundle a task, on the control node; no host is asked."""

    BYPASS_HOST_LOOP = True
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        del tmp
        _, arguments = self.validate_argument_spec(argument_spec=SPEC, required_if=REQUIRED)
        try:
            layer = require_layer(str(arguments["layer"] or variables.get("layer", "")))
            ward, state = ward_of(arguments, variables), state_folder(arguments["patch_state"])
            check = bool(self._task.check_mode)
            asked = cycle_bundles.Asked(ward, layer, evidence_folder(arguments), state, str(arguments["role"]), check=check)
            return {**result, **_work(asked, arguments)}
        except WardopsError as error:
            return {**result, **error.result()}


def _work(asked: cycle_bundles.Asked, arguments: dict[str, Any]) -> dict[str, Any]:
    beside = tuple(Path(one) for one in arguments["beside"])
    if arguments["state"] == "received":
        return cycle_bundles.receive(
            asked, Path(arguments["bundle"]), beside[0] if beside else None, Path(arguments["signers"]) if arguments["signers"] else None
        )
    cycle, target, medium = (str(arguments[name]) for name in ("cycle", "target", "medium"))
    parcel = cycle_bundles.Parcel(cycle, target, Path(arguments["folder"]), Path(arguments["key"]), medium, beside)
    return (cycle_bundles.send_cycle if arguments["state"] == "sent" else cycle_bundles.send_results)(asked, parcel)
