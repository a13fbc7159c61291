"""Action ``ward.ops.fleet_check``: one task for all hosts of a play; reads the ledgers, changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.ward.ops.plugins.module_utils.common.problems import Problem, WardopsError, fail
from ansible_collections.ward.ops.plugins.module_utils.inventory.completeness import DEFAULT, check_hosts, requirements_from
from ansible_collections.ward.ops.plugins.module_utils.inventory.hosts import read_hosts
from ansible_collections.ward.ops.plugins.module_utils.inventory.source import find_source, read_source

_REQUIREMENT = {
    "ledger": {"type": "str", "required": True, "choices": ["terminals", "printers", "network_devices", "servers"]},
    "status": {"type": "list", "elements": "str", "required": True},
    "columns": {"type": "list", "elements": "str", "required": True},
}
ARGUMENTS = {
    "requirements": {"type": "list", "elements": "dict", "options": _REQUIREMENT},
    "source": {"type": "path"},
    "show": {"type": "int", "default": 20},
}


class ActionModule(ActionBase):
    """Arguments in, core, result out."""

    #: Ansible runs it once for the play, for whichever host comes first
    BYPASS_HOST_LOOP = True
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        del tmp
        _, arguments = self.validate_argument_spec(argument_spec=ARGUMENTS)
        names = variables["ansible_play_hosts_all"]
        try:
            problems = _check(arguments, variables, names)
        except WardopsError as error:
            return {**result, "failed": True, "msg": str(error), "checked": 0, "problems": [_plain(item) for item in error.problems]}
        result |= {"changed": False, "checked": len(names), "incomplete": len(problems), "problems": [_plain(item) for item in problems]}
        if problems:
            shown = "\n".join(problem.render() for problem in problems[: arguments["show"]])
            more = len(problems) - arguments["show"]
            result |= {"failed": True, "msg": shown + (f"\n… 他 {more} 件 / and {more} more" if more > 0 else "")}
        return result


def _check(arguments: dict[str, Any], variables: dict[str, Any], names: list[str]) -> list[Problem]:
    """:raises WardopsError: E0404 (no inventory source of the plugin), and what :func:`read_source` and :func:`read_hosts` raise."""
    candidates = [arguments["source"]] if arguments["source"] else list(variables.get("ansible_inventory_sources", ()))
    path = find_source([Path(str(candidate)) for candidate in candidates])
    if path is None:
        raise fail("E0404", reason_ja="-i に ledger.yml がありません", reason="no inventory source is a ledger.yml")
    source = read_source(path)
    wanted = arguments["requirements"]
    return check_hosts(read_hosts(source.ward, source.layer), names, requirements_from(wanted) if wanted else DEFAULT)


def _plain(problem: Problem) -> dict[str, Any]:
    return {
        "code": problem.code,
        "where": problem.where,
        "host": str(problem.params.get("host", "")),
        "ja": problem.text("ja"),
        "en": problem.text("en"),
    }
