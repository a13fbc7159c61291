"""Which devices a night reads: active devices of the layer, daily ones always, weekly ones when a week is over."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ..common.problems import fail
from ..common.ward import Ward
from .model import Device
from .store.status import Row


@dataclass(frozen=True, slots=True)
class Night:
    """What is to be read.

    :param ledger: all active devices of the layer, for the store's list of what no run ever asked.
    :param waiting: weekly devices that are not due yet.
    :param never: devices that the ledger excludes (``config_backup`` none).
    """

    devices: tuple[Device, ...]
    ledger: frozenset[str]
    waiting: tuple[str, ...]
    never: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """How a night is chosen.

    :param limit: the hosts that ``--limit`` leaves (they are read whether due or not); ``None``: all.
    :param weekly_days: days after its last success on which a weekly device is due.
    :param endpoints: name → address, for devices that are reached elsewhere than at ``mgmt_ip``.
    """

    layer: str
    now: dt.datetime
    limit: Collection[str] | None = None
    port: int = 22
    weekly_days: float = 6.5
    endpoints: Mapping[str, str] | None = None


def night(ward: Ward, choice: Choice, rows: Mapping[str, Row]) -> Night:
    """:param rows: what the store knows of each device.

    :raises WardopsError: those of the ledger; E1631 when there is nothing to read.
    """
    devices, waiting, never, ledger = [], [], [], set()
    for row in ward.table("network_devices").dicts():
        name = row["name"]
        if row["layer"] != choice.layer or row["status"] != "active":
            continue
        ledger.add(name)
        if choice.limit is not None and name not in choice.limit:
            continue
        if row["config_backup"] == "none":
            never.append(name)
        elif row["config_backup"] == "weekly" and choice.limit is None and not _due(rows.get(name), choice):
            waiting.append(name)
        else:
            address = (choice.endpoints or {}).get(name, row["mgmt_ip"])
            devices.append(Device(name, row["os_profile"], address, row["site"], choice.layer, choice.port))
    if not devices and not waiting:
        raise fail("E1631", layer=choice.layer)
    return Night(tuple(devices), frozenset(ledger), tuple(waiting), tuple(never))


def _due(row: Row | None, choice: Choice) -> bool:
    if row is None or not row.success_at or row.failures:
        return True
    return choice.now - dt.datetime.fromisoformat(row.success_at) >= dt.timedelta(days=choice.weekly_days)
