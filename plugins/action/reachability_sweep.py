"""Action ``ward.ops.reachability_sweep``: which network devices of the layer answer; its documentation stands in ``library/``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.ward.ops.plugins.module_utils.common.layer import require_layer
from ansible_collections.ward.ops.plugins.module_utils.common.output import write_files
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.common.task import hosts_of, ward_of
from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward
from ansible_collections.ward.ops.plugins.module_utils.network import sweep
from ansible_collections.ward.ops.plugins.module_utils.network.report import sweep_page

ARGUMENTS = {
    "ward": {"type": "path"},
    "layer": {"type": "str"},
    "folder": {"type": "path"},
    "tries": {"type": "int", "default": 3},
    "wait": {"type": "int", "default": 500},
    "fail_when_silent": {"type": "bool", "default": True},
}


class ActionModule(ActionBase):
    """Asks; changes no device. In check mode the files stay as they are."""

    BYPASS_HOST_LOOP = True
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        del tmp
        _, arguments = self.validate_argument_spec(argument_spec=ARGUMENTS)
        try:
            return {**result, **_sweep(arguments, variables, write=not self._task.check_mode)}
        except WardopsError as error:
            return {**result, **error.result()}


def _sweep(arguments: dict[str, Any], variables: dict[str, Any], *, write: bool) -> dict[str, Any]:
    """:raises WardopsError: E0401-E0403 (layer), E0516 (no ward), E1202 (folder), E1730-E1732."""
    layer = require_layer(str(arguments["layer"] or variables.get("layer", "")))
    ward = Ward(ward_of(arguments, variables))
    done = sweep.run(ward, layer, hosts_of(variables), arguments["tries"], arguments["wait"])
    names = []
    if arguments["folder"]:
        built = sweep_page.files(done)
        names = [str(Path(arguments["folder"]) / name) for name in built]
        if write:
            write_files(Path(arguments["folder"]), built)
    found = {
        "changed": bool(names),  # the table of this moment replaces the one before
        "asked": len(done.findings),
        "answered": done.answered,
        "sites": [{"code": site.code, "verdict": site.verdict, "asked": site.asked, "answered": site.answered} for site in done.sites],
        "lines": [f"{site.code} {site.verdict} {site.answered}/{site.asked} {' '.join(site.causes)}".rstrip() for site in done.sites],
        "silent": sorted(finding.target.name for finding in done.findings if finding.cause),
        "causes": sorted({finding.cause for finding in done.findings if finding.cause}),
        "files": names,
    }
    problem = sweep.unreachable(done.findings)
    if problem and arguments["fail_when_silent"]:
        return {**found, "failed": True, "msg": str(problem), "codes": ["E1733"]}
    return found
