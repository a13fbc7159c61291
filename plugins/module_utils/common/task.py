"""What every task on a whole set takes from its arguments and Ansible's variables: ward, evidence, ``--limit``. No Ansible in here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .evidence import default_folder
from .files import read_bytes
from .policy import parse_policy
from .problems import fail


def evidence_folder(arguments: Mapping[str, Any]) -> Path:
    """The folder given, else that of the environment, else ``build/evidence`` of this checkout."""
    return Path(arguments["evidence"]).absolute() if arguments["evidence"] else default_folder()


def ward_of(arguments: Mapping[str, Any], variables: Mapping[str, Any]) -> Path:
    """The ward's folder: given, or named by the inventory source (``plugin: ward.ops.ledger``) of the play's host.

    :raises WardopsError: E0516 when neither says it.
    """
    if arguments["ward"]:
        return Path(arguments["ward"]).absolute()
    source = Path(str(variables.get("inventory_file") or ""))
    if source.suffix in (".yml", ".yaml") and source.is_file():
        content = parse_policy(read_bytes(source), str(source))
        if isinstance(content, dict) and isinstance(content.get("ward"), str):
            return (source.parent / str(content["ward"])).absolute()
    raise fail("E0516", names="ward")


def hosts_of(variables: Mapping[str, Any]) -> frozenset[str] | None:
    """The hosts that ``--limit`` leaves, or ``None`` without ``--limit``."""
    return frozenset(variables["ansible_play_hosts_all"]) if variables.get("ansible_limit") else None
