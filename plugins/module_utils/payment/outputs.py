"""The files of a split while they are made: one for each section that has rows, hashed as they are written."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..common.problems import fail

#: calls after which the disk is asked to begin
_BEGIN_WRITING = 16


@dataclass(slots=True)
class _Output:
    descriptor: int
    path: Path | None
    digest: Any
    size: int


class Outputs:
    """Writes to ``folder``; without a folder nothing is written and only sizes and hashes are found (check mode).

    :param targets: path below the folder for each lane.
    :param prefix: bytes that every file begins with.
    """

    def __init__(self, folder: Path | None, targets: list[str]) -> None:
        self._folder = folder
        self._targets = targets
        self._open: dict[int, _Output] = {}
        self._writer = ThreadPoolExecutor(1)
        self._pending: Future[None] | None = None
        self._rooms = [np.empty(0, np.uint8) for _ in range(2)]
        self._calls = 0
        self.prefix = b""

    def room(self, size: int) -> NDArray[np.uint8]:
        """A place for what will be given to :meth:`write` next; there are two, in turn, as one call is under way meanwhile."""
        self._rooms.reverse()
        if len(self._rooms[0]) < size:
            self._rooms[0] = np.empty(size, np.uint8)
        return self._rooms[0]

    def write(self, pieces: list[tuple[int, memoryview]]) -> None:
        """Append to several lanes, beside the caller's work; at most one call is under way, so memory is bounded.

        :raises WardopsError: E1323 when the disk is full or the folder cannot be written, here or at the next call.
        """
        self._wait()
        self._pending = self._writer.submit(self._write, pieces)

    def finish(self) -> None:
        """Wait for the last pieces.

        :raises WardopsError: E1323.
        """
        self._wait()

    def _wait(self) -> None:
        if self._pending is not None:
            pending, self._pending = self._pending, None
            pending.result()

    def _write(self, pieces: list[tuple[int, memoryview]]) -> None:
        for lane, records in pieces:
            output = self._open.get(lane)
            if output is None:
                output = self._open[lane] = self._create(lane)
                self._append(output, memoryview(self.prefix))
            self._append(output, records)
        self._calls += 1
        if self._calls % _BEGIN_WRITING == 0 and self._folder:
            for output in self._open.values():
                # Linux begins to write out what is dirty, and does not wait: little is left for the fsync at the end
                os.posix_fadvise(output.descriptor, 0, 0, os.POSIX_FADV_DONTNEED)

    def sizes(self) -> dict[int, tuple[str, int]]:
        """SHA-256 and bytes of each lane that has a file."""
        return {lane: (output.digest.hexdigest(), output.size) for lane, output in self._open.items()}

    def sync(self) -> None:
        """Make everything durable, files before folders.

        :raises WardopsError: E1323.
        """
        folders = set()
        for output in self._open.values():
            if output.path is not None:
                self._guard(os.fsync, output.descriptor)
                folders.add(output.path.parent)
        for folder in sorted(folders):
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            self._guard(os.fsync, descriptor)
            os.close(descriptor)

    def close(self) -> None:
        self._writer.shutdown()
        for output in self._open.values():
            if output.path is not None:
                os.close(output.descriptor)
        self._open.clear()

    def _create(self, lane: int) -> _Output:
        if self._folder is None:
            return _Output(-1, None, hashlib.sha256(), 0)
        path = self._folder / self._targets[lane]
        try:
            path.parent.mkdir(mode=0o750, exist_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o640)
        except OSError as error:
            raise fail("E1323", str(path), reason=os.strerror(error.errno or 0)) from None
        return _Output(descriptor, path, hashlib.sha256(), 0)

    def _append(self, output: _Output, data: memoryview) -> None:
        output.digest.update(data)
        output.size += len(data)
        if output.path is None:
            return
        while data:
            data = data[self._guard(os.write, output.descriptor, data) :]

    def _guard(self, call: Any, *arguments: Any) -> Any:
        try:
            return call(*arguments)
        except OSError as error:
            raise fail("E1323", str(self._folder), reason=os.strerror(error.errno or 0)) from None
