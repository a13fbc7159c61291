"""Compliance of configs as files: a page for the section in charge, CSV for Excel, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...common.report import render, sheet
from ..compliance import LABELS, Finding, Rule, Verdict

TEMPLATES = Path(__file__).resolve().parent / "templates"
SEVERITIES = {"high": "高", "medium": "中", "low": "低"}


@dataclass(frozen=True, slots=True)
class Line:
    """One rule's line of the table: how many devices came to which verdict."""

    rule: Rule
    counts: dict[Verdict, int]

    @property
    def judged(self) -> int:
        return sum(self.counts[verdict] for verdict in (Verdict.PASS, Verdict.FAIL, Verdict.EXCEPTED))


def table(rules: Iterable[Rule], findings: Sequence[Finding]) -> list[Line]:
    """One line a rule, the worst first."""
    held = {rule.code: Line(rule, dict.fromkeys(Verdict, 0)) for rule in rules}
    for finding in findings:
        held[finding.rule.code].counts[finding.verdict] += 1
    order = list(SEVERITIES)
    return sorted(held.values(), key=lambda line: (order.index(line.rule.severity), -line.counts[Verdict.FAIL], line.rule.code))


def files(scope: str, at: str, rules: Sequence[Rule], findings: Sequence[Finding]) -> dict[str, bytes]:
    """Name of each file and its bytes.

    :param scope: whose devices, in Japanese.
    :param at: state of the store that was judged, for people.
    """
    judged = [finding for finding in findings if finding.verdict is not Verdict.NOT_APPLICABLE]
    wrong = [finding for finding in judged if finding.verdict in (Verdict.FAIL, Verdict.EXCEPTED)]
    data = {
        "scope": scope,
        "at": at,
        "lines": table(rules, findings),
        "wrong": sorted(
            wrong, key=lambda one: (one.verdict is Verdict.EXCEPTED, list(SEVERITIES).index(one.rule.severity), one.site, one.device)
        ),
        "without": sorted({(one.site, one.device) for one in judged if one.verdict is Verdict.NO_CONFIG}),
        "devices": len({one.device for one in judged}),
        "labels": LABELS,
        "severities": SEVERITIES,
        "Verdict": Verdict,
        "paper": "A4 landscape",
    }
    rows = [
        [one.site, one.device, one.rule.code, one.rule.title, SEVERITIES[one.rule.severity], LABELS[one.verdict], "\n".join(one.details)]
        for one in judged
    ]
    plain = {
        "scope": scope,
        "at": at,
        "findings": [
            {"site": one.site, "device": one.device, "rule": one.rule.code, "severity": one.rule.severity, "verdict": one.verdict}
            | ({"details": list(one.details)} if one.details else {})
            for one in judged
        ],
    }
    return {
        "compliance.html": render("compliance.html", data, TEMPLATES).encode(),
        "compliance.csv": sheet(["拠点", "機器", "規則", "内容", "重大度", "判定", "詳細"], rows),
        "compliance.json": (json.dumps(plain, ensure_ascii=False, indent=1) + "\n").encode(),
    }
