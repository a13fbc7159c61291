"""Ledger files (CSV): strict reading with positions, all problems at once, bounded memory.

A ledger is UTF-8 without byte order mark, LF, comma separated (RFC 4180 quoting), with one header line of unique
English snake_case names. Import of other people's files is not done here.
"""

from __future__ import annotations

import csv
import io
import re
import typing
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .files import MAX_BYTES, read_bytes
from .problems import Problem, WardopsError

if typing.TYPE_CHECKING:
    import _csv

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
#: what Git puts between the two sides of a conflict
_MARKER = re.compile(r"(?:<{7,}|\|{7,}|>{7,}) .*|={7,}|<{7,}|\|{7,}|>{7,}")


def is_column_name(name: str) -> bool:
    """English snake_case of at most 64 characters."""
    return bool(_NAME.fullmatch(name))


@dataclass(slots=True)
class Table:
    """A ledger in memory.

    :param path: as shown in messages.
    :param header: column names.
    :param rows: cells as text, every row as long as the header.
    :param lines: 1-based line on which each row begins.
    :param problems: rows that could not be taken (wrong number of cells, blank lines); never silently dropped:
        a caller that works with the rows calls :meth:`checked` first.
    """

    path: str
    header: list[str]
    rows: list[list[str]]
    lines: Sequence[int]
    text: str = ""
    problems: list[Problem] = field(default_factory=list)
    _starts: list[int] = field(default_factory=list, repr=False, compare=False)

    def checked(self) -> Table:
        """This table, or a :class:`WardopsError` with all its problems."""
        if self.problems:
            raise WardopsError(self.problems)
        return self

    def index(self, column: str) -> int:
        """Position of a column.

        :raises WardopsError: E0123 when the ledger has no such column.
        """
        try:
            return self.header.index(column)
        except ValueError:
            raise WardopsError(Problem("E0123", self.path, 1, 0, {"column": column})) from None

    def column(self, name: str) -> list[str]:
        position = self.index(name)
        return [row[position] for row in self.rows]

    def dicts(self) -> list[dict[str, str]]:
        return [dict(zip(self.header, row, strict=True)) for row in self.rows]

    def problem(self, code: str, row: int, column: str | int, **params: object) -> Problem:
        """A problem at a cell: row index from 0, column by name or position; line and character column are found here."""
        position = column if isinstance(column, int) else self.header.index(column)
        line, character = self._place(row, position)
        return Problem(code, self.path, line, character, params)

    def _place(self, row: int, position: int) -> tuple[int, int]:
        """Line and 1-based character column where the cell begins; only called for cells with a problem."""
        if not self._starts:
            self._starts = [0, *(match.end() for match in re.finditer("\n", self.text))]
        line = self.lines[row]
        start = self._starts[line - 1]
        begin, quoted = start, False
        for offset in range(start, len(self.text)):
            char = self.text[offset]
            if position == 0:
                break
            if char == '"':
                quoted = not quoted
            elif char == "," and not quoted:
                position -= 1
                begin = offset + 1
        before = self.text[start:begin]
        return line + before.count("\n"), begin - (start + before.rfind("\n") + 1) + 1


def read_table(path: Path, shown: str | None = None, limit: int = MAX_BYTES) -> Table:
    """Read a ledger file.

    :raises WardopsError: E0100-E0102 (file), E0103 (NUL byte), E0104 (byte order mark), E0110 (not UTF-8),
        E0107 (header), E0108 (quoting). Problems of single rows are collected in :attr:`Table.problems`.
    """
    return parse_table(read_bytes(path, limit), shown or str(path))


def parse_table(data: bytes, path: str) -> Table:
    """As :func:`read_table`, from bytes."""
    text = _decode(data, path)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    lines: Sequence[int]
    try:
        header = next(reader, [])
        _check_header(header, path)
        if '"' in text or "\r" in text:
            rows, lines = _rows_with_lines(reader)
        else:
            rows = _unquoted_rows(text, reader)
            lines = range(2, len(rows) + 2)
    except csv.Error as error:
        params = {"reason_ja": "引用符の対応が取れません", "reason": str(error)}
        raise WardopsError(Problem("E0108", path, reader.line_num, 0, params)) from None
    table = Table(path, header, rows, lines, text)
    width = len(header)
    if any(len(row) != width for row in rows):
        _take_out_ragged(table)
    if "\r" in text:
        table.problems.append(Problem("E0114", path, text.count("\n", 0, text.index("\r")) + 1))
    if text and not text.endswith("\n"):
        table.problems.append(Problem("E0115", path, text.count("\n") + 1))
    return table


def _decode(data: bytes, path: str) -> str:
    offset = data.find(b"\x00")
    if offset >= 0:
        raise WardopsError(Problem("E0103", path, data.count(b"\n", 0, offset) + 1, 0, {"offset": offset}))
    if data.startswith(b"\xef\xbb\xbf"):
        raise WardopsError(Problem("E0104", path, 1, 1))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = len(data[data.rfind(b"\n", 0, error.start) + 1 : error.start].decode("utf-8")) + 1
        params = {"encoding": "UTF-8", "byte": data[error.start : error.start + 2].hex(), "offset": error.start}
        raise WardopsError(Problem("E0110", path, line, column, params)) from None


def _check_header(header: list[str], path: str) -> None:
    problems = []
    if not header:
        problems.append(Problem("E0107", path, 1, 0, {"reason_ja": "見出し行がありません", "reason": "there is no header line"}))
    for position, name in enumerate(header, 1):
        if header.index(name) != position - 1:
            params = {"reason_ja": f"列 {position} の名前 {name} が重複しています", "reason": f"column {position} repeats the name {name}"}
            problems.append(Problem("E0107", path, 1, 0, params))
        elif not is_column_name(name):
            params = {"reason_ja": f"列 {position} の名前「{name}」が不正です", "reason": f"column {position} has the bad name {name!r}"}
            problems.append(Problem("E0107", path, 1, 0, params))
    if problems:
        raise WardopsError(problems)


def _unquoted_rows(text: str, reader: _csv.Reader) -> list[list[str]]:
    """What the reader would give for the rest of a text without quotes and carriage returns, in a third of the time."""
    lines = text.split("\n")
    if not lines[-1]:
        del lines[-1]
    if max(map(len, lines)) > csv.field_size_limit():
        return list(reader)
    return [line.split(",") if line else [] for line in lines[1:]]


def _rows_with_lines(reader: _csv.Reader) -> tuple[list[list[str]], list[int]]:
    rows: list[list[str]] = []
    lines: list[int] = []
    begin = reader.line_num + 1
    for row in reader:
        rows.append(row)
        lines.append(begin)
        begin = reader.line_num + 1
    return rows, lines


def _take_out_ragged(table: Table) -> None:
    width = len(table.header)
    good: list[int] = []
    for index, row in enumerate(table.rows):
        if len(row) == width:
            good.append(index)
        elif not row:
            table.problems.append(Problem("E0109", table.path, table.lines[index]))
        elif _MARKER.fullmatch(row[0]):
            table.problems.append(Problem("E0830", table.path, table.lines[index], 0, {"marker": row[0][:7]}))
        else:
            params = {"cells": len(row), "width": width}
            table.problems.append(Problem("E0116", table.path, table.lines[index], 0, params))
    table.lines = [table.lines[index] for index in good]
    table.rows = [table.rows[index] for index in good]


def format_table(header: Sequence[str], rows: Sequence[Sequence[str]], key: Callable[[Sequence[str]], object] | None = None) -> bytes:
    """A ledger file's bytes: UTF-8, LF, quoted only where needed, sorted by ``key`` when one is given."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(sorted(rows, key=key) if key else rows)  # type: ignore[arg-type]
    return out.getvalue().encode()
