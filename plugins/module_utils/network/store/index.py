"""The index of the store: one line for each stored text, in the same commit, that ties it to its encrypted full copy.

``<site>/<device>/<command>.txt`` is the masked text; ``<site>/index.csv`` says of each device of the site: the keyed hash of the full
text (``identity``), its size, the Git object of the masked text, and the SHA-256 of the encrypted file. The last two prove, without
any key, that neither text nor copy was exchanged: they are part of the commit.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields

from ...common.problems import Problem, WardopsError, fail
from .git import Git

NAME = "index.csv"
Key = tuple[str, str]  # device, command

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
_COMMAND = re.compile(r"[a-z][a-z0-9_]{0,31}")
_IDENTITY = re.compile(r"[0-9a-f]{16,128}")
_DIGEST = re.compile(r"[0-9a-f]{40,64}")


@dataclass(frozen=True, slots=True)
class Line:
    """One stored text.

    :param bytes, lines: size of the full text.
    :param masked: Git's id of the masked text.
    :param sealed: SHA-256 of the encrypted full copy.
    :param recipients: fingerprint of the public keys it was encrypted to.
    """

    device: str
    command: str
    site: str
    platform: str
    identity: str
    bytes: int
    lines: int
    masked: str
    sealed: str
    recipients: str

    @property
    def key(self) -> Key:
        return self.device, self.command

    @property
    def path(self) -> str:
        """Of the masked text in the repository."""
        return f"{self.site}/{self.device}/{self.command}.txt"

    @property
    def copy(self) -> str:
        """Of the encrypted full copy, below ``full/``: a name is never used twice, since encryption is never the same twice."""
        return f"{self.device}/{self.identity}-{self.command}-{self.sealed[:16]}.age"


_COLUMNS = tuple(field.name for field in fields(Line))


def flaw(device: str, site: str, command: str, identity: str) -> str | None:
    """The first of the names that may not be one of a file in the store."""
    for text, pattern in ((device, _NAME), (site, _NAME), (command, _COMMAND), (identity, _IDENTITY)):
        if not pattern.fullmatch(text) or ".." in text or text.lower().endswith((".lock", ".git")):
            return text
    return device if device == NAME else None


def is_name(device: str) -> bool:
    """Whether a device of the store could be called so."""
    return flaw(device, "site", "running", "0" * 16) is None


def blob_id(text: bytes) -> str:
    """The id that Git gives a text."""
    return hashlib.sha1(b"blob %d\0" % len(text) + text, usedforsecurity=False).hexdigest()


def render(lines: Iterable[Line]) -> bytes:
    """The file, sorted."""
    rows = sorted((tuple(str(getattr(line, name)) for name in _COLUMNS) for line in lines), key=lambda row: row[:2])
    return "".join(f"{','.join(row)}\n" for row in (_COLUMNS, *rows)).encode()


def parse_row(text: str) -> Line | None:
    """One line of an index; ``None`` when it is none."""
    cells = text.split(",")
    if len(cells) != len(_COLUMNS):
        return None
    values = dict(zip(_COLUMNS, cells, strict=True))
    if flaw(values["device"], values["site"], values["command"], values["identity"]) is not None or not values["bytes"].isdecimal():
        return None
    if not (values["lines"].isdecimal() and _DIGEST.fullmatch(values["masked"]) and _DIGEST.fullmatch(values["sealed"])):
        return None
    return Line(**{**values, "bytes": int(values["bytes"]), "lines": int(values["lines"])})  # type: ignore[arg-type]


def parse(text: bytes, path: str) -> list[Line]:
    """:raises WardopsError: E1665, every line that is damaged."""
    rows = text.decode("utf-8", "backslashreplace").splitlines()
    if not rows or rows[0] != ",".join(_COLUMNS):
        raise fail("E1665", path, 1)
    lines = [parse_row(row) for row in rows[1:]]
    if bad := [Problem("E1665", path, number) for number, line in enumerate(lines, 2) if line is None]:
        raise WardopsError(bad)
    return [line for line in lines if line]


def read(git: Git, revision: str | None) -> dict[Key, Line]:
    """Every line of a commit; of none, nothing.

    :raises WardopsError: E1665 when an index is missing or damaged, E1663.
    """
    if not revision:
        return {}
    paths = [f"{site}/{NAME}" for site in git.names(revision)]
    held: dict[Key, Line] = {}
    for path, text in zip(paths, git.read([f"{revision}:{path}" for path in paths]), strict=True):
        if text is None:
            raise fail("E1665", path, 0)
        held.update({line.key: line for line in parse(text, path)})
    return held


def by_site(lines: Mapping[Key, Line]) -> dict[str, list[Line]]:
    held: dict[str, list[Line]] = {}
    for line in lines.values():
        held.setdefault(line.site, []).append(line)
    return held
