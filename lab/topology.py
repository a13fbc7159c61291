"""Which machines the lab has. Addresses are private to a lab: its bridge has no way out, so labs never collide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: ``bare``: a namespace that shares the machine's files; ``linux``: a host with its own files, processes and sshd
Kind = Literal["bare", "linux"]

PREFIX_LENGTH = 20
DOMAIN = "ward.example"
CONTROL = "ctl"
FILE_SERVER = "lg-file01"
CENTRE = "pay-centre"
FLEET = "netsim"
#: the block of the management addresses; what has no machine of its own in it is answered for by the simulated fleet
MANAGEMENT = "10.28.0.0/15"


#: of the spare router in the sample ward's ledger (DCA-01-RT-07), which takes the place of a router that is swapped
SPARE_MAC = "02:4b:54:00:17:a0"


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine. The name is at most 13 characters long: its port on the bridge is called ``v-<name>``."""

    name: str
    address: str
    kind: Kind
    purpose: str
    mac: str = ""  # of the first interface; the kernel chooses one when empty

    @property
    def router(self) -> bool:
        """Whether it is reached by a route to its own address: it lives in the management block, not on the bridge's network."""
        return not self.address.startswith("10.200.")

    @property
    def fqdn(self) -> str:
        return f"{self.name}.{DOMAIN}"


MACHINES = (
    Machine(CONTROL, "10.200.0.2", "bare", "control host: Ansible runs here"),
    Machine("lg-rad01", "10.200.0.21", "linux", "RADIUS server of the LGWAN layer"),
    Machine("lg-rad02", "10.200.0.24", "linux", "second RADIUS server of the LGWAN layer"),
    Machine("mn-rad01", "10.200.0.22", "linux", "RADIUS server of the resident-record layer"),
    Machine("in-rad01", "10.200.0.23", "linux", "RADIUS server of the internet layer"),
    Machine(FILE_SERVER, "10.200.0.31", "linux", "file server of the sections in the LGWAN layer (Samba)"),
    Machine(CENTRE, "10.200.0.41", "linux", "shared payment centre: SFTP, HTTPS with client certificates"),
    Machine("nas1", "10.200.0.101", "bare", "network access server: asks RADIUS as a switch does"),
    Machine(FLEET, "10.200.0.60", "bare", "simulated network devices (sim) at their ledger addresses; `python -m lab fleet start`"),
    Machine("dca-01-rt-04", "10.28.16.13", "linux", "router (FRR) of the data centre", "02:4b:54:00:15:cb"),
    Machine("kma-01-rt-01", "10.28.64.2", "linux", "router (FRR) of an office", "02:4b:54:00:16:3a"),
    Machine("knm-01-rt-01", "10.28.80.2", "linux", "router (FRR) of an office", "02:4b:54:00:16:45"),
    Machine("ski-01-rt-01", "10.28.96.2", "linux", "router (FRR) of an office", "02:4b:54:00:16:50"),
    Machine("hrk-01-rt-01", "10.28.112.2", "linux", "router (FRR) of an office", "02:4b:54:00:16:5b"),
    Machine("tks-01-rt-01", "10.28.128.2", "linux", "router (FRR) of an office", "02:4b:54:00:16:65"),
    Machine("mzm-01-rt-01", "10.28.144.2", "linux", "router (FRR) of an office", "02:4b:54:00:16:6f"),
    Machine("stranger", "10.200.0.102", "bare", "a machine that no server knows: must get no answer"),
)


def machine(name: str) -> Machine:
    """The machine of that name.

    :raises KeyError: there is none.
    """
    for candidate in MACHINES:
        if candidate.name == name:
            return candidate
    raise KeyError(name)


def linux_machines() -> tuple[Machine, ...]:
    return tuple(each for each in MACHINES if each.kind == "linux")


def routers() -> tuple[Machine, ...]:
    """The FRR routers; they bear the names, addresses and MACs of the sample ward's ledger."""
    return tuple(each for each in MACHINES if each.router)
