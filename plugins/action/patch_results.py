"""Action ``ward.ops.patch_results``: puts a batch of terminals into the list of a run; its documentation stands in ``library/``."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.patch.installing.results import CSV, HTML, JSON, OPEN, Outcome, Row, add, row

ARGUMENTS = {
    "folder": {"type": "path", "required": True},
    "run": {"type": "str", "required": True},
    "state": {"type": "str", "required": True, "choices": ["installed", "downloaded", "searched"]},
    "override_reason": {"type": "str", "default": ""},
}
#: what the role leaves on each host
_RESULT, _SOURCE, _TROUBLE = "windows_updates_result", "windows_updates_source", "patch_install_trouble"
_FACTS = ("ring", "dept_code", "model")


class ActionModule(ActionBase):
    """Reads what the play's hosts have; writes the list. In check mode nothing is written."""

    BYPASS_HOST_LOOP = True
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        del tmp
        _, arguments = self.validate_argument_spec(argument_spec=ARGUMENTS)
        try:
            return {**result, **_record(arguments, variables, check=bool(self._task.check_mode))}
        except WardopsError as error:
            return {**result, **error.result()}


def _record(arguments: dict[str, Any], variables: dict[str, Any], *, check: bool) -> dict[str, Any]:
    """:raises WardopsError: what :func:`add` raises."""
    batch = list(variables["ansible_play_batch"])
    now = dt.datetime.now(dt.UTC)
    done = [row(_outcome(name, variables["hostvars"][name]), arguments["state"], now, check=check) for name in batch]
    folder = Path(arguments["folder"])
    rows: list[Row] = done
    if not check:
        rows = add(folder, done, variables["ansible_play_hosts_all"], arguments["run"], arguments["override_reason"])
    open_hosts = [one.host for one in done if one.state in OPEN]
    return {
        "changed": False,  # the list of what was done is no change of the ward's things
        "batch": {one.host: one.state for one in done},
        "open": open_hosts,
        "total": len(rows),
        "files": [] if check else [str(folder / name) for name in (HTML, CSV, JSON)],
    }


def _outcome(name: str, known: Any) -> Outcome:
    result, source = known.get(_RESULT) or {}, known.get(_SOURCE) or {}
    gone = bool(source.get("unreachable") or result.get("unreachable"))
    trouble = str(known.get(_TROUBLE) or (source.get("msg") if source.get("unreachable") else "") or "")
    return Outcome(name, {key: str(known.get(key) or "") for key in _FACTS}, result, trouble, gone)
