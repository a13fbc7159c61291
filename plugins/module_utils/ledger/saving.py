"""Saving a book's changes: in place, as a patch, or as a commit on a branch. All of them or none, also after a kill.

In place: new files are written and synced beside the old ones, then a journal names them, then each is renamed, then the journal
goes. Whoever opens the ledgers next finishes what a journal promises (:func:`recover`). On a branch: Git's own objects are
written first and one ref is moved last, with compare-and-swap; the working tree is not touched (gitglossary: plumbing).
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ..common.files import lock, read_bytes, sha256, sync_folder, write_atomic
from ..common.problems import fail
from .book import Book
from .unfinished import JOURNAL, unfinished

_NO_COMMIT = "0" * 40


@dataclass(frozen=True, slots=True)
class Message:
    """A commit's message; the trailers are what ``history`` reads.

    :param role: the role of the person who decided (``helpdesk``, ``operations`` …), never a name.
    :param operation: the command that made the change (``intake``, ``life`` …).
    """

    subject: str
    body: str = ""
    ticket: str = ""
    role: str = ""
    operation: str = ""

    def text(self) -> str:
        trailers = [("Ticket", self.ticket), ("Role", self.role), ("Operation", self.operation)]
        lines = [f"{name}: {_one_line(value)}" for name, value in trailers if value]
        return "\n\n".join(filter(None, [_one_line(self.subject), self.body.strip(), "\n".join(lines)])) + "\n"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def to_files(book: Book) -> list[Path]:
    """Write the changed ledgers in place; the paths written.

    :raises WardopsError: E0803 when a file has changed since the book read it (nothing is written), E0105 (disk), E0106 (locked).
    """
    ledgers = book.ward.ledgers
    with lock(ledgers):
        _finish(ledgers)
        _unchanged_meanwhile(book)
        files = book.changed_files()
        for path in files:
            path.parent.mkdir(exist_ok=True)
        if len(files) == 1:
            (path,) = files
            write_atomic(path, files[path])
        elif files:
            _write_together(ledgers, files)
    return list(files)


def recover(ledgers: Path) -> list[str]:
    """Finish a save that was killed; the files that were still to come, relative to the folder."""
    if unfinished(ledgers) is None:
        return []
    with lock(ledgers):
        return _finish(ledgers)


def _unchanged_meanwhile(book: Book) -> None:
    for path, digest in book.digests().items():
        now = sha256(read_bytes(path)) if path.exists() else ""
        if now != digest:
            raise fail("E0803", book.ward.shown(path))


def _write_together(ledgers: Path, files: dict[Path, bytes]) -> None:
    home = ledgers.absolute()
    entries = []
    for path, data in files.items():
        beside = path.with_name(f".{path.name}.pending")
        write_atomic(beside, data)
        entries.append({"path": str(path.relative_to(home)), "sha256": sha256(data)})
    write_atomic(ledgers / JOURNAL, json.dumps(entries, indent=1).encode())
    _finish(ledgers)


def _finish(ledgers: Path) -> list[str]:
    """Rename what a journal names; a pending file that no journal names belongs to a save that never began."""
    journal = unfinished(ledgers)
    if journal is None:
        for orphan in [*ledgers.glob(".*.pending"), *ledgers.glob("*/.*.pending")]:
            orphan.unlink()
        return []
    moved = []
    for entry in json.loads(read_bytes(journal)):
        path = ledgers / entry["path"]
        beside = path.with_name(f".{path.name}.pending")
        if beside.exists():
            if sha256(read_bytes(beside)) != entry["sha256"]:
                raise fail("E0804", str(journal))
            beside.replace(path)
            sync_folder(path.parent)
            moved.append(entry["path"])
    journal.unlink()
    sync_folder(ledgers)
    return moved


def to_patch(book: Book) -> bytes:
    """The changes as a patch for ``git apply``, from the top of the repository; empty when there are none.

    :raises WardopsError: E0805 (not in a Git repository, or Git fails), E0806 (a file differs from the last commit).
    """
    repository = _repository(book)
    base = _git(repository, "rev-parse", "HEAD").strip()
    options = ("--no-color", "--no-ext-diff", "--no-textconv", "--no-renames", "--full-index", "--binary")
    return _git_bytes(repository, "diff", *options, f"{base}^{{tree}}", _tree(book, repository, base))


def to_branch(book: Book, branch: str, message: Message) -> str:
    """Commit the changes on a new branch that begins at the current commit; the commit's id.

    :raises WardopsError: E0805 (not in a Git repository, bad branch name, no identity), E0806 (a file differs from the last commit),
        E0807 (the branch exists: somebody else, or an earlier run, made it).
    """
    repository = _repository(book)
    _git(repository, "check-ref-format", f"refs/heads/{branch}")
    _git(repository, "check-ref-format", "--branch", branch)  # no name that begins like an option
    base = _git(repository, "rev-parse", "HEAD").strip()
    tree = _tree(book, repository, base)
    commit = _git(repository, "commit-tree", tree, "-p", base, "-F", "-", stdin=message.text().encode()).strip()
    reference = f"refs/heads/{branch}"
    if _git(repository, "for-each-ref", "--format=%(objectname)", reference).strip():
        raise fail("E0807", branch=branch)
    _git(repository, "update-ref", "-m", "wardops", reference, commit, _NO_COMMIT)  # refuses when somebody was faster
    return commit


def _repository(book: Book) -> Path:
    return Path(_git(book.ward.root, "rev-parse", "--show-toplevel").rstrip("\n"))


def _tree(book: Book, repository: Path, base: str) -> str:
    """A tree object: the commit ``base`` with the book's files. Refuses files that are not as the commit has them."""
    top = repository.resolve()
    entries = []
    for path, data in book.changed_files().items():
        name = path.resolve().relative_to(top).as_posix()
        digest = book.digests()[path]
        listed = _git(repository, "ls-tree", base, "--", name).split()
        committed = sha256(_git_bytes(repository, "cat-file", "blob", listed[2])) if listed else ""
        if committed != digest:
            raise fail("E0806", book.ward.shown(path))
        blob = _git(repository, "hash-object", "-w", "--stdin", stdin=data).strip()
        entries.append(f"100644 {blob}\t{name}\n")
    with tempfile.TemporaryDirectory() as folder:
        index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        _git(repository, "read-tree", base, env=index)
        _git(repository, "update-index", "--index-info", stdin="".join(entries).encode(), env=index)
        return _git(repository, "write-tree", env=index).strip()


def _git(repository: Path, *words: str, stdin: bytes = b"", env: dict[str, str] | None = None) -> str:
    return _git_bytes(repository, *words, stdin=stdin, env=env).decode("utf-8", "replace")


def _git_bytes(repository: Path, *words: str, stdin: bytes = b"", env: dict[str, str] | None = None) -> bytes:
    command = ["git", "-C", str(repository), *words]
    environment = {**os.environ, "LC_ALL": "C.UTF-8", **(env or {})}
    try:
        done = subprocess.run(command, input=stdin, capture_output=True, env=environment, check=False)
    except OSError as error:
        raise fail("E0805", str(repository), reason=os.strerror(error.errno or 0)) from None
    if done.returncode:
        reason = done.stderr.decode("utf-8", "replace").strip().splitlines()[:1] or [f"git {words[0]}: exit code {done.returncode}"]
        raise fail("E0805", str(repository), reason=reason[0])
    return done.stdout
