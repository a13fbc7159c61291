"""``install_patches.yml`` on simulated terminals: batches, a failing and a silent terminal, the stop, the second and the third run."""

from __future__ import annotations

import csv
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from ansible_collections.ward.ops.plugins.module_utils.patch.model import State

from lab.patchsim.windows.site import Site
from tests.winsim import GUID, PASSWORD, ROOT, USER, site, world

NIGHT = "patch_at=2027-01-13T20:00+09:00"


def ring(count: int) -> list[str]:
    """In the order of the ledger, which is that of the batches."""
    with (ROOT / "inventories/sample/ledgers/lgwan/terminals.csv").open(encoding="utf-8", newline="") as stream:
        found = [one["computer_name"] for one in csv.DictReader(stream) if one["ring"] == "R0" and one["status"] == "active"]
    return found[:count]


@pytest.fixture
def terminals(tmp_path: Path) -> Iterator[Site]:
    made = site(tmp_path, ring(4))
    (tmp_path / "sim.yml").write_text(yaml.safe_dump({"all": {"hosts": made.hosts}}), encoding="utf-8")
    yield made
    assert made.server.troubles == []
    made.close()


def play(folder: Path, made: Site, *words: str) -> subprocess.CompletedProcess[str]:
    variables = [f"patch_folder={folder / 'lists'}", "patch_run=run", NIGHT, "ring=R0"]
    sources = ["-i", "inventories/sample/lgwan", "-i", str(folder / "sim.yml"), "--limit", ":".join(made.hosts)]
    given = [word for one in variables for word in ("-e", one)]
    account = {"WARDOPS_WINDOWS_USER": USER, "WARDOPS_WINDOWS_PASSWORD": PASSWORD, "WARDOPS_WINDOWS_CA": str(made.spec.folder / "ca.crt")}
    surroundings = {**os.environ, **account, "WARDOPS_LAYER": "lgwan", "WARDOPS_EVIDENCE": str(folder / "evidence")}
    command = ["ansible-playbook", *sources, "playbooks/install_patches.yml", *given, *words]
    return subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True, timeout=300, check=False)


def states(folder: Path) -> dict[str, str]:
    content = json.loads((folder / "lists/run/results.json").read_text("utf-8"))
    return {one["host"]: one["state"] for one in content["terminals"]}


def test_a_ring_from_the_first_night_to_the_last(tmp_path: Path, terminals: Site) -> None:
    first, second, third, fourth = terminals.hosts
    ill, silent = terminals.machines[second].terminal, terminals.machines[third].terminal
    ill.model = "故障機"
    terminals.world.break_("故障機", GUID.format(1))

    foretold = play(tmp_path, terminals, "--check", "-e", "patch_serial=100%")
    assert foretold.returncode == 0, foretold.stdout[-3000:] + foretold.stderr
    assert f"changed: [{first}]" in foretold.stdout
    assert not (tmp_path / "lists").exists()
    assert terminals.world.state(terminals.machines[first].terminal, GUID.format(1)) is State.NOT_INSTALLED

    # one in a batch fails: the run stops there, and nobody is forgotten in the list
    silent.on = False
    stopped = play(tmp_path, terminals, "-e", "patch_serial=2")
    assert stopped.returncode == 2, stopped.stdout[-3000:]
    assert states(tmp_path) == {first: "installed", second: "failed", third: "waiting", fourth: "waiting"}
    assert terminals.machines[first].data["restarts"] == 1
    assert terminals.world.state(terminals.machines[fourth].terminal, GUID.format(1)) is State.NOT_INSTALLED

    # mended; one is still switched off
    terminals.world.mend("故障機", GUID.format(1))
    second_night = play(tmp_path, terminals, "-e", "patch_serial=100%", "-e", "patch_max_fail_percent=30")
    assert second_night.returncode == 2, second_night.stdout[-3000:]
    assert states(tmp_path) == {first: "installed", second: "installed", third: "unreachable", fourth: "installed"}
    text = (tmp_path / "lists/run/results.csv").read_text("utf-8-sig")
    assert PASSWORD not in text + second_night.stdout + second_night.stderr

    silent.on = True
    assert play(tmp_path, terminals, "-e", "patch_serial=100%").returncode == 0
    assert set(states(tmp_path).values()) == {"installed"}
    last = play(tmp_path, terminals, "-e", "patch_serial=100%")
    assert last.returncode == 0
    assert "changed=0" in last.stdout
    assert "changed=1" not in last.stdout
    for machine in terminals.machines.values():
        assert {terminals.world.state(machine.terminal, GUID.format(number)) for number in (1, 2)} == {State.INSTALLED}


def test_what_is_refused_before_a_terminal_is_asked(tmp_path: Path, terminals: Site) -> None:
    """The time, a ring that nobody is in, and a terminal that is bound to another WSUS server."""
    busy = play(tmp_path, terminals, "-e", "patch_at=2027-01-13T10:00+09:00")
    assert busy.returncode == 2
    assert "E1930" in busy.stdout
    nobody = play(tmp_path, terminals, "-e", "ring=R9")
    assert nobody.returncode == 2
    assert "-e ring=" in nobody.stdout
    assert terminals.server.requests == 0
    other = play(tmp_path, terminals, "-e", "patch_serial=100%", "-e", "windows_updates_wsus_url=https://wsus.ward.example:8531")
    assert other.returncode == 2
    assert "更新元の WSUS が違います" in other.stdout
    assert set(states(tmp_path).values()) == {"failed"}


def test_the_bound_server_is_recognised(tmp_path: Path) -> None:
    """Also when the policy spells it with a slash at its end."""
    names = ring(1)
    made = site(tmp_path, names, of=world(names, updates=1))
    try:
        key = r"hklm:\software\policies\microsoft\windows\windowsupdate"
        registry = made.machines[names[0]].data["registry"]
        registry[key] = {"path": key, "values": {"wuserver": ["WUServer", "string", "https://WSUS.ward.example:8531/"]}}
        registry[key + r"\au"] = {"path": key + r"\AU", "values": {"usewuserver": ["UseWUServer", "dword", 1]}}
        (tmp_path / "sim.yml").write_text(yaml.safe_dump({"all": {"hosts": made.hosts}}), encoding="utf-8")
        done = play(tmp_path, made, "-e", "windows_updates_wsus_url=https://wsus.ward.example:8531", "-e", "windows_updates_state=searched")
        assert done.returncode == 0, done.stdout[-3000:]
        assert states(tmp_path) == {names[0]: "planned"}
    finally:
        made.close()
