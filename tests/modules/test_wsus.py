"""The WSUS modules in whole playbook runs, against the stand-in of ``tests/unit/wsus`` over TLS and NTLM."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.wsus.endpoint import PASSWORD, Endpoint, served
from tests.unit.wsus.world import BROAD, PILOT, USER, World, update_guid

ROOT = Path(__file__).resolve().parents[2]
PLAYBOOK = Path(sys.executable).with_name("ansible-playbook")
APPROVALS = [
    {"update": update_guid(number), "revision": 200 + number, "group": "先行適用", "deadline": "2027-01-22T17:00:00+09:00"}
    for number in (1, 2)
]
GROUPS = [{"name": "先行適用", "computers": ["LG25N00000"]}, {"name": "全体適用", "computers": ["LG25N00001", "LG25N09999"]}]


@pytest.fixture
def endpoint(tmp_path: Path) -> Iterator[Endpoint]:
    with served(World(), tmp_path) as one:
        yield one


def ansible(endpoint: Endpoint, folder: Path, tasks: list[dict[str, Any]], *words: str) -> dict[str, Any]:
    """Run tasks one after another; the results of all by their names, with the run's output."""
    server = {name: value for name, value in endpoint.arguments().items() if name not in ("user", "password")}
    play: list[dict[str, Any]] = []
    out = folder / "results.json"
    out.unlink(missing_ok=True)
    for number, task in enumerate(tasks):
        module = next(name for name in task if name.startswith("ward.ops."))
        one = {**task, module: {**server, **task[module]}, "name": f"Task {number}", "register": f"found_{number}", "ignore_errors": True}
        play.append({**one, "run_once": True})
    kept = "{{ [" + ", ".join(f"found_{number}" for number in range(len(tasks))) + "] | to_json }}"
    keep = {
        "name": "Keep",
        "ansible.builtin.copy": {"content": kept, "dest": str(out)},
        "check_mode": False,
        "diff": False,
        "run_once": True,
    }
    hosts = {"name": "Test", "hosts": "all", "gather_facts": False, "vars": {"layer": "lgwan"}, "tasks": [*play, keep]}
    (folder / "play.yml").write_text(yaml.safe_dump([hosts], allow_unicode=True), encoding="utf-8")
    env = {**os.environ, "WARDOPS_LAYER": "lgwan", "WARDOPS_EVIDENCE": str(folder / "evidence"), "WARDOPS_WSUS_USER": USER}
    env |= {"WARDOPS_WSUS_PASSWORD": PASSWORD, "ANSIBLE_LOCALHOST_WARNING": "false"}
    argv = [PLAYBOOK, "-i", "localhost,other,", "-c", "local", folder / "play.yml", *words]
    done = subprocess.run(argv, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    if not out.exists():
        raise AssertionError(done.stdout + done.stderr)
    assert PASSWORD not in done.stdout + done.stderr + out.read_text() and "Traceback" not in done.stdout + done.stderr
    return {"results": json.loads(out.read_text()), "output": done.stdout + done.stderr}


def test_four_steps_with_the_content_of_the_diff(endpoint: Endpoint, tmp_path: Path) -> None:
    world = endpoint.world
    tasks: list[dict[str, Any]] = [
        {"ward.ops.wsus_computer_groups": {"groups": GROUPS, "allow_remove": 5}},
        {"ward.ops.wsus_update_approvals": {"approvals": APPROVALS}},
    ]
    planned = ansible(endpoint, tmp_path, tasks, "--check", "--diff")["results"]
    assert world.approvals == {} and all(PILOT not in one["groups"] for one in world.computers.values()), "an independent look"
    assert not (tmp_path / "evidence").exists()
    assert [one["changed"] for one in planned] == [True, True]
    assert planned[0]["diff"]["after"] == (
        "先行適用 LG25N00000.ward.example id=00000000-aaaa-4000-8000-000000000001\n"
        "全体適用 LG25N00001.ward.example id=00000001-aaaa-4000-8000-000000000001\n"
    )
    assert planned[1]["diff"]["before"] == "" and planned[1]["diff"]["after"].count("deadline=2027-01-22 17:00:00 JST") == 2
    assert planned[0]["missing"] == ["LG25N09999"]

    second = [dict(task) for task in tasks] + [{"ward.ops.wsus_compliance_info": {"updates": [update_guid(1)], "groups": ["先行適用"]}}]
    done = ansible(endpoint, tmp_path, [*tasks, *second])["results"]
    assert [one["changed"] for one in done] == [True, True, False, False, False]
    assert [one["digest"] for one in done[:2]] == [one["digest"] for one in planned], "check mode predicted exactly this"
    assert done[1]["verified"] and done[3]["verified"] and done[3]["plan"]["counts"]["unchanged"] == 2 and "diff" not in done[1]
    assert {(row[8], row[10]) for row in world.approvals.values()} == {(update_guid(1), PILOT), (update_guid(2), PILOT)}
    assert world.computers["00000001-aaaa-4000-8000-000000000001"]["groups"] >= {BROAD}
    assert done[4]["computers"] == 1 and done[4]["updates"][0]["unknown"] == 1
    records = [json.loads(path.read_text()) for path in sorted((tmp_path / "evidence").glob("0*.json"))]
    steps = [step for record in records for step in record.get("steps", [])]
    plans = {step["purpose"]: step["plan"]["counts"] for step in steps if step["plan"]["counts"]["add"]}
    assert plans["wsus_approvals"]["add"] == 2 and plans["wsus_groups"]["add"] == 2
    assert PASSWORD not in json.dumps(records)


def test_refusals_name_their_code_and_the_infos_read(endpoint: Endpoint, tmp_path: Path) -> None:
    endpoint.world.rules = [("規則", True)]
    tasks: list[dict[str, Any]] = [
        {"ward.ops.wsus_update_approvals": {"approvals": APPROVALS}},
        {"ward.ops.wsus_updates_info": {"kbs": ["5070001"]}},
        {"ward.ops.wsus_doctor": {}},
        {"ward.ops.wsus_update_approvals": {"approvals": APPROVALS, "layer": "mn"}},
    ]
    refused, info, doctor, layer = ansible(endpoint, tmp_path, tasks)["results"]
    assert refused["codes"] == ["E1951"] and "規則" in refused["msg"] and endpoint.world.approvals == {}
    assert info["total"] == 1 and info["updates"][0]["update"] == update_guid(1)
    assert doctor["codes"] == ["E1963"] and doctor["differences"] == 1 and len(doctor["lines"]) > 15
    assert layer["codes"] == ["E0403"]


def test_the_doctor_playbook(endpoint: Endpoint, tmp_path: Path) -> None:
    endpoint.world.approve(update_guid(1), PILOT)
    words = {"wsus_server": "localhost", "wsus_port": endpoint.server_port, "wsus_ca": endpoint.ca}
    env = {**os.environ, "WARDOPS_LAYER": "lgwan", "WARDOPS_EVIDENCE": str(tmp_path / "evidence"), "ANSIBLE_LOCALHOST_WARNING": "false"}
    env |= {"WARDOPS_WSUS_USER": USER, "WARDOPS_WSUS_PASSWORD": PASSWORD}
    argv = [PLAYBOOK, "-i", "localhost,", "-c", "local", "playbooks/doctor_wsus.yml", "-e", json.dumps(words)]
    done = subprocess.run(argv, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[想定どおり] UPDATE の行の幅" in done.stdout and PASSWORD not in done.stdout + done.stderr
