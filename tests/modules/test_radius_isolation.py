"""Isolating a terminal: ledger and real server in one run. covers: E0517, E0511, E0503"""

# ruff: noqa: F811 - fixtures are imported

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.unit.radius import playbook, servers, wards
from tests.unit.radius.fixtures import database, postgres_server, ward  # noqa: F401

NAME = {"name": "LG25N00003"}
ORDER = {**NAME, "state": "quarantine", "reason": "マルウェア検知", "ticket": "INC-2026-00123"}
MACS = [wards.mac(6), wards.mac(7)]


@dataclass
class Bench:
    folder: Path
    ward: Path
    arguments: dict[str, Any]
    radius: servers.Radius

    def sync(self, *words: str, **more: Any) -> dict[str, Any]:
        return self.run("ward.ops.radius_mac_entries", *words, **more)

    def isolate(self, *words: str, **order: Any) -> dict[str, Any]:
        return self.run("ward.ops.radius_isolation", *words, **order)

    def run(self, module: str, *words: str, **more: Any) -> dict[str, Any]:
        return playbook.run(self.folder, module, {"ward": str(self.ward), "layer": "lgwan", **self.arguments, **more}, *words)

    def ledger(self) -> list[dict[str, str]]:
        return wards.read(self.ward / "ledgers/isolations.csv")

    def vlans(self) -> list[str]:
        return [self.radius.ask(mac)[1] for mac in MACS]


@pytest.fixture
def postgresql(tmp_path: Path, ward: Path, database: servers.Postgres) -> Iterator[Bench]:
    with servers.radius("postgresql", {"host": str(database.folder)}) as radius:
        yield Bench(tmp_path, ward, {"db_host": str(database.folder)}, radius)


@pytest.fixture
def sqlite(tmp_path: Path, ward: Path) -> Iterator[Bench]:
    path = tmp_path / "radius.db"
    servers.sqlite_database(path)
    arguments = {"backend": "sqlite", "path": str(path), "rollback_dir": str(tmp_path / "rollback")}
    with servers.radius("sqlite", {"filename": str(path)}) as radius:
        yield Bench(tmp_path, ward, arguments, radius)


@pytest.mark.parametrize("name", ["postgresql", "sqlite"])
def test_isolate_and_release_in_four_steps(request: pytest.FixtureRequest, name: str) -> None:
    bench: Bench = request.getfixturevalue(name)
    bench.sync()
    # 1 and 2: check mode says it, the server and the ledger show nothing of it
    check = bench.isolate("--check", "--diff", **ORDER)
    assert check["changed"] is True
    assert (check["asset_id"], check["host"], check["macs"]) == ("A0000003", "LG25N00003", MACS)
    assert "ticket=INC-2026-00123" in check["diff"][0]["after"]
    assert f"{MACS[0]} vlan=104 terminal:LG25N00003 (active)\n" in check["diff"][1]["before"]
    assert f"{MACS[0]} vlan=999 terminal:LG25N00003 (active)\n" in check["diff"][1]["after"]
    assert bench.ledger() == []
    assert bench.vlans() == ["104", "104"]
    # 3: the run
    done = bench.isolate(**ORDER)
    assert (done["changed"], done["verified"]) == (True, True)
    assert done["plan"]["counts"] == check["plan"]["counts"] == {"add": 0, "change": 2, "remove": 0, "held": 0, "unchanged": 0}
    assert bench.vlans() == ["999", "999"]
    row = bench.ledger()[0]
    assert (row["asset_id"], row["macs"], row["until"], row["reason"]) == ("A0000003", " ".join(MACS), "", "マルウェア検知")
    step = record(bench)
    assert step["plan"]["ledger"]["after"] == row
    assert step["duties"] == ["I-14-(1)"]
    # 4: again
    again = bench.isolate(**ORDER)
    assert (again["changed"], again["ledger"], bench.ledger()) == (False, None, [row])
    # a sync leaves it there
    assert bench.sync()["changed"] is False
    # and back
    back = bench.isolate(**NAME, state="normal")
    assert (back["changed"], back["verified"]) == (True, True)
    assert bench.vlans() == ["104", "104"]
    assert bench.ledger()[0]["until"] >= row["since"]
    assert bench.isolate(**NAME, state="normal")["changed"] is False
    assert bench.sync()["changed"] is False


def record(bench: Bench) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(max((bench.folder / "evidence").glob("0*.json")).read_text())
    return found.get("steps", [found])[0]  # type: ignore[no-any-return]


def test_a_sync_from_an_older_checkout_does_not_release(postgresql: Bench) -> None:
    postgresql.sync()
    old = (postgresql.ward / "ledgers/isolations.csv").read_bytes()
    postgresql.isolate(**ORDER)
    (postgresql.ward / "ledgers/isolations.csv").write_bytes(old)
    found = postgresql.sync(allow_change=100)
    assert (found["changed"], found["plan"]["counts"]["held"]) == (False, 2)
    assert postgresql.vlans() == ["999", "999"]
    # released by name, although the ledger has lost the row
    assert postgresql.isolate(**NAME, state="normal")["changed"] is True
    assert postgresql.vlans() == ["104", "104"]


def test_nothing_changes_when_the_server_cannot_be_reached(postgresql: Bench) -> None:
    before = (postgresql.ward / "ledgers/isolations.csv").read_bytes()
    assert postgresql.isolate(**ORDER, db_host="/nonexistent")["codes"] == ["E0503"]
    assert (postgresql.ward / "ledgers/isolations.csv").read_bytes() == before


def test_the_ledger_goes_back_when_the_server_refuses(postgresql: Bench, database: servers.Postgres) -> None:
    postgresql.sync()
    before = (postgresql.ward / "ledgers/isolations.csv").read_bytes()
    database.psql("create rule stop as on update to radusergroup do instead select 1/0")
    try:
        assert postgresql.isolate(**ORDER)["codes"] == ["E0503"]
    finally:
        database.psql("drop rule stop on radusergroup")
    assert (postgresql.ward / "ledgers/isolations.csv").read_bytes() == before
    assert postgresql.vlans() == ["104", "104"]


def test_the_ledger_goes_back_when_the_sqlite_server_refuses(sqlite: Bench) -> None:
    sqlite.sync()
    before = (sqlite.ward / "ledgers/isolations.csv").read_bytes()
    with sqlite3.connect(sqlite.arguments["path"]) as connection:
        connection.execute("create trigger stop before update on radusergroup begin select raise(abort, 'no'); end")
    assert sqlite.isolate(**ORDER)["codes"] == ["E0503"]
    assert (sqlite.ward / "ledgers/isolations.csv").read_bytes() == before


@pytest.mark.parametrize(
    ("change", "code"),
    [({"reason": ""}, "E0517"), ({"reason": "a\nb"}, "E0517"), ({"ticket": "123"}, "E0517"), ({"name": "PL-HON-0301"}, "E0511")],
)
def test_bad_orders_are_refused(postgresql: Bench, change: dict[str, str], code: str) -> None:
    assert postgresql.isolate(**{**ORDER, **change})["codes"] == [code]
    assert postgresql.ledger() == []
