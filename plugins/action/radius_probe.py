"""Action ``ward.ops.radius_probe``: asks the real RADIUS server what it answers; changes nothing."""

from __future__ import annotations

import os
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError, fail
from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward
from ansible_collections.ward.ops.plugins.module_utils.radius import probe, profiles, task
from ansible_collections.ward.ops.plugins.module_utils.radius.arguments import PROBE
from ansible_collections.ward.ops.plugins.module_utils.radius.desired import desired_set

SECRET = "WARDOPS_RADIUS_SECRET"  # noqa: S105 - the variable's name


class ActionModule(ActionBase):
    """Arguments in, core, result out."""

    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        del tmp
        _, arguments = self.validate_argument_spec(argument_spec=PROBE)
        try:
            return {**result, "changed": False, **_probe(arguments, variables)}
        except WardopsError as error:
            return {**result, **error.result()}


def _probe(arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
    """:raises WardopsError: E0516 (no secret), E0518 (the server is silent) and those of the ledgers."""
    secret = arguments["secret"] or os.environ.get(SECRET, "")
    if not secret:
        raise fail("E0516", names=f"secret / {SECRET}")
    layer = task.layer_of(arguments, variables)
    ward = Ward(task.ward_of(arguments, variables))
    asked = probe.questions(desired_set(ward, layer), task.hosts_of(variables), arguments["sample"], arguments["refused"])
    spellings = [profiles.spelling(ward, name) for name in arguments["spellings"]]
    server = probe.Server(arguments["server"], secret, arguments["port"], arguments["timeout"], arguments["parallel"])
    found = probe.probe(server, asked, spellings)
    wrong = found["mismatches"]
    if not wrong:
        return found
    first = wrong[0]
    words = {"asked": found["asked"], "count": found["mismatches_total"], "unanswered": found["unanswered"]}
    problem = fail("E0523", f"{arguments['server']}:{arguments['port']}", first=f"{first['owner']} {first['mac']}: {first['got']}", **words)
    return {**found, **problem.result()}
