"""Reading a ledger for the validator: as much as possible is read, and everything that is wrong is reported.

:func:`..common.table.parse_table` stops at the first damage, which is right for a run that must not work with half a
ledger. The validator shall name all errors at once, so damage is cut out here and the rest is checked too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ..common.files import read_bytes
from ..common.problems import Problem, WardopsError
from ..common.table import Table, parse_table

#: more damaged lines than this, or more than half of them: the file is in another encoding, and one problem says so
_MAX_BAD_LINES = 20
_REPLACEMENT = "\ufffd"


@dataclass(slots=True)
class Reading:
    """What could be read.

    :param table: ``None`` when nothing can be used.
    :param problems: everything wrong with the file as text and CSV.
    :param complete: whether every row of the file is in the table; if not, a value that is not found may yet exist.
    """

    table: Table | None
    problems: list[Problem] = field(default_factory=list)
    complete: bool = True


def read_ledger(path: Path, shown: str) -> Reading:
    """Read a ledger file as far as it can be read; never raises for what is wrong with the file."""
    try:
        data = read_bytes(path)
    except WardopsError as error:
        return Reading(None, [Problem(one.code, shown, one.line, one.column, one.params) for one in error.problems], False)
    return parse_ledger(data, shown)


def parse_ledger(data: bytes, shown: str) -> Reading:
    """As :func:`read_ledger`, from bytes."""
    problems: list[Problem] = []
    if data.startswith(b"\xef\xbb\xbf"):
        problems.append(Problem("E0104", shown, 1, 1))
        data = data[3:]
    damaged = False
    try:
        if b"\x00" not in data or _utf16(data):  # a NUL says more than the bytes around it
            data.decode("utf-8")
    except UnicodeDecodeError:
        bad = _bad_lines(data, shown)
        problems += bad
        if len(bad) > min(_MAX_BAD_LINES, data.count(b"\n") // 2) or _utf16(data):
            return Reading(None, problems[: -len(bad)] + bad[:1], False)
        data = data.decode("utf-8", "replace").encode()
        damaged = True
    return _parse(data, shown, problems, damaged)


def _parse(data: bytes, shown: str, problems: list[Problem], damaged: bool) -> Reading:
    complete = not damaged
    stray = None
    try:
        table = parse_table(data, shown)
        if any('"' in cell for row in table.rows for cell in row) if '"' in table.text else False:
            stray = _quote_error(table.text)
    except WardopsError as error:
        stray = _quote_error(data.decode("utf-8")) if error.problems[0].code == "E0108" else None
        if stray is None:
            return Reading(None, problems + error.problems, False)
    if stray is not None:
        start, found = stray
        problems.append(Problem(found.code, shown, found.line, found.column, found.params))
        complete = False
        try:
            table = parse_table(data.decode("utf-8")[:start].encode(), shown)
        except WardopsError:
            return Reading(None, problems, False)
    for index, row in enumerate(table.rows):
        if not any(row):
            table.problems.append(Problem("E0109", shown, table.lines[index]))
    complete = complete and not any(problem.code in ("E0116", "E0830") for problem in table.problems)
    problems += table.problems
    keep = [index for index, row in enumerate(table.rows) if any(row) and not (damaged and any(_REPLACEMENT in cell for cell in row))]
    if len(keep) < len(table.rows):
        table.rows, table.lines = [table.rows[index] for index in keep], [table.lines[index] for index in keep]
    return Reading(table, problems, complete)


def _utf16(data: bytes) -> bool:
    return data.startswith((b"\xff\xfe", b"\xfe\xff"))


def _bad_lines(data: bytes, shown: str) -> list[Problem]:
    """One E0110 for each line with a byte that is not UTF-8 (at most one more than :data:`_MAX_BAD_LINES`)."""
    found: list[Problem] = []
    offset = 0
    for number, line in enumerate(data.split(b"\n"), 1):
        try:
            line.decode("utf-8")
        except UnicodeDecodeError as error:
            column = len(line[: error.start].decode("utf-8")) + 1
            params = {"encoding": "UTF-8", "byte": line[error.start : error.start + 2].hex(), "offset": offset + error.start}
            found.append(Problem("E0110", shown, number, column, params))
            if len(found) > _MAX_BAD_LINES:
                break
        offset += len(line) + 1
    return found


def _quote_error(text: str) -> tuple[int, Problem] | None:
    """The first offence against RFC 4180 quoting: start of its row and the problem (without a path); ``None`` when there is none.

    The CSV reader itself reports an open quote at the end of the file, which helps nobody.
    """
    position, row_start, size = 0, 0, len(text)
    while position < size:
        if text[position] == '"':
            end = _closing_quote(text, position)
            if end < 0:
                return _place(text, row_start, position, "引用符が閉じていません", "the quote is never closed")
            if end + 1 < size and text[end + 1] not in ",\n\r":
                return _place(text, row_start, end + 1, "閉じた引用符の後に文字があります", "text after the closing quote")
            position = end + 1
        else:
            while position < size and text[position] not in ",\n":
                if text[position] == '"':
                    return _place(text, row_start, position, "値の途中に引用符があります", "a quote inside a value that is not quoted")
                position += 1
        if position < size and text[position] == "\r":
            position += 1
        if position < size and text[position] == "\n":
            row_start = position + 1
        position += 1
    return None


def _closing_quote(text: str, opening: int) -> int:
    end = text.find('"', opening + 1)
    while end >= 0 and text[end + 1 : end + 2] == '"':
        end = text.find('"', end + 2)
    return end


def _place(text: str, row_start: int, position: int, reason_ja: str, reason: str) -> tuple[int, Problem]:
    column = position - text.rfind("\n", 0, position)
    return row_start, Problem("E0108", "", text.count("\n", 0, position) + 1, column, {"reason_ja": reason_ja, "reason": reason})
