"""The files of the report 適用状況一覧: JSON that is kept, CSV for Excel, and one page with charts and a list that is drawn by need."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from ..common.report import sheet
from . import compliance_reasons as reasons
from .compliance import WORDS, Line, Row, Standing, by_update, tally
from .compliance_numbers import ORDER, STATES, counted, difference, local, section
from .compliance_page import page
from .compliance_source import Compliance

NAME = "patch-compliance"
_BY_RING = ("基準日", "系統", "リング", "部", "課コード", "課")
_COUNTS = ("対象", *(WORDS[one] for one in ORDER), "適用率", "前日差")


def files(made: Compliance, encoding: str = "utf-8-sig") -> dict[str, bytes]:
    """All files by name; the same data give the same bytes.

    :param encoding: of the CSV files: ``utf-8-sig`` or ``cp932``.
    :raises WardopsError: E0124 (a character that the encoding has not).
    """
    content = data(made)
    return {
        f"{NAME}.json": json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n",
        f"{NAME}.csv": sheet((*_BY_RING, *_COUNTS), _summary(made), encoding),
        f"{NAME}-terminals.csv": sheet(_TERMINALS, (_terminal(made, line) for line in made.lines), encoding),
        f"{NAME}-updates.csv": sheet(_UPDATES, _updates(made), encoding),
        f"{NAME}-outsiders.csv": sheet(_OUTSIDERS, _outsiders(made), encoding),
        f"{NAME}.html": page(made, content).encode(),
    }


def _summary(made: Compliance) -> list[tuple[object, ...]]:
    """One row for each section of each ring."""

    def key(line: Line) -> tuple[str, ...]:
        return (line.ring, line.dept)

    grown = difference(made, key)
    return [
        (made.day, made.request.layer, row.key[0], *section(made, row.key[1]), *counted(row, grown[row.key] if made.before else None))
        for row in tally(made.lines, key)
    ]


_TERMINALS = (
    "基準日",
    "系統",
    "端末",
    "リング",
    "部",
    "課コード",
    "課",
    "機種",
    "状況",
    "未適用KB",
    "失敗KB",
    "最終報告",
    "最終動作",
    "理由",
    "対応",
)


def _terminal(made: Compliance, line: Line) -> tuple[object, ...]:
    cause = made.causes.get(line.name)
    why = reasons.WORDS[cause.reason] if cause else ("", "")
    sign = cause.sign if cause else line.report
    lacking = "、".join(kb for kb, _ in line.open)
    where = (made.day, made.request.layer, line.name, line.ring, *section(made, line.dept), line.model)
    return (*where, WORDS[line.standing], lacking, "、".join(line.failed), local(line.report), local(sign), *why)


_UPDATES = ("基準日", "系統", "KB", "更新プログラム", "リング", *STATES.values(), "計")


def _updates(made: Compliance) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for ring in made.rings:
        places = [line.place for line in made.lines if line.ring == ring.code and line.place >= 0]
        for update, counts in by_update(made.cycle.plan, made.snapshot, places):
            numbers = tuple(counts[state] for state in STATES) if counts else ("",) * len(STATES)
            total = sum(counts.values()) if counts else ""
            rows.append((made.day, made.request.layer, " ".join(update.kbs), update.title, ring.code, *numbers, total))
    return rows


_OUTSIDERS = ("基準日", "系統", "コンピューター", "ID", "区分", "対応", "備考", "最終報告", "AD最終ログオン")


def _outsiders(made: Compliance) -> list[tuple[object, ...]]:
    where = (made.day, made.request.layer)
    return [(*where, one.name, one.id, *reasons.WORDS[one.reason], one.note, local(one.report), local(one.logon)) for one in made.outsiders]


def data(made: Compliance) -> dict[str, Any]:
    """Everything as plain data: what the page and the CSV say, for programs."""
    plan = made.cycle.plan
    total = tally(made.lines, lambda _: ())[0]
    return {
        "format": 1,
        "layer": made.request.layer,
        "cycle": plan.name,
        "digest": plan.digest,
        "limit": made.request.limit,
        "snapshot": made.snapshot.at,
        "day": made.day.isoformat(),
        "before": made.before.isoformat() if made.before else None,
        "logons_as_of": made.logons.as_of.isoformat() if made.logons else None,
        "total": _numbers(total),
        "rings": [{"ring": row.key[0], **_numbers(row)} for row in tally(made.lines, lambda line: (line.ring,))],
        "sections": [{"dept": row.key[0], **_numbers(row)} for row in tally(made.lines, lambda line: (line.dept,))],
        "models": [{"model": row.key[0], **_numbers(row)} for row in tally(made.lines, lambda line: (line.model,))],
        "days": [
            {"day": one.day.isoformat(), "damaged": one.damaged, "counts": _words(one.counts) if one.counts is not None else None}
            for one in made.days
        ],
        "reasons": dict(sorted(Counter(str(cause.reason) for cause in made.causes.values()).items())),
        "outsiders": dict(sorted(Counter(str(one.reason) for one in made.outsiders).items())),
        "relapsed": sorted({name for _, name in made.relapsed}),
        "notes": made.notes,
        "terminals": [_kept(made, line) for line in made.lines if line.standing is not Standing.DONE or line.name in made.causes],
    }


def _words(counts: Any) -> dict[str, int]:
    return {one.name.lower(): counts.get(one, 0) for one in Standing}


def _numbers(row: Row) -> dict[str, Any]:
    return {"target": row.target, **_words(row.counts), "percent": None if row.percent is None else round(row.percent, 2)}


def _kept(made: Compliance, line: Line) -> dict[str, Any]:
    cause = made.causes.get(line.name)
    return {
        "name": line.name,
        "ring": line.ring,
        "dept": line.dept,
        "standing": line.standing.name.lower(),
        "open": [kb for kb, _ in line.open],
        "failed": list(line.failed),
        "report": line.report.isoformat() if line.report else None,
        "reason": str(cause.reason) if cause else None,
    }
