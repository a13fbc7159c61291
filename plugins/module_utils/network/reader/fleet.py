"""All devices of a night at once: bounded in total and at each site, each with its own time, none waiting for a bad one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import uvloop

from ...common.problems import WardopsError
from .. import platform as platforms
from ..known_hosts import KnownHosts
from ..model import Device, Dialogue, Status
from .access import Access, Accesses, Breaker
from .dialogue import Attempt, Failed
from .through_netmiko import NetmikoAttempt

#: what may pass by itself; a wrong password or a wrong key does not, and trying again locks accounts
_PASSING = frozenset({Status.UNREACHABLE, Status.TIMEOUT, Status.INCOMPLETE})

OnDone = Callable[[Dialogue], None]


@dataclass(frozen=True, slots=True)
class Limits:
    """How hard the fleet is asked.

    :param sessions: devices at the same time; :param per_site: of one site, whose line is thin.
    :param connect: seconds until a terminal must be open; :param device: seconds for a device with all its attempts.
    :param attempts: at most; :param pause: seconds before the second one, doubled each time.
    :param answer_bytes: longer answers are cut off and refused.
    :param wrong_passwords: failures of one account after which nobody tries it any more.
    :param commands: which of the platform's commands are read.
    """

    sessions: int = 1000
    per_site: int = 150
    connect: float = 15.0
    device: float = 90.0
    attempts: int = 2
    pause: float = 1.0
    answer_bytes: int = 16 * 1024 * 1024
    wrong_passwords: int = 3
    commands: tuple[str, ...] = ("running", "startup")


def read_fleet(devices: Iterable[Device], access: Accesses, known: KnownHosts, limits: Limits, on_done: OnDone) -> None:
    """Read them all.

    :param on_done: called once for each device, as soon as it is done, in this thread; what it raises ends the run.
    """
    uvloop.run(_Fleet(access, known, limits, on_done).run(list(devices)))


class _Fleet:
    def __init__(self, access: Accesses, known: KnownHosts, limits: Limits, on_done: OnDone) -> None:
        self._access = access
        self._known = known
        self._limits = limits
        self._on_done = on_done
        self._breakers: dict[Access, Breaker] = {}

    async def run(self, devices: list[Device]) -> None:
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)  # the library's late words about dead connections
        total = asyncio.Semaphore(self._limits.sessions)
        sites = {device.site: asyncio.Semaphore(self._limits.per_site) for device in devices}
        tasks = [asyncio.ensure_future(self._one(device, total, sites)) for device in devices]
        try:
            for task in asyncio.as_completed(tasks):
                await task
        finally:
            for one in tasks:
                one.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _one(self, device: Device, total: asyncio.Semaphore, sites: Mapping[str, asyncio.Semaphore]) -> None:
        async with sites[device.site], total:
            dialogue = await self._read(device)
        self._on_done(dialogue)

    async def _read(self, device: Device) -> Dialogue:
        begin = time.monotonic()
        try:
            platform = platforms.load(device.platform)
        except WardopsError as error:
            return Dialogue(device, Status.UNKNOWN_PLATFORM, (), error.problems[0].text("ja"), 0, 0.0, "")
        access = self._access.of(device)
        breaker = self._breakers.setdefault(access, Breaker(self._limits.wrong_passwords))
        kind: type[Attempt] = NetmikoAttempt if platform.driver == "netmiko" else Attempt
        count, attempt, failed = 0, None, None
        try:
            async with asyncio.timeout(self._limits.device):
                while count < self._limits.attempts:
                    count += 1
                    attempt = kind(device, platform, access, self._known, breaker, self._limits.answer_bytes, self._limits.commands)
                    try:
                        await attempt.run(self._limits.connect)
                        failed = None
                        break
                    except Failed as problem:
                        failed = problem
                        if failed.status not in _PASSING or (attempt.phase == "auth" and attempt.tried):
                            break
                    if attempt.puzzled and platform.netmiko and platform.netmiko not in platforms.UNFIT_DRIVERS:
                        kind = NetmikoAttempt
                    elif count < self._limits.attempts:
                        await asyncio.sleep(self._limits.pause * 2 ** (count - 1))
        except TimeoutError:
            failed = failed or (attempt.late() if attempt else Failed(Status.UNREACHABLE, "応答がない"))
        seconds = time.monotonic() - begin
        if failed or attempt is None:
            found = failed or Failed(Status.UNREACHABLE, "応答がない")
            answers = tuple(attempt.answers) if attempt and found.status in (Status.TIMEOUT, Status.INCOMPLETE) else ()
            return Dialogue(device, found.status, answers, found.detail, count, seconds, kind.via)
        detail = "ページャを止めても続きを待つ表示が出た" if attempt.paged else ""
        return Dialogue(device, Status.STORED, tuple(attempt.answers), detail, count, seconds, kind.via)
