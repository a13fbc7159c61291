"""Numbers: none is in use that the ledger ``numbers`` does not know of, because that one might be given out again."""

from __future__ import annotations

from collections.abc import Iterator

from ...common.problems import Problem
from ..data import Data, Ledger
from ..numbering import Numbering
from .registry import Rule


def numbers_recorded(data: Data) -> Iterator[Problem]:
    """E0820: a number beyond the last one of its prefix; one problem for each prefix and file, at the greatest number."""
    known = {prefix: int(last) for prefix, last in data.one("numbers").rows("prefix", "last") if prefix and last}
    if not data.whole("numbers", "prefix", "last"):
        return
    for name, column, digits in Numbering(data.policy("numbering").value).columns():
        for ledger in data.ledgers.get(name, ()):  # what is missing is an error of its own
            yield from _beyond(ledger, column, digits, known)


def _beyond(ledger: Ledger, column: str, digits: int, known: dict[str, int]) -> Iterator[Problem]:
    texts = [text for text in ledger.column(column) if len(text) > digits and text[-digits:].isdecimal()]
    greatest: dict[str, str] = {}
    for text in texts:
        prefix = text[:-digits]
        if text > greatest.get(prefix, ""):
            greatest[prefix] = text
    for prefix, text in greatest.items():
        last = known.get(prefix, 0)
        if int(text[-digits:]) > last:
            count = sum(other[:-digits] == prefix and int(other[-digits:]) > last for other in texts)
            row = list(ledger.column(column)).index(text)
            yield ledger.problem("E0820", row, column, value=text, prefix=prefix, last=last, count=count)


RULES = (Rule("numbers_recorded", numbers_recorded, ("E0820",)),)
