"""Exceptions: each has a reason and an approver (schema) and ends in the future; what it excepts exists."""

from __future__ import annotations

from collections.abc import Iterator

from ...common.problems import Problem
from ..data import Data
from .registry import Rule

#: kinds whose subject is the name of something in a ledger
_SUBJECTS = {"ring_exclusion": (("terminals", "computer_name"),), "backup_exclusion": (("network_devices", "name"), ("servers", "name"))}


def not_expired(data: Data) -> Iterator[Problem]:
    """E0370 (over), E0371 (approved after its end, or in the future), E0372 (number twice)."""
    policy = data.policy("exceptions")
    seen: set[str] = set()
    for index, item in enumerate(policy.value["exceptions"]):
        if item["expires_on"] < data.today:
            yield policy.problem(
                "E0370", ["exceptions", index, "expires_on"], value=item["id"], expires=item["expires_on"], today=data.today
            )
        approved = item.get("approved_on", "")
        if approved > min(data.today, item["expires_on"]):
            yield policy.problem("E0371", ["exceptions", index, "approved_on"], value=item["id"], approved=approved, today=data.today)
        if item["id"] in seen:
            yield policy.problem("E0372", ["exceptions", index, "id"], value=item["id"])
        seen.add(item["id"])


def subject_exists(data: Data) -> Iterator[Problem]:
    """E0302: an exception for something that no ledger has."""
    policy = data.policy("exceptions")
    for index, item in enumerate(policy.value["exceptions"]):
        places = _SUBJECTS.get(item["kind"], ())
        whole = [data.whole(name, column) for name, column in places]  # each one that is not notes itself
        if not whole or not all(whole):
            continue
        known = (item["subject"] in ledger.column(column) for name, column in places for ledger in data.ledgers[name])
        if not any(known):
            target = " / ".join(name for name, _ in places)
            yield policy.problem("E0302", ["exceptions", index, "subject"], value=item["subject"], target=target)


RULES = (Rule("not_expired", not_expired, ("E0370", "E0371", "E0372")), Rule("subject_exists", subject_exists, ("E0302",)))
