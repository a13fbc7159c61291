"""Terminals that are seldom used (I-8-(10)): last logon, last report and last use, joined with the ledger as far as exports exist."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ...common.problems import Problem, WardopsError
from ...common.report import TOKYO
from ..book import Book, Row
from .outside import read_columns
from .policy import RegisterPolicy, Source

#: FILETIME: 100 ns since 1601-01-01 UTC ([MS-DTYP] 2.3.3); 0 and 2^63-1 are "never" (AD lastLogonTimestamp, accountExpires)
_EPOCH = dt.datetime(1601, 1, 1, tzinfo=dt.UTC)
_NEVER = frozenset({"0", str(2**63 - 1)})
_JAPANESE = re.compile(r"(\d{4})[/年.-](\d{1,2})[/月.-](\d{1,2})日?(?:[ T　]+(\d{1,2})[:時](\d{1,2})(?:[:分](\d{1,2})秒?)?分?)?")
_WORDS = frozenset({"", "-", "never", "なし", "未使用", "未報告", "未ログオン"})
#: states in which a terminal should be used
_IN_USE = ("active", "lent")


@dataclass(slots=True)
class Seen:
    """When the terminals of one export were last seen.

    :param times: UTC, by computer name in lower case; ``None``: the export knows the terminal, and it was never seen.
    :param unreadable: rows whose time could not be read.
    """

    source: Source
    times: dict[str, dt.datetime | None] = field(default_factory=dict)
    unreadable: list[Problem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Seldom:
    """A terminal in use that nothing has seen for long.

    :param seen: last time by source code; sources that were not given are not in it.
    :param days: calendar days in Tokyo since the last of them; ``None``: never seen.
    :param absent: sources whose export does not know the terminal at all.
    """

    layer: str
    row: Row
    seen: Mapping[str, dt.datetime | None]
    days: int | None
    absent: tuple[str, ...]


def parse_time(text: str, source: Source) -> dt.datetime | None:
    """A time of an export in UTC; ``None`` for one that means never.

    :raises ValueError: when the text is no time of the source's form.
    """
    if text.casefold() in _WORDS:
        return None
    if source.form == "filetime":
        if not text.isascii() or not text.isdigit() or len(text) > 19:
            raise ValueError(text)
        return None if text in _NEVER else _EPOCH + dt.timedelta(microseconds=int(text) // 10)
    zone = dt.UTC if source.zone == "UTC" else TOKYO
    if source.form == "iso":
        moment = dt.datetime.fromisoformat(text)
    else:
        match = _JAPANESE.fullmatch(text)
        if match is None:
            raise ValueError(text)
        moment = dt.datetime(*(int(part or 0) for part in match.groups()))  # type: ignore[arg-type]
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(dt.UTC)


def read_seen(path: Path, source: Source) -> Seen:
    """An export. A row whose time cannot be read does not stop the others; it is reported.

    :raises WardopsError: E0100-E0102, E0701-E0712 (file), E1020 (columns).
    """
    seen = Seen(source)
    for place, cells in read_columns(path, {"name": source.names, "time": source.times}, source.encoding, source.delimiter):
        name = cells["name"].partition(".")[0].removesuffix("$").casefold()
        if not name:
            continue
        try:
            moment = parse_time(cells["time"], source)
        except (ValueError, OverflowError):
            seen.unreadable.append(Problem("E1024", place, 0, 0, {"value": cells["time"], "form": source.form}))
            continue
        before = seen.times.get(name)
        seen.times[name] = max(filter(None, (before, moment)), default=None)
    if not seen.times and seen.unreadable:
        raise WardopsError(seen.unreadable[:20])
    return seen


def seldom(book: Book, policy: RegisterPolicy, exports: list[Seen], layers: list[str] | None = None) -> list[Seldom]:
    """Terminals in use that none of the exports has seen within the ward's number of days, the longest first, never seen ones before all.

    A terminal that was put in use since then is not listed: it has had no time to be used.
    """
    border = book.today - dt.timedelta(days=policy.seldom_days)
    found = []
    for layer in layers or book.files("terminals"):
        for row in book.rows("terminals", layer).values():
            if row["status"] not in _IN_USE or (row["assigned_date"] and row["assigned_date"] > border.isoformat()):
                continue
            name = row["computer_name"].casefold()
            times = {export.source.code: export.times[name] for export in exports if name in export.times}
            last = max(filter(None, times.values()), default=None)
            days = (book.today - last.astimezone(TOKYO).date()).days if last else None
            if exports and (days is None or days > policy.seldom_days):
                absent = tuple(export.source.code for export in exports if name not in export.times)
                found.append(Seldom(layer, row, times, days, absent))
    return sorted(found, key=lambda item: (item.days is not None, -(item.days or 0), item.row["computer_name"]))
