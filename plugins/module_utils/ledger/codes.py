"""Error codes for a terminal; imports nothing but the catalogue."""

from __future__ import annotations

from collections.abc import Iterable

from ..common.catalogue import CATALOGUE


def explain_code(code: str) -> str:
    """A catalogue entry for a terminal."""
    entry = CATALOGUE[code]
    return f"{code} {entry.name}\n  {entry.ja}\n  {entry.en}\n  → {entry.remedy_ja}\n  → {entry.remedy_en}\n"


def codes_of(names: Iterable[str]) -> list[str]:
    """The codes of the catalogue that begin with one of the texts, or are named so; all of them without a text."""
    wanted = tuple(names)
    if not wanted:
        return sorted(CATALOGUE)
    return [code for code in sorted(CATALOGUE) if code.startswith(tuple(name.upper() for name in wanted)) or CATALOGUE[code].name in wanted]
