"""The timeline of a thing: commits, its own events (ledger ``asset_events``) and evidence records, in one order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from ...common.problems import fail
from ...common.report import TOKYO
from ...common.ward import Ward
from ..schema import Schemas
from .git import Git, Words
from .graph import Graph
from .index import Index
from .records import Done, find
from .rows import Reader, RowEvent, Story
from .subject import Subject, names_of, understand

_EVENTS = "asset_events"


@dataclass(frozen=True, slots=True)
class Entry:
    """One moment.

    :param kind: ``commit``, ``event`` (a row of asset_events whose day is not that of its commit) or ``evidence``.
    :param when: seconds since 1970 (UTC); of an event the beginning of its day in Japan.
    :param bottom: the first commit of a shallow clone: what it "adds" is older.
    :param request: the merge request that brought it in, ``!123``.
    """

    kind: str
    when: int
    commit: str = ""
    words: Words | None = None
    request: str = ""
    rows: tuple[RowEvent, ...] = ()
    done: Done | None = None
    bottom: bool = False

    @property
    def day(self) -> str:
        return dt.datetime.fromtimestamp(self.when, TOKYO).date().isoformat()


@dataclass(frozen=True, slots=True)
class Held:
    """A row that had the address, name or number from one day to another (empty: still)."""

    ledger: str
    key: str
    since: str
    until: str


@dataclass(slots=True)
class Timeline:
    """:param partners: pairs of a replacement or repair: (asset, its partner, day).
    :param notes: what could not be read, and what the reader must know: (Japanese, English).
    """

    subject: Subject
    entries: list[Entry]
    holders: list[Held] = field(default_factory=list)
    partners: list[tuple[str, str, str]] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)


class History:
    """The history of a ward's ledgers.

    :param evidence: folder of the evidence records.
    :raises WardopsError: E1102 (no Git repository), E1103 (nothing is committed yet).
    """

    def __init__(self, ward: Ward, schemas: Schemas, evidence: Path) -> None:
        self.ward = ward
        self.schemas = schemas
        self.evidence = evidence
        self.git = Git(ward.root)
        if not self.git.head:
            raise fail("E1103", str(ward.root))
        self.index = Index(self.git)
        self.graph = Graph(self.index.graph, self.git.head)
        self._paths: dict[str, tuple[str, str] | None] = {}

    @cached_property
    def _folders(self) -> list[str]:
        """The ledgers' folder, and those that it had before it was moved."""
        own = self.ward.ledgers.resolve().relative_to(self.git.top.resolve()).as_posix() + "/"
        found = [own]
        renames = self.index.renames()
        for folder in found:
            for old, new in renames:
                if new.startswith(folder) and old.endswith(new.removeprefix(folder)):
                    before = old[: len(old) - len(new.removeprefix(folder))]
                    if before not in found and before.endswith("/"):
                        found.append(before)
        return found

    @cached_property
    def _moved(self) -> dict[str, str]:
        """Single files that had another name: old path to new path."""
        return {old: new for old, new in self.index.renames() if not self._known(self._plain(old))}

    def _known(self, found: tuple[str, str] | None) -> bool:
        return found is not None and found[0] in self.schemas.ledgers

    def where(self, path: str) -> tuple[str, str] | None:
        """Ledger and layer of a path, also of one that the file had before it was moved."""
        if path not in self._paths:
            self._paths[path] = None
            found = self._plain(path)
            if path in self._moved:
                found = self.where(self._moved[path]) or found
            self._paths[path] = found
        return self._paths[path]

    def _plain(self, path: str) -> tuple[str, str] | None:
        folder = next((folder for folder in self._folders if path.startswith(folder)), None)
        if folder is None or not path.endswith(".csv"):
            return None
        layer, _, name = path.removeprefix(folder).removesuffix(".csv").rpartition("/")
        return None if "/" in layer else (name, layer)

    def tell(self, text: str, since: str = "", until: str = "") -> Timeline:
        """The timeline of what the text names.

        :param since: first day, until: last day (ISO, Asia/Tokyo); empty for all.
        :raises WardopsError: E1101 when nothing in the whole history has it.
        """
        subject = understand(text, self.ward)
        story = self._story(subject)
        if subject.kind == "asset":
            subject = subject.also(self._names(story, subject))
            story = self._story(subject)
        done, damaged = find(self.evidence, _spellings(subject)) if subject.kind != "section" else ([], [])
        if not story.events and not done:
            raise fail("E1101", subject=subject.asked)
        entries = [*self._commits(story), *(Entry("evidence", one.when, done=one) for one in done)]
        entries.sort(key=lambda entry: entry.when)
        timeline = Timeline(
            subject, [entry for entry in entries if (not since or entry.day >= since) and (not until or entry.day <= until)]
        )
        timeline.holders = self._holders(story, subject)
        timeline.partners = _partners(story)
        timeline.notes = [*self._notes(story), *_damaged(damaged)]
        return timeline

    def _story(self, subject: Subject) -> Story:
        reader = Reader(self.schemas, self.where, subject.mentions)
        return reader.tell(self.graph, self.index.changes(subject.words), subject.words)

    def _names(self, story: Story, subject: Subject) -> list[str]:
        """Names of the thing at any time, out of the rows whose key it is."""
        found = []
        for event in _all(story):
            for cells in (event.before, event.after):
                if cells and self._is_own(event.ledger, cells, subject):
                    found += names_of(self.schemas, event.ledger, cells)
        return found

    def _is_own(self, ledger: str, cells: Mapping[str, str], subject: Subject) -> bool:
        schema = self.schemas.ledgers.get(ledger)
        columns = schema.global_columns("asset_id") if schema else []
        return any(cells.get(column) in subject.words for column in columns)

    def _commits(self, story: Story) -> list[Entry]:
        brought = self.graph.brought_in()
        merges = {name: brought[name] for name in story.events if name in brought}
        words = self.git.words(list(dict.fromkeys([*story.events, *merges.values()])))
        entries = []
        for name, events in story.events.items():
            own = words.get(name)
            request = own.request if own else ""
            if name in merges and (merge := words.get(merges[name])):
                request = merge.request or request
            when, bottom = self.graph.when[name], name in self.git.shallow
            entries.append(Entry("commit", when, name.hex(), own, request, tuple(events), bottom=bottom))
            entries += self._elsewhen(entries[-1], own)
        return entries

    def _elsewhen(self, entry: Entry, words: Words | None) -> list[Entry]:
        """Events that were written down on another day than they happened."""
        found = []
        for event in entry.rows:
            day = (event.after or {}).get("date", "")
            if event.ledger == _EVENTS and event.before is None and day and day != entry.day:
                try:
                    moment = dt.datetime.combine(dt.date.fromisoformat(day), dt.time(), TOKYO)
                except ValueError:
                    continue
                found.append(Entry("event", int(moment.timestamp()), entry.commit, words, entry.request, (event,)))
        return found

    def _holders(self, story: Story, subject: Subject) -> list[Held]:
        """Who had an address, a name or a MAC, one after the other."""
        if subject.kind not in ("ip", "mac", "text"):
            return []
        begun: dict[tuple[str, str], str] = {}
        held: list[Held] = []
        for name, events in story.events.items():
            day = Entry("commit", self.graph.when[name]).day
            for event in events:
                place = (event.ledger, " ".join(event.key))
                had, has = (self._has(event.ledger, cells, subject) for cells in (event.before, event.after))
                if has and not had:
                    begun[place] = "" if name in self.git.shallow else day
                elif had and not has:
                    held.append(Held(*place, begun.pop(place, ""), day))
        return held + [Held(*place, since, "") for place, since in begun.items()]

    def _has(self, ledger: str, cells: Mapping[str, str] | None, subject: Subject) -> bool:
        schema = self.schemas.ledgers.get(ledger)
        if schema is None or cells is None:
            return False
        columns = [column for kind in ("ip", "mac", "name", "serial") for column in schema.global_columns(kind)]
        return any(cells.get(column) in subject.words for column in columns)

    def _notes(self, story: Story) -> list[tuple[str, str]]:
        notes = list(self.index.notes)
        if self.git.shallow:
            days = [Entry("commit", self.graph.when[name]).day for name in self.git.shallow if name in self.graph.when]
            day = min(days, default="?")
            notes.append(
                (
                    f"浅いクローンです。{day} より前の履歴はありません（git fetch --unshallow で取得できます）",
                    f"a shallow clone: nothing before {day} (git fetch --unshallow gets it)",
                )
            )
        if count := self.index.missing():
            notes.append(
                (
                    f"読めない版が {count} 個あります（部分クローンか、大き過ぎるファイル）。その変更は表示されません",
                    f"{count} versions are missing (a partial clone) or too large; their changes are not shown",
                )
            )
        for name, path in dict.fromkeys(story.unreadable):
            notes.append(
                (
                    f"コミット {name.hex()[:12]} の {path} は CSV として読めないため飛ばし、前後の版を比べました",
                    f"{path} of commit {name.hex()[:12]} is no readable CSV: passed over, the versions around it were compared",
                )
            )
        return notes


def _spellings(subject: Subject) -> list[str]:
    """A word as evidence records may spell it: MACs with separators, too."""
    found = list(subject.words)
    for word in subject.words:
        if len(word) == 12 and all(letter in "0123456789abcdef" for letter in word):
            pairs = [word[at : at + 2] for at in range(0, 12, 2)]
            found += [sign.join(pairs) for sign in ":-"] + ["-".join(pairs).upper(), ":".join(pairs).upper()]
    return found


def _all(story: Story) -> Iterable[RowEvent]:
    return (event for events in story.events.values() for event in events)


def _partners(story: Story) -> list[tuple[str, str, str]]:
    """Replacements and spares, each pair once."""
    found: dict[tuple[str, str, str], None] = {}
    for event in _all(story):
        cells = event.after or {}
        if event.ledger == _EVENTS and (partner := cells.get("partner", "")):
            one, other = sorted((cells.get("asset_id", ""), partner))
            found[one, other, cells.get("date", "")] = None
    return list(found)


def _damaged(names: Sequence[str]) -> list[tuple[str, str]]:
    return [(f"証跡 {name} は読めません", f"the evidence record {name} cannot be read") for name in names]
