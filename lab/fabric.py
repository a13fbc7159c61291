"""The lab's network: one bridge in a namespace of its own, one namespace and one cable (veth pair) per machine."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from .state import Lab, LabError
from .topology import MACHINES, PREFIX_LENGTH

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


def build(lab: Lab) -> None:
    """Makes all namespaces and cables them."""
    (lab.root / "net").mkdir()
    for name in (SWITCH, *(each.name for each in MACHINES)):
        lab.netns(name).touch()
        run_tool(["unshare", f"--net={lab.netns(name)}", "ip", "link", "set", "lo", "up"])
    switch = ["link add br0 type bridge", "link set br0 up"]
    for each in MACHINES:
        switch.append(f"link add v-{each.name} type veth peer name eth0 netns {lab.netns(each.name)}")
        switch.append(f"link set v-{each.name} master br0 up")
    _batch(lab.netns(SWITCH), switch)
    for each in MACHINES:
        _batch(lab.netns(each.name), [f"addr add {each.address}/{PREFIX_LENGTH} dev eth0", "link set eth0 up"])


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
