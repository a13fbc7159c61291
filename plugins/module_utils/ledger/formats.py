"""A report as text, JSON, SARIF 2.1.0 and hosted-CI annotations.

Sources: OASIS SARIF 2.1.0; the workflow commands of hosted CI (``::error file=…,line=…,col=…::message``).
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from ..common.catalogue import CATALOGUE
from ..common.problems import Problem
from .check import Report

FORMATS = ("text", "json", "sarif", "github")


def as_text(report: Report, seconds: float) -> str:
    """Problems, notes, then counts and time."""
    lines = [problem.render() for problem in report.problems]
    lines += [note.render() for note in report.notes]
    if lines:
        lines.append("")
    return "\n".join([*lines, *_summary(report, seconds)]) + "\n"


def _summary(report: Report, seconds: float) -> list[str]:
    width = max((len(name) for name in report.counts), default=0)
    lines = [f"  {name:<{width}} {count:>7,}" for name, count in report.counts.items()]
    total = sum(report.counts.values())
    result = f"エラー {len(report.problems)} 件 / {len(report.problems)} errors" if report.problems else "エラーなし / no errors"
    if report.notes:
        result += f"、未検査の規則 {len(report.notes)} 件 / {len(report.notes)} rules not checked in full"
    return [
        f"{report.ward}（基準日 {report.today}）",
        *lines,
        f"台帳 {len(report.counts)} 件 {total:,} 行、ポリシー {report.policies} 件、規則 {report.rules} 件 / "
        f"{len(report.counts)} ledgers, {total:,} rows, {report.policies} policies, {report.rules} rules",
        f"{result}（{seconds:.2f} 秒 / s）",
    ]


def as_json(report: Report, seconds: float) -> str:
    document = {
        "version": 1,
        "ward": report.ward,
        "as_of": report.today,
        "problems": [_plain(problem) for problem in report.problems],
        "notes": [_plain(note) for note in report.notes],
        "counts": report.counts,
        "policies": report.policies,
        "rules": report.rules,
        "seconds": round(seconds, 3),
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _plain(problem: Problem) -> dict[str, Any]:
    texts = {name: problem.text(name) for name in ("ja", "en", "remedy_ja", "remedy_en")}
    place = {"path": problem.path, "line": problem.line, "column": problem.column}
    return {"code": problem.code, "name": problem.entry.name, **place, **texts}


def as_sarif(report: Report, _seconds: float) -> str:
    """One run; a result for each problem, a tool notification for each note."""
    codes = sorted({problem.code for problem in [*report.problems, *report.notes]})
    run = {
        "tool": {"driver": {"name": "wardops", "rules": [_sarif_rule(code) for code in codes]}},
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [
                    {"descriptor": {"id": note.code}, "level": "note", "message": {"text": _message(note)}} for note in report.notes
                ],
            }
        ],
        "results": [_sarif_result(problem, codes) for problem in report.problems],
    }
    document = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _sarif_rule(code: str) -> dict[str, Any]:
    entry = CATALOGUE[code]
    return {
        "id": code,
        "name": "".join(word.capitalize() for word in entry.name.split("-")),
        "shortDescription": {"text": entry.name.replace("-", " ")},
        "fullDescription": {"text": f"{entry.ja} / {entry.en}"},
        "help": {"text": f"{entry.remedy_ja} / {entry.remedy_en}"},
        "defaultConfiguration": {"level": "error"},
    }


def _sarif_result(problem: Problem, codes: list[str]) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": problem.code,
        "ruleIndex": codes.index(problem.code),
        "level": "error",
        "message": {"text": _message(problem)},
    }
    if problem.path:
        place: dict[str, Any] = {"artifactLocation": {"uri": quote(problem.path, errors="surrogateescape")}}
        if problem.line:
            place["region"] = {"startLine": problem.line, **({"startColumn": problem.column} if problem.column else {})}
        result["locations"] = [{"physicalLocation": place}]
    return result


def _message(problem: Problem) -> str:
    return f"{problem.text('ja')}。{problem.text('remedy_ja')} / {problem.text('en')}; {problem.text('remedy_en')}"


def as_github(report: Report, seconds: float) -> str:
    lines = [_annotation("error", problem) for problem in report.problems]
    lines += [_annotation("notice", note) for note in report.notes]
    return "\n".join([*lines, *_summary(report, seconds)]) + "\n"


def _annotation(level: str, problem: Problem) -> str:
    properties = {"file": problem.path, "line": problem.line, "col": problem.column, "title": f"{problem.code} {problem.entry.name}"}
    shown = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items() if value)
    return f"::{level} {shown}::{_data(_message(problem))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
