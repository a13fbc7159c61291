"""E10xx: registers (loans, stock, licences, leases, media) and papers."""

from __future__ import annotations

from .entry import Entry

ENTRIES: dict[str, Entry] = {}
