"""E07xx: import of other people's files."""

from __future__ import annotations

from .entry import Entry

ENTRIES: dict[str, Entry] = {}
