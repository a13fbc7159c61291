"""Proof of the evidence chain: every record there, unaltered, in order (see ``evidence.py`` for how it is written)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from .evidence import GENESIS, RECORD, Head, digest
from .files import read_bytes
from .problems import Problem, WardopsError, fail


@dataclass(slots=True)
class Chain:
    """What :func:`verify` found: number of records, the head, open (pending) runs, problems."""

    records: int = 0
    head: Head = field(default_factory=Head)
    pending: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def verify(folder: Path, expected: Head | None = None) -> Chain:
    """Prove the chain: every number there once, every hash right, every link right, and the head as noted.

    :param expected: a head noted elsewhere; without it the folder's own ``HEAD`` is used.
    :raises WardopsError: E0100 when there is no such folder.
    """
    if not folder.is_dir():
        raise fail("E0100", str(folder), reason="no such folder")
    chain = Chain()
    hashes = {0: GENESIS}
    for path in sorted(entry for entry in folder.iterdir() if RECORD.fullmatch(entry.name)):
        _verify_record(path, chain, hashes)
    chain.pending = sorted(path.name for path in folder.glob("pending-*.json"))
    noted = expected or _noted(folder)
    if noted and hashes.get(noted.seq) != noted.sha256:
        chain.problems.append(Problem("E0606", str(folder), params={"seq": noted.seq, "head": noted.sha256}))
    return chain


def _verify_record(path: Path, chain: Chain, hashes: dict[int, str]) -> None:
    number = int(path.name[:8])
    chain.problems += [Problem("E0603", str(path.parent), params={"seq": gap}) for gap in range(chain.head.seq + 1, number)]
    try:
        if path.is_symlink():
            raise ValueError("a link")
        record = json.loads(read_bytes(path))
        seq, own, link = int(record["seq"]), str(record["sha256"]), str(record["prev_sha256"])
    except (ValueError, KeyError, TypeError, WardopsError) as error:
        chain.problems.append(Problem("E0605", str(path), params={"reason": type(error).__name__}))
        chain.head = Head(number, "?")
        return
    if own != digest(record) or f"{seq:08d}-{record.get('run_id')}.json" != path.name:
        chain.problems.append(Problem("E0602", str(path), params={"seq": number}))
    if link != chain.head.sha256 and chain.head.seq == number - 1:
        chain.problems.append(Problem("E0604", str(path), params={"seq": number}))
    chain.records += 1
    chain.head = Head(number, own)
    hashes[number] = own


def _noted(folder: Path) -> Head | None:
    try:
        seq, value = (folder / "HEAD").read_text(encoding="ascii").split()
        return Head(int(seq), value)
    except (OSError, ValueError):
        return None
