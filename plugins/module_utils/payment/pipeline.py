"""A day's run: fetch → archive → split → deliver → receipt, each step safe to repeat, with evidence before anything is staged.

Everything lies below one work folder: ``archive/`` (what was fetched, for ever), ``seen/`` (keys of payments, can be made again),
``stage/`` (what was split), ``receipts/``. A file that cannot be split does not stop the day's others; rows that nobody is in charge
of, and payments that come twice, make the run end as failed after everything else was delivered.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from ..common import evidence
from ..common.problems import Problem, WardopsError, fail
from ..common.ward import REPOSITORY, Ward
from . import layout as layouts
from . import receipt
from .archive import Archive, Archived, digest
from .delivery import deliver
from .fetch import Clock, fetch_day
from .layout import Layout
from .routing import Routing
from .seen import DAYS, Index
from .split import Input, Staged, reindex, split

#: what became of a staged file, as the receipt says it
_STATES = {
    "delivered": "配信済",
    "already": "配信済",
    "taken": "配信済（受領済み）",
    "changed_there": "配信済（配信先で変更あり）",
    "planned": "配信予定",
    "failed": "配信できず",
}
DUTIES = ["II-5-(1)", "II-5-(2)", "II-5-(3)"]


@dataclass(frozen=True, slots=True)
class Request:
    """What a run is asked for.

    :param folder: the work folder.
    :param day: business day; nothing for the ward's today.
    :param file: a file that is taken into the archive first, instead of fetching.
    :param source: name of a source in ``payment_transfer.yml`` to fetch from; empty for its ``use``; nothing: do not fetch.
    :param target: the same for the delivery.
    :param layout: name of the form in ``payment_layout.yml``; empty for its ``use``.
    """

    ward: Path
    folder: Path
    evidence: Path
    day: dt.date | None = None
    file: Path | None = None
    source: str | None = None
    target: str | None = None
    layout: str = ""
    layer: str = ""
    check: bool = False


@dataclass(slots=True)
class Done:
    """What a run has done so far."""

    changed: bool = False
    problems: list[Problem] = field(default_factory=list)
    staged: list[Staged] = field(default_factory=list)
    delivered: dict[str, dict[str, str]] = field(default_factory=dict)
    receipts: list[Path] = field(default_factory=list)
    record: str | None = None


def rules_of(ward: Ward, day: dt.date, layout: str = "") -> tuple[Layout, Routing]:
    """Form of the file and rules, as the ward's policies and ledgers have them.

    :raises WardopsError: E0100-E0123 (files), E1300, E1303, E1304, E1306, E1307.
    """
    form = layouts.load(ward.policy("payment_layout"), layout)
    return form, Routing(ward.policy("payment_routing"), form, ward.table("departments").dicts(), day)


def inputs_of(archive: Archive, first: dt.date, last: dt.date) -> list[Input]:
    """The archive's contents of some days, each once, in order of arrival."""
    return [input_of(entry) for entry in archive.contents(first, last)]


def input_of(entry: Archived) -> Input:
    return Input(entry.path, entry.name, dt.date.fromisoformat(entry.day), entry.sha256, entry.taken_at, max(1, entry.serial))


def run(request: Request) -> dict[str, Any]:
    """Carry out a day; in check mode find out what would be done, and touch nothing.

    :returns: changed, failed, problems, results (one for each input), receipts, evidence.
    :raises WardopsError: when nothing could be done at all: rules, source, disk, no input (E1319).
    """
    ward = Ward(request.ward)
    day = request.day or ward.today
    form, routing = rules_of(ward, day, request.layout)
    if request.check:
        done = Done()
        for given in _preview(request, ward, day, done):
            _split(given, request, form, routing, done)
        for staged in done.staged:
            _deliver(staged, request, ward, done)
        return _result(done)
    facts = {
        "duties": DUTIES,
        "layer": request.layer,
        "inventory": {"ward": ward.shown(ward.root), "sha256": ward.digest()},
        "target": request.target if request.target is not None else str(request.folder),
        "day": day.isoformat(),
    }
    with evidence.step(request.evidence, "split_payment_results", facts, REPOSITORY) as step:
        try:
            done = _work(request, ward, day, form, routing, step)
        except WardopsError as error:
            step.result("refused", codes=sorted({problem.code for problem in error.problems}))
            raise
        done.record = str(step.closed_as or f"{step.folder}/*-{step.run_id}.json")
        result = _result(done)
        step.result("failed" if result["failed"] else "ok", changed=result["changed"], results=result["results"])
    return result


def _work(request: Request, ward: Ward, day: dt.date, form: Layout, routing: Routing, step: Any) -> Done:  # noqa: PLR0917
    done = Done()
    archive = Archive(request.folder / "archive")
    _fetch(request, ward, day, archive, done)
    today = inputs_of(archive, day, day)
    if not today:
        raise WardopsError(done.problems or [Problem("E1319", str(archive.root), params={"day": day.isoformat()})])
    step.plan({"inputs": [{"name": one.name, "sha256": one.sha256, "serial": one.serial} for one in today]})
    index = Index(request.folder / "seen")
    reindex(inputs_of(archive, day - dt.timedelta(days=DAYS), day - dt.timedelta(days=1)), request.folder / "stage", form, routing, index)
    for given in today:
        _split(given, request, form, routing, done, index)
    _settled(inputs_of(archive, day, dt.date.max), done)
    for staged in done.staged:
        _deliver(staged, request, ward, done)
        _receipt(staged, request, routing, done)
    return done


def _fetch(request: Request, ward: Ward, day: dt.date, archive: Archive, done: Done) -> None:
    if request.file:
        done.changed |= take(archive, request.file, day).new
    elif request.source is not None:
        fetched = fetch_day(ward.policy("payment_transfer"), day, archive, source=request.source, clock=_clock(ward))
        done.problems.extend(fetched.problems)
        done.changed |= any(entry.new for entry in fetched.files)


def _clock(ward: Ward) -> Clock:
    """The centre's maintenance windows are compared with now; a ward whose date is pinned (the sample) has its own day."""
    pinned = ward.policy("ward").get("as_of")
    return Clock(pinned if isinstance(pinned, dt.date) else None)


def take(archive: Archive, file: Path, day: dt.date) -> Archived:
    """Take a local file into the archive; the same content is there only once.

    :raises WardopsError: E0100 (cannot be read, or still growing), E0102 (a folder, pipe or device), E0105 (disk), E1415.
    """
    try:
        with _regular(file) as stream:
            size, sha256 = digest(stream)
            known = [entry for entry in archive.entries(day, day) if entry.sha256 == sha256]
            if known:
                return known[0]
            with archive.locked():
                stream.seek(0)
                partial = archive.incoming / f"{sha256[:32]}.{os.getpid()}.part"
                with partial.open("wb") as copy:
                    shutil.copyfileobj(stream, copy, 1 << 20)
                with partial.open("rb") as copied:
                    if digest(copied) != (size, sha256):
                        partial.unlink()
                        raise fail("E0100", str(file), reason="読んでいる間に変わりました / it changed while it was read")
                now = f"{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%SZ}"
                taken = Archived(partial, sha256, size, file.name, "file", str(file.absolute()), day.isoformat(), "", now, new=True)
                return archive.store(partial, taken)
    except OSError as error:
        raise fail("E0100", str(file), reason=os.strerror(error.errno or 0)) from None


@contextlib.contextmanager
def _regular(file: Path) -> Iterator[BinaryIO]:
    """A file that has an end.

    :raises WardopsError: E0102. :raises OSError: it cannot be opened.
    """
    # O_NONBLOCK: a pipe must not hang the run
    descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise fail("E0102", str(file))
    with os.fdopen(descriptor, "rb") as stream:
        yield stream


def _preview(request: Request, ward: Ward, day: dt.date, done: Done) -> list[Input]:
    """The inputs that a run would have, as far as that can be known without taking anything."""
    root = request.folder / "archive"
    found = inputs_of(Archive(root), day, day) if (root / "records").is_dir() else []
    if request.file:
        try:
            with _regular(request.file) as stream:
                _, sha256 = digest(stream)
        except OSError as error:
            raise fail("E0100", str(request.file), reason=os.strerror(error.errno or 0)) from None
        if all(one.sha256 != sha256 for one in found):
            done.changed = True
            now = f"{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%SZ}"
            found.append(Input(request.file, request.file.name, day, sha256, now, len(found) + 1))
    elif request.source is not None and root.is_dir():
        fetched = fetch_day(ward.policy("payment_transfer"), day, Archive(root), source=request.source, clock=_clock(ward), check=True)
        done.problems.extend(fetched.problems)
    return found


def _split(given: Input, request: Request, form: Layout, routing: Routing, done: Done, index: Index | None = None) -> None:  # noqa: PLR0917
    if request.check and (request.folder / "seen").is_dir():
        index = Index(request.folder / "seen")
    try:
        staged = split(given, request.folder / "stage", form, routing, index, check=request.check)
    except WardopsError as error:
        done.problems.extend(error.problems)
        return
    done.changed |= staged.changed
    done.staged.append(staged)
    done.problems.extend(receipt.problems(staged.manifest, staged.folder))


def _settled(known: list[Input], done: Done) -> None:
    """Unrouted rows whose file has become an input of its own are looked after there."""
    hashes = {one.sha256 for one in known}
    for staged in done.staged:
        others = hashes - {staged.manifest.source["sha256"]}
        if any(file.kind == "unrouted" and file.sha256 in others for file in staged.manifest.files):
            found = [problem for problem in receipt.problems(staged.manifest, staged.folder) if problem.code == "E1320"]
            done.problems = [problem for problem in done.problems if problem not in found]


def _deliver(staged: Staged, request: Request, ward: Ward, done: Done) -> None:
    if request.target is None:
        return
    records = request.folder / "delivered"
    policy = ward.policy("payment_transfer")
    delivery = deliver(staged.folder, staged.manifest, policy, records, target=request.target, check=request.check)
    done.problems.extend(delivery.problems)
    done.changed |= delivery.changed
    done.delivered[staged.manifest.run_id] = {f"{file.section}/{file.name}": _STATES[file.state] for file in delivery.files}


def _receipt(staged: Staged, request: Request, routing: Routing, done: Done) -> None:
    folder = request.folder / "receipts"
    path = folder / f"{staged.manifest.run_id}.json"
    if done.changed or not path.exists():
        done.receipts.extend(receipt.write(folder, staged.manifest, routing.sections, done.delivered.get(staged.manifest.run_id)))
    else:
        done.receipts.extend(path.with_suffix(suffix) for suffix in (".json", ".csv", ".html"))


def _result(done: Done) -> dict[str, Any]:
    results = [
        {
            "run_id": staged.manifest.run_id,
            "name": staged.manifest.source["name"],
            "status": staged.manifest.status,
            "changed": staged.changed,
            "folder": str(staged.folder),
            **{
                kind: {"rows": amounts.rows, "yen": amounts.yen}
                for kind, amounts in staged.manifest.totals.items()
                if kind != "blank_lines"
            },
            "files": [{"section": file.section, "name": file.name, "rows": file.amounts.rows} for file in staged.manifest.files],
            "delivered": done.delivered.get(staged.manifest.run_id, {}),
        }
        for staged in done.staged
    ]
    return {
        "changed": done.changed,
        "failed": bool(done.problems),
        "problems": done.problems,
        "results": results,
        "receipts": [str(path) for path in done.receipts],
        "evidence": done.record,
    }
