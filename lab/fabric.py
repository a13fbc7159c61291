"""The lab's network: one bridge in a namespace of its own, one namespace and one cable (veth pair) per machine."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from .state import Lab, LabError
from .topology import CONTROL, FLEET, MACHINES, MANAGEMENT, PREFIX_LENGTH, machine, routers

SWITCH = "switch"


def run_tool(arguments: Sequence[str], text: str | None = None) -> str:
    """Runs a system tool; its output.

    :raises LabError: it is missing or failed; the message has its own words.
    """
    try:
        done = subprocess.run(arguments, input=text, capture_output=True, text=True, check=True)
    except FileNotFoundError as error:
        raise LabError(f"{arguments[0]} is missing: install the Debian packages that the README lists") from error
    except subprocess.CalledProcessError as error:
        raise LabError(f"{' '.join(arguments)}: {error.stderr.strip()}") from error
    return done.stdout


@contextmanager
def inside(namespace: Path) -> Iterator[None]:
    """This thread in another network namespace. Sockets made inside stay there."""
    own = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    other = os.open(namespace, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.setns(other, os.CLONE_NEWNET)
        try:
            yield
        finally:
            os.setns(own, os.CLONE_NEWNET)
    finally:
        os.close(other)
        os.close(own)


def build(lab: Lab, cables: Sequence[str]) -> None:
    """Makes all namespaces and cables them.

    :param cables: commands of ``ip -batch`` for the lines beside the bridge.
    """
    (lab.root / "net").mkdir()
    for name in (SWITCH, *(each.name for each in MACHINES)):
        lab.netns(name).touch()
        run_tool(["unshare", f"--net={lab.netns(name)}", "ip", "link", "set", "lo", "up"])
    switch = ["link add br0 type bridge", "link set br0 up"]
    for each in MACHINES:
        address = f"address {each.mac} " if each.mac else ""
        switch.append(f"link add v-{each.name} type veth peer name eth0 {address}netns {lab.netns(each.name)}")
        switch.append(f"link set v-{each.name} master br0 up")
    _batch(lab.netns(SWITCH), [*switch, *cables])
    for each in MACHINES:
        if not each.router:  # a router gives itself its address when it boots
            _batch(lab.netns(each.name), [f"addr add {each.address}/{PREFIX_LENGTH} dev eth0", "link set eth0 up"])
    ways = [f"route add {each.address}/32 dev eth0" for each in routers()]
    _batch(lab.netns(CONTROL), [*ways, f"route add {MANAGEMENT} via {machine(FLEET).address}"])


def _batch(namespace: Path, commands: list[str]) -> None:
    with inside(namespace):
        run_tool(["ip", "-batch", "-"], "\n".join(commands) + "\n")


def answers(lab: Lab, origin: str, address: str, port: int, timeout: float = 0.5) -> bool:
    """Whether a TCP port accepts a connection and greets, as sshd does, asked from the machine ``origin``."""
    with inside(lab.netns(origin)):
        connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    with connection:
        connection.settimeout(timeout)
        try:
            connection.connect((address, port))
            return connection.recv(4) == b"SSH-"
        except OSError:
            return False
