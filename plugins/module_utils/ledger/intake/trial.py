"""What the schema and the references say of rows that stand in no file yet: the validator's own stages, on these rows alone.

The whole check is asked at the end all the same; this spares it a round for what one row gets wrong by itself.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...common.problems import Problem
from ...common.table import Table
from ..book import Book, Row
from ..cells import check_ledger
from ..data import Data, Ledger
from ..rules.references import references_of
from ..schema import LedgerSchema

#: order, and what is there twice among the examples, say nothing about a row
_NOT_OF_A_ROW = frozenset({"E0220", "E0221", "E0222"})


def judge(book: Book, schema: LedgerSchema, layer: str, rows: Sequence[Row]) -> dict[int, list[tuple[str, Problem]]]:
    """By index of the row: the column and the problem (without a place)."""
    table = _Trial("", schema.columns, [[row[name] for name in schema.columns] for row in rows], range(1, len(rows) + 1))
    ledger = Ledger(schema.name, layer, schema, table)
    problems = check_ledger(ledger)
    problems += references_of(_data(book, schema, ledger), ledger)
    found: dict[int, list[tuple[str, Problem]]] = {}
    seen = set()  # a column that refers to a ledger twice (it exists; it holds today) is wrong once
    for problem in problems:
        fault = problem.code, problem.line, problem.column
        if problem.code not in _NOT_OF_A_ROW and fault not in seen:
            seen.add(fault)
            found.setdefault(problem.line - 1, []).append((schema.columns[problem.column - 1], problem))
    return found


class _Trial(Table):
    """Rows that stand in no file: a place is the number of the row and of the column."""

    def _place(self, row: int, position: int) -> tuple[int, int]:
        return row + 1, position + 1


def _data(book: Book, schema: LedgerSchema, trial: Ledger) -> Data:
    """The ledgers that the rows refer to, with the columns that matter; policies are left to the whole check."""
    data = Data(book.today.isoformat())
    wanted: dict[str, set[str]] = {}
    for reference in schema.references:
        for name in reference.ledgers:
            wanted.setdefault(name, set()).add(reference.to)
    for name, columns in wanted.items():
        other = book.schema(name)
        names = [column for column in other.columns if column in columns or column in ("valid_from", "valid_to")]
        for layer in book.files(name):
            rows = book.rows(name, layer).values()
            ledger = Ledger(name, layer, other, Table("", other.columns, [], range(0)))
            ledger.columns = {column: [row[column] for row in rows] for column in names}
            data.ledgers.setdefault(name, []).append(ledger)
    if schema.name in data.ledgers:
        data.ledgers[schema.name].append(trial)
    return data
