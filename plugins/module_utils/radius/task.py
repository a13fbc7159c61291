"""From a task's arguments and variables to stores and requests. No Ansible in here."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..common.layer import require_layer
from ..common.problems import fail
from ..common.task import evidence_folder, hosts_of, ward_of
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
