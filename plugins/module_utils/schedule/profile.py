"""Profiles: the columns, order, form and encoding that another system's import wants. Data, not code (``profiles/calendar/*.yml``)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..common.files import read_bytes
from ..common.policy import Positions, parse_policy
from ..common.problems import Problem, WardopsError
from ..common.report import neutral, sheet
from ..common.wareki import ERAS, format_wareki

#: fields by table
FIELDS = {
    "year": ("date", "weekday", "fiscal_year", "kind", "reason", "holiday", "closure", "reception", "reception_from", "reception_to"),
    "jobs": (
        "date", "weekday", "start", "start_at", "end_at", "limit_minutes", "job_id", "name", "system", "layer", "dept_code", "calendar",
        "preconditions", "server", "remark",
    ),
    "shifts": (
        "date", "weekday", "workplace", "workplace_name", "dept_code", "shift", "shift_name", "from", "to", "break_minutes", "work_minutes",
        "reason",
    ),
}  # fmt: skip
ENCODINGS = ("cp932", "utf-8", "utf-8-sig")
NEWLINES = {"crlf": "\r\n", "lf": "\n"}
_KEYS = {"title", "table", "encoding", "newline", "header", "only", "columns"}
_COLUMN_KEYS = {"title", "field", "format", "values", "fixed"}


def _short_wareki(day: dt.date) -> str:
    letter, start = next(((letter, start) for _, letter, start in ERAS if day >= start), ("", dt.date(1, 1, 1)))
    return f"{letter}{day.year - start.year + 1}.{day.month}.{day.day}"


FORMATS: dict[str, Callable[[Any], str]] = {
    "iso": lambda value: value.isoformat(sep=" ", timespec="minutes") if isinstance(value, dt.datetime) else value.isoformat(),
    "slash": lambda value: f"{value:%Y/%m/%d %H:%M}" if isinstance(value, dt.datetime) else f"{value:%Y/%m/%d}",
    "short": lambda value: f"{value.year}/{value.month}/{value.day}",
    "compact": lambda value: f"{value:%Y%m%d%H%M}" if isinstance(value, dt.datetime) else f"{value:%Y%m%d}",
    "wareki": format_wareki,
    "wareki_short": _short_wareki,
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: a field in a form, or a fixed text.

    :param values: texts that the other system wants for our values.
    """

    title: str
    field: str
    format: str
    values: Mapping[str, str]
    fixed: str

    def text(self, row: Mapping[str, Any]) -> str:
        """The cell."""
        if not self.field:
            return self.fixed
        value = row[self.field]
        if isinstance(value, dt.date):  # also a moment
            return FORMATS[self.format](value)
        return self.values.get(str(value), str(value))


@dataclass(frozen=True, slots=True)
class Profile:
    """A form of file. ``only``: rows whose fields have one of these values; without it all."""

    title: str
    table: str
    encoding: str
    newline: str
    header: bool
    only: Mapping[str, tuple[str, ...]]
    columns: tuple[Column, ...]

    def file(self, rows: Iterable[Mapping[str, Any]]) -> bytes:
        """The file's bytes. :raises WardopsError: E0124 (a character that the encoding has not)."""
        kept = [row for row in rows if all(str(row[name]) in wanted for name, wanted in self.only.items())]
        data = sheet(
            [column.title for column in self.columns], ([column.text(row) for column in self.columns] for row in kept), self.encoding
        )
        text = data.decode(self.encoding)
        if not self.header:  # titles hold no line end: E1831
            text = text.split("\r\n", 1)[1]
        return text.replace("\r\n", NEWLINES[self.newline]).encode(self.encoding)


def read_profile(path: Path) -> Profile:
    """:raises WardopsError: every fault at once: E0100-E0102, E0117, E0118 (the file), E1830 (field), E1831 (form)."""
    data = read_bytes(path)
    value = parse_policy(data, str(path))
    positions = Positions(data)
    problems = []
    for pointer, code, params in _faults(value):
        line, column = positions.find(pointer)
        shown = ".".join(map(str, pointer)) or path.name
        problems.append(Problem(code, str(path), line, column, {"pointer": shown, **params}))
    if problems:
        raise WardopsError(problems)
    columns = tuple(
        Column(
            str(one["title"]),
            str(one.get("field", "")),
            str(one.get("format", "iso")),
            _texts(one.get("values", {})),
            str(one.get("fixed", "")),
        )
        for one in value["columns"]
    )
    only = {str(name): tuple(map(str, wanted)) for name, wanted in value.get("only", {}).items()}
    return Profile(str(value["title"]), value["table"], value["encoding"], value["newline"], value["header"], only, columns)


def _texts(values: Mapping[Any, Any]) -> dict[str, str]:
    return {str(key): str(text) for key, text in values.items()}


Fault = tuple[list[str | int], str, dict[str, str]]


def _form(pointer: list[str | int], reason_ja: str, reason: str) -> Fault:
    return pointer, "E1831", {"reason_ja": reason_ja, "reason": reason}


def _faults(value: Any) -> Iterator[Fault]:
    if not isinstance(value, dict) or not _KEYS - {"only"} <= value.keys() or value.keys() - _KEYS:
        names = "、".join(sorted(_KEYS))
        yield _form([], f"項目は {names} です（only は省略可）", f"the keys are {', '.join(sorted(_KEYS))} (only may be left out)")
        return
    for name, known in (("table", tuple(FIELDS)), ("encoding", ENCODINGS), ("newline", tuple(NEWLINES)), ("header", (True, False))):
        if value[name] not in known:
            listed = "、".join(map(str, known))
            yield _form([name], f"{listed} のどれかです", f"one of {listed}")
    fields = FIELDS.get(value["table"] if isinstance(value["table"], str) else "", ())
    yield from _only_faults(value.get("only", {}), fields)
    if not isinstance(value["columns"], list) or not value["columns"]:
        yield _form(["columns"], "列の並びを書いてください", "a list of columns")
        return
    for index, column in enumerate(value["columns"]):
        yield from _column_faults(["columns", index], column, fields)


def _only_faults(only: Any, fields: tuple[str, ...]) -> Iterator[Fault]:
    if not isinstance(only, dict) or not all(isinstance(wanted, list) for wanted in only.values()):
        yield _form(["only"], "項目ごとに値の並びを書いてください", "a list of values for each field")
        return
    for name in only:
        if fields and name not in fields:
            yield ["only", name], "E1830", {"value": str(name), "known": "、".join(fields)}


def _column_faults(pointer: list[str | int], column: Any, fields: tuple[str, ...]) -> Iterator[Fault]:
    if not isinstance(column, dict) or column.keys() - _COLUMN_KEYS or ("field" in column) == ("fixed" in column):
        yield _form(pointer, "title と、field か fixed のどちらか一方が要ります", "title, and either field or fixed")
        return
    title = str(column.get("title", ""))
    if not title.isprintable() or neutral(title) != title or not title:
        yield _form([*pointer, "title"], "見出しにできない文字があります", "not fit for a title")
    if fields and "field" in column and column["field"] not in fields:
        yield [*pointer, "field"], "E1830", {"value": str(column["field"]), "known": "、".join(fields)}
    if column.get("format", "iso") not in FORMATS:
        listed = "、".join(FORMATS)
        yield _form([*pointer, "format"], f"{listed} のどれかです", f"one of {listed}")
    if not isinstance(column.get("values", {}), dict):
        yield _form([*pointer, "values"], "値の対応を書いてください", "a mapping of values")
