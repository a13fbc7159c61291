"""Reports of the registration: what ends soon, security USB against the console, terminals that are seldom used."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..common.report import render, sheet
from ..common.ward import Ward
from .layout import Row
from .registration import Registration

TEMPLATES = Path(__file__).resolve().parent / "templates"
_STATES = {"active": "使用中", "stock": "在庫", "lost": "紛失", "disposed": "廃棄"}


def expiring(ward: Ward, devices: list[Row], days: int) -> list[Row]:
    """USB devices in use whose permission ends within so many days, or has ended; the next to end first."""
    today, rows = ward.today, []
    last = (today + dt.timedelta(days=days)).isoformat()
    for row in devices:
        if row["status"] == "active" and row["valid_to"] and row["valid_to"] <= last:
            with contextlib.suppress(ValueError):  # not a date: the row is reported with E1503
                rows.append({**row, "days": str((dt.date.fromisoformat(row["valid_to"]) - today).days)})
    return sorted(rows, key=lambda row: (row["valid_to"], row["device_id"]))


def secure_usb(ward: Ward, devices: list[Row], actual: Mapping[str, Row]) -> list[Row]:
    """Security USB devices (I-12-(8)): ledger state against what the console allows; only those that do not agree.

    In stock or disposed, yet allowed; in use, yet unknown to the console; lost, yet not denied.
    """
    secure = [row for row in devices if row["kind"] == "secure_usb"]
    serials = {row["serial"].upper() for row in secure}
    same_serial = ((serial, row) for row in actual.values() if (serial := row["serial"].upper()) in serials)
    registered = {(row["vid"], row["pid"], serial): row for serial, row in same_serial}
    today, found = ward.today.isoformat(), []
    for row in secure:
        console = registered.get((row["vid"], row["pid"], row["serial"].upper()))
        allowed = console is not None and console.get("permission") != "deny"
        wrong = {
            "active": console is None and (not row["valid_to"] or row["valid_to"] >= today),
            "lost": allowed,
        }.get(row["status"], console is not None)
        if wrong:
            state = "許可" if allowed else "禁止" if console else "未登録"
            found.append({**row, "state": _STATES.get(row["status"], row["status"]), "console": state})
    return found


def secure_usb_counts(devices: list[Row]) -> Counter[str]:
    """How many security USB devices are in which state, in Japanese words."""
    return Counter(_STATES.get(row["status"], row["status"]) for row in devices if row["kind"] == "secure_usb")


def seldom_used(ward: Ward, terminals: list[Row], actual: Mapping[str, Row], days: int) -> list[Row]:
    """Terminals in use that the console has not seen for so many days, or never; the longest first (I-8-(10))."""
    used = {row["computer_name"]: row.get("last_used", "") for row in actual.values()}
    border = (ward.today - dt.timedelta(days=days)).isoformat()
    rows = [
        {**row, "last_used": used[row["computer_name"]]}
        for row in terminals
        if row["status"] in ("active", "lent") and row["computer_name"] in used and used[row["computer_name"]] < border
    ]
    return sorted(rows, key=lambda row: (row["last_used"], row["computer_name"]))


_TABLES: dict[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    "difference": ("登録の差分", (("action", "処理"), ("key", "キー"), ("detail", "内容"))),
    "rest": ("前回のファイルの後に残った差異", (("key", "キー"), ("ja", "理由"))),
    "refused": ("登録できない行", (("key", "行"), ("ja", "理由"))),
    "expiring": (
        "期限が近い・切れたUSB機器",
        (("device_id", "管理番号"), ("dept_code", "課"), ("use", "使用目的"), ("valid_to", "期限"), ("days", "残り日数")),
    ),
    "secure_usb": (
        "セキュリティUSBの不一致",
        (("device_id", "管理番号"), ("serial", "シリアル"), ("state", "台帳"), ("console", "コンソール")),
    ),
    "seldom_used": (
        "使用履歴の低い端末",
        (("computer_name", "コンピュータ名"), ("dept_code", "課"), ("site", "拠点"), ("last_used", "最終使用日")),
    ),
}
_ACTIONS = {"add": "新規", "change": "変更", "remove": "削除", "held": "保留"}


def tables_of(done: Registration, more: Mapping[str, list[Row]]) -> dict[str, list[Row]]:
    """The report's tables, as data."""
    difference = []
    for item in done.plan.actions():
        before, after = item["before"] or {}, item["after"] or {}
        detail = ", ".join(
            f"{name}: {before.get(name, '')} → {after.get(name, '')}" for name in (after or before) if before.get(name) != after.get(name)
        )
        difference.append({"action": _ACTIONS[item["action"]], "key": item["key"], "detail": detail})
    refused = [{"key": problem.where, "ja": f"{problem.code} {problem.text('ja')}"} for problem in done.problems]
    return {"difference": difference, "rest": done.rest, "refused": refused, **more}


def page(title: str, subtitle: str, tables: Mapping[str, list[Row]], *, verified: bool) -> str:
    """The report as one HTML page."""
    parts = [{"title": _TABLES[name][0], "columns": _TABLES[name][1], "rows": rows} for name, rows in tables.items()]
    data: dict[str, Any] = {"title": title, "subtitle": subtitle, "parts": parts, "verified": verified}
    return render("skysea.html", data, TEMPLATES)


def sheets(tables: Mapping[str, list[Row]]) -> dict[str, bytes]:
    """The same tables for Excel, by file name."""
    return {
        f"{name}.csv": sheet([title for _, title in _TABLES[name][1]], ([row.get(key, "") for key, _ in _TABLES[name][1]] for row in rows))
        for name, rows in tables.items()
    }
