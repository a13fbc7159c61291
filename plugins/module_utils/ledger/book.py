"""A ward's ledgers in memory, open for changes: the only way in which a program changes a ledger.

Rows are read when they are first asked for; changes are kept as the difference to what was read, so that they can be shown,
checked with the whole ``make check`` and saved (``saving.py``) or thrown away. Nothing here writes.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ..common.files import read_bytes, sha256
from ..common.problems import Problem, WardopsError, fail
from ..common.table import format_table, parse_table
from ..common.ward import REPOSITORY, Ward
from .cells import sort_keys
from .check import Report, check_ward
from .schema import LedgerSchema, Schemas, load_schemas

Key = tuple[str, ...]
Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row's way from ``before`` (``None`` = not there) to ``after`` (``None`` = removed); all cells as text."""

    ledger: str
    layer: str
    key: Key
    before: Mapping[str, str] | None
    after: Mapping[str, str] | None

    def columns(self) -> list[str]:
        """The columns whose cells differ."""
        before, after = self.before or {}, self.after or {}
        return [name for name in (after or before) if before.get(name, "") != after.get(name, "")]


@dataclass(slots=True)
class _File:
    """One ledger file: rows as read, rows as they shall be, and the digest of what was read (empty: no file yet)."""

    path: Path
    read: dict[Key, Row]
    rows: dict[Key, Row]
    digest: str


class Book:
    """The ledgers of a ward.

    :param root: folder with ``ledgers/`` and ``policies/``.
    :raises WardopsError: E0100 (no such ward), E0240 (a schema is broken), E0804 (a save was interrupted and is not finished).
    """

    def __init__(self, root: Path, schemas: Schemas | None = None) -> None:
        self.ward = Ward(root)
        self.schemas = schemas or load_schemas(REPOSITORY / "schemas")
        self._files: dict[tuple[str, str], _File] = {}

    @cached_property
    def today(self) -> dt.date:
        return self.ward.today

    def schema(self, ledger: str) -> LedgerSchema:
        """:raises WardopsError: E0801 when there is no such ledger."""
        if ledger not in self.schemas.ledgers:
            raise fail("E0801", ledger=ledger, what_ja="台帳がありません", what="there is no such ledger")
        return self.schemas.ledgers[ledger]

    def files(self, ledger: str) -> list[str]:
        """Layers that have a file of the ledger; ``[""]`` for one that all layers share."""
        return list(self.schema(ledger).layers) or [""]

    def rows(self, ledger: str, layer: str = "") -> dict[Key, Row]:
        """The rows by key, pending changes included. Not to be changed by the caller.

        :raises WardopsError: E0801 (no such ledger, or it has no file for the layer), E0100-E0116 (the file), E0802 (its columns or
            keys are not what the schema says: ``make check`` names every error).
        """
        return self._file(ledger, layer).rows

    def get(self, ledger: str, key: str | Key, layer: str = "") -> Row | None:
        return self.rows(ledger, layer).get(_tuple(key))

    def locate(self, ledger: str, key: str | Key) -> str | None:
        """The layer whose file holds the key; ``None`` when no file has it."""
        return next((layer for layer in self.files(ledger) if _tuple(key) in self.rows(ledger, layer)), None)

    def find(self, ledger: str, layer: str = "", **cells: str) -> list[Row]:
        """Rows whose cells equal those given."""
        wanted = cells.items()
        return [row for row in self.rows(ledger, layer).values() if all(row.get(name) == value for name, value in wanted)]

    def put(self, ledger: str, row: Mapping[str, str], layer: str = "") -> None:
        """Add a row, or replace the one with its key; columns that are not given are empty.

        :raises WardopsError: E0801 for a column that the ledger has not, or a key that is empty.
        """
        schema = self.schema(ledger)
        for name in row:
            if name not in schema.properties:
                raise fail("E0801", ledger=ledger, what_ja=f"列 {name} がありません", what=f"there is no column {name}")
        whole = {name: row.get(name, "") for name in schema.columns}
        key = tuple(whole[name] for name in schema.key)
        if not key[0]:
            raise fail("E0801", ledger=ledger, what_ja=f"キー {schema.key[0]} が空です", what=f"the key {schema.key[0]} is empty")
        self.rows(ledger, layer)[key] = whole

    def update(self, ledger: str, key: str | Key, layer: str = "", **values: str) -> None:
        """Change cells of a row; a new value of a key column moves the row.

        :raises WardopsError: E0801 when no row has the key.
        """
        rows = self.rows(ledger, layer)
        before = rows.get(_tuple(key))
        if before is None:
            shown = ", ".join(_tuple(key))
            raise fail("E0801", ledger=ledger, what_ja=f"{shown} の行がありません", what=f"there is no row {shown}")
        self.put(ledger, {**before, **values}, layer)
        if any(name in values and values[name] != before[name] for name in self.schema(ledger).key):
            del rows[_tuple(key)]

    def remove(self, ledger: str, key: str | Key, layer: str = "") -> None:
        """Take a row out; a key that is not there is no error."""
        self.rows(ledger, layer).pop(_tuple(key), None)

    def changes(self) -> list[RowChange]:
        """The pending changes, sorted by ledger, layer and key."""
        found = []
        for (ledger, layer), file in sorted(self._files.items()):
            # a row that nobody put again is still the object that was read
            touched = [key for key, row in file.rows.items() if file.read.get(key) is not row]
            touched += [key for key in file.read if key not in file.rows]
            for key in sorted(touched):
                before, after = file.read.get(key), file.rows.get(key)
                if before != after:
                    found.append(RowChange(ledger, layer, key, before, after))
        return found

    def changed_files(self) -> dict[Path, bytes]:
        """The files that would change, with their new bytes: canonical form, sorted by key."""
        return {file.path: self._bytes(ledger, file) for (ledger, _), file in sorted(self._files.items()) if file.read != file.rows}

    def digests(self) -> dict[Path, str]:
        """SHA-256 of the files as they were read; empty for one that did not exist."""
        return {file.path: file.digest for file in self._files.values()}

    def check(self, today: dt.date | None = None) -> Report:
        """The whole ``make check`` over the ward as it would be."""
        return check_ward(self.ward.root, today, schemas=self.schemas, pending=self.changed_files())

    def new_problems(self, today: dt.date | None = None) -> list[Problem]:
        """What ``make check`` would find with the changes and does not find without them."""
        found = self.check(today).problems
        if not found:
            return []
        known = Counter(map(_identity, check_ward(self.ward.root, today, schemas=self.schemas).problems))
        new = []
        for problem in found:
            if known[_identity(problem)]:
                known[_identity(problem)] -= 1
            else:
                new.append(problem)
        return new

    def _file(self, ledger: str, layer: str) -> _File:
        if (ledger, layer) not in self._files:
            if layer not in self.files(ledger):
                raise fail(
                    "E0801", ledger=ledger, what_ja=f"系統「{layer}」の台帳はありません", what=f"it has no file for the layer {layer!r}"
                )
            self._files[ledger, layer] = self._read(self.ward.ledger_path(ledger, layer or None).absolute(), self.schema(ledger))
        return self._files[ledger, layer]

    def _read(self, path: Path, schema: LedgerSchema) -> _File:
        if not path.exists():
            return _File(path, {}, {}, "")
        data, shown = read_bytes(path), self.ward.shown(path)
        table = parse_table(data, shown).checked()
        if table.header != schema.columns:
            raise WardopsError(Problem("E0802", shown, 1, 0, {"what_ja": "列が定義と違います", "what": "its columns are not the schema's"}))
        positions = [table.header.index(name) for name in schema.key]
        rows: dict[Key, Row] = {}
        for index, cells in enumerate(table.rows):
            key = tuple(cells[position] for position in positions)
            if key in rows:
                params = {"what_ja": f"キー {', '.join(key)} が 2 行あります", "what": f"the key {', '.join(key)} is there twice"}
                raise WardopsError(Problem("E0802", shown, table.lines[index], 0, params))
            rows[key] = dict(zip(table.header, cells, strict=True))
        return _File(path, rows, dict(rows), sha256(data))

    def _bytes(self, ledger: str, file: _File) -> bytes:
        schema = self.schema(ledger)
        return format_rows(schema, list(file.rows.values()))


def format_rows(schema: LedgerSchema, rows: list[Row]) -> bytes:
    """A ledger file's canonical bytes: columns in the schema's order, rows sorted by key."""
    columns = {name: [row[name] for row in rows] for name in schema.key}
    order = sort_keys(schema, columns)  # type: ignore[arg-type]
    table = [[row[name] for name in schema.columns] for row in rows]
    ordered = [cells for _, cells in sorted(zip(order, table, strict=True), key=lambda pair: pair[0])]
    return format_table(schema.columns, ordered)


def _tuple(key: str | Key) -> Key:
    return (key,) if isinstance(key, str) else tuple(key)


def _identity(problem: Problem) -> tuple[str, str, str]:
    """A problem without its line, which a row added above moves."""
    params = {name: value for name, value in problem.params.items() if name not in ("first", "before", "count")}
    return problem.code, problem.path, repr(sorted(params.items(), key=lambda item: item[0]))
