"""Which devices answer, site by site: the table of a drill or of the first minutes after an earthquake (specification VI-3-(4)).

``fping`` asks all of them at once. A device behind a silent one says nothing new, so the table names the silent device that is
nearest to the core: that is where somebody must go.
"""

from __future__ import annotations

import datetime as dt
import re
import subprocess
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ..common.problems import Problem, WardopsError, fail
from ..common.ward import Ward

State = Literal["up", "lossy", "down", "behind"]
LABELS: dict[State, str] = {"up": "応答あり", "lossy": "一部応答なし", "down": "応答なし", "behind": "応答なし（上位機器の先）"}

_SUMMARY = re.compile(r"^(\S+)\s+: xmt/rcv/%loss = (\d+)/(\d+)/\d+%(?:, min/avg/max = [\d.]+/([\d.]+)/[\d.]+)?$")
_LONGEST = 600  # seconds in which a sweep must have ended, whatever is asked


@dataclass(frozen=True, slots=True)
class Target:
    """One device to ask."""

    name: str
    address: str
    site: str
    role: str
    uplink: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: packets sent and answered, and the mean round trip in milliseconds (``None`` without an answer)."""

    sent: int
    answered: int
    milliseconds: float | None


@dataclass(frozen=True, slots=True)
class Finding:
    """One device and what is to be thought of it; ``cause`` is the silent device nearest to the core (itself when it is ``down``)."""

    target: Target
    reply: Reply
    state: State
    cause: str


@dataclass(frozen=True, slots=True)
class Site:
    """One site's line of the table."""

    code: str
    name: str
    asked: int
    answered: int
    slowest: float | None  # milliseconds
    causes: tuple[str, ...]  # silent devices nearest to the core

    @property
    def verdict(self) -> str:
        if self.answered == self.asked:
            return "疎通"
        return "全て不通" if self.answered == 0 else "一部不通"


@dataclass(frozen=True, slots=True)
class Sweep:
    """A sweep that has ended: what was asked, how, and what is to be thought of it."""

    layer: str
    layer_name: str
    at: dt.datetime  # its end, with a zone
    tries: int  # packets to each device
    wait: int  # milliseconds to wait for each answer
    findings: tuple[Finding, ...]
    sites: tuple[Site, ...]

    @property
    def answered(self) -> int:
        return sum(site.answered for site in self.sites)


def targets(ward: Ward, layer: str, limit: Collection[str] | None = None) -> list[Target]:
    """The layer's devices in operation that have an address, cut to the hosts that ``--limit`` leaves.

    :raises WardopsError: those of the ledger; E1732 when nothing is left to ask.
    """
    found = [
        Target(row["name"], row["mgmt_ip"], row["site"], row["role"], row["uplink"])
        for row in ward.table("network_devices").dicts()
        if row["layer"] == layer and row["status"] == "active" and row["mgmt_ip"] and (limit is None or row["name"] in limit)
    ]
    if not found:
        raise fail("E1732", layer=layer)
    return found


def ask(addresses: Sequence[str], tries: int = 3, wait: int = 500) -> dict[str, Reply]:
    """ICMP echo to every address, all at once; an address that is not in the answer was never asked.

    :param tries: packets to each address.
    :param wait: milliseconds to wait for each answer, and between two packets to the same address.
    :raises WardopsError: E1730 (no fping on this machine), E1731 (it cannot ask).
    """
    command = ["fping", "-q", "-c", str(tries), "-t", str(wait), "-p", str(wait), "-i", "1"]
    try:
        done = subprocess.run(command, input="\n".join(addresses) + "\n", capture_output=True, text=True, timeout=_LONGEST, check=False)
    except FileNotFoundError:
        raise fail("E1730") from None
    except subprocess.TimeoutExpired:
        raise fail("E1731", reason=f"no end after {_LONGEST} s") from None
    replies = {}
    for line in done.stderr.splitlines():
        if match := _SUMMARY.match(line):
            address, sent, answered, mean = match.groups()
            replies[address] = Reply(int(sent), int(answered), float(mean) if mean else None)
    if missing := [address for address in addresses if address not in replies]:
        reason = next((line for line in done.stderr.splitlines() if not _SUMMARY.match(line)), f"exit code {done.returncode}")
        raise fail("E1731", reason=f"{missing[0]}: {reason}")
    return replies


def judge(asked: Iterable[Target], replies: Mapping[str, Reply]) -> list[Finding]:
    """Each device with its state, in order of site and name."""
    by_name = {target.name: target for target in asked}
    silent = {name for name, target in by_name.items() if replies[target.address].answered == 0}
    return [
        Finding(target, replies[target.address], *_state(target, replies[target.address], by_name, silent))
        for target in sorted(by_name.values(), key=lambda one: (one.site, one.name))
    ]


def _state(target: Target, reply: Reply, by_name: Mapping[str, Target], silent: Collection[str]) -> tuple[State, str]:
    if reply.answered:
        return ("up", "") if reply.answered == reply.sent else ("lossy", "")
    cause, seen = target.name, {target.name}
    while (above := by_name[cause].uplink) in silent and above not in seen:  # a ring of uplinks is the ledger check's business
        seen.add(above)
        cause = above
    return ("down" if cause == target.name else "behind"), cause


def run(ward: Ward, layer: str, limit: Collection[str] | None, tries: int = 3, wait: int = 500) -> Sweep:
    """Ask the layer's devices and judge the answers.

    :raises WardopsError: those of the ledgers, E1730-E1732.
    """
    asked = targets(ward, layer, limit)
    findings = judge(asked, ask([target.address for target in asked], tries, wait))
    names = {row["code"]: row["name"] for row in ward.table("sites").dicts()}
    now = dt.datetime.now(dt.UTC)
    return Sweep(layer, ward.layers[layer]["name_ja"], now, tries, wait, tuple(findings), tuple(by_site(findings, names)))


def by_site(findings: Sequence[Finding], names: Mapping[str, str]) -> list[Site]:
    """The table: one line a site.

    :param names: Japanese names of the sites by code.
    """
    lines = []
    for code in sorted({finding.target.site for finding in findings}):
        here = [finding for finding in findings if finding.target.site == code]
        times = [finding.reply.milliseconds for finding in here if finding.reply.milliseconds is not None]
        causes = sorted({finding.cause for finding in here if finding.cause})
        answered = sum(finding.reply.answered > 0 for finding in here)
        lines.append(Site(code, names.get(code, code), len(here), answered, max(times, default=None), tuple(causes)))
    return lines


def unreachable(findings: Sequence[Finding]) -> WardopsError | None:
    """E1733, once for each silent device nearest to the core; ``None`` when all answered."""
    behind: dict[str, int] = {}
    for finding in findings:
        if finding.cause:
            behind[finding.cause] = behind.get(finding.cause, 0) + (finding.cause != finding.target.name)
    return WardopsError([Problem("E1733", name, params={"behind": count}) for name, count in sorted(behind.items())]) if behind else None
