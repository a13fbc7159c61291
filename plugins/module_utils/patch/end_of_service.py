"""Which terminals run a version of Windows whose service has ended or ends soon.

The days are data with the day on which somebody looked (``policies/end_of_service.yml``): the vendor moves them. A version is recognised by
its name; a build that is another version's is said, because then either the ledger or the terminal is wrong.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..common.report import render, sheet

TEMPLATES = Path(__file__).resolve().parent / "templates"
#: states in which a terminal is not in use; others must be served
GONE = ("returned", "disposed")
#: after so many days the policy's own date is too old to rely on
STALE = 180
ENDED, ENDING, UNKNOWN, MISMATCH, SERVED = "終了", "まもなく終了", "版が不明", "版とビルドが不一致", "提供中"
VERDICTS = (ENDED, ENDING, MISMATCH, UNKNOWN, SERVED)
HEADER = ("資産番号", "コンピュータ名", "系統", "課コード", "状態", "OS", "ビルド", "サポート終了日", "残り日数", "判定")


@dataclass(frozen=True, slots=True)
class Finding:
    """One terminal. ``days`` left, negative after the end; ``None`` when the version is not known."""

    asset_id: str
    name: str
    layer: str
    section: str
    status: str
    version: str
    build: str
    end: dt.date | None
    days: int | None
    verdict: str

    @property
    def cells(self) -> tuple[object, ...]:
        """As :data:`HEADER`."""
        end = self.end.isoformat() if self.end else ""
        days = "" if self.days is None else self.days
        return (self.asset_id, self.name, self.layer, self.section, self.status, self.version, self.build, end, days, self.verdict)


def judge(policy: Mapping[str, Any], terminals: Iterable[tuple[str, Mapping[str, str]]], today: dt.date) -> list[Finding]:
    """Every terminal that is not gone, the worst first.

    :param policy: ``policies/end_of_service.yml``.
    :param terminals: layer and row of the ledgers ``terminals``.
    """
    versions = {str(one["name"]): (int(one["build"]), _date(one["end"])) for one in policy["versions"]}
    warn = int(policy["warn_days"])
    found = []
    for layer, row in terminals:
        if row["status"] in GONE:
            continue
        name, build = row["os_version"].strip(), row["os_build"].strip()
        number, end = versions.get(name, (0, None))
        days = (end - today).days if end else None
        verdict = _verdict(days, warn, mismatch=bool(build) and build.split(".")[0] != str(number))
        found.append(
            Finding(row["asset_id"], row["computer_name"], layer, row["dept_code"], row["status"], name, build, end, days, verdict)
        )
    return sorted(found, key=lambda one: (VERDICTS.index(one.verdict), one.days or 0, one.layer, one.asset_id))


def _verdict(days: int | None, warn: int, *, mismatch: bool) -> str:
    if days is None:
        return UNKNOWN
    if mismatch:
        return MISMATCH
    return ENDED if days < 0 else ENDING if days <= warn else SERVED


def report(policy: Mapping[str, Any], found: Sequence[Finding], today: dt.date) -> dict[str, bytes]:
    """``end-of-service.csv`` (every terminal) and ``.html`` (numbers by version, and by section for what needs somebody)."""
    counts = Counter((one.version or "（空）", one.end, one.verdict) for one in found)
    layers = sorted({one.layer for one in found})
    by_layer = Counter((one.version or "（空）", one.end, one.verdict, one.layer) for one in found)
    rows = [
        {
            "version": version,
            "end": end,
            "verdict": verdict,
            "count": count,
            "layers": [by_layer[version, end, verdict, layer] for layer in layers],
        }
        for (version, end, verdict), count in sorted(
            counts.items(), key=lambda item: (VERDICTS.index(item[0][2]), item[0][1] or dt.date.max, item[0][0])
        )
    ]
    sections = Counter((one.section or "（なし）", one.version or "（空）", one.verdict) for one in found if one.verdict != SERVED)
    as_of = _date(policy["as_of"])
    data = {
        "today": today,
        "as_of": as_of,
        "stale": (today - as_of).days > STALE,
        "source": policy["source"],
        "warn": policy["warn_days"],
        "layers": layers,
        "rows": rows,
        "total": len(found),
        "sections": sorted((*key, count) for key, count in sections.items()),
        "styles": {ENDED: "bad", ENDING: "warn", UNKNOWN: "warn", MISMATCH: "warn", SERVED: "good"},
    }
    page = render("end_of_service.html", data, TEMPLATES)
    return {"end-of-service.csv": sheet(HEADER, (one.cells for one in found)), "end-of-service.html": page.encode()}


def _date(value: dt.date | str) -> dt.date:
    return value if isinstance(value, dt.date) else dt.date.fromisoformat(value)
