"""Action ``ward.ops.patch_window``: whether terminals may be patched now; its documentation stands in ``library/``."""

from __future__ import annotations

import datetime as dt
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.ward.ops.plugins.module_utils.common.calendar import Calendar
from ansible_collections.ward.ops.plugins.module_utils.common.layer import require_layer
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError, fail
from ansible_collections.ward.ops.plugins.module_utils.common.task import ward_of
from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward
from ansible_collections.ward.ops.plugins.module_utils.patch.installing.window import decide, parse_hours, require

ARGUMENTS = {
    "ward": {"type": "path"},
    "layer": {"type": "str"},
    "hours": {"type": "str", "default": "08:30-17:15"},
    "override_reason": {"type": "str", "default": ""},
    "at": {"type": "str"},
}


class ActionModule(ActionBase):
    """Asks the calendar; changes nothing."""

    BYPASS_HOST_LOOP = True
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        del tmp
        _, arguments = self.validate_argument_spec(argument_spec=ARGUMENTS)
        try:
            layer = require_layer(str(arguments["layer"] or variables.get("layer", "")))
            calendar = Calendar.of(Ward(ward_of(arguments, variables)))
            decision = decide(calendar, _moment(arguments["at"]), layer, parse_hours(arguments["hours"]), arguments["override_reason"])
            require(decision)
        except WardopsError as error:
            return {**result, **error.result()}
        reasons = [ja for ja, _ in decision.reasons]
        return {**result, "changed": False, "overridden": bool(reasons), "reasons": reasons}


def _moment(text: str | None) -> dt.datetime:
    """:raises WardopsError: E1931 - no time with a zone."""
    if not text:
        return dt.datetime.now(dt.UTC)
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise fail("E1931", value=text) from None
    if moment.tzinfo is None:
        raise fail("E1931", value=text)
    return moment
