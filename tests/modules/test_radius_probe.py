"""radius_probe asks a real FreeRADIUS. covers: E0518, E0519, E0516, E0520, E0523"""

# ruff: noqa: F811 - fixtures are imported

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.radius import probe, sync

from tests.unit.radius import playbook, servers, wards
from tests.unit.radius.fixtures import database, postgres_server, store, ward  # noqa: F401


@pytest.fixture
def radius(tmp_path: Path, ward: Path, database: servers.Postgres) -> Iterator[servers.Radius]:
    """A server that holds what the ledgers say."""
    sync.run(store(database), sync.Request(ward=ward, layer="lgwan", evidence=tmp_path / "evidence"))
    with servers.radius("postgresql", {"host": str(database.folder)}) as server:
        yield server


def ask(folder: Path, ward: Path, server: servers.Radius, *words: str, **more: Any) -> dict[str, Any]:
    arguments = {"ward": str(ward), "layer": "lgwan", "server": "127.0.0.1", "port": server.port, "timeout": 1.0, **more}
    return playbook.run(folder, "ward.ops.radius_probe", arguments, *words)


@pytest.mark.parametrize("words", [(), ("--check",)])
def test_every_entry_and_those_that_must_be_refused(tmp_path: Path, ward: Path, radius: servers.Radius, words: tuple[str, ...]) -> None:
    found = ask(tmp_path, ward, radius, *words, spellings=["freeradius", "netattest_eps", "radgate"])
    assert (found["changed"], found["mismatches"]) == (False, [])
    assert (found["asked"], found["accepted"], found["rejected"], found["unanswered"]) == (23, 13, 10, 0)


def test_wrong_answers_are_named(tmp_path: Path, ward: Path, radius: servers.Radius, database: servers.Postgres) -> None:
    database.psql("update radusergroup set groupname = 'vlan101' where username = '02-4B-54-00-00-06'")
    database.psql("delete from radcheck where username = '02-4B-54-00-00-08'")
    name = "02-4B-54-00-00-10"  # returned
    database.psql(f"insert into radcheck (username, attribute, op, value) values ('{name}', 'Cleartext-Password', ':=', '{name}')")  # noqa: S608
    found = ask(tmp_path, ward, radius)
    assert found["codes"] == ["E0523"]
    assert found["mismatches"] == [
        {
            "mac": wards.mac(6),
            "owner": "terminal:LG25N00003 (active)",
            "expected": "Access-Accept VLAN 104",
            "got": "Access-Accept VLAN 101",
        },
        {"mac": wards.mac(8), "owner": "terminal:LG25N00004 (active)", "expected": "Access-Accept VLAN 105", "got": "Access-Reject"},
        {"mac": wards.mac(16), "owner": "terminal:LG25N00008 (returned)", "expected": "Access-Reject", "got": "Access-Accept VLAN "},
    ]
    assert found["rc"] == 0  # ignore_errors of the test


def test_a_sample_and_a_limit(tmp_path: Path, ward: Path, radius: servers.Radius) -> None:
    assert ask(tmp_path, ward, radius, sample=4, refused=0)["asked"] == 4
    arguments = {"ward": str(ward), "layer": "lgwan", "server": "127.0.0.1", "port": radius.port, "refused": 0}
    limited = playbook.run(tmp_path, "ward.ops.radius_probe", arguments, "--limit", "LG25N00003", hosts=["LG25N00003", "LG25N00004"])
    assert (limited["asked"], limited["accepted"]) == (2, 2)


def test_a_silent_server(tmp_path: Path, ward: Path, radius: servers.Radius) -> None:
    radius.stop()
    found = ask(tmp_path, ward, radius, timeout=0.3)
    assert found["codes"] == ["E0518"]


def test_a_wrong_secret_is_silence_and_not_shown(tmp_path: Path, ward: Path, radius: servers.Radius) -> None:
    found = ask(tmp_path, ward, radius, "-vvv", timeout=0.3, secret="not-the-secret")  # noqa: S106
    assert found["codes"] == ["E0518"]
    assert "not-the-secret" not in found["output"]


def test_an_unknown_profile(tmp_path: Path, ward: Path, radius: servers.Radius) -> None:
    assert ask(tmp_path, ward, radius, spellings=["nobody"])["codes"] == ["E0520"]


def test_without_radclient(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(WardopsError, match="E0519"):
        probe.ask(probe.Server("127.0.0.1", "x"), [probe.Question(wards.mac(1), None, "x")])


def test_a_database_that_does_not_answer_is_silence(tmp_path: Path, ward: Path, radius: servers.Radius, database: servers.Postgres) -> None:
    """The server runs, its database is gone: the probe must not take that for answers of the ledgers' kind."""
    database.stop("immediate")
    try:
        found = ask(tmp_path, ward, radius, timeout=0.5)
    finally:
        database.start()
    assert found["failed"]
    assert set(found["codes"]) <= {"E0518", "E0523"}
