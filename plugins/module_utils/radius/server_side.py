"""The part of a sync that runs on the RADIUS server, when the store is a file there. Standard library only; Python 3.11 and newer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..common.problems import fail
from .planner import Wanted, diff, guard_of, record, report
from .sqlite import SqliteStore
from .store import Store, commit, fingerprint, prepare
from .users_file import Loading, UsersFileStore

#: without limits nothing may be changed or removed
NOTHING = {"remove": {"count": 0, "percent": 0}, "change": {"count": 0, "percent": 0}}


def file_store(arguments: Mapping[str, Any]) -> Store:
    """:raises WardopsError: E0516 when no path is given."""
    if not arguments["path"]:
        raise fail("E0516", names="path")
    path = Path(arguments["path"])
    if arguments["backend"] == "sqlite":
        return SqliteStore(path, arguments["lock_wait"])
    pid_file = Path(arguments["pid_file"]) if arguments["pid_file"] else None
    return UsersFileStore(path, Loading(arguments["check_command"], arguments["load_command"], pid_file), arguments["lock_wait"])


def plan_or_apply(arguments: Mapping[str, Any], check: bool) -> dict[str, Any]:
    """Plan; and apply, if the plan is still the one that was shown and recorded.

    :raises WardopsError: E0508 (bad set), E0509 (the server has changed since the plan), E0120/E0121 (guard), and the store's.
    """
    try:
        wanted = Wanted.from_text(arguments["entries"] or "")
    except ValueError as error:
        raise fail("E0508", "entries", reason=str(error)) from None
    guard = guard_of(arguments["guard"] or NOTHING)
    only_plan = check or arguments["plan_only"]
    store = file_store(arguments)
    try:
        store.open(exclusive=not only_plan)
        outcome = prepare(store, wanted, guard)
        mark = fingerprint(outcome.plan)
        if not only_plan:
            if mark != arguments["expect"]:
                raise fail("E0509", store.place)
            if outcome.plan.changed:
                commit(store, outcome, Path(arguments["rollback_dir"]) / f"{arguments['run_id'] or mark[:16]}.json")
    finally:
        store.close()
    return {
        "changed": outcome.plan.changed,
        "plan": report(outcome.plan, wanted),
        "diff": diff(outcome.plan, wanted.owners, store.place),
        "record": record(outcome.plan, wanted.owners),
        "fingerprint": mark,
        "entries_total": len(wanted.items),
        "verified": outcome.verified,
        "recovered": outcome.recovered,
        "rollback_file": str(outcome.rollback) if outcome.rollback else None,
    }
