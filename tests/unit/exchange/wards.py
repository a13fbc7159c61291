"""A small ward in Git, and what spreadsheet programs do to a file that is opened and saved."""

from __future__ import annotations

import csv
import datetime as dt
import io
import random
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import openpyxl
from ansible_collections.ward.ops.plugins.module_utils.ledger.book import Book
from ansible_collections.ward.ops.plugins.module_utils.ledger.exchange import sheets, xlsx
from ansible_collections.ward.ops.plugins.module_utils.ledger.exchange.reimport import Outcome, Reimport
from ansible_collections.ward.ops.plugins.module_utils.ledger.exchange.selection import select

REPOSITORY = Path(__file__).resolve().parents[3]
BASE = REPOSITORY / "tests" / "negative" / "base"
SAMPLE = REPOSITORY / "inventories" / "sample"
NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?([eE][0-9]{1,2})?")
DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")


def git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", "-C", folder, *words], capture_output=True, text=True, check=True).stdout


def make_ward(root: Path, source: Path = BASE) -> Path:
    """A copy of a ward, committed in a repository of its own."""
    shutil.copytree(source, root)
    git(root, "init", "--quiet", "--initial-branch=main", ".")
    git(root, "config", "user.name", "試験")
    git(root, "config", "user.email", "test@ward.example")
    commit(root)
    return root


def commit(root: Path) -> None:
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--allow-empty", "--message=x")


def export(root: Path, ledger: str, layer: str = "", form: str = "xlsx", **select_: Any) -> bytes:
    book = Book(root)
    chosen = select(book, ledger, layer, **select_)
    return xlsx.write(book, chosen) if form == "xlsx" else sheets.write(book, chosen, form)[0]


def take_back(root: Path, data: bytes, prefer: str = "stop", *, allow_remove: bool = False) -> tuple[Book, Outcome]:
    book = Book(root)
    returned = (xlsx if data.startswith(b"PK") else sheets).read(data, "x", book)
    return book, Reimport(book, returned, prefer, allow_remove=allow_remove, reason="REQ-2026-00001").run()


def edit(data: bytes, *cells: tuple[str, Any]) -> bytes:
    """A workbook with cells set: ``("F3", "0101")``."""
    workbook = openpyxl.load_workbook(io.BytesIO(data))
    sheet = workbook.worksheets[0]
    for place, value in cells:
        sheet[place] = value
    return save(workbook)


def save(workbook: Any) -> bytes:
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def column(data: bytes, title: str) -> str:
    """Letter of a column of a workbook."""
    sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
    return next(cell.column_letter for cell in sheet[1] if cell.value == title)


def resave(data: bytes, seed: int) -> bytes:
    """A workbook as somebody else's program may write it: rows and columns moved, texts as numbers, dates as bare serials, blank rows."""
    dice = random.Random(seed)
    workbook = openpyxl.load_workbook(io.BytesIO(data))
    sheet = workbook.worksheets[0]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    header, *lines = rows
    order = dice.sample(range(len(header)), len(header))
    dice.shuffle(lines)
    fresh = openpyxl.Workbook()
    target = fresh.active
    target.title = sheet.title
    for line in [header, *lines]:
        cells = [line[at] for at in order]
        target.append(cells if line is header else [_disturb(cell, dice) for cell in cells])
        for cell in target[target.max_row]:
            if isinstance(cell.value, str):
                cell.data_type = "s"
    for _ in range(3):
        target.append(["", None, " "])
    for name in workbook.sheetnames[1:]:
        other = fresh.create_sheet(name)
        for row in workbook[name].iter_rows(values_only=True):
            other.append(row)
            for cell in other[other.max_row]:
                if isinstance(cell.value, str):
                    cell.data_type = "s"
    return save(fresh)


def _disturb(value: Any, dice: random.Random) -> Any:
    if dice.random() < 0.5:
        return value
    if isinstance(value, dt.datetime):
        return (value.date() - dt.date(1899, 12, 30)).days
    if isinstance(value, str) and NUMBER.fullmatch(value) and len(value) < 15:
        return float(value) if "." in value or "e" in value.lower() else int(value)
    if isinstance(value, str):
        return dice.choice([value, f"{value} ", f"\u3000{value}"])
    return float(value) if isinstance(value, int) else value


def opened_in_excel(data: bytes, encoding: str) -> bytes:
    """A CSV that was opened by a double click and saved again: what looks like a number or a date has become one."""
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig" if encoding == "utf-8" else encoding), newline="")))
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows([[excel(cell) for cell in row] for row in rows])
    return out.getvalue().encode("utf-8-sig" if encoding == "utf-8" else encoding)


def excel(cell: str) -> str:
    """What a CSV cell shows after Excel has read it."""
    if match := DATE.fullmatch(cell):
        return f"{match[1]}/{int(match[2])}/{int(match[3])}"
    if NUMBER.fullmatch(cell) and float(cell) < 1e200:
        number = float(cell)
        if number >= 1e11:
            mantissa, exponent = f"{number:.5E}".split("E")
            return f"{mantissa.rstrip('0').rstrip('.')}E{exponent}"
        return str(int(number)) if number == int(number) else f"{number:.9f}".rstrip("0")
    if match := re.fullmatch(r"([0-9]{2}):([0-9]{2})", cell):
        return f"{int(match[1])}:{match[2]}"
    return cell.upper() if cell in ("true", "false") else cell
