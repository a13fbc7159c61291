"""Where files are delivered: a folder of this machine, or a share on a file server. Both do the same few things.

A file is written under a temporary name that only one run holds at a time, read back through the same handle, and given its final name,
which never replaces another file. Links in the way are refused. :class:`Broken` means that the connection broke.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Protocol

from ..common.problems import fail
from . import delivery_access
from .archive import CHUNK, digest
from .delivery_access import Access
from .fetch_sources import secret

Digest = tuple[int, str]


class Upload(Protocol):
    """A temporary file that this run alone has open."""

    def access(self) -> Access: ...

    def write(self, source: BinaryIO) -> Digest: ...

    def read_back(self) -> Digest: ...

    def publish(self, name: str) -> bool: ...

    def discard(self) -> None: ...


class Place(Protocol):
    """One target; paths are relative, their parts are checked names."""

    def folder(self, path: str, *, make: bool = False) -> Access | None: ...

    def digest(self, path: str) -> Digest | None: ...

    def exists(self, path: str) -> bool: ...

    def remove(self, path: str) -> None: ...

    def upload(self, folder: str, temporary: str) -> contextlib.AbstractContextManager[Upload]: ...

    def close(self) -> None: ...


def connect(settings: Mapping[str, Any], environment: Mapping[str, str]) -> Place:
    """The target of the policy.

    :raises Broken: no connection.
    :raises WardopsError: E1402 (environment), E1411, E1424, E1431 (see :class:`~.smb.Share`).
    """
    if settings["kind"] == "smb":
        from .delivery_smb import SmbPlace  # noqa: PLC0415 - its library is slow to load, and a local folder does without
        from .smb import Share  # noqa: PLC0415

        user = secret(settings, environment, "USER", "配信用アカウント", "delivering account")
        password = secret(settings, environment, "PASSWORD", "配信用アカウントのパスワード", "its password")
        return SmbPlace(Share(settings, user, password), settings["folder"])
    return LocalPlace(Path(settings["folder"]))


class LocalPlace:
    """A folder of this machine, or one that is mounted on it."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def folder(self, path: str, *, make: bool = False) -> Access | None:
        with self._refusals(path):
            if make:
                with self._open_folder(str(PurePosixPath(path).parent)) as parent, contextlib.suppress(FileExistsError):
                    # the group and the default ACL of the folder above are inherited where that is set up
                    os.mkdir(PurePosixPath(path).name, 0o770, dir_fd=parent)
            try:
                with self._open_folder(path) as descriptor:
                    return delivery_access.from_posix(os.fstat(descriptor), descriptor)
            except FileNotFoundError:
                return None

    def digest(self, path: str) -> Digest | None:
        try:
            with self._refusals(path), self._open_folder(str(PurePosixPath(path).parent)) as parent:
                flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
                with os.fdopen(os.open(PurePosixPath(path).name, flags, dir_fd=parent), "rb") as stream:
                    if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                        return -1, ""
                    return digest(stream)
        except FileNotFoundError:
            return None

    def exists(self, path: str) -> bool:
        return os.path.lexists(self._root / path)

    def remove(self, path: str) -> None:
        with contextlib.suppress(OSError):
            (self._root / path).unlink()

    @contextlib.contextmanager
    def upload(self, folder: str, temporary: str) -> Iterator[Upload]:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            with (
                self._refusals(folder),
                self._open_folder(folder) as parent,
                os.fdopen(os.open(temporary, flags, 0o640, dir_fd=parent), "r+b") as stream,
            ):
                _hold(stream.fileno(), parent, temporary, folder)
                yield _LocalUpload(stream, parent, temporary)
        except FileNotFoundError:
            raise fail("E1424", str(self._root), folder=folder, reason="not found") from None

    def close(self) -> None:
        """Nothing is open."""

    @contextlib.contextmanager
    def _open_folder(self, path: str) -> Iterator[int]:
        """The folder's descriptor; no part of the path may be a link."""
        descriptor = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for part in PurePosixPath(path).parts:
                below = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=descriptor)
                os.close(descriptor)
                descriptor = below
            yield descriptor
        finally:
            os.close(descriptor)

    @contextlib.contextmanager
    def _refusals(self, path: str) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise
        except OSError as error:
            reason = os.strerror(error.errno or 0)
            if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                raise fail("E1428", str(self._root), folder=path, reason=reason) from None
            if error.errno in (errno.ELOOP, errno.ENOTDIR):
                raise fail("E1424", str(self._root), folder=path, reason="a link or a file is in its place") from None
            raise fail("E1429", str(self._root), folder=path, reason=reason) from None


def _hold(descriptor: int, parent: int, name: str, folder: str) -> None:
    """Locks the temporary file; another run that has just given it its final name, or holds it, is in progress."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        current = os.stat(name, dir_fd=parent, follow_symlinks=False).st_ino == os.fstat(descriptor).st_ino
    except (BlockingIOError, FileNotFoundError):
        current = False
    if not current:
        raise fail("E1426", folder=folder, name=name)


class _LocalUpload:
    def __init__(self, stream: BinaryIO, parent: int, name: str) -> None:
        self._stream = stream
        self._parent = parent
        self._name = name
        os.ftruncate(stream.fileno(), 0)
        group = os.fstat(parent).st_gid
        if os.fstat(stream.fileno()).st_gid != group:
            os.fchown(stream.fileno(), -1, group)

    def access(self) -> Access:
        descriptor = self._stream.fileno()
        return delivery_access.from_posix(os.fstat(descriptor), descriptor)

    def write(self, source: BinaryIO) -> Digest:
        def append(chunk: bytes, _offset: int) -> None:
            self._stream.write(chunk)

        written = copy(source, append)
        self._stream.flush()
        os.fsync(self._stream.fileno())
        return written

    def read_back(self) -> Digest:
        os.posix_fadvise(self._stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)  # from the disk, not from memory
        self._stream.seek(0)
        return digest(self._stream)

    def publish(self, name: str) -> bool:
        try:
            os.link(self._name, name, src_dir_fd=self._parent, dst_dir_fd=self._parent, follow_symlinks=False)
        except FileExistsError:
            return False
        except OSError as error:
            if error.errno not in (errno.EPERM, errno.EOPNOTSUPP):
                raise
            return self._rename(name)  # a file system without hard links
        os.unlink(self._name, dir_fd=self._parent)
        os.fsync(self._parent)
        return True

    def _rename(self, name: str) -> bool:
        with contextlib.suppress(FileNotFoundError):
            os.stat(name, dir_fd=self._parent, follow_symlinks=False)
            return False
        os.rename(self._name, name, src_dir_fd=self._parent, dst_dir_fd=self._parent)
        os.fsync(self._parent)
        return True

    def discard(self) -> None:
        with contextlib.suppress(OSError):
            os.unlink(self._name, dir_fd=self._parent)


def copy(source: BinaryIO, append: Callable[[bytes, int], None]) -> Digest:
    """Give the source's bytes piece by piece, each with its position; size and SHA-256 of all."""
    total = hashlib.sha256()
    size = 0
    while chunk := source.read(CHUNK):
        append(chunk, size)
        total.update(chunk)
        size += len(chunk)
    return size, total.hexdigest()
