"""Payments that were seen before: 128-bit keys of every input of the last 90 days, one small file for each input.

An index file is written beside and renamed, carries the hash of its content, and can be made again from the archived input at any
time. Inputs have numbers in the order in which they were first split. A new input is compared with all others (whatever the clock
says); one that is split again only with those before it, which gives the result of then. Within a file the first row with a key is
the payment, later ones are its duplicates.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import re
import struct
import tempfile
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from ..common.files import sync_folder
from .records import Positions, Words

DAYS = 90
_MAGIC = b"WOPSEEN1"
_HEAD = struct.Struct("<8sQ32s256Q")
_NAME = re.compile(r"(\d{8})_(\d{8})_([0-9a-f]{64})\.seen")
#: keys that are sorted at once
_BUCKET = 1 << 16
#: duplicates that are reported one by one
EXAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Origin:
    """An input: business day (``YYYYMMDD``) and SHA-256."""

    day: str
    sha256: str


@dataclass(slots=True)
class Duplicates:
    """Rows that are not delivered.

    :param excluded: one bit for each record of the input, or nothing when there are none.
    :param examples: the first ones: record number (from 0), the origin's day and hash, or the record number of the first one.
    """

    count: int = 0
    excluded: NDArray[np.uint8] | None = None
    examples: list[dict[str, Any]] = field(default_factory=list)

    def among(self, first: int, count: int) -> NDArray[np.bool_]:
        """Which of ``count`` records from ``first`` on are excluded."""
        if self.excluded is None:
            return np.zeros(count, np.bool_)
        numbers = np.arange(first, first + count)
        bits: NDArray[np.uint8] = self.excluded[numbers >> 3] >> (numbers & 7).astype(np.uint8) & 1
        return bits.astype(np.bool_)

    def take(self, numbers: Positions, records: int) -> None:
        if self.excluded is None:
            self.excluded = np.zeros((records >> 3) + 1, np.uint8)
        np.bitwise_or.at(self.excluded, numbers >> 3, (1 << (numbers & 7)).astype(np.uint8))


class IndexFile:
    """Keys of one earlier input, sorted, on disk."""

    def __init__(self, path: Path, number: int, origin: Origin) -> None:
        self.path = path
        self.number = number
        self.origin = origin
        self._fan: tuple[int, ...] = ()

    def sound(self) -> bool:
        """Whether the file is whole; also reads its table of contents."""
        try:
            with self.path.open("rb", buffering=0) as stream:
                head = stream.read(_HEAD.size)
                if len(head) != _HEAD.size:
                    return False
                magic, count, digest, *fan = _HEAD.unpack(head)
                if magic != _MAGIC or count != fan[-1] or self.path.stat().st_size != _HEAD.size + 16 * count:
                    return False
                self._fan = (0, *fan)
                return bool(hashlib.file_digest(stream, "sha256").digest() == digest)
        except OSError:
            return False

    def read(self, low: int, high: int) -> Words:
        """The keys whose leading byte is at least ``low`` and below ``high``, two columns."""
        begin, end = self._fan[low], self._fan[high]
        with self.path.open("rb", buffering=0) as stream:
            data = os.pread(stream.fileno(), 16 * (end - begin), _HEAD.size + 16 * begin)
        return np.frombuffer(data, "<u8").reshape(-1, 2)


class Keys:
    """The keys of one input, kept in files without names until they are sorted.

    :param size: bytes of the input, for the number of parts.
    :param folder: where the files may be (removed by the system with the process).
    """

    def __init__(self, size: int, folder: Path) -> None:
        self._bits = min(8, max(0, (size // 128 // _BUCKET).bit_length()))
        self._files: list[IO[bytes]] = [tempfile.TemporaryFile(dir=folder, buffering=0) for _ in range(1 << self._bits)]  # noqa: SIM115
        self._waiting: list[Words] = []
        self._sorted = False
        self.records = 0

    def add(self, keys: Words, numbers: Positions) -> None:
        """:param keys: two columns; rows of zeros have no key."""
        rows = np.column_stack((keys, numbers.astype(np.uint64)))
        if len(numbers):
            self.records = int(numbers[-1]) + 1
        self._waiting.append(rows)
        if sum(map(len, self._waiting)) >= _BUCKET:
            self._flush()

    def _flush(self) -> None:
        if not self._waiting:
            return
        rows = np.concatenate(self._waiting)
        self._waiting.clear()
        rows = rows[rows[:, 0] != 0]
        if self._bits == 0:
            self._files[0].write(rows.tobytes())
            return
        part = (rows[:, 0] >> np.uint64(64 - self._bits)).astype(np.uint8)
        order = np.argsort(part, kind="stable")
        rows = rows[order]
        bounds = np.searchsorted(part[order], np.arange((1 << self._bits) + 1)).tolist()
        for file, begin, end in zip(self._files, bounds, bounds[1:], strict=False):
            if begin < end:
                file.write(rows[begin:end].tobytes())

    def close(self) -> None:
        for file in self._files:
            file.close()

    def sorted_parts(self) -> Iterator[tuple[int, int, Words]]:
        """Leading bytes (from, to) of each part and its rows, three columns, sorted by the first; equal keys in the file's order."""
        self._flush()
        width = 256 >> self._bits
        for number, file in enumerate(self._files):
            file.seek(0)
            rows = np.frombuffer(file.read(), np.uint64).reshape(-1, 3)
            if not self._sorted:
                rows = rows[np.argsort(rows[:, 0])]
                if (rows[1:, 0] == rows[:-1, 0]).any():
                    # rare, and the quick sort does not keep the order of equal ones
                    rows = rows[np.lexsort((rows[:, 2], rows[:, 1], rows[:, 0]))]
                file.seek(0)
                file.write(rows.tobytes())
            yield number * width, (number + 1) * width, rows
        self._sorted = True

    def compare(self, earlier: Sequence[IndexFile]) -> Duplicates:
        """Find the rows whose key an earlier input has, or an earlier row of this one."""
        found = Duplicates()
        for low, high, rows in self.sorted_parts():
            fresh = np.ones(len(rows), np.bool_)
            for index in earlier:
                self._against(index, index.read(low, high), rows, fresh, found)
            self._within(rows, fresh, found)
        return found

    def _against(self, index: IndexFile, old: Words, rows: Words, fresh: NDArray[np.bool_], found: Duplicates) -> None:
        if not len(old) or not len(rows):
            return
        at = np.minimum(np.searchsorted(old[:, 0], rows[:, 0]), len(old) - 1)
        hits = np.flatnonzero((old[at, 0] == rows[:, 0]) & (old[at, 1] == rows[:, 1]) & fresh)
        fresh[hits] = False
        numbers = rows[hits, 2].astype(np.int64)
        self._note(found, numbers, [{"day": index.origin.day, "sha256": index.origin.sha256}] * min(len(numbers), EXAMPLES))

    def _within(self, rows: Words, fresh: NDArray[np.bool_], found: Duplicates) -> None:
        """Equal keys stand together, in the file's order."""
        again = np.zeros(len(rows), np.bool_)
        again[1:] = (rows[1:, 0] == rows[:-1, 0]) & (rows[1:, 1] == rows[:-1, 1])
        first = np.maximum.accumulate(np.where(again, 0, np.arange(len(rows))))
        hits = np.flatnonzero(again & fresh)
        origins = [{"first_record": int(rows[row, 2])} for row in first[hits[:EXAMPLES]].tolist()]
        self._note(found, rows[hits, 2].astype(np.int64), origins)

    def _note(self, found: Duplicates, numbers: Positions, origins: list[dict[str, Any]]) -> None:
        if len(numbers):
            found.count += len(numbers)
            found.take(numbers, self.records)
            pairs = zip(numbers[:EXAMPLES].tolist(), origins, strict=False)
            found.examples.extend({"record": number, **origin} for number, origin in pairs)
            found.examples.sort(key=lambda item: item["record"])
            del found.examples[EXAMPLES:]


class Index:
    """The folder of index files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(mode=0o750, parents=True, exist_ok=True)

    def has(self, origin: Origin) -> bool:
        """Whether the input's keys are there, whole."""
        own = self._own(origin)
        return own is not None and own.sound()

    def earlier(self, origin: Origin, without: Collection[str] = ()) -> list[IndexFile]:
        """Index files of the inputs before this one, at most 90 days away; those that are not whole are left out.

        :param without: hashes of inputs that do not count.
        """
        own = self._own(origin)
        others = {origin.sha256, *without}
        day = _date(origin.day)
        return [
            one
            for one in self._files()
            if one.origin.sha256 not in others
            and (own is None or one.number < own.number)
            and abs((_date(one.origin.day) - day).days) <= DAYS
            and one.sound()
        ]

    def write(self, origin: Origin, keys: Keys) -> None:
        """Put the input's keys into the index; complete under its name, or not there at all."""
        counts = np.zeros(256, np.uint64)
        digest = hashlib.sha256()
        own = self._own(origin)
        number = own.number if own else max((one.number for one in self._files()), default=0) + 1
        final = self.folder / f"{number:08d}_{origin.day}_{origin.sha256}.seen"
        descriptor, name = tempfile.mkstemp(dir=self.folder, prefix=".", suffix=".part")
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(bytes(_HEAD.size))
                for _, _, rows in keys.sorted_parts():
                    body = rows[:, :2].tobytes()
                    digest.update(body)
                    stream.write(body)
                    counts += np.bincount((rows[:, 0] >> np.uint64(56)).astype(np.int64), minlength=256).astype(np.uint64)
                fan = np.cumsum(counts).tolist()
                stream.seek(0)
                stream.write(_HEAD.pack(_MAGIC, fan[-1], digest.digest(), *fan))
                stream.flush()
                os.fsync(stream.fileno())
            Path(name).replace(final)
            sync_folder(self.folder)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def tidy(self) -> None:
        """Remove what killed runs have left; the caller holds the lock."""
        for path in self.folder.glob(".*.part"):
            path.unlink(missing_ok=True)

    def _own(self, origin: Origin) -> IndexFile | None:
        return next((one for one in self._files() if one.origin.sha256 == origin.sha256), None)

    def _files(self) -> list[IndexFile]:
        found = ((path, _NAME.fullmatch(path.name)) for path in sorted(self.folder.iterdir()))
        return [IndexFile(path, int(match[1]), Origin(match[2], match[3])) for path, match in found if match]


def _date(day: str) -> dt.date:
    return dt.date(int(day[:4]), int(day[4:6]), int(day[6:]))
