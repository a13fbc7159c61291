"""Recordings that others made, as sessions of ours. Which form a file has is found out from what it holds.

| form | known by |
|---|---|
| oxidized (device simulation) | ``init_prompt`` and ``commands``, text with the escapes of a Ruby string |
| scrapli-replay, test session | ``interactions`` with ``channel_output`` and ``expected_channel_input`` |
| scrapli-replay, collector | ``events`` by privilege level, ``privilege_level_prompts`` |
| FakeNOS, SSH simulators like it | ``commands`` whose values have ``output``, with ``initial_prompt`` |
| unicon mock data (pyATS) | states with ``prompt`` and ``commands`` |
| command lists | ``commands`` (or the file itself) from command to text, or a list of pairs |
| folders | one file a command (NAPALM mocked data, ntc-templates raw files, network_mock) |
| terminal logs | a text file in which prompts are followed by commands |
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from lab.netsim import states
from lab.netsim.session import PREPARING, Command, Config, Echo, Login, Mode, Recorded, Session, SessionError

_RUBY = re.compile(r"\\(x[0-9A-Fa-f]{1,2}|u\{[0-9A-Fa-f ]+\}|u[0-9A-Fa-f]{4}|[0-7]{1,3}|.)", re.DOTALL)
_NAMED = {"n": "\n", "r": "\r", "t": "\t", "e": "\x1b", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "s": " ", "0": "\0"}
_TYPED = ("command", "cmd", "input", "send", "request", "expected_channel_input")
_ANSWERED = ("response", "output", "stdout", "result", "reply", "text", "channel_output", "expect", "answer")
_PROMPT = re.compile(r"^(?:[\w.@~:/ -]{0,80}[\w)\]~]|[\[<][\w.@~:/ -]{1,80})\s?[>#$\]%]\s*$")
_LOGGED = re.compile(r"^(?P<prompt>(?:[\w.@~:/-]+(?:\([\w. /:-]+\))?(?:[:~/\w]*)?[>#$%]|<[\w.-]+>|\[[\w./ -]+\])) ?(?P<line>\S.*)?$")


def form_of(data: Any) -> str:
    """The name of the form, or ``native``: then the reader of our own form says what is wrong with it."""
    if isinstance(data, list):
        return "pairs"
    if not isinstance(data, Mapping) or "modes" in data or "base" in data:
        return "native"
    commands = data.get("commands")
    signs = {
        "oxidized": "init_prompt" in data,
        "scrapli": "interactions" in data,
        "collector": "events" in data and "privilege_level_prompts" in data,
        "fakenos": "initial_prompt" in data
        or (isinstance(commands, Mapping) and any(_has(one, "new_prompt", "help") for one in commands.values())),
        "unicon": _states(data),
        "pairs": isinstance(commands, Mapping | list) or (bool(data) and all(isinstance(one, str | None) for one in data.values())),
    }
    return next((form for form, sign in signs.items() if sign), "native")


def _states(data: Mapping[str, Any]) -> bool:
    """Whether this looks like states of a state machine: mappings, most of them with a prompt."""
    prompts = [_has(one, "prompt") for one in data.values() if isinstance(one, Mapping)]
    return len(prompts) == len(data) > 0 and 2 * sum(prompts) > len(prompts) and any(_has(one, "commands") for one in data.values())


def _has(data: Any, *keys: str) -> bool:
    return isinstance(data, Mapping) and any(key in data for key in keys)


def from_recording(data: Any, path: Path) -> Session:
    """A session from another program's recording; :class:`SessionError` says what is missing in it."""
    readers = {
        "oxidized": _oxidized,
        "scrapli": _scrapli,
        "collector": states.collector,
        "fakenos": states.fakenos,
        "unicon": states.unicon,
        "pairs": _pairs,
    }
    form = form_of(data)
    try:
        session = readers[form](data, path)
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        raise SessionError(f"{path}: looks like a recording of the form {form}, but {error!r} is missing or of another kind") from None
    return _checked(session, path)


def _ruby(text: str) -> str:
    """The escapes of a Ruby string literal."""

    def one(match: re.Match[str]) -> str:
        body = match[1]
        if body[0] == "x":
            return chr(int(body[1:], 16))
        if body[0] == "u":
            return "".join(chr(int(part, 16)) for part in body[1:].strip("{}").split())
        if body[0] in "01234567" and body != "0":
            return chr(int(body, 8))
        return _NAMED.get(body, body)

    return _RUBY.sub(one, text)


def _raw(platform: str, greeting: str, recorded: list[Recorded]) -> Session:
    return Session(
        platform=platform,
        greeting=greeting,
        recorded=recorded,
        line_end="\n",
        initial="recorded",
        modes={"recorded": Mode(prompt="")},
        echo=Echo(style="none"),
        login=Login(),
    )


def _oxidized(data: Mapping[str, Any], path: Path) -> Session:
    """A mapping of what is typed to what comes, or a list of such pairs when the order counts; latin-1 stands for bytes."""
    commands = data["commands"] or {}
    items = commands.items() if isinstance(commands, Mapping) else [pair for one in commands for pair in one.items()]
    recorded = []
    for typed, output in items:
        text = _ruby("" if output is None else str(output))
        key = _ruby(str(typed)) if "\\" in str(typed) else str(typed)
        leaves = key.strip() in ("exit", "quit", "logout") and not _PROMPT.match(re.split(r"[\r\n]", text)[-1])
        recorded.append(Recorded(key, text, leaves))
    return _raw(path.name.split("#")[0].split(":")[0], _ruby(str(data["init_prompt"] or "")), recorded)


def _scrapli(data: Mapping[str, Any], path: Path) -> Session:
    """Each interaction is what came and then what was typed; a line and the newline after it are one entry."""
    steps = data["interactions"]
    recorded: list[Recorded] = []
    typed, output = "", ""
    hidden = False
    for before, after in pairwise(steps):
        typed += str(before["expected_channel_input"] or "")
        hidden = hidden or bool(before.get("expected_channel_input_redacted"))
        output += str(after["channel_output"] or "")
        if typed.endswith("\n"):
            recorded.append(Recorded(None if hidden else typed, output.replace("\n", "\r\n")))
            typed, output, hidden = "", "", False
    last = str(steps[-1].get("expected_channel_input") or typed)
    if last:
        recorded.append(Recorded(last.rstrip("\n") + "\n", output, True))
    host = str((data.get("connection_profile") or {}).get("platform") or path.stem)
    return _raw(host, str(steps[0]["channel_output"]).replace("\n", "\r\n"), recorded)


def _field(data: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((data[name] for name in names if name in data), None)


def _pairs(data: Any, path: Path) -> Session:
    """Commands and their answers, without modes."""
    source = data.get("commands", data) if isinstance(data, Mapping) else data
    pairs: list[tuple[str, str]] = []
    if isinstance(source, Mapping):
        pairs = [(str(key), str(_field(one, _ANSWERED) if isinstance(one, Mapping) else one or "")) for key, one in source.items()]
    else:
        for index, one in enumerate(source):
            typed = _field(one, _TYPED) if isinstance(one, Mapping) else None
            if typed is None and isinstance(one, Mapping) and len(one) == 1:
                pairs += [(str(key), str(text or "")) for key, text in one.items()]
            elif typed is None:
                raise SessionError(f"{path}: item {index + 1}: no command (known keys: {', '.join(_TYPED)})")
            else:
                pairs.append((str(typed), str(_field(one, _ANSWERED) or "")))
    if not pairs:
        raise SessionError(f"{path}: holds no command")
    top = data if isinstance(data, Mapping) else {}
    return simple(path.stem, pairs, str(top.get("prompt") or ""), str(top.get("hostname") or ""))


def simple(platform: str, pairs: list[tuple[str, str]], prompt: str = "", hostname: str = "") -> Session:
    """A device that knows some commands, and the harmless ones that every reader sends first."""
    commands = [Command(match=" ".join(typed.split()), say=text) for typed, text in pairs]
    known = {one.match for one in commands}
    if not known & {"exit", "quit"}:
        commands.append(Command(pattern="exit|quit|logout", do=["close"]))
    return Session(
        platform=platform,
        variables={"hostname": hostname} if hostname else {},
        initial="enable",
        modes={"enable": Mode(prompt=prompt or "<<hostname>># ")},
        commands=commands,
        config=Config(),
    )


def from_folder(path: Path) -> Session:
    """One file a command: ``show_version.txt``, ``show version.txt``, ``cisco_ios_show_version.raw``; also in folders by command."""
    platform = path.name
    pairs = []
    for file in sorted(path.rglob("*")):
        if not file.is_file() or file.suffix not in (".txt", ".raw", ".out", ".log", ".cfg", "") or file.name.startswith("."):
            continue
        words = file.stem.removeprefix(platform + "_").replace("__", "_").replace("_", " ").strip()
        text = file.read_bytes().decode("utf-8", "surrogateescape").replace("\r\n", "\n")
        pairs.append((words, text))
    if not pairs:
        raise SessionError(f"{path}: no file that could be a command's answer (.txt, .raw, .out, .log)")
    return _checked(simple(platform, pairs), path)


def load(path: Path) -> Session:
    """A terminal log: the first prompt is what the log shows most often before a command."""
    try:
        text = path.read_bytes().decode("utf-8", "surrogateescape")
    except OSError as error:
        raise SessionError(f"{path}: {error.strerror}") from None
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    matches = [_LOGGED.match(line) for line in lines]
    counts: dict[str, int] = {}
    for match in matches:
        if match:
            counts[match["prompt"]] = counts.get(match["prompt"], 0) + 1
    if not counts:
        raise SessionError(f"{path}: no prompt found (a line such as 'name#show version')")
    stem = re.split(r"[(>#$%\]]", max(counts, key=lambda one: counts[one]).lstrip("<["))[0]
    modes: dict[str, Mode] = {}
    commands: list[Command] = []
    said: list[str] = []
    for line, match in zip(lines, matches, strict=True):
        if match is None or stem not in match["prompt"]:
            said.append(line)
            continue
        prompt = match["prompt"] + (" " if line.startswith(match["prompt"] + " ") else "")
        modes.setdefault(match["prompt"], Mode(prompt=prompt))
        if commands and not commands[-1].say and not commands[-1].go:
            commands[-1].say = "\n".join(said)
            commands[-1].go = match["prompt"] if commands[-1].modes != [match["prompt"]] else ""
        said = []
        if match["line"]:
            commands.append(Command(match=" ".join(match["line"].split()), modes=[match["prompt"]]))
    if commands and not commands[-1].say:
        commands[-1].say = "\n".join(said)
    session = simple(path.stem, [], hostname=stem)
    session.modes, session.initial = modes, next(iter(modes))
    session.commands = [*commands, *session.commands]
    return _checked(session, path)


def _checked(session: Session, path: Path) -> Session:
    session.source, session.folder, session.loose = str(path), path.parent, True
    session.commands.append(Command(pattern=PREPARING))
    session.login.methods = ["password", "keyboard-interactive", "publickey"]
    return session
