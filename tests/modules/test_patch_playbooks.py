"""Planning, staging, judging and holding as an operator runs them: unmodified Ansible, the real client, the strict simulated endpoint."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from lab.patchsim.world import QUIET, World
from tests.patchsim import PASSWORD, USER, endpoint
from tests.unit.patch.ward import SAMPLE, an_update

ROOT = Path(__file__).resolve().parents[2]
PLAYBOOK = Path(sys.executable).with_name("ansible-playbook")
JAPAN = dt.timezone(dt.timedelta(hours=9))


def a_ward(folder: Path, cycle: str, today: str) -> tuple[Path, list[tuple[str, str]]]:
    """The sample ward, staged today whatever day it is: its dates are set by decision."""
    shutil.copytree(SAMPLE, folder / "ward")
    decisions = folder / "ward/policies/patch" / cycle / "decisions.yml"
    decisions.parent.mkdir(parents=True)
    later = (dt.date.fromisoformat(today) + dt.timedelta(days=3)).isoformat()
    words = {"layer": "mn", "date": today, "deadline": later, "reason": "試験", "approver": "d000001"}
    decisions.write_text(yaml.safe_dump({"dates": [{**words, "ring": ring} for ring in ("R0", "R1", "R2")]}, allow_unicode=True), "utf-8")
    lines = (folder / "ward/ledgers/mn/terminals.csv").read_text(encoding="utf-8").splitlines()
    at = {name: place for place, name in enumerate(lines[0].split(","))}
    rows = [line.split(",") for line in lines[1:]]
    return folder / "ward/mn", [
        (row[at["computer_name"]], row[at["ring"]]) for row in rows if row[at["status"]] in ("active", "setup", "lent")
    ]


def test_a_ring_is_planned_staged_judged_and_taken_back(tmp_path: Path) -> None:
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    cycle, today = f"{now.astimezone(JAPAN):%Y-%m}-oob1", f"{now.astimezone(JAPAN):%Y-%m-%d}"
    inventory, terminals = a_ward(tmp_path, cycle, today)
    world = World(now, 1, QUIET)
    world.add_terminals((f"{name}.mn.ward.example", "合成") for name, _ in terminals)
    update = an_update(1, released=now - dt.timedelta(days=1), arrived=now)
    world.publish(update)
    server, authority = endpoint(world, tmp_path)
    more: dict[str, Any] = {"wsus_server": server.address, "wsus_ca": str(authority), "cycle": cycle, "kbs": ["KB5900001"]}
    more |= {
        "reason": "悪用が確認された脆弱性",
        "patch_layers": ["mn"],
        "ring": "test",
        "output": str(tmp_path / "paper"),
        "allow_remove": 0,
    }

    def ansible(*words: str) -> tuple[int, str]:
        env = {**os.environ, "WARDOPS_LAYER": "mn", "WARDOPS_EVIDENCE": str(tmp_path / "evidence"), "WARDOPS_WSUS_USER": USER}
        env |= {"WARDOPS_WSUS_PASSWORD": PASSWORD, "WARDOPS_PATCH_STATE": str(tmp_path / "state")}
        argv = [str(PLAYBOOK), "-i", str(inventory), "-e", json.dumps({**more, "wsus_port": server.port})]
        argv += [f"playbooks/{word}.yml" if not word.startswith("-") else word for word in words]
        done = subprocess.run(argv, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
        out = done.stdout + done.stderr
        assert PASSWORD not in out and "Traceback" not in out
        return done.returncode, out

    with server:
        code, out = ansible("plan_patch_cycle", "stage_patches", "check_patch_gate", "--diff")
        assert code == 0, out
        ring = [name for name, code in terminals if code == "R0"]
        groups = {group.name: group.id for group in world.store.groups.values()}
        assert {world.terminals[one].name.partition(".")[0] for one in world.store.members[groups["R0_検証"]]} == set(ring)
        assert [(one.update, one.group) for one in world.store.approvals.values()] == [(update.id, groups["R0_検証"])]
        assert (tmp_path / "paper" / f"patch-{cycle}.html").exists()
        generation = world.store.generation
        code, out = ansible("stage_patches", "--check", "--diff")
        assert (code, world.store.generation) == (0, generation) and "changed=0" in out
        more["ring"] = "broad"
        code, out = ansible("stage_patches")
        assert code == 2 and "E1905" in out and "協議の承認記録がない" in out
        more["ring"] = ""
        code, out = ansible("take_back_patches", "resume_patches")
        assert code == 0, out
        assert not world.store.approvals
