"""What is exported: a ledger's rows and columns, and the mark by which a file that comes back is known."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import urllib.parse
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ...common.files import read_bytes
from ...common.problems import fail
from ..book import Book, Key, Row
from ..schema import LedgerSchema
from .values import labels, shown

_WORD = "#wardops1"
_BLOB = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class Selection:
    """Rows and columns of one ledger.

    :param layer: of a ledger that has a file for each layer, else empty.
    :param columns: in the schema's order; the key columns are among them.
    :param where: column to values; a row must have one of the values in each column.
    """

    ledger: str
    layer: str
    columns: tuple[str, ...]
    where: Mapping[str, tuple[str, ...]]

    def rows(self, rows: Mapping[Key, Row]) -> dict[Key, Row]:
        """Those of a ledger's rows that are selected, cut to the columns."""
        return {
            key: {name: row[name] for name in self.columns}
            for key, row in rows.items()
            if all(row[column] in values for column, values in self.where.items())
        }


def select(book: Book, ledger: str, layer: str = "", columns: Iterable[str] = (), where: Sequence[str] = ()) -> Selection:
    """A selection from what a user wrote.

    :param columns: names or Japanese titles; none for all. Key columns are always taken.
    :param where: ``column=value``, both also in Japanese; the same column twice means one of the values.
    :raises WardopsError: E0801 (no such ledger, layer or column), E0850 (layer missing, or a condition without ``=``).
    """
    schema = book.schema(ledger)
    if not layer and schema.layers:
        layers = "、".join(schema.layers)
        raise fail(
            "E0850",
            what_ja=f"台帳 {ledger} は系統ごとです。--layer {layers} のどれかを指定してください",
            what=f"--layer is missing ({layers})",
        )
    book.rows(ledger, layer)
    chosen = {column_of(schema, name) for name in columns}
    conditions: dict[str, tuple[str, ...]] = {}
    for text in where:
        name, equals, value = text.partition("=")
        if not equals:
            raise fail("E0850", what_ja=f"条件「{text}」は「列=値」の形ではありません", what=f"{text!r} is not column=value")
        column = column_of(schema, name)
        code = next((code for code, label in labels(schema, column).items() if label == value), value)
        conditions[column] = (*conditions.get(column, ()), code)
    wanted = tuple(name for name in schema.columns if not chosen or name in chosen or name in schema.key)
    return Selection(ledger, layer, wanted, conditions)


def column_of(schema: LedgerSchema, name: str) -> str:
    """The column that a name or a Japanese title means.

    :raises WardopsError: E0801 when there is none.
    """
    text = name.strip()
    found = text if text in schema.properties else next((column for column in schema.columns if schema.title(column) == text), "")
    if not found:
        raise fail("E0801", ledger=schema.name, what_ja=f"列「{name}」がありません", what=f"there is no column {name!r}")
    return found


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a file came from: the selection, and the ledger file's bytes as Git names them (the id of its blob)."""

    selection: Selection
    blob: str

    def text(self) -> str:
        """One line: ``#wardops1 lgwan/terminals <blob> <columns> <conditions>``."""
        chosen = self.selection
        where = urllib.parse.urlencode([(column, value) for column, values in chosen.where.items() for value in values])
        name = f"{chosen.layer}/{chosen.ledger}" if chosen.layer else chosen.ledger
        return " ".join([_WORD, name, self.blob, ".".join(chosen.columns), where]).rstrip()


def read_mark(text: str, book: Book) -> Mark:
    """The mark of a file.

    :raises WardopsError: E0860 when the text is none.
    """
    parts = text.split(" ")
    if parts[0] != _WORD or len(parts) not in (4, 5) or not _BLOB.fullmatch(parts[2]):
        raise fail("E0860")
    layer, _, ledger = parts[1].rpartition("/")
    where: dict[str, tuple[str, ...]] = {}
    for column, value in urllib.parse.parse_qsl(parts[4] if len(parts) == 5 else "", keep_blank_values=True):
        where[column] = (*where.get(column, ()), value)
    schema = book.schema(ledger)
    columns = tuple(parts[3].split("."))
    if not set(schema.key) <= set(columns):
        raise fail("E0860")
    for name in (*columns, *where):
        column_of(schema, name)
    book.rows(ledger, layer)
    return Mark(Selection(ledger, layer, columns, where), parts[2])


def mark_of(book: Book, selection: Selection) -> Mark:
    """The mark for an export of the ledger as it is on disk now."""
    data = read_bytes(book.ward.ledger_path(selection.ledger, selection.layer or None))
    blob = hashlib.sha1(b"blob %d\x00" % len(data) + data).hexdigest()  # noqa: S324 - how Git names contents (git hash-object)
    return Mark(selection, blob)


def shown_rows(book: Book, selection: Selection) -> list[list[str]]:
    """The cells as users see them."""
    schema = book.schema(selection.ledger)
    rows = selection.rows(book.rows(selection.ledger, selection.layer))
    return [[shown(schema, name, row[name]) for name in selection.columns] for row in rows.values()]


def base_lines(book: Book, selection: Selection) -> list[str]:
    """The exported rows as CSV lines with a header: the state that edits are compared with."""
    rows = selection.rows(book.rows(selection.ledger, selection.layer)).values()
    return [to_line(selection.columns), *(to_line(list(row.values())) for row in rows)]


def to_line(cells: Sequence[str]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="").writerow(cells)
    return out.getvalue()


def rows_of_lines(lines: Sequence[str], columns: Sequence[str], key: Sequence[str]) -> dict[Key, Row] | None:
    """The inverse of :func:`base_lines`; ``None`` when the lines are not what it makes."""
    try:
        header, *rows = csv.reader(io.StringIO("\n".join(lines), newline=""), strict=True)
    except (csv.Error, ValueError):
        return None
    if header != [*columns] or any(len(row) != len(header) for row in rows):
        return None
    found = (dict(zip(header, row, strict=True)) for row in rows)
    return {tuple(row[name] for name in key): row for row in found}
