"""Approvals as data: what is planned, refused, applied, read back, and finished by the next run, over both backends.

``soap`` is the web service over TLS and NTLM; ``powershell`` is our side of the script with a canned shell (nothing of Windows runs).

covers: E1950, E1951, E1952, E1953, E1954, E1955, E1964, E1965
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.plan import Guard, Limit
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.patch.model import Action, State
from ansible_collections.ward.ops.plugins.module_utils.patch.wsus import replay
from ansible_collections.ward.ops.plugins.module_utils.patch.wsus.order import Order, orders, places
from ansible_collections.ward.ops.plugins.module_utils.patch.wsus.powershell import PowerShellWsus
from ansible_collections.ward.ops.plugins.module_utils.patch.wsus.soap import SoapWsus

from tests.unit.wsus.canned import CannedShell
from tests.unit.wsus.conftest import client
from tests.unit.wsus.endpoint import Endpoint, served
from tests.unit.wsus.world import ALL, BROAD, PILOT, USER, Fault, World, update_guid

Server = SoapWsus | PowerShellWsus
DEADLINE = "2027-01-22T17:00:00+09:00"


@pytest.fixture(params=["soap", "powershell"])
def backend(request: pytest.FixtureRequest, endpoint: Endpoint, world: World) -> Server:
    return client(endpoint, supersedence=True) if request.param == "soap" else PowerShellWsus(CannedShell(world), "canned")


def wanted(*numbers: int, group: str = "先行適用", **more: Any) -> list[Any]:
    items = [{"update": update_guid(number), "revision": 200 + number, "group": group, "deadline": DEADLINE, **more} for number in numbers]
    return orders(items, "test")


def run(server: Server, order: Order) -> replay.Work:
    work = replay.prepare(server, order)
    replay.apply(server, work)
    return work


def codes(call: Callable[[], object]) -> list[str]:
    with pytest.raises(WardopsError) as caught:
        call()
    return [problem.code for problem in caught.value.problems]


def stands(world: World) -> set[tuple[str, int, str, int]]:
    return {(row[8], row[9], row[10], row[2]) for row in world.approvals.values()}


def test_check_predicts_the_run_and_the_second_run_finds_nothing(backend: Server, world: World) -> None:
    order = Order(wanted(1, 2))
    planned = replay.prepare(backend, order)
    assert world.approvals == {} and planned.plan.counts()["add"] == 2
    assert planned.plan.diff()["after"].splitlines()[0] == (
        f"先行適用 {update_guid(1)}/201 action=install deadline=2027-01-22 17:00:00 JST update=KB5070001 2026-11 累積更新 <1> & (KB5070001)"
    )
    done = run(backend, order)
    assert done.digest == planned.digest
    assert stands(world) == {(update_guid(1), 201, PILOT, 0), (update_guid(2), 202, PILOT, 0)}
    assert {row[4][:19] for row in world.approvals.values()} == {"2027-01-22T08:00:00"}, "sent in UTC"
    world.asked.clear()
    again = run(backend, order)
    assert not again.plan.changed and again.plan.unchanged == 2
    assert not {name for name, _ in world.asked} & {"ExecuteSPDeployUpdate1", "approve", "ExecuteSPSearchUpdates", "updates"}


def test_everything_that_a_server_shows(backend: Server, world: World) -> None:
    world.updates[update_guid(3)]["replaces"] = [update_guid(1)]
    world.updates[update_guid(1)].update(superseded=True)
    world.states = {(update_guid(1), one): number % 7 for number, one in enumerate(world.computers)}
    world.approve(update_guid(1), ALL, action=3)  # "not approved", a block: no approval
    world.approve(update_guid(1), BROAD)
    info = backend.info()
    assert (info.role.name, info.replica, info.rules, info.server_side_targeting) == ("ADMINISTRATOR", False, (), True)
    assert info.synchronised is not None and info.synchronised.tzinfo == dt.UTC
    updates = {update.id.guid: update for update in backend.updates()}
    assert updates[update_guid(3)].supersedes == (update_guid(1),) and updates[update_guid(1)].superseded
    assert updates[update_guid(1)].kbs == ("5070001",) and updates[update_guid(1)].products == ("Windows 11",)
    assert updates[update_guid(1)].arrived == dt.datetime(2026, 11, 11, 2, 0, 0, 123_000, dt.UTC)
    assert [(one.group, one.administrator, one.deadline) for one in backend.approvals()] == [(BROAD, USER, None)]
    unknown = "00000000-0000-4000-8000-000000000000"
    states = list(backend.states([update_guid(1), unknown]))
    assert [one.state for one in states] == [State.UNKNOWN, State.NOT_APPLICABLE, State.NOT_INSTALLED, State.DOWNLOADED]
    assert {one.name for one in backend.computers()} == {f"LG25N{number:05d}.ward.example" for number in range(4)}


def test_a_changed_deadline_is_a_change_and_none_is_one_too(backend: Server, world: World) -> None:
    run(backend, Order(wanted(1)))
    guard = Guard(Limit(0, 0), Limit(9, 100))
    moved = run(backend, Order(wanted(1, deadline="2027-01-29T17:00:00+09:00"), guard=guard))
    assert moved.plan.change[0].before == {"action": "install", "deadline": "2027-01-22 17:00:00 JST"}
    run(backend, Order(wanted(1, deadline=None), guard=guard))
    assert len(world.approvals) == 1 and next(iter(world.approvals.values()))[4] is None


def test_take_back_by_revision_or_all_of_them_and_only_what_is_named(backend: Server, world: World) -> None:
    for group in (PILOT, BROAD):
        world.approve(update_guid(1), group)
    world.approve(update_guid(2), PILOT)
    guard = Guard(Limit(9, 100), Limit(0, 0))
    run(backend, Order(absent=places([{"update": update_guid(1), "group": "先行適用"}], "test"), guard=guard))
    assert stands(world) == {(update_guid(1), 201, BROAD, 0), (update_guid(2), 202, PILOT, 0)}
    assert not run(backend, Order(absent=places([{"update": update_guid(2), "revision": 7, "group": PILOT}], "test"))).plan.changed


def test_a_group_of_which_the_order_says_everything(backend: Server, world: World) -> None:
    world.approve(update_guid(3), PILOT)
    world.approve(update_guid(3), BROAD)
    work = run(backend, Order(wanted(1), only=["先行適用"], guard=Guard(Limit(1, 100), Limit(0, 0))))
    assert (len(work.plan.add), len(work.plan.remove)) == (1, 1)
    assert stands(world) == {(update_guid(1), 201, PILOT, 0), (update_guid(3), 203, BROAD, 0)}


def test_the_same_key_twice_is_mended(backend: Server, world: World) -> None:
    for _ in range(3):
        world.approve(update_guid(1), PILOT, deadline="2027-01-22T08:00:00")
    work = run(backend, Order(wanted(1), guard=Guard(Limit(2, 100), Limit(0, 0))))
    assert work.plan.unchanged == 1 and len(work.plan.remove) == 2 and len(world.approvals) == 1


@pytest.mark.parametrize(
    ("change", "more", "word"),
    [
        ({"declined": True}, {}, "declined"),
        ({"publication": 1}, {}, "expired"),
        ({"asks": True}, {}, "no deadline"),
        ({"eula": True}, {}, "licence"),
        ({"uninstall": False}, {"action": "uninstall"}, "uninstalled"),
        ({"revision": 299}, {}, "revision 299"),
    ],
)
def test_what_the_server_would_refuse_or_misunderstand_is_refused_first(
    backend: Server, world: World, change: dict[str, Any], more: dict[str, Any], word: str
) -> None:
    world.updates[update_guid(1)].update(change)
    with pytest.raises(WardopsError, match=word) as caught:
        replay.prepare(backend, Order(wanted(1, 2, **more)))
    assert [problem.code for problem in caught.value.problems] == ["E1954"] and world.approvals == {}


def test_all_that_is_impossible_is_said_at_once(backend: Server, world: World) -> None:
    del world.updates[update_guid(3)]
    items = [*wanted(1, group="知らない"), *wanted(3)]
    assert sorted(codes(lambda: replay.prepare(backend, Order(items)))) == ["E1954", "E1955"]


def test_an_expired_update_takes_an_uninstallation_and_a_licence_is_accepted_once(backend: Server, world: World) -> None:
    world.updates[update_guid(1)].update(publication=1)
    world.updates[update_guid(2)].update(eula=True)
    items = [*wanted(1, action="uninstall"), *wanted(2), *wanted(2, group="全体適用")]
    run(backend, Order(items, licences=[update_guid(2)]))
    assert stands(world) == {(update_guid(1), 201, PILOT, 1), (update_guid(2), 202, PILOT, 0), (update_guid(2), 202, BROAD, 0)}
    assert sum(name in ("ExecuteSPAcceptEula", "accept_eula") for name, _ in world.asked) == 1


def test_a_decline_shows_the_approvals_that_it_takes_along(backend: Server, world: World) -> None:
    world.approve(update_guid(1), PILOT)
    work = run(backend, Order(declines=[update_guid(1)], guard=Guard(Limit(1, 100), Limit(1, 100))))
    assert [one.key for one in work.plan.change] == [f"decline {update_guid(1)}"] and len(work.plan.remove) == 1
    assert world.approvals == {} and world.updates[update_guid(1)]["declined"]
    assert not run(backend, Order(declines=[update_guid(1)])).plan.changed
    assert codes(lambda: replay.prepare(backend, Order(wanted(2), declines=[update_guid(2)]))) == ["E1961"]


def test_rules_replica_role_digest_and_guard(backend: Server, world: World) -> None:
    order = Order(wanted(1))
    world.rules = [("既定の自動承認規則", True)]
    assert codes(lambda: replay.prepare(backend, order)) == ["E1951"]
    world.rules = []
    world.role = 1
    assert codes(lambda: replay.prepare(backend, order)) == ["E1953"]
    world.role = 0
    assert codes(lambda: replay.prepare(backend, order)) == ["E1943"]
    world.role = 2
    assert codes(lambda: replay.prepare(backend, Order(wanted(1), expect="0" * 64))) == ["E1964"]
    digest = replay.prepare(backend, order).digest
    run(backend, Order(wanted(1), expect=digest))
    absent = places([{"update": update_guid(1), "group": PILOT}], "test")
    assert codes(lambda: replay.prepare(backend, Order(absent=absent))) == ["E0120"], "one of one is more than half"
    world.settings["ReplicaMode"] = "true"
    assert not replay.prepare(backend, order).plan.changed, "a replica is verified"
    assert codes(lambda: replay.prepare(backend, Order(wanted(2)))) == ["E1952"]
    assert len(world.approvals) == 1


def test_an_update_that_is_revised_between_plan_and_run_stops(backend: Server, world: World) -> None:
    digest = replay.prepare(backend, Order(wanted(1))).digest
    world.updates[update_guid(1)]["revision"] = 202
    assert codes(lambda: replay.prepare(backend, Order(wanted(1), expect=digest))) == ["E1954"]
    assert world.approvals == {}


def test_somebody_else_at_the_same_time_is_noticed(backend: Server, world: World) -> None:
    work = replay.prepare(backend, Order(wanted(1, 2)))

    def take_back(operation: str, number: int) -> None:
        if operation in ("ExecuteSPDeployUpdate1", "approve") and number == 2:
            world.approvals.clear()

    world.hook = take_back
    assert codes(lambda: replay.apply(backend, work)) == ["E1950"]


@pytest.mark.parametrize(
    "item",
    [
        {"update": "x", "revision": 1, "group": "g"},
        {"update": update_guid(1), "group": "g"},
        {"update": update_guid(1), "revision": True, "group": "g"},
        {"update": update_guid(1), "revision": "1;2", "group": "g"},
        {"update": update_guid(1), "revision": 1, "group": " "},
        {"update": update_guid(1), "revision": 1, "group": "g", "action": "block"},
        {"update": update_guid(1), "revision": 1, "group": "g", "deadline": "2027-01-22T17:00:00"},
        {"update": update_guid(1), "revision": 1, "group": "g", "deadline": "明日"},
        {"update": None},
    ],
)
def test_bad_data_is_refused_with_its_number(item: dict[str, Any]) -> None:
    with pytest.raises(WardopsError, match=r"\[2\]"):
        orders([{"update": update_guid(1), "revision": 1, "group": "h"}, item], "test")


def test_the_same_approval_twice_with_two_deadlines_is_refused() -> None:
    one = {"update": update_guid(1), "revision": 1, "group": "g"}
    assert len(orders([one, dict(one)], "test")) == 1
    assert codes(lambda: orders([one, {**one, "deadline": DEADLINE}], "test")) == ["E1961"]


def many(count: int = 80) -> Order:
    return Order(wanted(*range(1, count + 1)))


@pytest.mark.parametrize("failure", [Fault("Microsoft.UpdateServices.Internal.WsusServiceException", "busy"), ConnectionResetError()])
def test_a_fault_on_the_thirtieth_of_eighty_and_the_next_run_does_the_rest(tmp_path: Path, failure: Exception) -> None:
    world = World(updates=80)
    with served(world, tmp_path) as endpoint:
        server = client(endpoint)

        def fail_once(operation: str, number: int) -> None:
            if operation == "ExecuteSPDeployUpdate1" and number == 30:
                raise failure

        world.hook = fail_once
        with pytest.raises(WardopsError) as caught:
            run(server, many())
        assert [one.code for one in caught.value.problems] == ["E1946" if isinstance(failure, Fault) else "E1949", "E1965"]
        assert caught.value.problems[-1].params == {"done": 29, "total": 80} and len(world.approvals) == 29
        world.asked.clear()
        world.hook = lambda *_: None
        work = run(client(endpoint), many())
        assert work.plan.counts() == {"add": 51, "change": 0, "remove": 0, "held": 0, "unchanged": 29}
        assert sum(name == "ExecuteSPDeployUpdate1" for name, _ in world.asked) == 51 and len(world.approvals) == 80


def test_an_approval_whose_answer_was_lost_is_not_done_twice(tmp_path: Path) -> None:
    """The server did it and died before it answered."""
    world = World(updates=3)
    with served(world, tmp_path) as endpoint:

        def done_but_silent(operation: str, number: int) -> None:
            if operation == "ExecuteSPDeployUpdate1" and number == 2:
                world.approve(update_guid(2), PILOT, deadline="2027-01-22T08:00:00")
                raise ConnectionResetError

        world.hook = done_but_silent
        assert codes(lambda: run(client(endpoint), many(3))) == ["E1949", "E1965"]
        work = run(client(endpoint), many(3))
        assert (len(work.plan.add), work.plan.unchanged, len(world.approvals)) == (1, 2, 3)


def test_two_operators_at_once_do_it_once(tmp_path: Path) -> None:
    world = World(updates=12)
    with served(world, tmp_path, latency=0.002) as endpoint, ThreadPoolExecutor(2) as both:
        done = [both.submit(run, client(endpoint), many(12)) for _ in range(2)]
        assert [one.result().plan.changed for one in done] == [True, True]
        assert len(world.approvals) == len(stands(world)) == 12


def test_a_server_that_restarts_in_the_middle(tmp_path: Path) -> None:
    """Every connection is cut at the tenth write, and for a while nothing answers."""
    world = World(updates=20)
    with served(world, tmp_path) as endpoint:
        down = [True]

        def restart(operation: str, number: int) -> None:
            if down[0] and (operation != "ExecuteSPDeployUpdate1" or number >= 10) and len(world.approvals) >= 9:
                raise ConnectionResetError

        world.hook = restart
        assert codes(lambda: run(client(endpoint), many(20))) == ["E1949", "E1965"]
        assert codes(lambda: run(client(endpoint), many(20))) == ["E1940"]
        down[0] = False
        assert run(client(endpoint), many(20)).plan.counts()["add"] == 11
        assert len(world.approvals) == 20


def test_eighty_that_stand_cost_ten_requests(tmp_path: Path) -> None:
    world = World(updates=80)
    with served(world, tmp_path) as endpoint:
        run(client(endpoint), many())
        endpoint.requests = 0
        work = run(client(endpoint), many())
        assert work.plan.unchanged == 80 and endpoint.requests <= 10


def test_states_of_many_updates_go_over_few_connections(tmp_path: Path) -> None:
    world = World(updates=12, computers=50)
    with served(world, tmp_path) as endpoint:
        server = client(endpoint)
        states = list(server.states(list(world.updates)))
        assert len(states) == 600 and [one.update for one in states] == sorted(one.update for one in states)
        assert server.requests <= 12 + 4, "one for each update, and a handshake for each of four connections"


def test_a_server_that_answers_for_another_update_is_not_believed(endpoint: Endpoint, server: SoapWsus) -> None:
    endpoint.rewrite = lambda _, data: data.replace(update_guid(1).encode(), update_guid(2).encode())
    assert codes(lambda: list(server.states([update_guid(1)]))) == ["E1945"]


def test_an_answer_to_an_approval_that_is_not_what_was_asked(endpoint: Endpoint, server: SoapWsus) -> None:
    endpoint.rewrite = lambda _, data: data.replace(PILOT.encode(), BROAD.encode())
    assert codes(lambda: server.approve(wanted(1)[0].update, PILOT, Action.INSTALL, None)) == ["E1950"]


def test_an_approval_that_is_no_longer_there(backend: Server, world: World) -> None:
    world.approve(update_guid(1), PILOT)
    approval = backend.approvals()[0]
    backend.take_back(approval)
    assert codes(lambda: backend.take_back(approval)) == ["E1947"]


def test_a_group_that_is_there_already(backend: Server) -> None:
    assert codes(lambda: backend.add_group("先行適用", ALL)) == ["E1948"]
