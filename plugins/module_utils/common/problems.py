"""Problems: what is wrong, where, and what to do, in Japanese and English.

A validator collects :class:`Problem` objects and reports all of them at once; code that cannot go on
raises :class:`WardopsError`, which carries one or more of them. The texts stand in ``catalogue/``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .catalogue import CATALOGUE, Entry


class _Missing(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding.

    :param code: key of the catalogue, ``E0123``; an unknown code is a programming error (``KeyError``).
    :param path: the file, or a name of the object where there is no file; may be empty.
    :param line: 1-based line in the file, 0 when the finding is about the whole file.
    :param column: 1-based character column, 0 when it is about the whole line.
    :param params: values for the texts of the catalogue.
    """

    code: str
    path: str = ""
    line: int = 0
    column: int = 0
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def entry(self) -> Entry:
        return CATALOGUE[self.code]

    @property
    def where(self) -> str:
        """``file:line:column``, as far as it is known."""
        parts = [self.path]
        if self.line:
            parts.append(str(self.line))
            if self.column:
                parts.append(str(self.column))
        return ":".join(parts)

    def text(self, name: str) -> str:
        """The catalogue's text ``ja``, ``en``, ``remedy_ja`` or ``remedy_en`` with the values filled in."""
        values = _Missing({key: _show(value) for key, value in self.params.items()})
        return str(getattr(self.entry, name)).format_map(values)

    def render(self) -> str:
        """Three lines for a terminal: place and Japanese text, English text, remedy."""
        head = f"{self.where}: " if self.path else ""
        return f"{head}{self.code} {self.text('ja')}\n    {self.text('en')}\n    → {self.text('remedy_ja')} / {self.text('remedy_en')}"

    def sort_key(self) -> tuple[str, int, int, str]:
        return (self.path, self.line, self.column, self.code)


class WardopsError(Exception):
    """Work cannot go on. ``problems`` holds at least one :class:`Problem`."""

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems: list[Problem] = [problems] if isinstance(problems, Problem) else list(problems)
        if not self.problems:
            raise ValueError("a WardopsError needs at least one problem")
        super().__init__("\n".join(problem.render() for problem in self.problems))

    def result(self) -> dict[str, Any]:
        """As the result of a task that failed."""
        return {"failed": True, "msg": str(self), "codes": sorted({problem.code for problem in self.problems})}


def fail(code: str, path: str = "", line: int = 0, column: int = 0, **params: Any) -> WardopsError:
    """A :class:`WardopsError` with one problem, ready to be raised."""
    return WardopsError(Problem(code, path, line, column, params))


def _show(value: Any) -> str:
    """A value as it may stand in a message: one line, no control characters, bounded length."""
    text = value if isinstance(value, str) else str(value)
    clean = "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text[:400])
    return clean if len(text) <= 200 else clean[:200] + "…"
