"""Delivery into a share: the few things of :mod:`delivery_places` over SMB."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from typing import BinaryIO

from ..common.problems import WardopsError, fail
from . import delivery_access, smb
from .archive import CHUNK
from .delivery_access import Access
from .delivery_places import Digest, Upload, copy


def _path(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


class SmbPlace:
    """A folder of a share."""

    def __init__(self, share: smb.Share, root: str) -> None:
        self._share = share
        self._root = root.strip("/")

    def folder(self, path: str, *, make: bool = False) -> Access | None:
        try:
            with self._share.open(_path(self._root, path), folder=True, make=make) as handle:
                return delivery_access.from_descriptor(handle.descriptor())
        except smb.Refused as refusal:
            if refusal.status in smb.MISSING:
                return None
            raise _refusal(refusal, path, "") from None

    def digest(self, path: str) -> Digest | None:
        try:
            with self._share.open(_path(self._root, path)) as handle:
                return _digest(handle)
        except smb.Refused as refusal:
            if refusal.status in smb.MISSING:
                return None
            raise _refusal(refusal, *path.rpartition("/")[::2]) from None

    def exists(self, path: str) -> bool:
        try:
            with self._share.open(_path(self._root, path)):
                return True
        except smb.Refused as refusal:
            return refusal.status not in smb.MISSING

    def remove(self, path: str) -> None:
        with contextlib.suppress(smb.Refused), self._share.open(_path(self._root, path), write=True) as handle:
            handle.delete()

    @contextlib.contextmanager
    def upload(self, folder: str, temporary: str) -> Iterator[Upload]:
        try:
            with self._share.open(_path(self._root, f"{folder}/{temporary}"), write=True) as handle:
                yield _SmbUpload(handle, _path(self._root, folder), (folder, temporary))
        except smb.Refused as refusal:
            raise _refusal(refusal, folder, temporary) from None

    def close(self) -> None:
        self._share.close()


class _SmbUpload:
    """:param names: folder and temporary name, for messages."""

    def __init__(self, handle: smb.Handle, folder: str, names: tuple[str, str]) -> None:
        self._handle = handle
        self._folder = folder
        self._names = names

    @contextlib.contextmanager
    def _refusals(self) -> Iterator[None]:
        try:
            yield
        except smb.Refused as refusal:
            raise _refusal(refusal, *self._names) from None

    def access(self) -> Access:
        with self._refusals():
            return delivery_access.from_descriptor(self._handle.descriptor())

    def write(self, source: BinaryIO) -> Digest:
        with self._refusals():
            written = copy(source, self._handle.write)
            self._handle.flush()
            return written

    def read_back(self) -> Digest:
        with self._refusals():
            return _digest(self._handle)

    def publish(self, name: str) -> bool:
        try:
            self._handle.rename(f"{self._folder}/{name}")
        except smb.Refused as refusal:
            if refusal.status in smb.TAKEN:
                return False
            raise _refusal(refusal, *self._names) from None
        return True

    def discard(self) -> None:
        with contextlib.suppress(smb.Refused):
            self._handle.delete()


def _digest(handle: smb.Handle) -> Digest:
    total = hashlib.sha256()
    size = 0
    while chunk := handle.read(size, CHUNK):
        total.update(chunk)
        size += len(chunk)
    return size, total.hexdigest()


def _refusal(refusal: smb.Refused, folder: str, name: str) -> WardopsError:
    if refusal.status in smb.IN_USE:
        return fail("E1426", folder=folder, name=name)
    if refusal.status in smb.FULL:
        return fail("E1428", folder=folder, reason=str(refusal))
    if refusal.status in smb.MISSING:
        return fail("E1424", folder=folder, reason=str(refusal))
    return fail("E1429", folder=folder, reason=str(refusal))
