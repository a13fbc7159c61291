"""Action ``ward.ops.ledger_pages``: writes the browsable page and the inventory report; only files that differ."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.ward.ops.plugins.module_utils.common.layer import declared_layer
from ansible_collections.ward.ops.plugins.module_utils.common.output import Change, differing, write_files
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.common.ward import REPOSITORY, Ward
from ansible_collections.ward.ops.plugins.module_utils.ledger.pages.copy import read_copy
from ansible_collections.ward.ops.plugins.module_utils.ledger.pages.inventory import inventory_report
from ansible_collections.ward.ops.plugins.module_utils.ledger.pages.page import build_page
from ansible_collections.ward.ops.plugins.module_utils.ledger.schema import load_schemas

ARGUMENTS = {
    "ward": {"type": "path", "required": True},
    "layers": {"type": "list", "elements": "str"},
    "page": {"type": "path"},
    "reports": {"type": "path"},
    "within": {"type": "int", "default": 90},
    "encoding": {"type": "str", "default": "utf-8-sig", "choices": ["utf-8-sig", "cp932"]},
}


class ActionModule(ActionBase):
    """Arguments in, core, result out."""

    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        del tmp
        _, arguments = self.validate_argument_spec(argument_spec=ARGUMENTS, required_one_of=[["page", "reports"]])
        try:
            scope, files = _build(arguments)
            changes = [change for folder, built in files.items() for change in differing(folder, built)]
            if not self._task.check_mode:
                for folder, built in files.items():
                    write_files(folder, {name: built[name] for name in built if str(folder / name) in {change.path for change in changes}})
        except WardopsError as error:
            return {**result, **error.result()}
        result |= {"changed": bool(changes), "scope": scope, "written": [change.path for change in changes]}
        result["files"] = sorted(str(folder / name) for folder, built in files.items() for name in built)
        result["diff"] = [_diff(change) for change in changes]
        return result


def _build(arguments: dict[str, Any]) -> tuple[str, dict[Path, dict[str, bytes]]]:
    """What the copy holds, and the files by folder.

    :raises WardopsError: E0401, E0402 (no layer named and none declared), and what the core raises.
    """
    layers = [declared_layer()] if arguments["layers"] is None else arguments["layers"]
    ward = Ward(Path(arguments["ward"]))
    copy = read_copy(ward, load_schemas(REPOSITORY / "schemas"), layers)
    digest = ward.digest()
    files: dict[Path, dict[str, bytes]] = {}
    if arguments["page"]:
        page = Path(arguments["page"])
        files.setdefault(page.parent, {})[page.name] = build_page(copy, digest)
    if arguments["reports"]:
        files.setdefault(Path(arguments["reports"]), {}).update(inventory_report(copy, digest, arguments["within"], arguments["encoding"]))
    return copy.scope, files


def _diff(change: Change) -> dict[str, str]:
    return {"before_header": change.path, "after_header": change.path, "before": change.before, "after": change.after}
