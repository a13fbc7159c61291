"""E12xx: reports and pages."""

from __future__ import annotations

from .entry import Entry

ENTRIES: dict[str, Entry] = {}
