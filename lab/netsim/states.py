"""Recordings that know modes: FakeNOS, unicon mock data, scrapli-replay's collector."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lab.netsim.session import Ask, Command, Effect, Mode, Pager, Session

_FIRST = ("exec", "user", "enable", "shell", "oper", "disable")


def _named(text: Any) -> str:
    """FakeNOS writes ``{base_prompt}`` for the device's name, unicon ``%N``."""
    return str(text).replace("{base_prompt}", "<<hostname>>").replace("%N", "<<hostname>>")


def fakenos(data: Mapping[str, Any], path: Path) -> Session:
    """``commands`` with ``output``, ``prompt`` (where it works) and ``new_prompt`` (where it leads)."""
    commands = data["commands"]
    initial = _named(data.get("initial_prompt") or "{base_prompt}>")
    prompts = [initial]
    for one in commands.values():
        for name in ("prompt", "new_prompt"):
            found = (one or {}).get(name) or []
            prompts += [_named(text) for text in (found if isinstance(found, list) else [found])]
    modes = {text: Mode(prompt=text) for text in dict.fromkeys(prompts)}
    session = Session(platform=str(data.get("name") or path.stem), initial=initial, modes=modes, abbreviate=True)
    for typed, entry in commands.items():
        one = entry or {}
        output = one.get("output")
        said = _named(output) if isinstance(output, str) else ""
        if typed == "_default_":
            session.unknown = said or session.unknown
            continue
        where = one.get("prompt") or []
        new = one.get("new_prompt")
        names = [typed, *([one["alias"]] if isinstance(one.get("alias"), str) else one.get("alias") or [])]
        for name in names:
            session.commands.append(
                Command(
                    match=str(name),
                    say=said,
                    modes=[_named(text) for text in (where if isinstance(where, list) else [where])],
                    go=_named(new) if new else "",
                    do=["close"] if output is True and typed in ("exit", "quit", "logout") else [],
                )
            )
    _leave(session)
    return session


def _leave(session: Session) -> None:
    if not any(one.match in ("exit", "quit", "logout") for one in session.commands):
        session.commands.append(Command(pattern="exit|quit|logout", do=["close"]))


def unicon(data: Mapping[str, Any], path: Path) -> Session:
    """States with ``prompt``, ``preface`` and ``commands``; a state that asks for a password takes any."""
    modes = {str(name): Mode(prompt=_named(one.get("prompt") or "")) for name, one in data.items()}
    initial = next((name for name in _FIRST if name in modes), next(iter(modes)))
    session = Session(platform=path.stem.split("_")[0], initial=initial, modes=modes)
    for name, state in data.items():
        commands = state.get("commands")
        for typed, one in (commands if isinstance(commands, Mapping) else {}).items():
            session.commands.append(_state_command(data, str(name), str(typed), one))
        if re.search(r"pass(word|phrase)?\S*\s*:?\s*$", modes[str(name)].prompt, re.IGNORECASE) and session.commands:
            leads = [one.go for one in session.commands if one.modes == [str(name)] and one.go]
            if leads:
                session.commands.append(Command(pattern=".*", modes=[str(name)], go=leads[0]))
    session.commands.append(Command(pattern="exit|quit|logout", do=["close"]))
    return session


def _state_command(data: Mapping[str, Any], state: str, typed: str, one: Any) -> Command:
    command = Command(match=" ".join(typed.split()), modes=[state])
    if isinstance(one, Mapping):
        response = one.get("response")
        new = one.get("new_state")
        said = response[0] if isinstance(response, list) and response else response
        command.say = _named(said) if isinstance(said, str) else ""
        if new and str(new) in data:
            command.go = str(new)
            preface = data[str(new)].get("preface")
            if isinstance(preface, str):
                command.say += ("\n" if command.say else "") + _named(preface)
    elif isinstance(one, list):
        command.say = _named(one[0]) if one else ""
    elif one is not None:
        command.say = _named(one)
    return command


def collector(data: Mapping[str, Any], path: Path) -> Session:
    """Events by privilege level; those recorded after the pager was turned off come first."""
    prompts = {str(name): str(text) for name, text in data["privilege_level_prompts"].items()}
    modes = {name: Mode(prompt=text) for name, text in prompts.items()}
    session = Session(platform=path.stem, initial=str(data["initial_privilege_level"]), modes=modes, pager=Pager())
    for level, states in data["events"].items():
        seen: set[str] = set()
        for when in ("post_on_open", "pre_on_open"):
            for typed, event in (states.get(when) or {}).items():
                if typed not in seen:
                    seen.add(typed)
                    session.commands.append(_event(str(level), str(typed), event, prompts))
    unknown = data.get("unknown_events") or {}
    first = (unknown.get(session.initial) or {}).get("post_on_open") or {}
    if first.get("channel_output"):
        session.unknown = _without(str(first["channel_output"]), prompts)
    _leave(session)
    return session


def _without(text: str, prompts: Mapping[str, str]) -> str:
    """The output without the prompt that ends it."""
    for prompt in sorted(prompts.values(), key=len, reverse=True):
        if prompt and text.endswith(prompt):
            return text.removesuffix(prompt).rstrip("\n")
    return text


def _event(level: str, typed: str, event: Mapping[str, Any], prompts: Mapping[str, str]) -> Command:
    result = str(event.get("result_privilege_level") or level)
    command = Command(match=" ".join(typed.split()), modes=[level], go=result if result != level and result in prompts else "")
    steps = event.get("event_steps")
    if not steps:
        command.say = _without(str(event.get("channel_output") or ""), prompts)
        if event.get("closes_connection"):
            command.say, command.go, command.do = "", "", ["close"]
        return command
    if len(steps) == 1:
        command.say = _without(str(steps[0]["channel_output"]), prompts)
        return command
    command.ask = _asked(steps, prompts)
    return command


def _asked(steps: list[Mapping[str, Any]], prompts: Mapping[str, str]) -> Ask:
    """A recorded dialogue: what comes after each answer is the next question, and at last the end."""
    answer = steps[1]
    hidden = bool(answer.get("hidden_input"))
    after = Effect(ask=_asked(steps[1:], prompts)) if len(steps) > 2 else Effect(say=_without(str(answer["channel_output"]), prompts))
    pattern = ".*" if hidden else re.escape(str(answer["channel_input"]).strip("\n"))
    return Ask(prompt=str(steps[0]["channel_output"]), hide=hidden, answers={pattern: after})
