"""Arguments of the RADIUS tasks, in the form of Ansible's ``argument_spec``; a test compares them with the documentation."""

from __future__ import annotations

from typing import Any

#: arguments that every task about a PostgreSQL store takes; the same form as Ansible's ``argument_spec``
DATABASE: dict[str, dict[str, Any]] = {
    "db_host": {"type": "str"},
    "db_hostaddr": {"type": "str"},
    "db_port": {"type": "int", "default": 5432},
    "db_name": {"type": "str", "default": "radius"},
    "db_user": {"type": "str", "default": "wardops"},
    "db_password": {"type": "str", "no_log": True},
    "db_rootcert": {"type": "path"},
}
#: arguments about the ledgers, the run and its evidence
RUN: dict[str, dict[str, Any]] = {
    "ward": {"type": "path"},
    "layer": {"type": "str"},
    "backend": {"type": "str", "default": "postgresql", "choices": ["postgresql", "sqlite", "files"]},
    "lock_wait": {"type": "float", "default": 30.0},
    "evidence": {"type": "path"},
}
#: arguments about a store that is a file on the RADIUS server
FILE: dict[str, dict[str, Any]] = {
    "path": {"type": "path"},
    "check_command": {"type": "list", "elements": "str", "default": []},
    "load_command": {"type": "list", "elements": "str", "default": []},
    "pid_file": {"type": "path"},
    "rollback_dir": {"type": "path", "default": "/var/lib/wardops/rollback"},
}
#: arguments of ``radius_mac_entries``
SYNC: dict[str, dict[str, Any]] = {
    **RUN,
    **DATABASE,
    **FILE,
    "allow_remove": {"type": "int", "default": 0},
    "allow_change": {"type": "int", "default": 0},
    "restore_from": {"type": "path"},
}
#: what the action plugin adds for the part that runs on the RADIUS server
TRANSPORT: dict[str, dict[str, Any]] = {
    "entries": {"type": "str"},
    "guard": {"type": "dict"},
    "plan_only": {"type": "bool", "default": False},
    "expect": {"type": "str", "default": ""},
    "run_id": {"type": "str", "default": ""},
}
#: arguments of ``radius_isolation``
ISOLATION: dict[str, dict[str, Any]] = {
    **RUN,
    **DATABASE,
    **FILE,
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "required": True, "choices": ["quarantine", "normal"]},
    "reason": {"type": "str", "default": ""},
    "ticket": {"type": "str", "default": ""},
}
#: arguments of ``radius_probe``
PROBE: dict[str, dict[str, Any]] = {
    "ward": {"type": "path"},
    "layer": {"type": "str"},
    "server": {"type": "str", "required": True},
    "port": {"type": "int", "default": 1812},
    "secret": {"type": "str", "no_log": True},
    "sample": {"type": "int", "default": 0},
    "refused": {"type": "int", "default": 200},
    "spellings": {"type": "list", "elements": "str", "default": ["freeradius"]},
    "parallel": {"type": "int", "default": 64},
    "timeout": {"type": "float", "default": 3.0},
}
