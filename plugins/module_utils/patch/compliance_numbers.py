"""What the tables and the page of the report 適用状況一覧 have in common: numbers of a row, differences, names, local time."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable

from .compliance import Line, Row, Standing
from .compliance_source import Compliance
from .decisions import TOKYO
from .model import State

#: states of an update as people read them
STATES = {
    State.INSTALLED: "適用済",
    State.NOT_APPLICABLE: "対象外",
    State.INSTALLED_PENDING_REBOOT: "再起動待ち",
    State.NOT_INSTALLED: "未適用",
    State.DOWNLOADED: "取得済（未適用）",
    State.FAILED: "失敗",
    State.UNKNOWN: "不明",
}
#: the order of the form
ORDER = (Standing.DONE, Standing.RESTART, Standing.LACKING, Standing.FAILED, Standing.SILENT, Standing.AHEAD, Standing.EXCLUDED)


def difference(made: Compliance, key: Callable[[Line], tuple[str, ...]]) -> dict[tuple[str, ...], int]:
    """前日差: by how much 適用済 has grown since the last snapshot, by any key; a terminal that left the ledger since does not count."""
    grown: Counter[tuple[str, ...]] = Counter()
    for line in made.lines:
        grown[key(line)] += (line.standing is Standing.DONE) - (made.earlier.get(line.name) is Standing.DONE)
    return dict(grown)


def counted(row: Row, grown: int | None) -> tuple[object, ...]:
    percent = "" if row.percent is None else f"{row.percent:.1f}"
    return (row.target, *(row.counts[one] for one in ORDER), percent, "" if grown is None else grown)


def section(made: Compliance, code: str) -> tuple[str, str, str]:
    """Division, code, name; masters have none."""
    division, name = made.sections.get(code, ("", "（台帳にない課）")) if code else ("", "（VDIマスター）")
    return (division, code, name)


def local(moment: dt.datetime | None) -> str:
    return moment.astimezone(TOKYO).strftime("%Y-%m-%d %H:%M") if moment else ""
