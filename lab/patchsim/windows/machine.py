"""One simulated Windows terminal: what it keeps, how it restarts. Its updates are the world's."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import os
import secrets
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.ward.ops.plugins.module_utils.patch.model import State, Update

from ..world import Terminal, World

#: 100 ns ticks from 1601 to 1970
_EPOCH = 116_444_736_000_000_000
_MINUTE = 600_000_000
#: well-known accounts that need no password to be become
SYSTEM_ACCOUNTS = frozenset({"system", "nt authority\\system", "localsystem", "local service", "network service"})


def file_time(moment: dt.datetime) -> int:
    """As Windows counts: 100 ns since 1601."""
    return int(moment.timestamp() * 10_000_000) + _EPOCH


@dataclass(slots=True)
class Pace:
    """How long things take, in seconds of the wall clock.

    :param grace: what one second of ``shutdown /t`` is.
    :param boot: how long a restart takes.
    """

    grace: float = 1.0
    boot: float = 5.0


def fresh(name: str) -> dict[str, Any]:
    """What a new terminal has: plain data, so that it can be kept in a file."""
    windows = r"HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion"
    return {
        "name": name,
        "boot": 0,
        "restarts": 0,
        "down": False,
        "rename_to": "",
        "registry": {windows.lower(): {"path": windows, "values": {"productname": ["ProductName", "string", "Windows 11 Enterprise"]}}},
        "services": {
            key: {
                "name": key,
                "display_name": title,
                "state": "started",
                "start_mode": mode,
                "username": "LocalSystem",
                "path": "",
                "description": "",
            }
            for key, title, mode in (
                ("WinRM", "Windows Remote Management (WS-Management)", "auto"),
                ("wuauserv", "Windows Update", "manual"),
                ("BITS", "Background Intelligent Transfer Service", "delayed"),
                ("Spooler", "Print Spooler", "auto"),
            )
        },
        "features": {"NetFx3": False, "TelnetClient": False, "SMB1Protocol": True, "TFTP": False},
        "packages": {},
        "hotfixes": {},
        "users": {
            "administrator": {"name": "Administrator", "fullname": "", "description": "", "disabled": True, "password": "", "options": {}}
        },
        "groups": {
            "administrators": {"name": "Administrators", "members": ["Administrator"]},
            "users": {"name": "Users", "members": []},
            "remote desktop users": {"name": "Remote Desktop Users", "members": []},
        },
        "files": {},
        "jobs": {},
        "pending": [],
        "downloaded": [],
    }


@dataclass(eq=False)
class Machine:
    """:param data: plain data as :func:`fresh` makes it. :param world_lock: held for everything that touches the world.

    :param answers: what scripts print that it may be asked to run: any other is refused.
    """

    terminal: Terminal
    world: World
    world_lock: threading.RLock
    pace: Pace = field(default_factory=Pace)
    domain: str = "WORKGROUP"
    answers: dict[str, str] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    file: Path | None = None

    def __post_init__(self) -> None:
        self.lock = threading.RLock()
        self.away = threading.Event()
        self.sockets: set[socket.socket] = set()
        self.on_down: list[Callable[[], None]] = []
        #: a run of win_updates that is being polled, by the name of its pipe: not kept over a restart, as on Windows
        self.runs: dict[str, list[dict[str, Any]]] = {}
        self._timer: threading.Timer | None = None
        kept = self.file is not None and self.file.exists()
        self.data = fresh(self.terminal.name) if not kept else json.loads(self.file.read_text("utf-8"))  # type: ignore[union-attr]
        if kept:
            with self.world_lock:
                self.world.set_states(self.terminal, {guid: State(state) for guid, state in self.data.pop("updates").items()})
        if not self.data["boot"]:
            self.data["boot"] = file_time(self.world.now)
        if self.data["down"]:  # stopped while it restarted: it is up now
            self._booted()

    @property
    def name(self) -> str:
        return str(self.data["name"])

    # ---- what it keeps

    def save(self) -> None:
        """Written beside and renamed. Passwords are in there as hashes only."""
        if self.file is None:
            return
        with self.lock:
            with self.world_lock:
                updates = {guid: int(self.world.state(self.terminal, guid)) for guid in self.world.store.updates}
                text = json.dumps(self.data | {"updates": updates}, ensure_ascii=False, indent=1)
            # two requests may want to save at the same time
            beside = self.file.with_suffix(".new")
            with beside.open("w", encoding="utf-8") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
            beside.replace(self.file)

    # ---- updates

    def offered(self) -> list[Update]:
        """What its client finds on the server now."""
        with self.world_lock:
            return self.world.offered(self.terminal)

    def install(self, update: Update) -> State:
        with self.world_lock:
            return self.world.install(self.terminal, update)

    def report(self) -> None:
        """Tell the server how the updates stand."""
        with self.world_lock:
            self.world.report(self.terminal)

    def update_reboot(self) -> bool:
        """Whether an update waits for a restart."""
        with self.world_lock:
            return any(self.world.state(self.terminal, guid) is State.INSTALLED_PENDING_REBOOT for guid in self.world.store.updates)

    # ---- restarts

    @property
    def reachable(self) -> bool:
        return self.terminal.on and not self.away.is_set()

    def pending(self) -> list[str]:
        """Why a restart is wanted, in the words of ``win_reboot_info``."""
        reasons = list(self.data["pending"])
        if self.update_reboot():
            reasons.append("windows_update")
        if self.data["rename_to"]:
            reasons.append("pending_computer_rename")
        return reasons

    def shut_down(self, delay: float) -> None:
        """``shutdown /r /t <delay>``: a moment later all connections drop, and some time after that it is back."""
        with self.lock:
            if self._timer is not None or self.away.is_set():
                return
            self._timer = self._later(delay * self.pace.grace, self._gone)

    def _later(self, seconds: float, work: Callable[[], None]) -> threading.Timer:
        timer = threading.Timer(seconds, work)
        timer.daemon = True
        timer.start()
        return timer

    def _gone(self) -> None:
        with self.lock:
            self.away.set()
            self.data["down"] = True
            self.runs.clear()
            for work in self.on_down:
                work()
            for open_socket in list(self.sockets):
                with contextlib.suppress(OSError):  # the other side was quicker
                    open_socket.shutdown(socket.SHUT_RDWR)
            self._timer = self._later(self.pace.boot, self._back)
        self.save()

    def _back(self) -> None:
        with self.lock:
            self._booted()
            self._timer = None
        self.save()
        self.away.clear()

    def _booted(self) -> None:
        data = self.data
        data["down"] = False
        data["restarts"] += 1
        data["boot"] = max(file_time(self.world.now), data["boot"] + _MINUTE)
        data["name"], data["rename_to"] = data["rename_to"] or data["name"], ""
        data["pending"] = []
        with self.world_lock:
            self.world.reboot(self.terminal)
        self.report()

    def stop(self) -> None:
        """The sim ends: no timer fires any more."""
        with self.lock:
            if self._timer is not None:
                self._timer.cancel()


def password_hash(password: str, salt: str = "") -> str:
    """``salt$hash``, so that a state file holds no password."""
    salt = salt or secrets.token_hex(8)
    return f"{salt}${hashlib.scrypt(password.encode(), salt=salt.encode(), n=1024, r=8, p=1).hex()}"


def is_password(given: str, kept: str) -> bool:
    """Against what :func:`password_hash` made."""
    return bool(kept) and secrets.compare_digest(password_hash(given, kept.split("$", 1)[0]), kept)
