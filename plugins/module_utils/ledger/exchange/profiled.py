"""A ledger in the form of an import profile: what another application takes in, with the titles and words of its own lists.

The same profile reads that application's list (``intake``), so that what goes out and comes back unedited changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...common.report import sheet
from ..book import Book
from ..intake.profile import Column, Profile
from ..schema import LedgerSchema
from .selection import Selection, select
from .values import shown


def write(book: Book, profile: Profile, where: Sequence[str] = ()) -> tuple[bytes, Selection]:
    """The CSV, in the profile's encoding, and what was selected.

    :raises WardopsError: E0124 for a character that the encoding has not: the other side could not give it back.
    """
    schema = book.schema(profile.ledger)
    chosen = select(book, profile.ledger, profile.layer, [column.column for column in profile.columns], where)
    words = [_words(book, schema, column) for column in profile.columns]
    rows = chosen.rows(book.rows(chosen.ledger, chosen.layer)).values()
    table = [[word(row[column.column]) for word, column in zip(words, profile.columns, strict=True)] for row in rows]
    return sheet([column.titles[0] for column in profile.columns], table, profile.encoding or "utf-8-sig"), chosen


def _words(book: Book, schema: LedgerSchema, column: Column) -> Callable[[str], str]:
    """From a ledger's value to the other side's word; without one, the label that people see."""
    known: dict[str, str] = {}
    for word, value in column.values.items():
        known.setdefault(value, word)
    if column.lookup:
        target = column.lookup["ledger"]
        for layer in book.files(target):
            for row in book.rows(target, layer).values():
                known[row[column.lookup["to"]]] = row[column.lookup["from"]]
    return lambda text: known.get(text, shown(schema, column.column, text))
