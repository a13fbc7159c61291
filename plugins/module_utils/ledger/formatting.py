"""The canonical form of a ledger file: UTF-8 and LF, columns in the schema's order, rows sorted by key, quotes only where needed.

Only what loses nothing is mended: byte order mark, line ends, last line end, empty lines, quoting, order of columns and rows. Cells are
never touched; what a human must decide is reported, and the file stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..common.problems import Problem, WardopsError
from ..common.table import Table, format_table, parse_table
from .cells import sort_keys
from .explain import nearest
from .schema import LedgerSchema

_BOM = b"\xef\xbb\xbf"


def canonical(data: bytes, schema: LedgerSchema, shown: str) -> bytes:
    """The file's canonical bytes; the same bytes when it is canonical already.

    :param shown: the file's name in messages.
    :raises WardopsError: every damage that must be mended by hand: E0103, E0107, E0108, E0110 (the file), E0116 (cells of a row), E0830
        (merge markers), E0123 and E0202 (columns).
    """
    table = readable(data, shown)
    problems = [problem for problem in table.problems if problem.code not in ("E0109", "E0115")]
    problems += _columns(table, schema)
    if problems:
        raise WardopsError(problems)
    positions = [table.header.index(name) for name in schema.columns]
    rows = [[row[position] for position in positions] for row in table.rows if any(row)]
    return format_sorted(schema, schema.columns, rows)


def readable(data: bytes, shown: str) -> Table:
    """The table of a file whose byte order mark and line ends do not matter."""
    data = data.removeprefix(_BOM)
    return parse_table(data.replace(b"\r\n", b"\n").replace(b"\r", b"\n"), shown)


def format_sorted(schema: LedgerSchema, header: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """A ledger's bytes with rows in the order of its key; rows of one key stay in their order."""
    columns: dict[str, Sequence[str]] = dict(zip(header, zip(*rows, strict=True), strict=True)) if rows else {}
    order = sort_keys(schema, columns) if rows else []
    return format_table(header, [rows[index] for index in sorted(range(len(rows)), key=order.__getitem__)])


def _columns(table: Table, schema: LedgerSchema) -> list[Problem]:
    missing = [name for name in schema.columns if name not in table.header]
    problems = [Problem("E0123", table.path, 1, 0, {"column": name}) for name in missing]
    for name in table.header:
        if name not in schema.properties:
            near = nearest(name, missing or schema.columns)
            problems.append(Problem("E0202", table.path, 1, 0, {"column": name, "ledger": schema.name, "near": near}))
    return problems
