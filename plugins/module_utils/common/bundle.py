"""A bundle: a folder that carries files from one network layer to another on a registered medium (DESIGN, "network layers never mix").

``manifest.json`` names every file with size and SHA-256, ``manifest.json.sig`` is somebody's signature over it, ``files/`` holds the rest.
A folder of plain files and no archive: sanitising gateways (無害化) unpack and rewrite archives, and what is not unpacked attacks nobody.
Bundles of one direction are numbered and chained by the hash of the manifest before, so that none can be left out, repeated or swapped.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from .files import read_bytes, sha256, sync_folder, write_atomic
from .problems import Problem, WardopsError, fail
from .signing import sign, verify
from .text import one_line

MANIFEST, SIGNATURE, FILES = "manifest.json", "manifest.json.sig", "files"
#: bytes: of the manifest, of a file that is read whole, and how many files there may be
_LIMIT, _FILE_LIMIT, _COUNT = 4 * 1024 * 1024, 64 * 1024 * 1024, 5000
_PIECE = 1024 * 1024
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,120}")
_HASH = re.compile(r"[0-9a-f]{64}")
_WORD = re.compile(r"[a-z][a-z0-9_]{0,31}")
#: names that mean devices on Windows, where the medium may be looked at
_DEVICES = re.compile(r"(?i)(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)")


@dataclass(frozen=True, slots=True)
class Entry:
    """A file: path below ``files/`` (or a name beside the bundle), bytes, SHA-256."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a bundle is.

    :param kind: what it carries. :param number: 1 for the first one from ``source`` to ``target``, then 2, 3 …
    :param previous: SHA-256 of the manifest before; empty for the first.
    :param medium: number in the ledger media. :param application: 申請番号 of its approval.
    :param facts: what the kind adds. :param beside: large files that travel on the same medium outside of the bundle.
    """

    kind: str
    source: str
    target: str
    number: int
    previous: str
    made_at: str
    purpose: str
    application: str
    medium: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[Entry, ...] = ()
    beside: tuple[Entry, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.source}-{self.target}-{self.number:05d}"

    def encode(self) -> bytes:
        """The same manifest is the same bytes."""
        lists = {name: [[one.path, one.size, one.sha256] for one in getattr(self, name)] for name in ("files", "beside")}
        content = {"format": 1, **{name: getattr(self, name) for name in self.__slots__}, **lists}
        return (json.dumps(content, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()


def decode(data: bytes, path: str) -> Manifest:
    """:raises WardopsError: E1922 when it is no manifest."""
    try:
        content = json.loads(data)
        if content.pop("format") != 1 or set(content) != set(Manifest.__slots__):
            raise ValueError("keys")
        texts = ("kind", "source", "target", "previous", "made_at", "purpose", "application", "medium")
        if not all(isinstance(content[name], str) and one_line(content[name]) and len(content[name]) <= 500 for name in texts):
            raise ValueError("texts")
        if not all(_WORD.fullmatch(content[name]) for name in ("kind", "source", "target")):
            raise ValueError("kind, source, target")
        if type(content["number"]) is not int or not 1 <= content["number"] <= 99999 or not isinstance(content["facts"], dict):
            raise ValueError("number, facts")
        if content["previous"] and not _HASH.fullmatch(content["previous"]):
            raise ValueError("previous")
        lists = {name: _entries(content[name], deep=name == "files") for name in ("files", "beside")}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise fail("E1922", path, reason=f"{type(error).__name__} {error}"[:200]) from None
    return Manifest(**{**content, **lists})


def _entries(given: Any, *, deep: bool) -> tuple[Entry, ...]:
    entries = tuple(Entry(str(path), int(size), str(digest)) for path, size, digest in given)
    for one in entries:
        parts = one.path.split("/")
        if not 1 <= len(parts) <= (4 if deep else 1) or not all(_NAME.fullmatch(part) and not _DEVICES.match(part) for part in parts):
            raise ValueError(f"path {one.path!r}")
        if one.size < 0 or not _HASH.fullmatch(one.sha256):
            raise ValueError(f"entry {one.path!r}")
    if len(entries) > _COUNT or len({one.path.casefold() for one in entries}) != len(entries):
        raise ValueError("paths")
    return entries


def measured(path: Path) -> Entry:
    """A file's size and hash, read piece by piece. :raises WardopsError: E0100, E0101 (no plain file), E0102."""
    digest, size = hashlib.sha256(), 0
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            raise fail("E1924", path.name, reason_ja="普通のファイルではありません", reason="no plain file")
        with path.open("rb") as stream:
            while piece := stream.read(_PIECE):
                digest.update(piece)
                size += len(piece)
    except FileNotFoundError:
        raise fail("E0100", str(path)) from None
    except OSError as error:
        raise fail("E0102", str(path), reason=os.strerror(error.errno or 0)) from None
    return Entry(path.name, size, digest.hexdigest())


def filled(manifest: Manifest, contents: Mapping[str, bytes]) -> Manifest:
    """The manifest with the entries of its files.

    :param contents: path → bytes.
    :raises WardopsError: E1922 for a path that cannot travel.
    """
    files = tuple(Entry(path, len(data), sha256(data)) for path, data in sorted(contents.items()))
    whole = replace(manifest, files=files)
    decode(whole.encode(), MANIFEST)
    return whole


def digest_of(manifest: Manifest) -> str:
    """What the next bundle of the direction names as the one before it."""
    return sha256(manifest.encode())


def make(folder: Path, manifest: Manifest, contents: Mapping[str, bytes], key: Path) -> Path:
    """Write and sign ``folder/<name>``; whole or not at all.

    :param manifest: of :func:`filled`.
    :raises WardopsError: E1920 (signature), E1923 (it is there already), E0105 (cannot be written).
    """
    place = folder / manifest.name
    if place.exists():
        raise fail("E1923", str(place))
    data = manifest.encode()
    signature = sign(data, key)
    half = folder / f".{manifest.name}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(half, ignore_errors=True)
        for path, content in contents.items():
            (half / FILES / path).parent.mkdir(parents=True, exist_ok=True)
            write_atomic(half / FILES / path, content, 0o644)
        (half / FILES).mkdir(parents=True, exist_ok=True)
        write_atomic(half / SIGNATURE, signature, 0o644)
        write_atomic(half / MANIFEST, data, 0o644)
        half.rename(place)
        sync_folder(folder)
    except OSError as error:
        shutil.rmtree(half, ignore_errors=True)
        raise fail("E0105", str(place), reason=os.strerror(error.errno or 0)) from None
    return place


@dataclass(frozen=True, slots=True)
class Opened:
    """A bundle of which everything was verified. :param digest: of its manifest; the next one names it."""

    manifest: Manifest
    digest: str
    signer: str
    contents: Mapping[str, bytes]


def open_bundle(folder: Path, layer: str, allowed: Path, revoked: Path | None = None, beside: Path | None = None) -> Opened:
    """Verify a bundle: signature first, then layer, then every file; nothing is believed before.

    :param layer: that of this control node. :param beside: where the large files are, when the manifest names some.
    :raises WardopsError: E1921 (signature), E1922 (manifest), E1924 (files; every one), E1925 (another layer's), E0100-E0102.
    """
    data = read_bytes(_plain(folder, MANIFEST), _LIMIT)
    signer = verify(data, read_bytes(_plain(folder, SIGNATURE), 65536), allowed, revoked)
    manifest = decode(data, str(folder / MANIFEST))
    if manifest.target != layer or manifest.source == layer:
        raise fail("E1925", str(folder), source=manifest.source, target=manifest.target, layer=layer)
    contents, problems = _contents(folder, manifest)
    problems += _beside(manifest, beside)
    if problems:
        raise WardopsError(problems)
    return Opened(manifest, sha256(data), signer, contents)


def _plain(folder: Path, name: str) -> Path:
    path = folder / name
    if folder.is_symlink() or path.is_symlink():
        raise fail("E1924", name, reason_ja="リンクです", reason="a link")
    return path


def _contents(folder: Path, manifest: Manifest) -> tuple[dict[str, bytes], list[Problem]]:
    wanted = {one.path: one for one in manifest.files}
    found, problems = _listed(folder)
    contents: dict[str, bytes] = {}
    for path in sorted(wanted.keys() | found):
        if path not in wanted:
            problems.append(_wrong(path, "目録にないファイルです", "not in the manifest"))
        elif path not in found:
            problems.append(_wrong(path, "ファイルがありません", "missing"))
        else:
            entry = wanted[path]
            data = read_bytes(folder / FILES / path, _FILE_LIMIT)
            if len(data) != entry.size or sha256(data) != entry.sha256:
                problems.append(_wrong(path, "内容が目録と違います", "differs from the manifest"))
            contents[path] = data
    return contents, problems


def _listed(folder: Path) -> tuple[set[str], list[Problem]]:
    """Every file below ``files/``, and what is neither file nor folder; beside the three names nothing may stand in the bundle."""
    found: set[str] = set()
    problems = [_wrong(one.name, "目録にないファイルです", "not in the manifest") for one in folder.iterdir() if one.name not in _OURS]
    todo = [folder / FILES]
    while todo and len(found) <= _COUNT:
        place = todo.pop()
        if place.is_symlink() or not place.is_dir():
            problems.append(_wrong(place.name, "フォルダではありません", "no folder"))
            continue
        for one in place.iterdir():
            mode = one.lstat().st_mode
            path = str(one.relative_to(folder / FILES))
            if stat.S_ISDIR(mode):
                todo.append(one)
            elif stat.S_ISREG(mode):
                found.add(path)
            else:
                problems.append(_wrong(path, "普通のファイルではありません", "no plain file"))
    return found, problems


_OURS = frozenset((MANIFEST, SIGNATURE, FILES))


def _beside(manifest: Manifest, place: Path | None) -> list[Problem]:
    problems = []
    for entry in manifest.beside:
        if place is None:
            problems.append(_wrong(entry.path, "一緒に運ぶファイルの場所が指定されていません", "travels beside the bundle: where is it?"))
            continue
        try:
            found = measured(place / entry.path)
        except WardopsError as error:
            problems += error.problems
            continue
        if found != entry:
            problems.append(_wrong(entry.path, "内容が目録と違います", "differs from the manifest"))
    return problems


def _wrong(path: str, ja: str, en: str) -> Problem:
    return Problem("E1924", path.encode("utf-8", "backslashreplace").decode(), params={"reason_ja": ja, "reason": en})


def follows(manifest: Manifest, last_number: int, last_digest: str) -> None:
    """Whether it is the next one of its direction.

    :param last_number: of the one before, 0 for none. :param last_digest: of its manifest.
    :raises WardopsError: E1926 (taken in already, or older), E1927 (one is missing), E1928 (follows another one).
    """
    if manifest.number <= last_number:
        raise fail("E1926", manifest.name, last=last_number)
    if manifest.number > last_number + 1:
        raise fail("E1927", manifest.name, last=last_number, missing=last_number + 1)
    if manifest.previous != last_digest:
        raise fail("E1928", manifest.name, last=last_number)
