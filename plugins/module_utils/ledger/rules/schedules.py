"""Schedules and shifts: what ``schedules.yml`` and ``shift_patterns.yml`` name is there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from ...common.problems import Problem
from ...common.ward import REPOSITORY
from ..data import Data, Policy
from .registry import Rule


def codes_once(data: Data) -> Iterator[Problem]:
    """E1814: a code twice; its second schedule could not be told from the first."""
    yield from _twice(data.policy("schedules"), ["schedules"])
    for part in ("shifts", "workplaces"):
        yield from _twice(data.policy("shift_patterns"), [part])


def _twice(policy: Policy, pointer: Sequence[str]) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, entry in enumerate(policy.value[pointer[0]]):
        if entry["code"] in seen:
            yield policy.problem("E1814", [*pointer, index, "code"], value=entry["code"])
        seen.add(entry["code"])


def playbooks_there(data: Data) -> Iterator[Problem]:
    """E1811: no such playbook; E1813: it does not use that variable."""
    policy = data.policy("schedules")
    for index, entry in enumerate(policy.value["schedules"]):
        path = REPOSITORY / "playbooks" / entry["playbook"]
        if not path.is_file():
            yield policy.problem("E1811", ["schedules", index, "playbook"], value=entry["playbook"])
            continue
        known = _words(entry["playbook"])
        for name in entry.get("extra_vars", {}):
            if name not in known:
                yield policy.problem("E1813", ["schedules", index, "extra_vars", name], value=name, playbook=entry["playbook"])


@cache
def _words(playbook: str) -> frozenset[str]:
    """Every name in the playbook, in the roles that it names and in the shared variables."""
    text = (REPOSITORY / "playbooks" / playbook).read_text(encoding="utf-8")
    files = [*(REPOSITORY / "group_vars").rglob("*.yml")]
    for role in (REPOSITORY / "roles").glob("*"):
        if re.search(rf"\b{re.escape(role.name)}\b", text):
            files += [*role.glob("defaults/*.yml"), *role.glob("meta/argument_specs.yml")]
    return frozenset(re.findall(r"\w+", "\n".join([text, *(path.read_text(encoding="utf-8") for path in files)])))


def calendars_there(data: Data) -> Iterator[Problem]:
    """E1812: no such calendar in ``calendars.yml``."""
    known = {entry["code"] for entry in data.policy("calendars").value["calendars"]}
    for name, part in (("schedules", "schedules"), ("shift_patterns", "workplaces")):
        policy = data.policy(name)
        for index, entry in enumerate(policy.value[part]):
            if entry["calendar"] not in known:
                yield policy.problem("E1812", [part, index, "calendar"], value=entry["calendar"])


def scopes_have_layers(data: Data) -> Iterator[Problem]:
    """E1816: a scope of freezes without the layer for which they hold."""
    policy = data.policy("schedules")
    for index, entry in enumerate(policy.value["schedules"]):
        if "scope" in entry and "layer" not in entry:
            yield policy.problem("E1816", ["schedules", index, "scope"], value=entry["scope"])


def shifts_there(data: Data) -> Iterator[Problem]:
    """E1817: a week names a shift that is not laid down."""
    policy = data.policy("shift_patterns")
    known: set[Any] = {entry["code"] for entry in policy.value["shifts"]} | {"-"}
    for index, place in enumerate(policy.value["workplaces"]):
        for number, week in enumerate(place["weeks"]):
            for day, code in enumerate(week):
                if code not in known:
                    yield policy.problem("E1817", ["workplaces", index, "weeks", number, day], value=code)


RULES = (
    Rule("codes_once", codes_once, ("E1814",)),
    Rule("playbooks_there", playbooks_there, ("E1811", "E1813")),
    Rule("calendars_there", calendars_there, ("E1812",)),
    Rule("scopes_have_layers", scopes_have_layers, ("E1816",)),
    Rule("shifts_there", shifts_there, ("E1817",)),
)
