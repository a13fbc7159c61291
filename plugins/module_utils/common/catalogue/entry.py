"""One entry of the catalogue of error codes."""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    """Texts of one code; ``{name}`` is filled with the problem's value of that name."""

    name: str
    ja: str
    en: str
    remedy_ja: str
    remedy_en: str
