"""Who reads: accounts by platform and site, and the breaker that keeps a changed password from locking an account on every device."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...common.problems import fail
from ..model import Device


@dataclass(frozen=True, slots=True)
class Access:
    """One account. ``repr`` shows no secret.

    :param enable: password of the privileged mode; empty: none is asked for.
    :param key: private key as text (OpenSSH or PEM), without a passphrase.
    """

    user: str
    password: str = field(default="", repr=False)
    enable: str = field(default="", repr=False)
    key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Accesses:
    """The account of each device: the first of ``special`` that fits, else ``default``.

    :param special: platform, site (empty: any), account.
    """

    default: Access
    special: tuple[tuple[str, str, Access], ...] = ()

    def of(self, device: Device) -> Access:
        for platform, site, access in self.special:
            if platform in ("", device.platform) and site in ("", device.site):
                return access
        return self.default


def accesses(default: Mapping[str, Any], special: Iterable[Mapping[str, Any]] = ()) -> Accesses:
    """From a task's arguments: ``user``, ``password``, ``enable``, ``key``; special ones have ``platform`` or ``site`` too, and what
    they do not say is as in the default.

    :raises WardopsError: E1632.
    """
    first = _access(default, {})
    return Accesses(first, tuple((str(one.get("platform") or ""), str(one.get("site") or ""), _access(one, default)) for one in special))


def _access(given: Mapping[str, Any], otherwise: Mapping[str, Any]) -> Access:
    merged = {**otherwise, **{name: value for name, value in given.items() if value}}
    access = Access(*(str(merged.get(name) or "") for name in ("user", "password", "enable", "key")))
    if not access.user:
        raise fail("E1632", reason_ja="user がありません", reason="no user")
    if not access.password and not access.key:
        raise fail("E1632", reason_ja="password も key もありません", reason="neither password nor key")
    return access


class Breaker:
    """Lets authentications of one account through.

    Until one has succeeded, only so many are under way or failed as may fail at all; the others wait for the first success, which
    takes milliseconds. An authentication that hangs keeps its place for ``HANGING`` seconds only.

    :param limit: failures after which nothing is tried any more.
    """

    HANGING = 1.5

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._failed = 0
        self._proven = False
        self._flying: list[float] = []
        self._changed = asyncio.Event()

    @property
    def open(self) -> bool:
        return self._failed >= self._limit

    async def permit(self) -> bool:
        """Whether this one may be tried; every permit is followed by :meth:`settle`."""
        while not self.open and not self._proven:
            recent = time.monotonic() - self.HANGING
            if self._failed + sum(since > recent for since in self._flying) < self._limit:
                break
            self._changed.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), 0.1)
        if self.open:
            return False
        self._flying.append(time.monotonic())
        return True

    def settle(self, *, good: bool | None) -> None:
        """How it ended; ``None``: nobody knows (connection lost)."""
        if self._flying:
            self._flying.pop()
        self._proven |= good is True
        self._failed += good is False
        self._changed.set()
