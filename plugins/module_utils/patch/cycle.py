"""A cycle of updates: a folder in Git, ``policies/patch/<name>/``.

``plan.yml`` is written by the plan and never by hand; its digest is what an approval is given for. ``decisions.yml`` is written by
people: dates, exclusions, approvals, incidents. ``holds.yml`` is added to by hold, resume and take back. One cycle serves every layer.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ..common.files import read_bytes, sha256
from ..common.policy import parse_policy
from ..common.problems import fail
from .decisions import Decisions, Hold, read_decisions, read_holds
from .model import UpdateId

NAME = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])(-[a-z0-9]{1,20})?")
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Planned:
    """An update of the plan."""

    id: UpdateId
    kbs: tuple[str, ...]
    title: str
    classification: str
    severity: str
    reason: str
    asks_user: bool
    eula: bool
    uninstallable: bool
    supersedes: tuple[str, ...]

    def data(self) -> dict[str, Any]:
        return {
            "update": self.id.guid,
            "revision": self.id.revision,
            "kbs": list(self.kbs),
            "title": self.title,
            "classification": self.classification,
            "severity": self.severity,
            "reason": self.reason,
            "asks_user": self.asks_user,
            "eula": self.eula,
            "uninstallable": self.uninstallable,
            "supersedes": list(self.supersedes),
        }


@dataclass(frozen=True, slots=True)
class RingDate:
    """When a ring of a layer begins. :param deadline: UTC. :param why: how the day came about, in Japanese."""

    layer: str
    ring: str
    day: dt.date
    deadline: dt.datetime
    why: str

    def data(self) -> dict[str, Any]:
        return {
            "layer": self.layer,
            "ring": self.ring,
            "date": self.day.isoformat(),
            "deadline": self.deadline.isoformat(),
            "why": self.why,
        }


@dataclass(frozen=True, slots=True)
class CyclePlan:
    """What is planned.

    :param kind: ``regular``, or ``out_of_band`` with its ``reason``.
    :param left_out: updates of the period that are not taken: GUID, KB, title, decision, reason.
    """

    name: str
    kind: str
    reason: str
    release: dt.datetime
    updates: tuple[Planned, ...]
    dates: tuple[RingDate, ...]
    left_out: tuple[Mapping[str, str], ...] = ()

    @property
    def emergency(self) -> bool:
        return self.kind == "out_of_band"

    def when(self, layer: str, ring: str) -> RingDate | None:
        return next((one for one in self.dates if (one.layer, one.ring) == (layer, ring)), None)

    def data(self) -> dict[str, Any]:
        return {
            "cycle": self.name,
            "kind": self.kind,
            "reason": self.reason,
            "release": self.release.isoformat(),
            "updates": [one.data() for one in self.updates],
            "dates": [one.data() for one in self.dates],
            "left_out": [dict(one) for one in self.left_out],
        }

    @property
    def digest(self) -> str:
        """SHA-256 over everything that is planned, whatever the layout of the file."""
        return sha256(json.dumps(self.data(), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode())

    def encode(self) -> bytes:
        """The file ``plan.yml``."""
        content = {**self.data(), "digest": self.digest}
        text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=150)
        return ("# 計画（プログラムが書く。手で直さず decisions.yml に書いて作り直す）/ written by plan_patch_cycle.yml\n" + text).encode()


@dataclass(frozen=True, slots=True)
class Cycle:
    """Plan, decisions and holds as they are in the folder."""

    folder: Path
    plan: CyclePlan
    decisions: Decisions
    holds: tuple[Hold, ...] = field(default_factory=tuple)

    def held(self, layer: str, ring: str) -> list[Hold]:
        """The holds that are open for a ring."""
        return [hold for hold in self.holds if hold.covers(layer, ring)]


def cycle_folder(policies: Path, name: str) -> Path:
    """:raises WardopsError: E1901 for a name that is none."""
    if not NAME.fullmatch(name):
        raise fail("E1901", what="cycle", value=name, reason_ja="2027-01 または 2027-01-oob1 の形", reason="2027-01, or 2027-01-oob1")
    return policies / "patch" / name


def read_cycle(folder: Path) -> Cycle:
    """:raises WardopsError: E1902 (not planned), E1903 (edited), E1901 and those of the files."""
    path = folder / "plan.yml"
    if not path.exists():
        raise fail("E1902", str(path), cycle=folder.name)
    plan = read_plan(path)
    return Cycle(folder, plan, read_decisions(folder / "decisions.yml"), read_holds(folder / "holds.yml"))


def read_plan(path: Path) -> CyclePlan:
    """:raises WardopsError: E1901, E1903, E0117, E0118."""
    content = parse_policy(read_bytes(path), str(path))
    try:
        plan = CyclePlan(
            str(content["cycle"]),
            str(content["kind"]),
            str(content["reason"]),
            _moment(content["release"]),
            tuple(_planned(one) for one in content["updates"]),
            tuple(
                RingDate(str(one["layer"]), str(one["ring"]), _day(one["date"]), _moment(one["deadline"]), str(one["why"]))
                for one in content["dates"]
            ),
            tuple({str(key): str(value) for key, value in one.items()} for one in content["left_out"]),
        )
        stated = str(content["digest"])
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        value = f"{type(error).__name__} {error}"
        raise fail("E1901", str(path), what="plan", value=value, reason_ja="様式と違う", reason="not the form of a plan") from None
    if stated != plan.digest:
        raise fail("E1903", str(path), stated=stated[:16], found=plan.digest[:16])
    return plan


def _planned(one: Mapping[str, Any]) -> Planned:
    if not _GUID.fullmatch(str(one["update"])) or not isinstance(one["revision"], int) or one["revision"] < 1:
        raise ValueError(f"update {one['update']}/{one['revision']}")
    return Planned(
        UpdateId(str(one["update"]), one["revision"]),
        tuple(str(kb) for kb in one["kbs"]),
        str(one["title"]),
        str(one["classification"]),
        str(one["severity"]),
        str(one["reason"]),
        bool(one["asks_user"]),
        bool(one["eula"]),
        bool(one["uninstallable"]),
        tuple(str(guid) for guid in one["supersedes"]),
    )


def _moment(value: object) -> dt.datetime:
    moment = value if isinstance(value, dt.datetime) else dt.datetime.fromisoformat(str(value))
    if moment.tzinfo is None:
        raise ValueError(f"{value}: no zone")
    return moment.astimezone(dt.UTC)


def _day(value: object) -> dt.date:
    return value if isinstance(value, dt.date) else dt.date.fromisoformat(str(value))
