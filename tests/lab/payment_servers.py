"""The lab's payment centre and file server for tests: the policy with addresses, the hosts' own files, and ``smbclient``."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from lab import fabric, hosts, payment, processes
from lab.state import Lab
from lab.topology import CENTRE, CONTROL, FILE_SERVER, machine

from .conftest import REPOSITORY

SECTIONS = ("0502", "0704", "未振分")


class Servers:
    """Both servers of one lab, as the control host sees them."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.environment = {**lab.environment(), "WARDOPS_PAYMENT_FILESERVER_USER": "wardpay"}
        self.policy: dict[str, Any] = yaml.safe_load((REPOSITORY / "inventories/sample/policies/payment_transfer.yml").read_bytes())
        # the control host's names; tests run outside of its mount namespace
        for item in [*self.policy["sources"], *self.policy["targets"]]:
            if "host" in item:
                item["host"] = machine(item["host"].removesuffix(".ward.example")).address
            item["stable_seconds"] = 0

    def settings(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = next(item for item in [*self.policy["sources"], *self.policy["targets"]] if item["name"] == name)
        return found

    @contextlib.contextmanager
    def reachable(self) -> Iterator[None]:
        """This thread is on the control host's network."""
        with fabric.inside(self.lab.netns(CONTROL)):
            yield

    def root(self, host: str) -> Path:
        """A host's files, as its own processes see them."""
        return Path(f"/proc/{processes.first_process(self.lab.netns(host))}/root")

    @property
    def out(self) -> Path:
        return self.root(CENTRE) / payment.OUT

    @property
    def share(self) -> Path:
        return self.root(FILE_SERVER) / payment.SHARE

    def offer(self, name: str, content: bytes, *, control: bool = True) -> None:
        (self.out / name).write_bytes(content)
        if control:
            (self.out / f"{name}.end").touch()

    def delivered(self) -> dict[str, bytes]:
        """Every file of the share, temporary ones too."""
        share = self.share
        return {str(path.relative_to(share)): path.read_bytes() for path in sorted(share.rglob("*")) if path.is_file()}

    def reset(self) -> None:
        """Empty folders with the rights of the beginning."""
        for path in self.out.iterdir():
            path.rmdir() if path.is_dir() else path.unlink()
        for section in self.share.iterdir():
            for path in section.iterdir():
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            section.chmod(0o2770)

    def wait(self) -> None:
        """Until smbd answers: it starts behind sshd, and after its accounts were made."""
        for _ in range(200):
            with self.reachable():
                done = subprocess.run(
                    [
                        "smbclient",
                        "-L",
                        machine(FILE_SERVER).address,
                        "-U",
                        f"wardpay%{self.environment['WARDOPS_PAYMENT_FILESERVER_PASSWORD']}",
                    ],
                    capture_output=True,
                    check=False,
                )
            if done.returncode == 0:
                return
        raise AssertionError(done.stdout + done.stderr)

    def smbclient(self, user: str, commands: str) -> subprocess.CompletedProcess[str]:
        """Samba's own client, encrypted, as one of the accounts; the password goes through the environment."""
        secret = self.environment["WARDOPS_PAYMENT_FILESERVER_PASSWORD" if user == "wardpay" else "WARDLAB_STAFF_PASSWORD"]
        with self.reachable():
            return subprocess.run(
                ["smbclient", f"//{machine(FILE_SERVER).address}/payment", "-U", user, "--client-protection=encrypt", "-c", commands],
                env={**os.environ, "PASSWD": secret},
                capture_output=True,
                text=True,
                timeout=30,
                check=False,
            )

    def power(self, host: str, *, on: bool) -> None:
        with self.lab.locked():
            if on:
                hosts.start(self.lab, machine(host))
                hosts.wait_ready(self.lab, machine(host))
            else:
                hosts.cut(self.lab, machine(host))

    def cable(self, host: str, *, connected: bool) -> None:
        """Pulls or plugs a host's cable at the switch."""
        with fabric.inside(self.lab.netns(fabric.SWITCH)):
            subprocess.run(["ip", "link", "set", f"v-{host}", "up" if connected else "down"], check=True)

    def enter(self, host: str, *words: str) -> None:
        """A command on a host, as root."""
        pid = processes.first_process(self.lab.netns(host))
        root = f"/proc/{pid}/root"
        namespaces = ["nsenter", f"--mount=/proc/{pid}/ns/mnt", f"--net=/proc/{pid}/ns/net", f"--pid=/proc/{pid}/ns/pid", f"--root={root}"]
        subprocess.run([*namespaces, *words], check=True, capture_output=True)


def with_settings(policy: Mapping[str, Any], name: str, **values: Any) -> dict[str, Any]:
    """The policy with other settings of one source or target."""
    changed = dict(policy)
    for kind in ("sources", "targets"):
        changed[kind] = [{**item, **values} if item["name"] == name else item for item in policy[kind]]
    return changed
