"""A list of moves as a section sends it: who, where to, when. Found out here; whether it can be done, ``moving.py`` says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from ...common.problems import Problem, WardopsError, fail
from ...common.text import to_narrow
from ...common.wareki import parse_date
from ..book import Book
from ..intake.reading import read_sheet
from ..intake.source import Sheet, SourceRow
from .policy import LifePolicy
from .things import Thing, section_on

#: our word for a column, and how lists call it (compared without white space)
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "asset_id": ("資産番号", "管理番号", "asset_id"),
    "name": ("端末名", "コンピュータ名", "コンピューター名", "PC名", "computer_name"),
    "from_dept": ("移動元所属", "移動元課", "旧所属", "移動元の課コード", "移動元", "from_dept"),
    "from_floor": ("移動元階", "移動元の階", "from_floor"),
    "to_dept": ("移動先所属", "移動先課", "新所属", "移動先の課コード", "移動先", "to_dept"),
    "to_site": ("移動先拠点", "移動先の拠点", "to_site"),
    "to_floor": ("移動先階", "移動先の階", "移動先フロア", "to_floor"),
    "date": ("移動日", "日付", "移動予定日", "move_date"),
    "layer": ("系統", "layer"),
}
_HEADER_ROWS = 10
_FLOOR = re.compile(r"(?:B?)([0-9]{1,2})(?:階|F|f)?")


@dataclass(frozen=True, slots=True)
class Wish:
    """One terminal's move, as the list wants it.

    :param line: line or row of the list.
    """

    line: int
    thing: Thing
    date: str
    dept_code: str
    site: str
    floor: str


@dataclass(slots=True)
class MoveList:
    """A list that was read.

    :param problems: of the rows that could not be understood, with their lines.
    """

    path: str
    wishes: list[Wish] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_moves(book: Book, policy: LifePolicy, path: Path) -> MoveList:
    """Read a list (CSV in any usual encoding, or xlsx) as far as it can be understood.

    A row names a terminal (asset number or computer name), or a section, which means every terminal of it that is in use (on the floor,
    in the layer, if they are given). Where to: section by code or name, site and floor; those of the section when not given.

    :raises WardopsError: E0946 when it has no header that names date and destination, E07xx when the file is no list.
    """
    sheet = read_sheet(path)
    head, columns = _header(sheet)
    reader = _Reader(book, policy, sheet.path)
    for row in sheet.rows[head + 1 :]:
        if row.blank():
            continue
        cells = {name: _text(row, index) for name, index in columns.items()}
        try:
            reader.row(row.number, cells)
        except WardopsError as error:
            params = ((problem.code, problem.params) for problem in error.problems)
            reader.found.problems += [Problem(code, sheet.path, row.number, 0, values) for code, values in params]
    return reader.found


def _header(sheet: Sheet) -> tuple[int, dict[str, int]]:
    known = {_key(title): name for name, titles in COLUMNS.items() for title in titles}
    for number, row in enumerate(sheet.rows[:_HEADER_ROWS]):
        columns: dict[str, int] = {}
        for index, cell in enumerate(row.cells):
            name = known.get(_key(cell.text))
            if name and name in columns:
                twice: dict[str, Any] = {
                    "reason_ja": f"列「{cell.text.strip()}」が 2 つあります",
                    "reason": f"two columns {cell.text.strip()}",
                }
                raise fail("E0946", sheet.path, row.number, **twice)
            if name:
                columns[name] = index
        if "date" in columns and {"asset_id", "name", "from_dept"} & set(columns) and {"to_dept", "to_floor"} & set(columns):
            return number, columns
    texts: dict[str, Any] = {
        "reason_ja": "移動日と移動先の列がある見出し行が見つかりません",
        "reason": "no header row names a date and a destination",
    }
    raise fail("E0946", sheet.path, **texts)


def _key(text: str) -> str:
    return "".join(to_narrow(text).split()).casefold()


def _text(row: SourceRow, index: int) -> str:
    return to_narrow(row.cells[index].text).strip() if index < len(row.cells) else ""


class _Reader:
    """Understands the rows of one list."""

    def __init__(self, book: Book, policy: LifePolicy, path: str) -> None:
        self.book = book
        self.kind = policy.kinds["terminals"]
        self.found = MoveList(path)

    @cached_property
    def _by_name(self) -> dict[str, Thing]:
        """Every terminal by asset number and by computer name."""
        found = {}
        for layer in self.book.files("terminals"):
            for key, row in self.book.rows("terminals", layer).items():
                found[row["asset_id"]] = found[row["computer_name"]] = Thing(self.kind, layer, key, row)
        return found

    @cached_property
    def _names(self) -> dict[str, set[str]]:
        """Section codes by name."""
        found: dict[str, set[str]] = {}
        for row in self.book.rows("departments").values():
            found.setdefault(_key(row["name"]), set()).add(row["code"])
        return found

    @cached_property
    def _sites(self) -> dict[str, str]:
        found = {_key(row["name"]): row["code"] for row in self.book.rows("sites").values()}
        return found | {code.casefold(): code for (code,) in self.book.rows("sites")}

    def row(self, line: int, cells: Mapping[str, str]) -> None:
        date = parse_date(cells["date"]).isoformat()
        things = self._who(cells)
        for thing in things:
            dept = self._section(cells["to_dept"], date) if cells.get("to_dept") else thing.row["dept_code"]
            home = section_on(self.book, dept, date)
            if home is None:
                periods = [f"{row['valid_from']} - {row['valid_to']}" for row in self.book.find("departments", code=dept)]
                raise fail("E0931", value=dept, date=date, periods=", ".join(periods) or "-")
            site = self._site(cells.get("to_site", "")) or home["site"]
            floor = self._floor(cells.get("to_floor", "")) or (home["floor"] if site == home["site"] else "")
            if not site or not floor:
                texts: dict[str, Any] = {
                    "what_ja": f"移動先の拠点か階がありません（課 {dept}）",
                    "what": f"no site or floor for section {dept}",
                }
                raise fail("E0910", asset_id=thing.id, **texts)
            self.found.wishes.append(Wish(line, thing, date, dept, site, floor))

    def _who(self, cells: Mapping[str, str]) -> list[Thing]:
        wanted = [cells.get("asset_id", "").upper(), cells.get("name", "").upper()]
        named = [self._by_name.get(word) for word in wanted if word]
        if named:
            if None in named:
                raise fail("E0940", value=next(word for word in wanted if word and word not in self._by_name))
            thing = named[0]
            if thing is None or any(other is None or other.id != thing.id for other in named):
                shown = ", ".join(f"{other.id} {other.name}" for other in named if other)
                raise fail("E0945", value=" / ".join(wanted), count=2, found=shown)
            self._was_there(thing, cells)
            return [thing]
        if not cells.get("from_dept"):
            raise fail("E0940", value="")
        return self._of_section(self._section(cells["from_dept"], ""), cells)

    def _of_section(self, section: str, cells: Mapping[str, str]) -> list[Thing]:
        floor, layer = self._floor(cells.get("from_floor", "")), cells.get("layer", "").lower()
        sources = self.kind.steps["move"].sources
        things = []
        for thing in {thing.id: thing for thing in self._by_name.values()}.values():
            row = thing.row
            if row["dept_code"] == section and thing.status in sources and floor in ("", row["floor"]) and layer in ("", thing.layer):
                things.append(thing)
        if not things:
            raise fail("E0940", value=" ".join(filter(None, (cells["from_dept"], floor, layer))))
        return things

    def _was_there(self, thing: Thing, cells: Mapping[str, str]) -> None:
        """A list that knows another section than the ledger is about another machine, or out of date."""
        if cells.get("from_dept"):
            section = self._section(cells["from_dept"], "")
            if section != thing.row["dept_code"] and not self.book.find("moves", asset_id=thing.id, state="planned", to_dept=section):
                raise fail("E0948", asset_id=thing.id, value=cells["from_dept"], expected=thing.row["dept_code"])

    def _section(self, text: str, date: str) -> str:
        """A section's code; by name, the one that is in force on the day (or ever, without a day)."""
        code = text.zfill(4) if text.isdecimal() else ""  # Excel has dropped the zero: the code has four digits
        if code and self.book.find("departments", code=code):
            return code
        codes = {code for code in self._names.get(_key(text), set()) if not date or section_on(self.book, code, date)}
        if len(codes) == 1:
            return codes.pop()
        if not codes:
            raise fail("E0910", asset_id=text, what_ja=f"課「{text}」がありません", what=f"there is no section {text!r}")
        raise fail("E0945", value=text, count=len(codes), found=", ".join(sorted(codes)))

    def _site(self, text: str) -> str:
        if text and _key(text) not in self._sites:
            raise fail("E0910", asset_id=text, what_ja=f"拠点「{text}」がありません", what=f"there is no site {text!r}")
        return self._sites[_key(text)] if text else ""

    def _floor(self, text: str) -> str:
        if not text:
            return ""
        match = _FLOOR.fullmatch(text)
        if match is None or text.startswith("B"):
            raise fail("E0910", asset_id=text, what_ja=f"階「{text}」を読めません", what=f"{text!r} is no floor")
        return str(int(match[1]))
