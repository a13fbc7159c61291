"""Action ``ward.ops.network_device_replacement``: papers and load of one successor; its documentation stands in ``library/``."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.ward.ops.plugins.module_utils.common import evidence
from ansible_collections.ward.ops.plugins.module_utils.common.layer import require_layer
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError, fail
from ansible_collections.ward.ops.plugins.module_utils.common.task import evidence_folder, ward_of
from ansible_collections.ward.ops.plugins.module_utils.common.ward import REPOSITORY, Ward
from ansible_collections.ward.ops.plugins.module_utils.network.loading.load import Outcome, links_missing
from ansible_collections.ward.ops.plugins.module_utils.network.loading.terminal import Access
from ansible_collections.ward.ops.plugins.module_utils.network.masking import Masker
from ansible_collections.ward.ops.plugins.module_utils.network.replacement import task
from ansible_collections.ward.ops.plugins.module_utils.network.store import verifying
from ansible_collections.ward.ops.plugins.module_utils.network.store.store import ConfigStore

ARGUMENTS: dict[str, Any] = {
    "dead": {"type": "str", "required": True},
    "spare": {"type": "str", "required": True},
    "ticket": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["prepared", "loaded"], "default": "prepared"},
    "at": {"type": "str", "default": ""},
    "mapping": {"type": "path"},
    "fingerprint": {"type": "str", "default": ""},
    "folder": {"type": "path", "required": True},
    "config_file": {"type": "path"},
    "store": {"type": "path", "required": True},
    "recipients": {"type": "list", "elements": "str", "default": []},
    "identity": {"type": "str", "no_log": True},
    "mask_key": {"type": "str", "required": True, "no_log": True},
    "known_hosts": {"type": "path"},
    "user": {"type": "str", "default": ""},
    "password": {"type": "str", "default": "", "no_log": True},
    "enable": {"type": "str", "default": "", "no_log": True},
    "address": {"type": "str", "default": ""},
    "port": {"type": "int", "default": 22},
    "ward": {"type": "path"},
    "layer": {"type": "str"},
    "evidence": {"type": "path"},
}


class ActionModule(ActionBase):
    """One successor. In check mode nothing is written or typed; ``loaded`` then only looks."""

    BYPASS_HOST_LOOP = True
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        del tmp
        _, arguments = self.validate_argument_spec(argument_spec=ARGUMENTS)
        try:
            return {**result, **_work(arguments, variables, check=bool(self._task.check_mode))}
        except WardopsError as error:
            return {**result, **error.result()}


def _work(arguments: dict[str, Any], variables: dict[str, Any], *, check: bool) -> dict[str, Any]:
    layer = require_layer(str(arguments["layer"] or variables.get("layer", "")))
    ward, store = Ward(ward_of(arguments, variables)), ConfigStore(Path(arguments["store"]))
    given = arguments["identity"] or os.environ.get("WARDOPS_CONFIG_IDENTITY")
    identities = verifying.identities_of(given, None)
    if identities is None:
        raise fail(
            "E1667",
            reason_ja="identity または WARDOPS_CONFIG_IDENTITY で渡してください",
            reason="give identity, or WARDOPS_CONFIG_IDENTITY",
        )
    mapping = Path(arguments["mapping"]) if arguments["mapping"] else None
    names = ("dead", "spare", "ticket", "at")
    order = task.Order(*(arguments[name] for name in names), mapping=mapping, fingerprint=arguments["fingerprint"])
    work = task.Replacement(ward, store, Masker(arguments["mask_key"].encode()), identities, order)
    if work.units.dead["layer"] != layer:
        raise fail(
            "E1701", work.name, 0, 0, name=work.name, what_ja=f"系統 {layer} の機器ではありません", what=f"it is not in the layer {layer}"
        )
    found = {"changed": True, "replacement": work.facts(), "warnings_ja": work.units.warnings}
    if arguments["state"] == "prepared":
        return {**found, **_papers(work, arguments, check=check)}
    return {**found, **_load(work, arguments, check=check)}


def _papers(work: task.Replacement, arguments: dict[str, Any], *, check: bool) -> dict[str, Any]:
    folder = Path(arguments["folder"])
    files = work.files(dt.datetime.now(dt.UTC).replace(microsecond=0))
    config = Path(arguments["config_file"]) if arguments["config_file"] else None
    if not check:
        facts = {"device": work.name, "ticket": arguments["ticket"]}
        with evidence.step(evidence_folder(arguments), "prepare_replacement", facts, REPOSITORY) as record:
            record.plan({"files": sorted(files), "config_file": str(config or "")})
            task.write(folder, files)
            if config:
                task.write_config(config, work.intended.text)
            record.result("ok")
    diff = {"before": "", "after": files["difference.txt"].decode("utf-8", "replace")}
    return {"files": sorted(str(folder / name) for name in files), "diff": diff}


def _load(work: task.Replacement, arguments: dict[str, Any], *, check: bool) -> dict[str, Any]:
    if not arguments["known_hosts"] or not arguments["user"]:
        raise fail("E1710", work.name, 0, 0, address=work.name, reason="user and known_hosts are needed")
    access = Access(arguments["user"], Path(arguments["known_hosts"]), arguments["password"], arguments["enable"], arguments["port"])
    if check:
        return _shown(work.look(access, arguments["address"]))
    facts = {"device": work.name, "ticket": arguments["ticket"]}
    with evidence.step(evidence_folder(arguments), "load_replacement", facts, REPOSITORY) as record:
        record.plan(work.facts())
        done = work.load(access, arguments["address"], arguments["recipients"])
        record.result("ok", lines=done.lines, saved=done.saved, steps=done.steps, down=done.down, idle=done.idle)
    if arguments["config_file"]:
        Path(arguments["config_file"]).unlink(missing_ok=True)
    if problem := links_missing(work.name, done):
        return {**_shown(done), "failed": True, "msg": str(problem), "codes": ["E1712"]}
    return _shown(done)


def _shown(outcome: Outcome) -> dict[str, Any]:
    return {
        "changed": outcome.changed,
        "lines": outcome.lines,
        "saved": outcome.saved,
        "down": outcome.down,
        "idle": outcome.idle,
        "steps": outcome.steps,
        "diff": {"before": "", "after": outcome.difference},
    }
