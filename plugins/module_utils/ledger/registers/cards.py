"""Print cards to collect (I-10-(7)): sections that end, and people who leave, in a time of transfers."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from ..book import Book


@dataclass(frozen=True, slots=True)
class Collect:
    """One section.

    :param cards: numbers of its issued cards. A card is the section's, so which of them a leaver has, the section knows.
    :param leavers: people of the section whose service ends within the time.
    :param ends: last day of the section; empty when it goes on. Then all cards come back.
    """

    section: str
    name: str
    cards: tuple[str, ...]
    leavers: int
    ends: str

    @property
    def wanted(self) -> int:
        """How many cards must come back: all of a section that ends, else one for each leaver, as far as there are cards."""
        return len(self.cards) if self.ends else min(self.leavers, len(self.cards))


def to_collect(book: Book, first: dt.date, last: dt.date) -> list[Collect]:
    """Sections from which cards come back between two days (both included)."""
    begin, end = first.isoformat(), last.isoformat()
    cards: dict[str, list[str]] = {}
    for row in book.rows("print_cards").values():
        if row["status"] == "issued":
            cards.setdefault(row["dept_code"], []).append(row["card_id"])
    people: dict[str, set[str]] = {}
    for layer in book.files("users"):
        for row in book.rows("users", layer).values():
            if begin <= row["valid_to"] <= end:
                people.setdefault(row["dept_code"], set()).add(row["staff_id"])
    next_day = (last + dt.timedelta(days=1)).isoformat()  # a renamed section goes on with a row that begins then
    rows = sorted(book.rows("departments").values(), key=lambda row: row["valid_from"])
    lasting = {row["code"] for row in rows if row["valid_from"] <= next_day and (row["valid_to"] or "9999") > end}
    names = {row["code"]: row for row in rows if row["valid_from"] <= end}
    found = []
    for code, row in sorted(names.items()):
        gone = row["valid_to"] if begin <= (row["valid_to"] or "9999") <= end and code not in lasting else ""
        item = Collect(code, row["name"], tuple(sorted(cards.get(code, ()))), len(people.get(code, ())), gone)
        if item.wanted:
            found.append(item)
    return found
