"""MAC entries of a FreeRADIUS whose SQL tables are in PostgreSQL.

One transaction reads, and the same transaction writes (isolation REPEATABLE READ): if somebody else changes a row of ours in
between, PostgreSQL refuses and nothing is changed. An advisory lock keeps a second sync out. Over TCP the server's
certificate and name are always checked (``sslmode=verify-full``).

Sources: PostgreSQL 15 manual, 13.2.2 (repeatable read), 13.3.5 (advisory locks), 34.1.2 (connection parameters).
"""

from __future__ import annotations

import getpass
import os
import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import psycopg

from ..common.problems import WardopsError, fail
from .entries import Operations, Row, SetPlan, State, operations, state_of
from .store import Interrupted

#: one lock for each database: "wardops" in ASCII and a number
LOCK = 0x776172646F707301
_COLUMNS = {
    "radcheck": ("username", "attribute", "op", "value"),
    "radreply": ("username", "attribute", "op", "value"),
    "radusergroup": ("username", "groupname", "", "priority"),
    "radgroupreply": ("groupname", "attribute", "op", "value"),
    "radgroupcheck": ("groupname", "attribute", "op", "value"),
}
_READ = """
select 'radcheck', id, username, attribute, op, value from radcheck
union all select 'radreply', id, username, attribute, op, value from radreply
union all select 'radusergroup', id, username, groupname, '', priority::text from radusergroup
union all select 'radgroupreply', id, groupname, attribute, op, value from radgroupreply where groupname like 'vlan%'
union all select 'radgroupcheck', id, groupname, attribute, op, value from radgroupcheck where groupname like 'vlan%'
"""
_HOLDER = """
select coalesce(a.application_name, '?') || ', ' || coalesce(host(a.client_addr), 'local')
  || coalesce(', since ' || to_char(a.backend_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), '')
from pg_locks l left join pg_stat_activity a using (pid)
where l.locktype = 'advisory' and l.granted and l.classid::bigint << 32 | l.objid::bigint = %s
  and l.database = (select oid from pg_database where datname = current_database())
"""
#: connection exceptions, and "cannot connect now" or "terminated by the administrator"
_LOST = ("08", "57P")


@dataclass(frozen=True, slots=True)
class Address:
    """Where the database is.

    :param host: DNS name as in the server's certificate, or the folder of a unix socket (begins with ``/``).
    :param hostaddr: IP address to connect to, where the name is not in DNS; the certificate is still checked against ``host``.
    :param rootcert: file with the CA's certificate; needed for TCP.
    :param password: never shown; ``repr`` leaves it out.
    """

    host: str
    dbname: str
    user: str
    port: int = 5432
    hostaddr: str = ""
    rootcert: str = ""
    password: str = field(default="", repr=False)

    def parameters(self) -> dict[str, Any]:
        """libpq's connection parameters."""
        words: dict[str, Any] = {"host": self.host, "port": self.port, "dbname": self.dbname, "user": self.user}
        if self.password:
            words["password"] = self.password
        if self.hostaddr:
            words["hostaddr"] = self.hostaddr
        if not self.host.startswith("/"):
            words["sslmode"] = "verify-full"
            if self.rootcert:
                words["sslrootcert"] = self.rootcert
        return {
            **words,
            "connect_timeout": 10,
            "gssencmode": "disable",
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 30_000,
            "options": "-c lock_timeout=10s -c statement_timeout=120s",
            "application_name": f"wardops {getpass.getuser()}@{socket.gethostname()} {os.getpid()}"[:63],
        }


class PostgresStore:
    """A :class:`~.store.Store`.

    :param wait: seconds to wait for another sync before refusing.
    :param patience: seconds to try to come back after a lost connection.
    """

    backend = "postgresql"

    def __init__(self, address: Address, wait: float = 30.0, patience: float = 60.0) -> None:
        self._address = address
        self._wait = wait
        self._patience = patience
        self._connection: psycopg.Connection[Any] | None = None
        self.place = f"postgresql://{address.host}/{address.dbname}"

    def open(self, exclusive: bool) -> None:
        """:raises WardopsError: E0503 (no connection), E0505 (another sync holds the lock)."""
        deadline = time.monotonic() + self._patience if self._connection else 0.0
        self.close()
        while True:
            try:
                self._connect(exclusive)
                return
            except psycopg.Error as error:
                self.close()
                if time.monotonic() >= deadline:
                    raise fail("E0503", self.place, reason=_reason(error)) from None
                time.sleep(0.25)

    def _connect(self, exclusive: bool) -> None:
        connection = self._connection = psycopg.connect(**self._address.parameters(), autocommit=True)
        if exclusive:
            self._lock(connection)
        connection.autocommit = False
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = not exclusive

    def _lock(self, connection: psycopg.Connection[Any]) -> None:
        deadline = time.monotonic() + self._wait
        while True:
            row = connection.execute("select pg_try_advisory_lock(%s)", [LOCK]).fetchone()
            if row and row[0]:
                return
            if time.monotonic() >= deadline:
                holder = connection.execute(_HOLDER, [LOCK]).fetchone()
                self.close()
                raise fail("E0505", self.place, wait=self._wait, holder=holder[0] if holder else "?")
            time.sleep(0.1)

    def read(self) -> State:
        """All MAC rows in one snapshot, which stays open for :meth:`apply`.

        :raises WardopsError: E0503 (missing table or permission).
        :raises Interrupted: the connection was lost.
        """
        try:
            self._live.rollback()
            found = self._live.execute(_READ).fetchall()
        except psycopg.Error as error:
            raise self._failure(error) from None
        rows = list(map(Row._make, found))
        edge = next((index for index, row in enumerate(rows) if row[0].startswith("radgroup")), len(rows))
        return state_of(rows[:edge], rows[edge:])

    def apply(self, plan: SetPlan, state: State) -> None:
        """:raises WardopsError: E0503, E0509 (somebody else changed rows meanwhile; nothing was changed)."""
        try:
            with self._live.cursor() as cursor:
                _write(cursor, operations(plan, state))
            self._live.commit()
        except psycopg.errors.SerializationFailure:
            self._live.rollback()
            raise fail("E0509", self.place) from None
        except psycopg.Error as error:
            raise self._failure(error) from None

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    @property
    def _live(self) -> psycopg.Connection[Any]:
        if self._connection is None:
            raise RuntimeError("open() comes first")
        return self._connection

    def _failure(self, error: psycopg.Error) -> WardopsError | Interrupted:
        lost = self._live.broken or self._live.closed or (error.sqlstate or "").startswith(_LOST)
        return Interrupted(_reason(error)) if lost else fail("E0503", self.place, reason=_reason(error))


def _write(cursor: psycopg.Cursor[Any], work: Operations) -> None:
    for table, rows in work.update.items():
        _, attribute, op, value = _COLUMNS[table]
        sets = f"{attribute} = n.a, {value} = n.v{'::int' if table == 'radusergroup' else ''}" + (f", {op} = n.o" if op else "")
        cursor.execute(
            f"update {table} t set {sets} from unnest(%s::int[], %s::text[], %s::text[], %s::text[]) as n(id, a, o, v) where t.id = n.id",  # noqa: S608 - names from a constant
            [[row.id for row in rows], [row.attribute for row in rows], [row.op for row in rows], [row.value for row in rows]],
        )
    for table, rows in work.insert.items():
        columns = [column for column in _COLUMNS[table] if column]
        with cursor.copy(f"copy {table} ({', '.join(columns)}) from stdin") as copy:
            copy.write("".join(_lines(rows, len(columns) == 4)))
    for table, numbers in work.delete.items():
        cursor.execute(f"delete from {table} where id = any(%s)", [numbers])  # noqa: S608 - name from a constant


def _lines(rows: Iterable[Row], with_op: bool) -> Iterable[str]:
    """Rows in COPY's text format."""
    for _, _, *cells in rows:
        if not with_op:
            del cells[2]
        yield "\t".join(map(_escape, cells)) + "\n"


def _escape(text: str) -> str:
    if "\\" in text or "\t" in text or "\n" in text or "\r" in text:
        return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
    return text


def _reason(error: psycopg.Error) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
