"""E14xx: payment results: fetching and delivery."""

from __future__ import annotations

from .entry import Entry

ENTRIES: dict[str, Entry] = {}
