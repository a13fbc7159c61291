"""Files: written beside, synced and renamed; locked while two could write; read with a limit."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path

from .problems import fail

#: no ledger or policy of a ward thirty times the sample's size comes near this
MAX_BYTES = 64 * 1024 * 1024


def read_bytes(path: Path, limit: int = MAX_BYTES) -> bytes:
    """Read a regular file of at most ``limit`` bytes; the limit is checked before and while reading.

    :raises WardopsError: E0100 (cannot be read: missing, no permission, link loop), E0101 (too large),
        E0102 (a folder, pipe or device).
    """
    try:
        # O_NONBLOCK: a pipe in the place of a ledger must not hang the run
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise fail("E0100", str(path), reason=os.strerror(error.errno or 0)) from None
    info = os.fstat(descriptor)
    if not stat.S_ISREG(info.st_mode):
        os.close(descriptor)
        raise fail("E0102", str(path))
    with os.fdopen(descriptor, "rb") as stream:
        if info.st_size > limit:
            raise fail("E0101", str(path), size=info.st_size, limit=limit)
        data = stream.read(limit + 1)
    if len(data) > limit:
        raise fail("E0101", str(path), size=len(data), limit=limit)
    return data


def sha256(data: bytes) -> str:
    import hashlib  # noqa: PLC0415 - many commands only read, and start faster without it

    return hashlib.sha256(data).hexdigest()


def write_atomic(path: Path, data: bytes, mode: int | None = None, *, follow: bool = True) -> None:
    """Replace ``path`` by ``data`` so that a reader or a crash sees the old or the new file, never a part.

    The mode and (for root) the owner of an existing file are kept; a new file gets ``mode`` or 0644. A link is followed, so that
    it stays a link; without ``follow`` the link itself is replaced.

    :raises WardopsError: E0105 when the disk is full or the folder cannot be written; E0102 when a folder, pipe or device stands
        there (``/dev/null`` would become a file); what stood there is untouched.
    """
    import tempfile  # noqa: PLC0415 - as above

    target = Path(os.path.realpath(path)) if follow else path
    old = target.stat(follow_symlinks=follow) if target.exists(follow_symlinks=follow) else None
    if not follow and old and stat.S_ISLNK(old.st_mode):
        old = None
    if old and not stat.S_ISREG(old.st_mode):
        raise fail("E0102", str(path))
    if mode is None:
        mode = stat.S_IMODE(old.st_mode) if old else 0o644
    temporary = ""
    try:
        descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp")
        with os.fdopen(descriptor, "wb") as stream:
            if old and os.geteuid() == 0:
                os.fchown(stream.fileno(), old.st_uid, old.st_gid)
            os.fchmod(stream.fileno(), mode)
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).replace(target)
        sync_folder(target.parent)
    except OSError as error:
        if temporary:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
        raise fail("E0105", str(path), reason=os.strerror(error.errno or 0)) from None


def sync_folder(folder: Path) -> None:
    """Make a rename in ``folder`` durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def lock(path: Path, wait: float = 30.0) -> Iterator[None]:
    """Hold an exclusive lock on ``path`` (a file, made if missing, or a folder); the kernel frees it when the process dies.

    Lock the folder where files are replaced: a lock on a replaced file would guard nothing.

    :param wait: seconds to wait for another holder.
    :raises WardopsError: E0106 when another process still holds it after ``wait`` seconds.
    """
    flags = os.O_RDONLY | os.O_DIRECTORY if path.is_dir() else os.O_RDWR | os.O_CREAT
    descriptor = os.open(path, flags | os.O_CLOEXEC, 0o600)
    try:
        deadline = time.monotonic() + wait
        while not _try_lock(descriptor):
            if time.monotonic() >= deadline:
                raise fail("E0106", str(path), wait=wait)
            time.sleep(0.05)
        yield
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
            return False
        raise
    return True
