"""E13xx: payment results: rules, split, receipt."""

from __future__ import annotations

from .entry import Entry

ENTRIES: dict[str, Entry] = {}
