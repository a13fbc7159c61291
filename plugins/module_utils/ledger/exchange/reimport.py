"""Taking back what was exported: the user's edits, found by comparing with the exported state, put on top of the ledger as it is now.

Three versions of a cell: exported, in the file, in the ledger now. Only the file differs from the exported one: the user's edit. Only
the ledger differs: somebody else's, which stays. Both differ, and from each other: a conflict, reported with both values.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...common.problems import Problem, WardopsError
from ..allocation import Allocator
from ..book import Book, Key, Row
from ..schema import LedgerSchema
from .completing import complete
from .returned import Line, Returned
from .selection import column_of
from .values import ERRORS, Token, forms, meant, shown, token, unchanged

_PREFER = ("stop", "file", "ledger")


@dataclass(slots=True)
class Outcome:
    """What a re-import found.

    :param problems: everything that keeps the file from being taken; nothing is saved while there is one.
    :param places: the line of each row in the file, by key.
    :param conflicts: cells for which a side was chosen (``prefer``), as ``key title ledger's value → file's value``.
    """

    problems: list[Problem] = field(default_factory=list)
    rows: int = 0
    edited: int = 0
    added: int = 0
    removed: int = 0
    conflicts: list[str] = field(default_factory=list)
    places: dict[Key, str] = field(default_factory=dict)


class Reimport:
    """Puts a returned file's edits into a book.

    :param prefer: what to do with a cell that both sides changed: ``stop`` (report), ``file`` or ``ledger`` (take that side's value).
    :param allow_remove: rows that are missing in the file are removed; otherwise they are reported.
    """

    def __init__(self, book: Book, returned: Returned, prefer: str = "stop", *, allow_remove: bool = False, reason: str = "") -> None:
        self.book = book
        self.returned = returned
        self.prefer = prefer
        self.allow_remove = allow_remove
        self.selection = returned.mark.selection
        self.schema: LedgerSchema = book.schema(self.selection.ledger)
        self.now = dict(book.rows(self.selection.ledger, self.selection.layer))
        self.give = Allocator(book, reason)
        self.outcome = Outcome()
        self._keys = [_forms_of_keys(self.schema, position, returned.base) for position in range(len(self.schema.key))]

    def run(self) -> Outcome:
        """Take the file.

        :raises WardopsError: E0863 (columns).
        """
        header, *lines = self.returned.lines or [Line([], [])]
        columns = self._columns(header)
        seen = self.outcome.places
        new: list[dict[str, tuple[Any, str, bool]]] = []
        for line in lines:
            self.outcome.rows += 1
            cells = {name: (line.values[at], line.places[at], at in line.formulas) for name, at in columns.items() if at < len(line.values)}
            key = self._match(cells)
            place = next(iter(cells.values()))[1]
            if not self._readable(line, columns, cells):
                if key is not None:
                    seen.setdefault(key, place)
            elif key is None:
                new.append(cells)
            elif key in seen:
                self._problem("E0866", place, key=" ".join(key), first=seen[key])
            else:
                seen[key] = place
                self._edit(key, cells)
        for cells in new:
            self._add(cells, seen)
        self._removals(seen)
        return self.outcome

    # --- reading

    def _columns(self, header: Line) -> dict[str, int]:
        found: dict[str, int] = {}
        problems = []
        for at, value in enumerate(header.values):
            text = "" if value is None else str(value)
            if not text.strip():
                continue
            try:
                name = column_of(self.schema, text)
            except WardopsError:
                problems.append(
                    self.returned.problem(
                        "E0863", header.places[at], what_ja=f"見出し「{text}」の列がありません", what=f"no column {text!r}"
                    )
                )
                continue
            if name in found:
                problems.append(
                    self.returned.problem(
                        "E0863", header.places[at], what_ja=f"見出し「{text}」が 2 つあります", what=f"{text!r} is there twice"
                    )
                )
            found[name] = at
        for name in self.schema.key:
            if name not in found:
                title = self.schema.title(name)
                problems.append(
                    self.returned.problem("E0863", "", what_ja=f"キーの列「{title}」がありません", what=f"the key column {name} is missing")
                )
        if problems:
            raise WardopsError(problems)
        return found

    def _readable(self, line: Line, columns: Mapping[str, int], cells: Mapping[str, tuple[Any, str, bool]]) -> bool:
        """Whether every cell of a line is a plain value; what is not is reported."""
        good = True
        if merged := line.merged & set(columns.values()):
            self._problem("E0873", line.places[min(merged)])
            good = False
        for name, (value, place, formula) in cells.items():
            if formula or str(value) in ERRORS:
                code = "E0864" if formula else "E0865"
                self._problem(code, place, title=self.schema.title(name), column=name, value=str(value))
                good = False
        return good

    def _match(self, cells: Mapping[str, tuple[Any, str, bool]]) -> Key | None:
        """The exported row that a line is; ``None`` for a new one."""
        values = [cells[name][0] if name in cells else None for name in self.schema.key]
        exact = tuple(meant(self.schema, name, value) for name, value in zip(self.schema.key, values, strict=True))
        if exact in self.returned.base:
            return exact
        choices = [known.get(token(value), ()) for known, value in zip(self._keys, values, strict=True)]
        found = [key for key in itertools.product(*choices) if key in self.returned.base]
        return found[0] if len(found) == 1 else None

    # --- taking

    def _edit(self, key: Key, cells: Mapping[str, tuple[Any, str, bool]]) -> None:
        before, now = self.returned.base[key], self.now.get(key)
        edits: dict[str, tuple[str, str]] = {}
        for name, (value, place, _) in cells.items():
            if name not in before or unchanged(value, before[name], shown(self.schema, name, before[name])):
                continue
            text = meant(self.schema, name, value)
            if text != before[name]:
                edits[name] = (text, place)
        if not edits:
            return
        if now is None:
            self._problem("E0867", next(iter(edits.values()))[1], key=" ".join(key), titles="、".join(map(self.schema.title, edits)))
            return
        values = {name: text for name, (text, place) in edits.items() if self._free(key, name, (before[name], now[name], text), place)}
        values = {name: text for name, text in values.items() if text != now[name]}
        if values:
            self.book.update(self.selection.ledger, key, self.selection.layer, **values)
            self.outcome.edited += 1

    def _free(self, key: Key, name: str, versions: tuple[str, str, str], place: str) -> bool:
        """Whether the file's value may be taken."""
        before, now, text = versions
        if now in (before, text):
            return True
        shown_now, shown_text = (shown(self.schema, name, value) or "(空)" for value in (now, text))
        if self.prefer == "stop":
            params = {"key": " ".join(key), "title": self.schema.title(name), "column": name}
            self._problem("E0868", place, **params, base=shown(self.schema, name, before) or "(空)", ledger=shown_now, file=shown_text)
            return False
        self.outcome.conflicts.append(f"{' '.join(key)} {self.schema.title(name)}: {shown_now} / {shown_text}")
        return self.prefer == "file"

    def _add(self, cells: Mapping[str, tuple[Any, str, bool]], seen: dict[Key, str]) -> None:
        row = {name: meant(self.schema, name, value) for name, (value, _, _) in cells.items()}
        place = next(iter(cells.values()))[1]
        try:
            row = complete(self.give, self.schema, self.selection.layer, row)
        except WardopsError as error:
            self.outcome.problems += [self.returned.problem(one.code, place, **one.params) for one in error.problems]
            return
        key = tuple(row[name] for name in self.schema.key)
        if not all(key):
            name = self.schema.key[key.index("")]
            self._problem("E0871", place, title=self.schema.title(name), column=name)
        elif key in seen:
            self._problem("E0866", place, key=" ".join(key), first=seen[key])
        elif key in self.now or self.book.locate(self.selection.ledger, key) is not None:
            if any(self.now.get(key, {}).get(name) != text for name, text in row.items()):
                self._problem("E0870", place, key=" ".join(key))
            seen[key] = place
        else:
            seen[key] = place
            self.book.put(self.selection.ledger, row, self.selection.layer)
            self.outcome.added += 1

    def _removals(self, seen: Mapping[Key, str]) -> None:
        for key, before in self.returned.base.items():
            now = self.now.get(key)
            if key in seen or now is None:
                continue
            if not self.allow_remove:
                self._problem("E0869", "", key=" ".join(key))
            elif changed := [name for name in before if now[name] != before[name]]:
                self._problem("E0872", "", key=" ".join(key), titles="、".join(map(self.schema.title, changed)))
            else:
                self.book.remove(self.selection.ledger, key, self.selection.layer)
                self.outcome.removed += 1

    def _problem(self, code: str, place: str, **params: object) -> None:
        self.outcome.problems.append(self.returned.problem(code, place, **params))


def _forms_of_keys(schema: LedgerSchema, position: int, base: Mapping[Key, Row]) -> dict[Token, set[str]]:
    """What a spreadsheet may have made of a key column's values, and the values themselves."""
    found: dict[Token, set[str]] = {}
    name = schema.key[position]
    for text in {key[position] for key in base}:
        for form in forms(text, shown(schema, name, text)):
            found.setdefault(form, set()).add(text)
    return found
