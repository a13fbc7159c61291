"""What the tasks of patch staging take, and the orders that come of it. No Ansible in here.

Ansible's texts carry tags, which no YAML writer knows: ``str`` takes them off.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..common.problems import fail
from ..common.task import evidence_folder, hosts_of, ward_of
from ..common.ward import REPOSITORY
from .prepare import Wish
from .run import Asked
from .wsus.connect import SERVER

STATE = "WARDOPS_PATCH_STATE"
_STRINGS = {"type": "list", "elements": "str", "default": []}
_COMMON: dict[str, Any] = {
    "cycle": {"type": "str", "required": True},
    "ward": {"type": "path"},
    "layer": {"type": "str"},
    "evidence": {"type": "path"},
    "reason": {"type": "str", "default": ""},
}
CYCLE: dict[str, Any] = {
    **SERVER,
    **_COMMON,
    "layers": _STRINGS,
    "kbs": _STRINGS,
    "output": {"type": "path"},
    "pdf": {"type": "bool", "default": False},
    "replan": {"type": "bool", "default": False},
    "supersedence": {"type": "bool", "default": True},
}
HOLD: dict[str, Any] = {
    **_COMMON,
    "ring": {"type": "str", "default": ""},
    "patch_state": {"type": "path"},
    "state": {"type": "str", "required": True, "choices": ["held", "resumed"]},
}
RING: dict[str, Any] = {
    **SERVER,
    **_COMMON,
    "ring": {"type": "str", "default": ""},
    "patch_state": {"type": "path"},
    "state": {"type": "str", "default": "staged", "choices": ["staged", "judged", "taken_back", "declined"]},
    "allow_remove": {"type": "int", "default": 0},
    "allow_change": {"type": "int", "default": 0},
    "accept_licences": _STRINGS,
    "digest": {"type": "str", "default": ""},
}


def state_folder(given: str | None) -> Path:
    """Where snapshots and locks are: given, else of the environment, else ``build/patch`` of this checkout."""
    return Path(given or os.environ.get(STATE) or REPOSITORY / "build" / "patch").absolute()


def asked(arguments: Mapping[str, Any], variables: Mapping[str, Any], layer: str, *, check: bool) -> Asked:
    """:raises WardopsError: E0516 when nothing says where the ward is; E1916 for a change of whole rings under ``--limit``."""
    if hosts_of(variables) is not None and arguments["state"] != "judged":
        raise fail("E1916", limit=str(variables["ansible_limit"]))
    return Asked(
        ward_of(arguments, variables),
        str(layer),
        str(arguments["cycle"]),
        evidence_folder(arguments),
        state_folder(arguments["patch_state"]),
        ring=str(arguments["ring"]),
        reason=str(arguments["reason"]),
        check=check,
        allow_remove=arguments.get("allow_remove", 0),
        allow_change=arguments.get("allow_change", 0),
        licences=[str(one) for one in arguments.get("accept_licences", [])],
        digest=str(arguments.get("digest", "")),
    )


def wish(arguments: Mapping[str, Any], variables: Mapping[str, Any], *, check: bool) -> Wish:
    """:raises WardopsError: E0516."""
    return Wish(
        ward_of(arguments, variables),
        str(arguments["cycle"]),
        evidence_folder(arguments),
        layers=tuple(str(one) for one in arguments["layers"]),
        kbs=tuple(str(one) for one in arguments["kbs"]),
        reason=str(arguments["reason"]),
        output=Path(arguments["output"]).absolute() if arguments["output"] else None,
        pdf=arguments["pdf"],
        replan=arguments["replan"],
        check=check,
    )
