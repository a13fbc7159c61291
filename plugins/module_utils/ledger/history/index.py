"""What history has read out of Git, kept beside it: commits, the files they touch, and the rows in which versions differ.

All of it are facts about objects that never change (a commit, a pair of versions), so the index is only ever added to, by one
transaction a run. It lies in ``<.git>/wardops-history-<format>.sqlite`` (shared by the work trees of a repository) and may be deleted at
any time. It is left aside when it cannot be written, and made anew when it is damaged, or when a shallow clone has got another bottom.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...common.files import sha256
from .differences import Difference, Differences
from .git import Commit, Git, Touched

FORMAT = 1
_TABLES = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE commits (name BLOB PRIMARY KEY, time INTEGER NOT NULL, parents BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE paths (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE);
CREATE TABLE headers (id INTEGER PRIMARY KEY, header BLOB NOT NULL UNIQUE);
CREATE TABLE pairs (id INTEGER PRIMARY KEY, old BLOB NOT NULL, new BLOB NOT NULL, old_header INTEGER NOT NULL,
  new_header INTEGER NOT NULL, lines BLOB NOT NULL, UNIQUE (old, new));
CREATE TABLE touched (name BLOB NOT NULL, parent INTEGER NOT NULL, source INTEGER NOT NULL, path INTEGER NOT NULL, pair INTEGER NOT NULL,
  PRIMARY KEY (name, parent, path, source)) WITHOUT ROWID;
CREATE INDEX touched_pair ON touched (pair);
"""
_BUSY_SECONDS = 60
_Block = tuple[bytes, int, list[Touched]]


@dataclass(frozen=True, slots=True)
class Change:
    """A ledger file between a commit and its parent of that number, with rows that have one of the words."""

    commit: bytes
    parent: int
    source: str
    path: str
    difference: Difference


class Index:
    """The index of a repository, up to its head.

    :ivar notes: what the reader must know: (Japanese, English).
    """

    def __init__(self, git: Git) -> None:
        self.git = git
        self.notes: list[tuple[str, str]] = []
        self.base = self._open(git.common / f"wardops-history-{FORMAT}.sqlite")
        self.graph: dict[bytes, Commit] = {}
        try:
            self._bring_up()
        except sqlite3.OperationalError:  # locked for too long, disk full: work without it
            self._apart()
            self._bring_up()

    def _open(self, path: Path) -> sqlite3.Connection:
        """The file, or a database in memory where it cannot be used."""
        for attempt in (0, 1):
            try:
                base = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
                self._prepare(base)
                return base
            except sqlite3.OperationalError:
                break
            except sqlite3.DatabaseError:
                if attempt == 0:
                    with contextlib.suppress(OSError):
                        path.unlink()
        return self._memory()

    def _memory(self) -> sqlite3.Connection:
        self.notes.append(
            (
                "履歴の索引を .git に書けないため、毎回すべて読み直します（遅くなります）",
                "the index cannot be written into .git: everything is read again each time (slower)",
            )
        )
        base = sqlite3.connect(":memory:", isolation_level=None)
        self._prepare(base)
        return base

    def _apart(self) -> None:
        self.base = self._memory()
        self.graph = {}

    def _prepare(self, base: sqlite3.Connection) -> None:
        base.execute("BEGIN IMMEDIATE")
        bottom = sha256(b"".join(sorted(self.git.shallow)))
        if not base.execute("SELECT count(*) FROM sqlite_master WHERE name = 'facts'").fetchone()[0]:
            _create(base, bottom)
        elif base.execute("SELECT value FROM facts WHERE name = 'bottom'").fetchone() != (bottom,):
            for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                base.execute(f'DROP TABLE "{name}"')
            _create(base, bottom)
        base.execute("COMMIT")

    def _bring_up(self) -> None:
        """Read what the index lacks of the head's history, and add it in one transaction."""
        head = self.git.head
        self._load()
        if not head or head in self.graph:
            return
        row = self.base.execute("SELECT value FROM facts WHERE name = 'head'").fetchone()
        known = bytes.fromhex(row[0]) if row else b""
        commits = self.git.commits(known if known and self.git.has_commit(known) else b"")
        commits = [commit for commit in commits if commit.name not in self.graph]
        touched = list(self.git.touched(commits))[::-1]
        reader = Differences(self.git)
        known_pairs = set(self.base.execute("SELECT old, new FROM pairs")) if known else set()
        pairs = [(one.old, one.new) for _, _, files in touched for one in files if one.old != one.new]
        found = list(reader.of(pair for pair in pairs if pair not in known_pairs))
        self.base.execute("BEGIN IMMEDIATE")
        try:
            self._add(commits, touched, found)
            self.base.execute("INSERT OR REPLACE INTO facts VALUES ('head', ?)", (head.hex(),))
            missing = len(reader.missing)
            self.base.execute("INSERT OR IGNORE INTO facts VALUES ('missing', '0')")
            self.base.execute("UPDATE facts SET value = value + ? WHERE name = 'missing'", (missing,))
            self.base.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                self.base.execute("ROLLBACK")
            raise
        self.graph.update((commit.name, commit) for commit in commits)

    def _load(self) -> None:
        width = self.git.width
        for name, when, parents in self.base.execute("SELECT name, time, parents FROM commits"):
            split = tuple(parents[at : at + width] for at in range(0, len(parents), width))
            self.graph[name] = Commit(name, when, split)

    def _add(self, commits: Iterable[Commit], touched: Iterable[_Block], found: Iterable[tuple[bytes, bytes, Difference]]) -> None:
        base = self.base
        base.executemany("INSERT OR IGNORE INTO commits VALUES (?, ?, ?)", ((one.name, one.when, b"".join(one.parents)) for one in commits))
        headers = {header: number for number, header in base.execute("SELECT id, header FROM headers")}
        paths = {path: number for number, path in base.execute("SELECT id, path FROM paths")}

        def number(table: dict[Any, int], name: str, value: object) -> int:
            if value not in table:
                cursor = base.execute(f"INSERT INTO {name} ({name[:-1]}) VALUES (?)", (value,))  # noqa: S608 - our own two names
                table[value] = cursor.lastrowid or 0
            return table[value]

        base.executemany(
            "INSERT OR IGNORE INTO pairs (old, new, old_header, new_header, lines) VALUES (?, ?, ?, ?, ?)",
            (
                (old, new, number(headers, "headers", one.old_header), number(headers, "headers", one.new_header), _pack(one))
                for old, new, one in found
            ),
        )
        pairs = {(old, new): number_ for number_, old, new in base.execute("SELECT id, old, new FROM pairs")}
        base.executemany(
            "INSERT OR IGNORE INTO touched VALUES (?, ?, ?, ?, ?)",
            (
                (name, parent, number(paths, "paths", one.source), number(paths, "paths", one.path), pairs.get((one.old, one.new), 0))
                for name, parent, files in touched
                for one in files
            ),
        )

    def missing(self) -> int:
        """How many versions could not be read when they were indexed."""
        row = self.base.execute("SELECT value FROM facts WHERE name = 'missing'").fetchone()
        return int(row[0]) if row else 0

    def changes(self, words: Iterable[str]) -> list[Change]:
        """Every change of a file in whose differing rows one of the words stands, of all commits that were ever indexed."""
        asked = [word.encode() for word in words]
        where = " OR ".join("instr(pairs.lines, ?) > 0" for _ in asked)
        found = self.base.execute(
            "SELECT touched.name, touched.parent, source.path, target.path, old.header, new.header, pairs.lines FROM pairs"  # noqa: S608
            " JOIN touched ON touched.pair = pairs.id JOIN paths source ON source.id = touched.source"
            " JOIN paths target ON target.id = touched.path JOIN headers old ON old.id = pairs.old_header"
            f" JOIN headers new ON new.id = pairs.new_header WHERE {where}",
            asked,
        )
        return [Change(name, parent, source, path, _unpack(*rest)) for name, parent, source, path, *rest in found]

    def renames(self) -> list[tuple[str, str]]:
        """Files that were moved: (old path, new path), in no order."""
        query = (
            "SELECT DISTINCT source.path, target.path FROM touched JOIN paths source ON source.id = touched.source"
            " JOIN paths target ON target.id = touched.path WHERE touched.source != touched.path"
        )
        return self.base.execute(query).fetchall()


def _create(base: sqlite3.Connection, bottom: str) -> None:
    for statement in _TABLES.split(";"):
        base.execute(statement)
    base.execute("INSERT INTO facts VALUES ('bottom', ?)", (bottom,))


def _pack(one: Difference) -> bytes:
    return b"\n".join([b"-" + line for line in one.minus] + [b"+" + line for line in one.plus])


def _unpack(old_header: bytes, new_header: bytes, lines: bytes) -> Difference:
    split = lines.split(b"\n")
    minus = [line[1:] for line in split if line[:1] == b"-"]
    return Difference(old_header, new_header, minus, [line[1:] for line in split if line[:1] == b"+"])
