"""``ward.ops.fleet_check`` in real plays: one task for all hosts, ``--limit``, findings with their rows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.unit.inventory.wards import make_ward, write

REPOSITORY = Path(__file__).resolve().parents[2]
PLAYBOOK = REPOSITORY / "playbooks" / "check_fleet.yml"
SERVERS = {"ledger": "servers", "status": ["active", "standby"], "columns": ["ip", "owner"]}


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WARDOPS_LAYER", "lgwan")
    monkeypatch.setenv("WARDOPS_EVIDENCE", str(tmp_path / "evidence"))
    monkeypatch.setenv("ANSIBLE_CALLBACK_RESULT_FORMAT", "json")
    monkeypatch.setenv("ANSIBLE_NOCOLOR", "1")
    return make_ward(tmp_path / "ward")


def play(*sources: Path, more: tuple[str, ...] = (), requirements: list[dict[str, Any]] | None = None) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "ansible-playbook"), str(PLAYBOOK), *more]
    for path in sources:
        command += ["-i", str(path)]
    if requirements is not None:
        command += ["-e", json.dumps({"fleet_requirements": requirements})]
    return subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY, env={**os.environ}, timeout=60, check=False)


def findings(done: subprocess.CompletedProcess[str]) -> list[tuple[str, str, str]]:
    """Code, file and line, host."""
    assert done.returncode == 2, done.stdout + done.stderr
    result = json.loads(done.stdout[done.stdout.index("=> {") + 3 : done.stdout.index("\n\nPLAY RECAP")])
    assert result["changed"] is False
    assert result["incomplete"] == len(result["problems"])
    return [(item["code"], item["where"].rpartition("/")[2], item["host"]) for item in result["problems"]]


def test_complete_rows(source: Path) -> None:
    done = play(source, requirements=[{**SERVERS, "columns": ["ip", "vlan"]}])
    assert done.returncode == 0, done.stdout + done.stderr
    assert "9 hosts are complete" in done.stdout
    assert done.stdout.count("ok: [") == 2, "each task runs once, not for each host"


@pytest.mark.parametrize("check", [(), ("--check",)])
def test_findings_name_the_rows(source: Path, check: tuple[str, ...]) -> None:
    expected = [("E0416", "servers.csv:2", "LG-RAD01"), ("E0416", "servers.csv:3", "LG-RAD02")]
    assert findings(play(source, more=check, requirements=[SERVERS])) == expected


def test_the_limit_is_kept(source: Path) -> None:
    done = play(source, more=("--limit", "status_standby:kind_printer"), requirements=[SERVERS])
    assert findings(done) == [("E0416", "servers.csv:3", "LG-RAD02")]


def test_states_that_are_not_asked_for_are_left_alone(source: Path) -> None:
    done = play(source, requirements=[{**SERVERS, "status": ["disposed"]}])
    assert done.returncode == 0, done.stdout


def test_a_host_of_no_ledger(source: Path, tmp_path: Path) -> None:
    other = write(tmp_path / "hosts.yml", "all: {hosts: {stranger: {}}}\n")
    done = play(other, source, requirements=[{**SERVERS, "status": []}])
    assert findings(done) == [("E0417", "", "stranger")]


def test_without_a_ledger_source(source: Path, tmp_path: Path) -> None:
    del source
    other = write(tmp_path / "hosts.yml", "all: {hosts: {stranger: {}}}\n")
    done = play(other)
    assert done.returncode == 2
    assert "E0404" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_wrong_arguments_are_named(source: Path) -> None:
    done = play(source, requirements=[{"ledger": "cars", "status": [], "columns": []}])
    assert done.returncode == 2
    assert "ledger must be one of" in done.stdout + done.stderr


def test_the_sample_ward_is_complete(source: Path) -> None:
    del source
    done = play(REPOSITORY / "inventories" / "sample" / "lgwan")
    assert done.returncode == 0, done.stdout[-3000:]
