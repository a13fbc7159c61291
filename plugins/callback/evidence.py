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
options:
  folder:
    description: Folder of this control node's evidence.
    type: path
    default: build/evidence
    env:
      - name: WARDOPS_EVIDENCE
    ini:
      - section: wardops
        key: evidence
notes:
  - "C(playbooks/verify_evidence.yml) proves the chain."
"""

import os
from pathlib import Path
from typing import Any, NoReturn

from ansible import context
from ansible.plugins.callback import CallbackBase
from ansible_collections.ward.ops.plugins.module_utils.common import evidence
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.common.ward import REPOSITORY


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
        folder = Path(self.get_option("folder")).absolute()
        self._run = evidence.Run(folder, Path(playbook._file_name).stem, _facts(), REPOSITORY)
        try:
            self._run.__enter__()
        except WardopsError as error:
            self._run = None
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
        except WardopsError as error:
            self._stop(error)
        if run.closed_as:
            self._display.display(f"証跡 / evidence: {run.closed_as}")

    def _stop(self, error: WardopsError) -> NoReturn:
        """End the run: Ansible turns an exception of a callback into a warning, but not this one."""
        self._display.display(f"ERROR: {error}", color="red", stderr=True)
        raise SystemExit(1)


def _facts() -> dict[str, Any]:
    """What was asked for; names of extra variables only, because their values may be secrets."""
    words = context.CLIARGS
    return {
        "layer": os.environ.get("WARDOPS_LAYER"),
        "inventory": list(words.get("inventory") or ()),
        "limit": words.get("subset"),
        "tags": list(words.get("tags") or ()),
        "skip_tags": list(words.get("skip_tags") or ()),
        "extra_variables": _names(words.get("extra_vars") or ()),
    }


def _names(extra: tuple[str, ...]) -> list[str]:
    """``a=1 b=2`` -> a, b; ``@file`` stays; JSON or YAML text -> its top-level keys."""
    names: list[str] = []
    for text in extra:
        if text.startswith("@"):
            names.append(text)
        elif text.lstrip().startswith(("{", "[")):
            names.append("(structured)")
        else:
            names.extend(word.split("=", 1)[0] for word in text.split() if "=" in word)
    return names
