"""Action ``ward.ops.payment_result_split``: one day of payment results; its documentation stands in ``library/``."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.ward.ops.plugins.module_utils.common.layer import require_layer
from ansible_collections.ward.ops.plugins.module_utils.common.problems import Problem, WardopsError
from ansible_collections.ward.ops.plugins.module_utils.common.task import evidence_folder, ward_of
from ansible_collections.ward.ops.plugins.module_utils.payment import pipeline
from ansible_collections.ward.ops.plugins.plugin_utils.payment_policies import refuse_wrong

ARGUMENTS: dict[str, dict[str, Any]] = {
    "folder": {"type": "path", "required": True},
    "day": {"type": "str"},
    "file": {"type": "path"},
    "source": {"type": "str"},
    "target": {"type": "str"},
    "form": {"type": "str", "default": ""},
    "ward": {"type": "path"},
    "layer": {"type": "str"},
    "evidence": {"type": "path"},
}


class ActionModule(ActionBase):
    """A whole day in one task, on the control node."""

    BYPASS_HOST_LOOP = True
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        del tmp
        _, arguments = self.validate_argument_spec(argument_spec=ARGUMENTS, mutually_exclusive=[["file", "source"]])
        try:
            request = pipeline.Request(
                ward=ward_of(arguments, variables),
                folder=Path(arguments["folder"]).absolute(),
                evidence=evidence_folder(arguments),
                day=_day(arguments["day"]),
                file=Path(arguments["file"]).absolute() if arguments["file"] else None,
                source=arguments["source"],
                target=arguments["target"],
                layout=arguments["form"],
                layer=require_layer(str(arguments["layer"] or variables.get("layer", ""))),
                check=self._task.check_mode,
            )
            refuse_wrong(request.ward)
            done = pipeline.run(request)
        except WardopsError as error:
            return {**result, "failed": True, "msg": str(error), "problems": [_plain(problem) for problem in error.problems]}
        if done["failed"]:
            done["msg"] = "\n".join(problem.render() for problem in done["problems"])
        if self._task.diff:
            done["diff"] = _diff(done["results"])
        return {**result, **done, "problems": [_plain(problem) for problem in done["problems"]]}


def _day(text: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise AnsibleActionFail(f"day: {text!r} は日付ではありません（例 2026-11-22） / is not a date (2026-11-22)") from None


def _plain(problem: Problem) -> dict[str, str]:
    return {"code": problem.code, "where": problem.where, "ja": problem.text("ja"), "en": problem.text("en")}


def _diff(results: list[dict[str, Any]]) -> list[dict[str, str]]:
    """One line for each file that is new in the stage, with its rows; no row's content."""
    return [
        {
            "before_header": "stage",
            "after_header": one["folder"],
            "before": "",
            "after": "".join(f"{file['section']}/{file['name']} {file['rows']}\n" for file in one["files"]),
        }
        for one in results
        if one["changed"]
    ]
