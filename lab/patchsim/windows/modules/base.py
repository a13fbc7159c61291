"""What all modules share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..machine import Machine


class Failed(Exception):
    """The module fails. :param more: further keys of its result."""

    def __init__(self, message: str, **more: Any) -> None:
        super().__init__(message)
        self.more = more


#: machine, arguments (checked, with defaults), check mode → result
Module = Callable[[Machine, dict[str, Any], bool], dict[str, Any]]
