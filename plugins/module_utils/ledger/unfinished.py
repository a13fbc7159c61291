"""The mark of a save that was killed between its first and its last file (see ``saving.py``)."""

from __future__ import annotations

from pathlib import Path

JOURNAL = ".wardops-save.json"


def unfinished(ledgers: Path) -> Path | None:
    """The journal of an interrupted save in a folder of ledgers, or ``None``."""
    path = ledgers / JOURNAL
    return path if path.exists() else None
