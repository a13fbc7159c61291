"""The lab itself: up, down, killed in between, closed to the outside, and hosts that really stop and start."""

from __future__ import annotations

import os
import random
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lab import fabric, hosts, lifecycle, processes
from lab.state import BASE, Lab
from lab.topology import CONTROL, FLEET, MACHINES, MANAGEMENT, linux_machines, machine, routers

from .conftest import REPOSITORY, command

NAMES = [each.name for each in MACHINES]


def network_namespaces() -> set[tuple[int, int]]:
    """Every network namespace that a process lives in."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            info = (process / "ns/net").stat()
        except OSError:
            continue
        found.add((info.st_dev, info.st_ino))
    return found


def mounts() -> list[str]:
    return sorted(line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines())


def test_up_twice_keeps_everything(own_lab: Lab) -> None:
    assert command(own_lab, "up").returncode == 0
    first = {name: processes.first_process(own_lab.netns(name)) for name in NAMES}
    secret = (own_lab.secrets / "WARDOPS_RADIUS_SECRET").read_text()
    assert command(own_lab, "up").returncode == 0
    assert {name: processes.first_process(own_lab.netns(name)) for name in NAMES} == first
    assert (own_lab.secrets / "WARDOPS_RADIUS_SECRET").read_text() == secret
    assert all(first[host.name] for host in linux_machines())


def traces(lab: Lab) -> list[str]:
    """What a lab of this name has left: folders, lock, mounts, interfaces."""
    found = [path for path in mounts() if f"{BASE}/{lab.name}" in path]
    found += [str(path) for path in (lab.root, BASE / f"{lab.name}.lock") if path.exists()]
    return found + [path.name for path in Path("/sys/class/net").iterdir() if path.name.startswith("v-")]


def test_down_leaves_nothing(own_lab: Lab) -> None:
    before = traces(own_lab)
    assert command(own_lab, "up").returncode == 0
    pids = processes.living_in([own_lab.netns(name) for name in NAMES])
    spaces = {(own_lab.netns(name).stat().st_dev, own_lab.netns(name).stat().st_ino) for name in [*NAMES, fabric.SWITCH]}
    assert len(pids) > len(linux_machines())
    assert spaces & network_namespaces()
    assert len(traces(own_lab)) > len(before)
    assert command(own_lab, "down").returncode == 0
    assert not spaces & network_namespaces()
    assert not [pid for pid in pids if alive(pid)]
    assert traces(own_lab) == before
    assert command(own_lab, "down").returncode == 0, "a second `down` has nothing to do"


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("seed", range(8))
def test_up_survives_a_kill_at_any_moment(own_lab: Lab, seed: int) -> None:
    chance = random.Random(seed)
    victim = subprocess.Popen(
        [sys.executable, "-m", "lab", "up"], cwd=REPOSITORY, env={**os.environ, "LAB": own_lab.name}, stdout=subprocess.DEVNULL
    )
    time.sleep(chance.uniform(0.12, 0.6))
    victim.kill()
    victim.wait()
    if seed % 2:
        assert command(own_lab, "down").returncode == 0
        assert traces(own_lab) == []
    done = command(own_lab, "up")
    assert done.returncode == 0, done.stderr
    for host in linux_machines():
        assert fabric.answers(own_lab, "ctl", host.address, 22)
        assert hosts.boots(own_lab, host) == 1, "a host's files must never be booted twice at a time"


def test_two_ups_at_once_make_one_lab(own_lab: Lab) -> None:
    words = [sys.executable, "-m", "lab", "up"]
    both = [subprocess.Popen(words, cwd=REPOSITORY, env={**os.environ, "LAB": own_lab.name}, stdout=subprocess.DEVNULL) for _ in "ab"]
    assert [each.wait(60) for each in both] == [0, 0]
    assert [hosts.boots(own_lab, host) for host in linux_machines()] == [1] * len(linux_machines())


def test_nothing_listens_outside(lab: Lab) -> None:
    address = machine("lg-rad01").address
    assert fabric.answers(lab, "ctl", address, 22), "inside, sshd greets"
    with socket.socket() as probe:
        probe.settimeout(1)
        try:
            probe.connect((address, 22))
            greeting = probe.recv(4)
        except OSError:
            greeting = b""
    assert greeting != b"SSH-", "outside, it cannot be reached"
    assert not [path.name for path in Path("/sys/class/net").iterdir() if path.name.startswith(("v-", "br0"))]


@pytest.mark.parametrize("name", [each.name for each in MACHINES if not each.router and each.name != CONTROL])
def test_a_machine_has_one_route_and_no_way_out(lab: Lab, name: str) -> None:
    words = ["run", "--on", name, "--"] if machine(name).kind == "bare" else ["enter", name]
    shown = command(lab, *words, "ip", "route").stdout.splitlines()
    assert len(shown) == 1
    assert shown[0].startswith("10.200.0.0/20 dev eth0 proto kernel scope link")


def test_the_control_host_reaches_the_management_addresses_and_nothing_else(lab: Lab) -> None:
    shown = command(lab, "run", "--", "ip", "route").stdout.splitlines()
    assert sorted(line.split()[0] for line in shown) == sorted(["10.200.0.0/20", MANAGEMENT, *(each.address for each in routers())])
    assert f"{MANAGEMENT} via {machine(FLEET).address} dev eth0" in " ".join(shown)


def test_secrets_are_private_and_random(lab: Lab, own_lab: Lab) -> None:
    assert command(own_lab, "up").returncode == 0
    assert stat.S_IMODE(lab.secrets.stat().st_mode) == 0o700
    for path in [*lab.secrets.iterdir(), lab.root / "keys/control", *lab.authority.glob("*.key")]:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
        assert path.read_bytes() != (own_lab.root / path.relative_to(lab.root)).read_bytes()
        assert path.stat().st_size >= (14 if path.name == "WARDLAB_OSPF_KEY" else 32), "OSPF takes 16 characters"


def test_host_key_is_checked(lab: Lab, tmp_path: Path) -> None:
    address = machine("lg-rad01").address
    words = ["run", "--", "ssh", "-i", str(lab.root / "keys/control"), "-o", "BatchMode=yes", "-o", "GlobalKnownHostsFile=/dev/null", "-o"]
    known = command(lab, *words, f"UserKnownHostsFile={lab.root / 'known_hosts'}", f"root@{address}", "hostname")
    assert known.stdout.strip() == "lg-rad01", known.stderr
    wrong = tmp_path / "known_hosts"
    other = re.search(r"^mn-rad01.*? (ssh-ed25519 \S+)", (lab.root / "known_hosts").read_text(), re.MULTILINE)
    assert other
    wrong.write_text(f"{address} {other[1]}\n")
    refused = command(lab, *words, f"UserKnownHostsFile={wrong}", f"root@{address}", "hostname")
    assert refused.returncode == 255
    assert "REMOTE HOST IDENTIFICATION HAS CHANGED" in refused.stderr


def test_stop_is_real_and_files_stay(lab: Lab) -> None:
    host = machine("in-rad01")
    assert (
        command(
            lab, "enter", host.name, "sh", "-c", "echo kept > /etc/kept; echo gone > /run/gone; sleep 1000 >/dev/null 2>&1 &"
        ).returncode
        == 0
    )
    pids = processes.living_in([lab.netns(host.name)])
    assert command(lab, "stop", host.name).returncode == 0
    assert not any(alive(pid) for pid in pids)
    assert not fabric.answers(lab, "ctl", host.address, 22)
    assert command(lab, "enter", host.name, "true").returncode == 1, "nothing runs on a host that is off"
    assert command(lab, "start", host.name).returncode == 0
    shown = command(lab, "enter", host.name, "sh", "-c", "cat /etc/kept; ls /run/gone; tail -n2 /var/log/boot.log")
    assert shown.stdout.startswith("kept\n")
    assert "No such file" in shown.stderr
    assert re.findall(r"^(down|boot) ", shown.stdout, re.MULTILINE) == ["down", "boot"]
    assert not Path("/etc/kept").exists(), "a host writes nowhere but into its own layer"
    assert command(lab, "reimage", host.name).returncode == 0
    assert command(lab, "enter", host.name, "ls", "/etc/kept").returncode == 2


def test_reboot_from_inside(lab: Lab) -> None:
    host = machine("mn-rad01")
    before, first = hosts.boots(lab, host), processes.first_process(lab.netns(host.name))
    assert command(lab, "enter", host.name, "reboot").returncode == 0
    deadline = time.monotonic() + 20
    while hosts.boots(lab, host) == before and time.monotonic() < deadline:
        time.sleep(0.05)
    hosts.wait_ready(lab, host)
    assert hosts.boots(lab, host) == before + 1
    assert processes.first_process(lab.netns(host.name)) != first


def test_cut_leaves_no_process(lab: Lab) -> None:
    host = machine("mn-rad01")
    assert command(lab, "cut", host.name).returncode == 0
    assert processes.living_in([lab.netns(host.name)]) == []
    assert "down" not in (lab.home(host.name) / "upper/var/log/boot.log").read_text().splitlines()[-1]
    assert command(lab, "up").returncode == 0, "`up` powers on what is off"
    assert hosts.running(lab, host)


def test_a_host_cannot_reach_the_machines_devices(lab: Lab) -> None:
    assert command(lab, "enter", "lg-rad02", "sh", "-c", "rm /dev/null && echo file > /dev/null").returncode == 0
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    assert command(lab, "reboot", "lg-rad02").returncode == 0
    assert command(lab, "enter", "lg-rad02", "test", "-c", "/dev/null").returncode == 0


def test_down_spares_what_is_not_the_labs(own_lab: Lab) -> None:
    bystander = subprocess.Popen(["sleep", "60"])
    try:
        assert command(own_lab, "up").returncode == 0
        lifecycle.down(own_lab)
        assert bystander.poll() is None
    finally:
        bystander.send_signal(signal.SIGTERM)
        bystander.wait()


@pytest.mark.parametrize("name", ["Ward", "a b", "../etc", "a" * 17, "1lab", "a-b", "x\n"])
def test_a_wrong_name_is_refused(own_lab: Lab, name: str) -> None:
    done = command(own_lab, "up", LAB=name)
    assert done.returncode == 1
    assert "use 1 to 16 lower-case letters and digits" in done.stderr


def test_without_a_lab_a_run_says_what_to_do(own_lab: Lab) -> None:
    done = command(own_lab, "run", "--", "true")
    assert done.returncode == 1
    assert "make lab-up" in done.stderr
    assert command(own_lab, "status").returncode == 3
