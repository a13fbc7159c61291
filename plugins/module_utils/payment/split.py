"""The split of one input: staged as a whole or not at all, proved to have lost nothing, and the same when it is done again.

Order of what is made durable: the sections' files, the manifest, the index of seen keys, the folder's final name. A run that is killed
leaves a ``.part`` folder that the next one removes; a staged result that is there already is not made again. The index comes before
the name, so that nothing that may be delivered is unknown to a later input; an input is never compared with itself.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..common.files import lock, sync_folder, write_atomic
from ..common.problems import WardopsError, fail
from . import manifest as manifests
from .layout import Layout
from .manifest import Amounts, Manifest, StagedFile
from .outputs import Outputs
from .routing import Routing, Section
from .seen import Duplicates, Index, Keys, Origin
from .splitter import Reading, Splitter

#: the section part of file names that belong to no section
_PARTS = "要確認"
_ALL = "全課"
NO_DATA = "該当なし"


@dataclass(frozen=True, slots=True)
class Input:
    """A file to be split.

    :param sha256: as the archive knows it; empty when nobody has hashed it yet.
    :param taken_at: when it arrived, UTC ``YYYYMMDDTHHMMSSZ``, for the record.
    :param serial: 1 for the day's first input, 2 for the next …
    """

    path: Path
    name: str
    day: dt.date
    sha256: str = ""
    taken_at: str = "00000000T000000Z"
    serial: int = 1

    @property
    def shown(self) -> str:
        """The name under which people know it, and not that of the archive's object."""
        return self.name


@dataclass(frozen=True, slots=True)
class Staged:
    """A result: its folder (also when check mode made nothing), the manifest, and whether this run made it."""

    folder: Path
    manifest: Manifest
    changed: bool


def split(source: Input, stage: Path, layout: Layout, routing: Routing, index: Index | None = None, *, check: bool = False) -> Staged:
    """Split an input into ``stage/<run id>/``.

    A result is final: rules that change later do not change what may have been delivered already. Rows that were unrouted then are
    delivered by giving their file as an input of its own; it is not compared with the input that it comes from.

    :param index: keys of earlier inputs; without one only duplicates within the file are found.
    :param check: find everything out and write nothing.
    :raises WardopsError: E0100 (input), E1310-E1317 (the file is not as it must be), E1318 (the books do not balance), E1323 (disk), E1324
        (what was staged before is damaged), E0106 (another split is running). Nothing is staged then.
    """
    sha256 = source.sha256 or _hash(source)
    run_id = f"{source.day:%Y%m%d}-{sha256[:16]}"
    folder = stage / run_id
    work = _Work(source, sha256, run_id, layout=layout, routing=routing, index=index)
    work.parents = _parents(stage, sha256)
    if check:
        with tempfile.TemporaryDirectory(prefix="wardops-split-") as spill:
            known = _staged(folder)
            return Staged(folder, known or work.make(None, Path(spill)), known is None)
    stage.mkdir(mode=0o750, parents=True, exist_ok=True)
    with lock(stage):
        known = _staged(folder)
        if known and not work.to_be_indexed():
            return Staged(folder, known, False)
        _tidy(stage, index)
        with _part(stage, run_id) as part:
            if known:
                return Staged(folder, known, work.write_index(part))
            return Staged(folder, work.commit(part, folder), True)


def reindex(inputs: Sequence[Input], stage: Path, layout: Layout, routing: Routing, index: Index) -> list[Origin]:
    """Make the index files that are missing or damaged, from the archived inputs.

    :returns: inputs that cannot be indexed because they cannot be split; nothing of them was ever delivered.
    """
    stage.mkdir(mode=0o750, parents=True, exist_ok=True)
    refused = []
    with lock(stage):
        _tidy(stage, index)
        for source in inputs:
            work = _Work(source, source.sha256, "reindex", layout=layout, routing=routing, index=index)
            if work.to_be_indexed():
                with _part(stage, "reindex") as part:
                    try:
                        work.write_index(part)
                    except WardopsError:
                        refused.append(work.origin)
    return refused


class _Work:
    """One run: reads the input once, and once more when there are duplicates to be taken out."""

    def __init__(self, source: Input, sha256: str, run_id: str, *, layout: Layout, routing: Routing, index: Index | None) -> None:
        self._source = source
        self._sha256 = sha256
        self._run_id = run_id
        self._layout = layout
        self._routing = routing
        self._index = index
        self.origin = Origin(f"{source.day:%Y%m%d}", sha256)
        self.parents: frozenset[str] = frozenset()
        self._keys: Keys | None = None
        self._targets = _targets(source, routing)

    def to_be_indexed(self) -> bool:
        return self._index is not None and not self._index.has(self.origin)

    def write_index(self, part: Path) -> bool:
        """Add the input's keys to the index, unless they stand there."""
        if self._index is None or not self.to_be_indexed():
            return False
        if self._keys is None:
            self._collect(part)
        if self._keys:
            self._index.write(self.origin, self._keys)
        return True

    def commit(self, part: Path, folder: Path) -> Manifest:
        result = self.make(part, part)
        write_atomic(part / manifests.NAME, manifests.encode(result), 0o640)
        self.write_index(part)
        part.rename(folder)
        sync_folder(folder.parent)
        return result

    def make(self, part: Path | None, spill: Path) -> Manifest:
        """Read, compare with what was seen, write; the files are durable afterwards.

        :param part: where files are written; nowhere in check mode.
        :param spill: for files without a name.
        """
        size = self._source.path.stat().st_size if self._source.path.exists() else 0
        self._keys = Keys(size, spill)
        outputs, reading = self._read(part, self._keys, Duplicates())
        duplicates = self._keys.compare(self._index.earlier(self.origin, self.parents) if self._index else [])
        if duplicates.count:
            outputs.close()
            for child in part.iterdir() if part else ():
                shutil.rmtree(child)
            outputs, reading = self._read(part, None, duplicates)
        with contextlib.closing(outputs):
            outputs.sync()
            result = self._manifest(reading, outputs, duplicates)
        if not result.totals["input"].rows:
            result.files.append(self._no_data(part))
        return result

    def _collect(self, spill: Path) -> None:
        self._keys = Keys(self._source.path.stat().st_size, spill)
        self._read(None, self._keys, Duplicates())

    def _read(self, part: Path | None, keys: Keys | None, duplicates: Duplicates) -> tuple[Outputs, Reading]:
        outputs = Outputs(part, [f"{section}/{name}" for section, _, _, name in self._targets])
        splitter = Splitter(self._layout, self._routing, outputs, keys, duplicates)
        try:
            reading = splitter.read(self._source.path, self._source.shown)
            if reading.sha256 != self._sha256:
                raise fail("E1317", str(self._source.path), expected=self._sha256, found=reading.sha256)
            _prove(reading, outputs, self._source.shown)
        except BaseException:
            outputs.close()
            raise
        return outputs, reading

    def _manifest(self, reading: Reading, outputs: Outputs, duplicates: Duplicates) -> Manifest:
        kinds = ["section"] * len(self._routing.sections) + ["unrouted", "duplicates"]
        files = [
            StagedFile(*self._targets[lane], kinds[lane], kinds[lane] != "duplicates", digest, size, reading.lanes[lane])
            for lane, (digest, size) in sorted(outputs.sizes().items())
        ]
        sections = sum(reading.lanes[: len(self._routing.sections)], Amounts())
        return Manifest(
            run_id=self._run_id,
            day=self._source.day.isoformat(),
            source={"name": self._source.name, "sha256": reading.sha256, "bytes": reading.size, "taken_at": self._source.taken_at},
            made_with={"rules": self._routing.digest, "layout": self._layout.digest, "layout_name": self._layout.name},
            files=sorted(files, key=lambda file: file.path),
            totals={
                "input": reading.found,
                "sections": sections,
                "unrouted": reading.lanes[-2],
                "duplicates": reading.lanes[-1],
                "blank_lines": reading.blank_lines,
            },
            control=reading.control,
            reasons=dict(sorted(reading.reasons.items())),
            duplicates=[_shown(item, reading.places) for item in duplicates.examples],
        )

    def _no_data(self, part: Path | None) -> StagedFile:
        """The explicit result of a day without rows: a file that says so."""
        policy = self._routing.policy
        text = f"{self._source.day.isoformat()} {NO_DATA}\r\n".encode(self._layout.encoding)
        name = self._routing.file_name(Section(_ALL, NO_DATA), self._source.day, self._source.serial)
        if part:
            (part / policy["unrouted"]).mkdir(mode=0o750)
            write_atomic(part / policy["unrouted"] / name, text, 0o640)
        folder = self._routing.folder(policy["unrouted"], self._source.day)
        digest = hashlib.sha256(text).hexdigest()
        return StagedFile(policy["unrouted"], NO_DATA, folder, name, "no_data", True, digest, len(text), Amounts())


def _targets(source: Input, routing: Routing) -> list[tuple[str, str, str, str]]:
    """Folder in the stage, title, folder of delivery and file name of each lane.

    :raises WardopsError: E1306 when one of them is not safe, E1308 when two are one.
    """
    parts = [(one.code, one) for one in routing.sections]
    parts += [(name, Section(_PARTS, name)) for name in (routing.policy["unrouted"], routing.policy["duplicates"])]
    targets = [
        (code, section.name, routing.folder(code, source.day), routing.file_name(section, source.day, source.serial))
        for code, section in parts
    ]
    seen: dict[tuple[str, str], int] = {}
    for lane, (code, _, folder, name) in enumerate(targets):
        for kind, place in (("stage", code), ("delivery", f"{folder}/{name}")):
            first = seen.setdefault((kind, place.casefold()), lane)
            if first != lane:
                raise fail("E1308", "payment_routing", one=targets[first][0], other=code, place=place)
    return targets


def _shown(item: dict[str, Any], places: dict[int, int]) -> dict[str, Any]:
    """A duplicate as people count: records (the header is one) and lines from 1."""
    shown = {**item, "record": item["record"] + 1, "line": places[item["record"]]}
    if "first_record" in item:
        shown["first_record"] = item["first_record"] + 1
    return shown


def _prove(reading: Reading, outputs: Outputs, shown: str) -> None:
    """:raises WardopsError: E1318 when rows, yen or bytes of the outputs are not those of the input."""
    given = sum(reading.lanes, Amounts())
    written = sum(size - len(reading.prefix) for _, size in outputs.sizes().values())
    for what_ja, what, found, expected in (
        ("件数・金額", "rows and yen", given, reading.found),
        ("バイト数", "bytes", written + reading.taken_bytes, reading.size),
    ):
        if found != expected:
            raise fail("E1318", shown, what_ja=what_ja, what=what, found=found, expected=expected)


def _hash(source: Input) -> str:
    try:
        with source.path.open("rb", buffering=0) as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise fail("E0100", str(source.path), reason=os.strerror(error.errno or 0)) from None


def _staged(folder: Path) -> Manifest | None:
    """The manifest of a result that is staged already, its files compared with it.

    :raises WardopsError: E1324.
    """
    if not folder.exists():
        return None
    known = manifests.load(folder)
    for file in known.files:
        try:
            with (folder / file.path).open("rb", buffering=0) as stream:
                digest: Any = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            digest = os.strerror(error.errno or 0)
        if digest != file.sha256:
            raise fail("E1324", str(folder / file.path), reason=f"sha256 {digest}")
    return known


def _parents(stage: Path, sha256: str) -> frozenset[str]:
    """Hashes of the inputs whose unrouted rows this input is."""
    found = set()
    for path in stage.glob(f"*/{manifests.NAME}"):
        known = manifests.load(path.parent)
        if any(file.kind == "unrouted" and file.sha256 == sha256 for file in known.files):
            found.add(known.source["sha256"])
    return frozenset(found)


def _tidy(stage: Path, index: Index | None) -> None:
    """Remove what killed runs have left; the caller holds the lock."""
    for path in stage.glob(".*.part"):
        shutil.rmtree(path)
    if index:
        index.tidy()


@contextlib.contextmanager
def _part(stage: Path, run_id: str) -> Iterator[Path]:
    """A folder beside the final one; gone afterwards, unless it was renamed."""
    part = stage / f".{run_id}.{secrets.token_hex(4)}.part"
    part.mkdir(mode=0o750)
    try:
        yield part
    finally:
        shutil.rmtree(part, ignore_errors=True)
