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


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine. The name is at most 13 characters long: its port on the bridge is called ``v-<name>``."""

    name: str
    address: str
    kind: Kind
    purpose: str

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
