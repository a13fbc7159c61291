"""The paper for the meeting (協議資料): what, why, when, who, how many, at which risk. One page, a table for Excel, a PDF to be signed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..common import report
from .cycle import CyclePlan, Planned
from .decisions import TOKYO, Decisions

_TEMPLATES = Path(__file__).resolve().parent / "templates"
_KINDS = {"skip": "対象外", "refuse": "契約対象外", "hold": "保留", "exclude": "除外", "superseded": "置換え済み"}
_HEADER = ("区分", "KB", "題名", "分類", "深刻度", "理由", "危険度", "更新ID", "リビジョン")


def files(
    plan: CyclePlan, decisions: Decisions, sizes: Mapping[tuple[str, str], int], now: dt.datetime, *, pdf: bool = False
) -> dict[str, bytes]:
    """File name → content.

    :param sizes: terminals by layer and ring.
    """
    name = f"patch-{plan.name}"
    html = report.render("patch_sheet.html", _data(plan, decisions, sizes, now), _TEMPLATES)
    found = {f"{name}.html": html.encode(), f"{name}.csv": report.sheet(_HEADER, _rows(plan))}
    if pdf:
        found[f"{name}.pdf"] = report.pdf(html)
    return found


def risk(update: Planned) -> str:
    """What the ward should know before it agrees."""
    words = [
        "" if update.uninstallable else "適用後に戻せない",
        "利用者の操作を求める（期限を付けない）" if update.asks_user else "",
        "使用許諾への同意が必要" if update.eula else "",
    ]
    return "、".join(word for word in words if word) or "再起動 1 回"


def _data(plan: CyclePlan, decisions: Decisions, sizes: Mapping[tuple[str, str], int], now: dt.datetime) -> dict[str, Any]:
    return {
        "paper": "A4",
        "made": now.astimezone(dt.UTC).isoformat(),
        "plan": plan,
        "digest": plan.digest,
        "release": plan.release,
        "updates": [{"kb": " ".join(f"KB{kb}" for kb in one.kbs), "risk": risk(one), "one": one} for one in plan.updates],
        "dates": [
            {
                "layer": one.layer,
                "ring": one.ring,
                "day": report.japanese_date(one.day),
                "deadline": f"{report.japanese_date(one.deadline.astimezone(TOKYO).date())} {one.deadline.astimezone(TOKYO):%H:%M}",
                "size": sizes.get((one.layer, one.ring), 0),
                "why": one.why,
            }
            for one in plan.dates
        ],
        "total": sum(sizes.values()),
        "left_out": [{**one, "kind": _KINDS.get(one["decision"], one["decision"])} for one in plan.left_out],
        "exclusions": decisions.exclusions,
        "approvals": [one for one in decisions.approvals if plan.digest.startswith(one.plan)],
    }


def _rows(plan: CyclePlan) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = [
        ("適用", " ".join(one.kbs), one.title, one.classification, one.severity, one.reason, risk(one), one.id.guid, one.id.revision)
        for one in plan.updates
    ]
    return rows + [
        (_KINDS.get(one["decision"], one["decision"]), one["kb"], one["title"], "", "", one["reason"], "", one["update"], "")
        for one in plan.left_out
    ]
