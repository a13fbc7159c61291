"""Action ``ward.ops.skysea_profile_check``; its documentation stands in ``library/``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.ward.ops.plugins.module_utils.common.files import read_bytes
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.common.task import ward_of
from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward
from ansible_collections.ward.ops.plugins.module_utils.skysea import kit
from ansible_collections.ward.ops.plugins.module_utils.skysea.layout import layout_of
from ansible_collections.ward.ops.plugins.module_utils.skysea.registration import EXPORT_LIMIT

ARGUMENTS = {
    "subject": {"type": "str", "required": True, "choices": ["terminals", "usb_devices"]},
    "export": {"type": "path", "required": True},
    "ward": {"type": "path"},
}
#: fields whose values a ledger knows: a column of another content shows by them
_KNOWN = {"terminals": ("computer_name", "asset_id", "serial", "dept_code"), "usb_devices": ("device_id", "vid", "pid", "serial")}


class ActionModule(ActionBase):
    """Reads; changes nothing."""

    BYPASS_HOST_LOOP = True
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        del tmp
        _, arguments = self.validate_argument_spec(argument_spec=ARGUMENTS)
        try:
            ward, subject = Ward(ward_of(arguments, variables)), arguments["subject"]
            layout = layout_of(ward.policy("skysea")[subject]["export"])
            data = read_bytes(Path(arguments["export"]), EXPORT_LIMIT)
            found = kit.examine(layout, data, _known(ward, subject), arguments["export"])
        except WardopsError as error:
            return {**result, "failed": True, "msg": str(error)}
        lines = kit.lines(found)
        more = {"changed": False, "fits": found.fits, "rows": found.rows, "lines": lines, "unknown": found.unknown}
        if not found.fits:
            return {**result, **more, "failed": True, "msg": "\n".join(lines)}
        return {**result, **more}


def _known(ward: Ward, subject: str) -> dict[str, list[str]]:
    tables = (
        [ward.table("usb_devices")]
        if subject == "usb_devices"
        else [ward.table(subject, name) for name in ward.layers if ward.has(subject, name)]
    )
    return {name: [value for table in tables for value in table.column(name)] for name in _KNOWN[subject]}
