"""A gate that must not open, and does not: rings that prove nothing, holds further up, deadlines that are over, ways round the rings.

covers: E1916
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward
from ansible_collections.ward.ops.plugins.module_utils.patch import arguments, run, who
from ansible_collections.ward.ops.plugins.module_utils.patch.cycle import read_cycle
from ansible_collections.ward.ops.plugins.module_utils.patch.decisions import Hold, write_holds
from ansible_collections.ward.ops.plugins.module_utils.patch.model import ALL_COMPUTERS, Action, State, UpdateId

from lab.patchsim.world import TOKYO
from tests.unit.patch.ward import DAY, RELEASE, Fixture

SIZES = {"R0": 6, "R1": 20, "R2": 40}


@pytest.fixture
def fixture(tmp_path: Path) -> Fixture:
    return Fixture(tmp_path, SIZES)


def open_(fixture: Fixture, ring: str) -> None:
    fixture.until(fixture.day(ring))
    run.stage(fixture.server, fixture.asked(ring))


def red(fixture: Fixture, ring: str) -> str:
    """The reasons why it does not open; nothing is approved for it."""
    before = len(fixture.server.approvals())
    with pytest.raises(WardopsError) as error:
        run.stage(fixture.server, fixture.asked(ring, allow_remove=1000))
    assert {problem.code for problem in error.value.problems} == {"E1905"}
    assert len(fixture.server.approvals()) == before
    return "\n".join(problem.text("ja") for problem in error.value.problems)


def exclusion(name: str) -> dict[str, object]:
    return {"subject": name, "reason": "検証用", "approver": "d000001", "expires_on": dt.date(2027, 3, 31)}


def test_a_ring_that_exclusions_emptied_proves_nothing(fixture: Fixture) -> None:
    fixture.plan()
    open_(fixture, "R0")
    fixture.until(fixture.day("R1"))
    fixture.decide(exclusions=[exclusion(name) for name in fixture.names["R0"]])
    assert "R0 の対象が 0 台（最小 5 台、除外 6 台）" in red(fixture, "R1")
    fixture.decide(exclusions=[exclusion(name) for name in fixture.names["R0"][:2]])
    assert "R0 の対象が 4 台（最小 5 台、除外 2 台）" in red(fixture, "R1")
    fixture.decide(exclusions=[exclusion(fixture.names["R0"][0]), exclusion("MN25TYPO")])
    notes = run.stage(fixture.server, fixture.asked("R1", allow_remove=1))["gate"]["notes"]
    assert "除外に書かれ、この系統の台帳にない端末 1 台: mn25typo" in notes
    run.look(fixture.server, fixture.asked("R1"))
    (told,) = who.answer(Ward(fixture.root), fixture.state, "KB5900001", "mn", dt.date(2027, 1, 31))
    assert [name for name, _, _ in told.excluded] == fixture.names["R0"][:1], "an auditor hears of those that were left out too"


def test_nobody_reported_is_red_even_when_the_policy_asks_for_no_rate(fixture: Fixture) -> None:
    path = fixture.root / "policies/rings.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("min_report_percent: 80", "min_report_percent: 0"), encoding="utf-8")
    fixture.plan()
    open_(fixture, "R0")
    for terminal in fixture.world.terminals.values():
        terminal.on = False
    fixture.until(fixture.day("R1"))
    assert "R0 で承認後に報告した端末がない" in red(fixture, "R1")


def test_a_hold_of_the_ring_before_stops_those_after_it(fixture: Fixture) -> None:
    fixture.plan()
    open_(fixture, "R0")
    open_(fixture, "R1")
    run.hold(fixture.asked("R1", reason="先行適用の端末で不具合"))
    fixture.until(fixture.day("R2"))
    fixture.decide(approvals=[fixture.approve()])
    assert "R1 保留中" in red(fixture, "R2")


def test_a_hold_of_all_that_is_lifted_for_one_ring_stays_for_those_after_it(fixture: Fixture) -> None:
    fixture.plan()
    open_(fixture, "R0")
    run.hold(fixture.asked("", reason="全体を止める"))
    fixture.until(fixture.day("R1"))
    left = run.resume(fixture.asked("R1", reason="先行適用だけ再開"))["holds"]
    assert [(one["layer"], one["ring"], one["reason"]) for one in left] == [("mn", "R2", "全体を止める")]
    run.stage(fixture.server, fixture.asked("R1"))
    fixture.until(fixture.day("R2"))
    fixture.decide(approvals=[fixture.approve()])
    assert "保留中" in red(fixture, "R2")
    run.resume(fixture.asked("R2", reason="再開"))
    run.stage(fixture.server, fixture.asked("R2"))


def test_a_hold_of_every_layer_that_is_lifted_in_one_stays_in_the_others(fixture: Fixture) -> None:
    fixture.plan()
    path = fixture.folder / "holds.yml"
    plan = read_cycle(fixture.folder).plan
    (fixture.folder / "plan.yml").write_bytes(
        dataclasses.replace(plan, dates=(*plan.dates, dataclasses.replace(plan.dates[0], layer="lgwan"))).encode()
    )
    write_holds(path, (Hold("", "", "全系統", "d000001", "2027-01-14T10:00+09:00", False),))
    left = run.resume(fixture.asked("", reason="mn だけ再開"))["holds"]
    assert [(one["layer"], one["ring"]) for one in left] == [("lgwan", "")]


def test_a_deadline_that_is_over_is_not_approved(fixture: Fixture) -> None:
    """It would mean "at once": every terminal restarts in the middle of the day."""
    fixture.plan()
    open_(fixture, "R0")
    open_(fixture, "R1")
    fixture.decide(approvals=[fixture.approve()])
    planned = read_cycle(fixture.folder).plan.when("mn", "R2")
    assert planned
    fixture.until(planned.deadline.astimezone(TOKYO).date(), 16)
    assert any("2 日を切っている" in note for note in run.look(fixture.server, fixture.asked("R2"))["gate"]["notes"])
    fixture.until(planned.deadline.astimezone(TOKYO).date(), 17)
    assert "適用期限 2027-02-03 17:00 を過ぎている" in red(fixture, "R2")
    assert run.stage(fixture.server, fixture.asked("R1"))["changed"] is False  # a ring that is open stays open


def test_success_of_an_earlier_revision_says_nothing_of_a_later_one(fixture: Fixture) -> None:
    fixture.plan()
    open_(fixture, "R0")
    fixture.until(fixture.day("R1"), 9)
    new = UpdateId(fixture.updates[0].id.guid, 202)
    fixture.world.publish(dataclasses.replace(fixture.updates[0], id=new, arrived=fixture.world.now))
    fixture.plan(replan=True)
    fixture.until(fixture.day("R1"))
    # the server carried the approval over by itself: reports and days count from the revision's arrival
    assert "R0 の経過 0 日" in red(fixture, "R1")
    approvals = fixture.world.store.approvals
    for key, one in approvals.items():
        approvals[key] = dataclasses.replace(one, update=fixture.updates[0].id) if one.update == new else one
    assert "前のリング R0 に未承認の更新がある" in red(fixture, "R1")


def test_an_approval_to_uninstall_is_neither_turned_round_nor_taken_back(fixture: Fixture) -> None:
    fixture.plan()
    open_(fixture, "R0")
    group = next(one.id for one in fixture.server.groups() if one.name == "R0_検証")
    fixture.server.approve(fixture.updates[0].id, group, Action.UNINSTALL, None)
    assert "KB5900001 の削除（アンインストール）が承認されている" in red(fixture, "R0")
    run.hold(fixture.asked("R0", reason="戻す"), fixture.server)
    assert [(one.update.guid, one.action) for one in fixture.server.approvals()] == [(fixture.updates[0].id.guid, Action.UNINSTALL)]


def test_ways_round_the_rings_are_named(fixture: Fixture) -> None:
    fixture.plan()
    open_(fixture, "R0")
    fixture.server.approve(fixture.updates[0].id, ALL_COMPUTERS, Action.INSTALL, None)
    notes = run.look(fixture.server, fixture.asked("R1"))["gate"]["notes"]
    name = next(one.name for one in fixture.server.groups() if one.id == ALL_COMPUTERS)
    assert f"まだ開いていないリング、またはリング以外のグループに承認がある 1 件: KB5900001 → {name}" in notes


def test_an_update_that_the_ring_before_had_no_use_for_is_named(fixture: Fixture) -> None:
    fixture.plan()
    fixture.until(fixture.day("R0"))
    for terminal in fixture.world.terminals.values():
        if "R0" in terminal.name:
            fixture.world.set_states(terminal, {fixture.updates[2].id.guid: State.NOT_APPLICABLE})
    run.stage(fixture.server, fixture.asked("R0"))
    fixture.until(fixture.day("R1"))
    notes = run.stage(fixture.server, fixture.asked("R1"))["gate"]["notes"]
    assert "R0 のどの端末にも適用されていない更新（試験になっていない）: KB5900003" in notes


def test_what_another_group_needs_is_not_declined(tmp_path: Path) -> None:
    """A decline deletes the approvals of every group, also of one that no ring is."""
    fixture = Fixture(tmp_path, SIZES, updates=1)
    old = dataclasses.replace(fixture.updates[0], id=UpdateId("00000000-0000-4000-8000-0000000000aa", 200), released=RELEASE - 60 * DAY)
    fixture.world.publish(dataclasses.replace(old, kbs=("5800001",)))
    fixture.world.publish(dataclasses.replace(fixture.updates[0], id=UpdateId(fixture.updates[0].id.guid, 202), supersedes=(old.id.guid,)))
    servers = fixture.server.add_group("サーバー", ALL_COMPUTERS)
    fixture.server.approve(old.id, servers.id, Action.INSTALL, None)
    fixture.plan()
    fixture.decide(approvals=[fixture.approve()])
    for ring in ("R0", "R1", "R2"):
        open_(fixture, ring)
    fixture.world.advance(5 * DAY)
    done = run.decline(fixture.server, fixture.asked(""))
    assert not done["changed"] and done["stay"] == [{"update": old.id.guid, "reason": "リング以外のグループに承認がある: サーバー"}]
    fixture.server.take_back(next(one for one in fixture.server.approvals() if one.group == servers.id))
    assert run.decline(fixture.server, fixture.asked(""))["changed"]


@pytest.mark.parametrize("state", ["staged", "taken_back", "declined", "held", "resumed", "judged"])
def test_whole_rings_are_not_narrowed_by_limit(fixture: Fixture, state: str) -> None:
    given = {"cycle": "2027-01", "ward": str(fixture.root), "evidence": None, "patch_state": None, "ring": "", "reason": "", "state": state}
    limited = {"ansible_limit": "MN25R00000", "ansible_play_hosts_all": ["MN25R00000"]}
    assert arguments.asked(given, {}, "mn", check=False).cycle == "2027-01"
    if state == "judged":
        assert arguments.asked(given, limited, "mn", check=False).cycle == "2027-01"
    else:
        with pytest.raises(WardopsError, match="E1916"):
            arguments.asked(given, limited, "mn", check=False)
