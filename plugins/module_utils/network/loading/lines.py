"""From two configurations to the lines that a person would type, in the order in which they do no harm."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...common.problems import Problem, WardopsError
from ..dialect import Dialect, Loading
from ..diff import Command, commands
from ..tree import Node
from .keys import Unsafe, keystrokes


def plan(before: Node, after: Node, dialect: Dialect, user: str | None) -> list[Command]:
    """The lines that turn ``before`` into ``after``; what our own way in depends on comes last.

    :param user: account with which they are typed; ``None`` on the way back, to a configuration that let us in.
    :raises WardopsError: E1706 for lines that would cut the connection, E1715 for lines that must not be typed, all of them.
    """
    loading = _loading(dialect)
    found = _set_form(before, after, dialect) if dialect.style.kind == "braces" else commands(before, after, dialect.style)
    cuts = [re.compile(one.pattern.replace(b"{user}", re.escape(user.encode()))) for one in loading.cuts] if user is not None else []
    staying = {(path, node.key) for path, node in after.walk()}
    wrong = [one for one in found if any(cut.match(one.line) for cut in cuts) and (one.path, one.line) not in staying]
    if wrong:
        raise WardopsError([Problem("E1706", params={"typed": first_line(one.line)}) for one in wrong])
    if not loading.paste and (unsafe := _unsafe(found, dialect)):
        raise WardopsError(unsafe)
    late = [one for one in found if _is_access(one, loading)]
    return [one for one in found if not _is_access(one, loading)] + late


def _unsafe(found: Sequence[Command], dialect: Dialect) -> list[Problem]:
    problems = []
    for line in dict.fromkeys(line for one in found for line in (*one.path, one.line)):
        try:
            keystrokes(line, dialect)
        except Unsafe as error:
            problems.append(untypable(line, error))
    return problems


def untypable(line: bytes, error: Unsafe) -> Problem:
    """E1715 for a line; of its text only the beginning is shown."""
    return Problem("E1715", params={"typed": first_line(line), "reason_ja": error.ja, "reason": error.en})


def _loading(dialect: Dialect) -> Loading:
    if dialect.loading is None:
        raise ValueError(dialect.name)  # callers ask for dialect.loading first
    return dialect.loading


def _is_access(command: Command, loading: Loading) -> bool:
    top = command.path[0] if command.path else command.line
    return any(pattern.match(top) for pattern in loading.access)


def first_line(line: bytes) -> str:
    """What may be shown of a typed line: its first two words, since what follows may be a secret."""
    words = line.split(b"\n", 1)[0].split()
    shown = b" ".join(words[:2]).decode("utf-8", "replace")
    return re.sub(r"[\x00-\x1f\x7f-\x9f]", "\N{REPLACEMENT CHARACTER}", shown) + (" …" if len(words) > 2 else "")


def _set_form(before: Node, after: Node, dialect: Dialect) -> list[Command]:
    """Junos: one ``set`` or ``delete`` a leaf, from the top (CLI user guide, "Displaying set commands from the configuration")."""
    lines = []
    for one in commands(before, after, dialect.style):
        word, line = (b"delete", one.line[7:]) if one.line.startswith(b"delete ") else (b"set", one.line)
        path = tuple(part.removeprefix(b"inactive: ") for part in one.path)
        if word == b"set" and not line.endswith(b";"):
            continue  # a block: its leaves make it
        body = b" ".join([*path, line.removesuffix(b";").removeprefix(b"inactive: ")])
        lines.append(Command((), word + b" " + body))
        if line.startswith(b"inactive: ") and word == b"set":
            lines.append(Command((), b"deactivate " + body))
    return lines


def leaving(path: Sequence[bytes]) -> list[bytes]:
    """FortiOS: the lines that close blocks, innermost first."""
    return [b"next" if key.startswith(b"edit ") else b"end" for key in reversed(path)]
