"""What was asked for: an asset, an address, a MAC in any spelling, a name, a serial number, a section's code or name …"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ...common import mac
from ...common.problems import WardopsError, fail
from ...common.text import to_narrow, to_words
from ...common.ward import Ward
from ..ipv4 import to_int
from ..schema import LedgerSchema, Schemas

_SECTION = re.compile(r"[0-9]{4}")
_ASSET = re.compile(r"A[0-9]{7}|USB-[0-9]{4}-[0-9]{4}|MD-[0-9]{4}-[0-9]{4}")
_ADDRESS = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){3}")
_KINDS = {"asset": "管理番号", "mac": "MACアドレス", "ip": "IPアドレス", "section": "課", "text": "名前・番号"}
#: a shorter word stands everywhere
_SHORTEST = 3


@dataclass(frozen=True, slots=True)
class Subject:
    """What to look for.

    :param asked: as it was typed.
    :param kind: ``asset``, ``mac``, ``ip``, ``section`` or ``text``.
    :param words: as ledgers spell it; a row is meant when it has one of them.
    """

    asked: str
    kind: str
    words: tuple[str, ...]

    @property
    def kind_ja(self) -> str:
        return _KINDS[self.kind]

    def also(self, words: Iterable[str]) -> Subject:
        """With further names of the same thing."""
        return replace(self, words=tuple(dict.fromkeys((*self.words, *words))))

    def mentions(self, ledger: str, schema: LedgerSchema | None, cells: Mapping[str, str]) -> bool:
        """Whether a row is about the subject: a cell, an item of a list in a cell, or a word of a free text is one of the words."""
        if self.kind == "section":
            return any(cells.get(name, "") in self.words for name in _section_columns(ledger, schema))
        return any(cell == word or _stands_in(word, cell) for word in self.words for cell in cells.values() if word in cell)


def _stands_in(word: str, cell: str) -> bool:
    """Whether the word stands in the cell with no letter, digit, dot or hyphen beside it."""
    return re.search(rf"(?<![0-9A-Za-z.-]){re.escape(word)}(?![0-9A-Za-z-]|\.[0-9])", cell) is not None


def _section_columns(ledger: str, schema: LedgerSchema | None) -> list[str]:
    if ledger == "departments":
        return ["code"]
    if schema is None:
        return []
    return [reference.column for reference in schema.references if reference.ledgers == ("departments",)]


def understand(text: str, ward: Ward) -> Subject:
    """:raises WardopsError: E1101 when the text is too short to mean anything."""
    asked = text.strip()
    narrow = to_narrow(asked).strip()
    if _SECTION.fullmatch(narrow):
        return Subject(asked, "section", (narrow,))
    if _ASSET.fullmatch(narrow.upper()):
        return Subject(asked, "asset", (narrow.upper(),))
    if _ADDRESS.fullmatch(narrow):
        with contextlib.suppress(ValueError):
            to_int(narrow)
            return Subject(asked, "ip", (narrow,))
    with contextlib.suppress(WardopsError):
        return Subject(asked, "mac", (mac.parse(narrow),))
    codes = _sections(to_words(asked), ward)
    if codes:
        return Subject(asked, "section", codes)
    if len(asked) < _SHORTEST:
        raise fail("E1101", subject=asked)
    return Subject(asked, "text", tuple(dict.fromkeys((asked, narrow, narrow.upper()))))


def _sections(name: str, ward: Ward) -> tuple[str, ...]:
    """Codes of the sections that have, or had, this name."""
    if not name or not ward.has("departments"):
        return ()
    try:
        rows = ward.table("departments").dicts()
    except WardopsError:  # a ledger with errors: history is asked for just then
        return ()
    return tuple(dict.fromkeys(row["code"] for row in rows if row.get("name") == name and row.get("code")))


def names_of(schemas: Schemas, ledger: str, cells: Mapping[str, str]) -> list[str]:
    """A row's own names that stay with the thing: computer name, serial number, MACs. Not the address: others get it later."""
    schema = schemas.ledgers.get(ledger)
    if schema is None:
        return []
    columns = [column for kind in ("name", "serial", "mac") for column in schema.global_columns(kind)]
    return [cells[column] for column in columns if len(cells.get(column, "")) >= _SHORTEST]
