"""Finding the command that a typed line means: exact words, shortened words, patterns; by mode."""

from __future__ import annotations

import re
from functools import lru_cache

from lab.netsim.session import Command, Session

type Found = tuple[int, Command, tuple[str, ...]]


class Index:
    """The commands of one session, made once and used by all its devices."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._exact: dict[str, list[tuple[int, Command]]] = {}
        self._patterns: list[tuple[int, Command, re.Pattern[str]]] = []
        self._short: list[tuple[int, Command, list[str]]] = []
        for number, command in enumerate(session.commands):
            if command.pattern:
                self._patterns.append((number, command, re.compile(command.pattern)))
                continue
            words = " ".join(command.match.split())
            self._exact.setdefault(words, []).append((number, command))
            if command.abbreviate if command.abbreviate is not None else (session.abbreviate or session.loose):
                self._short.append((number, command, words.split()))
        self._modes = {name: {name, *self._inherited(name)} for name in session.modes}

    @staticmethod
    def of(session: Session) -> Index:
        return _index(_Holder(session))

    def _inherited(self, name: str) -> set[str]:
        found: set[str] = set()
        todo = list(self._session.modes[name].inherits)
        while todo:
            other = todo.pop()
            if other not in found:
                found.add(other)
                todo += self._session.modes[other].inherits
        return found

    def _usable(self, number: int, command: Command, mode: str, used: set[int], step: int) -> bool:
        if number in used or (command.modes and not self._modes[mode].intersection(command.modes)):
            return False
        return self._session.ignore_order or command.sequence >= step

    def _alike(self, whole: str, part: str) -> bool:
        return whole.startswith(part) or (self._session.loose and len(whole) > 1 and part.startswith(whole))

    def find(self, line: str, mode: str, used: set[int], step: int) -> Found | str | None:
        """The command; a message when the words are not clear; None when there is none."""
        exact = [one for one in self._exact.get(line, ()) if self._usable(*one, mode, used, step)]
        if exact:
            return (*exact[0], ())
        words = line.split()
        near = [
            (number, command)
            for number, command, full in self._short
            if len(full) == len(words) and all(map(self._alike, full, words)) and self._usable(number, command, mode, used, step)
        ]
        if len(near) == 1 or (near and len({one.match for _, one in near}) == 1):
            return (*near[0], ())
        for number, command, pattern in self._patterns:
            match = pattern.fullmatch(line)
            if match and self._usable(number, command, mode, used, step):
                return number, command, tuple(group or "" for group in match.groups())
        return self._session.ambiguous if near else None


class _Holder:
    """Keeps a session out of the cache's comparison: its identity is the key."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def __hash__(self) -> int:
        return id(self.session)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Holder) and other.session is self.session


@lru_cache(maxsize=256)
def _index(holder: _Holder) -> Index:
    return Index(holder.session)
