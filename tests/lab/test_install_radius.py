"""install_radius.yml over SSH onto a lab host: check mode is honest, the diff shows no secret, the second run changes nothing."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from lab.state import Lab
from lab.topology import machine

from .conftest import command

HOST = machine("in-rad01")
PLAY = ("run", "--", "ansible-playbook", "-i", "inventories/lab/inet", "playbooks/install_radius.yml")


def play(lab: Lab, evidence: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return command(lab, *PLAY, *words, WARDOPS_LAYER="inet", WARDOPS_EVIDENCE=str(evidence), ANSIBLE_NOCOLOR="1")


def changed(done: subprocess.CompletedProcess[str]) -> int:
    found = re.search(r"^IN-RAD01 .*changed=(\d+)", done.stdout, re.MULTILINE)
    assert found, done.stdout[-3000:] + done.stderr
    return int(found[1])


def files(lab: Lab) -> set[str]:
    """What the host has written, as the machine sees it; not Ansible's own traces and the log of logins."""
    upper = lab.home(HOST.name) / "upper"
    found = {str(path.relative_to(upper)) for path in upper.rglob("*") if not path.is_dir()}
    return {path for path in found if not path.startswith(("root/.ansible", "var/log/sshd.log", "var/lib/postgresql/.ansible"))}


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("evidence")


def test_check_install_and_again(lab: Lab, evidence: Path) -> None:
    assert command(lab, "reimage", HOST.name).returncode == 0
    before = files(lab)
    checked = play(lab, evidence, "--check", "--diff")
    assert checked.returncode == 0, checked.stdout[-3000:] + checked.stderr
    assert changed(checked) > 0, "check mode on a fresh host announces changes"
    assert files(lab) == before, "and makes none"

    done = play(lab, evidence, "--diff")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    assert "+hostssl radius wardops 10.200.0.2/32 scram-sha-256" in done.stdout, "the diff shows what counts"
    assert "+client nas1 {" in done.stdout
    for path in [*lab.secrets.iterdir(), lab.authority / f"{HOST.name}.key"]:
        assert path.read_text() not in done.stdout + done.stderr + checked.stdout, path.name
    assert "PRIVATE KEY" not in done.stdout

    assert changed(play(lab, evidence, "--check")) == 0
    again = play(lab, evidence)
    assert again.returncode == 0
    assert changed(again) == 0


def test_a_missing_secret_stops_before_any_change(lab: Lab, evidence: Path) -> None:
    before = files(lab)
    done = play(lab, evidence, "-e", '{"radius_server_secrets": {"switches": ""}}', "--tags", "radius_server")
    assert done.returncode == 2
    assert "shorter than 16 characters" in done.stdout + done.stderr or "censored" in done.stdout + done.stderr
    assert files(lab) == before


def test_only_the_layers_own_server_is_there(lab: Lab, evidence: Path) -> None:
    done = command(lab, *PLAY, WARDOPS_LAYER="lgwan", WARDOPS_EVIDENCE=str(evidence), ANSIBLE_NOCOLOR="1")
    assert done.returncode == 4
    assert "E0403" in done.stdout + done.stderr
