"""Full copies: gzip, then age (https://age-encryption.org/v1), to several public keys. The keys that open stand outside.

``age -d -i KEY FILE | gunzip`` gives the text without any program of ours.
"""

from __future__ import annotations

import contextlib
import ctypes
import gzip
import hashlib
import io
import os
import re
import stat
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pyrage import DecryptError, decrypt, encrypt, ssh, x25519

from ...common.files import read_bytes
from ...common.problems import WardopsError, fail
from .git import no_room
from .index import Line

#: no config is longer; a copy that grows beyond it when it is opened is none of ours
LONGEST = 256 * 1024 * 1024
_FILE = re.compile(r"[0-9a-f]{16,128}-[a-z][a-z0-9_]{0,31}-[0-9a-f]{16}\.age")


class Recipients:
    """The public keys to which every copy is encrypted.

    :param keys: ``age1…`` or ``ssh-ed25519 …``; operations and the safe deposit.
    :raises WardopsError: E1666 when there is none or one cannot be read. A secret key given by mistake is not repeated.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        texts = [key.strip() for key in keys if key.strip()]
        if not texts:
            raise fail("E1666", reason_ja="公開鍵が一つもありません", reason="there is no public key")
        self._keys = [_recipient(text, number) for number, text in enumerate(texts, 1)]
        self.fingerprint = hashlib.sha256("\n".join(sorted(texts)).encode()).hexdigest()[:16]

    def seal(self, text: bytes) -> bytes:
        return bytes(encrypt(gzip.compress(text, 1, mtime=0), self._keys))


def _recipient(text: str, number: int) -> Any:
    if "AGE-SECRET-KEY" in text.upper() or "PRIVATE KEY" in text.upper():
        raise fail(
            "E1666",
            reason_ja=f"{number} 番目は秘密鍵です。台帳・変数から消し、鍵を作り直してください",
            reason=f"number {number} is a secret key: take it away, and make a new pair",
        )
    with contextlib.suppress(Exception):  # the library's errors have no common class
        return x25519.Recipient.from_str(text) if text.startswith("age1") else ssh.Recipient.from_str(text)
    raise fail("E1666", reason_ja=f"{number} 番目の公開鍵が読めません", reason=f"public key number {number} cannot be read")


class Identities:
    """The keys that open copies. Nothing of them is ever shown."""

    def __init__(self, text: bytes, name: str) -> None:
        """:raises WardopsError: E1667 when there is no key in it."""
        self._keys: list[Any] = []
        if b"PRIVATE KEY" in text:
            with contextlib.suppress(Exception):
                self._keys.append(ssh.Identity.from_buffer(text))
        else:
            for line in text.decode("utf-8", "replace").splitlines():
                if line.strip() and not line.startswith("#"):
                    with contextlib.suppress(Exception):
                        self._keys.append(x25519.Identity.from_str(line.strip()))
        if not self._keys:
            raise fail("E1667", name, reason_ja="age の秘密鍵が入っていません", reason="there is no age identity in it")

    @classmethod
    def from_file(cls, path: Path) -> Identities:
        """:raises WardopsError: E0100 …, E1667 when others may read the file."""
        text = read_bytes(path)
        if path.stat().st_mode & 0o077:
            raise fail("E1667", str(path), reason_ja="ほかの利用者が読めます (chmod 600)", reason="others may read it (chmod 600)")
        return cls(text, str(path))

    def __repr__(self) -> str:
        return f"Identities({len(self._keys)})"

    def open(self, sealed: bytes, name: str) -> bytes:
        """:raises WardopsError: E1668 when no key fits or the copy is damaged."""
        try:
            packed = bytes(decrypt(sealed, self._keys))
            with gzip.open(io.BytesIO(packed)) as stream:
                text = stream.read(LONGEST + 1)
        except DecryptError:
            raise fail("E1668", name, reason_ja="この鍵では開けないか、壊れています", reason="no key opens it, or it is damaged") from None
        except (OSError, EOFError, zlib.error):
            raise fail("E1668", name, reason_ja="gzip ではありません", reason="it is no gzip") from None
        if len(text) > LONGEST:
            raise fail("E1668", name, reason_ja="大きすぎます", reason="it is too large")
        return text


class Copies:
    """The folder ``full/``, and ``incoming/`` where new copies wait for their commit."""

    def __init__(self, store: Path) -> None:
        self.folder = store / "full"
        self._incoming = store / "incoming"
        self._waiting: dict[str, str] = {}  # path below full/ → name below incoming/

    def add(self, line: Line, sealed: bytes) -> None:
        """Write a new copy beside. :raises WardopsError: E1662."""
        name = line.copy.replace("/", "~")
        path = self._incoming / name
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(sealed)
        except OSError as error:
            raise no_room(path, error) from None
        self._waiting[line.copy] = name

    def waiting(self) -> list[str]:
        return sorted(self._waiting)

    def settle(self) -> None:
        """Give the new copies their names; they were synced before."""
        try:
            for path, name in self._waiting.items():
                final = self.folder / path
                final.parent.mkdir(mode=0o700, exist_ok=True)
                (self._incoming / name).rename(final)
        except OSError as error:
            raise no_room(self.folder, error) from None
        self._waiting.clear()

    def clean(self) -> None:
        """Take away what a killed run left beside."""
        self._waiting.clear()
        for path in self._incoming.iterdir():
            path.unlink()

    def remove(self, paths: Sequence[str]) -> None:
        """:param paths: below ``full/``; what is not there is not missed."""
        for path in paths:
            (self.folder / path).unlink(missing_ok=True)
        for folder in {(self.folder / path).parent for path in paths}:
            with contextlib.suppress(OSError):  # not empty
                folder.rmdir()

    def listing(self) -> dict[str, float]:
        """Every copy that is there, with its time of change."""
        found = {}
        for folder in (entry for entry in os.scandir(self.folder) if entry.is_dir(follow_symlinks=False)):
            for entry in os.scandir(folder):
                if _FILE.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                    found[f"{folder.name}/{entry.name}"] = entry.stat(follow_symlinks=False).st_mtime
        return found

    def there(self, line: Line) -> bool:
        try:
            info = os.lstat(f"{self.folder}/{line.copy}")
        except OSError:
            return False
        return stat.S_ISREG(info.st_mode) and info.st_size > 0

    def sealed(self, line: Line) -> bytes:
        """The copy as it stands there, proved to be the one that was committed.

        :raises WardopsError: E1668 when it is gone or another.
        """
        path = self.folder / line.copy
        try:
            data = read_bytes(path, LONGEST)
        except WardopsError as error:
            reason = str(error.problems[0].params.get("reason", error.problems[0].code))
            raise fail("E1668", str(path), reason_ja=f"読めません ({reason})", reason=f"it cannot be read ({reason})") from None
        if hashlib.sha256(data).hexdigest() != line.sealed:
            raise fail("E1668", str(path), reason_ja="索引のハッシュと違います", reason="its hash is not the one of the index")
        return data


def sync(folder: Path) -> None:
    """Everything that was written to the folder's file system is on the disk (syncfs(2)); 600 single syncs would take seconds.

    :raises WardopsError: E1662.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if ctypes.CDLL(None, use_errno=True).syncfs(descriptor):
            raise no_room(folder, OSError(ctypes.get_errno(), ""))
    finally:
        os.close(descriptor)
