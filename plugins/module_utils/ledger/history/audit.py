"""An auditor's sample: each asset's way from delivery to disposal, step by step, with what proves it, and every gap by name."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...common.problems import WardopsError, fail
from ...common.report import sheet
from .timeline import Entry, History, Timeline
from .view import View, clean

_EVENTS = "asset_events"
_FINAL = ("wiped", "disposed")


@dataclass(slots=True)
class Asset:
    """:param steps: plain data, one a step of life. :param gaps: what is missing or does not fit, in Japanese; empty: explained."""

    asset_id: str
    name: str
    status: str
    status_ja: str
    steps: list[dict[str, Any]] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)


def draw(history: History, count: int, seed: str, *, status: str = "", since: str = "", until: str = "") -> list[str]:
    """Assets at random out of those whose life is recorded; the same seed and ledgers draw the same.

    :param status: only assets that are in this state now, for example ``disposed``.
    :param since, until: only assets with a step on these days.
    :raises WardopsError: E1104 when there is none, E0100-E0116 (the ledger).
    """
    if not history.ward.has(_EVENTS):
        raise fail("E1104", reason_ja="資産経歴台帳がありません", reason="there is no ledger asset_events")
    last: dict[str, str] = {}
    within: set[str] = set()
    rows = sorted(history.ward.table(_EVENTS).dicts(), key=lambda row: (row["asset_id"], int(row["number"] or 0)))
    for row in rows:
        last[row["asset_id"]] = row["to_status"]
        if (not since or row["date"] >= since) and (not until or row["date"] <= until):
            within.add(row["asset_id"])
    chosen = sorted(asset for asset in within if not status or last[asset] == status)
    if not chosen:
        raise fail("E1104", reason_ja="条件に合う経歴がありません", reason="no recorded life fits")
    return sorted(random.Random(seed).sample(chosen, min(count, len(chosen))))  # noqa: S311 - must be repeatable, not secret


def explain(history: History, view: View, asset_id: str) -> Asset:
    """One asset's way. An asset that no history knows is a gap, not an error: the others are still explained."""
    try:
        timeline = history.tell(asset_id)
    except WardopsError as error:
        return Asset(asset_id, "", "", "", gaps=[problem.text("ja") for problem in error.problems])
    asset_id = timeline.subject.words[0]
    name, status = _now(history, asset_id)
    asset = Asset(asset_id, name, status, view.state(status))
    found = _events(timeline, asset_id, asset)
    before: Mapping[str, str] | None = None
    for entry, cells in found:
        asset.steps.append(_step(view, entry, cells))
        asset.gaps += _gaps(view, entry, cells, before)
        asset.gaps += _partner_gaps(history, asset_id, cells)
        before = cells
    asset.steps += _runs(view, timeline)
    asset.steps.sort(key=lambda step: (step["date"], step["order"]))
    if not found:
        asset.gaps.append("経歴（asset_events）が 1 件もありません")
    elif status and before and before["to_status"] != status:
        asset.gaps.append(f"台帳の状態「{asset.status_ja}」が最後の経歴「{view.state(before['to_status'])}」と違います")
    asset.gaps += _silent(timeline, asset_id) + _open(history, view, asset_id) + [ja for ja, _ in timeline.notes]
    return asset


def _now(history: History, asset_id: str) -> tuple[str, str]:
    """Computer name and state in the ledger of today; empty when it has no row there."""
    schema = history.schemas.ledgers.get("terminals")
    for layer in schema.layers if schema else ():
        if history.ward.has("terminals", layer):
            for row in history.ward.table("terminals", layer).dicts():
                if row.get("asset_id") == asset_id:
                    return row.get("computer_name", ""), row.get("status", "")
    return "", ""


def _events(timeline: Timeline, asset_id: str, asset: Asset) -> list[tuple[Entry, Mapping[str, str]]]:
    """The steps by their numbers; a step that was changed or taken out afterwards is a gap."""
    found: dict[int, tuple[Entry, Mapping[str, str]]] = {}
    for entry in timeline.entries:
        for event in entry.rows if entry.kind == "commit" else ():
            if event.ledger != _EVENTS or not event.key or event.key[0] != asset_id:
                continue
            number = int(event.key[1]) if event.key[1].isdigit() else 0
            if event.before is not None:
                word = "削除" if event.after is None else "変更"
                asset.gaps.append(f"経歴 {number} が後から{word}されています（コミット {entry.commit[:12]}）")
            if event.after is not None:
                found[number] = (found[number][0] if number in found else entry, event.after)
            else:
                found.pop(number, None)
    return [found[number] for number in sorted(found)]


def _step(view: View, entry: Entry, cells: Mapping[str, str]) -> dict[str, Any]:
    words = entry.words
    return {
        "order": 0,
        "date": cells.get("date", ""),
        "what": view.step(cells),
        "ticket": cells.get("ticket", ""),
        "role": cells.get("role", ""),
        "commit": entry.commit[:12],
        "request": entry.request,
        "author": words.author if words else "",
        "proof": cells.get("proof", ""),
        "section": cells.get("dept_code", ""),
    }


def _gaps(view: View, entry: Entry, cells: Mapping[str, str], before: Mapping[str, str] | None) -> list[str]:
    step = f"経歴 {cells.get('number')}（{cells.get('date')}）"
    gaps = []
    came_from = view.state(cells.get("from_status", "")) or "（なし）"
    if before is None and cells.get("from_status"):
        gaps.append(f"{step}：納品の記録がなく、「{came_from}」から始まっています")
    if before is not None and cells.get("from_status", "") != before.get("to_status", ""):
        gaps.append(f"{step}：前の状態「{came_from}」が、直前の経歴の「{view.state(before.get('to_status', ''))}」と続きません")
    if before is not None and cells.get("date", "") < before.get("date", ""):
        gaps.append(f"{step}：直前の経歴より前の日付です")
    if not cells.get("ticket"):
        gaps.append(f"{step}：チケット番号がありません")
    elif entry.words and not entry.bottom and entry.words.ticket != cells["ticket"]:
        other = f"は {entry.words.ticket} で、一致しません" if entry.words.ticket else "がありません"
        gaps.append(f"{step}：コミット {entry.commit[:12]} のチケット番号{other}")
    if before is None and not cells.get("from_status") and not entry.request and not entry.bottom:
        gaps.append(f"{step}：納品がマージリクエストを経ていません（コミット {entry.commit[:12]}）")
    if cells.get("to_status") in _FINAL and not cells.get("proof"):
        gaps.append(f"{step}：消去・廃棄の証跡名がありません")
    return gaps


def _partner_gaps(history: History, asset_id: str, cells: Mapping[str, str]) -> list[str]:
    """A replacement has two halves with one ticket."""
    partner = cells.get("partner", "")
    if not partner or not history.ward.has(_EVENTS):
        return []
    rows = [row for row in history.ward.table(_EVENTS).dicts() if row["asset_id"] == partner and row["partner"] == asset_id]
    step = f"経歴 {cells.get('number')}（{cells.get('date')}）"
    if not rows:
        return [f"{step}：相手 {partner} の側に、対になる経歴がありません"]
    if all(row["ticket"] != cells.get("ticket") for row in rows):
        return [f"{step}：相手 {partner} の経歴とチケット番号が違います"]
    return []


def _silent(timeline: Timeline, asset_id: str) -> list[str]:
    """Commits that change the state in a ledger but leave no step in asset_events."""
    gaps = []
    for entry in timeline.entries:
        events = {event.key[0] for event in entry.rows if event.ledger == _EVENTS}
        for event in entry.rows if entry.kind == "commit" else ():
            changed = event.before is not None and event.after is not None and "status" in event.columns()
            if event.ledger == "terminals" and event.key == (asset_id,) and changed and asset_id not in events:
                gaps.append(f"{entry.day}：状態が変わりましたが、経歴がありません（コミット {entry.commit[:12]}）")
    return gaps


def _open(history: History, view: View, asset_id: str) -> list[str]:
    """What should have followed by now and did not."""
    if not history.ward.has("follow_ups"):
        return []
    today = history.ward.today.isoformat()
    rows = [row for row in history.ward.table("follow_ups").dicts() if row["asset_id"] == asset_id]
    late = [row for row in rows if row["state"] == "open" and row["due_on"] < today]
    return [f"経歴 {row['number']}：後続作業「{view.system(row['system'])}」が未了です（期限 {row['due_on']}）" for row in late]


def _runs(view: View, timeline: Timeline) -> list[dict[str, Any]]:
    """What was done to it in other systems."""
    found = []
    for entry in timeline.entries:
        if entry.done is not None and entry.done.actions:
            run = view.entry(entry)["run"]
            what = (
                f"{run['purpose']}："
                + "、".join(f"{item['action_ja']} {item['key']}" for item in run["actions"])
                + f"（{run['status_ja']}）"
            )
            blank = dict.fromkeys(("ticket", "role", "commit", "request", "section"), "")
            found.append({**blank, "order": 1, "date": entry.day, "what": what, "author": entry.done.who, "proof": run["run_id"]})
    return found


def plain(assets: list[Asset], seed: str) -> dict[str, Any]:
    """The whole sample as plain data."""
    return {
        "seed": seed,
        "count": len(assets),
        "with_gaps": sum(bool(asset.gaps) for asset in assets),
        "assets": [
            {
                "asset_id": one.asset_id,
                "name": one.name,
                "status": one.status,
                "status_ja": one.status_ja,
                "steps": one.steps,
                "gaps": one.gaps,
            }
            for one in assets
        ],
    }


def text(data: Mapping[str, Any]) -> str:
    """For a terminal."""
    lines = [f"監査抽出：{data['count']} 台、うち欠落のあるもの {data['with_gaps']} 台（種 {clean(data['seed'])}）"]
    for asset in data["assets"]:
        lines += ["", clean(f"{asset['asset_id']}  {asset['name']}  {asset['status_ja']}")]
        for step in asset["steps"]:
            parts = [step[name] for name in ("ticket", "request", "commit", "proof") if step[name]]
            lines.append(clean(f"  {step['date']}  {step['what']}  {' / '.join(parts)}"))
        lines += [clean(f"  欠落：{gap}") for gap in asset["gaps"]] or ["  欠落なし"]
    return "\n".join(lines) + "\n"


def table(data: Mapping[str, Any]) -> bytes:
    """CSV for Excel: one line a step, one a gap."""
    header = ["管理番号", "コンピュータ名", "現在の状態", "区分", "日付", "内容", "チケット", "MR", "コミット", "記録者", "役割", "証跡"]
    rows = []
    for asset in data["assets"]:
        head = [asset["asset_id"], asset["name"], asset["status_ja"]]
        names = ("date", "what", "ticket", "request", "commit", "author", "role", "proof")
        rows += [[*head, "経過", *(clean(step[name]) for name in names)] for step in asset["steps"]]
        rows += [[*head, "欠落", "", clean(gap), "", "", "", "", "", ""] for gap in asset["gaps"]]
    return sheet(header, rows)
