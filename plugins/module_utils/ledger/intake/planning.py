"""From records to changes of the ledger: what is new, what is known, what contradicts; nothing is overwritten silently.

A row is taken whole or not at all. What the ledger's schema or the whole ``make check`` would refuse is refused here with the same
code, and the rest goes on; numbers and addresses are given out only when that is known, so that a refused row leaves no gap.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ...common.files import sha256
from ...common.problems import Problem, WardopsError
from ...common.table import parse_table
from ..allocation import Allocator, settle
from ..book import Book, Key, Row
from ..life.engine import Life, Order
from ..registers import movements
from ..schema import Schemas
from .matching import Index
from .matching import Place as Holder
from .profile import Profile
from .source import Sheet
from .table import Record, Records, read_records
from .trial import judge

#: the check is asked again after rows were taken out; a list that needs more rounds than this has one fault of its own
_ROUNDS = 6
#: what allocation cannot give to one row and can to another; any other failure is of no row and stops the import
_OF_ONE_ROW = frozenset({"E0821", "E0822", "E0823", "E0824"})
#: a value that must be unique over all ledgers is there twice
_TWICE = frozenset({"E0303", "E0304", "E0305", "E0306", "E0307", "E0308"})


@dataclass(slots=True)
class Outcome:
    """What became of one row.

    :param kind: ``added``, ``updated``, ``same``, ``conflict``, ``refused`` or ``repeated`` (an equal row stands before it).
    :param key: the ledger's key, empty when there is none.
    :param changes: column, before, after.
    """

    record: Record
    kind: str
    key: Key = ()
    problems: list[Problem] = field(default_factory=list)
    changes: list[tuple[str, str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Result:
    """Everything about one import.

    :param missing: keys of the ledger that the list lacks, when the profile asks for them.
    """

    profile: Profile
    records: Records
    digest: str
    outcomes: list[Outcome]
    missing: list[Key] = field(default_factory=list)
    ticket: str = ""

    def counts(self) -> Counter[str]:
        return Counter(outcome.kind for outcome in self.outcomes)

    def of(self, *kinds: str) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if outcome.kind in kinds]

    def known_already(self) -> bool:
        """Whether the list brings nothing new: taken in before, under whatever name."""
        counts = self.counts()
        return counts["same"] > 0 and not counts["added"] and not counts["updated"]


@dataclass(frozen=True, slots=True)
class Request:
    """Who takes in what.

    :param settings: cells for new rows that the list leaves empty (before the profile's defaults).
    """

    profile: Profile
    sheet: Sheet
    digest: str
    settings: Mapping[str, str] = field(default_factory=dict)
    ticket: str = ""
    role: str = "helpdesk"


def take_in(root: Path, schemas: Schemas, request: Request) -> tuple[Book, Result]:
    """The changes that a list means, checked, not saved.

    :raises WardopsError: E0713-E0716 (titles), E0750 with what the check found (errors that belong to no single row), once whatever else
        belongs to no row (a ledger or policy that allocation needs cannot be used).
    """
    book = Book(root, schemas)
    records = read_records(request.sheet, request.profile, book)
    refused: dict[int, list[Problem]] = {}
    for _ in range(_ROUNDS):
        plan = _Plan(book, request, records, refused)
        result = plan.run()
        problems = book.new_problems() if book.changed_files() else []
        if not problems:
            return book, result
        blamed = plan.blame(problems)
        if not blamed:
            raise WardopsError([Problem("E0750", request.sheet.path), *problems])
        for number, found in blamed.items():
            refused.setdefault(number, []).extend(found)
        book = Book(root, schemas)
    raise WardopsError([Problem("E0750", request.sheet.path), *problems])


class _Plan:
    """One attempt, without the rows that the check has refused before."""

    def __init__(self, book: Book, request: Request, records: Records, refused: Mapping[int, list[Problem]]) -> None:
        self.book = book
        self.request = request
        self.profile = request.profile
        self.records = records
        self.refused = refused
        self.schema = book.schema(self.profile.ledger)
        self.index = Index(book, self.profile)
        self.outcomes: dict[int, Outcome] = {}
        self.new: list[tuple[Record, Row]] = []
        self.changed: list[tuple[Record, Key, Row]] = []
        self.rows: dict[Key, int] = {}
        self.found: set[Key] = set()

    def run(self) -> Result:
        good = [record for record in self.records.rows if not self._bad(record)]
        for record in self._single(good):
            self._classify(record)
        self._check_cells()
        self._add()
        for record, key, row in self.changed:
            self.book.put(self.profile.ledger, row, self.profile.layer)
            self.rows[key] = record.number
        self._events()
        movements.settle(self.book, self.request.ticket, self.request.role)
        settle(self.book, self._reason())
        outcomes = [self.outcomes[record.number] for record in self.records.rows]
        return Result(self.profile, self.records, self.request.digest, outcomes, self._missing(), self.request.ticket)

    def blame(self, problems: list[Problem]) -> dict[int, list[Problem]]:
        """The rows that the check's errors belong to; empty when one belongs to none."""
        places = self._places()
        blamed: dict[int, list[Problem]] = {}
        for problem in problems:
            number = places.get((problem.path, problem.line)) or self._by_value(problem)
            if number is None:
                return {}
            place = next(record.place for record in self.records.rows if record.number == number)
            blamed.setdefault(number, []).append(Problem(problem.code, place, 0, 0, problem.params))
        return blamed

    # --- which row is what

    def _bad(self, record: Record) -> bool:
        problems = [*record.problems, *self.refused.get(record.number, ())]
        if not problems and not self.index.tokens(record.values):
            names = list(self.profile.match)
            titles = "、".join(map(self.schema.title, names))
            problems = [Problem("E0731", record.place, 0, 0, {"titles": titles, "columns": ", ".join(names)})]
        if problems:
            self._put(record, "refused", problems=problems)
        return bool(problems)

    def _put(self, record: Record, kind: str, key: Key = (), problems: list[Problem] | None = None) -> Outcome:
        outcome = self.outcomes[record.number] = Outcome(record, kind, key, problems or [])
        return outcome

    def _single(self, records: list[Record]) -> list[Record]:
        """Rows of the list whose keys stand once in it. Of equal rows the first counts; of different ones none."""
        holders: dict[tuple[str, str], list[Record]] = {}
        for record in records:
            for token in self.index.tokens(record.values):
                holders.setdefault(token, []).append(record)
        out: set[int] = set()
        for (kind, value), group in holders.items():
            if len(group) < 2:
                continue
            equal = all(record.values == group[0].values for record in group)
            for record in group[1:] if equal else group:
                out.add(record.number)
                if equal:
                    self._put(record, "repeated")
                    continue
                others = "、".join(str(other.number) for other in group if other is not record)
                name = next((name for (one, _), name in self.index.tokens(record.values).items() if one == kind), "")
                params = {"title": self.schema.title(name), "value": value.replace("\x1f", " "), "others": f"{others} 行", "column": name}
                previous = self.outcomes.get(record.number)
                problems = previous.problems if previous and previous.kind == "conflict" else []
                self._put(record, "conflict", problems=[*problems, Problem("E0744", record.place, 0, 0, params)])
        return [record for record in records if record.number not in out]

    def _classify(self, record: Record) -> None:
        problems = list(self.index.elsewhere(record.values, record.place))
        holders = self.index.holders(record.values)
        self.found |= {key for _, key in holders}
        if len(holders) > 1:
            problems.append(Problem("E0740", record.place, 0, 0, {"found": self._show(holders, record)}))
        for layer, key in holders:
            if layer != self.profile.layer:
                problems.append(Problem("E0742", record.place, 0, 0, {"key": " ".join(key), "layer": layer}))
        if problems:
            self._put(record, "conflict", problems=problems)
        elif holders:
            (_, key), _names = next(iter(holders.items()))
            self._known(record, key)
        elif not self.profile.add:
            self._put(record, "refused", problems=[Problem("E0746", record.place)])
        else:
            self._put(record, "added")
            self.new.append((record, self._fresh(record)))

    def _show(self, holders: Mapping[Holder, list[str]], record: Record) -> str:
        parts = []
        for (_, key), names in holders.items():
            keys = "・".join(f"{self.schema.title(name)}「{record.values[name]}」" for name in names)
            parts.append(f"{keys} は {' '.join(key)}")
        return "、".join(parts)

    def _known(self, record: Record, key: Key) -> None:
        """A thing that the ledger has: empty cells are filled, filled ones are changed only where the profile allows it."""
        before = self.book.rows(self.profile.ledger, self.profile.layer)[key]
        outcome = self._put(record, "same", key)
        for name, value in record.values.items():
            if before[name] == value:
                continue
            outcome.changes.append((name, before[name], value))
            if before[name] and not self.profile.overwritable(name):
                shown = {"key": " ".join(key), "column": name, "title": self.schema.title(name)}
                params = {**shown, "before": before[name], "after": value}
                outcome.problems.append(Problem("E0741", record.place, 0, 0, params))
        if not outcome.changes:
            return
        for name, values in self.profile.gone.items():
            if before[name] in values:
                params = {"key": " ".join(key), "status": self.schema.label(name, before[name])}
                outcome.problems.append(Problem("E0745", record.place, 0, 0, params))
        if outcome.problems:
            outcome.kind = "conflict"
            return
        outcome.kind = "updated"
        self.changed.append((record, key, {**before, **record.values}))

    def _fresh(self, record: Record) -> Row:
        row: Row = dict.fromkeys(self.schema.columns, "")
        for cells in (self.profile.defaults, self.request.settings, record.values, self.profile.constants):
            row.update(cells)
        if "ticket" in row and not row["ticket"]:
            row["ticket"] = self.request.ticket
        return row

    # --- what the schema says of the rows

    def _check_cells(self) -> None:
        """The schema stage on the rows as they would be; columns that are still to be given out get an example."""
        examples = {name: self.schema.example(name) for name in self._given()}
        trial = [(record, {**row, **{name: row[name] or example for name, example in examples.items()}}) for record, row in self.new]
        trial += [(record, row) for record, _, row in self.changed]
        if not trial:
            return
        bad = judge(self.book, self.schema, self.profile.layer, [row for _, row in trial])
        numbers = set()
        for index, found in bad.items():
            record = trial[index][0]
            numbers.add(record.number)
            place = self.records.sheet.place
            problems = [Problem(one.code, place(record.number, record.columns.get(name)), 0, 0, one.params) for name, one in found]
            self._put(record, "refused", self.outcomes[record.number].key, problems)
        self.new = [(record, row) for record, row in self.new if record.number not in numbers]
        self.changed = [(record, key, row) for record, key, row in self.changed if record.number not in numbers]

    def _given(self) -> list[str]:
        allocate = self.profile.allocate
        names = list(allocate.get("number", ()))
        if allocate.get("computer_name"):
            names.append("computer_name")
        if allocate.get("ring") and self.profile.constants.get("status") in ("setup", "active", "lent"):
            names.append("ring")
        return names

    # --- new rows

    def _add(self) -> None:
        allocator = Allocator(self.book, self._reason())
        for record, row in self.new:
            try:
                self._allocate(allocator, row)
            except WardopsError as error:
                if not {one.code for one in error.problems} <= _OF_ONE_ROW:
                    raise
                problems = [Problem(one.code, record.place, 0, 0, one.params) for one in error.problems]
                self._put(record, "refused", problems=problems)
                continue
            key = tuple(row[name] for name in self.schema.key)
            self.book.put(self.profile.ledger, row, self.profile.layer)
            self.outcomes[record.number].key = key
            self.rows[key] = record.number

    def _allocate(self, allocator: Allocator, row: Row) -> None:
        """The address first: it is what may be used up, and then no number is lost."""
        allocate, layer = self.profile.allocate, self.profile.layer
        zone = allocate.get("address", "")
        if zone and not row["ip"]:
            row["ip"], row["vlan"] = allocator.address(layer, row["site"], row["floor"], zone)
        if allocate.get("computer_name") and not row["computer_name"]:
            today = self.book.today
            row["computer_name"] = allocator.computer_name(layer, row["form"], today.year - (today.month < 4))
        for name in allocate.get("number", ()):
            row[name] = row[name] or allocator.number(self.profile.ledger, name)
        if allocate.get("ring") and not row["ring"]:
            row["ring"] = allocator.ring(layer, row)

    def _events(self) -> None:
        """What new things have gone through so far, and what must follow."""
        if self.profile.events and self.new:
            Life(self.book, Order(self.book.today, self.request.ticket, self.request.role)).record_new()

    def _reason(self) -> str:
        return self.request.ticket or f"sha256:{self.request.digest[:32]}"

    # --- afterwards

    def _missing(self) -> list[Key]:
        if self.profile.missing is None:
            return []
        rows = self.book.rows(self.profile.ledger, self.profile.layer)
        wanted = self.profile.missing.items()
        return sorted(
            key
            for key, row in rows.items()
            if key not in self.found and key not in self.rows and all(row[name] in values for name, values in wanted)
        )

    def _places(self) -> dict[tuple[str, int], int]:
        """File and line, as the check names them, of the rows of this import."""
        found: dict[tuple[str, int], int] = {}
        files = self.book.changed_files()
        by_asset: dict[Key, int] = {(self._row(key).get("asset_id", ""),): number for key, number in self.rows.items()}
        own = (self.profile.ledger, self.profile.layer, self.schema.key, self.rows)
        for ledger, layer, columns, numbers in (
            own,
            ("asset_events", "", ("asset_id",), by_asset),
            ("follow_ups", "", ("asset_id",), by_asset),
        ):
            path = self.book.ward.ledger_path(ledger, layer or None).absolute()
            if path not in files:
                continue
            shown = self.book.ward.shown(path)
            table = parse_table(files[path], shown)
            positions = [table.index(name) for name in columns]
            for line, cells in zip(table.lines, table.rows, strict=True):
                number = numbers.get(tuple(cells[position] for position in positions))
                if number is not None:
                    found[shown, line] = number
        return found

    def _by_value(self, problem: Problem) -> int | None:
        """An error is often reported at the other row that has the same value; the value itself is in the message."""
        value = str(problem.params.get("value", ""))
        if problem.code not in _TWICE or not value:
            return None
        numbers = [number for key, number in self.rows.items() if value in self._row(key).values()]
        return numbers[0] if len(numbers) == 1 else None

    def _row(self, key: Key) -> Row:
        return self.book.rows(self.profile.ledger, self.profile.layer)[key]


def digest_of(sheet: Sheet) -> str:
    """SHA-256 of what the list says, whatever file it came in: the same rows under another name or encoding have the same digest."""
    lines: Iterator[str] = ("\x1f".join(cell.text for cell in row.cells).rstrip("\x1f") for row in sheet.rows)
    return sha256("\x1e".join(lines).encode("utf-8", "surrogatepass"))
