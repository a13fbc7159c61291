"""Recordings that others made, as sessions of ours. Which form a file has is found out from what it holds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lab.netsim.session import Session, SessionError


def form_of(data: Any) -> str:
    """The name of the form, or ``native``; :class:`SessionError` is left to the reader of the form."""
    if isinstance(data, Mapping) and "init_prompt" in data:
        return "oxidized"
    return "native"


def from_recording(data: Any, path: Path) -> Session:
    """A session from another program's recording."""
    raise SessionError(f"{path}: this form is not known")


def from_folder(path: Path) -> Session:
    """A session from a folder of command outputs."""
    raise SessionError(f"{path}: no session")


def load(path: Path) -> Session:
    """A session from a file that is no YAML."""
    raise SessionError(f"{path}: no session")
