"""MAC entries of a FreeRADIUS whose SQL tables are in SQLite (small sites). The same rows as in PostgreSQL.

``BEGIN IMMEDIATE`` holds SQLite's only write lock from reading to commit, so that a second sync waits or refuses. A reader sees the
old set until the commit. After a SIGKILL the next one who opens the file rolls the journal back (https://www.sqlite.org/atomiccommit.html).
"""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from urllib.parse import quote

from ..common.problems import fail
from .entries import GROUPCHECK, GROUPREPLY, Operations, Row, SetPlan, State, operations, state_of

_READ = """
select 'radcheck', id, username, attribute, op, value from radcheck
union all select 'radreply', id, username, attribute, op, value from radreply
union all select 'radusergroup', id, username, groupname, '', cast(priority as text) from radusergroup
union all select 'radgroupreply', id, groupname, attribute, op, value from radgroupreply where groupname like 'vlan%'
union all select 'radgroupcheck', id, groupname, attribute, op, value from radgroupcheck where groupname like 'vlan%'
"""


class SqliteStore:
    """A :class:`~.store.Store` on the machine where the database file is.

    :param wait: seconds to wait for another writer before refusing.
    """

    backend = "sqlite"

    def __init__(self, path: Path, wait: float = 30.0) -> None:
        self._path = path
        self._wait = wait
        self._connection: sqlite3.Connection | None = None
        self.place = f"sqlite:{path}"

    def open(self, exclusive: bool) -> None:
        """:raises WardopsError: E0503 (no such database), E0505 (somebody else is writing)."""
        self.close()
        try:
            uri = f"file:{quote(str(self._path.absolute()))}?mode=rw"
            self._connection = sqlite3.connect(uri, uri=True, timeout=self._wait, isolation_level=None)
            self._connection.execute("begin immediate" if exclusive else "begin")
        except sqlite3.OperationalError as error:
            self.close()
            if "locked" in str(error):
                raise fail("E0505", self.place, wait=self._wait, holder="?") from None
            raise fail("E0503", self.place, reason=error) from None

    def read(self) -> State:
        """:raises WardopsError: E0503 (no database, or tables missing)."""
        try:
            rows = [Row(*cells) for cells in self._live.execute(_READ)]
        except sqlite3.Error as error:
            raise fail("E0503", self.place, reason=error) from None
        edge = next((index for index, row in enumerate(rows) if row.table.startswith("radgroup")), len(rows))
        return state_of(rows[:edge], rows[edge:])

    def apply(self, plan: SetPlan, state: State) -> None:
        """:raises WardopsError: E0503; nothing was changed."""
        try:
            _write(self._live, operations(plan, state))
            self._live.execute("commit")
        except sqlite3.Error as error:
            with contextlib.suppress(sqlite3.Error):
                self._live.execute("rollback")
            raise fail("E0503", self.place, reason=error) from None

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @property
    def _live(self) -> sqlite3.Connection:
        if self._connection is None:
            raise RuntimeError("open() comes first")
        return self._connection


def _columns(table: str) -> tuple[str, str, str, str]:
    if table == "radusergroup":
        return ("username", "groupname", "", "priority")
    return ("groupname" if table in (GROUPREPLY, GROUPCHECK) else "username", "attribute", "op", "value")


def _write(connection: sqlite3.Connection, work: Operations) -> None:
    """Names of tables and columns are constants; every value is a parameter."""
    for table, rows in work.update.items():
        _, attribute, op, value = _columns(table)
        if op:
            sql = f"update {table} set {attribute} = ?, {op} = ?, {value} = ? where id = ?"  # noqa: S608
            connection.executemany(sql, [(row.attribute, row.op, row.value, row.id) for row in rows])
        else:
            sql = f"update {table} set {attribute} = ?, {value} = ? where id = ?"  # noqa: S608
            connection.executemany(sql, [(row.attribute, row.value, row.id) for row in rows])
    for table, rows in work.insert.items():
        columns = [column for column in _columns(table) if column]
        sql = f"insert into {table} ({', '.join(columns)}) values ({', '.join('?' * len(columns))})"  # noqa: S608
        connection.executemany(sql, [[cell for cell, column in zip(row[2:], _columns(table), strict=True) if column] for row in rows])
    for table, numbers in work.delete.items():
        connection.executemany(f"delete from {table} where id = ?", [(number,) for number in numbers])  # noqa: S608
