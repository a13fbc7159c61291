"""What is overdue, and what ends soon: loans, returns, licences, leases, USB permissions, exceptions, room access, MAC registrations."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from .copy import Copy
from .labels import names
from .tables import Cell, Report


@dataclass(frozen=True, slots=True)
class Term:
    """Where a ledger says when something ends.

    :param dates: columns; the last one that is filled in counts (a lease that was extended).
    :param states: states in which the end matters; empty where the ledger has none.
    :param shown: columns that say what it is.
    """

    ledger: str
    title: str
    dates: tuple[str, ...]
    states: tuple[str, ...]
    shown: tuple[str, ...]
    section: str = "dept_code"


TERMS = (
    Term("licenses", "ライセンス", ("valid_to",), ("active",), ("product", "edition")),
    Term("leases", "リース", ("end_date", "extended_to"), ("active", "extended"), ("lessor", "contract"), ""),
    Term("terminals", "端末の返却期限", ("return_due",), ("lent", "return_pending", "active", "repair"), ("computer_name", "model")),
    Term("usb_devices", "USB許可", ("valid_to",), ("active",), ("kind", "use")),
    Term("room_access", "入室許可", ("valid_to",), ("valid",), ("room", "staff_id", "company"), ""),
    Term("radius_extra", "MAC認証追加登録", ("valid_to",), (), ("reason",), "owner"),
)


def overdue_loans(copy: Copy) -> Report:
    """Loans that are not back after their due date, the longest first."""
    today = copy.ward.today
    sections = names(copy, copy.sheet("departments"))
    body: list[list[Cell]] = []
    for number, asset, section, staff, purpose, lent, due, back in copy.sheet("loans").rows(
        "loan_id", "asset_id", "dept_code", "staff_id", "purpose", "lent_date", "due_date", "returned_date"
    ):
        end = _date(due)
        if not back and end and end < today:
            body.append([number, asset, section, sections.get(section, ""), staff, purpose, lent, due, (today - end).days])
    body.sort(key=lambda row: (-int(row[-1]), str(row[0])))
    header = ["貸出番号", "資産番号", "課コード", "課名", "借受者", "目的", "貸出日", "返却予定日", "超過日数"]
    return Report("overdue_loans", "返却期限を過ぎた貸出", "", header, body, frozenset(range(len(body))))


def expiring(copy: Copy, within: int) -> Report:
    """What ended or ends within some days and is still in use, by date.

    :param within: days from today.
    """
    today = copy.ward.today
    sections = names(copy, copy.sheet("departments"))
    body: list[list[Cell]] = []
    for title, key, what, section, end in [*_ends(copy), *_exceptions(copy)]:
        left = (end - today).days
        if left <= within:
            body.append([title, key, what, section, sections.get(section, ""), end.isoformat(), left])
    body.sort(key=lambda row: (str(row[5]), str(row[0]), str(row[1])))
    warn = frozenset(row for row, cells in enumerate(body) if int(cells[-1]) < 0)
    note = f"基準日から{within}日以内に終わるもの。残日数が負のもの（強調）は期限を過ぎたまま使用中。"
    header = ["種別", "番号", "内容", "課コード", "課名", "期限", "残日数"]
    return Report("expiring", "期限が近いもの・過ぎたもの", note, header, body, warn)


def _ends(copy: Copy) -> Iterator[tuple[str, str, str, str, dt.date]]:
    for term in TERMS:
        sheet = copy.sheet(term.ledger)
        states, sections = sheet.column("status"), sheet.column(term.section)
        dates = list(sheet.rows(*term.dates))
        whats = [[sheet.schema.label(name, cell) for cell in sheet.column(name)] for name in term.shown]
        keys = list(sheet.rows(*sheet.schema.key))
        for row, days in enumerate(dates):
            end = _date(next((day for day in reversed(days) if day), ""))
            if end and (not term.states or states[row] in term.states):
                what = " ".join(filter(None, (cells[row] for cells in whats)))
                yield term.title, " ".join(keys[row]), what, sections[row], end


def _exceptions(copy: Copy) -> Iterator[tuple[str, str, str, str, dt.date]]:
    """Exceptions from rules (``exceptions.yml``); in a layer's copy not those that name something of another layer."""
    policy = copy.ward.policy("exceptions") or {}
    for item in policy.get("exceptions") or ():
        end = item.get("expires_on")
        subject = str(item.get("subject", ""))
        if isinstance(end, dt.date) and subject not in copy.hidden:
            yield "例外", str(item.get("id", "")), f"{item.get('kind', '')} {subject}", "", end


def _date(text: str) -> dt.date | None:
    """The day; nothing for a cell that holds none (``make check`` names it)."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None
