"""One task as a whole ``ansible-playbook`` run, its result as data."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from tests.unit.radius import servers

REPOSITORY = Path(__file__).resolve().parents[3]
PLAYBOOK = Path(sys.executable).with_name("ansible-playbook")


def environment(folder: Path) -> dict[str, str]:
    return {
        **os.environ,
        "WARDOPS_LAYER": "lgwan",
        "WARDOPS_EVIDENCE": str(folder / "evidence"),
        "WARDOPS_RADIUS_DB_PASSWORD": servers.PASSWORD,
        "WARDOPS_RADIUS_SECRET": servers.SECRET,
        "ANSIBLE_LOCALHOST_WARNING": "false",
    }


def hosts_file(folder: Path, hosts: Sequence[str]) -> Path:
    path = folder / "hosts.yml"
    path.write_text(yaml.safe_dump({"all": {"hosts": {host: {"ansible_connection": "local"} for host in hosts}}}))
    return path


def run(folder: Path, module: str, arguments: Mapping[str, Any], *words: str, hosts: Sequence[str] = ("localhost",)) -> dict[str, Any]:
    """Run one task for the set; ``words`` are options of ansible-playbook. The result has ``rc`` and ``output`` too."""
    out = folder / "result.json"
    out.unlink(missing_ok=True)
    task = {"name": "Task under test", module: dict(arguments), "register": "found", "run_once": True, "ignore_errors": True}
    keep = {"name": "Keep", "ansible.builtin.copy": {"content": "{{ found | to_json }}", "dest": str(out)}}
    keep |= {"check_mode": False, "diff": False, "run_once": True, "delegate_to": "localhost"}
    play = [{"name": "Test", "hosts": "all", "gather_facts": False, "tasks": [task, keep]}]
    (folder / "play.yml").write_text(yaml.safe_dump(play, allow_unicode=True), encoding="utf-8")
    argv = [PLAYBOOK, "-i", hosts_file(folder, hosts), folder / "play.yml", *words]
    done = subprocess.run(argv, cwd=REPOSITORY, env=environment(folder), capture_output=True, text=True, check=False)
    if not out.exists():
        raise AssertionError(done.stdout + done.stderr)
    return {**json.loads(out.read_text()), "rc": done.returncode, "output": done.stdout + done.stderr}


def ansible(folder: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """Any ``ansible-playbook`` run."""
    return subprocess.run([PLAYBOOK, *words], cwd=REPOSITORY, env=environment(folder), capture_output=True, text=True, check=False)
