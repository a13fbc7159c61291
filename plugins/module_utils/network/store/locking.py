"""Who writes into the store: one run at a time, and the second one learns whose turn it is.

The lock is the kernel's (flock): it ends with its process, so there is no stale one, whatever the file says. The file only tells
people who holds it. Two hosts that share the folder over NFSv4 see each other's lock; where a file system does not pass locks on, the
compare-and-swap of the branch (E1661) still keeps the second run from overwriting the first.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from ...common.problems import Problem, WardopsError
from .git import no_room


@contextlib.contextmanager
def hold(path: Path, owner: str) -> Iterator[None]:
    """Hold the lock.

    :param owner: run id, for others to read.
    :raises WardopsError: E1660 with who holds it, E1662 when it cannot be written.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise no_room(path, error) from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _held(path, os.pread(descriptor, 1000, 0)) from None
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        note = {"run": owner, "pid": os.getpid(), "host": socket.gethostname(), "since": now}
        with contextlib.suppress(OSError):  # on a full disk the lock itself still holds
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps(note).encode() + b"\n", 0)
        yield
        with contextlib.suppress(OSError):
            os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def _held(path: Path, note: bytes) -> WardopsError:
    try:
        held = json.loads(note)
        facts = {name: str(held[name]) for name in ("run", "pid", "host", "since")}
    except (ValueError, KeyError, TypeError):
        facts = dict.fromkeys(("run", "pid", "host", "since"), "?")
    return WardopsError(Problem("E1660", str(path), params=facts))
