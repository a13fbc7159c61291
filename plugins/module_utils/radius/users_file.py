"""MAC entries in a FreeRADIUS users file (``mods-config/files/authorize``): one block of ours, everything else is kept byte for byte.

The file is replaced as a whole, checked by ``freeradius -C`` where asked, and loaded by HUP or a command. FreeRADIUS 3.2 ignores a
HUP within 5 seconds of the last one, and one before "Ready to process requests" ends it (measured); both are waited for. A run that
was killed between replacing and loading is seen by the next run, which then loads.

Sources: users(5); FreeRADIUS 3.2 ``src/main/mainconfig.c`` (main_config_hup).
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..common.files import lock, read_bytes, write_atomic
from ..common.plan import Item
from ..common.problems import Problem, WardopsError, fail
from .entries import FREERADIUS, USERS, SetPlan, State, canonical, from_epoch, to_epoch
from .planner import expected

BEGIN = "# BEGIN wardops MAC entries: edit the ledgers, not this block\n"
END = "# END wardops MAC entries\n"
#: seconds within which FreeRADIUS ignores a second HUP, and a margin
HUP_PAUSE = 5.5
_ENTRY = re.compile(
    r'([0-9A-F-]{17}) Cleartext-Password := "\1"(?:, Expiration := "([0-9]+)")?\n'
    r'\tTunnel-Type := VLAN,\n\tTunnel-Medium-Type := IEEE-802,\n\tTunnel-Private-Group-Id := "([1-9][0-9]{0,3})"\n'
)


@dataclass(frozen=True, slots=True)
class Loading:
    """How FreeRADIUS checks and takes over a new file.

    :param check: command that must succeed (``freeradius -C``); run with the new file in place, and the old one comes back if it fails.
    :param command: command that makes FreeRADIUS load the file.
    :param pid_file: instead: send HUP to this process.
    """

    check: Sequence[str] = ()
    command: Sequence[str] = ()
    pid_file: Path | None = None


class UsersFileStore:
    """A :class:`~.store.Store` on the machine where FreeRADIUS runs."""

    backend = "files"

    def __init__(self, path: Path, loading: Loading, wait: float = 30.0) -> None:
        self._path = path
        self._loading = loading
        self._wait = wait
        self._held = contextlib.ExitStack()
        self._before, self._after = "", ""
        self.place = f"file:{path}"

    def open(self, exclusive: bool) -> None:
        """:raises WardopsError: E0505 (another sync is running), E0503 (no such folder)."""
        self.close()
        if not self._path.parent.is_dir():
            raise fail("E0503", self.place, reason="no such folder")
        if exclusive:
            try:
                self._held.enter_context(lock(self._path.parent, self._wait))
            except WardopsError:
                raise fail("E0505", self.place, wait=self._wait, holder="?") from None

    def read(self) -> State:
        """:raises WardopsError: E0100-E0102 (file), E0513 (a MAC outside our block, which would go before or after ours)."""
        data = read_bytes(self._path) if self._path.exists() else b""
        text = data.decode("utf-8", "surrogateescape")
        self._before, block, self._after = _split(text)
        problems = _outside(self.place, self._before, 1)
        problems += _outside(self.place, self._after, text.count("\n") - self._after.count("\n") + 1)
        if problems:
            raise WardopsError(problems)
        # without our block there is nothing of ours that FreeRADIUS could have missed
        return State(dict(_parse(block)), grouped=False, stale=BEGIN in text and self._stale())

    def apply(self, plan: SetPlan, state: State) -> None:
        """:raises WardopsError: E0105, E0514 (not loaded; the next run loads it), E0515 (FreeRADIUS refuses the file)."""
        old = read_bytes(self._path) if self._path.exists() else None
        entries = expected(plan, state)[0]
        text = self._before + BEGIN + "".join(_render(key, entries[key]) for key in sorted(entries)) + END + self._after
        data = text.encode("utf-8", "surrogateescape")
        if data != old:
            write_atomic(self._path, data, 0o640)
        self._check(old)
        self._load()

    def close(self) -> None:
        self._held.close()

    def _check(self, old: bytes | None) -> None:
        if not self._loading.check:
            return
        done = _run(self._loading.check)
        if done.returncode == 0:
            return
        if old is not None:
            write_atomic(self._path, old)
        else:
            self._path.unlink()
        lines = done.stdout.decode("utf-8", "replace").strip().splitlines()
        raise fail("E0515", self.place, reason=" / ".join(lines[-3:]))

    @property
    def _stamp(self) -> Path:
        """Its time is that of the last load."""
        return self._path.with_name(f".{self._path.name}.loaded")

    def _stale(self) -> bool:
        """Whether the file is newer than what FreeRADIUS has loaded, as far as we know."""
        if not self._path.exists() or not (self._loading.command or self._loading.pid_file):
            return False
        written = self._path.stat().st_mtime
        if self._loading.pid_file and written < _started(self._loading.pid_file):
            return False
        return not self._stamp.exists() or self._stamp.stat().st_mtime < written

    def _load(self) -> None:
        if self._loading.pid_file:
            self._hup(self._loading.pid_file)
        elif self._loading.command:
            done = _run(self._loading.command)
            if done.returncode:
                raise fail("E0514", self.place, reason=done.stdout.decode("utf-8", "replace").strip()[-300:])
        else:
            return
        self._stamp.touch()

    def _hup(self, pid_file: Path) -> None:
        last = self._stamp.stat().st_mtime if self._stamp.exists() else 0.0
        pause = max(last, _started(pid_file)) + HUP_PAUSE - time.time()
        if 0 < pause <= HUP_PAUSE:
            time.sleep(pause)
        os.kill(_pid(pid_file), signal.SIGHUP)


def _split(text: str) -> tuple[str, str, str]:
    """Text before our block, the block's content, text after it. Without a block it goes to the top, before any DEFAULT."""
    begin = text.find(BEGIN)
    if begin < 0:
        return "", "", text
    end = text.find(END, begin)
    if end < 0:
        return text[:begin], text[begin + len(BEGIN) :], ""
    return text[:begin], text[begin + len(BEGIN) : end], text[end + len(END) :]


def _outside(place: str, text: str, first_line: int) -> list[Problem]:
    found = []
    for number, line in enumerate(text.split("\n"), first_line):
        if line[:1].strip() and canonical(line.split(maxsplit=1)[0].strip('"')):
            found.append(Problem("E0513", place, number, 0, {"name": line.split(maxsplit=1)[0]}))
    return found


def _parse(block: str) -> Iterator[tuple[str, Item]]:
    """Entries of the block; a paragraph that we would not write, or a second one for a MAC, makes an odd item with its text."""
    paragraphs: dict[str, list[str]] = {}
    for paragraph in re.split(r"\n(?=[^\s])", block.removesuffix("\n")):
        if paragraph.strip():
            name = paragraph.split(maxsplit=1)[0]
            paragraphs.setdefault(canonical(name) or name, []).append(paragraph + "\n")
    made: dict[tuple[str, str], Item] = {}
    for key, texts in paragraphs.items():
        match = _ENTRY.fullmatch(texts[0]) if len(texts) == 1 else None
        if match is None or FREERADIUS.render(key) != match[1]:
            yield key, {"vlan": None, "rows": [[USERS, key, "", "", text] for text in texts]}
            continue
        _, expires, vlan = match.groups()
        moment = from_epoch(expires) if expires else ""
        yield key, made.setdefault((vlan, expires or ""), {"vlan": int(vlan), **({"expires": moment} if moment else {})})


def _render(key: str, item: Item) -> str:
    if "rows" in item:
        return "".join(row[4] for row in item["rows"])
    name = FREERADIUS.render(key)
    expires = f', Expiration := "{to_epoch(item["expires"])}"' if "expires" in item else ""
    reply = ("Tunnel-Type := VLAN", "Tunnel-Medium-Type := IEEE-802", f'Tunnel-Private-Group-Id := "{item["vlan"]}"')
    return f'{name} Cleartext-Password := "{name}"{expires}\n' + ",\n".join(f"\t{line}" for line in reply) + "\n"


def _pid(pid_file: Path) -> int:
    """:raises WardopsError: E0514 when FreeRADIUS does not run."""
    try:
        pid = int(pid_file.read_text(encoding="ascii"))
        name = Path(f"/proc/{pid}/comm").read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        raise fail("E0514", str(pid_file), reason="not running") from None
    if name not in ("freeradius", "radiusd"):
        raise fail("E0514", str(pid_file), reason=f"process {pid} is {name}")
    return pid


def _started(pid_file: Path) -> float:
    """When the process began, in seconds since 1970."""
    fields = Path(f"/proc/{_pid(pid_file)}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    ticks = int(fields[19])
    return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME) + ticks / os.sysconf("SC_CLK_TCK")


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[bytes]:
    environment: Mapping[str, str] = {**os.environ, "LC_ALL": "C.UTF-8"}
    try:
        return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=120, env=environment)
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(command, 127, str(error).encode())
