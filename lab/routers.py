"""The routers: FRR with OSPF between the offices and the data centre, vtysh behind sshd, as a vendor's router is reached.

Two rings that share two routers: the data centre, 新小岩, 堀切 and 亀有 in area 0; 亀有, 金町, 水元, 高砂 and 新小岩 in area 1. The LAN of
each is its infrastructure zone in the sample ward, so that a lost router takes a real prefix with it.
"""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import subprocess
from pathlib import Path

from . import fabric
from .secretfiles import write_private
from .state import Lab, LabError
from .topology import machine, routers

_HERE = Path(__file__).parent
#: account of the routers; it exists on them only
ACCOUNT, _NUMBER = "netadmin", 30100
#: file with the host keys of the network devices, in the lab's folder
KNOWN_HOSTS = "known_hosts_network"
LAN = "lan0"
#: lines between the routers and the area that each belongs to
LINKS = (
    ("dca-01-rt-04", "ski-01-rt-01", 0),
    ("ski-01-rt-01", "hrk-01-rt-01", 0),
    ("hrk-01-rt-01", "kma-01-rt-01", 0),
    ("kma-01-rt-01", "dca-01-rt-04", 0),
    ("kma-01-rt-01", "knm-01-rt-01", 1),
    ("knm-01-rt-01", "mzm-01-rt-01", 1),
    ("mzm-01-rt-01", "tks-01-rt-01", 1),
    ("tks-01-rt-01", "ski-01-rt-01", 1),
)
#: seconds between hellos, until a silent neighbour is given up, and until a packet is sent again (FRR: at least 3)
_HELLO, _DEAD, _RETRANSMIT = 1, 4, 3


def loopback(name: str) -> str:
    """The router's own address, which is also its OSPF router id (RFC 5737: for documentation)."""
    return f"192.0.2.{[each.name for each in routers()].index(name) + 1}"


def lan(name: str) -> str:
    """The router's address in its site's network: same site block as the management address, first host."""
    second, third = machine(name).address.split(".")[1:3]
    return f"10.{int(second) - 12}.{third}.1"


def interfaces(name: str) -> list[tuple[str, str, str, int]]:
    """The router's lines: interface, address with prefix, neighbour, area."""
    found: list[tuple[str, str, str, int]] = []
    for number, (one, other, area) in enumerate(LINKS):
        if name in (one, other):
            address = f"198.51.100.{4 * number + (1 if name == one else 2)}/30"
            found.append((f"eth{len(found) + 1}", address, other if name == one else one, area))
    return found


def cables(lab: Lab) -> list[str]:
    """Commands of ``ip -batch`` that lay the lines, and give each router a LAN that something is plugged into."""
    commands = []
    for one, other, _area in LINKS:
        ends = [next(line[0] for line in interfaces(here) if line[2] == there) for here, there in ((one, other), (other, one))]
        commands.append(f"link add {ends[0]} netns {lab.netns(one)} type veth peer name {ends[1]} netns {lab.netns(other)}")
    for each in routers():
        commands.append(f"link add {LAN} netns {lab.netns(each.name)} type veth peer name {LAN}.pc netns {lab.netns(each.name)}")
    return commands


def unplug(lab: Lab, name: str) -> None:
    """What a router's loss of power does to its lines: the neighbours see no carrier, nothing is forwarded."""
    names = ["eth0", LAN, f"{LAN}.pc", *(line[0] for line in interfaces(name))]
    with fabric.inside(lab.netns(name)):
        fabric.run_tool(["ip", "-batch", "-"], "".join(f"link set {each} down\n" for each in names))


def set_mac(lab: Lab, name: str, mac: str) -> None:
    """Another unit has another MAC."""
    with fabric.inside(lab.netns(name)):
        fabric.run_tool(["ip", "link", "set", "eth0", "address", mac])


def started(lab: Lab, name: str, boot: int) -> bool:
    """Whether the daemons run, with the saved configuration, since this boot."""
    try:
        return int((lab.home(name) / "upper/var/log/frr/up").read_text(encoding="ascii")) == boot
    except (FileNotFoundError, ValueError):
        return False


def install(lab: Lab, name: str, upper: Path, *, factory: bool) -> None:
    """Adds to a host's first state what makes it a router.

    :param factory: as out of the box: an account and the management address, no configuration.
    :raises LabError: FRR is not installed on this machine.
    """
    try:
        user, group = pwd.getpwnam("frr"), grp.getgrnam("frrvty")
    except KeyError as error:
        raise LabError("frr is missing: install the Debian packages that the README lists") from error
    config = upper / "etc/frr"
    (upper / "var/log/frr").mkdir(exist_ok=True)
    config.mkdir(parents=True, exist_ok=True)
    text = _factory(name) if factory else configuration(name, secrets(lab))
    files = {
        "frr.conf": text,
        "vtysh.conf": f"service integrated-vtysh-config\nusername {ACCOUNT} nopassword\n",
        "management": f"{machine(name).address}\n",
    }
    for file, content in files.items():
        write_private(config / file, content.encode())
        os.chown(config / file, user.pw_uid, group.gr_gid)
        (config / file).chmod(0o660)
    # `write memory` is done by the account: vtysh writes beside and renames, which needs the folder (lab.md, section 6)
    os.chown(config, user.pw_uid, group.gr_gid)
    config.chmod(0o2775)
    _account(lab, upper, group)
    script = upper / "etc/rc2.d/S10router"
    script.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(_HERE / "files/router", script)
    script.chmod(0o755)
    settings = (upper / "etc/ssh/sshd_config").read_text(encoding="utf-8")
    only = "PasswordAuthentication yes\n AllowTcpForwarding no\n AllowAgentForwarding no\n X11Forwarding no"
    write_private(upper / "etc/ssh/sshd_config", f"{settings}PrintMotd no\nPrintLastLog no\nMatch User {ACCOUNT}\n {only}\n".encode())


def _account(lab: Lab, upper: Path, group: grp.struct_group) -> None:
    members = [*group.gr_mem, ACCOUNT]
    lines = Path("/etc/group").read_text(encoding="utf-8").splitlines()
    table = [f"frrvty:x:{group.gr_gid}:{','.join(members)}" if line.startswith("frrvty:") else line for line in lines]
    own = {
        "passwd": Path("/etc/passwd").read_text(encoding="utf-8") + f"{ACCOUNT}:x:{_NUMBER}:{_NUMBER}::/:/usr/bin/vtysh\n",
        "group": "\n".join([*table, f"{ACCOUNT}:x:{_NUMBER}:"]) + "\n",
        "shadow": f"root:*:20000::::::\n{ACCOUNT}:{_hashed(lab)}:20000::::::\n",
    }
    for file, content in own.items():
        write_private(upper / "etc" / file, content.encode())
        (upper / "etc" / file).chmod(0o640 if file == "shadow" else 0o644)


def _hashed(lab: Lab) -> str:
    """The account's password as crypt(5) has it; made once for all routers of a lab."""
    path = lab.secrets / "netadmin.shadow"
    if not path.exists():
        words = ["openssl", "passwd", "-5", "-stdin"]
        done = subprocess.run(words, input=secrets(lab)["WARDOPS_NETWORK_PASSWORD"], capture_output=True, text=True, check=True)
        write_private(path, done.stdout.strip().encode())
    return path.read_text(encoding="ascii")


def secrets(lab: Lab) -> dict[str, str]:
    """The lab's secrets that a router knows."""
    names = ("WARDOPS_NETWORK_PASSWORD", "WARDOPS_NETWORK_ENABLE", "WARDLAB_OSPF_KEY")
    return {name: (lab.secrets / name).read_text(encoding="ascii") for name in names}


def _factory(name: str) -> str:
    return f"frr defaults traditional\nhostname frr\nservice integrated-vtysh-config\n! a unit out of the box, in the place of {name}\n"


def configuration(name: str, secret: dict[str, str]) -> str:
    """The configuration that the router is delivered with (syntax: FRR 8.4 user guide, chapters Basic Commands, Zebra, OSPFv2)."""
    own = machine(name)
    lines = ["frr defaults traditional", f"hostname {name.upper()}", f"password {secret['WARDOPS_NETWORK_PASSWORD']}"]
    lines += [f"enable password {secret['WARDOPS_NETWORK_ENABLE']}", "service integrated-vtysh-config", "log syslog informational", "!"]
    lines += ["interface eth0", " description management", f" ip address {own.address}/32", "exit", "!"]
    for interface, address, neighbour, area in interfaces(name):
        lines += [f"interface {interface}", f" description to {neighbour.upper()}", f" ip address {address}"]
        lines += [" ip ospf area " + str(area), " ip ospf authentication message-digest", f" ip ospf dead-interval {_DEAD}"]
        lines += [f" ip ospf hello-interval {_HELLO}", f" ip ospf message-digest-key 1 md5 {secret['WARDLAB_OSPF_KEY']}"]
        lines += [" ip ospf network point-to-point", f" ip ospf retransmit-interval {_RETRANSMIT}", "exit", "!"]
    area = interfaces(name)[0][3]
    lines += [f"interface {LAN}", " description office network", f" ip address {lan(name)}/24", f" ip ospf area {area}", " ip ospf passive"]
    lines += ["exit", "!", "interface lo", f" ip address {loopback(name)}/32", f" ip ospf area {area}", "exit", "!"]
    lines += [
        "router ospf",
        f" ospf router-id {loopback(name)}",
        " log-adjacency-changes",
        " timers throttle spf 0 50 500",
        " timers throttle lsa all 50",
    ]
    lines += [" timers lsa min-arrival 0", "exit", "!"]
    lines += [f"ip prefix-list OFFICE seq 5 permit {lan(name).removesuffix('.1')}.0/24", "!", ""]
    return "\n".join(lines)
