"""From a sheet to records: where the titles are, which column is which, which rows are things; every cell read and every change told."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ...common.problems import Problem, WardopsError, fail
from ..book import Book
from . import spelling
from .profile import Column, Profile
from .source import Cell, Sheet, SourceRow, letters
from .values import Reader

_PERSONAL = re.compile(
    r"氏名|姓名|名前|担当者|使用者|利用者|受領者|管理者名|責任者|ふりがな|フリガナ|カナ氏名|メール|e-?mail|電話|携帯|連絡先|tel|生年月日|年齢|性別|住所|個人番号|マイナンバー|職員名|申請者|依頼者"
)
#: how many examples of each kind of change are kept
_EXAMPLES = 3
#: filled cells of a row that may be a total or a remark
_TOTAL_CELLS = 3


@dataclass(slots=True)
class Record:
    """One thing of the list.

    :param number: row or line of the file.
    :param place: for messages: ``納品.xlsx!明細!5``.
    :param values: by column of the ledger; empty cells are left out.
    :param columns: column of the sheet (from 0) that a value came from.
    :param problems: why the row cannot be taken.
    """

    number: int
    place: str
    values: dict[str, str] = field(default_factory=dict)
    columns: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


@dataclass(slots=True)
class Records:
    """Everything that the file says.

    :param changed: by kind of change: how often, and some examples (place, before, after).
    :param skipped: rows that are no things, and why: blank rows are not counted.
    """

    sheet: Sheet
    rows: list[Record]
    notes: list[str]
    changed: dict[str, tuple[int, list[tuple[str, str, str]]]]
    skipped: list[tuple[str, str]]
    version: str = ""


def read_records(sheet: Sheet, profile: Profile, book: Book) -> Records:
    """:raises WardopsError: E0713-E0716 (titles)."""
    header, columns, notes = _header(sheet, profile)
    schema = book.schema(profile.ledger)
    readers = {index: Reader(spec, schema, _lookup(book, spec)) for index, spec in columns.items()}
    found = Records(sheet, [], [*sheet.notes, *notes], {}, [], _version(sheet, header, profile))
    titles = [spelling.narrow_title(cell.text) for cell in header.cells]
    for row in sheet.rows:
        if row.number <= header.number or row.blank():
            continue
        reason = _no_thing(row, profile, columns, titles)
        if reason:
            found.skipped.append((sheet.place(row.number), reason))
        else:
            found.rows.append(_record(row, header, readers, found))
    _not_in_cp932(found)
    return found


def _header(sheet: Sheet, profile: Profile) -> tuple[SourceRow, dict[int, Column], list[str]]:
    """The title row, the columns by place, and notes about what is left out."""
    by_title = {spelling.narrow_title(title): spec for spec in profile.columns for title in spec.titles}
    best: SourceRow | None = None
    most = 0
    for row in sheet.rows:
        if row.number > profile.header_rows:
            break
        hits = len({id(by_title[title]) for cell in row.cells if (title := spelling.narrow_title(cell.text)) in by_title})
        if hits > most:
            best, most = row, hits
    required = [spec for spec in profile.columns if spec.required]
    if best is None or most < min(2, len(profile.columns)):
        wanted = "、".join(spec.titles[0] for spec in required or profile.columns[:3])
        what_ja = f"先頭 {profile.header_rows} 行に「{wanted}」などの列がありません"
        raise fail("E0713", sheet.path, what_ja=what_ja, what=f"no row of the first {profile.header_rows} has titles such as {wanted}")
    columns, notes, problems = _columns(sheet, best, profile, by_title)
    found = {spec.column for spec in columns.values()}
    if missing := [spec.titles[0] for spec in required if spec.column not in found]:
        what_ja, what = f"列「{'」「'.join(missing)}」がありません", f"missing: {', '.join(missing)}"
        problems.append(Problem("E0713", sheet.place(best.number), 0, 0, {"what_ja": what_ja, "what": what}))
    if problems:
        raise WardopsError(problems)
    return best, columns, notes


def _columns(
    sheet: Sheet, header: SourceRow, profile: Profile, by_title: Mapping[str, Column]
) -> tuple[dict[int, Column], list[str], list[Problem]]:
    ignored = {spelling.narrow_title(title): item for item in profile.ignore for title in item.titles}
    columns: dict[int, Column] = {}
    first: dict[int, int] = {}
    notes, problems = [], []
    for index, cell in enumerate(header.cells):
        title = spelling.narrow_title(cell.text)
        shown = spelling.tidy(cell.text)
        place = sheet.place(header.number, index)
        if cell.kind == "formula":
            problems.append(Problem("E0720", place, 0, 0, {"title": shown}))
        elif title in by_title:
            spec = by_title[title]
            if id(spec) in first:
                params = {"title": spec.titles[0], "column": spec.column, "first": letters(first[id(spec)]), "second": letters(index)}
                problems.append(Problem("E0714", place, 0, 0, params))
            elif index in sheet.hidden_columns:
                problems.append(Problem("E0716", place, 0, 0, {"title": shown}))
            first[id(spec)] = index
            columns[index] = spec
        elif title in ignored:
            item = ignored[title]
            notes.append(f"列「{shown}」は取り込んでいません（{item.reason}{'。値は読んでいません' if item.personal else ''}）")
        elif _PERSONAL.search(title):
            problems.append(Problem("E0715", place, 0, 0, {"title": shown}))
        elif title:
            notes.append(f"列「{shown}」（{letters(index)}列）は取込定義にないため取り込んでいません")
    return columns, notes, problems


def _lookup(book: Book, spec: Column) -> dict[str, tuple[str, ...]] | None:
    """Names and codes that are valid today, as words are compared."""
    if not spec.lookup:
        return None
    found: dict[str, tuple[str, ...]] = {}
    today = book.today.isoformat()
    ledger, name, code = spec.lookup["ledger"], spec.lookup["from"], spec.lookup["to"]
    for layer in book.files(ledger):
        for row in book.rows(ledger, layer).values():
            if row.get("valid_from", "") <= today and (not row.get("valid_to") or row["valid_to"] >= today):
                for word in {spelling.same_word(row[name]), spelling.same_word(row[code])} - {""}:
                    found[word] = tuple(dict.fromkeys((*found.get(word, ()), row[code])))
    return found


def _no_thing(row: SourceRow, profile: Profile, columns: Mapping[int, Column], titles: list[str]) -> str:
    """Why a row is no thing: titles again (a page break), or a total or remark below the list."""
    cells = [spelling.narrow_title(cell.text) for cell in row.cells]
    mapped = [index for index in columns if index < len(cells)]
    if sum(bool(cells[index]) and cells[index] == titles[index] for index in mapped) >= max(2, len(columns) // 2):
        return "見出しの繰返し"
    filled = [text for cell in row.cells if (text := spelling.tidy(cell.text))]
    # a thing has more cells than a total or a remark
    if filled and filled[0].startswith(profile.stop_words) and len(filled) <= _TOTAL_CELLS:
        return "合計・注記の行"
    return ""


def _record(row: SourceRow, header: SourceRow, readers: Mapping[int, Reader], found: Records) -> Record:
    sheet = found.sheet
    record = Record(row.number, sheet.place(row.number))
    if row.hidden:
        record.problems.append(Problem("E0723", record.place))
    width = len(header.cells)
    if not sheet.name and (len(row.cells) < width or any(cell.text for cell in row.cells[width:])):
        record.problems.append(Problem("E0730", record.place, 0, 0, {"cells": len(row.cells), "width": width}))
        return record
    for index, reader in readers.items():
        cell = row.cells[index] if index < len(row.cells) else Cell("")
        place = sheet.place(row.number, index)
        if index in row.merged:
            record.problems.append(Problem("E0722", place, 0, 0, {"title": reader.title}))
            continue
        try:
            value, change = reader.read(cell)
        except WardopsError as error:
            record.problems += [Problem(one.code, place, 0, 0, one.params) for one in error.problems]
            continue
        name = reader.spec.column
        if value and name not in record.values:
            record.values[name] = value
            record.columns[name] = index
        if change:
            count, examples = found.changed.get(change, (0, []))
            if len(examples) < _EXAMPLES:
                examples.append((place, cell.text, value))
            found.changed[change] = (count + 1, examples)
    return record


def _version(sheet: Sheet, header: SourceRow, profile: Profile) -> str:
    """The list's own version or date: beside or behind its label, above the titles."""
    label = spelling.narrow_title(profile.version)
    if not label:
        return ""
    for row in sheet.rows:
        if row.number >= header.number:
            break
        cells = [spelling.words(spelling.tidy(cell.text)) for cell in row.cells]
        for index, text in enumerate(cells):
            name, _, value = text.replace("：", ":").partition(":")
            if spelling.narrow_title(name).startswith(label):
                return value.strip() or next(filter(None, cells[index + 1 :]), "")
    return ""


def _not_in_cp932(found: Records) -> None:
    """Such characters are kept, but whoever exports CP932 later should know."""
    rare = sorted({char for record in found.rows for value in record.values.values() if not value.isascii() for char in _rare(value)})
    if rare:
        points = "、".join(f"{char}（U+{ord(char):04X}）" for char in rare[:20])
        found.notes.append(f"CP932（Shift_JIS）で書けない文字があります：{points}。台帳には入りますが、CP932 の書出しでは断られます")


def _rare(value: str) -> Iterator[str]:
    try:
        value.encode("cp932")
    except UnicodeEncodeError:
        yield from spelling.not_in_cp932(value)
