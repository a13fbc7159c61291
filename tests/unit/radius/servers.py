"""Private servers for the tests: PostgreSQL on a unix socket and FreeRADIUS on a free port of 127.0.0.1.

Throw-away: each lives in its own temporary folder and ends with the test session. They are the real programs from Debian's
packages with the real schema; nothing listens outside.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

PG_BIN = Path("/usr/lib/postgresql/15/bin")
SCHEMAS = Path("/etc/freeradius/3.0/mods-config/sql/main")
PASSWORD = "test-only-password"  # noqa: S105
SECRET = "testing-secret"  # noqa: S105

_RADIUSD = """
raddbdir = {raddb}
prefix = /usr
libdir = /usr/lib/freeradius
confdir = ${{raddbdir}}
run_dir = ${{raddbdir}}/run
logdir = ${{raddbdir}}/log
modconfdir = /etc/freeradius/3.0/mods-config
pidfile = ${{run_dir}}/radiusd.pid
correct_escapes = true
max_request_time = 10
cleanup_delay = 2
max_requests = 65536
log {{
  destination = files
  file = ${{logdir}}/radius.log
}}
security {{
  reject_delay = 0
  status_server = yes
}}
proxy_requests = no
client test {{
  ipaddr = 127.0.0.1
  secret = {secret}
}}
thread pool {{
  start_servers = 4
  max_servers = 16
  min_spare_servers = 2
  max_spare_servers = 8
}}
modules {{
  always reject {{
    rcode = reject
  }}
  expr {{
  }}
  pap {{
    normalise = no
  }}
  expiration {{
  }}
  {module}
}}
instantiate {{
  expiration
}}
server mab {{
  listen {{
    type = auth
    ipaddr = 127.0.0.1
    port = {port}
  }}
  authorize {{
    if (&User-Name =~ /^{pattern}$/) {{
      update request {{
        &User-Name := "%{{toupper:%{{1}}-%{{2}}-%{{3}}-%{{4}}-%{{5}}-%{{6}}}}"
        &User-Password := "%{{toupper:%{{1}}-%{{2}}-%{{3}}-%{{4}}-%{{5}}-%{{6}}}}"
      }}
    }}
    {backend}
    if (notfound || noop) {{
      reject
    }}
    expiration
    pap
  }}
  authenticate {{
    Auth-Type PAP {{
      pap
    }}
  }}
}}
"""

_PATTERN = "[-:.]?".join(["([0-9a-fA-F]{2})"] * 6)

_SQL = """
  sql {{
    driver = "rlm_sql_{dialect}"
    dialect = "{dialect}"
    {connection}
    acct_table1 = "radacct"
    acct_table2 = "radacct"
    postauth_table = "radpostauth"
    authcheck_table = "radcheck"
    groupcheck_table = "radgroupcheck"
    authreply_table = "radreply"
    groupreply_table = "radgroupreply"
    usergroup_table = "radusergroup"
    client_table = "nas"
    group_attribute = "SQL-Group"
    read_groups = yes
    read_profiles = no
    read_clients = no
    pool {{
      start = 4
      min = 1
      max = 16
      spare = 4
      uses = 0
      lifetime = 0
      idle_timeout = 0
      retry_delay = 1
    }}
    $INCLUDE ${{modconfdir}}/sql/main/${{dialect}}/queries.conf
  }}
"""


@dataclass
class Postgres:
    """A PostgreSQL 15 cluster: superuser ``postgres`` (trust), role ``wardops`` (password), database ``radius``."""

    folder: Path

    @property
    def conninfo(self) -> dict[str, str]:
        return {"host": str(self.folder), "dbname": "radius", "user": "wardops", "password": PASSWORD}

    def _as_postgres(self, *argv: str | Path, stdin: bytes = b"") -> str:
        command = ["runuser", "-u", "postgres", "--", *map(str, argv)]
        done = subprocess.run(command, input=stdin, capture_output=True, check=False, cwd=self.folder)
        if done.returncode:
            raise RuntimeError(f"{argv}: {done.stderr.decode()}")
        return done.stdout.decode()

    def create(self) -> None:
        shutil.chown(self.folder, "postgres")
        self._as_postgres(PG_BIN / "initdb", "-D", self.folder / "data", "-A", "trust", "-E", "UTF8", "--no-sync")
        (self.folder / "data" / "pg_hba.conf").write_text("local all postgres peer\nlocal all all scram-sha-256\n")
        self.start()
        self.psql(f"create role wardops login password '{PASSWORD}'; create role radius login password '{PASSWORD}'", "postgres")
        self.psql("create database radius owner wardops", "postgres")
        self.psql("set role wardops;\n" + (SCHEMAS / "postgresql/schema.sql").read_text())
        self.psql("grant select on all tables in schema public to radius; grant insert on radpostauth to radius")

    def start(self) -> None:
        options = f"-k {self.folder} -c listen_addresses= -c max_connections=60"
        self._as_postgres(PG_BIN / "pg_ctl", "-D", self.folder / "data", "-w", "-l", self.folder / "log", "-o", options, "start")

    def stop(self, mode: str = "fast") -> None:
        self._as_postgres(PG_BIN / "pg_ctl", "-D", self.folder / "data", "-w", "-m", mode, "stop")

    def psql(self, sql: str, dbname: str = "radius") -> str:
        """Run SQL with PostgreSQL's own client: a probe that shares no code with ours."""
        return self._as_postgres("psql", "-qAtX", "-v", "ON_ERROR_STOP=1", "-h", self.folder, "-d", dbname, stdin=sql.encode())

    def clear(self) -> None:
        self.psql("truncate radcheck, radreply, radusergroup, radgroupreply, radgroupcheck")


@contextlib.contextmanager
def postgres() -> Iterator[Postgres]:
    folder = Path(tempfile.mkdtemp(prefix="wardops-pg-"))
    folder.chmod(0o755)
    server = Postgres(folder)
    try:
        server.create()
        yield server
    finally:
        with contextlib.suppress(RuntimeError):
            server.stop("immediate")
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Radius:
    """A running FreeRADIUS."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def pid_file(self) -> Path:
        return self.folder / "run" / "radiusd.pid"

    @property
    def secret_file(self) -> Path:
        path = self.folder / "secret"
        path.write_text(SECRET + "\n")
        path.chmod(0o600)
        return path

    def start(self) -> None:
        argv = ["freeradius", "-f", "-d", str(self.folder), "-n", "radiusd"]
        log = self.folder / "log" / "radius.log"
        log.write_text("")
        self.process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.pid_file.write_text(f"{self.process.pid}\n")
        deadline = time.monotonic() + 20
        while "Ready to process requests" not in log.read_text():
            if self.process.poll() is not None or time.monotonic() > deadline:
                check = subprocess.run(
                    ["freeradius", "-C", "-x", "-d", str(self.folder), "-n", "radiusd"], capture_output=True, check=False
                )
                raise RuntimeError(f"FreeRADIUS does not start:\n{log.read_text()}\n{check.stdout.decode()[-2000:]}")
            time.sleep(0.05)

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def ask(self, mac: str, timeout: float = 3) -> tuple[str, str]:
        """(``Access-Accept`` / ``Access-Reject`` / ``none``, VLAN) for a MAC in any spelling, by ``radclient``."""
        request = f'User-Name = "{mac}"\nUser-Password = "{mac}"\nMessage-Authenticator = 0x00\n'
        argv = ["radclient", "-x", "-r", "1", "-t", str(timeout), "-S", str(self.secret_file), self.address, "auth"]
        out = subprocess.run(argv, input=request.encode(), capture_output=True, check=False).stdout.decode()
        kind = re.search(r"Received (Access-\w+)", out)
        vlan = re.search(r'Tunnel-Private-Group-Id:0 = "([^"]*)"', out)
        return (kind.group(1) if kind else "none"), (vlan.group(1) if vlan else "")

    def settle(self, mac: str, kind: str, seconds: float = 10) -> None:
        """Wait until the server answers so: a reload takes a moment."""
        deadline = time.monotonic() + seconds
        while self.ask(mac)[0] != kind and time.monotonic() < deadline:
            time.sleep(0.1)


@contextlib.contextmanager
def radius(backend: str, settings: Mapping[str, str]) -> Iterator[Radius]:
    """FreeRADIUS with one back end: ``postgresql`` (host), ``sqlite`` (filename) or ``files`` (usersfile)."""
    folder = Path(tempfile.mkdtemp(prefix="wardops-radius-"))
    server = Radius(folder, free_port())
    for name in ("run", "log"):
        (folder / name).mkdir()
    if backend == "files":
        module, name = f"files {{\n    usersfile = {settings['usersfile']}\n  }}", "files"
    else:
        connection = (
            f'sqlite {{\n filename = "{settings["filename"]}"\n busy_timeout = 1000\n }}'
            if backend == "sqlite"
            else f'radius_db = "host={settings["host"]} user=radius password={PASSWORD} dbname=radius"'
        )
        module, name = _SQL.format(dialect=backend, connection=connection), "sql"
    text = _RADIUSD.format(raddb=folder, secret=SECRET, port=server.port, module=module, backend=name, pattern=_PATTERN)
    (folder / "radiusd.conf").write_text(text)
    (folder / "radiusd.conf").chmod(0o600)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def sqlite_database(path: Path) -> None:
    """An empty SQLite database with FreeRADIUS' schema."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.executescript((SCHEMAS / "sqlite/schema.sql").read_text())
