"""Plans, decisions, rings and snapshots as files: what is dirty is refused with its place, all at once."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.ward.ops.plugins.module_utils.common.calendar import Calendar
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward
from ansible_collections.ward.ops.plugins.module_utils.patch import planning, prepare, rings, run, snapshots
from ansible_collections.ward.ops.plugins.module_utils.patch.cycle import cycle_folder, read_cycle
from ansible_collections.ward.ops.plugins.module_utils.patch.decisions import Decisions, read_decisions
from ansible_collections.ward.ops.plugins.module_utils.patch.policy import UpdatePolicy

from tests.unit.patch.ward import DAY, RELEASE, SAMPLE, Fixture, an_update

UPGRADE = "3689bdc8-b205-4af4-8d4a-a63924c5e9d5"
DRIVER = "ebfc1fc5-71a4-4f7b-9aca-3b9a503104a0"


@pytest.fixture
def fixture(tmp_path: Path) -> Fixture:
    return Fixture(tmp_path, {"R0": 2, "R1": 2, "R2": 2})


def codes(error: pytest.ExceptionInfo[WardopsError]) -> list[str]:
    return [problem.code for problem in error.value.problems]


def policy(**more: Any) -> UpdatePolicy:
    content = yaml.safe_load((SAMPLE / "policies/update_policy.yml").read_text(encoding="utf-8"))
    return UpdatePolicy({**content, **more}, dt.date(2027, 1, 13))


@pytest.mark.parametrize(
    ("more", "decision"),
    [
        ({}, "take"),
        ({"title": "Windows 11, version 25H2 の機能更新プログラム"}, "refuse"),
        ({"title": "Windows 11 25H2 有効化パッケージ"}, "refuse"),
        ({"classification_id": UPGRADE}, "refuse"),
        ({"title": "ＷＩＮＤＯＷＳ １２ 累積更新", "products": ("Windows 12",)}, "refuse"),
        ({"classification_id": DRIVER}, "skip"),
        ({"title": "2027-01 累積更新プログラムのプレビュー"}, "skip"),
        ({"declined": True}, "skip"),
        ({"expired": True}, "skip"),
        ({"products": ("Windows 10",)}, "skip"),
        ({"classification_id": "00000000-0000-4000-8000-00000000ffff"}, "skip"),
        ({"title": "Microsoft 365 Apps の更新", "products": ("Microsoft 365 Apps/Office 2019/Office LTSC",)}, "take"),
    ],
)
def test_scope(more: dict[str, Any], decision: str) -> None:
    assert policy().judge(an_update(1, **more)).decision == decision


def test_a_hold_holds_until_it_ends() -> None:
    """covers: E1908"""
    hold = {"kb": "5900001", "reason": "印刷不具合", "approver": "d000001", "expires_on": dt.date(2027, 1, 31)}
    verdict = policy(holds=[hold]).judge(an_update(1))
    assert (verdict.decision, verdict.reason) == ("hold", "印刷不具合（承認 d000001、2027-01-31 まで）")
    with pytest.raises(WardopsError) as error:
        policy(holds=[{**hold, "expires_on": dt.date(2027, 1, 12)}])
    assert codes(error) == ["E1908"]


def test_what_another_update_of_the_plan_replaces_is_left_out() -> None:
    updates = [an_update(1), an_update(2, supersedes=(an_update(1).id.guid,)), an_update(3, released=RELEASE - 60 * DAY)]
    taken, left = planning.choose(updates, policy(), Decisions(), since=RELEASE - DAY, today=RELEASE.date())
    assert [one.kbs for one in taken] == [("5900002",)]
    assert [(one["kb"], one["decision"]) for one in left] == [("5900001", "superseded")]


def test_dates_of_the_model_month() -> None:
    ward = Ward(SAMPLE)
    release, _ = planning.releases("2027-01")
    found = planning.ring_dates(ward.policy("rings"), Calendar.of(ward), release, Decisions(), layers=("lgwan", "mn"), emergency=False)
    days = [(one.layer, one.ring, one.day.isoformat()) for one in found]
    assert days == [
        ("lgwan", "R0", "2027-01-14"),
        ("lgwan", "R1", "2027-01-18"),
        ("lgwan", "R2", "2027-01-27"),
        ("mn", "R0", "2027-01-14"),
        ("mn", "R1", "2027-01-18"),
        ("mn", "R2", "2027-01-28"),
    ]


def test_dates_go_round_freezes_and_an_impossible_one_is_an_error() -> None:
    """covers: E1912. 11 February is a holiday, so the test ring begins on the 12th and has soaked on the 16th, when the freeze begins."""
    ward = Ward(SAMPLE)
    release, _ = planning.releases("2027-02")
    found = planning.ring_dates(ward.policy("rings"), Calendar.of(ward), release, Decisions(), layers=("mn",), emergency=False)
    assert [one.day.isoformat() for one in found if one.ring != "R0"] == ["2027-03-16", "2027-03-23"]
    calendar = {**ward.policy("calendars")}
    calendar["freezes"] = [
        {"code": "x", "name_ja": "x", "from": "2027-01-01", "to": "2027-12-31", "scopes": ["all"], "layers": ["mn"], "reason": "x"}
    ]
    with pytest.raises(WardopsError) as error:
        planning.allowed(Calendar(calendar, Calendar.of(ward).holidays), dt.date(2027, 2, 1), "mn", "R0")
    assert codes(error) == ["E1912"]


def test_out_of_band_needs_a_reason_and_is_quick(fixture: Fixture) -> None:
    fixture.until(dt.date(2027, 1, 18))
    with pytest.raises(WardopsError) as error:
        fixture.plan(kbs=("KB5900001",))
    assert codes(error) == ["E1901"]
    plan = fixture.plan(kbs=("KB5900001",), reason="悪用が確認された脆弱性")
    assert plan.emergency and [one.kbs for one in plan.updates] == [("5900001",)]
    assert [one.day.isoformat() for one in plan.dates] == ["2027-01-18", "2027-01-19", "2027-01-21"]
    fixture.world.advance(DAY)
    assert fixture.plan(kbs=("KB5900001",), reason="悪用が確認された脆弱性") == plan


def test_an_emergency_approval_is_reviewed_after_the_fact(fixture: Fixture) -> None:
    fixture.until(dt.date(2027, 1, 18))
    fixture.plan(kbs=("5900001",), reason="悪用が確認された脆弱性")
    fixture.decide(approvals=[fixture.approve()])
    words = _reasons(fixture, "R2")
    assert "緊急の承認に事後確認の期限（review_by）がない" in words
    fixture.decide(approvals=[fixture.approve(review_by=dt.date(2027, 1, 17))])
    assert "緊急承認 申請-0012 の事後確認が期限 2027-01-17 を過ぎている" in _reasons(fixture, "R2")
    fixture.decide(approvals=[fixture.approve(review_by=dt.date(2027, 1, 17), reviewed_on=dt.date(2027, 1, 17))])
    assert "事後確認" not in _reasons(fixture, "R2")


def _reasons(fixture: Fixture, ring: str) -> str:
    gate = run.look(fixture.server, fixture.asked(ring, check=True))["gate"]
    return "\n".join(one["ja"] for one in gate["reasons"])


def test_an_approval_of_another_plan_or_of_the_future_does_not_count(fixture: Fixture) -> None:
    fixture.plan()
    fixture.decide(approvals=[fixture.approve(plan="0" * 16)])
    assert "申請-0012（0000000000000000、" in _reasons(fixture, "R2")
    fixture.decide(approvals=[fixture.approve(at=fixture.world.now + DAY)])
    assert "日時が未来" in _reasons(fixture, "R2")


def test_a_plan_is_written_once_and_an_approved_one_is_not_replaced(fixture: Fixture) -> None:
    """covers: E1911, E1903, E1902, E1907"""
    wish = prepare.Wish(fixture.root, "2027-01", fixture.root / "evidence", layers=("mn",), output=fixture.root / "out", now=RELEASE)
    foreseen = prepare.write(
        fixture.server, prepare.Wish(fixture.root, "2027-01", fixture.root / "e", layers=("mn",), check=True, now=RELEASE)
    )
    assert foreseen["changed"] and not fixture.folder.exists()
    done = prepare.write(fixture.server, wish)
    assert done["digest"] == foreseen["digest"] and done["diff"] == foreseen["diff"]
    html, csv = ((fixture.root / "out" / f"patch-2027-01.{kind}").read_bytes() for kind in ("html", "csv"))
    assert done["digest"].encode() in html and "合成 Windows 11 累積更新 1".encode() in csv
    assert prepare.write(fixture.server, wish)["changed"] is False
    fixture.decide(approvals=[fixture.approve()])
    fixture.world.publish(an_update(9))
    with pytest.raises(WardopsError) as error:
        prepare.write(fixture.server, wish)
    assert codes(error) == ["E1911"]
    path = fixture.folder / "plan.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("revision: 201", "revision: 999"), encoding="utf-8")
    with pytest.raises(WardopsError) as error:
        read_cycle(fixture.folder)
    assert codes(error) == ["E1903"]
    with pytest.raises(WardopsError) as error:
        read_cycle(cycle_folder(fixture.root / "policies", "2027-02"))
    assert codes(error) == ["E1902"]
    with pytest.raises(WardopsError) as error:
        prepare.write(fixture.server, prepare.Wish(fixture.root, "2027-09", fixture.root / "e", layers=("mn",), now=RELEASE))
    assert codes(error) == ["E1907"]


@pytest.mark.parametrize("name", ["", "..", "2027-13", "2027-01/../x", "2027-01-", "２０２７-01", "2027-01\n"])
def test_names_of_cycles(name: str, tmp_path: Path) -> None:
    with pytest.raises(WardopsError) as error:
        cycle_folder(tmp_path, name)
    assert codes(error) == ["E1901"]


def test_every_bad_decision_is_named_with_its_line(tmp_path: Path) -> None:
    """covers: E1901"""
    path = tmp_path / "decisions.yml"
    path.write_text(
        "exclusions:\n  - {subject: MN1, reason: 故障, approver: d1, expires_on: いつか}\n  - {subject: MN2, reson: 故障, approver: d1}\n"
        "approvals:\n  - {application: A, ring: R2, approver: d1, at: 2027-01-20T10:00:00, minutes: M, plan: xyz}\n"
        "incidents: {id: 1}\nother: []\n",
        encoding="utf-8",
    )
    with pytest.raises(WardopsError) as error:
        read_decisions(path)
    found = sorted((problem.line, problem.params["what"]) for problem in error.value.problems)
    assert found == [(2, "exclusions.0.expires_on"), (3, "exclusions.1.reason"), (5, "approvals.0.plan"), (6, "incidents"), (7, "other")]


@pytest.mark.parametrize("content", [b"", b"[]", b"- 1", b"holds: [3]", b"x", b"\xff", b"{dates: [{layer: [1]}]}"])
def test_rubbish_is_refused_without_a_traceback(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "decisions.yml"
    path.write_bytes(content)
    if not content:
        assert read_decisions(path) == Decisions()
        return
    with pytest.raises(WardopsError):
        read_decisions(path)


def test_terminals_are_in_exactly_one_ring_that_serves_their_layer(fixture: Fixture) -> None:
    """covers: E1900"""
    found = rings.read_rings(Ward(fixture.root), "mn")
    assert {ring: len(those) for ring, those in found.by_ring.items()} == {"R0": 2, "R1": 2, "R2": 2}
    assert [found.find(word).code for word in ("test", "PILOT", "全体適用", "r1")] == ["R0", "R1", "R2", "R1"]
    with pytest.raises(WardopsError) as error:
        found.find("")
    assert codes(error) == ["E1900"]
    for row in (["AX", "MN25X", "m", "1007", "active", "R9"], ["AX", "mn25r00000", "m", "1007", "active", "R1"]):
        fixture.rows.append(row)
        fixture.ledger()
        with pytest.raises(WardopsError) as error:
            rings.read_rings(Ward(fixture.root), "mn")
        assert codes(error) == ["E1900"]
        fixture.rows.pop()
    masters = rings.assigned("mn", found.rings, [], [("R1", "VDI-M01")])
    assert [(one.name, one.ring) for one in masters.terminals] == [("VDI-M01", "R1")]


def test_excluded_terminals_are_in_no_group(fixture: Fixture) -> None:
    fixture.plan()
    fixture.decide(exclusions=[{"subject": "MN25R00001", "reason": "検証機", "approver": "d000001", "expires_on": dt.date(2027, 2, 28)}])
    fixture.until(fixture.day("R0"))
    done = run.stage(fixture.server, fixture.asked("R0"))
    assert "除外中の端末 1 台: MN25R00001" in done["gate"]["notes"] and "MN25R00001" not in done["diff"]["after"]


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"format": 2}'])
def test_a_damaged_snapshot_is_an_error(fixture: Fixture, damage: str) -> None:
    """covers: E1909"""
    fixture.plan()
    path = Path(str(run.look(fixture.server, fixture.asked("R0"))["snapshot"]))
    assert snapshots.read(fixture.state, "mn", dt.date.fromisoformat(path.stem)).names[0] == "MN25R00000"
    path.write_text(damage, encoding="utf-8")
    with pytest.raises(WardopsError) as error:
        snapshots.read(fixture.state, "mn", dt.date.fromisoformat(path.stem))
    assert codes(error) == ["E1909"]


def test_a_wide_blank_in_a_reason_is_no_control_character(tmp_path: Path) -> None:
    path = tmp_path / "decisions.yml"
    path.write_text("exclusions:\n  - {subject: PC1, reason: 窓口の　検証, approver: d000001, expires_on: 2027-02-28}\n", encoding="utf-8")
    assert read_decisions(path).exclusions[0].reason == "窓口の　検証"
    path.write_text('exclusions:\n  - {subject: PC1, reason: "a\\nb", approver: d000001, expires_on: 9999-12-31}\n', encoding="utf-8")
    with pytest.raises(WardopsError, match="制御文字"):
        read_decisions(path)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("date: 9999-12-31", "2000～2099 年"),
        ("date: 2027-01-20, deadline: 2027-01-19", "適用日 2027-01-20 より前"),
    ],
)
def test_a_moved_day_that_cannot_be_meant(tmp_path: Path, line: str, words: str) -> None:
    path = tmp_path / "decisions.yml"
    path.write_text(f"dates:\n  - {{layer: mn, ring: R1, {line}, reason: x, approver: y}}\n", encoding="utf-8")
    with pytest.raises(WardopsError, match=words):
        read_decisions(path)
