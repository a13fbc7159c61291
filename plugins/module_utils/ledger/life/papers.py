"""Lists and pages about what must follow."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ...common.report import render, sheet
from ..book import Book
from .following import FollowUp

TEMPLATES = Path(__file__).resolve().parent / "templates"
_HEADER = ("期限", "対象", "作業", "管理番号", "名前", "経歴番号", "課", "拠点", "階", "チケット", "期限切れ")


def _cells(book: Book, item: FollowUp) -> list[str]:
    event = book.get("asset_events", item.key[:2]) or {}
    return [
        item.row["due_on"],
        item.system["name_ja"],
        book.schema("follow_ups").label("action", item.row["action"]),
        item.thing.id,
        item.thing.name,
        item.row["number"],
        event.get("dept_code", ""),
        event.get("site", ""),
        event.get("floor", ""),
        event.get("ticket", ""),
        "○" if item.overdue(book.today) else "",
    ]


def follow_up_sheet(book: Book, items: Sequence[FollowUp]) -> bytes:
    """CSV for Excel, one row per follow-up, by due date."""
    return sheet(_HEADER, [_cells(book, item) for item in items])


def follow_up_page(book: Book, items: Sequence[FollowUp]) -> str:
    """A page by system, the overdue ones marked."""
    systems: dict[str, list[list[str]]] = {}
    for item in items:
        systems.setdefault(item.system["name_ja"], []).append(_cells(book, item))
    late = sum(item.overdue(book.today) for item in items)
    data = {"title": "後続作業一覧", "today": book.today, "systems": systems, "header": _HEADER, "late": late, "total": len(items)}
    return render("follow_ups.html", {**data, "paper": "A4 landscape"}, TEMPLATES)
