"""Which devices a night reads, and the policy that says how."""

from __future__ import annotations

import copy
import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward
from ansible_collections.ward.ops.plugins.module_utils.network import backup, desired, known_hosts
from ansible_collections.ward.ops.plugins.module_utils.network.masking import Masker
from ansible_collections.ward.ops.plugins.module_utils.network.model import Device, Status
from ansible_collections.ward.ops.plugins.module_utils.network.reader.access import accesses
from ansible_collections.ward.ops.plugins.module_utils.network.store.status import Row
from ansible_collections.ward.ops.plugins.module_utils.network.store.store import ConfigStore
from pyrage import x25519

from tests.netsim import ENABLE, PASSWORD, USER, Wanted, fleet

SAMPLE = Path(__file__).resolve().parents[3] / "inventories/sample"
WARD = Ward(SAMPLE)
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


def test_the_address_of_another_device_stores_nothing(tmp_path: Path) -> None:
    """covers: E1616. The key is the recorded one, the password fits: only the name tells."""
    key = b"0123456789abcdefghijklmnopqrstuvwxyz"
    with fleet(Wanted(name="SW-2"), Wanted(name="SW-3")) as running:
        addresses = [(one.address, one.port) for one in running.devices]
        devices = tuple(
            Device(name, "cisco_ios", where[0], "HON", "lgwan", where[1]) for name, where in zip(("SW-1", "CORE"), addresses, strict=True)
        )
        known = known_hosts.parse(running.known_hosts.encode())
        data = yaml.safe_load((SAMPLE / "policies/network.yml").read_text(encoding="utf-8"))
        data["backup"]["other_names"] = {"CORE": ["SW-3"]}
        rules = backup.policy(data)
        work = backup.Backup(ConfigStore(tmp_path / "store", [str(x25519.Identity.generate().to_public())]), Masker(key), rules)
        night = desired.Night(devices, frozenset(), (), ())
        way = backup.Way(accesses({"user": USER, "password": PASSWORD, "enable": ENABLE}), known, lambda _result: None)
        found = work.run(backup.info("lgwan", night, dt.datetime.now(dt.UTC)), night, way)
    by_name = {one.device.name: one for one in found.results}
    assert (by_name["SW-1"].status, by_name["CORE"].status) == (Status.WRONG_DEVICE, Status.STORED)
    assert "E1616" in by_name["SW-1"].detail
    assert "SW-2" in by_name["SW-1"].detail
    assert {device for device, _ in work.store.known()} == {"CORE"}
    assert backup.attention(found, rules) is not None
