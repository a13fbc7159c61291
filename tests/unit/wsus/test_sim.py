"""Replay and groups on the simulated server with its terminals (``lab/patchsim``), which was written apart from this client."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.plan import Guard, Limit
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.patch.model import ALL_COMPUTERS, Role, State
from ansible_collections.ward.ops.plugins.module_utils.patch.wsus import connect, doctor, listing, membership, replay
from ansible_collections.ward.ops.plugins.module_utils.patch.wsus.order import Order, orders, places
from ansible_collections.ward.ops.plugins.module_utils.patch.wsus.soap import SoapWsus

from lab.patchsim.wsus.endpoint import Endpoint
from tests.patchsim import PASSWORD, USER, endpoint
from tests.unit.patchsim.test_world import DAY, START, a_world, an_update
from tests.unit.wsus.conftest import DEFAULTS

FREE = Guard(Limit(999, 100), Limit(999, 100))


@pytest.fixture
def sim(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Endpoint, Path]]:
    # it writes headers and body apart, and without this each of its answers waits 40 ms for the client's delayed ACK
    monkeypatch.setattr("lab.patchsim.wsus.endpoint._Handler.disable_nagle_algorithm", True, raising=False)
    world = a_world(12)
    for number in range(1, 1 + getattr(request, "param", 4)):
        world.publish(an_update(number))
    world.store.synchronised = START
    server, authority = endpoint(world, tmp_path)
    with server:
        yield server, authority


def client(sim: tuple[Endpoint, Path]) -> SoapWsus:
    server, authority = sim
    words = {"server": server.address, "port": server.port, "ca": str(authority), "user": USER, "password": PASSWORD}
    one = connect.server_of({**DEFAULTS, **words})
    assert isinstance(one, SoapWsus)
    return one


def approvals(*numbers: int, group: str = "先行適用", deadline: dt.datetime | None = None) -> list[Any]:
    ids = [an_update(number).id for number in numbers]
    words = {"group": group, "deadline": deadline.isoformat() if deadline else None}
    return orders([{"update": one.guid, "revision": one.revision, **words} for one in ids], "test")


def rings(server: SoapWsus, *names: str) -> None:
    order = membership.GroupOrder(
        membership.group_orders([{"name": "先行適用", "computers": list(names)}, {"name": "全体適用"}]), guard=FREE
    )
    work = membership.prepare(server, order)
    membership.apply(server, work, order)
    assert not work.missing and not membership.prepare(server, order).plan.changed


def run(server: SoapWsus, order: Order) -> replay.Work:
    work = replay.prepare(server, order)
    replay.apply(server, work)
    return work


def test_a_ring_gets_its_updates_installs_them_and_gives_them_back(sim: tuple[Endpoint, Path]) -> None:
    world, server = sim[0].world, client(sim)
    pilots = [one.name for one in list(world.terminals.values())[:4]]
    rings(server, *pilots)
    run(server, Order(approvals(1, 2, deadline=START + 2 * DAY)))
    with sim[0].lock:
        world.advance(10 * DAY)
    wanted = [an_update(1).id.guid]
    pilot = listing.compliance(server, {"updates": wanted, "groups": ["先行適用"]})["updates"][0]
    everyone = listing.compliance(server, {"updates": wanted, "groups": []})["updates"][0]
    assert pilot["installed"] == everyone["installed"] == 4, "nobody else was offered it"
    assert not run(server, Order(approvals(1, 2, deadline=START + 2 * DAY))).plan.changed
    item = {"update": an_update(1).id.guid, "group": "先行適用"}
    run(server, Order(absent=places([item], "test"), guard=FREE))
    assert [one.update for one in server.approvals()] == [an_update(2).id]
    assert sum(one.state == State.INSTALLED for one in server.states(wanted)) == 4, "taking back does not uninstall"
    assert not [call for call in sim[0].calls if call.passed_over], "every element was one that the protocol has"


def test_a_deadline_that_is_over_means_at_once_and_stands(sim: tuple[Endpoint, Path]) -> None:
    server = client(sim)
    rings(server)
    order = Order(approvals(1, deadline=START - 5 * DAY))
    assert run(server, order).plan.counts()["add"] == 1
    assert not run(server, order).plan.changed


@pytest.mark.parametrize("sim", [80], indirect=True)
def test_the_thirtieth_of_eighty_fails_and_the_server_restarts(sim: tuple[Endpoint, Path]) -> None:
    endpoint, server = sim[0], client(sim)
    rings(server)
    seen: list[int] = []

    def fail(_: int, operation: str) -> str:
        if operation == "ExecuteSPDeployUpdate1":
            seen.append(1)
        return "drop_after" if operation == "ExecuteSPDeployUpdate1" and len(seen) == 30 else ""

    endpoint.trouble = fail
    order = Order(approvals(*range(1, 81)))
    with pytest.raises(WardopsError) as caught:
        run(server, order)
    assert [one.code for one in caught.value.problems] == ["E1949", "E1965"]
    endpoint.stop()
    with pytest.raises(WardopsError, match="E1940"):
        run(client(sim), order)
    endpoint.start()
    assert run(client(sim), order).plan.counts() == {"add": 50, "change": 0, "remove": 0, "held": 0, "unchanged": 30}
    assert len(endpoint.world.store.approvals) == 80


@pytest.mark.parametrize("trouble", ["fault", "drop", "half", "unavailable"])
def test_any_trouble_in_any_read_changes_nothing(sim: tuple[Endpoint, Path], trouble: str) -> None:
    endpoint = sim[0]
    rings(client(sim))
    order, start = Order(approvals(1)), len(endpoint.calls)
    replay.prepare(client(sim), order)
    for number in range(1, len(endpoint.calls) - start + 1, 3):
        asked = [0]

        def break_one(_: int, __: str, number: int = number, asked: list[int] = asked) -> str:
            asked[0] += 1
            return trouble if asked[0] >= number else ""

        endpoint.trouble = break_one
        with pytest.raises(WardopsError):
            run(client(sim), order)
        assert endpoint.world.store.approvals == {}


def test_role_rules_and_replica(sim: tuple[Endpoint, Path]) -> None:
    store = sim[0].world.store
    rings(client(sim))
    for change, code in (({"role": Role.REPORTER}, "E1953"), ({"rules": ("規則",)}, "E1951"), ({"replica": True}, "E1952")):
        before = {name: getattr(store, name) for name in change}
        for name, value in change.items():
            setattr(store, name, value)
        with pytest.raises(WardopsError, match=code):
            run(client(sim), Order(approvals(1)))
        for name, value in before.items():
            setattr(store, name, value)
    assert store.approvals == {} and ALL_COMPUTERS in store.groups


def test_the_doctor(sim: tuple[Endpoint, Path]) -> None:
    server = client(sim)
    rings(server)
    run(server, Order(approvals(1)))
    differs = {one.point for one in doctor.examine(server) if one.verdict == doctor.DIFFERS}
    assert differs <= {"最終同期 / last synchronisation"}, "the world's clock is not ours"
