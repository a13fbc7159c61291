"""The schema stage for ledgers: header, cells, keys, order.

Cells are validated by column and over distinct values: one call of the compiled validator sees every value of a ledger once.
The verdicts are those of a JSON Schema validator on the rows as objects (tested against the ``jsonschema`` library), plus one
rule of our own: white space around a value and control characters are refused everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from ..common.problems import Problem
from .convert import converter, to_integer
from .data import Ledger
from .explain import explain_cell, explain_row, nearest
from .personal import is_personal_name
from .schema import LedgerSchema

#: controls, zero-width and direction marks, line separators, lone surrogates; the ideographic space is allowed inside a value
_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]")


def check_ledger(ledger: Ledger) -> list[Problem]:
    """Every problem of a ledger by itself; fills ``ledger.columns`` and ``ledger.bad``."""
    problems = list(_header(ledger))
    if 3 * sum(problem.code == "E0123" for problem in problems) > len(ledger.schema.columns):
        ledger.complete = False
        return problems  # more than a third of the columns: another ledger, or none at all
    rows = ledger.table.rows
    header = ledger.table.header
    columns: dict[str, Sequence[str]] = dict(zip(header, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(header, ())
    ledger.columns = {name: columns[name] for name in ledger.schema.columns if name in columns}
    problems += _required(ledger)
    problems += _values(ledger)
    if ledger.schema.row_rules and not problems_of_header(problems):
        problems += _row_rules(ledger)
    problems += _keys(ledger)
    _blank_bad_cells(ledger)
    return problems


def problems_of_header(problems: Sequence[Problem]) -> bool:
    """Whether a column is missing, so that rules on several columns would only repeat it."""
    return any(problem.code == "E0123" for problem in problems)


def _header(ledger: Ledger) -> Iterator[Problem]:
    """E0123 (missing column), E0202 (unknown column), E0398 (a column for personal data), E0203 (order)."""
    schema, header, path = ledger.schema, ledger.table.header, ledger.path
    missing = [name for name in schema.columns if name not in header]
    for name in missing:
        yield Problem("E0123", path, 1, 0, {"column": name})
    unknown = [name for name in header if name not in schema.properties]
    for name in unknown:
        near = nearest(name, missing or schema.columns)
        column = sum(len(other) + 1 for other in header[: header.index(name)]) + 1
        code = "E0398" if is_personal_name(name) else "E0202"
        yield Problem(code, path, 1, column, {"column": name, "ledger": ledger.name, "near": near})
    if not missing and not unknown and header != schema.columns:
        yield Problem("E0203", path, 1, 0, {"expected": ",".join(schema.columns)})


def _required(ledger: Ledger) -> Iterator[Problem]:
    for name in ledger.schema.required:
        cells = ledger.columns.get(name, ())
        if "" in cells:
            for row, cell in enumerate(cells):
                if not cell:
                    yield _bad(ledger, row, name, "E0204", example=ledger.schema.example(name))


def _values(ledger: Ledger) -> Iterator[Problem]:
    """Problems of single cells: E0205-E0214."""
    schema = ledger.schema
    texts: dict[str, list[str]] = {}
    values: dict[str, list[Any]] = {}
    refused: dict[str, dict[str, tuple[str, dict[str, Any]]]] = {}
    for name, cells in ledger.columns.items():
        distinct = set(cells)
        distinct.discard("")
        texts[name] = list(distinct)
        if untidy := _untidy(texts[name]):
            refused[name] = {text: ("E0206", {"value": text}) for text in untidy}
        convert = converter(schema.types[name])
        values[name] = [convert(text) for text in texts[name]] if convert else texts[name]
    if not schema.column_validator.is_valid(values):
        for error in schema.column_validator.iter_errors(values):
            name, index = error.instance_path[:2]
            text = texts[name][index]
            found = refused.setdefault(name, {})
            if text not in found:
                found[text] = explain_cell(schema, name, text, error)
    for name, found in refused.items():
        for row, cell in enumerate(ledger.columns[name]):
            if cell in found:
                code, params = found[cell]
                yield _bad(ledger, row, name, code, **params)


def _untidy(texts: list[str]) -> list[str]:
    """Values with white space around them or with invisible characters inside."""
    if all(map(str.isprintable, texts)) and list(map(str.strip, texts)) == texts:
        return []
    return [text for text in texts if text != text.strip() or _FORBIDDEN.search(text)]


def _row_rules(ledger: Ledger) -> Iterator[Problem]:
    """E0212: combinations of columns that the schema forbids; distinct combinations are validated once."""
    schema = ledger.schema
    names = [name for name in schema.row_columns if name in ledger.columns]
    if not names:
        return
    # of a column that only has to be empty or not, the value does not matter: few combinations are left
    cells = list(zip(*(ledger.columns[name] if name in schema.valued else map(bool, ledger.columns[name]) for name in names), strict=True))
    distinct = list(set(cells))
    converters = [(name, converter(schema.types[name]) or str if name in schema.valued else _present) for name in names]
    objects = [{name: convert(cell) for (name, convert), cell in zip(converters, row, strict=True) if cell} for row in distinct]
    if schema.row_validator.is_valid(objects):
        return
    refused: dict[Any, dict[str, tuple[str, dict[str, Any]]]] = {}
    for error in schema.row_validator.iter_errors(objects):
        column, code, params = explain_row(schema, objects[error.instance_path[0]], error)
        refused.setdefault(distinct[error.instance_path[0]], {}).setdefault(column, (code, params))
    for row, combination in enumerate(cells):
        for column, (code, params) in refused.get(combination, {}).items():
            if row not in ledger.bad.get(column, ()):
                yield _bad(ledger, row, column, code, value=ledger.columns[column][row], **params)


def _present(_cell: object) -> str:
    return "present"


def _bad(ledger: Ledger, row: int, column: str, code: str, **params: Any) -> Problem:
    ledger.bad.setdefault(column, set()).add(row)
    return ledger.problem(code, row, column, **params)


def _keys(ledger: Ledger) -> Iterator[Problem]:
    """E0220 (key twice), E0221 (a value that must be unique twice), E0222 (not sorted by key)."""
    schema = ledger.schema
    if schema.key and all(name in ledger.columns for name in schema.key):
        yield from _duplicates(ledger, schema.key, "E0220")
        yield from _order(ledger)
    for names in schema.unique:
        over_all = len(names) == 1 and "x-global" in schema.properties[names[0]]  # the rules of identity see to it
        if names != schema.key and not over_all and all(name in ledger.columns for name in names):
            yield from _duplicates(ledger, names, "E0221")


def _duplicates(ledger: Ledger, names: Sequence[str], code: str) -> Iterator[Problem]:
    """Every repetition, with the place of the first; rows where one of the columns is empty are not compared."""
    columns = [ledger.columns[name] for name in names]
    values: list[Any] = list(columns[0]) if len(columns) == 1 else list(zip(*columns, strict=True))
    if len(set(values)) == len(values):
        return
    first: dict[Any, int] = {}
    for row, value in enumerate(values):
        if not value or (len(columns) > 1 and "" in value):
            continue
        seen = first.setdefault(value, row)
        if seen != row:
            shown = value if isinstance(value, str) else ", ".join(value)
            yield ledger.problem(code, row, names[0], value=shown, columns=", ".join(names), first=ledger.table.lines[seen])


def _order(ledger: Ledger) -> Iterator[Problem]:
    """One problem at the first row that stands before its predecessor, with the number of such rows."""
    keys = sort_keys(ledger.schema, ledger.columns)
    if keys == sorted(keys):
        return
    wrong = [row for row in range(1, len(keys)) if keys[row] < keys[row - 1]]
    if any(ledger.bad.get(name) for name in ledger.schema.key):
        return  # a damaged key is reported already; its place in the order says nothing
    params = {"columns": ", ".join(ledger.schema.key), "count": len(wrong), "before": ledger.table.lines[wrong[0]] - 1}
    yield ledger.problem("E0222", wrong[0], ledger.schema.key[0], value=ledger.columns[ledger.schema.key[0]][wrong[0]], **params)


def sort_keys(schema: LedgerSchema, columns: dict[str, Sequence[str]]) -> list[Any]:
    """What rows are sorted by: the key columns as text (code points), integers as numbers."""
    parts: list[Sequence[Any]] = []
    for name in schema.key:
        cells = columns[name]
        if schema.types[name] == "integer":
            numbers = {text: to_integer(text) for text in set(cells)}
            order = {text: (0, number, "") if isinstance(number, int) else (1, 0, text) for text, number in numbers.items()}
            parts.append([order[text] for text in cells])
        else:
            parts.append(cells)
    return list(parts[0]) if len(parts) == 1 else list(zip(*parts, strict=True))


def _blank_bad_cells(ledger: Ledger) -> None:
    for name, rows in ledger.bad.items():
        cells = list(ledger.columns[name])
        for row in rows:
            cells[row] = ""
        ledger.columns[name] = cells


def records(ledger: Ledger) -> list[dict[str, Any]]:
    """The rows as objects with converted values, absent where a cell is empty: what a JSON Schema validator would see."""
    schema, header = ledger.schema, ledger.table.header
    known = [(name, header.index(name), converter(schema.types.get(name, "string")) or str) for name in header]
    return [{name: convert(row[index]) for name, index, convert in known if row[index]} for row in ledger.table.rows]


__all__ = ["check_ledger", "records", "sort_keys"]
