"""Platforms that a person loads: what to do, step by step, and the proof afterwards. Nothing is typed by a program."""

from __future__ import annotations

import dataclasses
from typing import Any

from ...common.problems import Problem, WardopsError, fail
from .. import capture as captures
from .. import known_hosts, links, platform
from ..diff import as_text
from ..loading.load import Job, Outcome, difference
from ..loading.terminal import Access
from ..model import Device, Dialogue, Status
from ..reader.access import accesses
from ..reader.fleet import Limits, read_fleet


class ByPersonError(WardopsError):
    """E1711, with the steps and what differs (masked)."""

    def __init__(self, problem: Problem, steps_ja: list[str], difference: str) -> None:
        super().__init__(problem)
        self.steps_ja = steps_ja
        self.difference = difference

    def result(self) -> dict[str, Any]:
        """As the result of a task: the steps stand below the message too."""
        told = {"msg": "\n".join([str(self), *self.steps_ja]), "steps": self.steps_ja, "diff": {"before": "", "after": self.difference}}
        return {**super().result(), **told}


def steps(job: Job) -> list[str]:
    """What a person does, numbered."""
    way = job.dialect.by_hand
    return [f"({number}) {step}" for number, step in enumerate(way.steps_ja if way else (), 1)]


def verify(job: Job, access: Access) -> Outcome:
    """Whether a person has loaded what was intended: read, compare, and the links.

    :raises WardopsError: E1710 (not readable). :raises ByPersonError: E1711 (it differs).
    """
    running, ports = _read(job, access)
    outcome = Outcome(running=running)
    left = difference(job, running)
    outcome.difference = as_text(left)
    if left:
        way = job.dialect.by_hand
        reasons = (way.reason_ja, way.reason) if way else ("", "")
        named = {"platform": job.dialect.name, "count": len(left), "reason_ja": reasons[0], "reason": reasons[1]}
        raise ByPersonError(Problem("E1711", job.name, params=named), steps(job), outcome.difference)
    outcome.steps.append("verified")
    if found := links.compare(job.dialect, job.expected, ports, job.before):
        outcome.down, outcome.idle = found.down, found.idle
    return outcome


def look(job: Job, access: Access) -> Outcome:
    """What differs now. Nothing would be typed, so nothing would change. :raises WardopsError: E1710."""
    running, _ = _read(job, access)
    left = difference(job, running)
    return Outcome(difference=as_text(left), steps=steps(job) if left else ["verified"])


def _read(job: Job, access: Access) -> tuple[bytes, dict[str, bool]]:
    """The running configuration, provably whole, and the links where the platform shows them."""
    heard: list[Dialogue] = []
    device = Device(job.name, job.dialect.name, job.address, "", "", access.port)
    account = accesses({"user": access.user, "password": access.password, "enable": access.enable, "key": ""})
    limits = Limits(connect=20.0, device=max(job.patience, job.silence), commands=("running", links.COMMAND))
    read_fleet([device], account, known_hosts.read(access.known_hosts), limits, heard.append)
    ways = platform.load(job.dialect.name)
    texts: dict[str, bytes] = {}
    for answer in heard[0].answers:
        try:
            command = dataclasses.replace(ways.commands[answer.command], minimum=1)  # a new unit has next to no configuration
            texts[answer.command] = captures.capture(ways, command, answer)
        except WardopsError:
            if answer.command == "running":
                raise
    if heard[0].status is not Status.STORED or "running" not in texts:
        raise fail("E1710", job.name, 0, 0, address=job.address, reason=heard[0].detail or str(heard[0].status))
    return texts["running"], links.states(job.dialect, texts.get(links.COMMAND, b""))
