"""``radius.*``: 30,000 MAC entries in PostgreSQL, a whole ``ansible-playbook`` run each time, Ansible's own start-up subtracted.

The servers are private ones (``tests/unit/radius/servers.py``): PostgreSQL 15 with its default settings (fsync on) on a unix socket,
FreeRADIUS 3.2 on a free port of 127.0.0.1. Peers: one task per entry (``community.postgresql.postgresql_query``, 200 entries, scaled),
and a bare ``COPY`` of the same rows by ``psql``.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from .harness import BIN, REPOSITORY, Command, Figure, interleaved, median, report

sys.path[:0] = [str(REPOSITORY), str(REPOSITORY / "collections")]
from tests.unit.radius import servers, wards  # noqa: E402

FOLDER = REPOSITORY / "build" / "bench" / "radius"
#: 22,496 active terminals with 7,499 wireless cards, one in setup, a printer, a switch and two extra entries
TERMINALS, ENTRIES, PER_TASK = 22_496, 30_000, 200
TABLES = {
    "radcheck": "username, attribute, op, value",
    "radusergroup": "username, groupname, priority",
    "radgroupreply": "groupname, attribute, op, value",
}


def _play(name: str, tasks: list[dict[str, Any]]) -> Path:
    path = FOLDER / f"{name}.yml"
    play = {"name": name, "hosts": "localhost", "gather_facts": False, "tasks": tasks}
    path.write_text(yaml.safe_dump([play], allow_unicode=True, sort_keys=False), encoding="utf-8")
    return path


def _ansible(play: Path, **more: Any) -> Command:
    env = {
        "WARDOPS_LAYER": "lgwan",
        "WARDOPS_EVIDENCE": str(FOLDER / "evidence"),
        "WARDOPS_RADIUS_DB_PASSWORD": servers.PASSWORD,
        "ANSIBLE_LOCALHOST_WARNING": "false",
    }
    return Command([str(BIN / "ansible-playbook"), "-i", "localhost,", "-c", "local", str(play)], env=env, **more)


@contextmanager
def _bench() -> Iterator[tuple[servers.Postgres, Command, Command]]:
    """A database, the command that syncs it, and Ansible's start-up (the same play without a task)."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    wards.make(FOLDER / "ward", TERMINALS)
    with servers.postgres() as server:
        words = {"ward": str(FOLDER / "ward"), "layer": "lgwan", "db_host": str(server.folder), "allow_change": ENTRIES}
        sync = [{"name": "Sync", "ward.ops.radius_mac_entries": words, "register": "found"}]
        show = [{"name": "Show", "ansible.builtin.debug": {"msg": "{{ found.plan.counts | to_json }} {{ found.verified }}"}}]
        # the same debug in both, so that only the sync differs
        idle = [{"name": "Show", "ansible.builtin.debug": {"msg": "nothing"}}]
        yield server, _ansible(_play("sync", sync + show)), _ansible(_play("idle", idle))


def _says(**counts: int) -> Any:
    def check(output: str) -> None:
        for name, number in counts.items():
            if f'\\"{name}\\": {number}' not in output and f'"{name}": {number}' not in output:
                raise RuntimeError(f"{name} is not {number}:\n{output[-3000:]}")
        if "True" not in output:
            raise RuntimeError(f"not verified:\n{output[-3000:]}")

    return check


def _per_entry(server: servers.Postgres) -> Command:
    """The usual way: a loop over the entries, each one looked up and inserted when it is missing."""
    names = server.psql(f"select username from radcheck where attribute = 'Cleartext-Password' order by 1 limit {PER_TASK}").split()  # noqa: S608
    query = (
        "insert into radcheck (username, attribute, op, value) select %(name)s, 'Cleartext-Password', ':=', %(name)s "
        "where not exists (select from radcheck where username = %(name)s and attribute = 'Cleartext-Password')"
    )
    login = {"login_host": str(server.folder), "login_user": "wardops", "login_password": servers.PASSWORD, "login_db": "radius"}
    task = {
        "name": "One entry",
        "community.postgresql.postgresql_query": {**login, "query": query, "named_args": {"name": "{{ item }}"}},
        "loop": names,
    }
    return _ansible(_play("per_entry", [task]), check=lambda output: _need(output.count("ok: [localhost] => (item=") == PER_TASK, output))


def _need(good: bool, output: str) -> None:
    if not good:
        raise RuntimeError(output[-3000:])


def sync_noop() -> None:
    with _bench() as (server, sync, idle):
        interleaved({"fill": sync}, runs=1, warmup=0)
        noop = Command(sync.argv, env=sync.env, check=_says(unchanged=ENTRIES, add=0, change=0))
        measures = interleaved({"ours": noop, "start": idle})
        ours = median(measures["ours"], "wall") - median(measures["start"], "wall")
        cpu = median(measures["ours"], "cpu") - median(measures["start"], "cpu")
        peers = interleaved({"peer": _per_entry(server), "start": idle}, runs=1, warmup=0)
        peer = (median(peers["peer"], "wall") - median(peers["start"], "wall")) * ENTRIES / PER_TASK
    whole = (
        f"whole run {median(measures['ours'], 'wall'):.2f} s, start-up {median(measures['start'], 'wall'):.2f} s, {cpu:.2f} CPU s over it"
    )
    report(Figure("radius.sync_noop.30k", ours, None, None, "ours <= 1", "s wall", whole))
    note = f"one task per entry: {PER_TASK} measured once, scaled to {ENTRIES}"
    report(Figure("radius.sync_noop.30k.per_entry", ours, peer, "community.postgresql.postgresql_query", "ratio >= 300", "s wall", note))


def sync_full() -> None:
    with _bench() as (server, sync, idle):
        interleaved({"fill": sync}, runs=1, warmup=0)
        for table, columns in TABLES.items():
            rows = server.psql(f"copy {table} ({columns}) to stdout")
            (FOLDER / f"{table}.sql").write_text(f"copy {table} ({columns}) from stdin;\n{rows}\\.\n", encoding="utf-8")
        copies = [word for table in TABLES for word in ("-f", str(FOLDER / f"{table}.sql"))]
        psql = ["psql", "-qAtX1", "-v", "ON_ERROR_STOP=1", "-h", str(server.folder), "-U", "wardops", "-d", "radius", *copies]
        copy = Command(psql, env={"PGPASSWORD": servers.PASSWORD}, prepare=server.clear)
        full = Command(sync.argv, env=sync.env, prepare=server.clear, check=_says(add=ENTRIES))
        measures = interleaved({"ours": full, "copy": copy, "start": idle})
    ours = median(measures["ours"], "wall") - median(measures["start"], "wall")
    peer = median(measures["copy"], "wall")
    limit = f"ours <= {3 * peer + 1:.3f}"
    note = f"limit = 3 x COPY + 1 s; whole run {median(measures['ours'], 'wall'):.2f} s, with plan, evidence, rollback file and read-back"
    report(Figure("radius.sync_full.30k", ours, peer, "psql COPY", limit, "s wall", note))


def rejects() -> None:
    """Answers for entries that move to another VLAN, asked of the real server while the sync of 10 % runs."""
    from ansible_collections.ward.ops.plugins.module_utils.radius import probe  # noqa: PLC0415

    ledger = FOLDER / "ward/ledgers/lgwan/terminals.csv"
    moving = [wards.mac(2 * number) for number in range(1, TERMINALS, 7)]
    wrong = answers = 0
    with _bench() as (server, sync, _), servers.radius("postgresql", {"host": str(server.folder)}) as radius:
        interleaved({"fill": sync}, runs=1, warmup=0)
        whom = probe.Server("127.0.0.1", servers.SECRET, radius.port)
        chance = random.Random(1)  # noqa: S311 - which entries are asked
        for _ in range(3):
            rows = wards.read(ledger)
            before = {row["mac_lan"]: row["vlan"] for row in rows}
            for number in range(0, TERMINALS, 7):
                rows[number]["vlan"] = str(101 + (int(rows[number]["vlan"]) - 100) % 12)
            wards.write(ledger, wards.TERMINALS, rows)
            after = {row["mac_lan"]: row["vlan"] for row in rows}
            process = subprocess.Popen(sync.argv, env={**os.environ, **sync.env}, cwd=REPOSITORY, stdout=subprocess.DEVNULL)
            while process.poll() is None:
                found = probe.ask(whom, [probe.Question(mac, None, "") for mac in chance.sample(moving, 500)])
                answers += len(found)
                wrong += sum(answer.kind != probe.ACCEPT or answer.vlan not in (before[mac], after[mac]) for mac, answer in found.items())
            _need(process.returncode == 0, "the sync failed")
    note = (
        f"{answers} answers during 3 syncs that change {len(moving)} of {ENTRIES} entries; refused, or another VLAN than the old or new one"
    )
    report(Figure("radius.rejects_under_load.30k", wrong, None, None, "ours <= 0", "answers", note))


FIGURES = {"radius.sync_noop.30k": sync_noop, "radius.sync_full.30k": sync_full, "radius.rejects_under_load.30k": rejects}
