"""One terminal of a simulated device (sim): bytes in, actions out, no network and no clock of its own.

An action is bytes to send, a pause in seconds, a :class:`faults.Flood`, or an :class:`End`. The server carries them out in order and hands
in what arrives meanwhile only afterwards: a device that thinks does not read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lab.netsim import actions, faults
from lab.netsim.configuration import Editor
from lab.netsim.device import Device, Entry
from lab.netsim.index import Index
from lab.netsim.session import Ask, Effect

_ERASES = (8, 127)


@dataclass(frozen=True, slots=True)
class End:
    how: str = "close"  # or reset


type Action = bytes | float | faults.Flood | End


@dataclass(slots=True)
class _Question:
    ask: Ask
    left: int
    effect: Effect
    groups: tuple[str, ...]


class Shell:
    """``open`` once, then ``receive``; both give the actions that follow."""

    def __init__(self, device: Device, number: int, interactive: bool = True) -> None:
        self.device = device
        self.session = device.session
        self.number = number
        self.interactive = interactive
        self.mode = self.session.initial
        self.pager = self.session.pager.lines if interactive else 0
        self.editor: Editor | None = None
        self.out: list[Action] = []
        self.ended = False
        self.silent = False  # the last answer brought its own prompt
        self.terminal: object = None  # the server's side of it
        self.used: set[int] = set()
        self.step = 0
        self.feeding: list[str] | None = None  # lines of a ``load … terminal``
        self.feed_kind = ""
        self._index = Index.of(self.session)
        self._line = bytearray()
        self._typed = bytearray()
        self._after_cr = False
        self._literal = False
        self._question: _Question | None = None
        self._rest: list[bytes] = []
        actions.go(self, self.mode)

    # what the terminal says of itself

    def open(self) -> list[Action]:
        """Greeting and first prompt."""
        device = self.device
        device.connections = max(device.connections, self.number)
        login = self.session.login
        wrong = device.faults
        if wrong.login:
            self.out.append(End() if wrong.login == "close" else 1e9)
            return self._take()
        motd = wrong.motd or login.motd
        if motd:
            self.out.append(self.encode(device.render(motd)))
        if login.menu:
            self._question = _Question(Ask(login.menu, answers={login.menu_answer: Effect()}), 3, Effect(), ())
            self.out.append(self.encode(device.render(login.menu)))
        else:
            self.prompt()
        return self._take()

    def receive(self, data: bytes) -> list[Action]:
        """What was typed."""
        for byte in data:
            if self.ended:
                break
            self._byte(byte)
        self._flush_echo()
        return self._take()

    def execute(self, line: str) -> list[Action]:
        """One command without a terminal (SSH ``exec``)."""
        self.device.connections = max(self.device.connections, self.number)
        self._note(line)
        self.run(line)
        self.out.append(End())
        return self._take()

    def _take(self) -> list[Action]:
        taken, self.out = self.out, []
        return taken

    # bytes and echo

    def _byte(self, byte: int) -> None:
        if self._rest:
            self._page_key(byte)
            return
        if self._literal:
            self._literal = False
        elif byte == 10 and self._after_cr:
            self._after_cr = False
            return
        elif byte in (10, 13):
            self._after_cr = byte == 13
            self._enter()
            return
        elif byte == 0x3F and self._helps():
            return
        elif byte in _ERASES:
            if self._line:
                self._line.pop()
                self._typed += b"\b \b"
            return
        elif self._control(byte):
            return
        self._after_cr = False
        self._line.append(byte)
        if not (self._question and self._question.ask.hide):
            self._typed.append(byte)

    def _control(self, byte: int) -> bool:
        """Keys that are no text: quoting, line kill, interrupt, end."""
        if byte == 22:
            self._literal = True
        elif byte == 21:
            self._typed += b"\b \b" * len(self._line)
            self._line.clear()
        elif byte == 3:
            self._line.clear()
            self._question = None
            self.out.append(b"^C" + self.end_of_line)
            self.prompt()
        elif byte == 26:
            self._line.clear()
            self.out.append(b"^Z" + self.end_of_line)
            self.run("end")
            self.finish()
        elif byte == 4:
            if self.feeding is not None:
                actions.feed_done(self)
                self.finish()
            elif not self._line:
                self.run("exit")
                self.finish()
        else:
            return byte < 32 and byte != 9
        return True

    def _helps(self) -> bool:
        """The key for help: what was typed so far stands there again after it."""
        quiet = self._question or self.feeding is not None or (self.editor is not None and self.editor.collecting)
        if quiet or not self.session.help or not self.interactive:
            return False
        self._flush_echo()
        self.out.append(b"?" + self.end_of_line)
        self.say(self.session.help)
        self.prompt()
        self._typed += self._line
        return True

    def _flush_echo(self) -> None:
        text = bytes(self._typed)
        self._typed.clear()
        echo = self.session.echo
        if not text or echo.style == "none" or not self.interactive:
            return
        if echo.wrap and len(text) > echo.wrap:
            mark = echo.wrap_with.encode()
            text = mark.join(text[at : at + echo.wrap] for at in range(0, len(text), echo.wrap))
        if echo.style == "chars":
            self.out += [text[at : at + 1] for at in range(len(text))]
        elif echo.style == "erase":
            self.out.append(text + b"\b" * len(text) + text)
        elif echo.style == "ansi":
            self.out.append(b"\x1b[K" + text + b"\x1b[K")
        else:
            self.out.append(text)

    def _enter(self) -> None:
        self._flush_echo()
        line = bytes(self._line)
        self._line.clear()
        if self.interactive:
            self.out.append(self.end_of_line)
        self._dispatch(line.decode(self.session.encoding, "surrogateescape"))

    # lines

    def _dispatch(self, line: str) -> None:
        question = self._question
        if question is not None:
            self._note("<hidden>" if question.ask.hide else line)
            self._answer(question, line)
        elif self.feeding is not None:
            self._note(line)
            self.feeding.append(line)
            return
        elif self.editor is not None and self.editor.collecting:
            self._note(line)
            self.editor.collect(self.device.tree(actions.target(self)), line)
            if self.editor.collecting:
                return
        elif line.strip() or self._index.find("", self.mode, self.used, self.step):
            self._note(line.strip())
            self.run(line.strip())
        self.finish()

    def _note(self, line: str) -> None:
        if self.device.keep_transcript:
            self.device.transcript.append(Entry(self.number, self.mode, line))

    def run(self, line: str) -> None:
        """One command or configuration line."""
        device = self.device
        if device.faults.hang and re.search(device.faults.hang, line):
            self.out.append(1e9)
            return
        if line in device.outputs:
            self.answer(line, device.outputs[line])
            return
        plain, filters = (line, "")
        if self.session.filters and " | " in line:
            plain, _, filters = line.partition(" | ")
        found = self._index.find(" ".join(plain.split()), self.mode, self.used, self.step)
        if found is None and filters:
            found = self._index.find(line, self.mode, self.used, self.step)
        if isinstance(found, str):
            self.say(found)
        elif found is not None:
            number, command, groups = found
            self.step = max(self.step, command.sequence)
            if command.once:
                self.used.add(number)
            actions.perform(self, command, groups, line, filters.strip())
        elif not actions.configure(self, line):
            self.say(self.session.unknown)

    def ask(self, effect: Effect, groups: tuple[str, ...]) -> None:
        """Put the question of an effect; what else it does waits for the answer."""
        if effect.ask is not None:
            self._question = _Question(effect.ask, effect.ask.tries, effect, groups)
            text = self.device.render(effect.ask.prompt)
            for place, group in enumerate(groups, 1):
                text = text.replace(f"<<{place}>>", group)
            self.out.append(self.encode(text))

    def _answer(self, question: _Question, line: str) -> None:
        ask = question.ask
        self._question = None
        if ask.secret:
            if line == self.device.secret(ask.secret):
                actions.settle(self, question.effect, question.groups)
                return
            question.left -= 1
            if question.left > 0:
                self._question = question
                self.out.append(self.encode(self.device.render(ask.prompt)))
            else:
                self.say(ask.refused)
            return
        chosen = next((effect for pattern, effect in ask.answers.items() if re.fullmatch(pattern, line, re.IGNORECASE)), ask.otherwise)
        if chosen is None:
            self._question = question
            self.out.append(self.encode(self.device.render(ask.prompt)))
            return
        actions.perform(self, chosen, question.groups, line, "")
        if self._question is None and not self.ended and not chosen.stay:
            actions.settle(self, question.effect, question.groups)

    # answers

    @property
    def end_of_line(self) -> bytes:
        return self.session.line_end.encode()

    def encode(self, text: str) -> bytes:
        """Text as this device sends it; what its character set lacks becomes a question mark, as on the real thing."""
        try:
            data = text.encode(self.session.encoding, "surrogateescape")
        except UnicodeEncodeError:
            data = text.encode(self.session.encoding, "replace")
        return data.replace(b"\n", self.end_of_line) if self.session.line_end != "\n" else data

    def say(self, text: str) -> None:
        """A message of its own line."""
        if text:
            self.out.append(self.encode(self.device.render(text).rstrip("\n") + "\n"))

    def answer(self, command: str, text: str) -> None:
        """The text that answers a command: with faults, page by page."""
        if text and not text.endswith("\n"):
            text += "\n"
        data = self.encode(text)
        wrong = self.device.faults
        if wrong is not faults.NO_FAULTS:
            changed = faults.spoil(self, command, data)
            if changed is None:
                return
            data = changed
        lines = self.session.pager.lines or 24 if wrong.lying_pager else self.pager
        if not lines or not self.interactive:
            self.out.append(data)
            return
        self._rest = data.splitlines(keepends=True)
        self._page(lines)

    def answer_exactly(self, command: str, text: str) -> None:
        """A recorded answer: it brings its own echo and prompt."""
        self.silent = True
        data: bytes | None = self.encode(text)
        if self.device.faults is not faults.NO_FAULTS:
            data = faults.spoil(self, command, data or b"")
        if data:
            self.out.append(data)

    def _page(self, count: int) -> None:
        self.out.append(b"".join(self._rest[:count]))
        del self._rest[:count]
        if self._rest:
            self.out.append(self.session.pager.prompt.encode())

    def _page_key(self, byte: int) -> None:
        pager = self.session.pager
        key = chr(byte)
        if key not in (*pager.next, *pager.line, *pager.quit):
            return
        self.out.append(pager.erase.encode())
        if key in pager.quit:
            self._rest.clear()
        else:
            self._page(1 if key in pager.line and key not in pager.next else (self.pager or pager.lines or 24))
        if not self._rest:
            self.finish()

    def finish(self) -> None:
        """The prompt, unless something else comes first."""
        silent, self.silent = self.silent, False
        if not (
            silent or self.ended or self._question or self._rest or self.feeding is not None or (self.editor and self.editor.collecting)
        ):
            self.prompt()

    def prompt(self) -> None:
        """The prompt of the mode."""
        if not self.interactive or self.ended:
            return
        text = self.device.faults.prompt or self.prompt_text()
        self.out.append(self.encode(text))

    def prompt_text(self) -> str:
        text = self.device.render(self.session.modes[self.mode].prompt)
        if self.editor is not None and self.editor.path:
            text = text.replace("<<section>>", self.editor.path[-1].line.partition(" ")[2].strip('"'))
        if self.session.unsaved and self.device.trees and self.device.unsaved:
            text = self.session.unsaved + text
        return text

    def end(self, how: str = "close") -> None:
        """No more from this terminal."""
        if not self.ended:
            self.ended = True
            self.out.append(End(how))
