"""The store, and the one way of writing into it.

::

    folder/                 0700
      configs.git           bare: main = as read, approved = as approved
      full/<device>/…age    encrypted full copies, named in the index of the commits
      incoming/             copies that wait for their commit
      status.json           last attempt and last success of each device
      lock                  who writes

A run writes in this order: copies beside (synced), what becomes of each device beside, copies get their names (synced), the commit
counts, the status file gets its name. Whatever the moment of a kill, the next run finds either a commit with everything that it
refers to, or the old commit and things to clean away.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import re
import stat
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Literal

from ...common.problems import Problem, WardopsError, fail
from ..model import Capture, Status
from . import index, status
from .copies import Copies, Recipients, sync
from .git import MAIN, Author, Git, Import, no_room
from .index import Key, Line
from .locking import hold
from .status import Attempt, Book, Night

Outcome = Literal["new", "changed", "unchanged", "refused"]
#: a night is one pack; beyond this many they are put together
PACKS = 60
_WORD = re.compile(r"[0-9A-Za-z][0-9A-Za-z._:+-]{0,99}")


@dataclass(frozen=True, slots=True)
class Known:
    """What the store holds of one command of one device. Sizes are of the full text."""

    identity: str
    lines: int
    bytes: int


@dataclass(frozen=True, slots=True)
class RunInfo:
    """What a commit says of its run.

    :param at: with its zone.
    :param ledger: names of all devices that the ledger has in this layer; ``None`` when unknown.
    :param role: the account's role, never a person's name.
    """

    run_id: str
    at: dt.datetime
    layer: str
    role: str = "config_backup"
    ledger: Collection[str] | None = None

    def __post_init__(self) -> None:
        if not all(_WORD.fullmatch(word) for word in (self.run_id, self.layer, self.role)) or self.at.tzinfo is None:
            raise ValueError("run id, layer and role are words, and the time has a zone")


@dataclass(frozen=True, slots=True)
class Saved:
    """What came of a run.

    :param commit: the new commit; ``None`` when nothing changed.
    :param changed: keys that are new or differ; of ``resealed`` only the encrypted copy was made anew.
    :param refused: keys that the store would not take, with the reason.
    """

    commit: str | None
    changed: tuple[Key, ...]
    unchanged: int
    resealed: tuple[Key, ...] = ()
    refused: Mapping[Key, Problem] = field(default_factory=dict)


class ConfigStore:
    """The store of one control node.

    :param folder: made when it is missing.
    :param recipients: public keys (age) to which full copies are encrypted; empty for one who only reads.
    """

    def __init__(self, folder: Path, recipients: Iterable[str] = ()) -> None:
        self.folder = folder.absolute()
        self.git = Git(self.folder / "configs.git")
        self.copies = Copies(self.folder)
        self._keys = tuple(recipients)
        self._session: Session | None = None

    @contextlib.contextmanager
    def locked(self, run_id: str) -> Iterator[Session]:
        """Nobody else writes meanwhile. Cleans up after a killed run first.

        :raises WardopsError: E1660 (held by another run), E1662 (no room), E1666 (recipients), E1670 (folder is not ours alone).
        """
        recipients = Recipients(self._keys)
        with self.held(run_id):
            session = Session(self, recipients)
            self._session = session
            try:
                yield session
            finally:
                self._session = None
                session.abandon()

    @contextlib.contextmanager
    def held(self, owner: str) -> Iterator[None]:
        """The lock alone, with everything in order behind it: for what writes no configs (approve, prune)."""
        self._prepare()
        with hold(self.folder / "lock", owner) as descriptor:
            self.git.holding = (descriptor,)
            try:
                self.recover()
                yield
            finally:
                self.git.holding = ()

    def known(self) -> dict[Key, Known]:
        """What is stored, by device and command."""
        lines = self._session.before if self._session else self.lines()
        return {key: Known(line.identity, line.lines, line.bytes) for key, line in lines.items()}

    def save(self, info: RunInfo, captures: Iterable[Capture], attempts: Iterable[Attempt]) -> Saved:
        """Store what a run has read; see :meth:`Session.save`. Only within :meth:`locked`."""
        if self._session is None:
            raise RuntimeError("save() needs locked()")
        for capture in captures:
            self._session.add(capture)
        return self._session.save(info, attempts)

    def lines(self) -> dict[Key, Line]:
        """The index of what stands there now; empty while there is nothing."""
        return index.read(self.git, self.git.tip(MAIN)) if self.git.folder.exists() else {}

    def status(self) -> Book:
        """What became of each device. :raises WardopsError: E1669."""
        return status.read(self.folder / status.NAME)

    def require(self) -> None:
        """:raises WardopsError: E1671 when there is no store here, E1670 when others may read or write it."""
        if not (self.git.folder / "HEAD").exists():
            raise fail("E1671", str(self.folder))
        self._refuse_shared(self.folder.stat().st_uid if os.geteuid() == 0 else os.geteuid())

    def _prepare(self) -> None:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._refuse_shared(os.geteuid())
            for name in ("full", "incoming"):
                (self.folder / name).mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise no_room(self.folder, error) from None

    def _refuse_shared(self, owner: int) -> None:
        """Root may read everybody's store, but writes only into its own: the files would not be the account's any more."""
        info = self.folder.stat()
        if info.st_mode & 0o077 or info.st_uid != owner:
            raise fail("E1670", str(self.folder), mode=f"{stat.S_IMODE(info.st_mode):04o}", owner=info.st_uid)

    def recover(self) -> None:
        """Finish or forget what a killed run has begun; only within the lock."""
        try:
            self.git.clean()
            if not self.git.folder.exists():
                self.git.create()
            self.copies.clean()
            left = status.pending(self.folder)
            if left is None:
                return
            if left.commit and self.git.contains(MAIN, left.commit):
                status.finish(self.folder)
            else:
                self.copies.remove(left.copies)
                (self.folder / status.PENDING).unlink()
        except OSError as error:
            raise no_room(self.folder, error) from None


class Session:
    """The store while one run holds it.

    :meth:`add` encrypts and hands a text to Git as soon as it is there, so that nothing is left for the end of the run but the commit.

    For one thread only.
    """

    def __init__(self, store: ConfigStore, recipients: Recipients) -> None:
        self._store = store
        self._recipients = recipients
        self._parent = store.git.tip(MAIN)
        self.before = index.read(store.git, self._parent)
        self._lines = dict(self.before)
        self._import: Import | None = None
        self._files: dict[str, str | None] = {}
        self._seen: set[Key] = set()
        self._changed: list[Key] = []
        self._resealed: list[Key] = []
        self._refused: dict[Key, Problem] = {}

    def known(self) -> dict[Key, Known]:
        return self._store.known()

    def add(self, capture: Capture) -> Outcome:
        """Take one text.

        :raises WardopsError: E1662, E1663: the run cannot go on.
        """
        key = (capture.device.name, capture.command)
        if problem := self._flaw(capture, key):
            self._refused[key] = problem
            return "refused"
        self._seen.add(key)
        old = self.before.get(key)
        line = Line(
            device=capture.device.name,
            command=capture.command,
            site=capture.device.site,
            platform=capture.device.platform,
            identity=capture.identity,
            bytes=len(capture.full),
            lines=capture.full.count(b"\n"),
            masked=index.blob_id(capture.masked),
            sealed="",
            recipients=self._recipients.fingerprint,
        )
        same = old is not None and (old.identity, old.masked, old.path) == (line.identity, line.masked, line.path)
        if old and same and (old.platform, old.recipients) == (line.platform, line.recipients) and self._store.copies.there(old):
            return "unchanged"
        self._take(line, capture)
        if same:
            self._resealed.append(key)
            return "unchanged"
        if old and old.path != line.path:
            self._files[old.path] = None
        self._files[line.path] = self._importer().blob(capture.masked)
        self._changed.append(key)
        return "changed" if old else "new"

    def absent(self, device: str, command: str) -> None:
        """The device said that it has no such text (any more), for instance no startup config: the stored one leaves ``main``."""
        old = self._lines.pop((device, command), None)
        if old is not None:
            self._files[old.path] = None
            self._changed.append(old.key)
            self._importer()

    def _take(self, line: Line, capture: Capture) -> None:
        sealed = self._recipients.seal(capture.full)
        line = _with_seal(line, sha256(sealed).hexdigest())
        self._store.copies.add(line, sealed)
        self._lines[line.key] = line

    def _flaw(self, capture: Capture, key: Key) -> Problem | None:
        where = f"{capture.device.name} {capture.command}"
        bad = index.flaw(capture.device.name, capture.device.site, capture.command, capture.identity)
        if bad is not None:
            return Problem("E1664", where, params={"reason_ja": f"名前に使えません: {bad!r}", "reason": f"no name for a file: {bad!r}"})
        if key in self._seen:
            return Problem("E1664", where, params={"reason_ja": "同じ実行で二度目です", "reason": "the second one in the same run"})
        if any(not text or text.isspace() for text in (capture.full, capture.masked)):
            return Problem("E1664", where, params={"reason_ja": "中身がありません", "reason": "there is nothing in it"})
        return None

    def _importer(self) -> Import:
        if self._import is None:
            self._import = Import(self._store.git)
        return self._import

    def save(self, info: RunInfo, attempts: Iterable[Attempt]) -> Saved:
        """Commit what was added, and note what became of every device.

        :raises WardopsError: E1661 (somebody else has moved the branch), E1662 (no room), E1663; the old state stays, and as far as
            there is room the devices are noted as not stored.
        """
        tried = list(attempts)
        try:
            saved = self._save(info, tried)
        except WardopsError as error:
            self.abandon()
            self._note_failure(info, tried, error)
            raise
        if len(list((self._store.git.folder / "objects" / "pack").glob("*.pack"))) > PACKS:
            with contextlib.suppress(WardopsError):  # what was saved is saved; `prune` will say what is wrong
                self._store.git.run("repack", "-d", "-q", "--geometric=2")
        return saved

    def _save(self, info: RunInfo, attempts: list[Attempt]) -> Saved:
        changed, resealed = tuple(sorted(self._changed)), tuple(sorted(self._resealed))
        unchanged = len(self._seen.difference(changed))
        saved = Saved(None, changed, unchanged, resealed, dict(self._refused))
        if not changed and not resealed:
            status.write(self._store.folder / status.NAME, self._book(info, attempts, saved, self._parent or ""))
            return saved
        sync(self._store.folder)
        commit = self._commit(info, attempts, saved)
        book = self._book(info, attempts, saved, commit)
        waiting = tuple(self._store.copies.waiting())
        status.write(self._store.folder / status.PENDING, Book(book.devices, book.nights, commit, waiting))
        self._store.copies.settle()
        sync(self._store.folder)
        self._importer().finish()
        self._import = None
        self._files, self._changed, self._resealed = {}, [], []
        try:
            status.finish(self._store.folder)
        except OSError as error:
            raise no_room(self._store.folder, error) from None
        return Saved(commit, changed, unchanged, resealed, dict(self._refused))

    def _commit(self, info: RunInfo, attempts: list[Attempt], saved: Saved) -> str:
        keys = {*saved.changed, *saved.resealed}
        sites = {held[key].site for held in (self._lines, self.before) for key in keys if key in held}
        held = index.by_site(self._lines)
        for site in sorted(sites):
            path = f"{site}/{index.NAME}"
            self._files[path] = self._importer().blob(index.render(held[site])) if site in held else None
        message = _message(info, attempts, saved)
        return self._importer().commit(MAIN, self._parent, Author(info.role, info.at), message, sorted(self._files.items()))

    def _book(self, info: RunInfo, attempts: Iterable[Attempt], saved: Saved, commit: str) -> Book:
        refused = {device: f"{problem.code} {problem.text('ja')}" for (device, _), problem in saved.refused.items()}
        tried = list(attempts)
        failed = sum(one.status is not Status.STORED or one.device.name in refused for one in tried)
        at = info.at.astimezone(dt.UTC).isoformat(timespec="seconds")
        night = Night(info.run_id, at, info.layer, commit, len(saved.changed), saved.unchanged, failed)
        return status.advance(self._store.status(), tried, night, refused=refused, lines=self._lines, ledger=info.ledger)

    def _note_failure(self, info: RunInfo, attempts: list[Attempt], error: WardopsError) -> None:
        self._lines = self.before
        reason = error.problems[0]
        refused = {(one.device.name, ""): reason for one in attempts}
        nothing = Saved(None, (), 0, (), refused)
        with contextlib.suppress(WardopsError):
            status.write(self._store.folder / status.NAME, self._book(info, attempts, nothing, self._parent or ""))

    def abandon(self) -> None:
        """Take away what was added and not saved."""
        if self._import:
            self._import.abandon()
            self._import = None
        if self._changed or self._resealed:
            with contextlib.suppress(WardopsError):  # the next run does it
                self._store.recover()
        self._files, self._changed, self._resealed = {}, [], []


def _with_seal(line: Line, sealed: str) -> Line:
    values = {name: getattr(line, name) for name in Line.__slots__}
    return Line(**{**values, "sealed": sealed})


def _message(info: RunInfo, attempts: Iterable[Attempt], saved: Saved) -> str:
    """What the commit says: counts, devices, trailers that ``git log --grep`` finds."""
    tried = list(attempts)
    failed = sorted((_shown(one.device.name), str(one.status)) for one in tried if one.status is not Status.STORED)
    counts: dict[str, int] = {}
    for one in tried:
        counts[one.status] = counts.get(one.status, 0) + 1
    by_device: dict[str, list[str]] = {}
    for device, command in saved.changed:
        by_device.setdefault(device, []).append(command)
    lines = [f"Back up {info.layer}: {len(by_device)} changed, {len(failed)} failed of {len(tried)} devices", ""]
    lines += [f"changed {device}: {' '.join(commands)}" for device, commands in sorted(by_device.items())]
    if saved.resealed:
        lines.append(f"full copies made anew: {len(saved.resealed)}")
    lines += [
        f"not stored {_shown(device)} {_shown(command)}: {problem.code}" for (device, command), problem in sorted(saved.refused.items())
    ]
    lines += [f"failed {name}: {what}" for name, what in failed]
    lines += ["", f"Run: {info.run_id}", f"Layer: {info.layer}", f"Devices: {len(tried)}", f"Changed: {len(by_device)}"]
    lines += [f"Status-{name.replace('_', '-')}: {count}" for name, count in sorted(counts.items())]
    return "\n".join(lines) + "\n"


def _shown(name: str) -> str:
    """A name that was never proved to be one, on one line."""
    return name if name.isprintable() else ascii(name)
