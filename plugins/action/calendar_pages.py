"""Action ``ward.ops.calendar_pages``: calendars, reception hours, shift templates, batch schedules; only files that differ."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.ward.ops.plugins.module_utils.common.calendar import fiscal_year
from ansible_collections.ward.ops.plugins.module_utils.common.output import Change, differing, write_files
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward
from ansible_collections.ward.ops.plugins.module_utils.schedule.publishing import KINDS, PROFILES, Publisher

ARGUMENTS = {
    "ward": {"type": "path", "required": True},
    "kinds": {"type": "list", "elements": "str", "choices": list(KINDS), "default": list(KINDS)},
    "year": {"type": "int"},
    "months": {"type": "list", "elements": "int", "choices": list(range(1, 13)), "default": []},
    "folder": {"type": "path", "required": True},
    "profiles": {"type": "path", "default": str(PROFILES)},
}


class ActionModule(ActionBase):
    """Arguments in, core, result out."""

    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        del tmp
        _, arguments = self.validate_argument_spec(argument_spec=ARGUMENTS)
        folder = Path(arguments["folder"])
        try:
            ward = Ward(Path(arguments["ward"]))
            publisher = Publisher(ward, Path(arguments["profiles"]))
            year = fiscal_year(ward.today) if arguments["year"] is None else arguments["year"]
            files: dict[str, bytes] = {}
            for kind in arguments["kinds"]:
                files |= publisher.build(kind, year, arguments["months"])
            changes = differing(folder, files)
            wanted = {change.path for change in changes}
            if not self._task.check_mode:
                write_files(folder, {name: data for name, data in files.items() if str(folder / name) in wanted})
        except WardopsError as error:
            return {**result, **error.result()}
        result |= {"changed": bool(changes), "year": year, "written": [change.path for change in changes]}
        result["files"] = [str(folder / name) for name in sorted(files)]
        result["diff"] = [_diff(change) for change in changes]
        return result


def _diff(change: Change) -> dict[str, str]:
    return {"before_header": change.path, "after_header": change.path, "before": change.before, "after": change.after}
