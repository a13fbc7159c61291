"""What the store held when: texts, versions, differences. Only masked texts come out of here."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal
from zoneinfo import ZoneInfo

from ...common.problems import WardopsError, fail
from . import index
from .git import APPROVED, MAIN
from .index import Key, Line
from .store import ConfigStore

_TOKYO = ZoneInfo("Asia/Tokyo")
_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:?\d{2})?)?")
_RUN = re.compile(r"[0-9A-Za-z][0-9A-Za-z._:+-]{0,99}")
_NAMES = {"": MAIN, "main": MAIN, "HEAD": MAIN, "approved": APPROVED}
_FORMAT = (
    "%x01%H%x00%cI%x00%an%x00%s%x00%(trailers:key=Run,valueonly,separator=%x2C)%x00%(trailers:key=Ticket,valueonly,separator=%x2C)%x00"
)

Kind = Literal["added", "changed", "removed"]


@dataclass(frozen=True, slots=True)
class Version:
    """One commit that touched a device.

    :param at: ISO 8601 with the zone of the run.
    :param commands: what of the device it touched.
    """

    commit: str
    at: str
    role: str
    subject: str
    run: str
    ticket: str
    commands: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to one text between two commits.

    :param diff: unified, of the masked texts, without Git's own header lines.
    """

    device: str
    site: str
    command: str
    kind: Kind
    diff: bytes


def resolve(store: ConfigStore, revision: str = "") -> str:
    """The commit that is meant: ``main`` (or nothing), ``approved``, a commit's id (7 digits or more), a run's id, or a day or time
    (the last commit not after it; a day counts to its end; without a zone it is Asia/Tokyo).

    :raises WardopsError: E1671 (no store), E1672.
    """
    store.require()
    found: str | None = None
    if revision in _NAMES:
        found = store.git.tip(_NAMES[revision])
    elif _DAY.fullmatch(revision):
        found = _at(store, revision)
    elif _RUN.fullmatch(revision):
        found = _of_run(store, revision) or (_commit(store, revision) if _COMMIT.fullmatch(revision) else None)
    if not found:
        raise fail("E1672", str(store.folder), revision=revision or "main")
    return found


def _at(store: ConfigStore, text: str) -> str | None:
    try:
        instant = dt.datetime.fromisoformat(text if len(text) > 10 else f"{text}T23:59:59")
    except ValueError:
        return None
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=_TOKYO)
    words = ("rev-list", "-1", "--first-parent", f"--min-age={int(instant.timestamp())}", MAIN)
    return store.git.run(*words).decode().strip() or None if store.git.tip(MAIN) else None


def _commit(store: ConfigStore, text: str) -> str | None:
    try:
        return store.git.commit(text)
    except WardopsError:  # ambiguous
        return None


def _of_run(store: ConfigStore, run: str) -> str | None:
    """The commit that held everything at the end of a run, also when the run made none."""
    commit = next((night.commit for night in reversed(store.status().nights) if night.run == run), "")
    if commit or not store.git.tip(MAIN):
        return commit or None
    told = store.git.run("log", "-1", "--format=%H", f"--grep=^Run: {run.replace('.', '[.]')}$", MAIN).decode().strip()
    return told or None


def line_of(store: ConfigStore, device: str, command: str, commit: str) -> Line:
    """:raises WardopsError: E1673."""
    line = index.read(store.git, commit).get((device, command))
    if line is None:
        raise fail("E1673", str(store.folder), device=device, command=command)
    return line


def show(store: ConfigStore, device: str, command: str = "running", at: str = "") -> bytes:
    """The masked text.

    :raises WardopsError: E1671, E1672, E1673.
    """
    commit = resolve(store, at)
    text = store.git.read([f"{commit}:{line_of(store, device, command, commit).path}"])[0]
    if text is None:
        raise fail("E1673", str(store.folder), device=device, command=command)
    return text


def texts(store: ConfigStore, keys: Collection[Key] | None = None, at: str = "") -> dict[Key, bytes]:
    """Masked texts of many devices at once, one process: what reports and compliance rules read.

    :param keys: device and command; ``None`` for everything that is stored.
    """
    commit = resolve(store, at)
    lines = [line for key, line in index.read(store.git, commit).items() if keys is None or key in keys]
    found = store.git.read([f"{commit}:{line.path}" for line in lines])
    return {line.key: text for line, text in zip(lines, found, strict=True) if text is not None}


def stored(store: ConfigStore) -> dict[Key, bytes]:
    """All masked texts, read once for whoever compares or judges many; empty while nothing was ever stored."""
    return texts(store) if store.lines() else {}


def log(store: ConfigStore, device: str, limit: int = 0) -> list[Version]:
    """The commits of ``main`` that touched a device's texts, newest first.

    :param limit: at most so many; 0 for all.
    """
    commit = resolve(store)
    if not index.is_name(device):
        raise fail("E1673", str(store.folder), device=device, command="running")
    words = ["log", "--first-parent", "--no-renames", "--name-only", "-z", f"--format={_FORMAT}", *([f"-{limit}"] if limit else [])]
    told = store.git.run(*words, commit, "--", f":(glob)*/{device}/*.txt").decode("utf-8", "backslashreplace")
    versions = []
    for entry in told.split("\x01")[1:]:
        facts = entry.split("\0")
        paths = [path.strip("\n") for path in facts[6:]]
        commands = sorted({path.rsplit("/", 1)[1].removesuffix(".txt") for path in paths if path.endswith(".txt")})
        versions.append(Version(facts[0], facts[1], facts[2], facts[3], facts[4].strip(), facts[5].strip(), tuple(commands)))
    return versions


def changes(store: ConfigStore, before: str | None, after: str, devices: Sequence[str] = (), context: int = 3) -> list[Change]:
    """What differs between two commits, text by text, sorted by path.

    :param before: commit id (see :func:`resolve`); ``None`` means that there was nothing.
    :param devices: only these; empty for all.
    """
    paths = [f":(glob)*/{device}/*.txt" for device in devices if index.is_name(device)]
    if devices and not paths:
        return []
    words = ["diff", "--no-renames", "--no-ext-diff", "--no-textconv", "--no-color", "--text", f"-U{context}", "--no-prefix"]
    start = before or store.git.run("hash-object", "-t", "tree", "--stdin", feed=b"").decode().strip()
    told = store.git.run(*words, start, after, "--", *(paths or [":(glob)*/*/*.txt"]))
    return [_change(part) for part in re.split(rb"(?m)^diff --git ", told)[1:]]


def _change(part: bytes) -> Change:
    head, _, body = part.partition(b"\n@@")
    path = head.split(b"\n", 1)[0].split(b" ")[0].decode()
    kind: Kind = "added" if b"\nnew file" in head else "removed" if b"\ndeleted file" in head else "changed"
    site, device, name = path.split("/")
    return Change(device, site, name.removesuffix(".txt"), kind, b"@@" + body if body else b"")


def diff(store: ConfigStore, device: str, before: str = "", after: str = "", command: str = "") -> list[Change]:
    """What changed of a device.

    :param before: see :func:`resolve`; empty: the version before the one of ``after``.
    :raises WardopsError: E1672, E1673 (a device that was never stored).
    """
    newer = resolve(store, after)
    if not before:
        touched = [version.commit for version in log(store, device) if store.git.contains(newer, version.commit)]
        if not touched:
            raise fail("E1673", str(store.folder), device=device, command=command or "running")
        older = touched[1] if len(touched) > 1 else None
        newer = touched[0]
    else:
        older = resolve(store, before)
    return [one for one in changes(store, older, newer, [device]) if not command or one.command == command]
