"""Writing pages and reports into a folder."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .files import read_bytes, sha256, write_atomic
from .problems import fail


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write the files, each whole or not at all. Readable for the owner and the group only: ledgers are not for everybody.

    :raises WardopsError: E1202 (the folder cannot be made), E0102, E0105 (a file cannot be written).
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise fail("E1202", str(folder), folder=folder, reason=os.strerror(error.errno or 0)) from None
    for name, data in files.items():
        write_atomic(folder / name, data, 0o640)


@dataclass(frozen=True, slots=True)
class Change:
    """A file that differs from what is there.

    :param before: its text as a diff shows it (of a page only size and digest); empty for a new file.
    """

    path: str
    before: str
    after: str


def differing(folder: Path, files: Mapping[str, bytes]) -> list[Change]:
    """The files whose bytes are not those on the disk.

    :raises WardopsError: E0100-E0102 (a file that is there cannot be read).
    """
    found = []
    for name, data in files.items():
        path = folder / name
        before = read_bytes(path) if path.exists() else b""
        if before != data:
            found.append(Change(str(path), _shown(name, before), _shown(name, data)))
    return found


def _shown(name: str, data: bytes) -> str:
    if not data:
        return ""
    if name.endswith(".html"):
        return f"{len(data):,} bytes, sha256 {sha256(data)}\n"
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp932", "backslashreplace")
