"""The state of all configs as files: a page, CSV for Excel, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ...common.report import render, sheet
from ..store.approval import Drift
from ..store.history import Change
from .overview import CONDITIONS, Condition, DeviceState, Overview

TEMPLATES = Path(__file__).resolve().parent / "templates"
#: lines of one diff on the page; a replaced device would otherwise fill it
DIFF_LINES = 120
_KINDS = {"+": "add", "-": "remove", "@": "place"}


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line of a unified diff; ``kind`` is its class on the page."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Diff:
    """What the page shows of a diff, and how many lines it leaves out."""

    lines: tuple[DiffLine, ...]
    more: int


def shown_diff(diff: bytes) -> Diff:
    """A unified diff for the page: text that is no UTF-8 shows its bytes, nothing is dropped silently."""
    lines = diff.decode("utf-8", "backslashreplace").splitlines()
    return Diff(tuple(DiffLine(_KINDS.get(line[:1], "same"), line) for line in lines[:DIFF_LINES]), max(0, len(lines) - DIFF_LINES))


def files(found: Overview) -> dict[str, bytes]:
    """Name of each file and its bytes."""
    data = {
        "found": found,
        "conditions": CONDITIONS,
        "troubled": [device for device in found.devices if device.condition is not Condition.GOOD],
        "changed_devices": len({one.device for one in found.changed_since_approval}),
        "drift": _with_diffs(found.changed_since_approval),
        "never_approved": sorted({one.device for one in found.never_approved}),
        "unsaved": _with_diffs(found.unsaved),
        "changes": _with_diffs(found.changes),
        "paper": "A4 landscape",
    }
    header = ["機器", "拠点", "機種", "取得周期", "状態", "直近の試行", "結果", "詳細", "連続失敗", "最後に成功", "経路", "秒"]
    return {
        "configs.html": render("configs.html", data, TEMPLATES).encode(),
        "configs.csv": sheet(header, [_cells(device) for device in found.devices]),
        "configs.json": (json.dumps(_plain(found), ensure_ascii=False, indent=1) + "\n").encode(),
    }


def _with_diffs(found: Iterable[Drift | Change]) -> list[dict[str, object]]:
    return [
        {"device": one.device, "site": one.site, "command": one.command, "kind": one.kind, "diff": shown_diff(one.diff)} for one in found
    ]


def _cells(device: DeviceState) -> list[object]:
    start = [device.name, device.site, device.platform, device.every, CONDITIONS[device.condition]]
    row = device.row
    if row is None:
        return [*start, "", "", "", "", "", "", ""]
    return [*start, row.attempt_at, device.reason, row.detail, row.failures, row.success_at, row.via, row.seconds]


def _plain(found: Overview) -> dict[str, object]:
    return {
        "scope": found.scope,
        "at": found.at.isoformat(timespec="seconds"),
        "counts": {str(condition): found.count(condition) for condition in Condition},
        "devices": [
            {
                "name": device.name,
                "site": device.site,
                "condition": device.condition,
                "status": device.row.status if device.row else "",
                "last_attempt": device.row.attempt_at if device.row else "",
                "last_success": device.row.success_at if device.row else "",
                "failures": device.row.failures if device.row else 0,
            }
            for device in found.devices
        ],
        "drift": [{"device": one.device, "command": one.command, "kind": one.kind} for one in found.drift],
        "unsaved": [one.device for one in found.unsaved],
        "changed": [{"device": one.device, "command": one.command, "kind": one.kind} for one in found.changes],
        "gone": [row.device for row in found.gone],
        "excluded": list(found.excluded),
    }
