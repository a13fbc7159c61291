"""What a simulated device (sim) says and does, as data: the session description and its reader.

A session is one YAML file (``README.md`` lists every key). Text may hold ``<<name>>`` for the variables of the device that plays it;
everything else is taken as it stands. Unknown keys are refused with the place where they stand, because a misspelt one would
silently make the simulator kinder than the real thing.
"""

from __future__ import annotations

import re
import typing
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

import yaml

# what ``do`` may name; actions.py carries them out
VERBS = {"apply", "back", "checkpoint", "clean", "close", "commit", "commit_confirmed", "discard", "erase", "feed", "kick", "reload_in"}
VERBS |= {"replace", "restart", "revert", "revert_in", "rollback", "save", "stop_alarm", "top"}


#: what readers send before they read, and a recorder may not have sent
PREPARING = (
    r"(?i)(en|enable|term(inal)? .*|set terminal .*|screen-(length|width) .*|undo terminal .*|set cli .*|no page|no pager|console .*)"
)
PREPARING += r"|(?i:environment no more|stty .*|unset .*|export .*)"


class SessionError(Exception):
    """A description that cannot be played: file, place in it, what is wrong."""


@dataclass(slots=True)
class Echo:
    """How what is typed comes back."""

    style: str = "plain"  # plain, chars (one packet a character), erase (typed, rubbed out, typed again), ansi (cursor codes), none
    wrap: int = 0  # columns after which the device breaks what is typed; 0: never
    wrap_with: str = " \r"  # what it sends there


@dataclass(slots=True)
class Login:
    """Who gets in, and what is shown before and after."""

    users: dict[str, str] = field(default_factory=lambda: {"netadmin": "Z3cr3t-login"})
    methods: list[str] = field(default_factory=lambda: ["password", "keyboard-interactive"])  # also: publickey, none
    keys: list[str] = field(default_factory=list)  # authorized public keys, OpenSSH form
    attempts: int = 3  # wrong passwords per connection before it is closed
    lock_after: int = 0  # wrong passwords in a row before the account is locked; 0: never
    banner: str = ""  # before authentication (RFC 4252, 5.4)
    motd: str = ""  # after it, before the first prompt
    menu: str = ""  # shown instead of the prompt until the answer that leaves it
    menu_answer: str = ""
    sessions: int = 0  # terminals at once; 0: no limit
    full: str = ""  # what one terminal too many reads


@dataclass(slots=True)
class Ssh:
    """Algorithms that the device offers; empty: what the library offers."""

    kex: list[str] = field(default_factory=list)
    ciphers: list[str] = field(default_factory=list)
    macs: list[str] = field(default_factory=list)
    host_key: str = "ed25519"  # or rsa


@dataclass(slots=True)
class Pager:
    lines: int = 0  # 0: none until a command turns it on
    prompt: str = " --More-- "
    erase: str = "\r          \r"  # what takes the prompt off the screen
    next: str = " "
    line: str = "\r"
    quit: str = "q"


@dataclass(slots=True)
class Mode:
    prompt: str
    config: bool = False  # lines that are no command go to the configuration
    candidate: bool = False  # and there to a candidate, until ``do: commit``
    leave: str = ""  # the mode that ``do: back`` leads to; empty: it ends the session
    inherits: list[str] = field(default_factory=list)  # modes whose commands work here too


@dataclass(slots=True)
class Ask:
    """A question; ``answers`` maps a regular expression (whole answer) to what follows."""

    prompt: str
    hide: bool = False
    when: str = ""  # unsaved: asked only while running differs from startup
    secret: str = ""  # name in ``secrets``: the answer must equal it
    tries: int = 3
    refused: str = ""
    answers: dict[str, Effect] = field(default_factory=dict)
    otherwise: Effect | None = None


@dataclass(slots=True)
class Effect:
    """What a command (or an answer) does, in this order: ask, then the rest."""

    ask: Ask | None = None
    say: str = ""
    file: str = ""  # beside the session file
    show: str = ""  # running, startup, candidate, difference, or ports
    header: str = ""
    footer: str = ""
    go: str = ""  # mode
    pager: int | None = None  # lines from now on; 0: off; -1: as many as the pattern's first group says
    adds: str = ""  # a line that appears in the running-config (a side effect that the real thing has)
    do: list[str] = field(default_factory=list)  # see actions.py
    delay: float = 0.0  # seconds
    stay: bool = False  # as an answer: what the command itself would do is called off
    configures: bool = False  # the line is a configuration line as well
    once: bool = False  # a second time it is unknown
    exact: bool = False  # ``say`` is everything that comes, prompt included (recordings)
    then: Effect | None = None


@dataclass(slots=True)
class Command(Effect):
    match: str = ""  # exact words
    pattern: str = ""  # or a regular expression for the whole line
    modes: list[str] = field(default_factory=list)  # empty: all
    abbreviate: bool | None = None
    sequence: int = 0  # recordings that enforce order


@dataclass(slots=True)
class Section:
    """A configuration line that opens a deeper level."""

    pattern: str
    mode: str
    inside: str = ""  # the mode in which it opens; empty: the top one


@dataclass(slots=True)
class Config:
    style: str = "indent"  # indent, braces, edit
    step: int = 1  # columns of one level
    running: str = ""
    running_file: str = ""
    startup: str | None = None  # None: as running
    startup_file: str = ""
    factory: str = ""  # what is left after ``erase`` and a restart
    negation: str = "no"
    comment: str = "!"
    between: list[str] = field(default_factory=list)  # lines after each top-level block, such as ``!``
    end: str = ""  # line after the last
    words: list[str] = field(default_factory=list)  # first words that are accepted beside those of the texts
    single: list[str] = field(default_factory=list)  # lines of which one value exists: same match, replaced
    sections: list[Section] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)  # accepted, never printed
    block_end: str = ""  # line that ends a multi-line value, such as ``quit``
    banner_mark: str = ""  # how the end of a banner is printed, whatever single sign it was typed with (IOS: ``^C``)


@dataclass(slots=True)
class Ports:
    """For ``show: ports``: rows in the device's own layout."""

    header: str = ""
    row: str = ""  # str.format with the row's keys
    footer: str = ""
    up: str = "connected"
    down: str = "notconnect"
    rows: list[dict[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Recorded:
    """One exchange of a raw recording."""

    typed: str | None  # with the newline that ended it; None: anything (what was typed hidden)
    output: str
    closes: bool = False


@dataclass(slots=True)
class Session:
    platform: str
    title: str = ""
    source: str = ""
    variables: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    encoding: str = "utf-8"
    line_end: str = "\r\n"
    initial: str = "user"
    login: Login = field(default_factory=Login)
    ssh: Ssh = field(default_factory=Ssh)
    echo: Echo = field(default_factory=Echo)
    pager: Pager = field(default_factory=Pager)
    modes: dict[str, Mode] = field(default_factory=dict)
    commands: list[Command] = field(default_factory=list)
    config: Config = field(default_factory=Config)
    ports: Ports = field(default_factory=Ports)
    help: str = ""  # what the key ``?`` shows at once, wherever it is typed without Ctrl-V; empty: it is a sign like any other
    abbreviate: bool = False  # words may be shortened while they stay clear
    loose: bool = False  # recordings: words that only begin alike mean the same, and what every reader sends first is taken quietly
    filters: bool = False  # ``| include x`` and the like work
    unknown: str = "% Invalid input"
    ambiguous: str = "% Ambiguous command"
    unsaved: str = ""  # put before the prompt while running differs from startup
    farewell: str = ""
    ignore_order: bool = True
    greeting: str = ""  # raw recordings: what comes first, and what follows what
    recorded: list[Recorded] = field(default_factory=list)
    folder: Path = Path()


def _fail(where: str, text: str) -> typing.NoReturn:
    raise SessionError(f"{where}: {text}")


def _value(kind: Any, data: Any, where: str) -> Any:  # noqa: PLR0911 (one return per kind)
    """``data`` as ``kind``; numbers and truth values that stand where text is meant are refused (quote them)."""
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        if data is None:
            return None
        return _value(next(one for one in get_args(kind) if one is not NoneType), data, where)
    if is_dataclass(kind) and isinstance(kind, type):
        return build(kind, data, where)
    if origin is list:
        items = data if isinstance(data, list) else [data]
        return [_value(get_args(kind)[0], item, f"{where}[{index}]") for index, item in enumerate(items)]
    if origin is dict:
        if not isinstance(data, Mapping):
            _fail(where, "a mapping is expected")
        return {str(key): _value(get_args(kind)[1], item, f"{where}.{key}") for key, item in data.items()}
    if kind is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    if kind is Path and isinstance(data, str):
        return Path(data)
    if not isinstance(data, kind) or (isinstance(data, bool) and kind is not bool):
        _fail(where, f"{kind.__name__} is expected, not {data!r:.40}")
    return data


_hints: dict[type, dict[str, Any]] = {}


def build[T](kind: type[T], data: Any, where: str) -> T:
    """A dataclass from YAML data; :class:`SessionError` names the place of whatever does not fit."""
    if kind is Effect and isinstance(data, str):
        data = {"say": data}
    if not isinstance(data, Mapping):
        _fail(where, f"a mapping is expected, not {data!r:.40}")
    hints = _hints.setdefault(kind, typing.get_type_hints(kind))
    unknown = [str(key) for key in data if key not in hints]
    if unknown:
        _fail(where, f"unknown key {', '.join(unknown)}; known: {', '.join(sorted(hints))}")
    for one in fields(kind):  # type: ignore[arg-type]
        if one.default is MISSING and one.default_factory is MISSING and one.name not in data:
            _fail(where, f"{one.name} is missing")
    return kind(**{key: _value(hints[key], item, f"{where}.{key}") for key, item in data.items()})


def _check(session: Session, where: str) -> None:
    modes = session.modes
    if not modes:
        _fail(where, "modes: at least one is needed")
    named = [(session.initial, "initial")]
    named += [(one.leave, f"modes.{name}.leave") for name, one in modes.items() if one.leave]
    named += [(other, f"modes.{name}.inherits") for name, one in modes.items() for other in one.inherits]
    for index, command in enumerate(session.commands):
        place = f"commands[{index}]"
        if bool(command.match) == bool(command.pattern):
            _fail(f"{where}: {place}", "exactly one of match and pattern is needed")
        named += [(mode, f"{place}.modes") for mode in command.modes]
        named += [(command.go, f"{place}.go")] if command.go else []
    named += [(one.mode, f"config.sections[{index}].mode") for index, one in enumerate(session.config.sections)]
    _check_patterns(session, where)
    for effect in _effects(session):
        named += [(effect.go, "go")] if effect.go else []
        unknown = set(effect.do) - VERBS
        if unknown:
            _fail(where, f"do: {', '.join(sorted(unknown))}: unknown; known: {', '.join(sorted(VERBS))}")
    for name, place in named:
        if name not in modes:
            _fail(f"{where}: {place}", f"no mode {name}")
    try:
        "".encode(session.encoding)
    except LookupError:
        _fail(f"{where}: encoding", f"unknown: {session.encoding}")


def _check_patterns(session: Session, where: str) -> None:
    """Every regular expression of a session can be read."""
    config = session.config
    patterns = [(f"commands[{index}].pattern", one.pattern) for index, one in enumerate(session.commands)]
    patterns += [(f"config.sections[{index}].pattern", one.pattern) for index, one in enumerate(config.sections)]
    patterns += [("config.single", one) for one in config.single] + [("config.hidden", one) for one in config.hidden]
    patterns += [("ask.answers", one) for effect in _effects(session) if effect.ask for one in effect.ask.answers]
    for place, pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            _fail(f"{where}: {place}", f"{pattern!r}: {error}")


def read_yaml(path: Path) -> Any:
    """The YAML of a file; :class:`SessionError` with line and column when it is none."""
    try:
        return yaml.load(path.read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 (a safe loader)
    except OSError as error:
        raise SessionError(f"{path}: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SessionError(f"{path}: no YAML: {' '.join(str(error).split())}") from None


def from_data(data: Any, path: Path) -> Session:
    """A session from its native description, with the texts of the files that it names beside ``path``."""
    if isinstance(data, Mapping) and "base" in data:
        base = path.parent / str(data["base"])
        data = _over(read_yaml(base), {key: item for key, item in data.items() if key != "base"})
        path = base.parent / path.name
    session = build(Session, data, str(path))
    session.folder = path.parent
    session.source = str(path)
    config = session.config
    for name, target in ((config.running_file, "running"), (config.startup_file, "startup")):
        if name:
            setattr(config, target, _beside(session, name))
    for effect in _effects(session):
        if effect.file:
            effect.say, effect.file = _beside(session, effect.file), ""
    _check(session, str(path))
    return session


def _over(base: Any, data: Any) -> Any:
    """``data`` laid over ``base``: mappings key by key, everything else as a whole; commands come before those of the base."""
    if not isinstance(base, Mapping) or not isinstance(data, Mapping):
        return data
    merged = {**base, **{key: _over(base.get(key), item) for key, item in data.items()}}
    if "commands" in data and "commands" in base:
        merged["commands"] = [*data["commands"], *base["commands"]]
    return merged


def _effects(session: Session) -> list[Effect]:
    """Every effect of every command, also those below questions."""
    todo: list[Effect] = list(session.commands)
    found: list[Effect] = []
    while todo:
        one = todo.pop()
        found.append(one)
        todo += [one.then] if one.then else []
        if one.ask:
            todo += [*one.ask.answers.values(), *([one.ask.otherwise] if one.ask.otherwise else [])]
    return found


def _beside(session: Session, name: str) -> str:
    path = (session.folder / name).resolve()
    if not path.is_relative_to(session.folder.resolve()):
        raise SessionError(f"{session.source}: {name}: lies outside the session's folder")
    try:
        return path.read_bytes().decode(session.encoding)
    except OSError as error:
        raise SessionError(f"{session.source}: {name}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise SessionError(f"{session.source}: {name}: {error}") from None
