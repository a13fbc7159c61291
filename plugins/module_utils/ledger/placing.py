"""Whose row a problem in a pending change is: its line exists in no file yet, so people are told the row's key."""

from __future__ import annotations

from collections.abc import Sequence

from ..common.problems import Problem
from ..common.table import parse_table
from .book import Book, Key


def keys_of(book: Book, problems: Sequence[Problem]) -> list[Key]:
    """For each problem the key of the row at its line; empty for one that is in no row of a file that would change."""
    rows: dict[str, dict[int, Key]] = {}
    for path, data in book.changed_files().items():
        shown = book.ward.shown(path)
        schema = book.schemas.ledgers.get(path.stem)
        if schema and any(problem.path == shown for problem in problems):
            table = parse_table(data, shown)
            positions = [table.header.index(name) for name in schema.key]
            rows[shown] = {line: tuple(row[at] for at in positions) for line, row in zip(table.lines, table.rows, strict=True)}
    return [rows.get(problem.path, {}).get(problem.line, ()) for problem in problems]
