"""What a rule is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ...common.problems import Problem
from ..data import Data


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule across ledgers.

    :param name: shown when the rule could not be checked.
    :param check: yields problems; raises :class:`..data.Unavailable` when it cannot decide.
    :param codes: the codes that it yields.
    """

    name: str
    check: Callable[[Data], Iterable[Problem]]
    codes: tuple[str, ...]
