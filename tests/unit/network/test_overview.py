"""The report on all configs, over a real store."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
from collections.abc import Mapping
from pathlib import Path

import pyrage
import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward
from ansible_collections.ward.ops.plugins.module_utils.network.model import Capture, Device, Status
from ansible_collections.ward.ops.plugins.module_utils.network.report import configs_page
from ansible_collections.ward.ops.plugins.module_utils.network.report.overview import Condition, Overview, attention, overview
from ansible_collections.ward.ops.plugins.module_utils.network.store import approval
from ansible_collections.ward.ops.plugins.module_utils.network.store.history import Change
from ansible_collections.ward.ops.plugins.module_utils.network.store.status import Attempt
from ansible_collections.ward.ops.plugins.module_utils.network.store.store import ConfigStore, RunInfo

HEADER = (
    "name,asset_id,vendor,os_profile,model,serial,layer,role,site,floor,rack,mgmt_ip,vlan,mac,uplink,firmware,config_backup,status,ticket"
)
LEDGER = {
    "HON-01-L2-01": ("lgwan", "HON", "daily", "active"),
    "HON-01-L2-02": ("lgwan", "HON", "daily", "active"),
    "HON-01-L2-03": ("lgwan", "HON", "daily", "active"),
    "DBK-01-L2-01": ("lgwan", "DBK", "weekly", "active"),
    "DBK-01-L2-02": ("lgwan", "DBK", "daily", "active"),
    "DBK-01-UP-01": ("lgwan", "DBK", "none", "active"),
    "DCA-01-L2-90": ("lgwan", "DCA", "daily", "spare"),
    "MN1-01-L2-01": ("mn", "MN1", "daily", "active"),
}
NIGHT = dt.datetime(2026, 11, 20, 20, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


@pytest.fixture
def ward(tmp_path: Path) -> Ward:
    (tmp_path / "ward" / "ledgers").mkdir(parents=True)
    (tmp_path / "ward" / "policies").mkdir()
    lines = [
        f"{name},A{number:07d},V,cisco_ios,M,SYN{number},{layer},l2,{site},1,,10.28.0.{number},401,,,1,{every},{status},"
        for number, (name, (layer, site, every, status)) in enumerate(sorted(LEDGER.items()), 1)
    ]
    (tmp_path / "ward" / "ledgers" / "network_devices.csv").write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    networks = "layers:\n  - {code: lgwan, name_ja: LGWAN接続系}\n  - {code: mn, name_ja: 個人番号系}\n"
    (tmp_path / "ward" / "policies" / "networks.yml").write_text(networks, encoding="utf-8")
    return Ward(tmp_path / "ward")


@pytest.fixture
def store(tmp_path: Path) -> ConfigStore:
    return ConfigStore(tmp_path / "store", [str(pyrage.x25519.Identity.generate().to_public())])


def night(store: ConfigStore, number: int, texts: Mapping[str, str], failed: Mapping[str, Status] | None = None) -> str | None:
    """One run: what was read of each device, and who could not be read. Returns the commit."""
    attempts, captures = [], []
    for name, text in texts.items():
        device = Device(name, "cisco_ios", "10.0.0.1", name[:3], "lgwan")
        data = text.encode()
        captures.append(Capture(device, "running", data, data, hashlib.sha256(data).hexdigest()[:16]))
        attempts.append(Attempt(device, Status.STORED))
    for name, status in (failed or {}).items():
        attempts.append(Attempt(Device(name, "cisco_ios", "10.0.0.1", name[:3], "lgwan"), status, detail="<10 秒>"))
    with store.locked(f"run-{number}"):
        names = [name for name, (layer, *_) in LEDGER.items() if layer == "lgwan"]
        info = RunInfo(f"run-{number}", NIGHT + number * DAY, "lgwan", ledger=names)
        return store.save(info, captures, attempts).commit


def found_on(ward: Ward, store: ConfigStore, days: int, unsaved: tuple[Change, ...] = ()) -> Overview:
    return overview(ward, store, "lgwan", lambda _platforms: unsaved, NIGHT + days * DAY)


def config(*lines: str) -> str:
    return "\n".join(["hostname x", *lines, "end", ""])


def test_conditions(ward: Ward, store: ConfigStore) -> None:
    texts = {name: config() for name in ("HON-01-L2-01", "HON-01-L2-02", "DBK-01-L2-01")}
    night(store, 0, texts, {"HON-01-L2-03": Status.AUTHENTICATION})
    night(store, 3, {"HON-01-L2-01": config()}, {"HON-01-L2-02": Status.TIMEOUT, "HON-01-L2-03": Status.AUTHENTICATION})
    found = found_on(ward, store, 4)
    assert {device.name: device.condition for device in found.devices} == {
        "HON-01-L2-03": Condition.NEVER,
        "DBK-01-L2-02": Condition.MISSING,
        "HON-01-L2-02": Condition.FAILING,
        "DBK-01-L2-01": Condition.GOOD,  # weekly: four days are fresh
        "HON-01-L2-01": Condition.GOOD,
    }
    assert [device.condition for device in found.devices] == sorted((d.condition for d in found.devices), key=list(Condition).index)
    failing = next(device for device in found.devices if device.condition is Condition.FAILING)
    assert failing.row and (failing.row.failures, failing.row.success_at[:10], failing.reason) == (1, "2026-11-20", "応答が途絶えた")
    assert found.excluded == ("DBK-01-UP-01",)
    assert {device.name: device.condition for device in found_on(ward, store, 9).devices}["DBK-01-L2-01"] is Condition.STALE
    error = attention(found)
    assert error and error.problems[0].code == "E1751" and error.problems[0].params["unread"] == 3


def test_changes_and_drift(ward: Ward, store: ConfigStore) -> None:
    """covers: E1751"""
    names = [name for name, (layer, _, every, status) in LEDGER.items() if (layer, status) == ("lgwan", "active") and every != "none"]
    first = {name: config("ntp server 10.0.0.1") for name in names}
    night(store, 0, first)
    found = found_on(ward, store, 0)
    assert found.changes == () and found.changed_by is None and len(found.never_approved) == len(names)
    assert attention(found) is None, "what nobody approved yet is told, and is no alarm"
    approval.approve(store, approval.plan(store, sorted(first)), "REQ-2026-00001", "network_admin", NIGHT)
    night(store, 1, first | {"HON-01-L2-01": config("ntp server 203.0.113.66", "<script>alert(1)</script>")})
    night(store, 2, first | {"HON-01-L2-01": config("ntp server 203.0.113.66", "<script>alert(1)</script>")})
    unsaved = (Change("DBK-01-L2-01", "DBK", "running", "changed", b"@@ -1 +1 @@\n-a\n+b\n"),)
    found = found_on(ward, store, 2, unsaved)
    assert [one.device for one in found.changed_since_approval] == ["HON-01-L2-01"] and not found.never_approved
    assert [(one.device, one.kind) for one in found.changes] == [("HON-01-L2-01", "changed")]
    assert found.changed_by and found.changed_by.run == "run-1"
    error = attention(found)
    assert error and dict(error.problems[0].params) == {"unread": 0, "drift": 1, "unsaved": 1}

    files = configs_page.files(found)
    page = files["configs.html"].decode()
    assert "+ntp server 203.0.113.66" in page and "&lt;script&gt;alert" in page and "<script>" not in page
    assert "DBK-01-L2-01" in page and "run-1" in page
    plain = json.loads(files["configs.json"])
    assert plain["drift"] == [{"device": "HON-01-L2-01", "command": "running", "kind": "changed"}] and plain["unsaved"] == ["DBK-01-L2-01"]
    rows = list(csv.reader(io.StringIO(files["configs.csv"].decode("utf-8-sig"))))
    assert len(rows) == 1 + len(names) and {row[4] for row in rows[1:]} == {"正常"}


def test_a_device_that_left_the_ledger_shows(ward: Ward, store: ConfigStore) -> None:
    night(store, 0, {"HON-01-L2-99": config(), "HON-01-L2-01": config()})
    assert [row.device for row in found_on(ward, store, 0).gone] == ["HON-01-L2-99"]


def test_an_empty_store_is_a_report_too(ward: Ward, store: ConfigStore) -> None:
    with store.locked("run-0"):
        pass
    found = found_on(ward, store, 0)
    assert {device.condition for device in found.devices} == {Condition.MISSING}
    assert b"run-" not in configs_page.files(found)["configs.html"]


def test_long_diffs_say_what_they_leave_out() -> None:
    diff = configs_page.shown_diff(b"@@ -1 +1 @@\n" + b"+line \x82\xa0\n" * 500)
    assert (len(diff.lines), diff.more, diff.lines[0].kind, diff.lines[1].kind) == (configs_page.DIFF_LINES, 381, "place", "add")
    assert "\\x82\\xa0" in diff.lines[1].text


def test_nothing_to_report(ward: Ward, store: ConfigStore) -> None:
    """covers: E1750"""
    with pytest.raises(WardopsError, match="E1750"):
        overview(ward, store, "lgwan", lambda _platforms: (), NIGHT, limit={"LG25N00001"})
