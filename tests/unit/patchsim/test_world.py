"""The simulated ward of terminals: deterministic, and as unruly as a real one."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import pytest
from ansible_collections.ward.ops.plugins.module_utils.patch.model import (
    ALL_COMPUTERS,
    UNASSIGNED_COMPUTERS,
    Action,
    Role,
    State,
    Update,
    UpdateId,
)

from lab.patchsim.server import WorldServer
from lab.patchsim.store import EXISTS, NOT_FOUND, Refused
from lab.patchsim.world import QUIET, Habits, World

START = dt.datetime(2027, 1, 13, 18, 0, tzinfo=dt.UTC)  # 03:00 on the 14th in Tokyo
DAY = dt.timedelta(days=1)


def an_update(number: int, **more: object) -> Update:
    fields: dict[str, object] = {
        "id": UpdateId(f"00000000-0000-4000-8000-{number:012d}", 1),
        "title": f"合成更新 {number}",
        "kbs": (f"59{number:05d}",),
        "classification": "セキュリティ問題の修正プログラム",
        "classification_id": "0fa1201d-4330-4fa8-8ae9-b877473b6441",
        "products": ("Windows 11",),
        "severity": "Important",
        "released": START,
        "arrived": START,
        "superseded": False,
        "declined": False,
        "expired": False,
        "eula": False,
        "asks_user": False,
        "uninstallable": True,
        **more,
    }
    return Update(**fields)  # type: ignore[arg-type]


def a_world(count: int, habits: Habits = QUIET, seed: int = 1) -> World:
    world = World(START, seed, habits)
    world.add_terminals((f"LG25D{number:05d}", ("合成 D5", "合成 N7")[number % 2]) for number in range(count))
    return world


def states(world: World, update: Update) -> Counter[State]:
    return Counter(status.state for status in WorldServer(world).states([update.id.guid]))


def test_nothing_is_installed_without_an_approval_and_everything_with_one() -> None:
    world, update = a_world(50), an_update(1)
    world.publish(update)
    world.advance(DAY)
    assert states(world, update) == {State.NOT_INSTALLED: 50}
    world.store.approve(update.id, ALL_COMPUTERS, Action.INSTALL, None)
    world.advance(DAY)
    assert states(world, update) == {State.INSTALLED_PENDING_REBOOT: 50}
    world.advance(DAY)
    assert states(world, update) == {State.INSTALLED: 50}


def test_the_outcome_does_not_depend_on_how_the_clock_is_moved() -> None:
    seen = []
    for step in (dt.timedelta(days=20), dt.timedelta(hours=7), dt.timedelta(minutes=53)):
        world, update = a_world(300, Habits()), an_update(1)
        world.publish(update)
        world.store.approve(update.id, ALL_COMPUTERS, Action.INSTALL, START + 9 * DAY)
        end = START + 20 * DAY
        while world.now < end:
            world.advance(min(step, end - world.now))
        seen.append([(one.last_sync, one.last_report) for one in world.computers()] + list(WorldServer(world).states([update.id.guid])))
    assert seen[0] == seen[1] == seen[2]


def test_some_are_off_some_fail_and_some_reports_are_lost() -> None:
    world, update = a_world(3750, Habits()), an_update(1)
    world.publish(update)
    world.store.approve(update.id, ALL_COMPUTERS, Action.INSTALL, START)
    world.advance(DAY)
    found = states(world, update)
    share = {state: count / 3750 for state, count in found.items()}
    assert 0.08 <= share[State.UNKNOWN] <= 0.14  # off, or the report was lost
    assert 0.015 <= share[State.FAILED] <= 0.035


def test_a_broken_model_fails_until_it_is_mended() -> None:
    world, update = a_world(100), an_update(1)
    world.publish(update)
    world.break_("合成 N7", update.id.guid)
    world.store.approve(update.id, ALL_COMPUTERS, Action.INSTALL, None)
    world.advance(3 * DAY)
    assert states(world, update) == {State.INSTALLED: 50, State.FAILED: 50}
    world.mend("合成 N7", update.id.guid)
    world.advance(2 * DAY)
    assert states(world, update) == {State.INSTALLED: 100}


def test_a_machine_that_was_set_up_anew_needs_everything_again() -> None:
    world, update = a_world(1), an_update(1)
    world.publish(update)
    world.store.approve(update.id, ALL_COMPUTERS, Action.INSTALL, None)
    world.advance(2 * DAY)
    old = next(iter(world.terminals.values()))
    new = world.reimage(old)
    assert (new.name, new.id == old.id) == (old.name, False)
    world.advance(dt.timedelta(hours=1))
    known = {one.computer: one.state for one in WorldServer(world).states([update.id.guid])}
    assert known == {old.id: State.INSTALLED, new.id: State.UNKNOWN}
    world.advance(3 * DAY)
    assert {one.computer: one.state for one in WorldServer(world).states([update.id.guid])}[new.id] is State.INSTALLED


def test_a_liar_is_found_out() -> None:
    world, update = a_world(2), an_update(1)
    world.publish(update)
    liar = next(iter(world.terminals.values()))
    world.break_(liar.model, update.id.guid)
    world.lie(liar, update.id.guid, START + 3 * DAY)
    world.store.approve(update.id, ALL_COMPUTERS, Action.INSTALL, None)
    world.advance(2 * DAY)
    assert {one.computer: one.state for one in WorldServer(world).states([update.id.guid])}[liar.id] is State.INSTALLED
    world.advance(3 * DAY)
    assert {one.computer: one.state for one in WorldServer(world).states([update.id.guid])}[liar.id] is State.FAILED


def test_what_is_replaced_withdrawn_or_declined_is_no_longer_offered() -> None:
    world, old = a_world(1), an_update(1)
    new = an_update(2, supersedes=(old.id.guid,))
    world.publish(old)
    world.publish(new)
    terminal = next(iter(world.terminals.values()))
    for update in (old, new):
        world.store.approve(update.id, ALL_COMPUTERS, Action.INSTALL, None)
    assert world.offered(terminal) == [world.store.updates[old.id.guid], new]
    assert world.store.updates[old.id.guid].superseded
    world.install(terminal, new)
    world.reboot(terminal)
    assert world.offered(terminal) == []
    assert world.state(terminal, old.id.guid) is State.NOT_APPLICABLE
    third = an_update(3)
    world.publish(third)
    world.store.approve(third.id, ALL_COMPUTERS, Action.INSTALL, None)
    assert world.offered(terminal) == [third]
    withdrawn = world.store.expire(third.id.guid)
    assert world.offered(terminal) == []
    with pytest.raises(Refused, match="expired"):
        world.store.approve(withdrawn.id, ALL_COMPUTERS, Action.INSTALL, None)


def test_groups_hold_computers_and_those_below_count() -> None:
    world, update = a_world(3), an_update(1)
    world.publish(update)
    first, second, _ = world.terminals.values()
    above = world.store.add_group("R1_先行適用", ALL_COMPUTERS)
    below = world.store.add_group("本庁", above.id)
    world.store.add_member(above.id, first.id)
    world.store.add_member(below.id, second.id)
    world.store.approve(update.id, above.id, Action.INSTALL, None)
    world.advance(2 * DAY)
    assert states(world, update) == {State.INSTALLED: 2, State.NOT_INSTALLED: 1}
    world.store.remove_group(above.id)
    assert (world.store.approvals, world.store.groups_of(second.id)) == ({}, {UNASSIGNED_COMPUTERS})


@pytest.mark.parametrize(
    ("more", "action", "deadline", "words"),
    [
        ({"eula": True}, Action.INSTALL, None, "license"),
        ({"asks_user": True}, Action.INSTALL, START + DAY, "user input"),
        ({"uninstallable": False}, Action.UNINSTALL, None, "uninstallation"),
    ],
)
def test_the_server_refuses_what_the_protocol_refuses(
    more: dict[str, object], action: Action, deadline: dt.datetime | None, words: str
) -> None:
    world, update = a_world(1), an_update(1, **more)
    world.publish(update)
    with pytest.raises(Refused, match=words):
        world.store.approve(update.id, ALL_COMPUTERS, action, deadline)


def test_a_replica_a_reporter_and_names_that_are_taken() -> None:
    world, update = a_world(1), an_update(1)
    world.publish(update)
    world.store.add_group("R1", ALL_COMPUTERS)
    with pytest.raises(Refused) as taken:
        world.store.add_group("r1", ALL_COMPUTERS)
    assert taken.value.kind == EXISTS
    with pytest.raises(Refused) as missing:
        world.store.remove_group("00000000-0000-4000-8000-00000000ffff")
    assert missing.value.kind == NOT_FOUND
    with pytest.raises(Refused, match="built-in"):
        world.store.remove_group(ALL_COMPUTERS)
    world.store.replica = True
    with pytest.raises(Refused, match="replica"):
        world.store.approve(update.id, ALL_COMPUTERS, Action.INSTALL, None)
    world.store.replica, world.store.role = False, Role.REPORTER
    with pytest.raises(Refused, match="permission"):
        world.store.approve(update.id, ALL_COMPUTERS, Action.INSTALL, None)


def test_a_deadline_that_is_past_means_now_and_the_last_approval_counts() -> None:
    world, update = a_world(1), an_update(1)
    world.publish(update)
    world.store.approve(update.id, ALL_COMPUTERS, Action.INSTALL, START + DAY)
    world.store.approve(update.id, ALL_COMPUTERS, Action.INSTALL, START - DAY)
    assert [approval.deadline for approval in world.store.approvals.values()] == [START]
