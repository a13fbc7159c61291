"""Story of a dead router: its successor comes out of the box, gets the last stored configuration, and the routes are back."""

from __future__ import annotations

import datetime as dt
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.network import platform
from ansible_collections.ward.ops.plugins.module_utils.network.capture import steady
from ansible_collections.ward.ops.plugins.module_utils.network.masking import Masker
from ansible_collections.ward.ops.plugins.module_utils.network.model import Capture, Device, Status
from ansible_collections.ward.ops.plugins.module_utils.network.store.status import Attempt
from ansible_collections.ward.ops.plugins.module_utils.network.store.store import ConfigStore, RunInfo

from lab import hosts
from lab.routers import lan
from lab.secretfiles import MARK
from lab.state import Lab
from lab.topology import machine

from .conftest import REPOSITORY, command

pytestmark = pytest.mark.xdist_group("network_lab")
DEAD, SPARE, HUB = "MZM-01-RT-01", "DCA-01-RT-07", "DCA-01-RT-04"
OFFICE = f"{lan(DEAD.lower()).removesuffix('1')}0/24"


def vtysh(lab: Lab, name: str, show: str) -> str:
    done = command(lab, "enter", name.lower(), "vtysh", "-c", show)
    assert done.returncode == 0, done.stderr
    return done.stdout


def wait_for(what: str, condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"no {what} within {seconds} s"
        time.sleep(0.2)


def reachable(lab: Lab) -> bool:
    """Whether the data centre has a route to the office, and the office answers."""
    known = re.search(rf"^O>\* {re.escape(OFFICE)} ", vtysh(lab, HUB, "show ip route ospf"), re.MULTILINE)
    return bool(known) and command(lab, "enter", HUB.lower(), "fping", "-c1", "-t500", lan(DEAD.lower())).returncode == 0


def store_config(lab: Lab, name: str) -> None:
    """Puts the router's running configuration into the lab's store."""
    rules = platform.load("frr")
    text = vtysh(lab, name, "show running-config")
    full = f"{text.strip()}\n".encode()
    masked = Masker((lab.secrets / "WARDOPS_CONFIG_MASK_KEY").read_bytes()).mask(rules, steady(rules, full))
    device = Device(name, "frr", machine(name.lower()).address, name[:3], "lgwan")
    store = ConfigStore(lab.root / "configs", (lab.root / "age-recipients").read_text(encoding="ascii").splitlines())
    run = RunInfo("before-the-accident", dt.datetime.now(dt.UTC), "lgwan")
    with store.locked(run.run_id):
        capture = Capture(device, "running", full, masked.text, masked.identity)
        saved = store.save(run, [capture], [Attempt(device, Status.STORED, seconds=1.0, via="test")])
    assert saved.commit


def play(lab: Lab, folder: Path, *words: str, **extra: str) -> subprocess.CompletedProcess[str]:
    variables = {"replace_dead": DEAD, "replace_spare": SPARE, "replace_ticket": "INC-2026-00042", "replace_folder": str(folder / "papers")}
    pairs = [word for name, value in {**variables, **extra}.items() for word in ("-e", f"{name}={value}")]
    inventory = str(REPOSITORY / "inventories/lab/lgwan")
    arguments = ["ansible-playbook", "-i", inventory, "playbooks/replace_network_device.yml", *pairs, *words]
    environment = {"WARDOPS_LAYER": "lgwan", "WARDOPS_EVIDENCE": str(folder / "evidence"), "ANSIBLE_NOCOLOR": "1"}
    return command(lab, "run", "--", *arguments, **environment)


def record_host_key(lab: Lab, fingerprint: str) -> None:
    """What the operator does: takes the key that the device shows if it is the one on its console."""
    address = machine(DEAD.lower()).address
    shown = command(lab, "run", "--", "ssh-keyscan", "-t", "ed25519", address).stdout
    checked = subprocess.run(["ssh-keygen", "-lf", "-"], input=shown, capture_output=True, text=True, check=True).stdout
    assert fingerprint in checked
    path = lab.root / "known_hosts_network"
    kept = [line for line in path.read_text(encoding="ascii").splitlines() if not line.startswith(f"{address} ")]
    path.write_text("\n".join([*kept, *(line for line in shown.splitlines() if not line.startswith("#"))]) + "\n", encoding="ascii")


@pytest.fixture
def accident(lab: Lab) -> Iterator[tuple[Lab, str]]:
    """The router's configuration is in the store; then it dies, and an empty unit stands in its place. With its configuration as it was."""
    known_hosts = lab.root / "known_hosts_network"
    before = known_hosts.read_bytes()
    wait_for("route to the office", lambda: reachable(lab), 30)
    good = vtysh(lab, DEAD, "show running-config")
    store_config(lab, DEAD)
    hosts.cut(lab, machine(DEAD.lower()))
    wait_for("loss of the office", lambda: not reachable(lab))
    record_host_key(lab, command(lab, "swap", DEAD.lower()).stdout.strip())
    yield lab, good
    known_hosts.write_bytes(before)
    subprocess.run(["rm", "-rf", str(lab.root / "configs")], check=True)
    hosts.reimage(lab, machine(DEAD.lower()))


def test_a_router_is_rebuilt_from_the_store_and_the_routes_are_back(accident: tuple[Lab, str], tmp_path: Path) -> None:
    lab, good = accident
    empty = vtysh(lab, DEAD, "show running-config")
    prepared = play(lab, tmp_path)
    assert prepared.returncode == 0, prepared.stdout + prepared.stderr
    assert {"check-sheet.html", "check-sheet.pdf", "notice.txt", "monitoring.csv"} <= {
        path.name for path in (tmp_path / "papers").iterdir()
    }
    planned = play(lab, tmp_path, "--check", "--diff", replace_state="loaded")
    assert planned.returncode == 0, planned.stdout + planned.stderr
    assert "router ospf" in planned.stdout
    assert vtysh(lab, DEAD, "show running-config") == empty, "a plan touches nothing"
    done = play(lab, tmp_path, "--diff", replace_state="loaded")
    assert done.returncode == 0, done.stdout + done.stderr
    wait_for("route to the office", lambda: reachable(lab))
    assert vtysh(lab, DEAD, "show running-config") == good
    hosts.reboot(lab, machine(DEAD.lower()))
    assert vtysh(lab, DEAD, "show running-config") == good, "it was saved"
    again = play(lab, tmp_path, replace_state="loaded")
    assert again.returncode == 0, again.stdout + again.stderr
    assert re.search(r"changed=0 ", again.stdout), again.stdout
    told = "".join(each.stdout + each.stderr for each in (prepared, planned, done, again))
    assert MARK not in told
    clear = subprocess.run(["grep", "-rla", MARK, str(tmp_path), str(lab.root / "configs")], capture_output=True, text=True, check=False)
    assert clear.stdout == "", "a secret lies about in clear"
    assert os.access(tmp_path / "evidence", os.R_OK)
