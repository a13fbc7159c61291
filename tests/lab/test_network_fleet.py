"""The simulated fleet (sim) at the ledger's addresses: there when started, gone when stopped, broken as asked."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

from lab import fleet
from lab.secretfiles import MARK
from lab.state import Lab
from lab.topology import FLEET, machine

from .conftest import REPOSITORY, command

pytestmark = pytest.mark.xdist_group("network_lab")
SILENT, CHANGED, HEALTHY = "KMA-01-L2-01", "KMA-01-L2-02", "KMA-01-L2-03"


def address(name: str) -> str:
    with fleet.LEDGER.open(encoding="utf-8", newline="") as stream:
        return next(row["mgmt_ip"] for row in csv.DictReader(stream) if row["name"] == name)


@pytest.fixture
def started(lab: Lab) -> Iterator[Lab]:
    done = command(lab, "fleet", "start", "--layer", "lgwan", "--fault", f"{SILENT}=unreachable", "--fault", f"{CHANGED}=changed-key")
    assert done.returncode == 0, done.stderr
    yield lab
    assert command(lab, "fleet", "stop").returncode == 0


def ping(lab: Lab, *addresses: str) -> subprocess.CompletedProcess[str]:
    return command(lab, "run", "--", "fping", "-a", "-i1", "-t300", "-r1", *addresses)


def test_the_fleet_answers_at_its_own_addresses_and_only_while_it_runs(started: Lab) -> None:
    rows = fleet.devices(["lgwan"])
    every = [row["mgmt_ip"] for row in rows]
    alive = set(ping(started, *every).stdout.split())
    assert alive == set(every) - {address(SILENT)}
    assert not ping(started, *[row["mgmt_ip"] for row in fleet.devices(["mn"])][:3]).stdout, "of other layers there is nothing"
    assert command(started, "fleet", "stop").returncode == 0
    assert ping(started, *every[:5], machine(FLEET).address).stdout.split() == [machine(FLEET).address]


def test_host_keys_are_recorded_for_all_and_a_changed_one_differs(started: Lab) -> None:
    known = {line.split()[0]: line.split()[2] for line in (started.root / "known_hosts_network").read_text(encoding="ascii").splitlines()}
    for name, same in ((HEALTHY, True), (CHANGED, False)):
        shown = command(started, "run", "--", "ssh-keyscan", "-T3", "-t", "ed25519", address(name)).stdout.split()
        assert shown[0] == address(name)
        assert (shown[2] == known[address(name)]) is same


def test_what_the_fleet_knows_is_private(started: Lab) -> None:
    description = started.root / "fleet/fleet.json"
    assert MARK in description.read_text(encoding="utf-8")
    assert description.stat().st_mode & 0o777 == 0o600
    assert len(json.loads(description.read_bytes())["devices"]) == len(fleet.devices(["lgwan"])) - 1


@pytest.mark.parametrize("word", ["NO-SUCH-DEVICE=silent", f"{HEALTHY}=no-such-fault"])
def test_what_is_not_there_cannot_be_broken(lab: Lab, word: str) -> None:
    done = command(lab, "fleet", "start", "--fault", word)
    assert done.returncode == 1
    assert "faults: unreachable, silent" in done.stderr


def test_every_platform_of_the_ledger_has_a_session() -> None:
    profiles = {row["os_profile"] for row in fleet.devices(fleet.LAYERS)}
    done = subprocess.run(
        [sys.executable, "-m", "lab.netsim", "--check", *sorted(profiles)], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
