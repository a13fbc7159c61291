"""A cycle over the simulated world: plan, rings, red and green gates, kills, hold, resume, take back.

covers: E1904, E1905, E1906, E1910
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward
from ansible_collections.ward.ops.plugins.module_utils.patch import run, who
from ansible_collections.ward.ops.plugins.module_utils.patch.model import UNASSIGNED_COMPUTERS, Action, State, UpdateId

from lab.patchsim.server import WorldServer
from lab.patchsim.world import Habits
from tests.unit.patch.ward import DAY, RELEASE, Fixture

SIZES = {"R0": 6, "R1": 20, "R2": 60}


@pytest.fixture
def fixture(tmp_path: Path) -> Fixture:
    return Fixture(tmp_path, SIZES)


def codes(error: pytest.ExceptionInfo[WardopsError]) -> list[str]:
    return [problem.code for problem in error.value.problems]


def reasons(error: pytest.ExceptionInfo[WardopsError]) -> str:
    return "\n".join(problem.text("ja") for problem in error.value.problems)


def standing(fixture: Fixture) -> set[tuple[str, int, str]]:
    names = {group.id: group.name for group in fixture.server.groups()}
    return {(one.update.guid, one.update.revision, names[one.group]) for one in fixture.server.approvals()}


def tested(fixture: Fixture) -> None:
    """R0 staged on its day and soaked."""
    fixture.plan()
    fixture.until(fixture.day("R0"))
    run.stage(fixture.server, fixture.asked("R0"))
    fixture.until(fixture.day("R1"))


def test_check_mode_says_what_a_run_does_and_touches_nothing(fixture: Fixture) -> None:
    fixture.plan()
    fixture.until(fixture.day("R0"))
    before = (fixture.world.store.generation, sorted(fixture.state.rglob("*")))
    foreseen = run.stage(fixture.server, fixture.asked("R0", check=True))
    assert (fixture.world.store.generation, sorted(fixture.state.rglob("*"))) == before
    done = run.stage(fixture.server, fixture.asked("test"))
    assert foreseen["plan"] == done["plan"] and foreseen["digest"] == done["digest"]
    # three groups, 86 memberships, three approvals
    assert done["plan"]["counts"] == {"add": 3 + 86 + 3, "change": 0, "remove": 0, "held": 0, "unchanged": 0}
    assert "R0_検証 00000000-0000-4000-8000-000000000001/201 action=install deadline=2027-02-03 17:00:00 JST" in done["diff"]["after"]
    again = run.stage(fixture.server, fixture.asked("検証"))
    assert (again["changed"], again["plan"]["counts"]["unchanged"]) == (False, 3 + 86 + 3)


def test_a_whole_cycle_and_the_auditors_question(fixture: Fixture) -> None:
    tested(fixture)
    run.stage(fixture.server, fixture.asked("pilot"))
    fixture.until(fixture.day("R2"))
    with pytest.raises(WardopsError) as error:
        run.stage(fixture.server, fixture.asked("broad"))
    assert codes(error) == ["E1905"] and "承認記録がない" in reasons(error)
    fixture.decide(approvals=[fixture.approve()])
    done = run.stage(fixture.server, fixture.asked("broad"))
    assert done["gate"]["measure"]["success_percent"] == 100.0 and done["gate"]["measure"]["reported"] == 20
    fixture.until(dt.date(2027, 1, 31))
    run.look(fixture.server, fixture.asked("R2"))
    (answer,) = who.answer(Ward(fixture.root), fixture.state, "KB5900001", "mn", dt.date(2027, 1, 31))
    assert [(one.application, one.approver) for one in answer.approvals] == [("申請-0012", "d000001")]
    assert {one.ring for one in answer.lacking} <= {"R2"} and answer.total == 86
    assert len(answer.lacking) + answer.pending < 60
    with pytest.raises(WardopsError) as error:
        who.answer(Ward(fixture.root), fixture.state, "KB1", "mn", dt.date(2027, 1, 31))
    assert codes(error) == ["E1910"]


def test_a_red_gate_says_all_reasons_with_numbers_and_names(fixture: Fixture) -> None:
    fixture.plan()
    fixture.until(fixture.day("R0"))
    fixture.world.break_("合成 N7", fixture.updates[0].id.guid)
    run.stage(fixture.server, fixture.asked("R0"))
    fixture.decide(incidents=[{"id": "INC-7", "severity": 1}, {"id": "INC-8", "severity": 1, "closed": True}])
    fixture.world.advance(3 * DAY)
    for one in list(fixture.world.terminals.values())[:3]:
        one.on = False  # they have reported since; only those that never do are missing
    with pytest.raises(WardopsError) as error:
        run.stage(fixture.server, fixture.asked("R1"))
    text = reasons(error)
    assert set(codes(error)) == {"E1905"}
    for words in (
        "適用日",
        "重大障害が未解決 1 件（許容 0）: INC-7",
        "失敗率 50.00%（3/6、上限 1%）: MN25R00001",
        "機種 合成 N7 の失敗 3/3 台",
        "経過 3 日",
    ):
        assert words in text
    assert {group for _, _, group in standing(fixture)} == {"R0_検証"}


def test_reports_of_before_the_approval_do_not_count(fixture: Fixture) -> None:
    fixture.plan()
    fixture.until(fixture.day("R0"))
    run.stage(fixture.server, fixture.asked("R0"))
    for terminal in fixture.world.terminals.values():
        terminal.on = False
    fixture.until(fixture.day("R1"))
    with pytest.raises(WardopsError) as error:
        run.stage(fixture.server, fixture.asked("R1"))
    assert "R0 の報告率 0.0%（0/6、基準 80%）: MN25R00000" in reasons(error)


def test_what_is_odd_is_shown(fixture: Fixture) -> None:
    fixture.rows.append(["AX1", "MN25X0001", "合成 D5", "1007", "active", "R2"])
    fixture.ledger()
    tested(fixture)
    run.look(fixture.server, fixture.asked("R1"))
    liar = next(one for one in fixture.world.terminals.values() if one.name.startswith("MN25R10003"))
    fixture.world.reimage(liar)
    fixture.world.add_terminals([("UNKNOWN-1.mn.ward.example", "x")])
    fixture.world.advance(DAY)
    done = run.stage(fixture.server, fixture.asked("R1", allow_remove=1))
    notes = "\n".join(done["gate"]["notes"])
    assert "一度も報告がない端末 1 台: MN25X0001" in notes and done["missing"] == ["MN25X0001"]
    assert "台帳にないコンピューター 1 台: UNKNOWN-1.mn.ward.example" in notes
    assert f"再セットアップされた端末の古い ID 1 台: MN25R10003.mn.ward.example {liar.id}" in notes


def test_a_terminal_that_lied_is_named(fixture: Fixture) -> None:
    fixture.plan()
    fixture.until(fixture.day("R0"))
    liar = next(iter(fixture.world.terminals.values()))
    fixture.world.break_(liar.model, fixture.updates[0].id.guid)
    fixture.world.lie(liar, fixture.updates[0].id.guid, fixture.world.now + 2 * DAY)
    run.stage(fixture.server, fixture.asked("R0"))
    fixture.world.advance(DAY)
    run.look(fixture.server, fixture.asked("R1"))
    fixture.world.advance(3 * DAY)
    notes = run.look(fixture.server, fixture.asked("R1"))["gate"]["notes"]
    assert any("前回「適用済」と報告し、今回はそうでない端末 1 台: MN25R00000" in note for note in notes)


@pytest.mark.parametrize("how", ["revised", "expired", "declined"])
def test_an_update_that_changed_after_the_plan_stops(fixture: Fixture, how: str) -> None:
    fixture.plan()
    fixture.until(fixture.day("R0"))
    update = fixture.updates[1]
    if how == "revised":
        fixture.world.publish(dataclasses.replace(update, id=UpdateId(update.id.guid, 202)))
    elif how == "expired":
        fixture.world.store.expire(update.id.guid)
    else:
        fixture.world.store.decline(update.id.guid)
    with pytest.raises(WardopsError) as error:
        run.stage(fixture.server, fixture.asked("R0"))
    assert codes(error) == ["E1904"] and not fixture.server.approvals() and "KB5900002" in reasons(error)


def test_a_plan_that_nobody_looked_at_is_refused(fixture: Fixture) -> None:
    fixture.plan()
    fixture.until(fixture.day("R0"))
    digest = run.stage(fixture.server, fixture.asked("R0", check=True))["digest"]
    fixture.rows.append(["AX1", "MN25R10019x", "合成 D5", "1007", "active", "R1"])
    fixture.world.add_terminals([("MN25R10019x", "合成 D5")])
    fixture.ledger()
    with pytest.raises(WardopsError) as error:
        run.stage(fixture.server, fixture.asked("R0", digest=digest))
    assert codes(error) == ["E1964"] and not fixture.server.approvals()


def test_automatic_approval_rules_stop(fixture: Fixture) -> None:
    fixture.plan()
    fixture.until(fixture.day("R0"))
    fixture.world.store.rules = ("既定の自動承認規則",)
    with pytest.raises(WardopsError) as error:
        run.stage(fixture.server, fixture.asked("R0"))
    assert codes(error) == ["E1951"] and not fixture.server.approvals()


class Killed(BaseException):
    """Nothing catches it: as SIGKILL, for what runs in this process."""


def _until(number: int) -> Callable[[str], None]:
    count = iter(range(10**6))

    def before(_name: str) -> None:
        if next(count) == number:
            raise Killed

    return before


def test_killed_anywhere_the_next_run_completes_without_doubling(tmp_path: Path) -> None:
    """At every third request, from the first read to the last read-back."""
    fixture = Fixture(tmp_path, {"R0": 3, "R1": 3, "R2": 3})
    fixture.plan()
    fixture.until(fixture.day("R0"))
    for number in range(1, 200, 3):
        fixture.server = WorldServer(fixture.world, _until(number))
        try:
            run.stage(fixture.server, fixture.asked("R0"))
            break
        except Killed:
            fixture.server = WorldServer(fixture.world)
            run.stage(fixture.server, fixture.asked("R0"))
        approvals = fixture.server.approvals()
        assert len(approvals) == len(standing(fixture)) == 3
        inside = [one.groups - {UNASSIGNED_COMPUTERS} for one in fixture.server.computers()]
        assert all(len(groups) == 1 for groups in inside)
        for approval in approvals:
            fixture.server.take_back(approval)
        for group in [one.id for one in fixture.server.groups() if one.name.startswith("R")]:
            fixture.server.remove_group(group)
    else:
        raise AssertionError("no run came through")
    assert number > 20


def test_the_second_operator_is_told_who_holds_the_run(fixture: Fixture) -> None:
    fixture.plan()
    fixture.until(fixture.day("R0"))
    with run.alone(fixture.asked("R0"), "stage"), pytest.raises(WardopsError) as error:
        run.stage(fixture.server, fixture.asked("R0"))
    assert codes(error) == ["E1906"] and "what stage、cycle 2027-01" in reasons(error)
    assert not fixture.server.approvals()


def test_hold_resume_and_take_back(fixture: Fixture) -> None:
    tested(fixture)
    run.hold(fixture.asked("R1", reason="業務システムの不具合"))
    with pytest.raises(WardopsError) as error:
        run.stage(fixture.server, fixture.asked("R1"))
    assert "保留中" in reasons(error) and "業務システムの不具合" in reasons(error)
    assert run.hold(fixture.asked("R1", reason="業務システムの不具合"))["changed"] is False
    assert run.resume(fixture.asked("R1", reason="修正済み", check=True))["changed"] is True
    assert run.resume(fixture.asked("R1", reason="修正済み"))["changed"] is True
    run.stage(fixture.server, fixture.asked("R1"))
    assert len(standing(fixture)) == 6
    foreseen = run.hold(fixture.asked("R1", reason="戻す", check=True), fixture.server)
    assert (foreseen["plan"]["counts"]["remove"], len(standing(fixture))) == (3, 6)
    run.hold(fixture.asked("R1", reason="戻す"), fixture.server)
    assert {group for _, _, group in standing(fixture)} == {"R0_検証"}
    assert run.hold(fixture.asked("R1", reason="戻す"), fixture.server)["changed"] is False
    with pytest.raises(WardopsError) as error:
        run.stage(fixture.server, fixture.asked("R1"))
    assert "保留中" in reasons(error)


def test_a_hold_of_all_that_is_lifted_for_one_ring_stays_for_the_rest(fixture: Fixture) -> None:
    tested(fixture)
    run.hold(fixture.asked("", reason="全体を止める"))
    run.resume(fixture.asked("R1", reason="R1 だけ進める"))
    run.stage(fixture.server, fixture.asked("R1"))
    fixture.until(fixture.day("R2"))
    fixture.decide(approvals=[fixture.approve()])
    with pytest.raises(WardopsError) as error:
        run.stage(fixture.server, fixture.asked("R2"))
    assert "保留中" in reasons(error) and "全体を止める" in reasons(error)
    run.resume(fixture.asked("", reason="すべて進める"))
    run.stage(fixture.server, fixture.asked("R2"))


def test_taking_back_leaves_what_somebody_approved_for_removal(fixture: Fixture) -> None:
    tested(fixture)
    groups = {group.name: group.id for group in fixture.server.groups()}
    ring = next(name for name in groups if name.startswith("R0"))
    update = fixture.updates[0].id
    approval = next(one for one in fixture.server.approvals() if (one.update, one.group) == (update, groups[ring]))
    fixture.server.take_back(approval)
    fixture.server.approve(update, groups[ring], Action.UNINSTALL, None)
    run.hold(fixture.asked("", reason="戻す"), fixture.server)
    assert [(one.update, one.action) for one in fixture.server.approvals()] == [(update, Action.UNINSTALL)]


def test_decisions_that_cannot_be_meant_are_refused(fixture: Fixture) -> None:
    """covers: E1901"""
    words = {"layer": "mn", "date": dt.date(2027, 1, 20), "reason": "試験", "approver": "d1"}
    for wrong in (
        {"ring": "R9"},
        {"ring": "R1", "layer": "nm"},
        {"ring": "R1", "deadline": dt.date(2027, 1, 1)},
        {"ring": "R1", "date": dt.date(1, 1, 1)},
    ):
        fixture.decide(dates=[{**words, **wrong}])
        with pytest.raises(WardopsError) as error:
            fixture.plan()
        assert codes(error) == ["E1901"], wrong


def test_superseded_updates_go_only_when_the_successor_is_in_every_ring(tmp_path: Path) -> None:
    fixture = Fixture(tmp_path, SIZES, updates=1)
    old = dataclasses.replace(
        fixture.updates[0], id=UpdateId("00000000-0000-4000-8000-0000000000aa", 200), kbs=("5800001",), released=RELEASE - 60 * DAY
    )
    fixture.world.publish(old)
    fixture.updates[0] = dataclasses.replace(fixture.updates[0], id=UpdateId(fixture.updates[0].id.guid, 202), supersedes=(old.id.guid,))
    fixture.world.publish(fixture.updates[0])
    tested(fixture)
    early = run.decline(fixture.server, fixture.asked(""))
    assert (early["changed"], [one["update"] for one in early["stay"]]) == (False, [old.id.guid])
    run.stage(fixture.server, fixture.asked("R1"))
    fixture.until(fixture.day("R2"))
    fixture.decide(approvals=[fixture.approve()])
    run.stage(fixture.server, fixture.asked("R2"))
    fixture.world.advance(5 * DAY)
    done = run.decline(fixture.server, fixture.asked(""))
    assert (done["plan"]["counts"]["change"], done["stay"]) == (1, [])
    assert fixture.world.store.updates[old.id.guid].declined


def test_an_unruly_ward_gets_through_and_its_numbers_are_the_worlds(tmp_path: Path) -> None:
    """3,750 terminals that are off, fail and lose reports. What fails today is tried again tomorrow, so the gate opens by itself."""
    fixture = Fixture(tmp_path, {"R0": 30, "R1": 220, "R2": 3500}, Habits())
    fixture.plan()
    fixture.until(fixture.day("R0"))
    fixture.decide(approvals=[fixture.approve()])
    opened = []
    for ring in ("R0", "R1", "R2"):
        for _ in range(30):
            try:
                opened.append(run.stage(fixture.server, fixture.asked(ring))["ring"])
                break
            except WardopsError as error:
                assert {problem.code for problem in error.problems} == {"E1905"}
                fixture.world.advance(DAY)
    assert opened == ["R0", "R1", "R2"]
    fixture.world.advance(3 * DAY)
    found = run.look(fixture.server, fixture.asked("R2"))["rings"]
    assert [one["size"] for one in found] == [30, 220, 3500]
    guids = [update.id.guid for update in fixture.updates]
    told = dict.fromkeys((one.id for one in fixture.world.terminals.values()), 0)
    for status in fixture.server.states(guids):
        told[status.computer] = max(told[status.computer], int(status.state == State.FAILED))
    since = {one["ring"]: dt.datetime.fromisoformat(one["approved"]) for one in found}
    for one in found:
        heard = [
            computer.id
            for computer in fixture.server.computers()
            if computer.name[4:6] == one["ring"] and computer.last_report and computer.last_report >= since[one["ring"]]
        ]
        assert (one["reported"], one["failed"]) == (len(heard), sum(told[computer] for computer in heard))
        assert one["done"] + one["restart"] + one["lacking"] + one["failed"] == one["reported"]
