"""``policies/life.yml``, taken apart: states, steps and systems of every kind of thing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

#: the state of a thing that has no event yet
NEW = ""
#: the first event of a thing that was there before events were recorded; it may lead to any state
OPENING = "opening"


@dataclass(frozen=True, slots=True)
class Step:
    """One allowed step; see ``schemas/policies/life.schema.json`` for the fields.

    :param sources: states from which it is allowed; :data:`NEW` for a thing that has no event yet.
    :param follow: codes of systems by action (``add``, ``change``, ``remove``).
    """

    name: str
    title: str
    sources: tuple[str, ...]
    target: str
    require: tuple[str, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)
    clear: tuple[str, ...] = ()
    place: bool = False
    address: str = ""
    ring: bool = False
    release: tuple[str, ...] = ()
    proof: str = ""
    follow: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kind:
    """The things of one ledger.

    :param id: column whose value stands in ``asset_events``.
    :param proved: states that a row may only have with events that lead there and that carry their proof.
    """

    ledger: str
    id: str
    steps: Mapping[str, Step]
    proved: frozenset[str]

    def allowed(self, state: str) -> list[Step]:
        return [step for step in self.steps.values() if state in step.sources]


class LifePolicy:
    """The policy as data.

    :param value: as read, valid against its schema.
    """

    def __init__(self, value: Mapping[str, Any]) -> None:
        self.value = value
        self.replacement: Mapping[str, Any] = value["replacement"]
        self.repair: Mapping[str, Any] = value["repair"]

    @cached_property
    def kinds(self) -> dict[str, Kind]:
        return {item["ledger"]: _kind(item) for item in self.value["kinds"]}

    @cached_property
    def systems(self) -> dict[str, Mapping[str, Any]]:
        return {item["code"]: item for item in self.value["systems"]}


def _kind(item: Mapping[str, Any]) -> Kind:
    steps = [
        Step(
            name=step["name"],
            title=step["name_ja"],
            sources=tuple(step["from"]),
            target=step["to"],
            require=tuple(step.get("require", ())),
            values=step.get("set", {}),
            clear=tuple(step.get("clear", ())),
            place=step.get("place", False),
            address=step.get("address", ""),
            ring=step.get("ring", False),
            release=tuple(step.get("release", ())),
            proof=step.get("proof", ""),
            follow=step.get("follow", {}),
        )
        for step in item["transitions"]
    ]
    return Kind(item["ledger"], item["id"], {step.name: step for step in steps}, frozenset(item.get("proved", ())))
