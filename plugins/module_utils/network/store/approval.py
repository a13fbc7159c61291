"""What was approved, and what differs from it.

The branch ``approved`` holds, for every approved device, its texts and index lines as they stood on ``main`` at the commit that
somebody looked at. Drift is the difference between the indexes of the two branches.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ...common.problems import fail
from . import index
from .git import APPROVED, MAIN, Author, Git, Import
from .history import Change, changes, resolve
from .index import Key, Line
from .store import ConfigStore

#: texts whose difference from the approved state is no drift: the unsaved state has a report of its own
UNWATCHED = frozenset({"startup"})
_ROLE = re.compile(r"[a-z][a-z0-9_]{0,31}")
_TICKET = re.compile(r"[0-9A-Za-z][0-9A-Za-z_#./-]{0,63}")


@dataclass(frozen=True, slots=True)
class Drift:
    """One text that is not as approved.

    :param diff: from the approved to the present masked text; empty for what was never approved.
    """

    device: str
    site: str
    command: str
    kind: Literal["changed", "never_approved", "gone"]
    diff: bytes = b""


@dataclass(frozen=True, slots=True)
class Approval:
    """What an approval would do, or did: devices whose approved state changes, and those where it is so already."""

    devices: tuple[str, ...]
    unchanged: tuple[str, ...]
    source: str  # the commit of main
    commit: str | None = None


def drift(store: ConfigStore, devices: Collection[str] = ()) -> list[Drift]:
    """Everything that is not as approved, sorted by device.

    :param devices: only these; empty for all.
    """
    store.require()
    main, approved = store.git.tip(MAIN), store.git.tip(APPROVED)
    now, then = index.read(store.git, main), index.read(store.git, approved)
    found = []
    for key in sorted({*now, *then}):
        if key[1] in UNWATCHED or (devices and key[0] not in devices):
            continue
        new, old = now.get(key), then.get(key)
        if new and old and new.identity != old.identity:
            found.append(Drift(key[0], new.site, key[1], "changed"))
        elif new and not old:
            found.append(Drift(key[0], new.site, key[1], "never_approved"))
        elif old and not new:
            found.append(Drift(key[0], old.site, key[1], "gone"))
    return _with_diffs(store, approved, main, found)


def _with_diffs(store: ConfigStore, approved: str | None, main: str | None, found: list[Drift]) -> list[Drift]:
    names = sorted({one.device for one in found if one.kind == "changed"})
    if not names or not main or not approved:
        return found
    # a handful is asked by name; the whole fleet in one go
    diffs: dict[Key, Change] = {(one.device, one.command): one for one in changes(store, approved, main, names if len(names) < 200 else ())}
    return [
        Drift(one.device, one.site, one.command, one.kind, diffs[one.device, one.command].diff)
        if one.kind == "changed" and (one.device, one.command) in diffs
        else one
        for one in found
    ]


def plan(store: ConfigStore, devices: Sequence[str], at: str = "", whole: int | None = None) -> Approval:
    """What approving would change.

    :param at: run or commit that was looked at; empty: what stands there now.
    :param whole: instead of names: all devices, which must be exactly so many.
    :raises WardopsError: E1672, E1673 (a device that is not stored), E1674 (no devices, or not that number).
    """
    source = resolve(store, at)
    if not store.git.contains(MAIN, source):
        raise fail("E1674", reason_ja="そのコミットは main の履歴にありません", reason="that commit is not in main's history")
    now_by_device = _by_device(index.read(store.git, source))
    stored = sorted(now_by_device)
    if whole is not None and (devices or whole != len(stored)):
        raise fail("E1674", reason_ja=f"保管されている機器は {len(stored)} 台です", reason=f"there are {len(stored)} devices in the store")
    wanted = stored if whole is not None else sorted(set(devices))
    if not wanted:
        raise fail("E1674", reason_ja="機器が指定されていません", reason="no device was named")
    if missing := next((device for device in wanted if device not in now_by_device), None):
        raise fail("E1673", str(store.folder), device=missing, command="running")
    then = _by_device(index.read(store.git, store.git.tip(APPROVED)))
    differing = tuple(device for device in wanted if now_by_device[device] != then.get(device))
    return Approval(differing, tuple(sorted(set(wanted).difference(differing))), source)


def approve(store: ConfigStore, planned: Approval, ticket: str, role: str, at: dt.datetime) -> Approval:
    """Copy the devices' texts and index lines to ``approved``, in one commit. Only within :meth:`ConfigStore.held`.

    :raises WardopsError: E1674 (no ticket or role), E1661, E1662, E1663.
    """
    refuse_anonymous(ticket, role)
    if not planned.devices:
        return planned
    now, parent = index.read(store.git, planned.source), store.git.tip(APPROVED)
    message = [f"Approve {len(planned.devices)} devices", "", *(f"approved {device}" for device in planned.devices)]
    message += ["", f"Ticket: {ticket}", f"Approved-By-Role: {role}", f"Source: {planned.source}"]
    writer = Import(store.git)
    try:
        files = _files(store.git, writer, planned, now, index.read(store.git, parent))
        commit = writer.commit(APPROVED, parent, Author(role, at), "\n".join(message) + "\n", sorted(files.items()))
        writer.finish()
    finally:
        writer.abandon()
    return Approval(planned.devices, planned.unchanged, planned.source, commit)


def refuse_anonymous(ticket: str, role: str) -> None:
    """:raises WardopsError: E1674 without a ticket and the role of whoever answers for it."""
    if not _ROLE.fullmatch(role) or not _TICKET.fullmatch(ticket):
        raise fail(
            "E1674",
            reason_ja="チケット番号と、network_lead のような英小文字の役割が要ります (氏名は書かない)",
            reason="a ticket number and a role such as network_lead are needed (never a name)",
        )


def _files(git: Git, writer: Import, planned: Approval, now: Mapping[Key, Line], before: Mapping[Key, Line]) -> dict[str, str | None]:
    """Paths of the new commit that differ from its parent's."""
    chosen = frozenset(planned.devices)
    old = {key: line for key, line in before.items() if key[0] in chosen}
    new = {key: line for key, line in now.items() if key[0] in chosen}
    blobs = git.blobs(planned.source)
    files: dict[str, str | None] = {line.path: None for line in old.values()}
    files |= {line.path: blobs[line.path] for line in new.values()}
    after = index.by_site({**{key: line for key, line in before.items() if key[0] not in chosen}, **new})
    for site in {line.site for line in (*old.values(), *new.values())}:
        files[f"{site}/{index.NAME}"] = writer.blob(index.render(after[site])) if site in after else None
    return files


def _by_device(lines: Mapping[Key, Line]) -> dict[str, dict[str, tuple[str, str, str]]]:
    """Identity, text and path per device and command: a copy made anew is no change."""
    held: dict[str, dict[str, tuple[str, str, str]]] = {}
    for line in lines.values():
        held.setdefault(line.device, {})[line.command] = (line.identity, line.masked, line.path)
    return held
