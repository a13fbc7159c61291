"""Backup of real routers by the playbook, looked at with ``git``, ``age`` and ``vtysh``; a change made by hand shows as drift."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.secretfiles import MARK
from lab.state import Lab
from lab.topology import routers

from .conftest import REPOSITORY, command

pytestmark = pytest.mark.xdist_group("network_lab")
NAMES = [each.name.upper() for each in routers()]
CHANGED = "HRK-01-RT-01"


def vtysh(lab: Lab, name: str, *commands: str) -> str:
    done = command(lab, "enter", name.lower(), "vtysh", *(word for text in commands for word in ("-c", text)))
    assert done.returncode == 0, done.stderr
    return done.stdout


def play(lab: Lab, evidence: Path, *words: str) -> subprocess.CompletedProcess[str]:
    inventory = str(REPOSITORY / "inventories/lab/lgwan")
    arguments = ["ansible-playbook", "-i", inventory, "playbooks/backup_configs.yml", "--limit", "os_frr:&status_active", *words]
    return command(lab, "run", "--", *arguments, WARDOPS_LAYER="lgwan", WARDOPS_EVIDENCE=str(evidence), ANSIBLE_NOCOLOR="1")


def git(lab: Lab, *words: str) -> str:
    folder = ["-C", str(lab.root / "configs/configs.git")]
    return subprocess.run(["git", *folder, *words], capture_output=True, text=True, check=False).stdout.strip()


def configs(lab: Lab, *words: str) -> subprocess.CompletedProcess[str]:
    return command(lab, "run", "--", "python", "-m", "wardops", "configs", *words)


@pytest.fixture(scope="module")
def night(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Lab, Path, str]]:
    """A first backup of all routers: the lab, the evidence folder, what the run said."""
    shutil.rmtree(lab.root / "configs", ignore_errors=True)
    evidence = tmp_path_factory.mktemp("evidence")
    done = play(lab, evidence, "-v")
    assert done.returncode == 0, done.stdout + done.stderr
    yield lab, evidence, done.stdout + done.stderr
    shutil.rmtree(lab.root / "configs", ignore_errors=True)


def test_every_router_is_stored_once_masked_and_sealed(night: tuple[Lab, Path, str]) -> None:
    lab, evidence, said = night
    files = git(lab, "ls-tree", "-r", "--name-only", "main").split()
    assert {path.split("/")[1] for path in files if path.endswith("/running.txt")} == set(NAMES)
    assert git(lab, "rev-list", "--count", "main") == "1"
    assert subprocess.run(["git", "-C", str(lab.root / "configs/configs.git"), "fsck", "--strict"], check=False).returncode == 0
    assert MARK not in said
    found = subprocess.run(["grep", "-rl", MARK, str(evidence), str(lab.root / "configs")], capture_output=True, text=True, check=False)
    assert found.stdout == "", "a secret lies about in clear"
    assert git(lab, "grep", "-l", MARK, "main") == ""
    assert re.search(r"<secret:[0-9a-f]{16}>", git(lab, "show", f"main:DCA/{NAMES[0]}/running.txt"))


@pytest.mark.parametrize("key", ["age-operations", "age-safe"])
def test_an_auditor_opens_the_full_copy_with_age(night: tuple[Lab, Path, str], key: str) -> None:
    lab = night[0]
    for name in NAMES[:2]:
        (copy,) = [path for path in (lab.root / "configs/full" / name).iterdir() if "-running-" in path.name]
        script = 'age -d -i "$1" "$2" | gunzip'
        words = ["sh", "-c", script, "sh", str(lab.root / "keys" / key), str(copy)]
        opened = subprocess.run(words, capture_output=True, text=True, check=True).stdout
        assert MARK in opened
        assert opened.strip() in vtysh(lab, name, "show running-config")


def test_a_second_night_without_a_change_makes_no_commit(night: tuple[Lab, Path, str]) -> None:
    lab, evidence, _ = night
    before = git(lab, "rev-parse", "main")
    done = play(lab, evidence)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"changed=0 ", done.stdout), "and the run says so"
    assert git(lab, "rev-parse", "main") == before


def test_a_change_by_hand_is_drift_and_a_changed_secret_is_seen(night: tuple[Lab, Path, str]) -> None:
    lab, evidence, _ = night
    approved = configs(lab, "approve", "--all", str(len(NAMES)), "--ticket", "CHG-2026-00001", "--role", "network")
    assert approved.returncode == 0, approved.stderr
    assert configs(lab, "drift").returncode == 0
    old = (lab.secrets / "WARDOPS_NETWORK_ENABLE").read_text(encoding="ascii")
    try:
        vtysh(lab, CHANGED, "configure terminal", f"enable password {MARK}-other", "interface lan0", "description behind our back")
        assert play(lab, evidence).returncode == 0
        changed = git(lab, "diff", "--name-only", "main~1", "main").split()
        assert {path.split("/")[1] for path in changed if path.endswith(".txt")} == {CHANGED}
        shown = configs(lab, "drift", "--diff")
        assert shown.returncode == 1
        assert "+ description behind our back" in shown.stdout
        masks = re.findall(r"^[-+] ?enable password <secret:([0-9a-f]{16})>$", shown.stdout, re.MULTILINE)
        assert len(set(masks)) == 2, shown.stdout
        assert MARK not in shown.stdout
        assert not {name for name in NAMES if name != CHANGED} & set(re.findall(r"\w+-\d\d-RT-\d\d", shown.stdout.partition("\n")[0]))
    finally:
        vtysh(lab, CHANGED, "configure terminal", f"enable password {old}", "interface lan0", "description office network")


def test_check_mode_stores_nothing(night: tuple[Lab, Path, str], tmp_path: Path) -> None:
    lab = night[0]
    shutil.copytree(lab.root / "configs", tmp_path / "before")
    done = play(lab, tmp_path / "evidence", "--check", "--diff")
    assert done.returncode == 0, done.stdout + done.stderr
    same = subprocess.run(["diff", "-r", str(tmp_path / "before"), str(lab.root / "configs")], capture_output=True, text=True, check=False)
    assert same.stdout == ""
    assert not list((tmp_path / "evidence").glob("*"))
