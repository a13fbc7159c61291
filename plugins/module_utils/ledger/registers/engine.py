"""The engine of registers: due dates, ends, thresholds, pools, holders and what hangs on a row, from ``x-register`` of the schemas.

A ledger that gets an ``x-register`` takes part at once; nothing here names a ledger. Rows of ledgers per layer are looked at file by file.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...common.problems import fail
from ..book import Book, Row

Register = Mapping[str, Any]


def registers(book: Book, part: str) -> Iterator[tuple[str, Register]]:
    """Ledgers whose schema says something of ``part`` (``term``, ``pool`` …), by name."""
    for name, schema in book.schemas.ledgers.items():
        register = schema.document.get("x-register", {}).get(part)
        if register is not None:
            yield name, register


def register(book: Book, ledger: str, part: str) -> Register:
    """One ledger's part.

    :raises WardopsError: E1028 when it has none.
    """
    known = dict(registers(book, part))
    if ledger not in known:
        raise fail("E1028", ledger=ledger, known="、".join(known))
    return known[ledger]


def is_open(row: Mapping[str, str], condition: Mapping[str, list[str]]) -> bool:
    """Whether a row still counts; the empty text in a condition stands for an empty cell."""
    return all(row[column] in values for column, values in condition.items())


def open_rows(book: Book, ledger: str, condition: Mapping[str, list[str]]) -> Iterator[tuple[str, Row]]:
    """Layer and row of what still counts, by layer and key."""
    for layer in book.files(ledger):
        for _, row in sorted(book.rows(ledger, layer).items()):
            if is_open(row, condition):
                yield layer, row


@dataclass(frozen=True, slots=True)
class End:
    """A day on which something must have happened (``due``) or stops (``end``).

    :param left: calendar days from the ward's today; negative when it is over. On the day itself it is not overdue.
    """

    ledger: str
    kind: str
    title: str
    key: str
    what: str
    section: str
    date: dt.date
    left: int

    @property
    def overdue(self) -> bool:
        return self.left < 0


def ends(book: Book, within: Mapping[str, int] | None = None, ledger: str = "") -> list[End]:
    """What is overdue, or ends within so many days, the earliest first.

    :param within: days by kind (``due``, ``end``); ``None``: everything that has a day.
    """
    found = []
    for name, term in registers(book, "term"):
        if ledger and name != ledger:
            continue
        schema = book.schema(name)
        for _, row in open_rows(book, name, term["open"]):
            day = _day(row, term)
            if day is None:
                continue
            left = (day - book.today).days
            if within is not None and left > within[term["kind"]]:
                continue
            what = " ".join(filter(None, (schema.label(column, row[column]) for column in term["shown"])))
            key = " ".join(row[column] for column in schema.key)
            found.append(End(name, term["kind"], term["title"], key, what, row.get(term.get("section", ""), ""), day, left))
    return sorted(found, key=lambda item: (item.date, item.title, item.key))


def _day(row: Row, term: Register) -> dt.date | None:
    text = next((row[column] for column in reversed(term["dates"]) if row[column]), "")
    return dt.date.fromisoformat(text) + dt.timedelta(days=term.get("grace_days", 0)) if text else None


@dataclass(frozen=True, slots=True)
class Low:
    """A quantity at or below its level; a row without a level is never low."""

    ledger: str
    row: Row
    quantity: int
    level: int


def low(book: Book) -> list[Low]:
    found = []
    for name, threshold in registers(book, "threshold"):
        for _, row in open_rows(book, name, {}):
            quantity, level = int(row[threshold["quantity"]]), int(row[threshold["level"]])
            if level and quantity <= level:
                found.append(Low(name, row, quantity, level))
    return found


@dataclass(frozen=True, slots=True)
class Pool:
    """Rights that are counted together.

    :param used: as the ledger says.
    :param until: the last day of the right that ends first; empty for perpetual ones.
    """

    ledger: str
    name: tuple[str, ...]
    capacity: int
    used: int
    rows: int
    until: str

    @property
    def free(self) -> int:
        return self.capacity - self.used


def pools(book: Book) -> list[Pool]:
    """Rights that are valid today, added up by what the schema says."""
    found = []
    for name, pool in registers(book, "pool"):
        groups: dict[tuple[str, ...], list[Row]] = {}
        for _, row in open_rows(book, name, pool["open"]):
            if not row[pool["until"]] or row[pool["until"]] >= book.today.isoformat():
                groups.setdefault(tuple(row[column] for column in pool["by"]), []).append(row)
        for key, rows in sorted(groups.items()):
            capacity, used = (sum(int(row[pool[part]]) for row in rows) for part in ("capacity", "used"))
            until = min((row[pool["until"]] for row in rows if row[pool["until"]]), default="")
            found.append(Pool(name, key, capacity, used, len(rows), until))
    return found


@dataclass(frozen=True, slots=True)
class Holding:
    """Something that a person holds who has left, or whom no ledger knows.

    :param left_on: last day of service; empty for an unknown person.
    """

    ledger: str
    key: str
    staff_id: str
    section: str
    left_on: str


def leavers(book: Book, until: dt.date | None = None) -> list[Holding]:
    """What people still hold who have left by a day (default: the ward's today).

    Staff rows are valid through ``valid_to``; whoever has several rows (one per layer) has left when all of them are over.
    """
    day = (until or book.today).isoformat()
    staff: dict[str, tuple[str, str]] = {}
    for layer in book.files("users"):
        for row in book.rows("users", layer).values():
            end = row["valid_to"] or "9999-12-31"
            if end >= staff.get(row["staff_id"], ("", ""))[0]:
                staff[row["staff_id"]] = end, row["dept_code"]
    found = []
    for name, holder in registers(book, "holder"):
        for _, row in open_rows(book, name, holder["open"]):
            person = row[holder["column"]]
            end, section = staff.get(person, ("", ""))
            if person and end < day:
                found.append(Holding(name, " ".join(row[column] for column in book.schema(name).key), person, section, end))
    return found


@dataclass(frozen=True, slots=True)
class Hanging:
    """What hangs on a row (a lease's equipment), by state.

    :param expected: as the contract says; ``None`` when no ledger of the schema keeps this kind.
    """

    ledger: str
    row: Row
    expected: int | None
    states: Mapping[str, int]
    keys: tuple[str, ...]

    @property
    def counted(self) -> int:
        return sum(self.states.values())


#: states in which equipment has gone back to the lessor or does not exist any more
GONE = frozenset({"returned", "wiped", "disposed"})


def hanging(book: Book, ledger: str) -> list[Hanging]:
    """Every open row of a ledger with what hangs on it.

    :raises WardopsError: E1028 when nothing hangs on the ledger's rows.
    """
    rule = register(book, ledger, "equipment")
    term = book.schema(ledger).document["x-register"]["term"]
    users: dict[str, list[tuple[str, Row]]] = {}
    for name in rule["ledgers"]:
        for _, row in open_rows(book, name, {}):
            if row[rule["column"]]:
                users.setdefault(row[rule["column"]], []).append((name, row))
    found = []
    for _, row in open_rows(book, ledger, term["open"]):
        key = row[book.schema(ledger).key[0]]
        states: dict[str, int] = {}
        for _, user in users.get(key, ()):
            states[user["status"]] = states.get(user["status"], 0) + 1
        keys = tuple(user[book.schema(name).key[0]] for name, user in users.get(key, ()) if user["status"] not in GONE)
        expected = int(row[rule["quantity"]]) if row["kind"] in rule["kinds"] else None
        found.append(Hanging(ledger, row, expected, states, keys))
    return found


def quarter(day: dt.date) -> str:
    """``2026年度 第3四半期``: quarters of the fiscal year, which begins in April."""
    return f"{day.year - (day.month < 4)}年度 第{(day.month - 4) % 12 // 3 + 1}四半期"
