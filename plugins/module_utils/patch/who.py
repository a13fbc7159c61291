"""An auditor's question: who approved a KB for a layer, when, and which terminals lacked it on a day. From the files alone."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from ..common.problems import fail
from ..common.ward import Ward
from . import snapshots
from .cycle import NAME, Cycle, Planned, read_cycle
from .decisions import TOKYO, Approved, Hold
from .model import State

_LACKS = frozenset("0235")
_PENDING = "6"


@dataclass(frozen=True, slots=True)
class Lack:
    """A terminal without the update. :param state: as it was told; :param report: its last report, empty = never."""

    name: str
    dept: str
    ring: str
    state: State
    report: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One cycle's part of the answer.

    :param approvals: records whose digest is the plan's; ``other``: records of that layer for an earlier plan.
    :param snapshot: the instant of the states; empty when there are none up to that day. ``lacking`` is then empty too.
    :param excluded: name, ring, section of terminals that a decision had left out; nothing is said of their states.
    """

    cycle: str
    digest: str
    update: Planned
    approvals: tuple[Approved, ...]
    other: tuple[Approved, ...]
    holds: tuple[Hold, ...]
    snapshot: str
    lacking: tuple[Lack, ...]
    pending: int
    total: int
    excluded: tuple[tuple[str, ...], ...] = ()


def cycles(ward: Ward) -> list[Cycle]:
    """All that are planned, in order. :raises WardopsError: E1901, E1903."""
    folder = ward.policies / "patch"
    names = sorted(path.name for path in folder.iterdir() if NAME.fullmatch(path.name)) if folder.is_dir() else []
    return [read_cycle(folder / name) for name in names if (folder / name / "plan.yml").exists()]


def answer(ward: Ward, state: Path, kb: str, layer: str, day: dt.date) -> list[Answer]:
    """:raises WardopsError: E1910 (no cycle has the KB), E1909."""
    number = kb.strip().upper().removeprefix("KB")
    snapshot = snapshots.latest(state, layer, day)
    found = []
    for cycle in cycles(ward):
        for update in cycle.plan.updates:
            if number in update.kbs and any(one.layer == layer for one in cycle.plan.dates):
                found.append(_one(cycle, update, layer, day, snapshot))
    if not found:
        raise fail("E1910", what=f"KB（{layer}）", value=kb)
    return found


def _one(cycle: Cycle, update: Planned, layer: str, day: dt.date, snapshot: snapshots.Snapshot | None) -> Answer:
    given = [one for one in cycle.decisions.approvals if one.layer in ("", layer) and one.at.astimezone(TOKYO).date() <= day]
    fits = tuple(one for one in given if cycle.plan.digest.startswith(one.plan))
    row = snapshot.states.get(update.id.guid) if snapshot else None
    lacking = []
    if snapshot and row is not None:
        for place, digit in enumerate(row):
            if digit in _LACKS:
                facts = (snapshot.names[place], snapshot.depts[place], snapshot.rings[place])
                lacking.append(Lack(*facts, State(int(digit)), snapshot.reports[place]))
    return Answer(
        cycle.folder.name,
        cycle.plan.digest,
        update,
        fits,
        tuple(one for one in given if one not in fits),
        tuple(one for one in cycle.holds if one.layer in ("", layer)),
        snapshot.at if snapshot and row is not None else "",
        tuple(lacking),
        row.count(_PENDING) if row else 0,
        len(row) if row else 0,
        snapshot.excluded if snapshot and row is not None else (),
    )
