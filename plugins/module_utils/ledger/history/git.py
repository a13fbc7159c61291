"""What history asks of Git: where things are, the graph of commits, which files a commit changed, messages, contents."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ...common.problems import fail
from .packs import Pack, Unreadable

#: nothing of the operator's own configuration may change what Git prints, and nothing is fetched (GIT_NO_LAZY_FETCH: Git 2.45 and newer)
_ENVIRONMENT = {"LC_ALL": "C.UTF-8", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_REPLACE_OBJECTS": "1", "GIT_NO_LAZY_FETCH": "1"}
_REQUEST = re.compile(r"merge request \S{0,200}?!([0-9]{1,9})|[Pp]ull request #([0-9]{1,9})")
_TRAILER = re.compile(r"(Ticket|Role|Operation):[ \t]*(.*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Touched:
    """A file that differs between a commit and one of its parents; ``old`` is empty for one that was not there, as is ``new``.

    :param source: the path in the parent (another one after a rename).
    """

    source: str
    path: str
    old: bytes
    new: bytes


@dataclass(frozen=True, slots=True)
class Commit:
    """:param when: the committer's time, seconds since 1970 (UTC)."""

    name: bytes
    when: int
    parents: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """A commit's message, taken apart; every text as it stands in Git, with whatever somebody put in."""

    author: str
    authored: int
    subject: str
    ticket: str
    role: str
    operation: str
    request: str


class Git:
    """The repository that a folder lies in.

    :raises WardopsError: E1102 when there is none, or Git refuses.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        top, common, self.width, shallow = self._places()
        self.top, self.common = Path(top), Path(common)
        self.shallow: frozenset[bytes] = frozenset()
        if shallow:
            with contextlib.suppress(OSError):
                lines = (self.common / "shallow").read_text(encoding="ascii").split()
                self.shallow = frozenset(bytes.fromhex(line) for line in lines)

    def _places(self) -> tuple[str, str, int, bool]:
        words = ("--show-toplevel", "--path-format=absolute", "--git-common-dir", "--show-object-format", "--is-shallow-repository")
        lines = self.run("rev-parse", *words).decode("utf-8", "surrogateescape").split("\n")
        return lines[0], lines[1], 32 if lines[2] == "sha256" else 20, lines[3] == "true"

    def run(self, *words: str, stdin: bytes = b"") -> bytes:
        """:raises WardopsError: E1102 with Git's first line."""
        try:
            command = ["git", "-C", str(self.folder), "-c", "core.quotePath=false", *words]
            done = subprocess.run(command, input=stdin, capture_output=True, env={**os.environ, **_ENVIRONMENT}, check=False)
        except OSError as error:
            raise fail("E1102", str(self.folder), reason=os.strerror(error.errno or 0)) from None
        if done.returncode:
            reason = done.stderr.decode("utf-8", "replace").strip().splitlines()[:1] or [f"git {words[0]}: exit code {done.returncode}"]
            raise fail("E1102", str(self.folder), reason=reason[0])
        return done.stdout

    @cached_property
    def head(self) -> bytes:
        """The commit that is checked out; empty before the first commit."""
        return bytes.fromhex(self.run("rev-parse", "--revs-only", "HEAD").decode("ascii"))

    def commits(self, known: bytes) -> list[Commit]:
        """Commits that the head has and ``known`` has not, children before their parents."""
        words = ["rev-list", "--topo-order", "--parents", "--timestamp", self.head.hex()]
        if known:
            words += ["--not", known.hex()]
        found = []
        for line in self.run(*words).decode("ascii").splitlines():
            when, name, *parents = line.split(" ")
            found.append(Commit(bytes.fromhex(name), int(when), tuple(map(bytes.fromhex, parents))))
        return found

    def has_commit(self, name: bytes) -> bool:
        return self.run("cat-file", "--batch-check=%(objecttype)", stdin=name.hex().encode() + b"\n").strip() == b"commit"

    def touched(self, commits: Iterable[Commit], suffix: str = ".csv") -> Iterator[tuple[bytes, int, list[Touched]]]:
        """For each commit and each of its parents (by number; 0 also for a commit without one): the files with the suffix."""
        asked = [(commit.name, number) for commit in commits for number in range(len(commit.parents) or 1)]
        parents = {commit.name: commit.parents for commit in commits}
        lines = [b" ".join(part.hex().encode() for part in (name, *parents[name][number : number + 1])) for name, number in asked]
        words = ("diff-tree", "--stdin", "--root", "-r", "-z", "--raw", "--no-abbrev", "--always", "-M", "-l2000", "--no-ext-diff")
        fields = iter(self.run(*words, stdin=b"\n".join(lines) + b"\n").split(b"\0"))
        ends = suffix.encode()
        current: list[Touched] = []
        place = -1
        length = self.width * 2
        for field in fields:
            if field[:1] != b":":
                # the commit's own name begins the next block
                if place >= 0:
                    yield (*asked[place], current)
                current = []
                place += 1
                continue
            source = path = next(fields)
            status = field[-1:] if field[-4:-3] not in b"RC" else field[-4:-3]
            if status in b"RC":
                path = next(fields)
            if path.endswith(ends) or source.endswith(ends):
                old, new = field[15 : 15 + length], field[16 + length : 16 + 2 * length]
                blobs = (bytes.fromhex(name.decode()) for name in (old, new))
                first, second = (b"" if not any(name) else name for name in blobs)
                current.append(Touched(_path(source), _path(path), first, second))
        if 0 <= place < len(asked):
            yield (*asked[place], current)

    def packs(self) -> list[Pack]:
        """The packs of this repository and of those it borrows objects from; what cannot be read is left out."""
        found = []
        for folder in self._object_folders(self.common / "objects", 5):
            for index in sorted((folder / "pack").glob("pack-*.idx")):
                with contextlib.suppress(Unreadable):
                    found.append(Pack(index, self.width))
        return found

    def _object_folders(self, folder: Path, depth: int) -> Iterator[Path]:
        yield folder
        with contextlib.suppress(OSError, ValueError):
            for line in (folder / "info" / "alternates").read_text(encoding="utf-8").splitlines():
                if line and depth and not line.startswith("#"):
                    yield from self._object_folders(folder / line, depth - 1)

    def words(self, names: list[bytes]) -> dict[bytes, Words]:
        """Messages of commits."""
        if not names:
            return {}
        form = "%H%x00%an%x00%at%x00%B%x00"
        out = self.run(
            "log",
            "--no-walk=unsorted",
            "--stdin",
            "--no-show-signature",
            "--encoding=UTF-8",
            f"--format=tformat:{form}%x01",
            stdin=_lines(names),
        )
        found = {}
        for part in out.decode("utf-8", "replace").split("\x00\x01\n"):
            fields = part.split("\x00")
            if len(fields) == 4:
                found[bytes.fromhex(fields[0])] = _words(fields[1], fields[2], fields[3])
        return found


class Contents:
    """Blobs as ``git cat-file`` gives them, one after the other, from one process; use it as a context manager."""

    def __init__(self, git: Git, limit: int) -> None:
        self.git = git
        self.limit = limit
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Contents:
        return self

    def __exit__(self, *_: object) -> None:
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(OSError):
                process.communicate()

    def get(self, name: bytes) -> bytes | None:
        """``None`` for one that is missing (a partial clone), damaged, no file or larger than the limit."""
        process = self._process or self._start()
        if process.stdin is None or process.stdout is None:
            raise fail("E1102", str(self.git.folder), reason="git cat-file: no pipe")
        try:
            process.stdin.write(name.hex().encode() + b"\n")
            process.stdin.flush()
            head = process.stdout.readline().split()
            if len(head) == 2 and head[1] == b"missing":
                return None
            size = int(head[2])
            if head[1] == b"blob" and size <= self.limit:
                content = process.stdout.read(size + 1)
                if len(content) == size + 1:
                    return content[:-1]
            else:
                for left in range(size + 1, 0, -(1 << 20)):
                    process.stdout.read(min(left, 1 << 20))
                return None
        except (OSError, IndexError, ValueError):
            pass
        # a damaged object ends the process; the next one is asked from a new one
        self.__exit__()
        return None

    def _start(self) -> subprocess.Popen[bytes]:
        command = ["git", "-C", str(self.git.folder), "cat-file", "--batch"]
        environment = {**os.environ, **_ENVIRONMENT}
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment)
        return self._process


def _words(author: str, authored: str, message: str) -> Words:
    subject, _, rest = message.strip().partition("\n")
    trailers = {match[1].lower(): match[2].strip() for match in map(_TRAILER.fullmatch, rest.splitlines()) if match}
    request = _REQUEST.search(message)
    number = "" if request is None else f"!{request[1]}" if request[1] else f"#{request[2]}"
    return Words(
        author, int(authored or 0), subject, trailers.get("ticket", ""), trailers.get("role", ""), trailers.get("operation", ""), number
    )


def _lines(names: list[bytes]) -> bytes:
    return b"".join(name.hex().encode() + b"\n" for name in names)


def _path(name: bytes) -> str:
    return name.decode("utf-8", "backslashreplace")
