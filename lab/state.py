"""Where a lab keeps its things, and the lock that lets one command at a time change it."""

from __future__ import annotations

import fcntl
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .secretfiles import read_secrets
from .topology import machine

BASE = Path("/run/wardlab")
VARIABLE = "LAB"
DEFAULT = "ward"
_NAME = re.compile(r"[a-z][a-z0-9]{0,15}")


class LabError(Exception):
    """The lab cannot do what was asked. The text says what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Lab:
    """One lab. Everything that it owns is under :attr:`root`, a tmpfs, or lives in its network namespaces."""

    name: str

    @classmethod
    def from_environment(cls) -> Lab:
        """The lab that ``LAB`` names, or the default one.

        :raises LabError: the name is unusable, or the caller is not root.
        """
        name = os.environ.get(VARIABLE, "") or DEFAULT
        if _NAME.fullmatch(name) is None:
            raise LabError(f"{VARIABLE}={name!r}: use 1 to 16 lower-case letters and digits, starting with a letter")
        if os.geteuid() != 0:
            raise LabError("the lab makes network namespaces and mounts: run it as root (or with sudo)")
        return cls(name)

    @property
    def root(self) -> Path:
        return BASE / self.name

    @property
    def ready(self) -> Path:
        """Exists exactly when ``up`` has finished once."""
        return self.root / "ready"

    @property
    def secrets(self) -> Path:
        return self.root / "secrets"

    @property
    def authority(self) -> Path:
        """The folder of the lab's CA: ``ca.crt``, and ``<name>.crt`` / ``<name>.key`` of each Linux host."""
        return self.root / "ca"

    def netns(self, name: str) -> Path:
        return self.root / "net" / name

    def home(self, name: str) -> Path:
        """A Linux host's folder: ``upper`` (its writes), ``work``, ``root`` (where it is mounted), ``console.log``."""
        return self.root / "hosts" / machine(name).name

    def environment(self) -> dict[str, str]:
        """What a run in the lab needs, secrets included.

        :raises LabError: the lab is not up.
        """
        if not self.ready.exists():
            raise LabError(f"the lab {self.name!r} is not up: run `make lab-up` (python -m lab up)")
        return {
            VARIABLE: self.name,
            "WARDLAB_DIR": str(self.root),
            "PGSSLROOTCERT": str(self.authority / "ca.crt"),
            "ANSIBLE_SSH_CONTROL_PATH_DIR": str(self.root / "cp"),
            "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', '/usr/sbin:/usr/bin:/sbin:/bin')}",
            **self._payment(),
            **self._network(),
            **read_secrets(self.secrets),
        }

    def _payment(self) -> dict[str, str]:
        """Who fetches and delivers payment results, and where the keys lie; the password is one of the secrets."""
        return {
            "WARDOPS_PAYMENT_FILESERVER_USER": "wardpay",
            "WARDOPS_PAYMENT_CENTRE_USER": "wardpay",
            "WARDOPS_PAYMENT_CENTRE_SSH_KEY": str(self.root / "keys/payment"),
            "WARDOPS_PAYMENT_CENTRE_KNOWN_HOSTS": str(self.root / "known_hosts"),
            "WARDOPS_PAYMENT_CENTRE_CA": str(self.authority / "ca.crt"),
            "WARDOPS_PAYMENT_CENTRE_CERT": str(self.authority / "wardpay.crt"),
            "WARDOPS_PAYMENT_CENTRE_CERT_KEY": str(self.authority / "wardpay.key"),
        }

    def _network(self) -> dict[str, str]:
        """Who reads network devices, which host keys they have, and what opens the full copies of their configs."""
        return {
            "WARDOPS_NETWORK_USER": "netadmin",
            "WARDOPS_NETWORK_KNOWN_HOSTS": str(self.root / "known_hosts_network"),
            "WARDOPS_CONFIG_STORE": str(self.root / "configs"),
            "WARDOPS_CONFIG_IDENTITY": str(self.root / "keys/age-operations"),
        }

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Holds the lab's lock; waits for another command that holds it."""
        BASE.mkdir(mode=0o755, exist_ok=True)
        path = BASE / f"{self.name}.lock"
        while True:
            try:
                handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            except FileNotFoundError:  # the last lab's `down` has just removed the folder
                BASE.mkdir(mode=0o755, exist_ok=True)
                continue
            fcntl.flock(handle, fcntl.LOCK_EX)
            try:
                current = path.stat().st_ino == os.fstat(handle).st_ino
            except FileNotFoundError:
                current = False
            if current:
                break
            os.close(handle)
        try:
            yield
        finally:
            if not self.root.exists():
                path.unlink(missing_ok=True)
            os.close(handle)
            if not self.root.exists():
                _remove_if_empty(BASE)


def _remove_if_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:  # another lab lives here, or another command was faster
        return
