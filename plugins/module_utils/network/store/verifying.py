"""Whether the store is whole: objects, index, texts and full copies, and with the keys also what is in the copies."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ...common.problems import Problem, WardopsError, fail
from . import index
from .copies import Identities
from .git import APPROVED, MAIN
from .history import line_of, resolve
from .index import Line
from .retention import Retention, judged, versions
from .store import ConfigStore

#: texts that are held in memory at a time
_CHUNK = 200
#: what a full text must come to: ``(line, full, masked) -> reason_ja, reason`` or nothing when it fits
Judge = Callable[[Line, bytes, bytes], tuple[str, str] | None]


@dataclass(slots=True)
class Report:
    """What was looked at, and what is wrong."""

    texts: int = 0
    copies: int = 0
    opened: int = 0
    compared: int = 0
    orphans: tuple[str, ...] = ()
    problems: list[Problem] = field(default_factory=list)


def verify(
    store: ConfigStore,
    identities: Identities | None = None,
    judge: Judge | None = None,
    history: Retention | None = None,
    now: dt.datetime | None = None,
) -> Report:
    """Everything that the tips of both branches refer to.

    :param identities: keys that open copies; without them only the hash of each copy is compared.
    :param judge: proves that a full text comes to the stored identity and masked text; needs the masking key.
    :param history: also every older copy that this rule keeps.
    :raises WardopsError: E1671 (no store). What is wrong in it is in the report.
    """
    store.require()
    report = Report()
    try:
        store.git.run("fsck", "--strict", "--no-dangling", "--no-progress")
    except WardopsError as error:
        report.problems += error.problems
    lines: dict[str, Line] = {}
    for ref in (MAIN, APPROVED):
        try:
            lines |= {line.copy: line for line in _tip(store, ref, report)}
        except WardopsError as error:
            report.problems += error.problems
    try:
        keep, expired = judged(store, history or Retention(0, 0), now or dt.datetime.now(dt.UTC))
        if history:
            old = [one.line for ref in (MAIN, APPROVED) for held in versions(store.git, ref).values() for one in held]
            lines |= {line.copy: line for line in old if line.copy in keep and line.copy not in lines}
        report.orphans = tuple(sorted(store.copies.listing().keys() - keep - expired))
    except WardopsError as error:
        report.problems += error.problems
    _copies(store, [line for _, line in sorted(lines.items())], identities, judge, report)
    return report


def _copies(store: ConfigStore, lines: list[Line], identities: Identities | None, judge: Judge | None, report: Report) -> None:
    for start in range(0, len(lines), _CHUNK):
        some = lines[start : start + _CHUNK]
        texts: list[bytes | None] = [None] * len(some)
        if judge:
            try:
                texts = store.git.read([line.masked for line in some])
            except WardopsError as error:  # fsck has named it; the copies themselves can still be proved
                report.problems += error.problems
        for line, masked in zip(some, texts, strict=True):
            report.copies += 1
            try:
                full = _opened(store, line, identities, report)
                if full is not None and judge and masked is not None:
                    report.compared += 1
                    if reason := judge(line, full, masked):
                        report.problems.append(_problem("E1676", str(store.copies.folder / line.copy), *reason))
            except WardopsError as error:
                report.problems += error.problems


def _opened(store: ConfigStore, line: Line, identities: Identities | None, report: Report) -> bytes | None:
    """The full text where a key was given. :raises WardopsError: E1668, E1675, E1676."""
    path = store.copies.folder / line.copy
    sealed = store.copies.sealed(line)
    if path.stat().st_mode & 0o077:
        raise WardopsError(_problem("E1675", str(path), "ほかの利用者が読めます", "others may read it"))
    if identities is None:
        return None
    full = identities.open(sealed, str(path))
    report.opened += 1
    if len(full) != line.bytes:
        raise WardopsError(_problem("E1676", str(path), "大きさが索引と違います", "its size is not that of the index"))
    return full


def _tip(store: ConfigStore, ref: str, report: Report) -> Iterator[Line]:
    """The lines of a branch; what does not agree with its texts goes to the report."""
    commit = store.git.tip(ref)
    if not commit:
        return
    blobs, lines = store.git.blobs(commit), index.read(store.git, commit)
    texts = {path: blob for path, blob in blobs.items() if not path.endswith(f"/{index.NAME}")}
    for line in lines.values():
        report.texts += 1
        found = texts.pop(line.path, None)
        if found != line.masked:
            ja, en = (
                ("保管された設定がありません", "the text is missing")
                if found is None
                else ("索引と違う設定です", "not the text of the index")
            )
            report.problems.append(_problem("E1675", f"{ref}:{line.path}", ja, en))
        yield line
    report.problems += [_problem("E1675", f"{ref}:{path}", "索引にない設定です", "the index does not know it") for path in sorted(texts)]


def _problem(code: str, path: str, reason_ja: str, reason: str) -> Problem:
    return Problem(code, path, params={"reason_ja": reason_ja, "reason": reason})


def restore(store: ConfigStore, device: str, identities: Identities, command: str = "running", at: str = "") -> bytes:
    """The full text, secrets and all: for memory and files that only their owner reads, never for a log.

    :raises WardopsError: E1671, E1672, E1673; E1668 (the copy is gone, another, or no key opens it).
    """
    line = line_of(store, device, command, resolve(store, at))
    text = identities.open(store.copies.sealed(line), str(store.copies.folder / line.copy))
    if len(text) != line.bytes:
        raise fail(
            "E1668", str(store.copies.folder / line.copy), reason_ja="大きさが索引と違います", reason="its size is not that of the index"
        )
    return text


def identities_of(environment: str | None, file: Path | None) -> Identities | None:
    """The keys of the file, else those that the environment holds or says where to find, else none.

    :raises WardopsError: E0100, E1667.
    """
    if file or not environment:
        return Identities.from_file(file) if file else None
    if "AGE-SECRET-KEY" in environment or "PRIVATE KEY" in environment:
        return Identities(environment.encode(), "WARDOPS_CONFIG_IDENTITY")
    return Identities.from_file(Path(environment))
