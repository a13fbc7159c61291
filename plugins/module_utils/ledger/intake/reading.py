"""One door for files from outside: what a file is, its content says, never its name."""

from __future__ import annotations

from pathlib import Path

from ...common.files import read_bytes
from ...common.problems import fail
from .delimited import read_delimited
from .package import MAX_FILE, refuse_other_formats
from .source import Sheet
from .workbook import read_workbook


def read_sheet(path: Path, sheet: str = "", encoding: str = "", delimiter: str = "", shown: str = "") -> Sheet:
    """A list as rows of cells with their places.

    :param sheet: name of the sheet of a workbook; empty: its only visible one.
    :param encoding: ``cp932``, ``utf-8`` … of a text file; empty: recognised.
    :param delimiter: of a text file; empty: recognised.
    :param shown: name for messages; empty: the path's last part.
    :raises WardopsError: E0100-E0102 (cannot be read), E0701-E0712 (not a list, hostile, too large, mixed encodings).
    """
    return parse_sheet(read_bytes(path, MAX_FILE), shown or path.name, sheet, encoding, delimiter)


def parse_sheet(data: bytes, shown: str, sheet: str = "", encoding: str = "", delimiter: str = "") -> Sheet:
    """As :func:`read_sheet`, from bytes."""
    refuse_other_formats(data, shown)
    if data.startswith(b"PK\x03\x04") or data.startswith(b"PK\x05\x06"):
        return read_workbook(data, shown, sheet)
    if not data.strip():
        raise fail("E0713", shown, what_ja="ファイルが空です", what="the file is empty")
    return read_delimited(data, shown, encoding, delimiter)
