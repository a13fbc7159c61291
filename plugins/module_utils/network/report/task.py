"""The reports on stored configs as one run: the state of all of them, and whether they keep the rules. No Ansible in here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ...common.problems import Problem, WardopsError
from ...common.report import tokyo
from ...common.ward import Ward
from .. import compliance
from ..compliance import Finding, Verdict
from ..dialect import dialect
from ..store import history
from ..store.index import Key
from ..store.store import ConfigStore
from ..tree import Node, parse
from . import compliance_page, configs_page
from .overview import Condition, Overview, attention, overview
from .unsaved import unsaved


@dataclass(frozen=True, slots=True)
class Reported:
    """What the run found.

    :param files: name and bytes of every file of the report.
    :param problems: what somebody must look at (E1742, E1751); empty when all is well.
    """

    state: Overview
    findings: tuple[Finding, ...]
    files: Mapping[str, bytes]
    problems: tuple[Problem, ...]

    def counts(self) -> dict[str, int]:
        """Numbers for a log line."""
        verdicts = {f"rules_{verdict}": sum(one.verdict is verdict for one in self.findings) for verdict in (Verdict.PASS, Verdict.FAIL)}
        conditions = {str(condition): self.state.count(condition) for condition in Condition}
        drift = len({one.device for one in self.state.changed_since_approval})
        return {"devices": len(self.state.devices), **conditions, "drift": drift, "unsaved": len(self.state.unsaved), **verdicts}


def report(ward: Ward, folder: Path, layer: str, now: dt.datetime, limit: Collection[str] | None = None) -> Reported:
    """Read ledger, policy and store; nothing is written.

    :param folder: the store of configs.
    :param now: with its zone.
    :raises WardopsError: those of ledgers, policies and store; E1740, E1741 (rules), E1750 (no device).
    """
    store = ConfigStore(folder)
    rules = compliance.load_rules(ward)
    texts, sites = history.stored(store), {device: line.site for (device, _), line in store.lines().items()}
    state = overview(ward, store, layer, partial(unsaved, texts, sites), now, limit=limit)
    findings = tuple(_judged(ward, texts, layer, rules, limit))
    at = tokyo(state.nights[0].at) if state.nights else "なし"
    files = configs_page.files(state) | compliance_page.files(state.scope, at, rules.rules, findings)
    errors = [error for error in (attention(state), compliance.broken(findings)) if error]
    return Reported(state, findings, files, tuple(problem for error in errors for problem in error.problems))


def _judged(
    ward: Ward, texts: Mapping[Key, bytes], layer: str, rules: compliance.Rules, limit: Collection[str] | None
) -> Sequence[Finding]:
    def config_of(device: str, platform: str) -> Sequence[Node] | None:
        text = texts.get((device, "running"))
        return None if text is None else parse(text, dialect(platform).style).children

    excepted = compliance.exceptions(ward)
    return [
        finding
        for subject in compliance.subjects(ward, rules, layer, config_of, limit)
        for finding in compliance.judge(rules.rules, subject, excepted)
    ]


def failure(found: Reported) -> WardopsError | None:
    """The problems as one error."""
    return WardopsError(found.problems) if found.problems else None
