"""Evidence records that speak of a thing: what was done to it in other systems, and in which run."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...common.evidence import RECORD

#: a larger file is no record of ours
_LIMIT = 256 << 20


@dataclass(frozen=True, slots=True)
class Done:
    """One piece of work of a run that concerned the thing.

    :param actions: (``add``, ``change``, ``remove`` or ``held``, the object's key); empty when the record only speaks of it.
    """

    when: int
    run_id: str
    number: int
    purpose: str
    status: str
    who: str
    actions: tuple[tuple[str, str], ...]


def find(folder: Path, words: Sequence[str]) -> tuple[list[Done], list[str]]:
    """What the records say, oldest first, and the names of files that cannot be read. A folder that is not there has none."""
    marks = [word.encode() for word in words]
    found: list[Done] = []
    unreadable: list[str] = []
    try:
        names = sorted(entry.name for entry in os.scandir(folder) if RECORD.fullmatch(entry.name))
    except OSError:
        return [], []
    for name in names:
        try:
            path = folder / name
            if path.stat().st_size > _LIMIT:
                raise ValueError("too large")
            data = path.read_bytes()
            if any(mark in data for mark in marks):
                found += _read(json.loads(data), words)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            unreadable.append(name)
    return sorted(found, key=lambda done: (done.when, done.number)), unreadable


def _read(record: dict[str, Any], words: Sequence[str]) -> Iterator[Done]:
    operator = record.get("operator") or {}
    who = str(operator.get("awx_user") or operator.get("sudo_user") or operator.get("user") or "")
    when = int(dt.datetime.fromisoformat(record["started_at"]).timestamp())
    for step in (record, *(record.get("steps") or ())):
        part = {name: value for name, value in step.items() if name != "steps"}
        if not _speaks(part, words):
            continue
        actions = tuple((str(item["action"]), str(item["key"])) for item in _items(part.get("plan")) if _speaks(item, words))
        status = str((part.get("result") or {}).get("status", ""))
        yield Done(when, str(record["run_id"]), int(record["seq"]), str(part.get("purpose", "")), status, who, actions)


def _items(part: Any) -> Iterator[dict[str, Any]]:
    """The items of a plan, wherever they stand in it."""
    if isinstance(part, dict):
        if "action" in part and "key" in part:
            yield part
            return
        part = list(part.values())
    if isinstance(part, list):
        for value in part:
            yield from _items(value)


def _speaks(part: Any, words: Sequence[str]) -> bool:
    if isinstance(part, str):
        return any(word in part for word in words)
    if isinstance(part, dict):
        return any(_speaks(value, words) for value in (*part.keys(), *part.values()))
    return isinstance(part, list) and any(_speaks(value, words) for value in part)
