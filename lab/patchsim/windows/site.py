"""A set of simulated terminals with their certificates, and the inventory through which Ansible finds them."""

from __future__ import annotations

import contextlib
import ipaddress
import resource
import ssl
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ...credentials import Authority
from ...topology import Machine as Address
from ..world import Terminal, World
from .authentication import Accounts
from .machine import Machine, Pace
from .server import Door, Server

#: loopback: nothing outside this machine can reach the terminals
FIRST = ipaddress.IPv4Address("127.85.0.1")


@dataclass(frozen=True, slots=True)
class Spec:
    """:param passwords: by account. :param state: where terminals keep what they are, or ``None``.

    :param folder: for the certificates; its ``ca.crt`` is what Ansible must trust. It must not be there yet.
    :param plain: also listen without TLS.
    :param answers: what scripts print, by script.
    """

    passwords: Mapping[str, str]
    folder: Path
    state: Path | None = None
    port: int = 0
    plain: bool = False
    pace: Pace = field(default_factory=Pace)
    domain: str = "lg.ward.example"
    answers: Mapping[str, str] = field(default_factory=dict)


class Site:
    """Terminals of a world, each behind a door of its own.

    :param world: whose updates they find. :param lock: held for everything that touches it (other threads must hold it too).
    """

    def __init__(self, world: World, terminals: Iterable[Terminal], spec: Spec) -> None:
        self.world, self.spec = world, spec
        self.lock = threading.RLock()
        self.authority = Authority(spec.folder)
        self.accounts = Accounts(dict(spec.passwords))
        self.server = Server(self.accounts)
        self.machines: dict[str, Machine] = {}
        self.hosts: dict[str, dict[str, Any]] = {}
        _allow_sockets()
        if spec.state:
            spec.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        for number, terminal in enumerate(terminals):
            self._add(terminal, str(FIRST + number))
        self.server.start()

    def _add(self, terminal: Terminal, address: str) -> None:
        name = terminal.name.lower()
        file = self.spec.state / f"{name}.json" if self.spec.state else None
        machine = Machine(terminal, self.world, self.lock, self.spec.pace, self.spec.domain, dict(self.spec.answers), file=file)
        self.authority.issue(Address(name, address, "bare", "simulated Windows terminal"))
        folder = self.spec.folder
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(folder / f"{name}.crt", folder / f"{name}.key")
        certificate = x509.load_pem_x509_certificate((folder / f"{name}.crt").read_bytes()).public_bytes(Encoding.DER)
        self.machines[terminal.name] = machine
        found = self.server.add(Door(machine, (address, self.spec.port), context, certificate))
        self.hosts[terminal.name] = {"ansible_host": address, "ansible_psrp_host": address, "ansible_port": found[1]}
        if self.spec.plain:
            plain = self.server.add(Door(machine, (address, 0), None))
            self.hosts[terminal.name]["winsim_http_port"] = plain[1]

    def variables(self, connection: str = "winrm", transport: str = "ntlm") -> dict[str, Any]:
        """Connection variables of all its terminals; the account and its password come from the environment."""
        common = {
            "ansible_connection": connection,
            "ansible_user": "{{ lookup('ansible.builtin.env', 'WARDOPS_WINDOWS_USER') }}",
            "ansible_password": "{{ lookup('ansible.builtin.env', 'WARDOPS_WINDOWS_PASSWORD') }}",
        }
        trust = str(self.spec.folder / "ca.crt")
        if connection == "psrp":
            return common | {"ansible_psrp_auth": transport, "ansible_psrp_protocol": "https", "ansible_psrp_ca_cert": trust}
        return common | {"ansible_winrm_transport": transport, "ansible_winrm_scheme": "https", "ansible_winrm_ca_trust_path": trust}

    def inventory(self, groups: Mapping[str, Iterable[str]] | None = None, **how: str) -> str:
        """As YAML. :param groups: names of terminals by group."""
        children = {group: {"hosts": dict.fromkeys(names)} for group, names in (groups or {}).items()}
        return yaml.safe_dump({"all": {"hosts": self.hosts, "vars": self.variables(**how), "children": children}}, allow_unicode=True)

    def close(self) -> None:
        self.server.close()
        for machine in self.machines.values():
            machine.save()
        self.accounts.close()


def _allow_sockets() -> None:
    """One listener for each terminal, and one socket for each connection: more than a shell's usual limit of open files."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
