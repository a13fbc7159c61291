"""A ledger as CSV for Excel (CP932 or UTF-8), and back. The exported state is not in the file: it is found in Git by the mark.

A character that CP932 has not is written as ``[U+20BB7]`` and becomes itself again. A text that a spreadsheet would compute gets an
apostrophe in front, which is taken off again.
"""

from __future__ import annotations

import csv
import io
import re
import subprocess
from functools import cache

from ...common.problems import WardopsError, fail
from ...common.table import parse_table
from ...common.text import decode
from ..book import Book, Key, Row
from .returned import Line, Returned
from .selection import Mark, Selection, mark_of, read_mark, shown_rows
from .values import kind

ENCODINGS = {"cp932": "cp932", "utf-8": "utf-8-sig"}
_FORMULA = re.compile(r"'*[=+\-@\t\r＝＋－＠]")
_QUOTED = re.compile(r"'+[=+\-@\t\r＝＋－＠]")
_ESCAPE = re.compile(r"\[U\+([0-9A-F]{4,6})\]")


def write(book: Book, selection: Selection, encoding: str = "cp932") -> tuple[bytes, int]:
    """The file, and the number of characters that were written as ``[U+…]``.

    :param encoding: ``cp932`` or ``utf-8`` (with byte order mark, which Excel needs).
    :raises WardopsError: E0805 when the ward is not in Git, so that a re-import could not find the exported state.
    """
    schema = book.schema(selection.ledger)
    numbers = [kind(schema, name) == "integer" for name in selection.columns]
    mark = mark_of(book, selection)
    _git(book, "hash-object", "-w", "--", str(book.ward.ledger_path(selection.ledger, selection.layer or None).absolute()))
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([*map(schema.title, selection.columns), mark.text()])
    for row in shown_rows(book, selection):
        writer.writerow([text if number else _guard(text) for text, number in zip(row, numbers, strict=True)])
    text = out.getvalue().replace("[U+", "[U+005B]U+")  # what looks like an escape and is none
    if encoding != "cp932":
        return text.encode(ENCODINGS[encoding]), 0
    strange = sum(not _in_cp932(char) for char in text)
    written = "".join(char if _in_cp932(char) else f"[U+{ord(char):04X}]" for char in text) if strange else text
    return written.encode("cp932"), strange


def _guard(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) else text


def _unguard(text: str) -> str:
    return text[1:] if _QUOTED.match(text) else text


@cache
def _in_cp932(char: str) -> bool:
    try:
        return char.encode("cp932").decode("cp932") == char
    except UnicodeEncodeError:
        return False


def read(data: bytes, shown_path: str, book: Book) -> Returned:
    """A CSV that comes back, in whatever encoding and with whatever separator a spreadsheet wrote it.

    :raises WardopsError: E0110, E0103 (encoding), E0108 (quotes), E0860 (no mark), E0862 (the exported state is not in Git any more).
    """
    text = decode(data, shown_path).text
    separator = max(",\t;", key=text.partition("\n")[0].count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error as error:
        raise fail("E0108", shown_path, reason_ja="引用符の対応が取れません", reason=str(error)) from None
    header = rows[0] if rows else []
    marks = [cell for cell in header if cell.startswith("#wardops")]
    if len(marks) != 1:
        raise fail("E0860", shown_path)
    mark = read_mark(marks[0], book)
    at = header.index(marks[0])
    wide = len(header)
    lines = []
    for number, row in enumerate(rows, 1):
        cells = [_restore(cell) for cell in row]
        if not any(cells[position] for position in range(len(cells)) if position != at):
            continue
        places = [f"{number} 行目 {position} 列目" for position in range(1, len(cells) + 1)]
        drop = at if at < len(cells) else len(cells)
        kept = [(cell, place) for position, (cell, place) in enumerate(zip(cells, places, strict=True)) if position != drop]
        kept += [("", places[-1])] * (wide - 1 - len(kept))
        formulas = frozenset(position for position, (cell, _) in enumerate(kept) if cell.startswith("=") and number > 1)
        lines.append(Line([_unguard(cell) for cell, _ in kept], [place for _, place in kept], formulas))
    return Returned(shown_path, mark, _base(book, mark, shown_path), lines)


def _restore(cell: str) -> str:
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)) if int(match[1], 16) < 0x110000 else match[0], cell.strip())


def _base(book: Book, mark: Mark, shown_path: str) -> dict[Key, Row]:
    try:
        data = _git(book, "cat-file", "blob", mark.blob)
    except WardopsError:
        raise fail("E0862", shown_path, blob=mark.blob[:12]) from None
    schema = book.schema(mark.selection.ledger)
    table = parse_table(data, mark.blob[:12]).checked()
    if not {*mark.selection.columns, *mark.selection.where} <= set(table.header):
        raise fail("E0862", shown_path, blob=mark.blob[:12])
    rows = {tuple(row[name] for name in schema.key): row for row in table.dicts()}
    return mark.selection.rows(rows)


def _git(book: Book, *words: str) -> bytes:
    try:
        done = subprocess.run(["git", "-C", str(book.ward.root), *words], capture_output=True, check=False)
    except OSError as error:
        raise fail("E0805", str(book.ward.root), reason=str(error.strerror)) from None
    if done.returncode:
        reason = done.stderr.decode("utf-8", "replace").strip().splitlines()[:1] or ["git"]
        raise fail("E0805", str(book.ward.root), reason=reason[0])
    return done.stdout
