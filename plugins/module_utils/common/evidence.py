"""Evidence: one JSON record for each run, in order, hash-chained, durable before anything changes.

A run writes ``pending-<run id>.json`` with its plan *before* it changes anything, and reserves the disk space of its closed
record in ``pending-<run id>.close``, which it keeps locked while it lives. Closed, the record is ``<number>-<run id>.json``
and carries the SHA-256 of the one before. A run that was killed leaves its pending file; the next run closes it as
``interrupted``. ``HEAD`` notes the newest number and hash; a copy of it kept elsewhere (a Git tag, a mail) proves that
nothing was cut off the end. ``evidence_chain.py`` proves the chain.

A playbook run has one record (``plugins/callback/evidence.py`` opens it); what a task plans and does becomes a *step* of it:
:func:`step` joins the run that the environment names, or opens a run of its own where there is none.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import fcntl
import getpass
import json
import os
import re
import secrets
import socket
import stat
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from .files import lock, read_bytes, sha256, sync_folder, write_atomic
from .problems import WardopsError, fail

GENESIS = "0" * 64
#: names the run of this process and its children: ``<folder>|<run id>``
VARIABLE = "WARDOPS_RUN"
RESERVE = 64 * 1024
RECORD = re.compile(r"(\d{8})-(\d{8}T\d{6}Z-[0-9a-f]{8})\.json")
_PENDING = re.compile(r"pending-(\d{8}T\d{6}Z-[0-9a-f]{8})\.(?:json|close)")


def default_folder() -> Path:
    """``WARDOPS_EVIDENCE``, else ``build/evidence`` of this checkout, wherever the command is started."""
    return Path(os.environ.get("WARDOPS_EVIDENCE") or Path(__file__).resolve().parents[3] / "build" / "evidence").absolute()


@dataclass(frozen=True, slots=True)
class Head:
    """Newest record: its number (0 = none yet) and hash."""

    seq: int = 0
    sha256: str = GENESIS


class Run:
    """One run's record; use it as a context manager.

    :param folder: the evidence folder of this control node; made if missing.
    :param purpose: what runs, for example ``sync_radius``.
    :param facts: who and what: layer, duties, inventory digest, parameters … (never a secret).
    :raises WardopsError: E0601 when the record cannot be written and reserved, E0605 when the chain cannot be continued, E0608 when
        others can write in the folder: nothing may be changed then. E0607 when the record of a run that is over cannot be closed.
    """

    def __init__(self, folder: Path, purpose: str, facts: Mapping[str, Any], repository: Path | None = None) -> None:
        now = _now()
        self.folder = folder
        self.run_id = f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
        self.record: dict[str, Any] = {
            "format": 1,
            "run_id": self.run_id,
            "purpose": purpose,
            "started_at": now.isoformat(),
            "operator": operator(),
            "host": socket.gethostname(),
            "commit": commit(repository) if repository else None,
            **facts,
            "plan": None,
            "result": {"status": "interrupted"},
        }
        self._descriptor = -1
        self.closed_as: Path | None = None

    def __enter__(self) -> Run:
        try:
            self.folder.mkdir(mode=0o750, parents=True, exist_ok=True)
            _refuse_shared(self.folder)
            with lock(self.folder / ".lock"):
                newest(self.folder)  # a chain that cannot be continued stops the run before it changes anything
                self._descriptor = _open_locked(self._closing, os.O_CREAT | os.O_EXCL)
                self._save()
        except (OSError, WardopsError) as error:
            self._abandon()
            raise _unwritable("E0601", self.folder, error) from None
        return self

    def plan(self, plan: Mapping[str, Any]) -> None:
        """Make the plan durable; only after this may the run change anything.

        :raises WardopsError: E0601 when there is no room for it.
        """
        self.record["plan"] = plan
        try:
            self._save()
        except (OSError, WardopsError) as error:
            self.record["plan"] = None
            raise _unwritable("E0601", self.folder, error) from None

    def result(self, status: str, **details: Any) -> None:
        """How it ended: ``ok``, ``failed`` or ``refused``, with counts and what was verified."""
        self.record["result"] = {"status": status, **details}

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is not None and self.record["result"]["status"] in ("interrupted", "ok"):
            self.result("failed", error=_summary(error))
        try:
            with lock(self.folder / ".lock"):
                _recover(self.folder)
                self.closed_as = _append(self.folder, self.record, self._descriptor)
        except (OSError, WardopsError) as failure:
            # the pending file with its plan stays; the next run closes it
            raise _unwritable("E0607", self.folder, failure) from error
        finally:
            os.close(self._descriptor)

    @property
    def _closing(self) -> Path:
        return _closing(self.folder, self.run_id)

    def reload(self) -> None:
        """Take over the steps that child processes have added to the pending record."""
        self.record = json.loads(read_bytes(_pending(self.folder, self.run_id)))

    def _save(self) -> None:
        _save(self.folder, self.record, self._descriptor)

    def _abandon(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._closing.unlink(missing_ok=True)


class Step:
    """A part of a run that another process has opened; the same interface as :class:`Run`."""

    def __init__(self, folder: Path, run_id: str, purpose: str, facts: Mapping[str, Any]) -> None:
        self.folder = folder
        self.run_id = run_id
        self.closed_as: Path | None = None
        self.record: dict[str, Any] = {"purpose": purpose, **facts, "plan": None, "result": {"status": "interrupted"}}
        self._number = -1

    def __enter__(self) -> Step:
        self._save("E0601")
        return self

    def plan(self, plan: Mapping[str, Any]) -> None:
        """Make the plan durable; only after this may the step change anything.

        :raises WardopsError: E0601 when there is no room for it.
        """
        self.record["plan"] = plan
        self._save("E0601")

    def result(self, status: str, **details: Any) -> None:
        """How it ended: ``ok``, ``failed`` or ``refused``."""
        self.record["result"] = {"status": status, **details}

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is not None and self.record["result"]["status"] in ("interrupted", "ok"):
            self.result("failed", error=_summary(error))
        self._save("E0607")

    def _save(self, code: str) -> None:
        descriptor = -1
        try:
            with lock(self.folder / ".lock"):
                record = json.loads(read_bytes(_pending(self.folder, self.run_id)))
                steps: list[dict[str, Any]] = record.setdefault("steps", [])
                if self._number < 0:
                    self._number = len(steps)
                steps[self._number :] = [self.record, *steps[self._number + 1 :]]
                descriptor = os.open(_closing(self.folder, self.run_id), os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
                _save(self.folder, record, descriptor)
        except (OSError, ValueError, WardopsError) as error:
            raise _unwritable(code, self.folder, error) from None
        finally:
            if descriptor >= 0:
                os.close(descriptor)


def step(folder: Path, purpose: str, facts: Mapping[str, Any], repository: Path | None = None) -> Run | Step:
    """The record for one piece of work: a step of the run that ``WARDOPS_RUN`` names in this folder, else a run of its own."""
    named, _, run_id = os.environ.get(VARIABLE, "").rpartition("|")
    if run_id and Path(named) == folder.absolute() and _pending(folder, run_id).exists():
        return Step(folder, run_id, purpose, facts)
    return Run(folder, purpose, facts, repository)


def _save(folder: Path, record: Mapping[str, Any], descriptor: int) -> None:
    data = _encode(record)
    os.posix_fallocate(descriptor, 0, len(data) + RESERVE)
    write_atomic(_pending(folder, record["run_id"]), data, 0o640, follow=False)


def _pending(folder: Path, run_id: str) -> Path:
    return folder / f"pending-{run_id}.json"


def _closing(folder: Path, run_id: str) -> Path:
    """The reserved space for the closed record; locked as long as its run lives."""
    return folder / f"pending-{run_id}.close"


def _open_locked(path: Path, flags: int) -> int:
    """:raises BlockingIOError: when a living run holds it; ``OSError`` for a link or anything else that is no file of its own."""
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | flags, 0o640)
    try:
        info = os.fstat(descriptor)
        if not stat.S_ISREG(info.st_mode) or info.st_nlink != 1:
            raise OSError(errno.EINVAL, "not a file of its own")
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _append(folder: Path, record: Mapping[str, Any], descriptor: int) -> Path:
    """Number and chain a record into its reserved space and give it its final name; the caller holds the folder's lock."""
    head = newest(folder)
    closed = {**record, "seq": head.seq + 1, "prev_sha256": head.sha256, "finished_at": _now().isoformat()}
    closed["sha256"] = digest(closed)
    data = _encode(closed)
    os.pwrite(descriptor, data, 0)
    os.ftruncate(descriptor, len(data))
    os.fsync(descriptor)
    final = folder / f"{closed['seq']:08d}-{closed['run_id']}.json"
    _closing(folder, closed["run_id"]).rename(final)
    sync_folder(folder)
    _pending(folder, closed["run_id"]).unlink(missing_ok=True)
    with contextlib.suppress(WardopsError):  # a note for comparison; the records are the truth
        write_atomic(folder / "HEAD", f"{closed['seq']} {closed['sha256']}\n".encode(), follow=False)
    return final


def _recover(folder: Path) -> None:
    """Close the records of runs that were killed: their reserved space is no longer locked by a living process."""
    closed = {match[2] for entry in os.scandir(folder) if (match := RECORD.fullmatch(entry.name))}
    runs = {match[1] for entry in os.scandir(folder) if (match := _PENDING.fullmatch(entry.name))}
    for run_id in sorted(runs):
        pending = _pending(folder, run_id)
        try:
            descriptor = _open_locked(_closing(folder, run_id), os.O_CREAT)
        except OSError:  # a living run, or something that is none of ours: verify() names it
            continue
        try:
            if run_id in closed or not pending.exists():
                pending.unlink(missing_ok=True)
                _closing(folder, run_id).unlink()
            else:
                _append(folder, _left_behind(pending, run_id), descriptor)
        finally:
            os.close(descriptor)


def _left_behind(pending: Path, run_id: str) -> dict[str, Any]:
    """The record of a killed run, never as anything but interrupted; of a damaged one only the number is known."""
    record: Any = None
    with contextlib.suppress(ValueError, WardopsError):
        if not pending.is_symlink():
            record = json.loads(read_bytes(pending))
    if not isinstance(record, dict) or record.get("run_id") != run_id:
        record = {"format": 1, "run_id": run_id, "purpose": "unknown", "plan": None}
    result = record.get("result")
    return {**record, "recovered": True, "result": {**(result if isinstance(result, dict) else {}), "status": "interrupted"}}


def _refuse_shared(folder: Path) -> None:
    """:raises WardopsError: E0608 when others could put files or links into the folder."""
    info = folder.stat()
    if info.st_mode & 0o022 or info.st_uid not in (0, os.geteuid()):
        raise fail("E0608", str(folder), mode=f"{stat.S_IMODE(info.st_mode):04o}", owner=info.st_uid)


def _unwritable(code: str, folder: Path, error: OSError | ValueError | WardopsError) -> WardopsError:
    """``code`` with the reason; what is wrong with the chain or the folder itself keeps its own code."""
    if isinstance(error, WardopsError):
        first = error.problems[0]
        return error if first.code in ("E0605", "E0608") else fail(code, str(folder), reason=first.params.get("reason", first.code))
    return fail(code, str(folder), reason=os.strerror(error.errno or 0) if isinstance(error, OSError) else type(error).__name__)


def newest(folder: Path) -> Head:
    """The newest record by number, read from the record itself.

    :raises WardopsError: E0605 when it cannot be read: the chain cannot be continued behind it.
    """
    names = [entry.name for entry in os.scandir(folder) if RECORD.fullmatch(entry.name)]
    if not names:
        return Head()
    path = folder / max(names)
    try:
        record = json.loads(read_bytes(path))
        return Head(int(record["seq"]), str(record["sha256"]))
    except (ValueError, KeyError, TypeError) as error:
        raise fail("E0605", str(path), reason=type(error).__name__) from None


def digest(record: Mapping[str, Any]) -> str:
    """SHA-256 of the record without its own ``sha256``, as JSON with sorted keys and no white space (UTF-8)."""
    body = {key: value for key, value in record.items() if key != "sha256"}
    return sha256(json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode())


def operator() -> dict[str, str]:
    """Who runs this: the login, who became root, and the AWX user where AWX runs it."""
    names = {"user": getpass.getuser()}
    for key, variable in (("sudo_user", "SUDO_USER"), ("awx_user", "AWX_USER"), ("awx_job", "AWX_JOB_ID")):
        if value := os.environ.get(variable):
            names[key] = value
    return names


def commit(repository: Path) -> dict[str, Any] | None:
    """The commit that is checked out and whether tracked files differ from it; ``None`` outside a Git checkout."""
    try:
        head = _git(repository, "rev-parse", "HEAD").strip()
        return {"id": head, "modified": bool(_git(repository, "status", "--porcelain", "--untracked-files=no"))}
    except (OSError, subprocess.SubprocessError):
        return None


def _git(repository: Path, *words: str) -> str:
    command = ["git", "-C", str(repository), *words]
    return subprocess.run(command, capture_output=True, check=True, text=True, timeout=30).stdout


def _summary(error: BaseException) -> list[str]:
    if isinstance(error, WardopsError):
        return [f"{problem.code} {problem.where} {problem.text('en')}" for problem in error.problems]
    return [type(error).__name__]


def _encode(record: Mapping[str, Any]) -> bytes:
    return json.dumps(record, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC).replace(microsecond=0)
