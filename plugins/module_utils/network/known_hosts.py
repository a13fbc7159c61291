"""Host keys that were recorded on purpose: a file of OpenSSH's form (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT").

Plain and hashed names, ``[address]:port``, patterns and ``@revoked`` are understood. ``@cert-authority`` is not: the ward's devices have no
host certificates, and a line that would be passed over in silence is refused instead. Nothing is ever accepted on first sight here.
"""

from __future__ import annotations

import base64
import binascii
import fnmatch
import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from ..common.files import read_bytes
from ..common.problems import Problem, WardopsError


class Verdict(Enum):
    """What is to be thought of a key that a device shows."""

    KNOWN = "known"
    UNKNOWN = "unknown"  # nothing is recorded for the address
    CHANGED = "changed"  # another key is recorded, or this one was revoked


@dataclass(frozen=True, slots=True)
class Key:
    """A public key: its type, and the bytes that SSH sends (RFC 4253, section 6.6)."""

    kind: str
    data: bytes

    @property
    def fingerprint(self) -> str:
        """As ``ssh-keygen -l`` shows it."""
        return "SHA256:" + base64.b64encode(hashlib.sha256(self.data).digest()).decode().rstrip("=")


@dataclass(slots=True)
class KnownHosts:
    """The recorded keys, looked up by address."""

    exact: dict[str, list[Key]] = field(default_factory=dict)
    hashed: list[tuple[bytes, bytes, Key]] = field(default_factory=list)  # salt, HMAC-SHA1 of the name
    patterns: list[tuple[list[str], Key]] = field(default_factory=list)
    revoked: set[bytes] = field(default_factory=set)

    def keys(self, address: str, port: int = 22) -> list[Key]:
        """What is recorded for an address; a port other than 22 has lines of its own (``[address]:port``)."""
        name = name_of(address, port)
        found = list(self.exact.get(name, ()))
        for salt, digest, key in self.hashed:
            if hmac.compare_digest(hmac.digest(salt, name.encode(), "sha1"), digest):
                found.append(key)
        found += [key for patterns, key in self.patterns if _fits(name, patterns)]
        return [key for key in found if key.data not in self.revoked]

    def judge(self, address: str, port: int, data: bytes) -> Verdict:
        """:param data: the key that the device shows."""
        if data in self.revoked:
            return Verdict.CHANGED
        recorded = self.keys(address, port)
        if any(key.data == data for key in recorded):
            return Verdict.KNOWN
        return Verdict.CHANGED if recorded else Verdict.UNKNOWN


def name_of(address: str, port: int = 22) -> str:
    """How the file names a device."""
    return address if port == 22 else f"[{address}]:{port}"


def read(path: Path) -> KnownHosts:
    """The file's keys; an absent file is an empty one.

    :raises WardopsError: E0100-E0102 (file), E1630: every line that cannot be read.
    """
    return parse(read_bytes(path), str(path)) if path.exists() else KnownHosts()


def parse(data: bytes, path: str = "") -> KnownHosts:
    """:raises WardopsError: E1630."""
    known = KnownHosts()
    problems = []
    for number, line in enumerate(data.splitlines(), 1):
        try:
            _add(known, line)
        except (ValueError, IndexError) as error:
            ja, _, en = str(error).partition("|")
            problems.append(Problem("E1630", path, number, 0, {"reason_ja": ja, "reason": en or ja}))
    if problems:
        raise WardopsError(problems)
    return known


def _add(known: KnownHosts, line: bytes) -> None:
    words = line.decode("utf-8", "replace").split()
    if not words or words[0].startswith("#"):
        return
    revoked = words[0] == "@revoked"
    if words[0].startswith("@"):
        if not revoked:
            raise ValueError(f"{words[0]} は使えません|{words[0]} is not supported")
        words = words[1:]
    if len(words) < 3:
        raise ValueError("項目が足りません|fields are missing")
    key = _key(words[1], words[2])
    if revoked:
        known.revoked.add(key.data)
    elif words[0].startswith("|"):
        _, version, salt, digest = words[0].split("|")
        if version != "1":
            raise ValueError("ハッシュの版が不明です|unknown version of the hash")
        known.hashed.append((base64.b64decode(salt, validate=True), base64.b64decode(digest, validate=True), key))
    else:
        for name in _names(known, words[0], key):
            known.exact.setdefault(name, []).append(key)


def _names(known: KnownHosts, text: str, key: Key) -> Iterator[str]:
    names = text.split(",")
    if any(sign in text for sign in "*?!"):
        known.patterns.append((names, key))
        return
    for name in names:
        yield name.removeprefix("[").removesuffix("]:22") if name.endswith("]:22") else name


def _key(kind: str, text: str) -> Key:
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("鍵が base64 ではありません|the key is no base64") from None
    length = int.from_bytes(data[:4], "big")
    if data[4 : 4 + length] != kind.encode():
        raise ValueError("鍵の種類が合いません|the key is of another type")
    return Key(kind, data)


def _fits(name: str, patterns: list[str]) -> bool:
    """A negated pattern that fits wins, wherever it stands."""
    if any(one.startswith("!") and fnmatch.fnmatchcase(name, one[1:]) for one in patterns):
        return False
    return any(fnmatch.fnmatchcase(name, one.replace("[", "[[]")) for one in patterns if not one.startswith("!"))
