"""A copy of a ward's ledgers for people: every ledger as columns, and for a layer's copy without the rows of other layers.

A copy that is taken into a layer must not hold what belongs to another one (DESIGN section 2 rule 4; domain.md 2(a), export filters
per layer). A row belongs to a layer by its file, by its column ``layer``, or by what it refers to (a mouse by its terminal).
What then still names something of another layer (the far end of a cable, a word in a note) is blacked out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...common.problems import fail
from ...common.ward import Ward
from ..ipv4 import network, to_int
from ..schema import LedgerSchema, Reference, Schemas

#: stands where a layer's copy would name something of another layer
BLACKED_OUT = "（他系統）"
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]*[A-Za-z0-9]")
#: ledgers whose rows belong to whoever refers to them: a lease that only another layer's equipment hangs on is not shown
_OWNED_BY_USERS = {"leases": "lease_id"}


@dataclass(slots=True)
class Sheet:
    """One ledger, the files of all its layers together.

    :param columns: cells by column, in column order; a ledger with a file for each layer gets the column ``layer`` first.
    :param missing: files that the ward has not (yet).
    """

    name: str
    schema: LedgerSchema
    columns: dict[str, list[str]]
    missing: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), []))

    def column(self, name: str) -> list[str]:
        """Cells of a column; empty cells when the ledger has no such column."""
        return self.columns.get(name) or [""] * len(self)

    def rows(self, *names: str) -> Iterator[tuple[str, ...]]:
        """The rows, as tuples of the named columns."""
        return zip(*(self.column(name) for name in names), strict=True)

    def mapping(self, key: str, value: str) -> dict[str, str]:
        """A column by another one; of a key that is there twice the last."""
        return dict(zip(self.column(key), self.column(value), strict=True))

    def keep(self, wanted: Sequence[bool]) -> None:
        """Take out the rows that are not wanted."""
        for name, cells in self.columns.items():
            self.columns[name] = [cell for cell, good in zip(cells, wanted, strict=True) if good]


@dataclass(slots=True)
class Copy:
    """The ledgers, and what they are a copy of.

    :param layers: codes of the layers that it was narrowed to; empty for all.
    :param hidden: names, numbers and addresses that only rows of other layers bear.
    """

    ward: Ward
    sheets: dict[str, Sheet]
    layers: tuple[str, ...] = ()
    hidden: frozenset[str] = frozenset()

    def sheet(self, name: str) -> Sheet:
        return self.sheets[name]

    @property
    def scope(self) -> str:
        """What the copy holds, for people: the layers' Japanese names, or 全系統."""
        names = [str(self.ward.layers[code]["name_ja"]) for code in self.layers]
        return "、".join(names) or "全系統"


def read_copy(ward: Ward, schemas: Schemas, layers: Sequence[str] = ()) -> Copy:
    """Read every ledger of a ward, narrowed to some layers.

    :param layers: codes of ``networks.yml``; none for everything that the folder holds.
    :raises WardopsError: E0100-E0116 (a ledger that cannot be read as a table; ``make check`` says all that is wrong with its
        cells), E1201 (a layer that does not exist).
    """
    for layer in layers:
        if layer not in ward.layers:
            raise fail("E1201", layer=layer, known=", ".join(ward.layers))
    copy = Copy(ward, {name: _read(ward, schema) for name, schema in schemas.ledgers.items()}, tuple(layers))
    if layers:
        _narrow(copy)
    return copy


def _read(ward: Ward, schema: LedgerSchema) -> Sheet:
    names = [*(["layer"] if schema.layers else []), *schema.columns]
    sheet = Sheet(schema.name, schema, {name: [] for name in names})
    for layer in schema.layers or ("",):
        path = ward.ledger_path(schema.name, layer or None)
        if not path.exists():
            sheet.missing.append(ward.shown(path))
            continue
        table = ward.table(schema.name, layer or None)
        cells = dict(zip(table.header, map(list, zip(*table.rows, strict=True)), strict=True)) if table.rows else {}
        if layer:
            cells["layer"] = [layer] * len(table.rows)
        before = len(sheet)
        for name in (*names, *(name for name in cells if name not in names)):
            # a column that the schema does not know (yet) is shown, one that the file lacks is empty
            sheet.columns.setdefault(name, [""] * before).extend(cells.get(name) or [""] * len(table.rows))
    return sheet


def _narrow(copy: Copy) -> None:
    common = {str(item["code"]) for item in copy.ward.policy("networks").get("common_networks", ())}
    allowed = {*copy.layers, *common, ""}
    shown = {name: [cell in allowed for cell in sheet.column("layer")] for name, sheet in copy.sheets.items()}
    for name, sheet in copy.sheets.items():
        if "layer" not in sheet.columns:
            _by_plan(copy, sheet, shown[name])
    changed = True
    while changed:  # an accessory hangs on a terminal, a loan on an accessory
        changed = False
        hidden = _identifiers(copy, shown)
        for name, sheet in copy.sheets.items():
            if "layer" not in sheet.columns:
                changed |= _follow(copy, shown, name, hidden)
    copy.hidden = _identifiers(copy, shown)
    for name, sheet in copy.sheets.items():
        sheet.keep(shown[name])
        _black_out(sheet, copy.hidden)


def _by_plan(copy: Copy, sheet: Sheet, shown: list[bool]) -> None:
    """Hide rows whose key is an address or a name that the plan (``networks.yml``) gives to another layer."""
    others = [layer for code, layer in copy.ward.layers.items() if code not in copy.layers]
    blocks = [network(layer["block"]) for layer in others if "block" in layer]
    prefixes = "|".join(re.escape(str(layer["prefix"])) for layer in others if layer.get("prefix"))
    name = re.compile(rf"(?:{prefixes})[-0-9].*") if prefixes else None
    for column in sheet.schema.key:
        for row, cell in enumerate(sheet.column(column)):
            if (name and name.fullmatch(cell)) or _inside(cell, blocks):
                shown[row] = False


def _inside(text: str, blocks: Sequence[tuple[int, int]]) -> bool:
    """Whether a text is an address of one of the blocks (first address, prefix length)."""
    address = number_of(text) if text.count(".") == 3 else 0
    return address > 0 and any(address >> (32 - length) == first >> (32 - length) for first, length in blocks)


def number_of(text: str) -> int:
    """An address as a number; 0 for a text that is none (``make check`` has it)."""
    try:
        return to_int(text)
    except ValueError:
        return 0


def _follow(copy: Copy, shown: dict[str, list[bool]], name: str, identifiers: frozenset[str]) -> bool:
    """Hide rows whose owner is hidden; whether one was."""
    sheet = copy.sheets[name]
    drop = {row for column in sheet.schema.key for row, cell in enumerate(sheet.column(column)) if cell in identifiers and shown[name][row]}
    references = [reference for reference in sheet.schema.references if reference.ledgers]
    # a port belongs to its switch, whatever is plugged in: where the key says the owner, nothing else does
    owners = [reference for reference in references if reference.column in sheet.schema.key] or references
    for reference in owners:
        values = _hidden_values(copy, shown, reference.ledgers, reference.to)
        if values:
            drop.update(row for row in _referring(sheet, reference, values) if shown[name][row])
    if name in _OWNED_BY_USERS:
        drop.update(row for row in _abandoned(copy, shown, name) if shown[name][row])
    for row in drop:
        shown[name][row] = False
    return bool(drop)


def _hidden_values(copy: Copy, shown: dict[str, list[bool]], ledgers: Sequence[str], column: str) -> set[str]:
    """Values that only hidden rows have."""
    seen: tuple[set[str], set[str]] = (set(), set())
    for name in ledgers:
        for value, visible in zip(copy.sheets[name].column(column), shown[name], strict=True):
            seen[visible].add(value)
    return seen[False] - seen[True] - {""}


def _referring(sheet: Sheet, reference: Reference, hidden: set[str]) -> Iterator[int]:
    separator = sheet.schema.separator(reference.column)
    conditions = [(sheet.column(name), values) for name, values in reference.when.items()]
    for row, cell in enumerate(sheet.column(reference.column)):
        if cell and all(cells[row] in values for cells, values in conditions):
            items = cell.split(separator) if separator else [cell]
            # a list that lost all its items would say something else (no terminals named = every terminal of the section)
            if all(item in hidden for item in items):
                yield row


def _abandoned(copy: Copy, shown: dict[str, list[bool]], name: str) -> Iterator[int]:
    column = _OWNED_BY_USERS[name]
    users: tuple[set[str], set[str]] = (set(), set())
    for other, sheet in copy.sheets.items():
        for reference in sheet.schema.references:
            if name in reference.ledgers:
                for value, visible in zip(sheet.column(reference.column), shown[other], strict=True):
                    users[visible].add(value)
    for row, value in enumerate(copy.sheets[name].column(column)):
        if value in users[False] and value not in users[True]:
            yield row


def _identifiers(copy: Copy, shown: dict[str, list[bool]]) -> frozenset[str]:
    """Names, numbers and addresses that only hidden rows bear."""
    seen: tuple[set[str], set[str]] = (set(), set())
    for name, sheet in copy.sheets.items():
        unique = {column for column, part in sheet.schema.properties.items() if part.get("x-global")}
        if len(sheet.schema.key) == 1:
            unique.add(sheet.schema.key[0])
        for column in unique:
            for value, visible in zip(sheet.column(column), shown[name], strict=True):
                seen[visible].add(value)
    return frozenset(seen[False] - seen[True] - {""})


def _black_out(sheet: Sheet, hidden: frozenset[str]) -> None:
    for name, cells in sheet.columns.items():
        separator = sheet.schema.separator(name) if name in sheet.schema.properties else ""
        if separator:
            sheet.columns[name] = [separator.join(item for item in cell.split(separator) if item not in hidden) for cell in cells]
        elif _is_free_text(sheet.schema.properties.get(name, {})):
            memory: dict[str, str] = {}
            for cell in cells:
                if cell not in memory:
                    memory[cell] = _WORD.sub(lambda match: BLACKED_OUT if _names(match[0], hidden) else match[0], cell)
            sheet.columns[name] = [memory[cell] for cell in cells]
        elif not hidden.isdisjoint(cells):
            sheet.columns[name] = [BLACKED_OUT if cell in hidden else cell for cell in cells]


def _names(word: str, hidden: frozenset[str]) -> bool:
    """Whether a word is a hidden name or number, a MAC in another spelling, or several of them put together."""
    spellings = {word, word.upper(), re.sub("[-:.]", "", word.lower()), *re.split("[-/:._]", word.upper())}
    return not hidden.isdisjoint(spellings)


def _is_free_text(part: dict[str, Any]) -> bool:
    return str(part.get("pattern", "^[^")).startswith("^[^") and "enum" not in part and part.get("type", "string") == "string"
