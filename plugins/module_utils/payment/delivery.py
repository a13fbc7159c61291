"""Delivery of a staged result into the sections' folders: each file once, whole, and only where nobody else can read it.

For each file: the folder's access rights are compared with the policy, the file is written under a temporary name, read back, noted as
about to be published, renamed, and noted as delivered. The notes (``<records>/<target>/<key>.intent|.done``) are what makes a second run
deliver nothing, also when a section has taken its file away meanwhile. What stops one file does not stop the others.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..common import safe_names
from ..common.files import lock, sync_folder, write_atomic
from ..common.problems import Problem, WardopsError, fail
from . import delivery_access
from .delivery_places import Place, Upload, connect
from .fetch import settings_of
from .fetch_sources import Broken
from .manifest import Manifest, StagedFile

_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 30.0
_LOCK_WAIT = 60.0
#: problems that every other file would have, too
_STOP = ("E1402", "E1411", "E1431")


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of one file.

    :param state: ``delivered`` (now, or by a killed run whose note is completed now), ``already`` (it is there), ``taken`` (delivered
        earlier, no longer there), ``changed_there`` (delivered earlier, and changed by the section), ``planned`` (check mode), ``failed``
        (see the problems).
    """

    section: str
    folder: str
    name: str
    sha256: str
    bytes: int
    state: str


@dataclass(slots=True)
class Delivery:
    """The result of a run, in the manifest's order."""

    target: str
    files: list[Delivered] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        return any(file.state in {"delivered", "planned"} for file in self.files)


def deliver(
    staged: Path,
    manifest: Manifest,
    policy: Mapping[str, Any],
    records: Path,
    *,
    target: str = "",
    environment: Mapping[str, str] | None = None,
    check: bool = False,
    sleep: Callable[[float], None] = time.sleep,
) -> Delivery:
    """Deliver the files of a manifest that are to be delivered.

    :param staged: folder of the manifest.
    :param policy: ``payment_transfer``.
    :param records: folder of the delivery notes of this control node; made when missing.
    :param check: find out what would happen; nothing is written anywhere.
    :raises WardopsError: E1400 (no such target), E0106 (another delivery is running), E0105 (records). Everything else is in ``problems``.
    """
    settings = settings_of(policy, "target", target)
    notes = _Notes(records, settings["name"], check=check)
    run = _Run(staged, manifest, settings, notes, environment=os.environ if environment is None else environment, check=check, sleep=sleep)
    if check:
        return run.all()
    with lock(notes.folder, _LOCK_WAIT):
        return run.all()


class _Notes:
    """What this control node knows about earlier deliveries to one target."""

    def __init__(self, records: Path, target: str, *, check: bool) -> None:
        self.folder = records / target
        self._target = target
        if not check:
            try:
                self.folder.mkdir(mode=0o750, parents=True, exist_ok=True)
            except OSError as error:
                raise fail("E0105", str(self.folder), reason=os.strerror(error.errno or 0)) from None

    def path(self, file: StagedFile, kind: str) -> Path:
        text = "\0".join((self._target, file.folder, file.name, file.sha256))
        return self.folder / f"{hashlib.sha256(text.encode()).hexdigest()[:32]}.{kind}"

    def has(self, file: StagedFile, kind: str) -> bool:
        return self.path(file, kind).exists()

    def write(self, file: StagedFile, kind: str, run_id: str) -> None:
        data = {"target": self._target, "folder": file.folder, "name": file.name, "sha256": file.sha256, "bytes": file.bytes}
        data |= {"run_id": run_id, "at": f"{dt.datetime.now(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"}
        text = json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
        write_atomic(self.path(file, kind), text.encode(), 0o640)

    def drop_intent(self, file: StagedFile) -> None:
        self.path(file, "intent").unlink(missing_ok=True)
        sync_folder(self.folder)


class _Run:
    """One delivery; reconnects when the connection breaks."""

    def __init__(
        self,
        staged: Path,
        manifest: Manifest,
        settings: Mapping[str, Any],
        notes: _Notes,
        *,
        environment: Mapping[str, str],
        check: bool,
        sleep: Callable[[float], None],
    ) -> None:
        self._staged = staged
        self._manifest = manifest
        self._settings = settings
        self._notes = notes
        self._environment = environment
        self._check = check
        self._sleep = sleep
        self._place: Place | None = None
        self._result = Delivery(settings["name"])

    def all(self) -> Delivery:
        files = [file for file in self._manifest.files if file.deliver]
        try:
            for number, file in enumerate(files):
                if not self._patiently(file, len(files) - number):
                    for other in files[number + 1 :]:
                        self._done(other, "failed")
                    break
        finally:
            self._close()
        return self._result

    def _close(self) -> None:
        if self._place:
            self._place.close()
            self._place = None

    def _done(self, file: StagedFile, state: str) -> None:
        self._result.files.append(Delivered(file.section, file.folder, file.name, file.sha256, file.bytes, state))

    def _patiently(self, file: StagedFile, left: int) -> bool:
        """Deliver one file, again after a broken connection or while another run holds it; whether the next one makes sense."""
        attempts = self._settings["attempts"]
        reason = ""
        for attempt in range(attempts):
            if attempt:
                self._sleep(min(_FIRST_PAUSE * 2 ** (attempt - 1), _LONGEST_PAUSE))
            try:
                if self._place is None:
                    self._place = connect(self._settings, self._environment)
                self._done(file, self._one(self._place, file))
                return True
            except Broken as error:
                reason = str(error)
                self._close()
            except WardopsError as error:
                codes = {problem.code for problem in error.problems}
                if codes == {"E1426"} and attempt + 1 < attempts:
                    continue
                self._result.problems.extend(error.problems)
                self._done(file, "failed")
                return not codes & set(_STOP)
            except OSError as error:
                self._result.problems.append(Problem("E0100", str(self._staged), params={"reason": os.strerror(error.errno or 0)}))
                self._done(file, "failed")
                return True
        host = self._settings.get("host", self._settings["folder"])
        self._result.problems.append(Problem("E1430", params={"host": host, "attempts": attempts, "reason": reason, "left": left}))
        self._done(file, "failed")
        return False

    def _one(self, place: Place, file: StagedFile) -> str:
        safe_names.check_folder(file.folder)
        safe_names.check(file.name)
        self._check_access(place, file)
        state = self._earlier(place, file)
        if state:
            return state
        if self._check:
            return "planned"
        return self._write(place, file)

    def _check_access(self, place: Place, file: StagedFile) -> None:
        """The section's folder and those below it: there, known to the policy, and open to nobody else."""
        section, below = _section_folder(file)
        may = self._may(section)
        access = place.folder(section)
        if access is None:
            raise fail("E1424", folder=section, reason="not found")
        found = delivery_access.problems(access, may, section)
        for folder in below:
            inner = place.folder(folder) if not found else None
            if inner is None:
                break
            found = delivery_access.problems(inner, may, folder)
        if found:
            raise WardopsError(found)

    def _may(self, section: str) -> frozenset[str]:
        may = delivery_access.allowed(self._settings["readers"], section.rpartition("/")[2])
        if may is None:
            raise fail("E1423", folder=section)
        return may

    def _earlier(self, place: Place, file: StagedFile) -> str:
        """The state of a file that need not be delivered; empty for one that must.

        :raises WardopsError: E1421 (another file has its name), E1425 (nobody knows).
        """
        path = f"{file.folder}/{file.name}"
        there = place.digest(path)
        done = self._notes.has(file, "done")
        if there == (file.bytes, file.sha256):
            if not self._check:
                if place.exists(f"{file.folder}/{_temporary(file)}"):
                    place.remove(f"{file.folder}/{_temporary(file)}")
                finished = self._notes.has(file, "intent") and not done
                self._note_done(file)
                return "delivered" if finished else "already"
            return "already"
        if there is not None:
            if done:
                return "changed_there"
            raise fail("E1421", folder=file.folder, name=file.name)
        if done:
            return "taken"
        if self._notes.has(file, "intent") and not place.exists(f"{file.folder}/{_temporary(file)}"):
            raise fail("E1425", folder=file.folder, name=file.name, record=self._notes.path(file, "intent"))
        return ""

    def _note_done(self, file: StagedFile) -> None:
        if not self._notes.has(file, "done"):
            self._notes.write(file, "done", self._manifest.run_id)
        if self._notes.has(file, "intent"):
            self._notes.drop_intent(file)

    def _write(self, place: Place, file: StagedFile) -> str:
        section, below = _section_folder(file)
        may = self._may(section)
        for folder in below:
            access = place.folder(folder) or place.folder(folder, make=True)
            found = delivery_access.problems(access, may, folder) if access else []
            if found:
                raise WardopsError(found)
        with place.upload(file.folder, _temporary(file)) as upload:
            try:
                self._fill(upload, file, may)
                self._notes.write(file, "intent", self._manifest.run_id)
                published = upload.publish(file.name)
            except (WardopsError, OSError):
                self._take_back(upload, file)
                raise
            if not published:
                self._take_back(upload, file)
        if not published:
            return self._earlier(place, file) or "taken"
        self._note_done(file)
        return "delivered"

    def _take_back(self, upload: Upload, file: StagedFile) -> None:
        """The note goes first: a note without a temporary file would mean that nobody knows."""
        if self._notes.has(file, "intent"):
            self._notes.drop_intent(file)
        upload.discard()

    def _fill(self, upload: Upload, file: StagedFile, may: frozenset[str]) -> None:
        """Bytes into the temporary file, compared with the manifest and read back."""
        found = delivery_access.problems(upload.access(), may, f"{file.folder}/{_temporary(file)}")
        if found:
            raise WardopsError(found)
        path = self._staged / file.section / file.name
        try:
            source = path.open("rb")
        except OSError as error:
            raise fail("E1420", str(path), reason=os.strerror(error.errno or 0)) from None
        with source:
            written = upload.write(source)
        if written != (file.bytes, file.sha256):
            reason = f"{written[0]} bytes, SHA-256 {written[1][:16]}; recorded {file.bytes}, {file.sha256[:16]}"
            raise fail("E1420", str(path), reason=reason)
        if upload.read_back() != written:
            raise fail("E1427", folder=file.folder, name=file.name)


def _section_folder(file: StagedFile) -> tuple[str, list[str]]:
    """The folder that belongs to the section, which its administrator makes, and the ones below, which the delivery makes."""
    parts = file.folder.split("/")
    depth = next((number for number, part in enumerate(parts) if part in (file.section, file.title)), 0) + 1
    return "/".join(parts[:depth]), ["/".join(parts[: number + 1]) for number in range(depth, len(parts))]


def _temporary(file: StagedFile) -> str:
    """The same name for the same file, so that a killed run's rest is used up; short, and no name of a section's own."""
    return f".wardops-{hashlib.sha256(f'{file.folder}/{file.name}'.encode()).hexdigest()[:16]}.tmp"
