"""Writes lists as suppliers send them: clean facts, dirty spelling. Always the same bytes.

usage: python tools/dirty_delivery.py story OUT.xlsx       120 notebooks for 18 sections, 3 of them faulty (story 4)
       python tools/dirty_delivery.py list OUT.xlsx [ROWS]  3,000 rows against the sample ward: known, new and faulty ones
       python tools/dirty_delivery.py csv OUT.csv           the story's list as CSV in CP932
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import random
import sys
import uuid
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.styles import Font

REPOSITORY = Path(__file__).resolve().parents[1]
SAMPLE = REPOSITORY / "inventories" / "sample"
TITLES = [
    "No.",
    "製造番号",
    "機 種",
    "形状",
    "配備先",
    "設置場所",
    "階",
    "有線MAC",
    "無線LAN MAC",
    "UUID",
    "リース番号",
    "納品日",
    "担当者",
    "備考",
]
_WIDE = str.maketrans("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-", "０１２３４５６７８９ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺ－")
#: the year of every date inside the files, so that the same list has the same bytes
_MADE = dt.datetime(2026, 11, 20, 9, 0, 0)
_Row = list[Any]


def _mac(number: int, style: int) -> str:
    digits = f"024b54{number:06x}"
    pairs = [digits[index : index + 2] for index in range(0, 12, 2)]
    spellings: list[Callable[[], str]] = [
        lambda: ":".join(pairs),
        lambda: "-".join(pairs).upper(),
        lambda: ".".join(digits[index : index + 4] for index in (0, 4, 8)),
        digits.upper,
        lambda: "－".join(pairs).upper().translate(_WIDE),
        lambda: f" {' '.join(pairs)} ",
    ]
    return spellings[style % len(spellings)]()


def _ledger(name: str) -> list[dict[str, str]]:
    with (SAMPLE / "ledgers" / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _sections() -> list[dict[str, str]]:
    return [row for row in _ledger("departments") if row["valid_from"] <= "2026-11-22" <= (row["valid_to"] or "9999")]


def _new_row(number: int, section: dict[str, str], chance: random.Random) -> _Row:
    """One new notebook, spelt as carelessly as people spell."""
    sites = {row["code"]: row["name"] for row in _ledger("sites")}
    serial = f"SYN{90_000_000 + number:08d}"
    dirty = [serial, serial.lower(), serial.translate(_WIDE), f" {serial} ", f"{serial}\u3000"][number % 5]
    floor = [section["floor"], f"{section['floor']}F", f"{section['floor']}階".translate(_WIDE), int(section["floor"])][number % 4]
    place = [section["site"], sites[section["site"]]][number % 2]
    where = [section["code"], section["name"], section["name"].translate(_WIDE)][number % 3]
    if section["name"] in ("窓口課",) or sum(row["name"] == section["name"] for row in _sections()) > 1:
        where = section["code"]
    name = ["合成ノート N14-26", "合成ﾉｰﾄ N14-26", "合成ノート　Ｎ１４－２６".replace("　", " ")][number % 3]
    date = ["R8.11.20", "令和8年11月20日", dt.date(2026, 11, 20), "2026/11/20"][number % 4]
    identity = str(uuid.UUID(int=chance.getrandbits(128), version=4))
    identity = identity.upper() if number % 2 else identity
    wireless = _mac(0x200000 + number, number + 2) if number % 3 else "－"
    return [number, dirty, name, "ノートPC", where, place, floor, _mac(0x100000 + number, number), wireless, identity, "", date, "", ""]


def story(count: int = 120, sections: int = 18) -> Iterator[_Row]:
    """120 notebooks; 3 have to be refused: two with one serial, one whose MAC Excel has made a number."""
    chance = random.Random(20261120)  # noqa: S311 - always the same rows
    places = sorted(_sections(), key=lambda row: (row["site"] == "HON", row["code"]))
    # half of them away from the main building: its setup zone has not 120 addresses
    away = sum(row["site"] != "HON" for row in places)
    chosen = [*places[: sections // 2], *places[away : away + sections - sections // 2]]
    rows = [_new_row(number, chosen[(number - 1) % len(chosen)], chance) for number in range(1, count + 1)]
    rows[76][1] = rows[41][1] = "SYN90000042"
    rows[99][7] = 2.4549e11
    rows[10][12] = "見本 担当"
    yield from rows


def long_list(count: int = 3000) -> Iterator[_Row]:
    """Two of five known already, most of the rest new, one in fifty faulty: what a year's catch-up looks like."""
    chance = random.Random(3000)  # noqa: S311 - as above
    sections = [row for row in _sections() if int(row["floor"]) <= 12]
    labels = {"note": "ノート", "desktop": "デスクトップ", "tablet": "タブレット"}
    known = [row for row in _ledger("lgwan/terminals") if row["status"] in ("active", "stock", "lent")]
    for number in range(1, count + 1):
        row = _new_row(number, sections[number % len(sections)], chance)
        if number % 5 in (1, 3) and number < len(known):
            old = known[number]
            row[1] = old["serial"].translate(_WIDE) if number % 2 else old["serial"].lower()
            row[2:4] = [old["model"], labels[old["form"]]]
            row[4:7] = [old["dept_code"], old["site"], old["floor"]]
            row[7] = "-".join(old["mac_lan"][index : index + 2] for index in range(0, 12, 2)).upper()
            row[8], row[9], row[10] = old["mac_wlan"], old["bios_uuid"].upper(), old["lease_id"]
        elif number % 50 == 0:
            _spoil(row, number // 50)
        yield row


def _spoil(row: _Row, number: int) -> None:
    """One fault of the catalogue of dirty data."""
    faults: list[tuple[int, Any]] = [
        (7, 1.23457e11),
        (4, "廃止された課"),
        (6, dt.date(2026, 1, 2)),
        (1, "SYN00000002"),
        (3, "冷蔵庫"),
        (9, "1234"),
        (2, "田中様使用分"),
        (7, "02:4b:54:zz:00:01"),
        (10, "L26-9999"),
        (5, "月面基地"),
    ]
    column, value = faults[number % len(faults)]
    row[column] = value


def workbook(rows: Iterator[_Row], title: str) -> bytes:
    """The list as a supplier's sheet: title lines, merged heading, a total, a hidden sheet; the same bytes every time."""
    book = openpyxl.Workbook()
    page = book.worksheets[0]
    page.title = "納品明細"
    page.append([title])
    page.merge_cells("A1:N1")
    page.append(["見本販売株式会社", None, None, "作成日：令和8年11月20日"])
    page.append([])
    page.append(TITLES)
    for cell in page[4]:
        cell.font = Font(bold=True)
    things = list(rows)
    for row in things:
        page.append(row)
    page.append([])
    page.append(["合計", f"{len(things)}台"])
    book.create_sheet("作業用").sheet_state = "hidden"
    book.properties.creator = "tools/dirty_delivery.py"
    book.properties.created = book.properties.modified = _MADE
    out = io.BytesIO()
    book.save(out)
    return _same_bytes(out.getvalue())


def _same_bytes(data: bytes) -> bytes:
    """The archive with one time for all its parts, and the time of saving taken out."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "docProps/core.xml":
                start, end = content.index(b"<dcterms:modified"), content.index(b"</dcterms:modified>") + len(b"</dcterms:modified>")
                content = content[:start] + content[end:]
            new.writestr(zipfile.ZipInfo(name, _MADE.timetuple()[:6]), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def as_csv(rows: Iterator[_Row], encoding: str = "cp932", delimiter: str = ",") -> bytes:
    """The list as Excel saves it as CSV."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(TITLES)
    for row in rows:
        writer.writerow([f"{cell:.5E}" if isinstance(cell, float) else cell for cell in row])
    return out.getvalue().encode(encoding)


def main(words: list[str]) -> int:
    if len(words) < 2 or words[0] not in ("story", "list", "csv"):
        print(__doc__)
        return 2
    if words[0] == "story":
        data = workbook(story(), "納品書（LGWAN接続系ノート型端末 120台）")
    elif words[0] == "list":
        data = workbook(long_list(int(words[2]) if len(words) > 2 else 3000), "端末一覧（全件）")
    else:
        data = as_csv(story())
    Path(words[1]).parent.mkdir(parents=True, exist_ok=True)
    Path(words[1]).write_bytes(data)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
