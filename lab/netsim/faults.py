"""How an answer is spoilt: everything of :class:`Faults` that concerns the text that a device (sim) sends."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.netsim.device import NO_FAULTS, Faults

if TYPE_CHECKING:
    from lab.netsim.shell import Shell

__all__ = ["NO_FAULTS", "Faults", "Flood", "spoil"]


@dataclass(frozen=True, slots=True)
class Flood:
    """A long answer that is never held as a whole."""

    chunk: bytes
    length: int  # bytes


_LONG = 400  # bytes: shorter answers are no configuration


def spoil(shell: Shell, command: str, data: bytes) -> bytes | None:
    """The answer as it leaves the broken device; None when it has been sent (or never will be)."""
    wrong = shell.device.faults
    for insert in wrong.insert:
        data = _inserted(data, re.compile(insert.after.encode()), shell.encode(insert.text.rstrip("\n") + "\n"))
    if wrong.noise and data.count(b"\n") > 1 and not 0 < wrong.noisy <= shell.device.noises:
        head, _, tail = data.partition(b"\n")
        data = head + b"\n" + shell.encode(wrong.noise.rstrip("\n").replace("{n}", f"{shell.device.noises:02}") + "\n") + tail
        shell.device.noises += 1
    if len(data) < _LONG:
        return _cut(shell, command, data)
    if wrong.garbage:
        middle = len(data) // 2
        data = data[:middle] + random.Random(shell.device.name).randbytes(wrong.garbage) + data[middle:]  # noqa: S311 (noise, no key)
    if wrong.stray_pager:
        lines = data.splitlines(keepends=True)
        mark = (shell.session.pager.prompt + shell.session.pager.erase).encode()
        data = b"".join(mark + line if number and number % wrong.stray_pager == 0 else line for number, line in enumerate(lines))
    if wrong.flood:
        shell.out.append(Flood(data, wrong.flood))
        return None
    return _cut(shell, command, data)


def _inserted(data: bytes, after: re.Pattern[bytes], text: bytes) -> bytes:
    lines: list[bytes] = []
    done = False
    for line in data.splitlines(keepends=True):
        lines.append(line)
        if not done and after.search(line):
            lines.append(text)
            done = True
    return b"".join(lines)


def _cut(shell: Shell, command: str, data: bytes) -> bytes | None:
    cut = shell.device.faults.cut
    if cut is None or not re.search(cut.command, command):
        return data
    place = int(cut.at) if cut.at >= 1 else int(len(data) * cut.at)
    if cut.how == "prompt":
        return data[:place] + shell.end_of_line
    shell.out.append(data[:place])
    if cut.how == "hang":
        shell.out.append(1e9)
    else:
        shell.end(cut.how)
    return None
