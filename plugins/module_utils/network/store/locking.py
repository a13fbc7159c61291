"""Who writes into the store: one run at a time, and the second one learns whose turn it is.

The lock is the kernel's (flock): it ends with its process and the ``git`` that this one started, so there is no stale one, whatever the
file says. The file only tells people who holds it. Two hosts that share the folder over NFSv4 see each other's lock; where a file
system does not pass locks on, the compare-and-swap of the branch (E1661) still keeps the second run from overwriting the first.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from ...common.problems import Problem, WardopsError
from .git import no_room

#: seconds for the Git of a run that was killed to end: it holds the lock as long as it writes
GRACE = 20.0


@contextlib.contextmanager
def hold(path: Path, owner: str) -> Iterator[int]:
    """Hold the lock; its descriptor is for the processes that write too.

    :param owner: run id, for others to read.
    :raises WardopsError: E1660 with who holds it, E1662 when it cannot be written.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise no_room(path, error) from None
    try:
        _acquire(descriptor, path)
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        note = {"run": owner, "pid": os.getpid(), "host": socket.gethostname(), "since": now}
        with contextlib.suppress(OSError):  # on a full disk the lock itself still holds
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps(note).encode() + b"\n", 0)
        yield descriptor
        with contextlib.suppress(OSError):
            os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, path: Path) -> None:
    until = time.monotonic() + GRACE
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            facts = _holder(os.pread(descriptor, 1000, 0))
            if not _dead(facts) or time.monotonic() > until:
                raise WardopsError(Problem("E1660", str(path), params=facts)) from None
            time.sleep(0.05)
        else:
            return


def _holder(note: bytes) -> dict[str, str]:
    try:
        held = json.loads(note)
        return {name: str(held[name]) for name in ("run", "pid", "host", "since")}
    except (ValueError, KeyError, TypeError):
        return dict.fromkeys(("run", "pid", "host", "since"), "?")


def _dead(holder: dict[str, str]) -> bool:
    """Whether the run that wrote its name there has ended, and only what it started is left."""
    if holder["host"] != socket.gethostname() or not holder["pid"].isdecimal():
        return False
    try:
        os.kill(int(holder["pid"]), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False
