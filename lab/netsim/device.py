"""One simulated device (sim): a session, its own variables, its faults, and the state that commands change."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from lab.netsim.configuration import Tree
from lab.netsim.session import Session

_VARIABLE = re.compile(r"<<(\w+)>>")


@dataclass(slots=True)
class Cut:
    """The answer to a command breaks off."""

    command: str  # regular expression
    at: float = 0.5  # below 1: share of the answer; otherwise bytes
    how: str = "close"  # close (clean end), reset (TCP), hang, prompt (a prompt follows, as if nothing were missing)


@dataclass(slots=True)
class Insert:
    """Text that gets into an answer."""

    after: str  # regular expression for a line
    text: str


@dataclass(slots=True)
class Faults:
    """What goes wrong. Empty: nothing. With ``times``, only on the first connections."""

    tcp: str = ""  # refuse, blackhole (no answer at all), silent (accepted, no word), reset
    auth: str = ""  # reject, hang
    host_key: str = ""  # changed (another key than the one written to known_hosts), unknown (none written)
    login: str = ""  # hang, close: right after authentication
    hang: str = ""  # regular expression: commands that are never answered
    cut: Cut | None = None
    slow: float = 0.0  # bytes per second
    prompt: str = ""  # instead of every prompt
    motd: str = ""  # instead of the session's
    lying_pager: bool = False  # pages although it was told not to
    stray_pager: int = 0  # leaves pager prompts in the text, every so many lines, and waits for no key
    flood: int = 0  # bytes that a shown configuration is long
    insert: list[Insert] = field(default_factory=list)
    garbage: int = 0  # random bytes in the middle of a shown configuration
    noise: str = ""  # a log line that gets into every answer; {n}: how many there were before
    noisy: int = 0  # answers after which the noise ends; 0: never
    isolate: str = ""  # regular expression: this configuration line cuts the way to the device
    refuse_line: str = ""  # regular expression: this configuration line is refused
    lose_line: str = ""  # regular expression: this configuration line is taken without a word and lost
    times: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the transcript: what was sent to the device."""

    connection: int
    mode: str
    line: str  # hidden answers are not kept


NO_FAULTS = Faults()


class Device:
    """What one device is and remembers; shared by all its connections."""

    def __init__(
        self, name: str, place: tuple[str, int], session: Session, variables: dict[str, str] | None = None, faults: Faults | None = None
    ) -> None:
        self.name = name
        self.address, self.port = place
        self.session = session
        self.variables = {**session.variables, "hostname": name, "address": place[0], **(variables or {})}
        self._faults = faults or NO_FAULTS
        self.think: float = 0.0  # seconds before a shown configuration
        self.minute: float = 60.0  # seconds that one minute of ``reload in`` lasts here
        self.outputs: dict[str, str] = {}  # command line: what it answers, instead of the session's own
        self.down: set[str] = set()  # ports without a link
        self.connections = 0
        self.transcript: list[Entry] = []
        self.keep_transcript = True
        self.wrong = 0
        self.noises = 0
        self.isolated = False
        self.added: list[str] = []  # lines that commands put into the running-config as a side effect
        self.trees: dict[str, Tree] = {}
        self.closers: list[Callable[[], None]] = []  # open terminals
        self.later: Callable[[float, Callable[[], None]], Callable[[], None]] | None = None  # set by the server
        self.alarm: Callable[[], None] | None = None  # cancels the running timer
        self._rendered: dict[str, str] = {}

    @property
    def faults(self) -> Faults:
        if self._faults.times and self.connections > self._faults.times:
            return NO_FAULTS
        return self._faults

    def set_faults(self, faults: Faults) -> None:
        """From now on; for tests that break a healthy device."""
        self._faults = faults

    def render(self, text: str) -> str:
        """The text with this device's variables in it."""
        if "<<" not in text:
            return text
        return _VARIABLE.sub(lambda match: self.variable(match[1], match[0]), text)

    def variable(self, name: str, otherwise: str) -> str:
        if name == "now":
            return time.strftime("%H:%M:%S JST %a %b %d %Y", time.gmtime(time.time() + 9 * 3600))
        return self.variables.get(name, otherwise)

    def text(self, kind: str) -> str:
        """A configuration as the device prints it: ``running``, ``startup`` or ``candidate``."""
        tree = self.trees.get(kind)
        if tree is not None:
            return tree.text()
        if kind == "candidate":
            return self.text("running")
        config = self.session.config
        if kind == "startup" and config.startup is not None:
            return self.render(config.startup)
        text = self.render(config.running)
        if kind == "running" and self.added:
            text = "\n".join(self.added) + "\n" + text if not text else self._with_added(text)
        return text

    def _with_added(self, text: str) -> str:
        tree = Tree(self.session.config, text)
        for line in self.added:
            tree.put([], line)
        return tree.text()

    def tree(self, kind: str) -> Tree:
        """The same, to be changed."""
        if kind not in self.trees:
            self.trees[kind] = Tree(self.session.config, self.text(kind))
        return self.trees[kind]

    def copy(self, source: str, target: str) -> None:
        """One configuration over another."""
        self.trees[target] = Tree(self.session.config, self.text(source))

    def set_text(self, kind: str, text: str) -> None:
        self.trees[kind] = Tree(self.session.config, text)

    def rename(self, name: str) -> None:
        """A new name in the running-config; what was saved keeps the old one."""
        for kind in ("running", "startup"):
            self.tree(kind)
        self.variables["hostname"] = name

    def _name_again(self) -> None:
        """The prompt follows the configuration, also when that was put back."""
        match = re.search(r"^ *(?:hostname|sysname|host-name) \"?([^\s\";]+)", self.text("running"), re.MULTILINE)
        if match:
            self.variables["hostname"] = match[1]

    @property
    def unsaved(self) -> bool:
        return self.text("running") != self.text("startup")

    def texts(self) -> tuple[str, ...]:
        """The texts that the device's language is learnt from."""
        config = self.session.config
        return tuple(text for text in (config.running, config.startup, config.factory) if text)

    def secret(self, name: str) -> str:
        return self.render(self.session.secrets.get(name, ""))

    def set_alarm(self, minutes: float, action: Callable[[], None]) -> None:
        """Do something later unless it is called off; one at a time, as devices have it."""
        self.stop_alarm()
        if self.later is not None:
            self.alarm = self.later(minutes * self.minute, action)

    def stop_alarm(self) -> bool:
        if self.alarm is None:
            return False
        self.alarm()
        self.alarm = None
        return True

    def restart(self) -> None:
        """Running becomes what was saved; every terminal ends."""
        self.alarm = None
        self.copy("startup", "running")
        self.trees.pop("candidate", None)
        self.added.clear()
        self.isolated = False
        self._name_again()
        for close in list(self.closers):
            close()

    def revert(self, kind: str = "rollback") -> None:
        """Running becomes an earlier state, without a restart."""
        self.alarm = None
        self.copy(kind, "running")
        self.trees.pop("candidate", None)
        self.isolated = False
        self._name_again()
