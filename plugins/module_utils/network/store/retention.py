"""How long full copies are kept, and what of the store may go: encrypted copies that no rule keeps, texts of devices that are gone.

Masked texts stay in Git's history for ever: they are small, and what an auditor asks about. A full copy holds secrets that were once
valid; it is kept while it is the newest, or approved at any time, or among the last versions, or young.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from ...common.plan import Change, Guard, Limit, Plan
from ...common.problems import fail
from . import index, status
from .git import APPROVED, MAIN, Author, Git, Import, no_room
from .index import Key, Line
from .store import ConfigStore

#: a copy that no index names is of a run that was killed; a day is longer than any run
ORPHAN_SECONDS = 86400.0
_DAY = 86400.0


@dataclass(frozen=True, slots=True)
class Retention:
    """The rule.

    :param days: how long a copy is kept after another took its place.
    :param versions: how many versions of a text are kept at least, the newest included.
    """

    days: int
    versions: int


def rule(policy: Any, days: int | None = None, versions: int | None = None) -> Retention:
    """The rule of ``policies/network.yml``, but for what is given.

    :raises WardopsError: E1633.
    """
    given = {"days": days, "versions": versions}
    numbers = {}
    for key, value in given.items():
        try:
            numbers[key] = value if value is not None else int(policy["retention"][key])
            if numbers[key] < 1:
                raise ValueError
        except (KeyError, TypeError, ValueError):
            shown = policy.get("retention") if isinstance(policy, dict) else None
            raise fail("E1633", "network.yml", key=f"retention.{key}", value=shown) from None
    return Retention(**numbers)


@dataclass(frozen=True, slots=True)
class Held:
    """One version that ``main`` held at some time.

    :param until: seconds since 1970 at which another took its place; ``None`` while it stands.
    """

    line: Line
    since: int
    until: int | None


def versions(git: Git, ref: str = MAIN) -> dict[Key, list[Held]]:
    """Every version of every text in a branch's history, newest first."""
    if not git.tip(ref):
        return {}
    words = ["log", "--first-parent", "--reverse", "--no-renames", "-p", "-U0", "--no-ext-diff", "--no-textconv", "--format=%x01%ct"]
    told = git.run(*words, ref, "--", f":(glob)*/{index.NAME}").decode("utf-8", "backslashreplace")
    held: dict[Key, list[Held]] = {}
    for entry in told.split("\x01")[1:]:
        when, _, body = entry.partition("\n")
        rows = [row for row in body.splitlines() if row[:1] in ("+", "-") and not row.startswith(("+++", "---"))]
        for key in {line.key for row in rows if row[0] == "-" and (line := index.parse_row(row[1:]))}:
            standing = held[key]
            standing[0] = Held(standing[0].line, standing[0].since, int(when))
        for line in (line for row in rows if row[0] == "+" and (line := index.parse_row(row[1:]))):
            held.setdefault(line.key, []).insert(0, Held(line, int(when), None))
    return held


def judged(store: ConfigStore, rule: Retention, now: dt.datetime) -> tuple[set[str], set[str]]:
    """Copies (paths below ``full/``) that the rule keeps, and those that it lets go."""
    horizon = now.timestamp() - rule.days * _DAY
    keep = {one.line.copy for entries in versions(store.git, APPROVED).values() for one in entries}
    all_of_them = set(keep)
    for entries in versions(store.git).values():
        all_of_them |= {one.line.copy for one in entries}
        keep |= {one.line.copy for number, one in enumerate(entries) if number < rule.versions or one.until is None or one.until >= horizon}
    return keep, all_of_them - keep


def plan(store: ConfigStore, rule: Retention, now: dt.datetime, gone: Collection[str] = ()) -> Plan:
    """What goes.

    :param gone: devices that no ledger has any more and whose texts leave the tips of both branches (history keeps them).
    :raises WardopsError: E1671, E1663, E1665; E1677 (a device that the ledger still has), E1673 (one that is not stored).
    """
    store.require()
    keep, expired = judged(store, rule, now)
    planned = Plan()
    for path, changed in sorted(store.copies.listing().items()):
        if path in expired:
            planned.remove.append(Change(path, {"why": "expired"}, None))
        elif path not in keep and changed < now.timestamp() - ORPHAN_SECONDS:
            planned.remove.append(Change(path, {"why": "orphan"}, None))
        else:
            planned.unchanged += 1
    stored, rows = {device for device, _ in store.lines()}, store.status().devices
    for device in sorted(set(gone)):
        if device in rows and rows[device].in_ledger:
            raise fail("E1677", device, device=device)
        if device not in stored:
            raise fail("E1673", str(store.folder), device=device, command="running")
        planned.remove.append(Change(device, {"why": "device_gone"}, None))
    return planned


def guard(allow_remove: int = 0) -> Guard:
    """A prune that would take away more than a third of all copies is a mistake in the rule or the clock."""
    return Guard(remove=Limit(20_000, 33.0), change=Limit(0, 0.0), allow_remove=allow_remove)


def apply(store: ConfigStore, planned: Plan, role: str, at: dt.datetime) -> None:
    """Do what the plan says, then pack the repository well. Only within :meth:`ConfigStore.held`.

    :raises WardopsError: E1661, E1662, E1663.
    """
    if devices := {item.key for item in planned.remove if item.before and item.before["why"] == "device_gone"}:
        for ref in (MAIN, APPROVED):
            _take_out(store, ref, devices, Author(role, at))
        book = store.status()
        rows = {name: row for name, row in book.devices.items() if name not in devices}
        status.write(store.folder / status.NAME, status.Book(rows, book.nights))
    try:
        store.copies.remove([item.key for item in planned.remove if item.key not in devices])
    except OSError as error:
        raise no_room(store.copies.folder, error) from None
    store.git.run("gc", "--quiet", "--prune=2.weeks.ago")


def _take_out(store: ConfigStore, ref: str, devices: Collection[str], author: Author) -> None:
    parent = store.git.tip(ref)
    lines = index.read(store.git, parent)
    leaving = [line for line in lines.values() if line.device in devices]
    if not leaving:
        return
    left = index.by_site({key: line for key, line in lines.items() if line.device not in devices})
    message = ["Take out devices that are gone", "", *(f"gone {device}" for device in sorted({line.device for line in leaving}))]
    writer = Import(store.git)
    try:
        files: dict[str, str | None] = {line.path: None for line in leaving}
        for site in {line.site for line in leaving}:
            files[f"{site}/{index.NAME}"] = writer.blob(index.render(left[site])) if site in left else None
        writer.commit(ref, parent, author, "\n".join(message) + "\n", sorted(files.items()))
        writer.finish()
    finally:
        writer.abandon()
