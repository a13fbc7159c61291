"""Texts that people get about a cycle: 周知文, 掲示文, 放送文, and 未適用案内 for each section (specification I-13-(7)(8), IV-2).

Rendered from the plan, the decisions and the day's snapshot. A ward that wants other words puts a file of the same name into
``policies/notices/``; it is data of the ward and is filled in a sandbox.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..common import report
from ..common.calendar import Calendar
from ..common.files import read_bytes
from ..common.problems import fail
from ..common.text import one_line
from .compliance import WORDS, Line, Standing, by_section
from .cycle import Cycle
from .decisions import TOKYO, Approved

_TEMPLATES = Path(__file__).resolve().parent / "templates" / "notices"
ANNOUNCEMENT, BOARD, BROADCAST, LACKING = "announcement", "board", "broadcast", "lacking"
KINDS = (ANNOUNCEMENT, BOARD, BROADCAST, LACKING)
WORDS_JA = {ANNOUNCEMENT: "周知文", BOARD: "掲示文", BROADCAST: "放送文", LACKING: "未適用案内"}
#: letters that an announcer reads in a minute; longer texts are noted with their length
LETTERS_A_MINUTE = 300
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Notice:
    """One text. :param section: whom it is for; empty: everybody."""

    kind: str
    subject: str
    text: str
    section: str = ""

    @property
    def file(self) -> str:
        return f"{WORDS_JA[self.kind]}{'-' if self.section else ''}{self.section}.txt"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the texts are made of.

    :param layers: code → name of the layers. :param sections: code → name.
    :param lines: of the layer's terminals on the day of the snapshot, ``at`` its instant; none without a snapshot.
    :param templates: the ward's own texts.
    """

    cycle: Cycle
    layer: str
    layers: Mapping[str, str]
    office: Mapping[str, str]
    sections: Mapping[str, str]
    calendar: Calendar
    templates: Path
    lines: tuple[Line, ...] = ()
    at: str = ""


def approval(cycle: Cycle, layer: str) -> Approved | None:
    """The record by which the layer's last ring goes, given for the plan as it is; ``None``: nothing may be sent."""
    last = _broad(cycle, layer)
    fit = [one for one in cycle.decisions.approvals if one.layer == layer and cycle.plan.digest.startswith(one.plan)]
    return next((one for one in fit if last is not None and one.ring == last.ring), None)


def _broad(cycle: Cycle, layer: str) -> Any:
    dates = [one for one in cycle.plan.dates if one.layer == layer]
    return max(dates, key=lambda one: one.day, default=None)


def general(facts: Facts) -> list[Notice]:
    """周知文, 掲示文 and 放送文 for the last ring of every layer of the plan. :raises WardopsError: E1975 (a template), E1976 (no date)."""
    data = _common(facts)
    return [_notice(facts, kind, data) for kind in (ANNOUNCEMENT, BOARD, BROADCAST)]


def lacking(facts: Facts) -> list[Notice]:
    """未適用案内, one for each section that has a terminal to look at. :raises WardopsError: E1975, E1976."""
    common = _common(facts)
    today = dt.datetime.fromisoformat(facts.at).astimezone(TOKYO).date() if facts.at else None
    if today is None:
        return []
    until = facts.calendar.on_or_after(today + 2 * _DAY)
    found = []
    for code, lines in by_section(facts.lines).items():
        name = facts.sections.get(code, "（課の分からない端末）")
        terminals = [_terminal(one) for one in lines]
        data = {**common, "section": {"code": code, "name": name}, "terminals": terminals, "at": facts.at, "until": until}
        found.append(_notice(facts, LACKING, data, code))
    return found


def _terminal(line: Line) -> dict[str, Any]:
    report_day = line.report.astimezone(TOKYO).date() if line.report else None
    kbs = " ".join(f"KB{kb}" if kb.isdigit() else kb for kb in dict.fromkeys(kb for kb, _ in line.open))
    return {"name": line.name, "word": WORDS[line.standing], "report": report_day, "kbs": kbs}


def _common(facts: Facts) -> dict[str, Any]:
    plan = facts.cycle.plan
    last = [one for layer in dict.fromkeys(one.layer for one in plan.dates) if (one := _broad(facts.cycle, layer))]
    if not last:
        raise fail("E1976", plan.name, cycle=plan.name, layer=facts.layer)
    places = [
        {
            "layer": facts.layers.get(one.layer, one.layer),
            "begin": one.day,
            "end": one.deadline.astimezone(TOKYO).date(),
            "end_time": f"{one.deadline.astimezone(TOKYO):%H:%M}",
        }
        for one in last
    ]
    begin, end = min(one["begin"] for one in places), max(one["end"] for one in places)
    return {
        "office": facts.office,
        "places": places,
        "begin": begin,
        "end": end,
        "after": facts.calendar.add(end, 1),
        "updates": plan.updates,
        "kbs": [f"KB{kb}" for one in plan.updates for kb in one.kbs],
        "pilot": _pilot(facts),
    }


def _pilot(facts: Facts) -> dict[str, int] | None:
    """What the rings before the last one say, of terminals that have reported; ``None`` before anybody has."""
    last = _broad(facts.cycle, facts.layer)
    before = [one for one in facts.lines if last and one.ring != last.ring]
    counts = {standing: sum(one.standing is standing for one in before) for standing in Standing}
    reported = sum(counts[one] for one in (Standing.DONE, Standing.RESTART, Standing.LACKING, Standing.FAILED))
    done = counts[Standing.DONE] + counts[Standing.RESTART]
    return {"reported": reported, "done": done, "failed": counts[Standing.FAILED]} if reported else None


def _notice(facts: Facts, kind: str, data: Mapping[str, Any], section: str = "") -> Notice:
    own = facts.templates / f"{kind}.txt"
    path = own if own.exists() else _TEMPLATES / f"{kind}.txt"
    text = _filled(path, data)
    first, _, body = text.partition("\n")
    subject = first.removeprefix("件名：").removeprefix("件名:").strip()
    if not first.startswith(("件名：", "件名:")) or not subject or not one_line(subject):
        raise fail("E1975", str(path), 1, reason_ja="1 行目は「件名：」で始めます", reason="the first line begins with 件名：")
    return Notice(kind, subject, body.lstrip("\n"), section)


def _filled(path: Path, data: Mapping[str, Any]) -> str:
    """:raises WardopsError: E1975 with the template's line."""
    import jinja2  # noqa: PLC0415 - commands that print no text start faster without it
    from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415

    # texts for mail and paper, not HTML
    environment = ImmutableSandboxedEnvironment(undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)
    environment.filters.update(wareki=_wareki, date=report.japanese_date, short=_short, tokyo=report.tokyo)
    try:
        return environment.from_string(read_bytes(path).decode("utf-8")).render(data)
    except jinja2.TemplateSyntaxError as error:
        raise fail("E1975", str(path), error.lineno, reason_ja=str(error), reason=str(error)) from None
    except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError, AttributeError, UnicodeDecodeError) as error:
        raise fail("E1975", str(path), _line(error), reason_ja=str(error), reason=str(error)) from None


def _line(error: BaseException) -> int:
    """The template's line in which it went wrong; 0 when it cannot be told."""
    trace, found = error.__traceback__, 0
    while trace:
        if trace.tb_frame.f_code.co_filename == "<template>":
            found = trace.tb_lineno
        trace = trace.tb_next
    return found


def _wareki(day: dt.date) -> str:
    return report.japanese_date(day, wareki=True)


def _short(day: dt.date) -> str:
    return f"{day.month}月{day.day}日"


def seconds(text: str) -> int:
    """How long an announcement takes to read."""
    return round(sum(not one.isspace() for one in text) * 60 / LETTERS_A_MINUTE)
