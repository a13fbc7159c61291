"""Callback ``ward.ops.evidence``: one evidence record for each playbook run."""

from __future__ import annotations

DOCUMENTATION = r"""
name: evidence
type: aggregate
short_description: One evidence record for each playbook run
version_added: "0.1.0"
description:
  - Opens the run's evidence record before the first task and closes it after the last one, hash-chained to the record before it.
  - A run whose record cannot be written (full disk, missing permission) stops before its first task with code E0601.
  - Tasks that change an outside system add their plan and result to the record as steps, before they change anything.
  - Check mode touches nothing, so it leaves no record.
  - Values of extra variables are not recorded, only their names.
  - The folder is E(WARDOPS_EVIDENCE), else C(build/evidence) of the checkout; others must not be able to write in it.
options: {}
notes:
  - "C(playbooks/verify_evidence.yml) proves the chain."
"""

import os
from pathlib import Path
from typing import Any, NoReturn

from ansible import context
from ansible.errors import AnsibleError
from ansible.parsing.splitter import parse_kv
from ansible.plugins.callback import CallbackBase
from ansible_collections.ward.ops.plugins.module_utils.common import evidence
from ansible_collections.ward.ops.plugins.module_utils.common.files import read_bytes
from ansible_collections.ward.ops.plugins.module_utils.common.layer import declared_layer
from ansible_collections.ward.ops.plugins.module_utils.common.policy import parse_policy
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError, fail
from ansible_collections.ward.ops.plugins.module_utils.common.ward import REPOSITORY, Ward


class CallbackModule(CallbackBase):
    """Collects what a run did; the record itself is the core's business."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "ward.ops.evidence"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._run: evidence.Run | None = None
        self._changed: dict[str, int] = {}
        self._failed: list[dict[str, str]] = []

    def v2_playbook_on_start(self, playbook: Any) -> None:
        if context.CLIARGS.get("check"):
            return
        folder = evidence.default_folder()
        try:
            run = evidence.Run(folder, Path(playbook._file_name).stem, _facts(), REPOSITORY)
            self._run = run.__enter__()
        except Exception as error:  # whatever it is: a run that cannot be recorded does not begin
            self._stop(error)
        os.environ[evidence.VARIABLE] = f"{folder}|{self._run.run_id}"

    def v2_runner_on_ok(self, result: Any) -> None:
        if result.result.get("changed"):
            name = result.task.get_name()
            self._changed[name] = self._changed.get(name, 0) + 1

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        if not ignore_errors:
            self._failed.append({"host": result.host.get_name(), "task": result.task.get_name()})

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._failed.append({"host": result.host.get_name(), "task": result.task.get_name(), "reason": "unreachable"})

    def v2_playbook_on_stats(self, stats: Any) -> None:
        if self._run is None:
            return
        os.environ.pop(evidence.VARIABLE, None)
        run, self._run = self._run, None
        totals = {name: sum(getattr(stats, name).values()) for name in ("ok", "changed", "failures", "dark", "skipped")}
        status = "failed" if totals["failures"] or totals["dark"] else "ok"
        try:
            run.reload()
            run.result(status, hosts=len(stats.processed), tasks=totals, changed_tasks=self._changed, failed=self._failed[:100])
            run.__exit__(None, None, None)
        except Exception as error:  # whatever it is: the operator must look
            self._stop(error)
        if run.closed_as:
            self._display.display(f"証跡 / evidence: {run.closed_as}")

    def _stop(self, error: Exception) -> NoReturn:
        """End the run: Ansible turns an exception of a callback into a warning, but not this one."""
        text = str(error) if isinstance(error, WardopsError) else str(fail("E0607", reason=f"{type(error).__name__}: {error}"))
        self._display.display(f"ERROR: {text}", color="red", stderr=True)
        raise SystemExit(1)


def _facts() -> dict[str, Any]:
    """What was asked for; names of extra variables only, because their values may be secrets."""
    words = context.CLIARGS
    sources = [str(source) for source in words.get("inventory") or ()]
    return {
        "layer": _layer(),
        "inventory": {source: _digest(Path(source)) for source in sources},
        "limit": words.get("subset"),
        "tags": list(words.get("tags") or ()),
        "skip_tags": list(words.get("skip_tags") or ()),
        "extra_variables": sorted({name for text in words.get("extra_vars") or () for name in _names(text)}),
    }


def _layer() -> str | None:
    """The declared layer; the guard, not this record, refuses a run without one."""
    try:
        return declared_layer()
    except WardopsError:
        return None


def _digest(source: Path) -> str | None:
    """SHA-256 of the ledgers and policies behind an inventory source; ``None`` for another kind of source."""
    for path in sorted(source.glob("*.yml")) if source.is_dir() else [source]:
        try:
            content = parse_policy(read_bytes(path), str(path))
            if isinstance(content, dict) and content.get("plugin") == "ward.ops.ledger":
                return Ward(path.parent / str(content.get("ward", "."))).digest()
        except WardopsError:
            continue
    return None


def _names(text: str) -> list[str]:
    """``a=1 b="2 c=3"`` → a, b; ``@file`` stays; of JSON or YAML only that it was there."""
    if text.startswith("@"):
        return [text]
    if text.lstrip().startswith(("{", "[")):
        return ["(structured)"]
    try:
        names = list(parse_kv(text))
    except AnsibleError:
        names = []
    plain = names and "_raw_params" not in names and all(name.isidentifier() for name in names)
    return names if plain else ["(unparsed)"]  # in doubt nothing: a part of a secret could look like a name
