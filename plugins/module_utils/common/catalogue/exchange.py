"""E08xx: changes of ledgers, exchange with Excel, merging, allocation."""

from __future__ import annotations

from .entry import Entry

ENTRIES: dict[str, Entry] = {}
