"""Lists from outside that are only joined, not taken in: exports and count sheets. Columns are found by their titles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ...common.problems import fail
from ..intake.reading import read_sheet
from ..intake.source import Sheet, SourceRow
from ..intake.spelling import narrow_title, tidy

#: titles stand within so many rows
_HEADER_ROWS = 30


def read_columns(
    path: Path, wanted: Mapping[str, Sequence[str]], encoding: str = "", delimiter: str = ""
) -> Iterator[tuple[str, dict[str, str]]]:
    """Place and cells of every row that has any of the wanted ones.

    :param wanted: titles by the name that the caller uses; the first title that is there counts. A name that begins with ``?`` may
        be absent; its cells are then empty.
    :raises WardopsError: E0100-E0102, E0701-E0712 (the file), E1020 (a column is missing).
    """
    sheet = read_sheet(path, encoding=encoding, delimiter=delimiter)
    header, columns = _header(sheet, wanted)
    for row in sheet.rows:
        if row.number <= header or row.blank():
            continue
        cells = {name: tidy(row.cells[index].text) if 0 <= index < len(row.cells) else "" for name, index in columns.items()}
        if any(cells.values()):
            yield sheet.place(row.number), cells


def _header(sheet: Sheet, wanted: Mapping[str, Sequence[str]]) -> tuple[int, dict[str, int]]:
    best: tuple[int, SourceRow | None, dict[str, int]] = (0, None, {})
    for row in sheet.rows[:_HEADER_ROWS]:
        titles = {narrow_title(cell.text): index for index, cell in reversed(list(enumerate(row.cells)))}
        found = {}
        for name, spellings in wanted.items():
            index = next((titles[narrow_title(title)] for title in spellings if narrow_title(title) in titles), -1)
            if index >= 0:
                found[name] = index
        if len(found) > best[0]:
            best = len(found), row, found
    missing = [name for name in wanted if name not in best[2] and not name.startswith("?")]
    if best[1] is None or missing:
        raise fail("E1020", sheet.path, missing="」「".join("／".join(wanted[name]) for name in missing))
    return best[1].number, {name.removeprefix("?"): best[2].get(name, -1) for name in wanted}
