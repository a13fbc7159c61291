"""A list of replacements: which old thing gives way to which new one, for deliveries of a hundred and more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ...common.problems import Problem, fail
from ...common.text import to_narrow
from ..intake.reading import read_sheet
from ..intake.source import Sheet, SourceRow
from .things import Things

#: our word for a column, and how lists call it (compared without white space)
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "old": ("old", "旧", "旧機", "旧端末", "旧機器", "更新前"),
    "new": ("new", "新", "新機", "新端末", "新機器", "更新後"),
}
#: cells by which a list may name a thing, beside its number
_NAMES = ("computer_name", "name", "serial")
_HEADER_ROWS = 10


@dataclass(slots=True)
class PairList:
    """A list that was read.

    :param pairs: numbers of the old and the new things.
    :param lines: line or row of each pair.
    :param problems: of the rows that could not be understood.
    """

    path: str
    pairs: list[tuple[str, str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_pairs(things: Things, path: Path) -> PairList:
    """Read a list (CSV in any usual encoding, or xlsx); a thing is named by asset number, computer name or serial.

    :raises WardopsError: E0913 when it has no header with both columns or no row, E07xx when the file is no list.
    """
    sheet = read_sheet(path)
    head, columns = _header(sheet)
    names = _names(things)
    found = PairList(sheet.path)
    for row in sheet.rows[head + 1 :]:
        if row.blank():
            continue
        words = {side: _text(row, index) for side, index in columns.items()}
        numbers = {side: names.get(_key(word), []) for side, word in words.items()}
        unclear = [side for side in ("old", "new") if len(numbers[side]) != 1]
        for side in unclear:
            params = {"value": words[side], "count": len(numbers[side]), "found": ", ".join(numbers[side]) or "-"}
            found.problems.append(Problem("E0914", sheet.path, row.number, columns[side] + 1, params))
        if not unclear:
            found.pairs.append((numbers["old"][0], numbers["new"][0]))
            found.lines.append(row.number)
    if not found.pairs and not found.problems:
        raise fail("E0913", sheet.path, reason_ja="組が 1 つもありません", reason="it names no pair")
    return found


def _header(sheet: Sheet) -> tuple[int, dict[str, int]]:
    known = {title: name for name, titles in COLUMNS.items() for title in titles}
    for number, row in enumerate(sheet.rows[:_HEADER_ROWS]):
        named = [(known[_key(cell.text)], index) for index, cell in enumerate(row.cells) if _key(cell.text) in known]
        if len(named) > len(dict(named)):
            raise fail("E0913", sheet.path, row.number, reason_ja="旧機か新機の列が 2 つあります", reason="a column stands there twice")
        if len(named) == len(COLUMNS):
            return number, dict(named)
    raise fail(
        "E0913", sheet.path, reason_ja="「old」と「new」の列がある見出し行がありません", reason="no header row has the columns old and new"
    )


def _names(things: Things) -> dict[str, list[str]]:
    """Numbers of things by every word that means them."""
    found: dict[str, list[str]] = {}
    for kind in things.policy.kinds.values():
        for layer in things.book.files(kind.ledger):
            for row in things.book.rows(kind.ledger, layer).values():
                for word in {_key(row.get(name, "")) for name in (kind.id, *_NAMES)} - {""}:
                    found.setdefault(word, []).append(row[kind.id])
    return found


def _key(text: str) -> str:
    return "".join(to_narrow(text).split()).casefold()


def _text(row: SourceRow, index: int) -> str:
    return row.cells[index].text.strip() if index < len(row.cells) else ""
