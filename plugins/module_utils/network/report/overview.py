"""The state of all configs at one moment: who was read and who was not, what changed, what is not as approved, what is not saved.

Last attempt and last success are kept apart: a device that fails today and was read yesterday is another errand than one that was
never read, or one that the ledger has and no run ever asked.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ...common.problems import WardopsError, fail
from ...common.ward import Ward
from ..model import Status
from ..store import approval, history
from ..store.approval import Drift
from ..store.history import Change
from ..store.status import Night, Row
from ..store.store import ConfigStore


class Condition(StrEnum):
    """What a device's line says first; the worst come first."""

    NEVER = "never"
    MISSING = "missing"
    FAILING = "failing"
    STALE = "stale"
    GOOD = "good"


CONDITIONS = {
    Condition.NEVER: "一度も取得できていない",
    Condition.MISSING: "一度も取得を試みていない",
    Condition.FAILING: "直近の取得に失敗",
    Condition.STALE: "取得が古い",
    Condition.GOOD: "正常",
}
STATUSES: Mapping[str, str] = {
    Status.STORED: "取得",
    Status.UNREACHABLE: "接続できない",
    Status.HOST_KEY_UNKNOWN: "ホスト鍵が未登録",
    Status.HOST_KEY_CHANGED: "ホスト鍵が変わった",
    Status.AUTHENTICATION: "認証に失敗",
    Status.TIMEOUT: "応答が途絶えた",
    Status.REFUSED: "コマンドが拒否された",
    Status.INCOMPLETE: "設定が途中で切れた",
    Status.WRONG_DEVICE: "別の機器につながった",
    Status.LOG_LINES: "応答にログが混ざる",
    Status.SHRUNK: "前回より大幅に短い",
    Status.TOO_LARGE: "大きすぎる",
    Status.UNKNOWN_PLATFORM: "機種の定義がない",
    Status.NOT_STORED: "保管できなかった",
}
#: days after which a success is old, by the ledger's ``config_backup``
DUE = {"daily": 2, "weekly": 8}


@dataclass(frozen=True, slots=True)
class DeviceState:
    """One device of the ledger, and what the store knows of it."""

    name: str
    site: str
    platform: str
    every: str  # the ledger's config_backup
    condition: Condition
    row: Row | None

    @property
    def reason(self) -> str:
        """What the last attempt ended with, in Japanese."""
        return STATUSES.get(self.row.status, self.row.status) if self.row and self.row.status else ""


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything that the page shows."""

    scope: str
    at: dt.datetime
    devices: tuple[DeviceState, ...]
    excluded: tuple[str, ...]  # in operation, and by the ledger never read
    gone: tuple[Row, ...]  # stored, and no longer in the ledger
    nights: tuple[Night, ...]  # newest first
    changes: tuple[Change, ...]  # of the last run that changed something
    changed_by: Night | None
    drift: tuple[Drift, ...]
    unsaved: tuple[Change, ...]

    def count(self, condition: Condition) -> int:
        return sum(device.condition is condition for device in self.devices)

    @property
    def changed_since_approval(self) -> tuple[Drift, ...]:
        return tuple(one for one in self.drift if one.kind != "never_approved")

    @property
    def never_approved(self) -> tuple[Drift, ...]:
        return tuple(one for one in self.drift if one.kind == "never_approved")

    def sites(self) -> list[tuple[str, Counter[Condition]]]:
        """Each site with how many devices are in which condition."""
        found: dict[str, Counter[Condition]] = {}
        for device in self.devices:
            found.setdefault(device.site, Counter())[device.condition] += 1
        return sorted(found.items())


def overview(
    ward: Ward,
    store: ConfigStore,
    layer: str,
    unsaved: Callable[[Mapping[str, str]], Iterable[Change]],
    now: dt.datetime,
    *,
    limit: Collection[str] | None = None,
) -> Overview:
    """Read ledger and store.

    :param unsaved: platform by device → changes between startup and running config.
    :param now: with its zone.
    :raises WardopsError: those of ledger and store; E1750 when no device of the ledger is left.
    """
    ledger = [
        row
        for row in ward.table("network_devices").dicts()
        if row["layer"] == layer and row["status"] == "active" and (limit is None or row["name"] in limit)
    ]
    if not ledger:
        raise fail("E1750", layer=layer)
    book = store.status()
    names = {row["name"] for row in ledger}
    devices = [_state(row, book.devices.get(row["name"]), now) for row in ledger if row["config_backup"] != "none"]
    order = list(Condition)
    nights = tuple(night for night in reversed(book.nights) if night.layer == layer)
    changed_by, changes = _last_changes(store, nights, names)
    return Overview(
        scope=str(ward.layers[layer]["name_ja"]),
        at=now,
        devices=tuple(sorted(devices, key=lambda one: (order.index(one.condition), one.site, one.name))),
        excluded=tuple(sorted(row["name"] for row in ledger if row["config_backup"] == "none")),
        gone=tuple(row for row in book.devices.values() if row.layer == layer and not row.in_ledger) if limit is None else (),
        nights=nights[:14],
        changes=changes,
        changed_by=changed_by,
        drift=tuple(one for one in approval.drift(store) if one.device in names),
        unsaved=tuple(unsaved({row["name"]: row["os_profile"] for row in ledger})),
    )


def _state(row: Mapping[str, str], known: Row | None, now: dt.datetime) -> DeviceState:
    if known is None or not known.attempt_at:
        condition = Condition.MISSING
    elif not known.success_at:
        condition = Condition.NEVER
    elif known.status != Status.STORED:
        condition = Condition.FAILING
    elif now - dt.datetime.fromisoformat(known.success_at) > dt.timedelta(days=DUE[row["config_backup"]]):
        condition = Condition.STALE
    else:
        condition = Condition.GOOD
    return DeviceState(row["name"], row["site"], row["os_profile"], row["config_backup"], condition, known)


def _last_changes(store: ConfigStore, nights: Sequence[Night], names: Collection[str]) -> tuple[Night | None, tuple[Change, ...]]:
    """What the newest run that changed something changed; a first run, which brings everything, is no change of a device."""
    for newer, older in itertools.pairwise(nights):
        if newer.commit and older.commit and newer.commit != older.commit:
            found = history.changes(store, older.commit, newer.commit)
            return newer, tuple(one for one in found if one.device in names and one.command != "startup")
    return None, ()


def attention(found: Overview) -> WardopsError | None:
    """E1751 when somebody must look; ``None`` when all is well."""
    bad = {condition: found.count(condition) for condition in Condition if condition is not Condition.GOOD}
    drift, unsaved = len({one.device for one in found.changed_since_approval}), len(found.unsaved)
    if not any(bad.values()) and not drift and not unsaved:
        return None
    return fail("E1751", unread=sum(bad.values()), drift=drift, unsaved=unsaved)
