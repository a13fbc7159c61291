"""The inventory report: one page with charts, a CSV file of each table for Excel, and the data as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...common.report import render, sheet
from .charts import bars
from .copy import Copy
from .expiring import expiring, overdue_loans
from .tables import Report, Terminal, by_age, by_model, by_os, by_ring, by_section, layer_titles, subnets, terminals, zones

_TEMPLATES = Path(__file__).resolve().parent / "templates"
#: rows of a table on the page; the CSV file has all
SHOWN = 40


def inventory_report(copy: Copy, digest: str, within: int = 90, encoding: str = "utf-8-sig") -> dict[str, bytes]:
    """The report's files by name.

    :param digest: says which data the report was made of.
    :param within: days in which something ends soon.
    :param encoding: of the CSV files, ``utf-8-sig`` or ``cp932``.
    :raises WardopsError: E0124 when a character does not exist in the encoding.
    """
    found = terminals(copy)
    reports = [
        by_section(copy, found),
        by_model(copy, found),
        by_age(copy, found),
        by_ring(copy, found),
        by_os(copy, found),
        zones(copy),
        subnets(copy),
        overdue_loans(copy),
        expiring(copy, within),
    ]
    head = {
        "ward": str(copy.ward.policy("ward").get("name", "")),
        "scope": copy.scope,
        "today": copy.ward.today.isoformat(),
        "digest": digest,
        "within": within,
    }
    files = {f"{report.name}.csv": sheet(report.header, report.rows, encoding) for report in reports}
    files["inventory.json"] = _json({**head, "tables": {report.name: _plain(report) for report in reports}})
    page = {**head, "reports": reports, "charts": _charts(copy, found, reports), "shown": SHOWN, "summary": _summary(copy, found, reports)}
    return {"inventory.html": render("inventory.html", page, _TEMPLATES).encode(), **files}


def _plain(report: Report) -> dict[str, Any]:
    return {"title": report.title, "header": report.header, "rows": report.rows, "marked": sorted(report.warn)}


def _json(data: Any) -> bytes:
    return (json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode()


def _summary(copy: Copy, found: Sequence[Terminal], reports: Sequence[Report]) -> list[tuple[str, int, str]]:
    """What one looks at first: words, number, the table that says more."""
    marked = {report.name: len(report.warn) for report in reports}
    counts = [
        (f"端末（{title}）", sum(terminal.layer == code for terminal in found), "by_section")
        for code, title in layer_titles(copy, found).items()
    ]
    old = sum(
        int(row[-1]) for report in reports if report.name == "by_age" for number, row in enumerate(report.rows) if number in report.warn
    )
    ends = next(len(report.rows) for report in reports if report.name == "expiring")
    return [
        *counts,
        ("購入から5年以上の端末", old, "by_age"),
        ("台数が範囲外のリング", marked["by_ring"], "by_ring"),
        ("80%以上使用のサブネット", marked["subnets"], "subnets"),
        ("返却期限を過ぎた貸出", marked["overdue_loans"], "overdue_loans"),
        ("期限が近い・過ぎたもの", ends, "expiring"),
    ]


def _charts(copy: Copy, found: Sequence[Terminal], reports: Sequence[Report]) -> dict[str, str]:
    layers = layer_titles(copy, found)
    named = {report.name: report for report in reports}
    first = {"by_model": 2, "by_age": 2, "os_builds": 1}
    charts = {name: _by_layer(named[name], list(layers.values()), column) for name, column in first.items()}
    charts["by_section"] = _divisions(named["by_section"], list(layers.values()))
    rows = named["zones"].rows
    used = {"使用": [int(row[3]) for row in rows], "空き": [int(row[5]) for row in rows]}
    charts["zones"] = bars("zones", named["zones"].title, [f"{row[0]} {row[1]}" for row in rows], used)
    rings: dict[str, list[int]] = {title: [] for title in layers.values()}
    codes = list(dict.fromkeys((row[0], row[1]) for row in named["by_ring"].rows))
    counted = {(row[0], row[2]): int(row[3]) for row in named["by_ring"].rows}
    for title, numbers in rings.items():
        numbers += [counted.get((code, title), 0) for code, _ in codes]
    charts["by_ring"] = bars("by_ring", named["by_ring"].title, [f"{code} {name}" for code, name in codes], rings)
    return charts


def _by_layer(report: Report, layers: Sequence[str], column: int) -> str:
    rows = report.rows[:15]
    series = {title: [int(row[column + number]) for row in rows] for number, title in enumerate(layers)}
    return bars(report.name, report.title, [str(row[0]) for row in rows], series)


def _divisions(report: Report, layers: Sequence[str]) -> str:
    """A hundred sections are too many for a picture: their divisions."""
    divisions = list(dict.fromkeys(str(row[2]) or "（部なし）" for row in report.rows))
    series = {title: [0] * len(divisions) for title in layers}
    for row in report.rows:
        for number, title in enumerate(layers):
            series[title][divisions.index(str(row[2]) or "（部なし）")] += int(row[3 + number])
    return bars(report.name, "部別の端末台数", divisions, series)
