"""E11xx: history of ledgers."""

from __future__ import annotations

from .entry import Entry

ENTRIES: dict[str, Entry] = {}
