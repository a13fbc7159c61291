"""radius_mac_entries against real servers, each back end in four steps, probed by other programs than ours.

covers: E0120, E0403, E0503, E0507, E0513, E0514, E0515, E0516
"""

# ruff: noqa: F811, S608 - fixtures are imported; SQL of the tests

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.unit.radius import playbook, servers, wards
from tests.unit.radius.fixtures import database, postgres_server, ward  # noqa: F401

MODULE = "ward.ops.radius_mac_entries"
QUERY = """
select c.username, c.value, g.groupname from radcheck c join radusergroup g on g.username = c.username
where c.attribute = 'Cleartext-Password' order by 1
"""


@dataclass
class Bench:
    """A back end under test: its arguments, its contents as another program reads them, a real FreeRADIUS."""

    folder: Path
    ward: Path
    arguments: dict[str, Any]
    contents: Callable[[], str]
    radius: servers.Radius

    def run(self, *words: str, **more: Any) -> dict[str, Any]:
        arguments = {"ward": str(self.ward), "layer": "lgwan", **self.arguments, **more}
        return playbook.run(self.folder, MODULE, arguments, *words)


@pytest.fixture
def postgresql(tmp_path: Path, ward: Path, database: servers.Postgres) -> Iterator[Bench]:
    with servers.radius("postgresql", {"host": str(database.folder)}) as radius:
        yield Bench(tmp_path, ward, {"db_host": str(database.folder)}, lambda: database.psql(QUERY), radius)


@pytest.fixture
def sqlite(tmp_path: Path, ward: Path) -> Iterator[Bench]:
    path = tmp_path / "radius.db"
    servers.sqlite_database(path)

    def contents() -> str:
        with sqlite3.connect(path) as connection:
            return "".join("|".join(row) + "\n" for row in connection.execute(QUERY))

    arguments = {"backend": "sqlite", "path": str(path), "rollback_dir": str(tmp_path / "rollback")}
    with servers.radius("sqlite", {"filename": str(path)}) as radius:
        yield Bench(tmp_path, ward, arguments, contents, radius)


@pytest.fixture
def files(tmp_path: Path, ward: Path) -> Iterator[Bench]:
    path = tmp_path / "authorize"
    path.write_text('# people\nd000001 Cleartext-Password := "x"\n\nDEFAULT Auth-Type := Reject\n')
    long_ago = time.time() - 60  # the daemon's start is only known to some hundredths of a second
    os.utime(path, (long_ago, long_ago))
    with servers.radius("files", {"usersfile": str(path)}) as radius:
        check = ["freeradius", "-C", "-d", str(radius.folder), "-n", "radiusd"]
        arguments = {"backend": "files", "path": str(path), "rollback_dir": str(tmp_path / "rollback")}
        arguments |= {"check_command": check, "pid_file": str(radius.pid_file)}
        yield Bench(tmp_path, ward, arguments, path.read_text, radius)


@pytest.fixture(params=["postgresql", "sqlite", "files"])
def bench(request: pytest.FixtureRequest) -> Bench:
    found: Bench = request.getfixturevalue(request.param)
    return found


def test_four_steps(bench: Bench) -> None:
    empty = bench.contents()
    # 1: check mode says what would change, line by line
    check = bench.run("--check", "--diff")
    assert check["changed"] is True
    assert check["plan"]["counts"] == {"add": 13, "change": 0, "remove": 0, "held": 0, "unchanged": 0}
    assert check["diff"]["before"] == ""
    assert f"{wards.mac(6)} vlan=104 terminal:LG25N00003 (active)\n" in check["diff"]["after"]
    assert f"{wards.mac(14)} vlan=115 terminal:LG25N00007 (setup)\n" in check["diff"]["after"]
    assert f"{wards.mac(0xA00001)} vlan=101 expires=2027-03-31 extra:0105 (valid)\n" in check["diff"]["after"]
    assert (check["evidence"], check["rollback_file"], check["verified"]) == (None, None, False)
    # 2: nothing has changed
    assert bench.contents() == empty
    assert bench.radius.ask(wards.mac(6)) == ("Access-Reject", "")
    assert not (bench.folder / "evidence").exists()
    # 3: the real run does exactly that
    real = bench.run()
    assert (real["changed"], real["verified"]) == (True, True)
    assert real["plan"] == check["plan"]
    assert bench.contents().count("02-4B-54-") >= 13
    if "pid_file" in bench.arguments:  # HUP is asynchronous
        bench.radius.settle(wards.mac(6), "Access-Accept")
    assert bench.radius.ask(wards.mac(6)) == ("Access-Accept", "104")
    assert bench.radius.ask(wards.mac(14)) == ("Access-Accept", "115")
    assert bench.radius.ask(wards.mac(16)) == ("Access-Reject", "")
    # 4: the second run changes nothing
    written = bench.contents()
    again = bench.run("--diff")
    assert (again["changed"], again["verified"], again["rollback_file"]) == (False, True, None)
    assert (again["plan"]["counts"]["unchanged"], again["diff"]["before"], again["diff"]["after"]) == (13, "", "")
    assert bench.contents() == written


def test_change_remove_and_back(bench: Bench) -> None:
    bench.run()
    before = bench.contents()
    wards.change_cells(bench.ward, "ledgers/lgwan/terminals.csv", "computer_name", "LG25N00003", vlan=112)
    wards.change_cells(bench.ward, "ledgers/lgwan/terminals.csv", "computer_name", "LG25N00004", status="returned")
    stopped = bench.run()
    assert stopped["codes"] == ["E0120", "E0121"]
    assert bench.contents() == before
    done = bench.run("--diff", allow_remove=1, allow_change=2)
    assert done["plan"]["counts"] == {"add": 0, "change": 2, "remove": 1, "held": 0, "unchanged": 10}
    mac = wards.mac(6)
    assert f"{mac} vlan=104 terminal:LG25N00003 (active)\n" in done["diff"]["before"]
    assert f"{mac} vlan=112 terminal:LG25N00003 (active)\n" in done["diff"]["after"]
    assert f"{wards.mac(8)} vlan=105 terminal:LG25N00004 (returned)\n" in done["diff"]["before"]
    assert wards.mac(8) not in done["diff"]["after"]
    assert bench.contents() != before
    back = bench.run(restore_from=done["rollback_file"], allow_change=2)
    assert back["plan"]["counts"] == {"add": 1, "change": 2, "remove": 0, "held": 0, "unchanged": 10}
    assert sorted(bench.contents().splitlines()) == sorted(before.splitlines())


def test_the_server_loads_it_after_a_run_that_was_killed_before_loading(files: Bench) -> None:
    lazy = {"check_command": [], "pid_file": ""}
    assert files.run(**lazy)["changed"] is True
    assert files.run(**lazy)["changed"] is False
    check = files.run("--check", "--diff")
    assert (check["changed"], check["diff"]["after"]) == (True, "reload loaded=yes\n")
    assert files.radius.ask(wards.mac(6))[0] == "Access-Reject"
    assert files.run()["changed"] is True
    files.radius.settle(wards.mac(6), "Access-Accept")
    assert files.run()["changed"] is False


def test_a_users_file_keeps_what_is_not_ours(files: Bench) -> None:
    foreign = files.contents()
    Path(files.arguments["path"]).write_bytes(b"# \x8f\x5c CP932\r\n" + foreign.encode())
    files.run()
    assert Path(files.arguments["path"]).read_bytes().endswith(b"# \x8f\x5c CP932\r\n" + foreign.encode())


def test_a_mac_outside_our_block_is_an_error_with_its_line(files: Bench) -> None:
    path = Path(files.arguments["path"])
    path.write_text(path.read_text() + '024b54000010 Cleartext-Password := "024b54000010"\n')
    found = files.run()
    assert found["codes"] == ["E0513"]
    assert f"{path}:5: E0513" in found["msg"]


def test_a_file_that_the_server_refuses_comes_back(files: Bench) -> None:
    before = files.contents()
    assert files.run(check_command=["sh", "-c", "echo no; exit 1"])["codes"] == ["E0515"]
    assert files.contents() == before


def test_a_server_that_does_not_run_loads_the_file_when_it_starts(files: Bench) -> None:
    files.radius.stop()
    assert files.run()["codes"] == ["E0514"]
    files.radius.start()
    assert files.radius.ask(wards.mac(6)) == ("Access-Accept", "104")
    assert files.run()["changed"] is False


def test_people_and_foreign_tables_are_not_touched(postgresql: Bench, database: servers.Postgres) -> None:
    people = "insert into {0} (username, {1}) values ('d000001', {2})"
    database.psql(people.format("radcheck", "attribute, op, value", "'NT-Password', ':=', 'x'"))
    database.psql(people.format("radusergroup", "groupname, priority", "'vlan101', 5"))
    database.psql("insert into radgroupreply (groupname, attribute, op, value) values ('staff', 'Class', ':=', 'x')")
    dump = "select * from {0} where {1} order by 1"
    mine = [dump.format("radcheck", "username = 'd000001'"), dump.format("radgroupreply", "groupname = 'staff'")]
    before = [database.psql(sql) for sql in mine]
    postgresql.run()
    assert [database.psql(sql) for sql in mine] == before
    assert database.psql("select groupname, priority from radusergroup where username = 'd000001'") == "vlan101|5\n"


def test_foreign_forms_are_put_right_and_can_be_put_back(postgresql: Bench, database: servers.Postgres) -> None:
    postgresql.run()
    name, plain = "02-4B-54-00-00-06", "024b54000007"
    database.psql(f"insert into radreply (username, attribute, op, value) values ('{name}', 'Tunnel-Private-Group-Id', ':=', '1')")
    database.psql(f"update radcheck set username = '{plain}', value = '{plain}' where username = '02-4B-54-00-00-07'")
    database.psql("update radgroupreply set value = '112' where groupname = 'vlan105' and attribute = 'Tunnel-Private-Group-Id'")
    dump = "select username, attribute, op, value from radcheck union select username, attribute, op, value from radreply order by 1, 2"
    before = database.psql(dump)
    done = postgresql.run("--diff", allow_change=2)
    assert done["plan"]["counts"]["change"] == 2
    assert done["plan"]["groups"]["change"] == 1
    assert f"radreply:{name}:Tunnel-Private-Group-Id:=1" in done["diff"]["before"]
    assert postgresql.radius.ask(wards.mac(6)) == ("Access-Accept", "104")
    assert postgresql.radius.ask(wards.mac(8)) == ("Access-Accept", "105")
    assert database.psql(f"select count(*) from radcheck where username = '{plain}'") == "0\n"
    postgresql.run(restore_from=done["rollback_file"], allow_change=2)
    assert database.psql(dump) == before
    assert oct(Path(done["rollback_file"]).stat().st_mode & 0o777) == "0o600"


def test_limit_touches_only_these_hosts(postgresql: Bench, database: servers.Postgres) -> None:
    postgresql.run()
    wards.change_cells(postgresql.ward, "ledgers/lgwan/terminals.csv", "status", "active", vlan=112)
    wards.change_cells(postgresql.ward, "ledgers/lgwan/terminals.csv", "computer_name", "LG25N00004", status="returned")
    hosts = [f"LG25N{number:05d}" for number in range(1, 9)]
    arguments = {"ward": str(postgresql.ward), "layer": "lgwan", **postgresql.arguments, "allow_change": 9, "allow_remove": 9}
    limit = ("--limit", "LG25N00003,LG25N00004", "--diff")
    found = playbook.run(postgresql.folder, MODULE, arguments, *limit, hosts=hosts)
    assert found["plan"]["counts"] == {"add": 0, "change": 2, "remove": 1, "held": 0, "unchanged": 0}
    assert {line.split()[0] for line in found["diff"]["before"].splitlines()} - {"vlan112"} == {wards.mac(6), wards.mac(7), wards.mac(8)}
    assert database.psql("select count(*) from radusergroup where groupname = 'vlan112'") == "2\n"


def test_an_expired_entry_is_refused_by_the_server_itself(postgresql: Bench, database: servers.Postgres) -> None:
    postgresql.run()
    assert postgresql.radius.ask(wards.mac(0xA00001)) == ("Access-Accept", "101")
    database.psql("update radcheck set value = '1700000000' where attribute = 'Expiration'")
    assert postgresql.radius.ask(wards.mac(0xA00001))[0] == "Access-Reject"
    assert postgresql.run(allow_change=1)["plan"]["counts"]["change"] == 1
    assert postgresql.radius.ask(wards.mac(0xA00001)) == ("Access-Accept", "101")


def test_the_evidence_has_the_plan_and_the_result(postgresql: Bench) -> None:
    done = postgresql.run()
    records = sorted((postgresql.folder / "evidence").glob("0*.json"))
    record = json.loads(records[-1].read_text())
    step = record.get("steps", [record])[0]
    assert step["plan"]["counts"]["add"] == 13
    assert f"{wards.mac(6)}: - -> vlan=104 terminal:LG25N00003 (active)" in step["plan"]["add"]
    assert step["result"] == {"status": "ok", "changed": True, "verified": True, "recovered": False, "rollback_file": done["rollback_file"]}
    assert step["layer"] == "lgwan"
    assert len(step["inventory"]["sha256"]) == 64
    assert servers.PASSWORD not in records[-1].read_text()


def test_a_refused_plan_is_recorded(postgresql: Bench) -> None:
    postgresql.run()
    wards.write(postgresql.ward / "ledgers/lgwan/terminals.csv", wards.TERMINALS, [wards.terminal(1)])
    assert postgresql.run()["codes"] == ["E0120"]
    record = json.loads(max((postgresql.folder / "evidence").glob("0*.json")).read_text())
    assert record.get("steps", [record])[0]["result"]["status"] == "refused"


def test_errors_have_numbers_and_no_traceback(postgresql: Bench) -> None:
    wrong = postgresql.run(db_host="/nonexistent")
    assert wrong["codes"] == ["E0503"]
    assert "Traceback" not in wrong["output"]
    assert postgresql.run(db_host="")["codes"] == ["E0516"]
    assert postgresql.run(layer="mn")["codes"] == ["E0403"]


def test_a_wrong_password_is_an_error_and_not_shown(postgresql: Bench) -> None:
    found = postgresql.run("-vvv", db_password="quite-wrong-secret")  # noqa: S106
    assert found["codes"] == ["E0503"]
    assert "quite-wrong-secret" not in found["output"]
    assert servers.PASSWORD not in found["output"]


def test_tcp_without_a_trusted_certificate_is_refused(postgresql: Bench) -> None:
    """Certificate and name are always checked; the address is never reached without them."""
    found = postgresql.run(db_host="localhost", db_port=1, db_rootcert=os.devnull)
    assert found["codes"] == ["E0503"]
