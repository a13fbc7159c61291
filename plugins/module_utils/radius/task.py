"""From a task's arguments and variables to stores and requests. No Ansible in here."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..common.evidence import default_folder
from ..common.files import read_bytes
from ..common.layer import require_layer
from ..common.policy import parse_policy
from ..common.problems import fail
from .postgresql import Address, PostgresStore
from .remote import Call, run_remote
from .sync import Request, Work, run

PASSWORD = "WARDOPS_RADIUS_DB_PASSWORD"  # noqa: S105 - the variable's name


def postgres_store(arguments: Mapping[str, Any]) -> PostgresStore:
    """:raises WardopsError: E0516 when the address is not given."""
    host = arguments["db_host"]
    if not host:
        raise fail("E0516", names="db_host")
    address = Address(
        host=host,
        hostaddr=arguments["db_hostaddr"] or "",
        port=arguments["db_port"],
        dbname=arguments["db_name"],
        user=arguments["db_user"],
        rootcert=arguments["db_rootcert"] or "",
        password=arguments["db_password"] or os.environ.get(PASSWORD, ""),
    )
    return PostgresStore(address, wait=arguments["lock_wait"])


def evidence_folder(arguments: Mapping[str, Any]) -> Path:
    """The folder given, else that of the environment, else ``build/evidence`` of this checkout."""
    return Path(arguments["evidence"]).absolute() if arguments["evidence"] else default_folder()


def layer_of(arguments: Mapping[str, Any], variables: Mapping[str, Any]) -> str:
    """The layer that the task or the inventory asks for, if this control node and the server of the playbook's loop belong to it.

    A second inventory source could bring in another layer's server, which the guard of ``ward.ops.ledger`` does not see.

    :raises WardopsError: E0401-E0403.
    """
    layer = require_layer(str(arguments["layer"] or variables.get("layer", "")))
    server = variables.get("radius_host")
    if server:
        theirs = str(variables["hostvars"][server].get("layer", "?"))
        if theirs != layer:
            raise fail("E0403", str(server), declared=layer, asked=theirs)
    return layer


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


def request_of(purpose: str, arguments: Mapping[str, Any], variables: Mapping[str, Any], check: bool, diff: bool) -> Request:
    """What the task asks for.

    :raises WardopsError: E0401-E0403 (layer), E0516 (no ward).
    """
    restore = arguments.get("restore_from")
    return Request(
        ward=ward_of(arguments, variables),
        layer=layer_of(arguments, variables),
        evidence=evidence_folder(arguments),
        check=check,
        diff=diff,
        hosts=hosts_of(variables),
        restore=Path(restore) if restore else None,
        allow_remove=arguments.get("allow_remove", 0),
        allow_change=arguments.get("allow_change", 0),
        purpose=purpose,
    )


def carry_out(call: Call, arguments: Mapping[str, Any], request: Request, work: Work | None = None) -> dict[str, Any]:
    """The work on the store that the arguments name: PostgreSQL from here, a file on its own machine through ``call``."""
    if arguments["backend"] == "postgresql":
        return run(postgres_store(arguments), request, work)
    return run_remote(call, arguments, request, work)
