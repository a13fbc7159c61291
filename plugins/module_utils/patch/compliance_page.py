"""The page of the report 適用状況一覧: a summary with charts that needs no script, and a list of terminals that is drawn by need."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..common.report import render
from . import compliance_charts as charts
from . import compliance_reasons as reasons
from .compliance import OPEN, WORDS, Line, Row, Standing, by_update, tally
from .compliance_numbers import ORDER, STATES, counted, difference, local, section
from .compliance_source import Compliance
from .end_of_service import SERVED, VERDICTS
from .model import State

TEMPLATES = Path(__file__).resolve().parent / "templates"
#: how many sections, models and updates a chart shows; all are in the tables
_CHARTED = 25
_AS_STANDING = {State.FAILED: Standing.FAILED, State.INSTALLED_PENDING_REBOOT: Standing.RESTART}
#: days since the last report: up to → label
_AGES = ((1, "1日以内"), (3, "3日以内"), (7, "7日以内"), (14, "14日以内"), (30, "30日以内"))


def page(made: Compliance, content: dict[str, Any]) -> str:
    """One self-contained page. Its summary needs no script; the list of terminals is drawn row by row from packed data."""
    from markupsafe import Markup  # noqa: PLC0415 - comes with Jinja2, which is loaded late

    script = (TEMPLATES / "patch_compliance.js").read_text(encoding="utf-8")
    rings = tally(made.lines, lambda line: (line.ring,))
    sections = tally(made.lines, lambda line: (line.dept,))
    by_ring, by_dept = difference(made, lambda line: (line.ring,)), difference(made, lambda line: (line.dept,))
    total = tally(made.lines, lambda _: ())[0]
    values = {
        "found": made,
        "content": content,
        "paper": "A4 landscape",
        "standings": [(one, WORDS[one]) for one in ORDER],
        "counted": counted,
        "total": total,
        "grown": sum(by_ring.values()) if made.before else None,
        "rings": [(row, _ring(made, row.key[0]), by_ring[row.key] if made.before else None) for row in rings],
        "sections": [(row, section(made, row.key[0]), by_dept[row.key] if made.before else None) for row in sections],
        "adds_up": {
            sum(total.counts.values()),
            sum(sum(row.counts.values()) for row in rings),
            sum(sum(r.counts.values()) for r in sections),
        },
        "updates": _by_kb(made),
        "states": list(STATES.values()),
        "models": sorted(tally(made.lines, lambda line: (line.model,)), key=lambda row: (-row.counts[Standing.FAILED], row.key)),
        "reasons": [(*reasons.WORDS[one], count) for one, count in _by_reason([cause.reason for cause in made.causes.values()])],
        "classes": [(*reasons.WORDS[one], count) for one, count in _by_reason([one.reason for one in made.outsiders])],
        "words": reasons.WORDS,
        "services": _services(made),
        "figures": [(title, Markup(svg)) for title, svg in _figures(made, rings, sections) if svg],  # noqa: S704 - our own SVG, escaped
        "script": Markup(script),  # noqa: S704 - our own file
        "script_hash": base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        "packed": Markup(_script_text(_packed(made))),  # noqa: S704 - cannot end its element
        "local": local,
    }
    return render("patch_compliance.html", values, TEMPLATES)


def _script_text(content: Any) -> str:
    """JSON that may stand inside a ``script`` element: no ``<``, so nothing in it ends or comments out the element."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _ring(made: Compliance, code: str) -> str:
    return next((f"{ring.code} {ring.name}" for ring in made.rings if ring.code == code), code)


def _by_reason(found: Sequence[reasons.Reason]) -> list[tuple[reasons.Reason, int]]:
    counts = Counter(found)
    return [(one, counts[one]) for one in reasons.Reason if counts[one]]


def _by_kb(made: Compliance) -> list[tuple[str, str, list[int] | None]]:
    places = [line.place for line in made.lines if line.place >= 0]
    return [
        (" ".join(one.kbs), one.title, [counts[state] for state in STATES] if counts else None)
        for one, counts in by_update(made.cycle.plan, made.snapshot, places)
    ]


def _services(made: Compliance) -> list[tuple[str, str, str, int]]:
    counts = Counter((one.verdict, one.version or "（空）", one.end.isoformat() if one.end else "") for one in made.services)
    order = sorted(counts.items(), key=lambda item: (VERDICTS.index(item[0][0]), item[0]))
    return [(*key, count) for key, count in order if key[0] != SERVED] + [
        (SERVED, "（計）", "", sum(count for key, count in counts.items() if key[0] == SERVED))
    ]


def _packed(made: Compliance) -> dict[str, Any]:
    """The list of terminals by column; states of an update as one text, a digit a terminal (``-``: left out)."""
    lines, known = made.lines, made.cycle.plan.updates
    causes = [made.causes.get(line.name) for line in lines]
    words = {str(one): reasons.WORDS[one] for one in sorted({cause.reason for cause in causes if cause})}
    rows = {update.id.guid: made.snapshot.states.get(update.id.guid) for update in known}
    return {
        "names": [line.name for line in lines],
        "rings": [line.ring for line in lines],
        "depts": [line.dept for line in lines],
        "models": [line.model for line in lines],
        "standings": "".join(str(int(line.standing)) for line in lines),
        "open": [len(line.open) for line in lines],
        "reports": [local(line.report) for line in lines],
        "signs": [local(cause.sign if cause else line.report) for cause, line in zip(causes, lines, strict=True)],
        "reasons": [str(cause.reason) if cause else "" for cause in causes],
        "kbs": [[" ".join(one.kbs), one.title] for one in known],
        "states": [
            "".join(row[line.place] if line.place >= 0 else "-" for line in lines) if (row := rows[one.id.guid]) else "" for one in known
        ],
        "words": {
            "standings": [WORDS[one] for one in Standing],
            "states": [STATES[one] for one in State],
            "reasons": words,
            "rings": {ring.code: f"{ring.code} {ring.name}" for ring in made.rings},
            "depts": {code: " ".join(filter(None, (code, section(made, code)[2]))) for code in sorted({line.dept for line in lines})},
        },
    }


def _figures(made: Compliance, rings: Sequence[Row], sections: Sequence[Row]) -> list[tuple[str, str]]:
    days = [one.counts or {} for one in made.days]
    gaps = ["" if one.counts is not None else "記録破損" if one.damaged else "記録なし" for one in made.days]
    daily = charts.columns("days", "日ごとの適用状況", [f"{one.day:%m/%d}" for one in made.days], charts.parts(days), gaps)
    return [
        ("日ごとの適用状況（台）", daily),
        ("リングごと（台）", _bars("rings", "リングごとの適用状況", [(_ring(made, row.key[0]), row) for row in rings])),
        ("課ごと（対応が要る台数の多い順）", _sections_chart(made, sections)),
        ("機種ごとの失敗（失敗／報告のあった台数）", _models_chart(made)),
        ("KB ごとの失敗・未適用（台。未通信の端末は最後の報告による）", _updates_chart(made)),
        ("最終報告からの日数（台）", _ages_chart(made)),
    ]


def _bars(name: str, title: str, rows: Sequence[tuple[str, Row]]) -> str:
    ends = ["" if row.percent is None else f"{row.percent:.1f}%" for _, row in rows]
    return charts.bars(name, title, [label for label, _ in rows], charts.parts([row.counts for _, row in rows]), ends)


def _sections_chart(made: Compliance, sections: Sequence[Row]) -> str:
    def open_ones(row: Row) -> int:
        return sum(row.counts[one] for one in OPEN)

    worst = sorted((row for row in sections if open_ones(row)), key=lambda row: (-open_ones(row), row.key))[:_CHARTED]
    counts = [{one: row.counts[one] for one in OPEN} for row in worst]
    labels = [" ".join(filter(None, section(made, row.key[0])[1:])) for row in worst]
    ends = [f"{open_ones(row):,} / {row.target:,}" for row in worst]
    return charts.bars("sections", "課ごとの対応が要る台数", labels, charts.parts(counts), ends)


def _models_chart(made: Compliance) -> str:
    told = frozenset((Standing.DONE, Standing.RESTART, Standing.LACKING, Standing.FAILED))
    rows = [row for row in tally(made.lines, lambda line: (line.model,)) if row.counts[Standing.FAILED]]
    rows = sorted(rows, key=lambda row: (-row.counts[Standing.FAILED], row.key))[:_CHARTED]
    ends = [f"{row.counts[Standing.FAILED]:,} / {sum(row.counts[one] for one in told):,}" for row in rows]
    failed = [{Standing.FAILED: row.counts[Standing.FAILED]} for row in rows]
    return charts.bars("models", "機種ごとの失敗", [row.key[0] or "（不明）" for row in rows], charts.parts(failed), ends)


def _updates_chart(made: Compliance) -> str:
    """Only what its ring has been offered counts: an update that is not approved yet is not lacking."""
    counts: dict[str, Counter[Standing]] = defaultdict(Counter)
    for line in made.lines:
        if line.standing in OPEN:
            for kb, state in line.open:
                counts[kb][_AS_STANDING.get(state, Standing.LACKING)] += 1
    worst = sorted(counts, key=lambda kb: (-counts[kb][Standing.FAILED], -counts[kb].total(), kb))[:_CHARTED]
    return charts.bars("updates", "KB ごとの失敗と未適用", [f"KB{kb}" for kb in worst], charts.parts([counts[kb] for kb in worst]))


def _ages_chart(made: Compliance) -> str:
    labels = [*(label for _, label in _AGES), "30日超", "報告なし"]
    ages = Counter(_age(made, line) for line in made.lines if line.place >= 0)
    return charts.columns("ages", "最終報告からの日数", labels, [charts.Series("台数", "#0072b2", "", [ages[label] for label in labels])])


def _age(made: Compliance, line: Line) -> str:
    if line.report is None:
        return "報告なし"
    passed = dt.datetime.fromisoformat(made.snapshot.at) - line.report
    return next((label for days, label in _AGES if passed <= dt.timedelta(days=days)), "30日超")
