"""Writing pages and reports into a folder."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from ...common.files import write_atomic
from ...common.problems import fail


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
