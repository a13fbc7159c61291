"""The archive of fetched files: each content once and unchanged, and a record of every time that it was taken.

``objects/<sha256>`` holds the bytes (read-only), ``records/<day>/<time>-<sha256>-<where>.json`` says when, from where and under
which name they came. Nothing is ever rewritten. An object is durable before its record; an object without a record (a run that was
killed in between) is a content that nobody has taken yet, and gets its record the next time.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ..common.files import lock, read_bytes, sync_folder, write_atomic
from ..common.problems import fail

CHUNK = 1024 * 1024
_RECORD = re.compile(r"\d{8}T\d{6}\d{6}Z-[0-9a-f]{64}-[0-9a-f]{16}\.json")
_LOCK_WAIT = 60.0


@dataclass(frozen=True, slots=True)
class Archived:
    """One taking of a file.

    :param path: the bytes, in the archive.
    :param sha256: of the bytes, hexadecimal.
    :param size: bytes.
    :param name: the file's name where it was taken.
    :param source: name of the source in the policy.
    :param place: the full place, for people: ``sftp://host/folder/name``.
    :param day: business day, ISO.
    :param modified: the file's time where it was taken, as that place tells it; empty when unknown.
    :param taken_at: UTC, ``YYYYMMDDTHHMMSSZ``.
    :param same_as: ``<day>/<name>`` under which the same content was first taken; empty for new content.
    :param serial: 1 for the day's first content, 2 for the next …; the same content has the same number again.
    :param new: whether this call has taken it.
    """

    path: Path
    sha256: str
    size: int
    name: str
    source: str
    place: str
    day: str
    modified: str
    taken_at: str
    same_as: str = ""
    serial: int = 0
    new: bool = False


class Archive:
    """An archive folder; made when missing, for its owner and group only."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._objects = root / "objects"
        self._records = root / "records"
        self.incoming = root / "incoming"
        for folder in (root, self._objects, self._records, self.incoming):
            try:
                folder.mkdir(mode=0o750, parents=True, exist_ok=True)
            except OSError as error:
                raise fail("E0105", str(folder), reason=os.strerror(error.errno or 0)) from None

    @contextlib.contextmanager
    def locked(self, wait: float = _LOCK_WAIT) -> Iterator[None]:
        """One fetching run at a time.

        :raises WardopsError: E0106 when another run still holds the archive after ``wait`` seconds.
        """
        with lock(self.root / ".lock", wait):
            yield

    def entries(self, since: dt.date | None = None, until: dt.date | None = None) -> list[Archived]:
        """Every taking of these days (both inclusive), oldest first.

        :raises WardopsError: E0100 (unreadable record), E1415 (a record that is none).
        """
        found: list[Archived] = []
        for folder in sorted(path for path in self._records.iterdir() if path.is_dir()):
            if (since and folder.name < since.isoformat()) or (until and folder.name > until.isoformat()):
                continue
            serials: dict[str, int] = {}
            for path in sorted(path for path in folder.iterdir() if _RECORD.fullmatch(path.name)):
                entry = self._load(path)
                serial = serials.setdefault(entry.sha256, len(serials) + 1)
                found.append(dataclasses.replace(entry, serial=serial))
        return sorted(found, key=lambda entry: (entry.taken_at, entry.serial))

    def contents(self, since: dt.date | None = None, until: dt.date | None = None) -> list[Archived]:
        """Each content once, under its first name and on its first day."""
        first: dict[str, Archived] = {}
        for entry in self.entries(since, until):
            if not entry.same_as:
                first.setdefault(entry.sha256, entry)
        return list(first.values())

    def known(self, day: dt.date, place: str, size: int, modified: str) -> Archived | None:
        """The taking of exactly this file, when there is one: same place, size and time."""
        for entry in self.entries(day, day):
            if (entry.place, entry.size, entry.modified) == (place, size, modified) and modified:
                return entry
        return None

    def store(self, partial: Path, taken: Archived) -> Archived:
        """Move a completely received file into the archive and record it. The caller holds :meth:`locked`.

        :param partial: a file below :attr:`incoming`; it is gone afterwards.
        :param taken: what is known about it; ``path``, ``same_as`` and ``serial`` are filled in here.
        :raises WardopsError: E1415 when the archive holds a damaged file of the same hash; E0105 on a full disk.
        """
        target = self._objects / taken.sha256
        try:
            if target.exists():
                self.verify(target, taken.sha256)
                partial.unlink()
            else:
                _sync(partial)
                partial.chmod(0o440)
                partial.rename(target)
                sync_folder(self._objects)
        except OSError as error:
            raise fail("E0105", str(target), reason=os.strerror(error.errno or 0)) from None
        first = next((entry for entry in self.entries() if entry.sha256 == taken.sha256), None)
        entry = dataclasses.replace(taken, path=target, same_as=f"{first.day}/{first.name}" if first else "")
        self._record(entry)
        day = dt.date.fromisoformat(taken.day)
        serial = next(each.serial for each in self.entries(day, day) if each.sha256 == taken.sha256)
        return dataclasses.replace(entry, serial=serial)

    def verify(self, path: Path, sha256: str) -> None:
        """Compare a file of the archive with its name.

        :raises WardopsError: E0100 (unreadable), E1415 (damaged).
        """
        try:
            with path.open("rb") as stream:
                found = digest(stream)[1]
        except OSError as error:
            raise fail("E0100", str(path), reason=os.strerror(error.errno or 0)) from None
        if found != sha256:
            raise fail("E1415", str(path), expected=sha256[:16], found=found[:16])

    def _record(self, entry: Archived) -> None:
        folder = self._records / entry.day
        folder.mkdir(mode=0o750, exist_ok=True)
        sync_folder(self._records)
        stamp = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%S%fZ")
        where = hashlib.sha256(entry.place.encode()).hexdigest()[:16]
        data = {key: value for key, value in dataclasses.asdict(entry).items() if key not in ("path", "serial", "new")}
        text = json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True)
        write_atomic(folder / f"{stamp}-{entry.sha256}-{where}.json", text.encode("utf-8", "backslashreplace") + b"\n", 0o440)

    def _load(self, path: Path) -> Archived:
        try:
            data = json.loads(read_bytes(path))
            entry = Archived(path=self._objects / data["sha256"], **data)
        except (ValueError, KeyError, TypeError):
            raise fail("E1415", str(path), expected="JSON", found="?") from None
        if not re.fullmatch(r"[0-9a-f]{64}", entry.sha256) or entry.sha256 not in path.name:
            raise fail("E1415", str(path), expected=path.name[23:39], found=entry.sha256[:16])
        return entry


def digest(stream: BinaryIO) -> tuple[int, str]:
    """Size and SHA-256 of what the stream still gives, in constant memory."""
    total = hashlib.sha256()
    size = 0
    while chunk := stream.read(CHUNK):
        total.update(chunk)
        size += len(chunk)
    return size, total.hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
