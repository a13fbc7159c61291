"""The three playbooks on the full sample ward against a real PostgreSQL and a real FreeRADIUS: the repository's main job."""

# ruff: noqa: F811 - fixtures are imported

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.unit.radius import playbook, servers, wards
from tests.unit.radius.fixtures import database, postgres_server  # noqa: F401

SAMPLE = playbook.REPOSITORY / "inventories" / "sample"


@dataclass
class Ward:
    folder: Path
    radius: servers.Radius

    def play(self, name: str, *words: str) -> subprocess.CompletedProcess[str]:
        sources = ("-i", self.folder / "ward/lgwan/ledger.yml", "-i", self.folder / "servers.yml")
        one = ("-e", '{"radius_servers": ["LG-RAD01"]}')  # the test has one server; the ledger has two
        return playbook.ansible(self.folder, *sources, f"playbooks/{name}.yml", *one, *words)

    def terminals(self) -> list[dict[str, str]]:
        return wards.read(self.folder / "ward/ledgers/lgwan/terminals.csv")

    def one(self, status: str, column: str) -> dict[str, str]:
        return next(row for row in self.terminals() if row["status"] == status and row[column])


@pytest.fixture
def sample(tmp_path: Path, database: servers.Postgres) -> Iterator[Ward]:
    shutil.copytree(SAMPLE / "ledgers", tmp_path / "ward/ledgers")
    shutil.copytree(SAMPLE / "policies", tmp_path / "ward/policies")
    (tmp_path / "ward/lgwan").mkdir()
    source = {"plugin": "ward.ops.ledger", "layer": "lgwan", "ward": "..", "shared": str(playbook.REPOSITORY)}
    (tmp_path / "ward/lgwan/ledger.yml").write_text(yaml.safe_dump(source))
    with servers.radius("postgresql", {"host": str(database.folder)}) as radius:
        place = {"radius_db_host": str(database.folder), "radius_address": "127.0.0.1", "radius_port": radius.port}
        (tmp_path / "servers.yml").write_text(yaml.safe_dump({"function_radius": {"hosts": {"LG-RAD01": None}, "vars": place}}))
        yield Ward(tmp_path, radius)


def counts(output: str) -> list[int]:
    """Entries to add, change, remove, hold and leave, as the playbook tells them."""
    found = re.search(r"追加 ([0-9]+) 変更 ([0-9]+) 削除 ([0-9]+)\s+保留 ([0-9]+) 変更なし ([0-9]+)", output)
    assert found, output
    return [int(number) for number in found.groups()]


def test_from_a_line_in_a_ledger_to_the_switch_port(sample: Ward) -> None:
    active, returned = sample.one("active", "mac_wlan"), sample.one("returned", "mac_lan")
    check = sample.play("sync_radius", "--check", "--diff")
    assert check.returncode == 0, check.stdout + check.stderr
    assert f"+{active['mac_lan']} vlan={active['vlan']} terminal:{active['computer_name']} (active)" in check.stdout
    assert sample.radius.ask(active["mac_lan"])[0] == "Access-Reject"
    real = sample.play("sync_radius")
    assert counts(real.stdout) == counts(check.stdout)
    assert counts(real.stdout)[0] > 5000
    again = sample.play("sync_radius")
    assert "changed=0" in again.stdout
    assert counts(again.stdout) == [0, 0, 0, 0, counts(real.stdout)[0]]
    assert sample.radius.ask(active["mac_wlan"]) == ("Access-Accept", active["vlan"])
    assert sample.radius.ask(returned["mac_lan"])[0] == "Access-Reject"
    verify = sample.play("verify_radius", "-e", "verify_sample=500", "-e", '{"verify_spellings": ["freeradius", "cisco", "dlink"]}')
    assert verify.returncode == 0, verify.stdout
    words = ("-e", f"isolate_name={active['computer_name']}")
    isolated = sample.play("isolate_terminal", *words, "-e", "isolate_reason=試験", "-e", "isolate_ticket=INC-2026-00001")
    assert isolated.returncode == 0, isolated.stdout
    assert [sample.radius.ask(active[column])[1] for column in ("mac_lan", "mac_wlan")] == ["999", "999"]
    assert sample.play("verify_radius", "--limit", active["computer_name"]).returncode == 0
    assert "changed=0" in sample.play("sync_radius").stdout
    assert sample.play("isolate_terminal", *words, "-e", "isolate_state=normal").returncode == 0
    assert sample.radius.ask(active["mac_lan"]) == ("Access-Accept", active["vlan"])


def test_verify_fails_when_the_server_says_otherwise(sample: Ward) -> None:
    found = sample.play("verify_radius", "-e", "verify_sample=5")
    assert found.returncode == 2
    assert "E0523" in found.stdout


def test_another_layer_is_refused_before_the_first_task(sample: Ward) -> None:
    source = sample.folder / "ward/lgwan/ledger.yml"
    source.write_text(source.read_text().replace("lgwan", "mn"))
    found = sample.play("sync_radius")
    assert found.returncode == 4
    assert "E0403" in found.stdout + found.stderr
    assert "TASK" not in found.stdout


def test_a_server_of_another_layer_is_refused_wherever_it_comes_from(sample: Ward) -> None:
    """A second inventory source puts a server into the group that the layer's ledger does not have."""
    stranger = {"function_radius": {"hosts": {"MN-RAD01": {"radius_db_host": "/nowhere", "radius_address": "127.0.0.1"}}}}
    (sample.folder / "stranger.yml").write_text(yaml.safe_dump(stranger))
    words = ("-i", sample.folder / "stranger.yml", "-e", '{"radius_servers": ["MN-RAD01"]}')
    for name in ("sync_radius", "verify_radius"):
        refused = sample.play(name, *words)
        assert refused.returncode == 2, refused.stdout
        assert "E0403" in refused.stdout
