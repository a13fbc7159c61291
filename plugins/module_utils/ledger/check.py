"""Checking a ward: every file against its schema, then the rules across ledgers; all problems in one report."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..common.problems import Problem
from ..common.ward import REPOSITORY, Ward
from .cells import check_ledger
from .data import Data, Ledger, Unavailable
from .policies import read_policy
from .reading import Reading, parse_ledger, read_ledger
from .rules.all import RULES
from .rules.registry import Rule
from .schema import LedgerSchema, Schemas, load_schemas
from .unfinished import unfinished

_KINDS = {"ledger": "台帳", "policy": "ポリシー"}


@dataclass(slots=True)
class Report:
    """What a check found.

    :param problems: sorted by place.
    :param notes: E0300, one for each rule that could not be checked in full.
    :param counts: rows by ledger (``lgwan/terminals``), in the order of the names.
    :param today: the date that rules compared with, ISO.
    """

    ward: str
    today: str
    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    policies: int = 0
    rules: int = 0


def check_ward(
    root: Path,
    today: dt.date | None = None,
    layer: str = "",
    schemas: Schemas | None = None,
    *,
    rules: Iterable[Rule] = RULES,
    pending: Mapping[Path, bytes] | None = None,
) -> Report:
    """Check all ledgers and policies of a ward.

    :param today: the date that rules compare with, instead of the ward's own.
    :param layer: look only at this layer's files and the shared ones.
    :param pending: ledger files (absolute paths) as they shall become; looked at instead of what is on disk.
    :raises WardopsError: E0100 (no such ward), E0240 (a schema is broken).
    """
    ward = Ward(root)
    schemas = schemas or load_schemas(REPOSITORY / "schemas")
    report = Report(ward.shown(root), "")
    data = Data("", layer=layer, schemas=schemas.ledgers)
    _read_policies(ward, schemas, data, report)
    data.today = report.today = (today or _today(data)).isoformat()
    _read_ledgers(ward, schemas, data, report, pending or {})
    for rule in rules:
        report.rules += 1
        data.notes = []
        try:
            # one by one: what a rule found before it met missing data is kept
            for problem in rule.check(data):
                report.problems.append(problem)
        except Unavailable as error:
            data.note(str(error))
        if data.notes:
            report.notes.append(Problem("E0300", "", 0, 0, {"rule": rule.name, "what": ", ".join(data.notes)}))
    report.problems.sort(key=Problem.sort_key)
    return report


def _today(data: Data) -> dt.date:
    """The ward's pinned date (``ward.yml: as_of``, sample data only), else today in Japan."""
    pinned = data.policies["ward"].value.get("as_of") if "ward" in data.policies else None
    if pinned:
        return dt.date.fromisoformat(pinned)
    return dt.datetime.now(dt.timezone(dt.timedelta(hours=9))).date()


def _read_policies(ward: Ward, schemas: Schemas, data: Data, report: Report) -> None:
    present = {path.stem: path for path in sorted(ward.policies.glob("*.yml"))}
    for name, schema in schemas.policies.items():
        path = present.pop(name, None)
        if path is None:
            report.problems.append(_absent("E0200", "policy", name, ward.shown(ward.policies / f"{name}.yml")))
            continue
        policy, problems = read_policy(path, ward.shown(path), schema)
        report.problems += problems
        report.policies += 1
        if policy is not None:
            data.policies[name] = policy
    report.problems += [_absent("E0201", "policy", name, ward.shown(path)) for name, path in present.items()]


def _absent(code: str, kind: str, name: str, shown: str) -> Problem:
    return Problem(code, shown, 0, 0, {"kind_ja": _KINDS[kind], "kind": kind, "name": name})


def _read_ledgers(ward: Ward, schemas: Schemas, data: Data, report: Report, pending: Mapping[Path, bytes]) -> None:
    if (journal := unfinished(ward.ledgers)) is not None:
        report.problems.append(Problem("E0804", ward.shown(journal)))
    home = ward.ledgers.absolute()
    files = sorted({*(path.absolute() for path in _csv_files(ward.ledgers)), *pending})
    present = {path.relative_to(home).with_suffix("").as_posix(): path for path in files}
    for name, schema in schemas.ledgers.items():
        for layer in schema.layers or ("",):
            key = f"{layer}/{name}" if layer else name
            path = present.pop(key, None)
            if layer and data.layer and layer != data.layer:
                data.incomplete[name] = f"{name} (--layer {data.layer})"
            elif path is None:
                data.incomplete[name] = name
                report.problems.append(_absent("E0200", "ledger", key, ward.shown(ward.ledger_path(name, layer or None))))
            else:
                shown = ward.shown(path)
                reading = parse_ledger(pending[path], shown) if path in pending else read_ledger(path, shown)
                _read_one(reading, layer, schema, data, report)
    report.problems += [
        _absent("E0201", "ledger", key, ward.shown(path))
        for key, path in present.items()
        if not data.layer or key.partition("/")[0] == data.layer
    ]
    report.counts = dict(sorted(report.counts.items()))


def _csv_files(folder: Path) -> list[Path]:
    """Two levels, no deeper: a link loop is never followed."""
    return sorted([*folder.glob("*.csv"), *folder.glob("*/*.csv")])


def _read_one(reading: Reading, layer: str, schema: LedgerSchema, data: Data, report: Report) -> None:
    report.problems += reading.problems
    if reading.table is None:
        data.incomplete[schema.name] = schema.name
        return
    ledger = Ledger(schema.name, layer, schema, reading.table, reading.complete)
    report.problems += check_ledger(ledger)
    if not ledger.columns:
        data.incomplete[schema.name] = schema.name
        return
    report.counts[f"{layer}/{schema.name}" if layer else schema.name] = len(ledger)
    data.ledgers.setdefault(schema.name, []).append(ledger)
