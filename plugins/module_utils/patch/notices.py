"""Texts that people get about a cycle: 周知文, 掲示文, 放送文, and 未適用案内 for each section (specification I-13-(7)(8), IV-2).

Rendered from the plan, the decisions and the day's snapshot. A ward that wants other words puts a file of the same name into
``policies/notices/``; it is data of the ward and is filled in a sandbox.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..common import report
from ..common.calendar import Calendar
from ..common.files import read_bytes
from ..common.problems import Problem, fail
from ..common.safe_names import check
from ..common.text import one_line
from .compliance import WORDS, Line, Standing, by_section
from .cycle import Cycle, RingDate
from .decisions import TOKYO
from .gate import fitting

_TEMPLATES = Path(__file__).resolve().parent / "templates" / "notices"
ANNOUNCEMENT, BOARD, BROADCAST, LACKING = "announcement", "board", "broadcast", "lacking"
KINDS = (ANNOUNCEMENT, BOARD, BROADCAST, LACKING)
WORDS_JA = {ANNOUNCEMENT: "周知文", BOARD: "掲示文", BROADCAST: "放送文", LACKING: "未適用案内"}
#: letters that an announcer reads in a minute; longer texts are noted with their length
LETTERS_A_MINUTE = 300
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Notice:
    """One text, and the file that it is written to. :param section: whose mailbox it goes to; empty: no section's."""

    kind: str
    subject: str
    text: str
    file: str
    section: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the texts are made of.

    :param layers: code → name of the layers. :param sections: code → name.
    :param today: in Japan. :param lines: of the layer's terminals on the day of the snapshot, ``at`` its instant; none without a snapshot.
    :param templates: the ward's own texts.
    """

    cycle: Cycle
    layer: str
    layers: Mapping[str, str]
    office: Mapping[str, str]
    sections: Mapping[str, str]
    calendar: Calendar
    templates: Path
    today: dt.date
    lines: tuple[Line, ...] = ()
    at: str = ""

    @property
    def at_day(self) -> dt.date | None:
        """Of the snapshot, in Japan."""
        return dt.datetime.fromisoformat(self.at).astimezone(TOKYO).date() if self.at else None


def unready(cycle: Cycle, layers: Iterable[str], now: dt.datetime) -> list[Problem]:
    """Why nobody may be told yet: a layer whose last ring has no approval that fits the plan as it is (E1976), or that is held (E1978)."""
    found = []
    for layer in dict.fromkeys(layers):
        last = _broad(cycle, layer)
        if last is None or not fitting(cycle, layer, last.ring, now):
            found.append(Problem("E1976", params={"cycle": cycle.plan.name, "layer": layer}))
        rings = [one.ring for one in cycle.plan.dates if one.layer == layer]
        for hold in dict.fromkeys(hold for ring in rings for hold in cycle.held(layer, ring)):
            params = {"cycle": cycle.plan.name, "layer": layer, "at": hold.at, "by": hold.by, "why": hold.reason}
            found.append(Problem("E1978", params=params))
    return found


def layers_of(cycle: Cycle) -> tuple[str, ...]:
    """The layers that a plan is for, and that its announcement names."""
    return tuple(dict.fromkeys(one.layer for one in cycle.plan.dates))


def _broad(cycle: Cycle, layer: str) -> RingDate | None:
    """The layer's last ring, the one that everybody hears of; a plan has them in their order."""
    return next((one for one in reversed(cycle.plan.dates) if one.layer == layer), None)


def due(facts: Facts) -> dict[str, dt.date]:
    """When which text is due: announcement and board a week before, on a business day (IV-2-(1), (2)); what is read out on the day
    (IV-2-(3)); the usual board again on the business day after (IV-2-(4)).
    """
    data = _common(facts)
    return {"announce": facts.calendar.week_before(data["begin"]), "broadcast": data["begin"], "usual_board": data["after"]}


def general(facts: Facts) -> list[Notice]:
    """周知文, 掲示文 and 放送文 for the last ring of every layer of the plan. :raises WardopsError: E1975 (a template), E1976 (no date)."""
    data = _common(facts)
    return [Notice(kind, *_written(facts, kind, data), f"{WORDS_JA[kind]}.txt") for kind in (ANNOUNCEMENT, BOARD, BROADCAST)]


def lacking(facts: Facts) -> list[Notice]:
    """未適用案内, one for each section that has a terminal to look at; one that is no section of that day goes to nobody's mailbox.

    :raises WardopsError: E1975, E1976, E1306 (a section's code that can be no file name).
    """
    if not facts.at:
        return []
    common, day = _common(facts), facts.at_day
    until = facts.calendar.on_or_after(facts.today + 2 * _DAY)
    found = []
    for code, lines in by_section(facts.lines).items():
        name = facts.sections.get(code, "（課の分からない端末）")
        terminals = [_terminal(one) for one in lines]
        data = {**common, "section": {"code": code, "name": name}, "terminals": terminals, "at": facts.at, "until": until}
        subject, text = _written(facts, LACKING, data)
        # of another day it is another file: a list of last week is not handed out by mistake
        file = check(f"{WORDS_JA[LACKING]}-{day}-{code or '課不明'}.txt")
        found.append(Notice(LACKING, subject, text, file, code if code in facts.sections else ""))
    return found


def _terminal(line: Line) -> dict[str, Any]:
    report_day = line.report.astimezone(TOKYO).date() if line.report else None
    kbs = " ".join(f"KB{kb}" if kb.isdigit() else kb for kb in dict.fromkeys(kb for kb, _ in line.open))
    return {"name": line.name, "word": WORDS[line.standing], "report": report_day, "kbs": kbs}


def _common(facts: Facts) -> dict[str, Any]:
    plan = facts.cycle.plan
    last = [one for layer in layers_of(facts.cycle) if (one := _broad(facts.cycle, layer))]
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
    begin, end = min(one.day for one in last), max(one.deadline.astimezone(TOKYO).date() for one in last)
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


def _written(facts: Facts, kind: str, data: Mapping[str, Any]) -> tuple[str, str]:
    """Subject and text. :raises WardopsError: E1975."""
    own = facts.templates / f"{kind}.txt"
    path = own if own.exists() else _TEMPLATES / f"{kind}.txt"
    text = _filled(path, data)
    first, _, body = text.partition("\n")
    subject = first.removeprefix("件名：").removeprefix("件名:").strip()
    if not first.startswith(("件名：", "件名:")) or not subject or not one_line(subject):
        raise fail("E1975", str(path), 1, reason_ja="1 行目は「件名：」で始めます", reason="the first line begins with 件名：")
    return subject, body.lstrip("\n")


def _filled(path: Path, data: Mapping[str, Any]) -> str:
    """:raises WardopsError: E1975 with the template's line."""
    import jinja2  # noqa: PLC0415 - commands that print no text start faster without it
    from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415

    # texts for mail and paper, not HTML
    environment = ImmutableSandboxedEnvironment(undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)
    environment.filters.update(wareki=_wareki, date=report.japanese_date, short=_short, yomi=yomi, tokyo=report.tokyo)
    try:
        return environment.from_string(read_bytes(path).decode("utf-8-sig")).render(data)
    except jinja2.TemplateSyntaxError as error:
        raise fail("E1975", str(path), error.lineno, reason_ja=str(error), reason=str(error)) from None
    except (
        jinja2.TemplateError,
        TypeError,
        ValueError,
        ArithmeticError,
        AttributeError,
        LookupError,
        MemoryError,
        RecursionError,
    ) as error:
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


_MONTHS = ("いち", "に", "さん", "し", "ご", "ろく", "しち", "はち", "く", "じゅう", "じゅういち", "じゅうに")
_ONES = ("", "いち", "に", "さん", "よっ", "ご", "ろく", "しち", "はち", "く")
_DAYS = {
    **{
        1: "ついたち",
        2: "ふつか",
        3: "みっか",
        4: "よっか",
        5: "いつか",
        6: "むいか",
        7: "なのか",
        8: "ようか",
        9: "ここのか",
        10: "とおか",
    },
    **{14: "じゅうよっか", 20: "はつか", 24: "にじゅうよっか"},
}


def yomi(day: dt.date) -> str:
    """How an announcer reads a day: ``いちがつ にじゅうはちにち``."""
    tens, ones = divmod(day.day, 10)
    read = _DAYS.get(day.day, f"{('', '', 'に', 'さん')[tens]}じゅう{_ONES[ones]}にち")
    return f"{_MONTHS[day.month - 1]}がつ {read}"


def board_page(notice: Notice, *, pdf: bool) -> dict[str, bytes]:
    """掲示文 as a page of A4 to be put up."""
    html = report.render(
        "notice_board.html", {"paper": "A4", "subject": notice.subject, "lines": notice.text.splitlines()}, _TEMPLATES.parent
    )
    name = WORDS_JA[BOARD]
    return {f"{name}.html": html.encode(), **({f"{name}.pdf": report.pdf(html)} if pdf else {})}


def seconds(text: str) -> int:
    """How long an announcement takes to read."""
    return round(sum(not one.isspace() for one in text) * 60 / LETTERS_A_MINUTE)
