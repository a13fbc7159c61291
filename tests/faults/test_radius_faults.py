"""MAC authentication under faults: killed, restarted, disconnected, crowded, full. covers: E0505, E0506, E0507, E0509, E0601"""

# ruff: noqa: F811 - fixtures are imported

from __future__ import annotations

import contextlib
import hashlib
import json
import random
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from ansible_collections.ward.ops.plugins.module_utils.common import evidence_chain
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward
from ansible_collections.ward.ops.plugins.module_utils.radius import desired, planner, probe, sync
from ansible_collections.ward.ops.plugins.module_utils.radius.entries import FREERADIUS
from ansible_collections.ward.ops.plugins.module_utils.radius.store import commit, prepare

from tests.unit.radius import driver, servers, wards
from tests.unit.radius.fixtures import database, postgres_server, store, ward  # noqa: F401

COUNT = 3000
ALL = """
select coalesce(string_agg(
  c.username || ' ' || c.value || ' ' || coalesce(g.groupname, '-') || ' ' || coalesce(r.value, '-'), ',' order by c.username, g.id
), '') from radcheck c left join radusergroup g using (username)
left join radgroupreply r on r.groupname = g.groupname and r.attribute = 'Tunnel-Private-Group-Id' where c.attribute = 'Cleartext-Password'
"""


@pytest.fixture
def big(tmp_path: Path) -> Path:
    return wards.make(tmp_path / "big", COUNT)


def move(ward: Path, step: int) -> None:
    """Another VLAN for every tenth terminal, one terminal gone and another one back: the ledgers change as a whole."""
    path = ward / "ledgers/lgwan/terminals.csv"
    rows = wards.read(path)
    for number, row in enumerate(rows[:COUNT]):
        if number % 10 == 0:
            row["vlan"] = str(101 + (int(row["vlan"]) - 100) % 12)
        if number in (1, 2):
            row["status"] = "returned" if number % 2 == step % 2 else "active"
    wards.write(path, wards.TERMINALS, rows)


def expected(ward: Path) -> str:
    """Digest of what must stand in the database, made from the ledgers alone."""
    items = desired.desired_set(Ward(ward), "lgwan").items
    names = {FREERADIUS.render(mac): item["vlan"] for mac, item in items.items()}
    return digest(",".join(f"{name} {name} vlan{vlan} {vlan}" for name, vlan in sorted(names.items())))


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class Observer:
    """Reads the whole set again and again, as one statement, and notes every different picture."""

    def __init__(self, server: servers.Postgres) -> None:
        self.seen: set[str] = set()
        self.reads = 0
        self._server = server
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def _watch(self) -> None:
        while not self._end.is_set():
            with contextlib.suppress(psycopg.Error), psycopg.connect(**self._server.conninfo, autocommit=True) as connection:
                while not self._end.is_set():
                    row = connection.execute(ALL).fetchone()
                    assert row
                    self.seen.add(digest(row[0]))
                    self.reads += 1
            time.sleep(0.02)

    def __enter__(self) -> Observer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()


def converged(ward: Path, evidence: Path, server: servers.Postgres) -> None:
    """The next run completes, the one after it changes nothing, and the evidence is whole."""
    assert driver.run("sync", ward, evidence, server)["rc"] == 0
    again = driver.run("sync", ward, evidence, server)
    assert (again["changed"], again["verified"]) == (False, True)
    assert digest(server.psql(ALL).removesuffix("\n")) == expected(ward)
    chain = evidence_chain.verify(evidence)
    assert (chain.problems, chain.pending) == ([], [])


def test_killed_at_fifty_random_moments(tmp_path: Path, big: Path, database: servers.Postgres) -> None:
    evidence = tmp_path / "evidence"
    begin = time.monotonic()
    driver.run("sync", big, evidence, database)
    typical = time.monotonic() - begin
    allowed = {expected(big)}
    chance = random.Random(20261122)
    killed = 0
    with Observer(database) as observer:
        for step in range(200):
            move(big, step)
            allowed.add(expected(big))
            process = driver.start("sync", big, evidence, database)
            time.sleep(chance.uniform(0.1, 1.0) * typical)
            process.send_signal(signal.SIGKILL)
            process.communicate()
            hit = process.returncode == -signal.SIGKILL
            killed += hit
            # the moments follow the machine's speed: a run that had ended before the signal was quicker than thought
            typical *= 1.02 if hit else 0.9
            if killed == 50:
                break
    assert killed == 50
    # the moments were good ones: some runs were killed with their plan recorded, and some changes were seen
    assert interrupted(evidence) >= 1
    assert len(observer.seen) >= 3
    assert observer.reads > 50
    assert observer.seen <= allowed
    converged(big, evidence, database)


def interrupted(folder: Path) -> int:
    """Number of runs that were killed after their plan had been recorded."""
    records = [json.loads(path.read_text()) for path in folder.glob("*.json")]
    return sum(record["result"]["status"] == "interrupted" and bool(record["plan"]) for record in records)


def test_killed_at_fifty_random_moments_of_isolation(tmp_path: Path, ward: Path, database: servers.Postgres) -> None:
    """The ledger is the old or the new one, and the next run of the same order completes."""
    evidence, ledger = tmp_path / "evidence", ward / "ledgers/isolations.csv"
    driver.run("sync", ward, evidence, database)
    begin = time.monotonic()
    driver.run("isolate", ward, evidence, database)
    typical = time.monotonic() - begin
    chance = random.Random(20261123)
    for step in range(50):
        work = ("release", "isolate", "isolate", "release")[step % 4]
        before = wards.read(ledger)
        process = driver.start(work, ward, evidence, database)
        time.sleep(chance.uniform(0.3, 1.0) * typical)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        after = wards.read(ledger)
        assert ledger.read_bytes().endswith(b"\n")
        assert len(after) - len(before) in (0, 1)
        if step % 5 == 0:
            assert driver.run(work, ward, evidence, database)["rc"] == 0
            rows = database.psql("select groupname from radusergroup where username like '%-06' or username like '%-07'")
            assert set(rows.split()) == {"vlan104" if work == "release" else "vlan999"}
    assert [path.name for path in (ward / "ledgers").iterdir() if path.name.startswith(".")] == []
    driver.run("release", ward, evidence, database)
    converged(ward, evidence, database)


def test_postgresql_restarted_in_the_middle(tmp_path: Path, big: Path, database: servers.Postgres) -> None:
    evidence = tmp_path / "evidence"
    begin = time.monotonic()
    driver.run("sync", big, evidence, database)
    typical = time.monotonic() - begin
    chance = random.Random(20261124)
    allowed = {expected(big)}
    ends: list[object] = []
    with Observer(database) as observer:
        for step in range(8):
            move(big, step)
            allowed.add(expected(big))
            process = driver.start("sync", big, evidence, database)
            time.sleep(chance.uniform(0.4, 1.0) * typical)
            database.stop("fast" if step % 2 else "immediate")
            database.start()
            found = driver.finish(process)
            ends.append(found.get("codes", "ok"))
            if found["rc"] == 0:
                assert digest(database.psql(ALL).removesuffix("\n")) == expected(big)
    assert observer.seen <= allowed, ends
    assert all(end == "ok" or end in (["E0503"], ["E0506"]) for end in ends), ends
    converged(big, evidence, database)


def request_for(ward: Path, folder: Path) -> sync.Request:
    return sync.Request(ward, "lgwan", folder / "evidence", allow_remove=10**6, allow_change=10**6)


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_the_connection_breaks_between_plan_and_commit(tmp_path: Path, ward: Path, database: servers.Postgres, mode: str) -> None:
    """Exactly between the recorded plan and the change: the run connects again, looks, and finishes."""

    def restart() -> None:
        database.stop(mode)
        database.start()

    wanted = sync.wanted_of(Ward(ward), request_for(ward, tmp_path), "postgresql")
    result = sync.run(store(database), request_for(ward, tmp_path), sync.Work(wanted, before_apply=restart))
    assert (result["changed"], result["verified"], result["recovered"]) == (True, True, True)
    converged(ward, tmp_path / "evidence", database)


def test_the_server_stays_away(tmp_path: Path, ward: Path, database: servers.Postgres) -> None:
    wanted = sync.wanted_of(Ward(ward), request_for(ward, tmp_path), "postgresql")
    try:
        with pytest.raises(WardopsError, match=r"E0503|E0506"):
            sync.run(store(database, patience=1), request_for(ward, tmp_path), sync.Work(wanted, before_apply=database.stop))
    finally:
        database.start()
    assert database.psql(ALL) == "\n"
    converged(ward, tmp_path / "evidence", database)


def test_somebody_else_changes_the_same_row(tmp_path: Path, ward: Path, database: servers.Postgres) -> None:
    sync.run(store(database), request_for(ward, tmp_path))
    wards.change_cells(ward, "ledgers/lgwan/terminals.csv", "computer_name", "LG25N00001", vlan=112)
    wanted = sync.wanted_of(Ward(ward), request_for(ward, tmp_path), "postgresql")

    def meddle() -> None:
        database.psql("update radusergroup set groupname = 'vlan103' where username = '02-4B-54-00-00-02'")

    with pytest.raises(WardopsError, match="E0509"):
        sync.run(store(database), request_for(ward, tmp_path), sync.Work(wanted, before_apply=meddle))
    assert database.psql("select groupname from radusergroup where username = '02-4B-54-00-00-02'") == "vlan103\n"
    converged(ward, tmp_path / "evidence", database)


def test_a_database_that_drops_rows_is_noticed(tmp_path: Path, ward: Path, database: servers.Postgres) -> None:
    database.psql(
        "create function lose() returns trigger language plpgsql as $$ begin if new.username like '%-06' "
        "then return null; end if; return new; end $$;"
        "create trigger lose before insert on radusergroup for each row execute function lose()"
    )
    try:
        with pytest.raises(WardopsError, match="E0507") as caught:
            sync.run(store(database), request_for(ward, tmp_path))
    finally:
        database.psql("drop function lose cascade")
    assert wards.mac(6) in str(caught.value)
    converged(ward, tmp_path / "evidence", database)


def test_two_syncs_at_once(tmp_path: Path, big: Path, database: servers.Postgres) -> None:
    """One waits, and then finds everything done."""
    processes = [driver.start("sync", big, tmp_path / "evidence", database) for _ in range(3)]
    results = [driver.finish(process) for process in processes]
    assert [result["rc"] for result in results] == [0, 0, 0]
    assert sorted(bool(result["changed"]) for result in results) == [False, False, True]
    assert len(evidence_records(tmp_path)) == 3
    converged(big, tmp_path / "evidence", database)


def evidence_records(folder: Path) -> list[Path]:
    return list((folder / "evidence").glob("0*.json"))


def test_a_sync_that_waits_too_long_names_the_holder(tmp_path: Path, ward: Path, database: servers.Postgres) -> None:
    holder = store(database)
    holder.open(exclusive=True)
    try:
        found = driver.run("sync", ward, tmp_path / "evidence", database, "--wait", "0.5")
    finally:
        holder.close()
    assert found["codes"] == ["E0505"]
    assert "wardops root@" in str(found["msg"])
    assert database.psql(ALL) == "\n"


@contextlib.contextmanager
def small_disk(path: Path, kilobytes: int) -> Iterator[Path]:
    path.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "wardops-test", path], check=True)
    try:
        yield path
    finally:
        subprocess.run(["umount", path], check=True)


@pytest.mark.parametrize("kilobytes", [16, 96, 400])
def test_disk_full_for_evidence(tmp_path: Path, big: Path, database: servers.Postgres, kilobytes: int) -> None:
    """Too small for the record, for its plan, or for the plan of 4,000 entries: nothing is changed that could not be recorded."""
    with small_disk(tmp_path / "disk", kilobytes) as disk:
        found = driver.run("sync", big, disk / "evidence", database)
        assert found["codes"] == ["E0601"]
        assert database.psql(ALL) == "\n"
    converged(big, tmp_path / "evidence", database)


def test_disk_full_for_the_rollback_file(tmp_path: Path, big: Path, database: servers.Postgres) -> None:
    evidence = tmp_path / "run" / "evidence"
    driver.run("sync", big, evidence, database)
    before = database.psql(ALL)
    move(big, 0)
    (tmp_path / "run" / "rollback" / "old").mkdir(exist_ok=True)
    with contextlib.ExitStack() as stack:
        for path in (tmp_path / "run" / "rollback").iterdir():
            path.unlink() if path.is_file() else path.rmdir()
        (tmp_path / "run" / "rollback").rmdir()
        stack.enter_context(small_disk(tmp_path / "run" / "rollback", 16))
        assert driver.run("sync", big, evidence, database)["codes"] == ["E0105"]
        assert database.psql(ALL) == before
    converged(big, evidence, database)


def test_a_sync_does_not_need_freeradius(tmp_path: Path, ward: Path, database: servers.Postgres) -> None:
    with servers.radius("postgresql", {"host": str(database.folder)}) as radius:
        radius.stop()
        assert driver.run("sync", ward, tmp_path / "evidence", database)["verified"] is True
        radius.start()
        assert radius.ask(wards.mac(6)) == ("Access-Accept", "104")


def test_no_valid_mac_is_refused_during_a_sync(tmp_path: Path, big: Path, database: servers.Postgres) -> None:
    """Every tenth VLAN changes, again and again, while the real server is asked: each answer is the old or the new VLAN."""
    evidence = tmp_path / "evidence"
    driver.run("sync", big, evidence, database)
    moving = [wards.mac(2 * (number + 1)) for number in range(10, COUNT, 10)]
    wrong: list[tuple[str, str]] = []
    answers = 0
    with servers.radius("postgresql", {"host": str(database.folder)}) as radius:
        server = probe.Server("127.0.0.1", servers.SECRET, radius.port)
        for step in range(6):
            old = desired.desired_set(Ward(big), "lgwan").items
            move(big, step)
            new = desired.desired_set(Ward(big), "lgwan").items
            assert all(old[mac] != new[mac] for mac in moving)
            process = driver.start("sync", big, evidence, database)
            while process.poll() is None:
                found = probe.ask(server, [probe.Question(mac, None, "x") for mac in moving])
                answers += len(found)
                good = {mac: {probe.Answer(probe.ACCEPT, str(items[mac]["vlan"])) for items in (old, new)} for mac in moving}
                wrong += [(mac, str(answer)) for mac, answer in found.items() if answer not in good[mac]]
            assert driver.finish(process)["changed"] is True
    assert wrong == []
    assert answers > 3000


def test_a_plan_is_carried_out_only_on_the_state_that_it_was_made_from(ward: Path, tmp_path: Path, database: servers.Postgres) -> None:
    """The transaction that reads is the one that writes."""
    wanted = desired.desired_set(Ward(ward), "lgwan").wanted()
    one = store(database)
    one.open(exclusive=True)
    outcome = prepare(one, wanted, planner.guard_of({"remove": {"count": 0, "percent": 0}, "change": {"count": 0, "percent": 0}}))
    assert database.psql(ALL) == "\n"
    commit(one, outcome, tmp_path / "rollback.json")
    one.close()
    assert digest(database.psql(ALL).removesuffix("\n")) == expected(ward)
