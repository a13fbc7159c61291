"""E09xx: the life of a thing, moves, what must follow."""

from __future__ import annotations

from .entry import Entry

ENTRIES: dict[str, Entry] = {}
