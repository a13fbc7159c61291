"""The Git program, called so that nothing from outside changes what it does.

No shell, no user's or system's configuration, no hooks, no variables ``GIT_*``, no automatic clean-up in the middle of a run.
Commits are written by ``git fast-import`` from memory: one process, one pack, one ref moved at the end and only forward.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import os
import shutil
import subprocess
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ...common.problems import WardopsError, fail

MAIN = "refs/heads/main"
APPROVED = "refs/heads/approved"
#: a repository of 5,000 devices and ten years is checked in less
LONGEST = 1800.0
_FULL = ("no space left", "disk quota", "file too large", "read-only file system", "disk full", "out of diskspace")
_SETTINGS = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.fsync=all",
    "core.compression=1",  # measured: the text of 5,000 devices in 1.7 s instead of 4.3 s; `prune` packs it well later
    "core.quotePath=true",
    "gc.auto=0",
    "maintenance.auto=false",
    "fastimport.unpackLimit=1",  # a night is one pack, also a small one: one file to sync
    "protocol.allow=never",
    "diff.external=",
    "color.ui=never",
    "log.showSignature=false",
)


@dataclass(frozen=True, slots=True)
class Author:
    """Who a commit is by: a role, never a person."""

    role: str
    at: dt.datetime

    def line(self) -> bytes:
        return f"{self.role} <{self.role}@wardops.invalid> {int(self.at.timestamp())} {self.at:%z}".encode()


class Git:
    """One bare repository.

    :param folder: the repository itself (``configs.git``).
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        #: descriptors that its processes hold too: while one of them lives, also after a kill of ours, the store stays locked
        self.holding: tuple[int, ...] = ()

    def command(self, *words: str) -> list[str]:
        settings = [word for setting in (*_SETTINGS, f"safe.directory={self.folder}") for word in ("-c", setting)]
        return ["git", *settings, f"--git-dir={self.folder}", *words]

    def run(self, *words: str, feed: bytes | None = None, codes: Sequence[int] = (0,)) -> bytes:
        """What the command printed.

        :param codes: exit codes that are an answer.
        :raises WardopsError: E1662 (no room), E1663 (anything else that Git says).
        """
        try:
            done = subprocess.run(
                self.command(*words),
                input=feed,
                capture_output=True,
                check=False,
                env=_environment(),
                umask=0o077,
                timeout=LONGEST,
                pass_fds=self.holding,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise fail("E1663", str(self.folder), command=words[0], reason=_reason(error)) from None
        if done.returncode not in codes:
            raise failure(self.folder, words[0], done.returncode, done.stderr)
        return done.stdout

    def tip(self, ref: str) -> str | None:
        """The commit that a branch stands at, ``None`` while there is no such branch.

        :raises WardopsError: E1663 when the branch or its commit is damaged: that is not the same as none.
        """
        found = self.run("for-each-ref", "--format=%(objectname) %(objecttype)", ref).split()
        if not found and (self.folder / ref).exists():
            raise fail("E1663", str(self.folder), command="for-each-ref", reason=f"broken ref {ref}")
        return found[0].decode() if found else None

    def commit(self, text: str) -> str | None:
        """The commit with this id or beginning of an id."""
        return self.run("rev-parse", "--verify", "--quiet", f"{text}^{{commit}}", codes=(0, 1)).decode().strip() or None

    def contains(self, ref: str, commit: str) -> bool:
        """Whether the commit is part of the ref's history; a commit that is not there at all is not."""
        try:
            self.run("merge-base", "--is-ancestor", commit, ref)
        except WardopsError:
            return False
        return True

    def names(self, revision: str) -> list[str]:
        """Names of the folders at the top of a commit."""
        listing = self.run("ls-tree", "-z", "-d", "--name-only", revision).split(b"\0")
        return [os.fsdecode(name) for name in listing if name]

    def blobs(self, revision: str) -> dict[str, str]:
        """Path → object of every file of a commit."""
        entries = (entry.partition(b"\t") for entry in self.run("ls-tree", "-r", "-z", revision).split(b"\0") if entry)
        return {os.fsdecode(path): facts.split()[2].decode() for facts, _, path in entries}

    def read(self, specs: Sequence[str]) -> list[bytes | None]:
        """Contents of objects (``main:HON/index.csv``), ``None`` for what is not there; one process for all.

        :raises WardopsError: E1663 when an object is damaged.
        """
        if not specs:
            return []
        told = self.run("cat-file", "--batch", feed="".join(f"{spec}\n" for spec in specs).encode())
        found: list[bytes | None] = []
        at = 0
        for _ in specs:
            end = told.find(b"\n", at)
            facts = told[at:end].rsplit(b" ", 2)
            if end < 0 or facts[-1] == b"missing" or not facts[-1].isdigit():
                found.append(None)
                at = end + 1
                continue
            size = int(facts[-1])
            found.append(told[end + 1 : end + 1 + size])
            at = end + size + 2
        return found

    def create(self) -> None:
        """Make the repository: beside, then renamed.

        Pushes are refused (``receive.hideRefs``): only this program writes here. Fetching works.
        """
        beside = Git(self.folder.with_name(f".{self.folder.name}.{os.getpid()}.new"))
        beside.holding = self.holding
        beside.run("init", "--quiet", "--bare", "--template=", "--initial-branch=main", str(beside.folder))
        for name, value in (
            ("gc.auto", "0"),
            ("receive.hideRefs", "refs"),
            ("receive.denyNonFastForwards", "true"),
            ("receive.denyDeletes", "true"),
            ("core.sharedRepository", "0600"),
        ):
            beside.run("config", name, value)
        beside.folder.chmod(0o700)
        beside.folder.rename(self.folder)

    def clean(self) -> None:
        """Take away what a killed ``git`` left. A lock of somebody who lives is gone in a moment: it gets that moment."""
        for path in self.folder.parent.glob(f".{self.folder.name}.*.new"):
            shutil.rmtree(path)
        left = [
            path for pattern in ("objects/pack/tmp_*", "objects/??/tmp_obj_*", "fast_import_crash_*") for path in self.folder.glob(pattern)
        ]
        left += [path for path in self.folder.glob("objects/pack/*.keep") if path.read_bytes().startswith(b"fast-import")]
        locks = [*self.folder.glob("*.lock"), *self.folder.glob("refs/**/*.lock")]
        if locks:
            time.sleep(1.0)
        for path in (*left, *locks):
            path.unlink(missing_ok=True)


class Import:
    """One ``git fast-import``: texts as they come, one commit at the end, or nothing at all.

    It refuses to move a ref that does not stand where the commit's parent says (somebody else was quicker).
    """

    def __init__(self, git: Git) -> None:
        self._git = git
        self._marks = 0
        self._said = b""
        try:
            self._process = subprocess.Popen(
                git.command("fast-import", "--quiet", "--done", "--depth=0", "--date-format=raw"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=_environment(),
                umask=0o077,
                pass_fds=git.holding,
            )
            self._in, self._out, self._err = self._process.stdin, self._process.stdout, self._process.stderr
        except OSError as error:
            raise fail("E1663", str(git.folder), command="fast-import", reason=_reason(error)) from None

    def blob(self, data: bytes) -> str:
        """Hand over one text; the name under which :meth:`commit` knows it."""
        self._marks += 1
        self._send(b"blob\nmark :%d\ndata %d\n" % (self._marks, len(data)), data, b"\n")
        return f":{self._marks}"

    def commit(self, ref: str, parent: str | None, author: Author, message: str, files: Iterable[tuple[str, str | None]]) -> str:
        """The new commit's id. It counts only after :meth:`finish`.

        :param files: path and object (id or the answer of :meth:`blob`); ``None`` takes the file away.
        """
        self._marks += 1
        text = message.encode()
        lines = [f"M 100644 {content} {path}\n" if content else f"D {path}\n" for path, content in files]
        self._send(
            b"commit %s\nmark :%d\ncommitter %s\ndata %d\n" % (ref.encode(), self._marks, author.line(), len(text)),
            text,
            f"\nfrom {parent}\n".encode() if parent else b"\n",
            "".join(lines).encode(),
            b"\nget-mark :%d\n" % self._marks,
        )
        self._send(flush=True)
        answer = _there(self._out).readline().decode().strip()
        if len(answer) not in (40, 64):
            raise self._broken()
        return answer

    def finish(self) -> None:
        """Close the pack and move the ref.

        :raises WardopsError: E1661 when the ref has moved meanwhile, E1662, E1663.
        """
        self._send(b"done\n")
        if code := self._end():
            raise failure(self._git.folder, "fast-import", code, self._said)

    def abandon(self) -> None:
        """Nothing of it comes about."""
        if self._process.returncode is None:
            self._process.kill()
            self._end()

    def _send(self, *parts: bytes, flush: bool = False) -> None:
        stdin = _there(self._in)
        try:
            for part in parts:
                stdin.write(part)
            if flush:
                stdin.flush()
        except OSError:  # it has ended: its own words say why
            raise self._broken() from None

    def _end(self) -> int:
        for stream in (self._in, self._out):
            with contextlib.suppress(OSError):
                _there(stream).close()
        self._said = _there(self._err).read()
        _there(self._err).close()
        return self._process.wait()

    def _broken(self) -> WardopsError:
        return failure(self._git.folder, "fast-import", self._end(), self._said)


def _there(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise ValueError("a pipe that was asked for")
    return stream


def failure(folder: Path, command: str, code: int, said: bytes) -> WardopsError:
    """What Git said, as an error with a number; only its own last words are repeated."""
    text = said.decode("utf-8", "backslashreplace")
    if "does not contain" in text:
        return fail("E1661", str(folder))
    if code == -25 or any(sign in text.lower() for sign in _FULL):  # 25: SIGXFSZ, the limit of a file's size
        return fail("E1662", str(folder), reason=_last_words(text) or "SIGXFSZ")
    return fail("E1663", str(folder), command=command, reason=_last_words(text) or f"exit code {code}")


def no_room(path: Path, error: OSError) -> WardopsError:
    """E1662: a file of the store could not be written."""
    return fail("E1662", str(path), reason=os.strerror(error.errno or errno.EIO))


def _last_words(text: str) -> str:
    lines = [line for line in text.splitlines() if line.startswith(("fatal:", "error:", "warning:"))]
    return lines[-1] if lines else ""


def _reason(error: OSError | subprocess.SubprocessError) -> str:
    return os.strerror(error.errno or 0) if isinstance(error, OSError) else type(error).__name__


def _environment() -> dict[str, str]:
    held = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return held | {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
