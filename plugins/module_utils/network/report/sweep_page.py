"""The table of a reachability sweep as files: a page for the drill's board, CSV for Excel, JSON for programs."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict
from pathlib import Path

from ...common.report import render, sheet
from ..sweep import LABELS, Sweep

TEMPLATES = Path(__file__).resolve().parent / "templates"


def files(sweep: Sweep) -> dict[str, bytes]:
    """Name of each file and its bytes."""
    instant = sweep.at.astimezone(dt.UTC).isoformat(timespec="seconds")
    troubled = [finding for finding in sweep.findings if finding.state != "up"]
    data = {"sweep": sweep, "at": instant, "troubled": troubled, "labels": LABELS, "paper": "A4 landscape"}
    header = ["拠点", "機器", "役割", "アドレス", "状態", "送信", "応答", "平均ミリ秒", "原因とみられる機器"]
    rows = [
        [
            one.target.site,
            one.target.name,
            one.target.role,
            one.target.address,
            LABELS[one.state],
            one.reply.sent,
            one.reply.answered,
            "" if one.reply.milliseconds is None else one.reply.milliseconds,
            one.cause,
        ]
        for one in sweep.findings
    ]
    plain = {
        "layer": sweep.layer,
        "at": instant,
        "tries": sweep.tries,
        "wait_ms": sweep.wait,
        "sites": [asdict(site) | {"verdict": site.verdict} for site in sweep.sites],
        "devices": [
            {key: getattr(one.target, key) for key in ("name", "address", "site")}
            | {"state": one.state, "cause": one.cause}
            | asdict(one.reply)
            for one in sweep.findings
        ],
    }
    return {
        "reachability.html": render("sweep.html", data, TEMPLATES).encode(),
        "reachability.csv": sheet(header, rows),
        "reachability.json": (json.dumps(plain, ensure_ascii=False, indent=1) + "\n").encode(),
    }
