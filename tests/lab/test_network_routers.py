"""The lab's routers: what the ledger says they are, OSPF between them, reached as a vendor's device is, dead when they are dead."""

from __future__ import annotations

import csv
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import fabric, hosts, processes
from lab.routers import ACCOUNT, LINKS, interfaces, lan, loopback
from lab.secretfiles import MARK
from lab.state import Lab
from lab.topology import SPARE_MAC, machine, routers

from .conftest import REPOSITORY, command

pytestmark = pytest.mark.xdist_group("network_lab")
LEDGER = REPOSITORY / "inventories/sample/ledgers/network_devices.csv"
NAMES = [each.name for each in routers()]
HUB, VICTIM, BEHIND = "dca-01-rt-04", "mzm-01-rt-01", "10.16.144.1"


def vtysh(lab: Lab, name: str, *commands: str) -> str:
    words = [word for text in commands for word in ("-c", text)]
    done = command(lab, "enter", name, "vtysh", *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def routes(lab: Lab, name: str) -> set[str]:
    """Prefixes that the router has from OSPF, without its own."""
    return set(re.findall(r"^O>\* (\S+)", vtysh(lab, name, "show ip route ospf"), re.MULTILINE))


def wait_for(what: str, seconds: float, condition: object) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, f"no {what} within {seconds} s"
        time.sleep(0.2)


def others(name: str) -> set[str]:
    return {f"{lan(each).removesuffix('1')}0/24" for each in NAMES if each != name} | {
        f"{loopback(each)}/32" for each in NAMES if each != name
    }


@pytest.fixture
def converged(lab: Lab) -> Iterator[Lab]:
    """Every router knows every office; a router that a test destroyed is as it was."""
    for name in NAMES:
        wait_for(f"convergence on {name}", 30, lambda name=name: others(name) <= routes(lab, name))
    yield lab
    for name in (VICTIM,):
        if not hosts.running(lab, machine(name)) or "router ospf" not in vtysh(lab, name, "show running-config"):
            hosts.reimage(lab, machine(name))


def test_the_routers_are_those_of_the_ledger() -> None:
    with LEDGER.open(encoding="utf-8", newline="") as stream:
        table = [row for row in csv.DictReader(stream) if row["os_profile"] == "frr"]
    rows, (spare,) = [[row for row in table if row["status"] == status] for status in ("active", "spare")]
    ledger = {row["name"].lower(): (row["mgmt_ip"], row["mac"]) for row in rows}
    assert {each.name: (each.address, each.mac.replace(":", "")) for each in routers()} == ledger
    assert len(ledger) >= 6
    assert SPARE_MAC.replace(":", "") == spare["mac"]


def test_every_router_knows_every_office(converged: Lab) -> None:
    for one, other, _area in LINKS:
        shown = vtysh(converged, one, "show ip ospf neighbor")
        assert re.search(rf"^{re.escape(loopback(other))} .*Full", shown, re.MULTILINE), shown
    done = command(converged, "enter", HUB, "fping", "-c1", "-t500", *(lan(name) for name in NAMES))
    assert done.returncode == 0, done.stderr


def test_the_interface_has_the_mac_of_the_ledger(lab: Lab) -> None:
    for each in routers():
        with fabric.inside(lab.netns(each.name)):
            assert f"link/ether {each.mac}" in fabric.run_tool(["ip", "link", "show", "eth0"])


def test_the_running_configuration_is_the_saved_one(converged: Lab) -> None:
    saved = converged.home(HUB) / "upper/etc/frr/frr.conf"
    shown = vtysh(converged, HUB, "show running-config").partition("!\n")[2]
    assert shown.endswith("end\n")
    lines = {line.rstrip() for line in saved.read_text(encoding="ascii").splitlines()} - {"!", ""}
    missing = lines - set(shown.splitlines())
    assert missing == set()
    assert shown.count(MARK) == 2 + len(interfaces(HUB)), "there is something to mask"


def ssh(lab: Lab, address: str, text: str, known_hosts: Path, **environment: str) -> str:
    options = ("PubkeyAuthentication=no", "NumberOfPasswordPrompts=1", "GlobalKnownHostsFile=/dev/null", "ConnectTimeout=5")
    words = ["ssh", "-tt", *(word for option in options for word in ("-o", option))]
    script = 'exec "$@" < "$INPUT"'
    source = lab.root / "ssh-input"
    source.write_text(text, encoding="ascii")
    asker = lab.root / "asker"
    asker.write_text('#!/bin/sh\nprintf %s "$WARDOPS_NETWORK_PASSWORD"\n', encoding="ascii")
    asker.chmod(0o755)
    arguments = [*words, "-o", f"UserKnownHostsFile={known_hosts}", f"{ACCOUNT}@{address}"]
    environment |= {"SSH_ASKPASS": str(asker), "SSH_ASKPASS_REQUIRE": "force", "INPUT": str(source)}
    done = command(lab, "run", "--", "sh", "-c", script, "sh", *arguments, timeout=30, **environment)
    return done.stdout + done.stderr


def test_a_change_over_ssh_is_saved_and_survives_a_power_cut(converged: Lab) -> None:
    router = machine(VICTIM)
    change = "configure terminal\ninterface lan0\ndescription changed over ssh\nend\nwrite memory\nexit\n"
    shown = ssh(converged, router.address, change, converged.root / "known_hosts_network")
    assert f"{VICTIM.upper()}# write memory" in shown
    assert "Integrated configuration saved to /etc/frr/frr.conf" in shown, shown
    assert "Authentication failure" not in shown
    hosts.cut(converged, router)
    assert not hosts.running(converged, router)
    done = command(converged, "run", "--", "fping", "-c1", "-t300", router.address)
    assert done.returncode == 1, "a router without power does not answer"
    hosts.start(converged, router)
    hosts.wait_ready(converged, router)
    assert "description changed over ssh" in vtysh(converged, VICTIM, "show running-config")
    hosts.reimage(converged, router)
    assert "changed over ssh" not in vtysh(converged, VICTIM, "show running-config")


def test_a_wrong_host_key_is_refused(lab: Lab, tmp_path: Path) -> None:
    known = tmp_path / "known_hosts"
    lines = (lab.root / "known_hosts_network").read_text(encoding="ascii").splitlines()
    keys = {line.split()[0].split(",")[-1]: line.split(maxsplit=1)[1] for line in lines}
    known.write_text(f"{machine(HUB).address} {keys[machine(VICTIM).address]}\n", encoding="ascii")
    assert "REMOTE HOST IDENTIFICATION HAS CHANGED" in ssh(lab, machine(HUB).address, "exit\n", known)


def test_a_dead_router_takes_its_office_with_it_and_its_successor_starts_empty(converged: Lab) -> None:
    router = machine(VICTIM)
    prefix = f"{BEHIND.removesuffix('1')}0/24"
    hosts.cut(converged, router)
    wait_for("loss of the office", 15, lambda: prefix not in routes(converged, HUB))
    assert others(HUB) - {prefix, f"{loopback(VICTIM)}/32"} <= routes(converged, HUB), "the ring carries the others"
    fingerprint = command(converged, "swap", VICTIM).stdout.strip()
    shown = vtysh(converged, VICTIM, "show running-config")
    assert "router ospf" not in shown
    assert MARK not in shown
    assert prefix not in routes(converged, HUB)
    refused = ssh(converged, router.address, "exit\n", converged.root / "known_hosts_network")
    assert "REMOTE HOST IDENTIFICATION HAS CHANGED" in refused, "another unit has another host key"
    assert fingerprint in refused, "and the console says which"
    with fabric.inside(converged.netns(VICTIM)):
        assert f"link/ether {SPARE_MAC}" in fabric.run_tool(["ip", "link", "show", "eth0"])
    hosts.reimage(converged, router)
    wait_for("return of the office", 15, lambda: prefix in routes(converged, HUB))


def test_a_router_keeps_nothing_of_a_life_before(converged: Lab) -> None:
    """The namespace outlives the router; addresses that were not saved do not."""
    router = machine(VICTIM)
    vtysh(converged, VICTIM, "configure terminal", "interface lan0", "ip address 203.0.113.1/24")
    before = hosts.boots(converged, router)
    hosts.reboot(converged, router)
    assert hosts.boots(converged, router) == before + 1
    with fabric.inside(converged.netns(VICTIM)):
        shown = fabric.run_tool(["ip", "address"])
    assert "203.0.113.1" not in shown
    assert f"{BEHIND}/24" in shown
    assert processes.first_process(converged.netns(VICTIM))
