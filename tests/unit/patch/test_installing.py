"""When patches may be installed on terminals, and the list of what came of it."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.calendar import Calendar
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.common.report import TOKYO
from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward
from ansible_collections.ward.ops.plugins.module_utils.patch.installing.results import CSV, HTML, JSON, Outcome, Row, add, row
from ansible_collections.ward.ops.plugins.module_utils.patch.installing.window import decide, parse_hours, require

NOW = dt.datetime(2027, 1, 13, 11, tzinfo=dt.UTC)
BUSY = parse_hours("08:30-17:15")


@pytest.fixture(scope="module")
def calendar() -> Calendar:
    return Calendar.of(Ward(Path("inventories/sample")))


@pytest.mark.parametrize(
    ("moment", "layer", "reasons"),
    [
        ("2027-01-13T10:00", "lgwan", 1),  # a Wednesday
        ("2027-01-13T08:29", "lgwan", 0),
        ("2027-01-13T08:30", "lgwan", 1),
        ("2027-01-13T17:15", "lgwan", 0),
        ("2027-01-16T10:00", "lgwan", 0),  # a Saturday
        ("2027-01-11T10:00", "lgwan", 0),  # 成人の日
        ("2026-12-28T10:00", "lgwan", 2),  # a freeze, and working hours
        ("2027-02-20T22:00", "mn", 1),  # a freeze of that layer
        ("2027-02-20T22:00", "inet", 0),
        ("2027-04-25T22:00", "inet", 1),  # an election
    ],
)
def test_freezes_elections_and_working_hours_forbid_it(calendar: Calendar, moment: str, layer: str, reasons: int) -> None:
    """covers: E1930"""
    when = dt.datetime.fromisoformat(moment).replace(tzinfo=TOKYO)
    decision = decide(calendar, when.astimezone(dt.UTC), layer, BUSY)
    assert len(decision.reasons) == reasons
    assert decision.allowed is (reasons == 0)
    if reasons:
        with pytest.raises(WardopsError) as caught:
            require(decision)
        assert caught.value.problems[0].code == "E1930"
        assert all(ja in str(caught.value) for ja, _ in decision.reasons)
        require(decide(calendar, when, layer, BUSY, "緊急: ゼロデイ"))
        with pytest.raises(WardopsError):
            require(decide(calendar, when, layer, BUSY, "   "))


@pytest.mark.parametrize("text", ["", "8:30-17:15", "17:15-08:30", "08:30-08:30", "08:30-25:00", "08:30", "08:30-17:15\n09:00"])
def test_hours_that_cannot_be_read(text: str) -> None:
    """covers: E1931"""
    with pytest.raises(WardopsError) as caught:
        parse_hours(text)
    assert caught.value.problems[0].code == "E1931"


def update(kb: int, **more: Any) -> dict[str, Any]:
    return {"id": str(kb), "title": f"合成更新 KB{kb}", "kb": [str(kb)], "downloaded": True, "installed": True, **more}


@pytest.mark.parametrize(
    ("result", "wanted", "check", "state", "done"),
    [
        ({"updates": {"1": update(5900001)}, "rebooted": True}, "installed", False, "installed", 1),
        ({"updates": {"1": update(5900001)}, "reboot_required": True}, "installed", False, "restart", 1),
        ({"updates": {}}, "installed", False, "nothing", 0),
        ({"updates": {"1": update(5900001, installed=False)}}, "installed", True, "planned", 0),
        ({"updates": {"1": update(5900001, installed=False)}}, "searched", False, "planned", 0),
        ({"updates": {"1": update(5900001, installed=False)}}, "downloaded", False, "downloaded", 1),
        (
            {"failed": True, "updates": {"1": update(5900001, installed=False, failure_hresult_code=-2147023293)}},
            "installed",
            False,
            "failed",
            0,
        ),
        ({"unreachable": True, "msg": "gone"}, "installed", False, "unreachable", 0),
        ({}, "installed", False, "failed", 0),
    ],
)
def test_what_a_result_means(result: dict[str, Any], wanted: str, check: bool, state: str, done: int) -> None:
    found = row(Outcome("LG25N00001", {"ring": "R0"}, result), wanted, NOW, check=check)
    assert (found.state, found.done, found.ring) == (state, done, "R0")
    assert found.rebooted is bool(result.get("rebooted"))
    if found.failed:
        assert found.failures == ("KB5900001 0x80070643",)


def test_a_batch_adds_to_the_list_and_nobody_is_forgotten(tmp_path: Path) -> None:
    everybody = ["A", "B", "C"]
    add(tmp_path, [Row("A", "installed", kbs=("KB1",), message="=1+1")], everybody, "2027-01-13", "")
    rows = add(tmp_path, [Row("B", "failed", message="<script>")], everybody, "2027-01-13", "緊急")
    assert [(one.host, one.state) for one in rows] == [("B", "failed"), ("C", "waiting"), ("A", "installed")]
    text = (tmp_path / CSV).read_text("utf-8-sig")
    assert "'=1+1" in text
    page = (tmp_path / HTML).read_text("utf-8")
    assert "&lt;script&gt;" in page
    assert "緊急" in page
    assert "未実施" in page
    # a second run finds nothing on A, and what was done there stays in the list
    rows = add(tmp_path, [Row("A", "nothing"), Row("B", "installed"), Row("C", "nothing")], everybody, "2027-01-13", "")
    assert {one.host: one.state for one in rows} == {"A": "installed", "B": "installed", "C": "nothing"}
    assert json.loads((tmp_path / JSON).read_text("utf-8"))["counts"] == {"installed": 2, "nothing": 1}


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b'{"terminals": [{}]}', b'{"terminals": [{"host": "A"}]}', b"\xff", b'{"terminals": 3}']
)
def test_a_list_that_is_damaged_stops_and_stays(tmp_path: Path, data: bytes) -> None:
    """covers: E1932"""
    (tmp_path / JSON).write_bytes(data)
    with pytest.raises(WardopsError) as caught:
        add(tmp_path, [Row("A", "installed")], ["A"], "2027-01-13", "")
    assert caught.value.problems[0].code == "E1932"
    assert (tmp_path / JSON).read_bytes() == data
