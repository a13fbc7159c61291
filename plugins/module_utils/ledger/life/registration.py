"""Requests to register things in business systems (I-17-(5)): one CSV per system, and a list of what is still to be registered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...common.problems import Problem, fail
from ...common.report import sheet
from ..book import Book
from .following import FollowUp, follow_ups
from .policy import LifePolicy
from .things import section_on


@dataclass(frozen=True, slots=True)
class Registration:
    """What one system is asked for.

    :param data: the CSV, only with rows that are complete.
    :param asked: the follow-ups whose rows stand in it.
    :param problems: E0954 for each cell that the system needs and the ledger does not have; such rows are not in the file.
    """

    system: str
    data: bytes
    asked: list[FollowUp]
    problems: list[Problem]


def register(book: Book, policy: LifePolicy, code: str) -> Registration:
    """The request for all open follow-ups of a system.

    :raises WardopsError: E0952 when the system takes no request, E0124 when a character does not exist in its encoding.
    """
    form = policy.systems.get(code, {}).get("registration")
    if form is None:
        known = ", ".join(item["code"] for item in policy.systems.values() if "registration" in item)
        texts: dict[str, Any] = {
            "reason_ja": f"登録依頼の定義がありません。定義があるのは {known}",
            "reason": f"no request is defined; there are {known}",
        }
        raise fail("E0952", system=code, file="-", **texts)
    asked, rows, problems = [], [], []
    for item in follow_ups(book, policy, system=code):
        cells = _values(book, item)
        wrong = [_missing(book, item, column) for column in form["columns"] if column.get("required") and not _cell(column, cells)]
        if wrong:
            problems += wrong
            continue
        asked.append(item)
        rows.append([_cell(column, cells) for column in form["columns"]])
    return Registration(code, sheet([column["title"] for column in form["columns"]], rows, form["encoding"]), asked, problems)


def _values(book: Book, item: FollowUp) -> dict[str, str]:
    row = item.thing.row
    section = section_on(book, row.get("dept_code", ""), book.today.isoformat())
    site = book.get("sites", row.get("site", ""))
    more = {"action": item.row["action"], "section": section["name"] if section else "", "site_name": site["name"] if site else ""}
    return {**row, **more}


def _cell(column: Mapping[str, Any], cells: Mapping[str, str]) -> str:
    if "value" in column:
        return str(column["value"])
    value = cells.get(column["column"], "")
    return str(column.get("map", {}).get(value, value))


def _missing(book: Book, item: FollowUp, column: Mapping[str, Any]) -> Problem:
    names = {"asset_id": item.thing.id, "system": item.system["name_ja"], "column": column["column"], "title": column["title"]}
    ledger = book.schema(item.thing.kind.ledger)
    place = item.thing.layer or "ledgers"
    return Problem("E0954", f"{place}/{ledger.name}", 0, 0, names)


def checklist(book: Book, policy: LifePolicy, since: str) -> tuple[list[str], list[list[str]]]:
    """Header and rows: every thing with a step since a day, and for each system whether it has heard of it (○, 未 or 不要)."""
    marks = {"done": "○", "open": "未", "not_needed": "不要"}
    codes = list(policy.systems)
    lines: dict[tuple[str, str], dict[str, str]] = {}
    for item in follow_ups(book, policy, state=""):
        event = book.get("asset_events", item.key[:2])
        if event and event["date"] >= since:
            cells = lines.setdefault(item.key[:2], {"name": item.thing.name, "date": event["date"], "transition": _title(item, event)})
            cells[item.row["system"]] = marks[item.row["state"]]
    header = ["管理番号", "名前", "日付", "手続", *(policy.systems[code]["name_ja"] for code in codes), "全部済"]
    rows = []
    for (asset_id, _), cells in sorted(lines.items(), key=lambda line: (line[1]["date"], line[0])):
        states = [cells.get(code, "") for code in codes]
        rows.append([asset_id, cells["name"], cells["date"], cells["transition"], *states, "" if "未" in states else "○"])
    return header, rows


def _title(item: FollowUp, event: Mapping[str, str]) -> str:
    step = item.thing.kind.steps.get(event["transition"])
    return step.title if step else event["transition"]
