"""End of service: the edges of the days, builds that are another version's, what is not known."""

from __future__ import annotations

import datetime as dt

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.ward import REPOSITORY, Ward
from ansible_collections.ward.ops.plugins.module_utils.patch.end_of_service import ENDED, ENDING, MISMATCH, SERVED, UNKNOWN, judge, report

POLICY = {"as_of": "2026-11-01", "source": "試", "warn_days": 30, "versions": [{"name": "W", "build": 100, "end": "2026-12-31"}]}


def terminal(version: str = "W", build: str = "100.5", status: str = "active") -> dict[str, str]:
    return {"asset_id": "A1", "computer_name": "=N", "dept_code": "0105", "status": status, "os_version": version, "os_build": build}


@pytest.mark.parametrize(
    ("row", "today", "verdict", "days"),
    [
        (terminal(), "2026-12-31", ENDING, 0),
        (terminal(), "2027-01-01", ENDED, -1),
        (terminal(), "2026-12-01", ENDING, 30),
        (terminal(), "2026-11-30", SERVED, 31),
        (terminal(build="1000.5"), "2026-11-30", MISMATCH, 31),
        (terminal(build=""), "2026-11-30", SERVED, 31),
        (terminal(version="X"), "2026-11-30", UNKNOWN, None),
        (terminal(version=""), "2026-11-30", UNKNOWN, None),
    ],
)
def test_verdicts(row: dict[str, str], today: str, verdict: str, days: int | None) -> None:
    found = judge(POLICY, [("lgwan", row)], dt.date.fromisoformat(today))
    assert [(one.verdict, one.days) for one in found] == [(verdict, days)]


def test_what_is_gone_is_left_out_and_old_data_is_said() -> None:
    found = judge(POLICY, [("mn", terminal(status="disposed")), ("mn", terminal())], dt.date(2027, 6, 1))
    files = report(POLICY, found, dt.date(2027, 6, 1))
    assert len(found) == 1
    assert "確認から日がたっています" in files["end-of-service.html"].decode()
    assert "A1,'=N,mn,0105,active,W,100.5,2026-12-31,-152,終了" in files["end-of-service.csv"].decode("utf-8-sig")


def test_every_terminal_of_the_sample_ward_is_counted_once() -> None:
    ward = Ward(REPOSITORY / "inventories" / "sample")
    rows = [(layer, row) for layer in ("lgwan", "mn") for row in ward.table("terminals", layer).dicts()]
    found = judge(ward.policy("end_of_service"), rows, ward.today)
    assert sorted(one.asset_id for one in found) == sorted(
        row["asset_id"] for _, row in rows if row["status"] not in ("returned", "disposed")
    )
    assert {one.verdict for one in found if one.version == "Windows 11 24H2"} == {ENDING}
