"""The lab's processes: found by the network namespace that they live in, ended one by one through a pidfd."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path


def _namespace(path: str) -> tuple[int, int] | None:
    try:
        found = Path(path).stat()
    except OSError:  # ended meanwhile, a zombie, or no such file
        return None
    return found.st_dev, found.st_ino


def living_in(namespaces: Iterable[Path]) -> list[int]:
    """Pids of the processes in these network namespaces; zombies have none and are not listed."""
    wanted = {_namespace(str(path)) for path in namespaces} - {None, _namespace("/proc/1/ns/net")}
    if not wanted:
        return []
    pids = [entry.name for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [int(pid) for pid in pids if _namespace(f"/proc/{pid}/ns/net") in wanted]


def ancestors() -> set[int]:
    """This process and all those that it descends from."""
    pids, pid = set(), os.getpid()
    while pid > 0:
        pids.add(pid)
        pid = int(Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[1])
    return pids


def first_process(namespace: Path) -> int | None:
    """The pid, as the machine sees it, of the first process of the Linux host in this network namespace."""
    for pid in living_in([namespace]):
        try:
            status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
        except OSError:
            continue
        numbers = status.partition("\nNSpid:")[2].partition("\n")[0].split()
        if len(numbers) > 1 and numbers[-1] == "1":
            return pid
    return None


def send(pid: int, number: signal.Signals, namespace: Iterable[Path]) -> None:
    """Signals the process if it still is one of the namespaces' processes: the pidfd rules out a reused pid."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        if pid in living_in(namespace):
            signal.pidfd_send_signal(handle, number)
    except ProcessLookupError:
        return
    finally:
        os.close(handle)


def end_all(namespaces: list[Path], timeout: float = 10.0) -> list[int]:
    """Kills every process in the namespaces but this one and its ancestors; pids that are left after ``timeout`` s."""
    spared = ancestors()
    deadline = time.monotonic() + timeout
    while True:
        left = [pid for pid in living_in(namespaces) if pid not in spared]
        if not left or time.monotonic() > deadline:
            return left
        for pid in left:
            send(pid, signal.SIGKILL, namespaces)
        time.sleep(0.02)
