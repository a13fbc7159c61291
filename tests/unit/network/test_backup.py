"""Which devices a night reads, and the policy that says how."""

from __future__ import annotations

import copy
import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward
from ansible_collections.ward.ops.plugins.module_utils.network import backup, desired
from ansible_collections.ward.ops.plugins.module_utils.network.store.status import Row

WARD = Ward(Path(__file__).resolve().parents[3] / "inventories/sample")
NOW = dt.datetime(2025, 11, 9, 1, 0, tzinfo=dt.UTC)


def chosen(rows: dict[str, Row], **more: Any) -> desired.Night:
    return desired.night(WARD, desired.Choice("lgwan", NOW, **more), rows)


def test_daily_always_and_weekly_when_the_week_is_over_or_the_last_attempt_failed() -> None:
    weekly = sorted(
        row["name"] for row in WARD.table("network_devices").dicts() if (row["layer"], row["config_backup"]) == ("lgwan", "weekly")
    )
    rows = {name: Row(name, success_at=(NOW - dt.timedelta(days=3)).isoformat()) for name in weekly}
    rows[weekly[0]] = Row(weekly[0], success_at=(NOW - dt.timedelta(days=7)).isoformat())
    rows[weekly[1]] = Row(weekly[1], success_at=(NOW - dt.timedelta(days=1)).isoformat(), failures=1)
    del rows[weekly[2]]
    night = chosen(rows)
    assert sorted(night.waiting) == weekly[3:]
    assert {device.name for device in night.devices} & set(weekly) == set(weekly[:3])
    assert [device.name for device in chosen(rows, limit=[weekly[5]]).devices] == [weekly[5]]
    assert not {device.name for device in night.devices} & set(night.never)


def test_no_device_at_all() -> None:
    """covers: E1631"""
    with pytest.raises(WardopsError, match="E1631"):
        chosen({}, limit=["LG-NOBODY"])


@pytest.mark.parametrize(("key", "value"), [("sessions", 0), ("device", "soon"), ("commands", 3), ("weekly_days", None)])
def test_a_policy_that_makes_no_sense(key: str, value: object) -> None:
    """covers: E1633"""
    data = copy.deepcopy(WARD.policy("network"))
    assert backup.policy(data).limits.wrong_passwords == 3
    data["backup"][key] = value
    with pytest.raises(WardopsError, match="E1633"):
        backup.policy(data)
    with pytest.raises(WardopsError, match="E1633"):
        backup.policy({})
