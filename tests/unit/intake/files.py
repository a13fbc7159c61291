"""Making files: through openpyxl where it can, by hand where a file is damaged or crafted."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

import openpyxl

TITLES = ["製造番号", "機種", "配備先課コード", "拠点", "階", "有線MAC", "無線MAC", "返却期限", "用途"]


def text(*rows: Sequence[str], titles: Sequence[str] = TITLES, encoding: str = "utf-8", sign: str = ",", end: str = "\r\n") -> bytes:
    """A text file; every row is filled up with empty cells."""
    lines = [sign.join([*row, *[""] * (len(titles) - len(row))]) for row in (titles, *rows)]
    return (end.join(lines) + end).encode(encoding)


def row(number: int = 1, **cells: str) -> list[str]:
    """A right row; cells by column of the ledger replace its own."""
    values = {
        "serial": f"NEW{number:05d}",
        "model": "合成ノート",
        "dept_code": "0105",
        "site": "HON",
        "floor": "1",
        "mac_lan": f"02:4b:54:aa:00:{number:02x}",
        "mac_wlan": "",
        "return_due": "",
        "use": "",
    }
    return list({**values, **cells}.values())


def book(rows: Sequence[Sequence[Any]], change: Callable[[Any], None] | None = None, titles: Sequence[str] = TITLES) -> bytes:
    """A workbook with one sheet; ``change`` may do to the sheet what people do."""
    made = openpyxl.Workbook()
    page = made.worksheets[0]
    for cells in (titles, *rows):
        page.append(list(cells))
    if change:
        change(page)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def with_parts(data: bytes, **parts: bytes | None) -> bytes:
    """The package with parts added, replaced or (``None``) taken out; ``__`` in a name stands for ``/``, the last ``_`` for the dot."""
    names = {name.replace("__", "/")[::-1].replace("_", ".", 1)[::-1]: content for name, content in parts.items()}
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in names:
                new.writestr(name, old.read(name))
        for name, content in names.items():
            if content is not None:
                new.writestr(name, content)
    return out.getvalue()


def part(data: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return package.read(name)
