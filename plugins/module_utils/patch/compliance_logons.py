"""When computers were last logged on to, as the AD side says: a file, JSON or CSV, that is joined with what WSUS says.

JSON: ``{"format": 1, "as_of": …, "computers": [{"name": …, "last_logon": …, "enabled": true}]}``. CSV: columns ``computer_name``,
``last_logon``, ``enabled``, ``as_of`` (the same in every row). Instants are ISO 8601 with a zone; an empty ``last_logon`` is "never".
In AD the replicated ``lastLogonTimestamp`` is up to 14 days behind (MS-ADTS, msDS-LogonTimeSyncInterval): it proves a logon, never its
absence.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..common.files import read_bytes
from ..common.problems import Problem, WardopsError, fail

_COLUMNS = ("computer_name", "last_logon", "enabled", "as_of")
_BOOLEANS = {"true": True, "false": False, "1": True, "0": False}
#: Windows writes some exports so
_MARKS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


@dataclass(frozen=True, slots=True)
class Logon:
    """A computer of the AD. :param last: UTC; ``None`` = never."""

    last: dt.datetime | None
    enabled: bool


@dataclass(frozen=True, slots=True)
class Logons:
    """What the AD knew at an instant. :param by_name: folded short name."""

    as_of: dt.datetime
    by_name: Mapping[str, Logon]

    def of(self, name: str) -> Logon | None:
        return self.by_name.get(name.partition(".")[0].casefold())


def read_logons(path: Path, shown: str) -> Logons:
    """:raises WardopsError: E0100 (file), E1913 for everything that is wrong in it."""
    data = read_bytes(path)
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8-sig")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise _wrong(shown, "文字コード", encoding, f"{error.start} バイト目が読めない", f"byte {error.start} cannot be read") from None
    rows = _json(text, shown) if text.lstrip().startswith(("{", "[")) else _csv(text, shown)
    return _logons(rows, shown)


def _wrong(shown: str, what: str, value: object, ja: str, en: str) -> WardopsError:
    return fail("E1913", shown, what=what, value=str(value)[:80], reason_ja=ja, reason=en)


def _json(text: str, shown: str) -> list[tuple[int, Mapping[str, Any]]]:
    try:
        content = json.loads(text)
        if content["format"] != 1:
            raise ValueError("format")
        rows = [{"computer_name": one["name"], **one, "as_of": content["as_of"]} for one in content["computers"]]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _wrong(shown, "JSON", f"{type(error).__name__} {error}", "様式と違う", "not the form") from None
    return list(enumerate(rows, 1))


def _csv(text: str, shown: str) -> list[tuple[int, Mapping[str, Any]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        if missing := [name for name in _COLUMNS if header.count(name) != 1]:
            raise _wrong(shown, "列", "、".join(missing), "列がない、または重複", "missing, or there twice")
        rows: list[tuple[int, Mapping[str, Any]]] = []
        for cells in reader:
            if len(cells) not in (0, len(header)):
                raise _wrong(shown, f"{reader.line_num} 行", len(cells), f"列数が {len(header)} でない", f"not {len(header)} cells")
            if cells:
                rows.append((reader.line_num, dict(zip(header, cells, strict=True))))
    except csv.Error as error:
        raise _wrong(shown, f"{reader.line_num} 行", error, "CSV として読めない", "not CSV") from None
    return rows


def _logons(rows: Iterable[tuple[int, Mapping[str, Any]]], shown: str) -> Logons:
    found: dict[str, Logon] = {}
    problems: list[Problem] = []
    moments: set[dt.datetime] = set()
    for number, row in rows:
        try:
            name = _name(row["computer_name"])
            as_of = _moment(row["as_of"])
            last = _moment(row["last_logon"]) if row.get("last_logon") else None
            enabled = _BOOLEANS[str(row.get("enabled", True)).strip().casefold()]
            if name in found:
                raise ValueError(f"{name} 重複 / twice")
        except (KeyError, ValueError, TypeError, OverflowError) as error:
            params = {"what": "行", "value": str(error)[:80], "reason_ja": f"{number} 件目", "reason": f"row {number}"}
            problems.append(Problem("E1913", shown, number, 0, params))
            continue
        moments.add(as_of)
        # a clock that runs ahead must not make a terminal look alive in the future
        found[name] = Logon(min(last, as_of) if last else None, enabled)
    if problems:
        raise WardopsError(problems)
    if len(moments) != 1:
        raise _wrong(shown, "as_of", len(moments), "行によって違う、または行がない", "differs between rows, or there is no row")
    return Logons(moments.pop(), found)


def _name(value: object) -> str:
    """Folded; a computer's account name ends with ``$``."""
    name = str(value).strip().removesuffix("$").partition(".")[0].casefold()
    if not name or not name.isprintable():
        raise ValueError(f"computer_name {value!r}")
    return name


def _moment(value: object) -> dt.datetime:
    moment = dt.datetime.fromisoformat(str(value).strip())
    if moment.tzinfo is None:
        raise ValueError(f"{value}: 時差がない / no zone")
    return moment.astimezone(dt.UTC)
