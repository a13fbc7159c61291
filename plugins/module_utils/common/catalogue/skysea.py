"""E15xx: SKYSEA Client View registration."""

from __future__ import annotations

from .entry import Entry

ENTRIES: dict[str, Entry] = {}
