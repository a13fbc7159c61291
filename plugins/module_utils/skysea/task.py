"""One run of a registration: ledgers and export in, import files and reports out, with evidence. No Ansible in here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..common import evidence
from ..common.files import read_bytes, sha256, write_atomic
from ..common.problems import Problem, WardopsError, fail
from ..common.ward import REPOSITORY, Ward
from . import desired, registration, reporting
from .layout import Row
from .registration import EXPORT_LIMIT, Registration

#: what is registered: part of the policy and ledger → title of the report, duties
SUBJECTS = {
    "terminals": ("SKYSEA 端末登録", ["I-9-(3)", "I-8-(10)"]),
    "usb_devices": ("SKYSEA USB機器登録", ["I-9-(3)", "I-12-(8)", "I-12-(9)"]),
}


@dataclass(frozen=True, slots=True)
class Request:
    """What a task asks for.

    :param subject: ``terminals`` or ``usb_devices``.
    :param export: the console's last export.
    :param folder: where the import files go; a report stands beside them in ``report/``.
    :param scope: computer names that ``--limit`` leaves; ``None`` for all. USB devices are no hosts: a limit does not concern them.
    """

    subject: str
    ward: Path
    layer: str
    export: Path
    folder: Path
    evidence: Path
    check: bool = False
    scope: frozenset[str] | None = None
    allow_remove: int = 0
    allow_change: int = 0


def plan(request: Request) -> Registration:
    """Compare ledgers and export; nothing is written.

    :raises WardopsError: E1501, E1502, E1507, E1508 (export), E1504 (licences), E1509 (no console), E0120, E0121 (guard).
    """
    ward = Ward(request.ward)
    rules = ward.policy("skysea")
    if request.layer not in rules["licences"]:
        raise fail("E1509", layer=request.layer)
    policy = rules[request.subject]
    wanted = (
        desired.terminals(ward, request.layer, rules) if request.subject == "terminals" else desired.usb_devices(ward, request.layer, rules)
    )
    actual = registration.exported(policy, request.export, rules["export_max_age_days"], dt.datetime.now(dt.UTC))
    if request.scope is not None and request.subject == "terminals":
        _limit(wanted.rows, request.scope)
        _limit(actual, request.scope)
    guard = registration.guard_of(rules, request.allow_remove, request.allow_change)
    return registration.register(wanted, actual, policy, guard, registration.last_manifest(request.folder))


def _limit(rows: dict[str, Row], names: frozenset[str]) -> None:
    for key in [key for key, row in rows.items() if row["computer_name"] not in names]:
        del rows[key]


def run(request: Request) -> dict[str, Any]:
    """Carry out a run; in check mode only plan it.

    :returns: changed, plan, diff, files, rest, problems, equal, report, evidence.
    :raises WardopsError: as :func:`plan`; nothing was written.
    """
    if request.check:
        return _result(request, plan(request))
    ward = Ward(request.ward)
    facts = {
        "duties": SUBJECTS[request.subject][1],
        "layer": request.layer,
        "inventory": {"ward": ward.shown(ward.root), "sha256": ward.digest()},
        "target": str(request.folder),
        "scope": None if request.scope is None else sorted(request.scope)[:1000],
        "allowed": {"remove": request.allow_remove, "change": request.allow_change},
        "export": {"name": request.export.name, "sha256": _digest(request.export)},
    }
    with evidence.step(request.evidence, f"skysea_{request.subject}", facts, REPOSITORY) as step:
        try:
            done = plan(request)
        except WardopsError as error:
            step.result("refused", codes=sorted({problem.code for problem in error.problems}))
            raise
        step.plan({"counts": done.plan.counts(), "items": list(done.plan.actions())[:1000], "rest": done.rest[:1000]})
        result = _result(request, done)
        if result["changed"]:
            registration.save(request.folder, done)
        result["report"] = str(_report(request, ward, done))
        result["evidence"] = str(step.closed_as or f"{step.folder}/*-{step.run_id}.json")
        step.result("ok", changed=result["changed"], equal=result["equal"], files=sorted(done.files))
    return result


def _digest(path: Path) -> str:
    return sha256(read_bytes(path, EXPORT_LIMIT))


def _result(request: Request, done: Registration) -> dict[str, Any]:
    return {
        "changed": not registration.is_saved(request.folder, done),
        "plan": {"counts": done.plan.counts(), "items": list(done.plan.actions())},
        "diff": {**done.plan.diff(), "before_header": str(request.export), "after_header": SUBJECTS[request.subject][0]},
        "files": sorted(str(request.folder / name) for name in done.files),
        "equal": not done.plan.changed and not done.plan.held,
        "rest": done.rest,
        "problems": [_plain(problem) for problem in done.problems],
        "report": None,
        "evidence": None,
    }


def _plain(problem: Problem) -> dict[str, str]:
    return {"code": problem.code, "where": problem.where, "ja": problem.text("ja"), "en": problem.text("en")}


def _report(request: Request, ward: Ward, done: Registration) -> Path:
    rules: Mapping[str, Any] = ward.policy("skysea")
    more: dict[str, list[Row]] = {}
    if request.subject == "usb_devices":
        more["expiring"] = reporting.expiring(ward, done.ledger, rules["expiring_days"])
        more["secure_usb"] = reporting.secure_usb(ward, done.ledger, done.actual)
        counts = reporting.secure_usb_counts(done.ledger)
        subtitle = "セキュリティUSB: " + "、".join(f"{state} {count}" for state, count in sorted(counts.items()))
    else:
        more = {"seldom_used": reporting.seldom_used(ward, done.ledger, done.actual, rules["seldom_used_days"])}
        count = done.plan.unchanged + len(done.plan.add) + len(done.plan.change)
        subtitle = f"登録する端末 {count:,} 台（ライセンス {rules['licences'][request.layer]:,}）"
    tables = reporting.tables_of(done, more)
    folder = request.folder / "report"
    registration.make_folder(folder)
    title = f"{SUBJECTS[request.subject][0]}（{request.layer}）"
    counts_text = "追加 {add} 変更 {change} 削除 {remove} 保留 {held} 変更なし {unchanged}".format(**done.plan.counts())
    page = reporting.page(title, f"基準日 {ward.today.isoformat()}、{counts_text}。{subtitle}", tables, verified=rules["verified"])
    write_atomic(folder / "report.html", page.encode())
    for name, data in reporting.sheets(tables).items():
        write_atomic(folder / name, data)
    return folder / "report.html"
