"""A store of configs for tests: keys made on the spot, captures with a secret, runs."""

from __future__ import annotations

import datetime as dt
import hashlib
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

import pyrage
from ansible_collections.ward.ops.plugins.module_utils.network.model import Capture, Device, Status
from ansible_collections.ward.ops.plugins.module_utils.network.store.status import Attempt
from ansible_collections.ward.ops.plugins.module_utils.network.store.store import ConfigStore, RunInfo, Saved

SECRET = b"Z3cr3t-of-the-device"
BEGIN = dt.datetime(2025, 11, 2, 1, 30, tzinfo=dt.timezone(dt.timedelta(hours=9)))


class Keys:
    """Two pairs: operations and the safe deposit."""

    def __init__(self, folder: Path) -> None:
        self.pairs = [pyrage.x25519.Identity.generate() for _ in range(2)]
        self.recipients = [str(pair.to_public()) for pair in self.pairs]
        self.files = []
        for number, pair in enumerate(self.pairs):
            path = folder / f"identity-{number}.txt"
            path.touch(0o600)
            path.write_text(f"# created by a test\n# public key: {pair.to_public()}\n{pair}\n", encoding="ascii")
            self.files.append(path)


def device(name: str, site: str = "HON", platform: str = "cisco_ios") -> Device:
    return Device(name, platform, "127.0.0.1", site, "lgwan")


def capture(name: str, text: str = "hostname x", site: str = "HON", command: str = "running") -> Capture:
    """What the parts before the store would hand over: the secret masked, an identity of the full text."""
    full = f"! config of {name}\n{text}\nsnmp-server community ".encode() + SECRET + b"\nend\n"
    identity = hashlib.sha256(b"key" + full).hexdigest()
    return Capture(device(name, site), command, full, full.replace(SECRET, b"<secret:0123456789abcdef>"), identity)


def attempts(captures: Iterable[Capture], **failed: Status) -> list[Attempt]:
    good = {one.device.name: Attempt(one.device, Status.STORED, "", 1, 1.25, "asyncssh") for one in captures}
    bad = {name: Attempt(device(name.replace("_", "-")), status, "no answer", 3, 10.0, "asyncssh") for name, status in failed.items()}
    return [*good.values(), *bad.values()]


def info(run: str, day: int = 0, ledger: Iterable[str] | None = None) -> RunInfo:
    return RunInfo(run, BEGIN + dt.timedelta(days=day), "lgwan", ledger=None if ledger is None else frozenset(ledger))


def night(store: ConfigStore, run: str, captures: Sequence[Capture], day: int = 0, **failed: Status) -> Saved:
    """One whole run."""
    with store.locked(run):
        return store.save(info(run, day), captures, attempts(captures, **failed))


def git(store: ConfigStore, *words: str, check: bool = True) -> str:
    """The Git program itself, asked without our code."""
    command = ["git", f"--git-dir={store.folder}/configs.git", *words]
    return subprocess.run(command, check=check, capture_output=True, text=True).stdout


def everything(store: ConfigStore) -> dict[str, bytes]:
    """Every file of the store but the lock."""
    return {
        str(path.relative_to(store.folder)): path.read_bytes() for path in store.folder.rglob("*") if path.is_file() and path.name != "lock"
    }
