"""A recorded dialogue played back raw: keys in, bytes out, prompts and pager and all as they were recorded.

Recordings of this kind hold no modes; only what was typed and what came. A typed line is looked for behind the last one that was
played, then anywhere, so that a reader that asks in another order than the recorder did gets its answer as well.
"""

from __future__ import annotations

import re

from lab.netsim import faults
from lab.netsim.device import Device
from lab.netsim.session import PREPARING
from lab.netsim.shell import Action, End, Shell


class Replay(Shell):
    """Takes the place of :class:`Shell` for sessions that are recordings."""

    def __init__(self, device: Device, number: int, interactive: bool = True) -> None:
        super().__init__(device, number, interactive)
        self._entries = device.session.recorded
        self._next = 0
        self._prompt = _last_line(device.session.greeting)
        self._input = ""

    def open(self) -> list[Action]:
        """What the recording begins with."""
        if self.device.faults.login:
            return super().open()
        return [self.encode(self.device.render(self.device.session.greeting))]

    def execute(self, line: str) -> list[Action]:
        """One command; recordings of ``exec`` have no newline at its end."""
        found = self._find(line + "\n") if self._find(line) is None else self._find(line)
        self._play(found, line)
        self.out.append(End())
        return self._take()

    def receive(self, data: bytes) -> list[Action]:
        """What was typed: lines, and single keys where the recording has some next."""
        for char in data.decode(self.session.encoding, "surrogateescape"):
            if self.ended:
                break
            if char == "\n" and self._after_cr:
                self._after_cr = False
                continue
            self._after_cr = char == "\r"
            self._input += "\n" if char == "\r" else char
            self._key()
        return self._take()

    def _key(self) -> None:
        text = self._input
        if not text.endswith("\n"):
            here = self._entries[self._next] if self._next < len(self._entries) else None
            single = [number for number, one in enumerate(self._entries) if one.typed == text]
            if here is not None and here.typed == text:
                self._input = ""
                self._play(self._next, text)
            elif single and self._waits_for_key():
                self._input = ""
                self._play(single[0], text)
            return
        self._input = ""
        line = text[:-1]
        if not line.strip() and self._find(text) is None:
            self.out.append(self.encode("\r\n" + self._prompt))
            return
        self._play(self._find(text), line)

    def _waits_for_key(self) -> bool:
        """Whether the screen ends with a pager's question and not with a prompt."""
        return bool(re.search(r"more|continue|next|press|---", self._prompt, re.IGNORECASE))

    def _find(self, text: str) -> int | None:
        wanted = " ".join(text.split())
        order: list[int] = [*range(self._next, len(self._entries)), *range(self._next)]
        for number in order:
            one: str | None = self._entries[number].typed
            if one is None:
                if number == self._next:
                    return number
            elif one == text or (wanted and text.endswith("\n") and " ".join(one.split()) == wanted):
                return number
        return None

    def _play(self, number: int | None, line: str) -> None:
        self._note(line)
        if number is None:
            said = "" if re.fullmatch(PREPARING, line.strip()) else f"{self.session.unknown}\r\n"
            refusal = f"{line}\r\n{said}{self._prompt}" if self.interactive else said
            self.out.append(self.encode(self.device.render(refusal)))
            return
        entry = self._entries[number]
        self._next = number + 1
        text = self.device.render(entry.output)
        self._prompt = _last_line(text) or self._prompt
        wrong = self.device.faults
        if wrong.hang and re.search(wrong.hang, line):
            self.out.append(1e9)
            return
        data: bytes | None = self.encode(text)
        if wrong is not faults.NO_FAULTS:
            data = faults.spoil(self, line, data or b"")
        if data:
            self.out.append(data)
        if entry.closes:
            self.end()


def shell_for(device: Device, number: int, interactive: bool = True) -> Shell:
    """The terminal that fits the device's session."""
    session = device.session
    kind = Replay if session.recorded or session.greeting else Shell
    return kind(device, number, interactive)


def _last_line(text: str) -> str:
    return re.split(r"[\r\n]", text)[-1]
