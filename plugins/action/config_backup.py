"""Action ``ward.ops.config_backup``: the configs of all devices of the layer into the store; its documentation stands in ``library/``."""

from __future__ import annotations

import datetime as dt
import os
import time
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.ward.ops.plugins.module_utils.common import evidence
from ansible_collections.ward.ops.plugins.module_utils.common.layer import require_layer
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.common.task import evidence_folder, hosts_of, ward_of
from ansible_collections.ward.ops.plugins.module_utils.common.ward import REPOSITORY, Ward
from ansible_collections.ward.ops.plugins.module_utils.network import backup, desired, known_hosts, links
from ansible_collections.ward.ops.plugins.module_utils.network.masking import Masker
from ansible_collections.ward.ops.plugins.module_utils.network.reader.access import accesses
from ansible_collections.ward.ops.plugins.module_utils.network.store import history
from ansible_collections.ward.ops.plugins.module_utils.network.store.store import ConfigStore

ARGUMENTS: dict[str, Any] = {
    "ward": {"type": "path"},
    "layer": {"type": "str"},
    "store": {"type": "path", "required": True},
    "recipients": {"type": "list", "elements": "str", "required": True},
    "mask_key": {"type": "str", "no_log": True},
    "known_hosts": {"type": "path", "required": True},
    "user": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "enable": {"type": "str", "no_log": True},
    "key": {"type": "str", "no_log": True},
    "access": {"type": "list", "elements": "dict", "default": [], "no_log": True},
    "port": {"type": "int", "default": 22},
    "endpoints": {"type": "dict", "default": {}},
    "what": {"type": "str", "choices": ["configs", "links"], "default": "configs"},
    "accept_shrunk": {"type": "list", "elements": "str", "default": []},
    "evidence": {"type": "path"},
}
_EVERY = 5.0  # seconds between two lines of progress


class ActionModule(ActionBase):
    """The whole set in one task. In check mode devices are read and compared, and nothing is stored."""

    BYPASS_HOST_LOOP = True
    _supports_check_mode = True
    _supports_diff = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        del tmp
        _, arguments = self.validate_argument_spec(argument_spec=ARGUMENTS)
        try:
            work = _Work(arguments, variables, check=bool(self._task.check_mode), diff=bool(self._task.diff))
            return {**result, **work.run()}
        except WardopsError as error:
            return {**result, **error.result()}


class _Work:
    """One night, from arguments to result."""

    def __init__(self, arguments: dict[str, Any], variables: dict[str, Any], *, check: bool, diff: bool) -> None:
        self.check, self.diff, self.links = check, diff, arguments["what"] == "links"
        self.layer = require_layer(str(arguments["layer"] or variables.get("layer", "")))
        ward = Ward(ward_of(arguments, variables))
        self.policy = backup.policy(ward.policy("network"))
        self.now = dt.datetime.now(dt.UTC)
        self.store = ConfigStore(Path(arguments["store"]), arguments["recipients"])
        choice = desired.Choice(
            self.layer,
            self.now,
            hosts_of(variables),
            arguments["port"],
            0.0 if self.links else self.policy.weekly_days,
            arguments["endpoints"],
        )
        self.night = desired.night(ward, choice, self.store.status().devices)
        names = {"user": "USER", "password": "PASSWORD", "enable": "ENABLE", "key": "KEY"}
        default = {name: arguments[name] or os.environ.get(f"WARDOPS_NETWORK_{variable}", "") for name, variable in names.items()}
        access, known = accesses(default, arguments["access"]), known_hosts.read(Path(arguments["known_hosts"]))
        self.way = backup.Way(access, known, self._say)
        self.evidence = evidence_folder(arguments)
        if self.links:
            return
        masker = Masker((arguments["mask_key"] or os.environ.get("WARDOPS_CONFIG_MASK_KEY", "")).encode())
        self.backup = backup.Backup(self.store, masker, self.policy, frozenset(arguments["accept_shrunk"]), keep=diff)
        self._done = self._failed = 0
        self._said = time.monotonic()

    def run(self) -> dict[str, Any]:
        if self.links:
            return self._record_links()
        info = backup.info(self.layer, self.night, self.now)
        old = history.stored(self.store) if self.diff else {}
        if self.check:
            found = self.backup.look(info, self.night, self.way)
            return self._result(found, old)
        facts = {"layer": self.layer, "run": info.run_id, "store": str(self.store.folder)}
        with evidence.step(self.evidence, "backup_configs", facts, REPOSITORY) as record:
            record.plan({"devices": len(self.night.devices), "not_due": len(self.night.waiting), "excluded": len(self.night.never)})
            found = self.backup.run(info, self.night, self.way)
            wrong = backup.attention(found, self.policy)
            listed = [{name: one.shown()[name] for name in ("device", "status", "detail")} for one in found.failed]
            commit = found.saved.commit if found.saved else None
            record.result("failed" if wrong else "ok", commit=commit, counts=found.counts(), changed=found.changed, failed=listed)
        return self._result(found, old)

    def _record_links(self) -> dict[str, Any]:
        old = links.read(self.store.folder)
        asked = links.ask(self.night.devices, self.way.access, self.way.known, self.policy.limits)
        changed = sorted(name for name, ports in asked.fresh.items() if name not in old or dict(old[name].ports) != ports)
        counts = {"recorded": len(asked.fresh), "failed": len(asked.failed), "unable": len(asked.unable), "changed": len(changed)}
        if not self.check:
            with evidence.step(self.evidence, "record_link_states", {"layer": self.layer}, REPOSITORY) as record:
                record.plan({"devices": len(self.night.devices)})
                links.record(self.store.folder, asked.fresh, self.now)
                record.result("ok", counts=counts, failed=asked.failed)
        lines = [f"{name} {why}" for name, why in sorted(asked.failed.items())]
        return {"changed": bool(changed), "counts": counts, "changed_devices": changed, "lines": lines}

    def _result(self, found: backup.Found, old: Any) -> dict[str, Any]:
        counts = {name: count for name, count in found.counts().items() if count or name in ("devices", "changed")}
        result: dict[str, Any] = {
            "changed": bool(found.changed),
            "run": found.run,
            "commit": found.saved.commit if found.saved else None,
            "counts": {**counts, "not_due": len(self.night.waiting), "excluded": len(self.night.never)},
            "changed_devices": found.changed,
            "actions": [one.shown() for one in found.failed],
            "lines": [f"{one.device.name} {one.status} {one.detail}".rstrip() for one in found.failed],
        }
        if self.diff:
            result["diff"] = [{"prepared": text} for text in backup.differences(found, old)]
        wrong = backup.attention(found, self.policy)
        if wrong:
            result |= {"failed": True, "msg": "\n".join([str(wrong), *result["lines"]]), "codes": ["E1634"]}
        return result

    def _say(self, one: backup.Result) -> None:
        """A line every few seconds: a night of thousands shall not look dead."""
        self._done += 1
        self._failed += one.status != "stored"
        if time.monotonic() - self._said > _EVERY:
            self._said = time.monotonic()
            Display().display(f"  {self._done}/{len(self.night.devices)} 台（取れていない {self._failed} 台）")
