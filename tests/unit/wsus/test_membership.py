"""Groups and their members as data, over both backends (the second with a canned shell).

covers: E1957, E1962
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.plan import Guard, Limit
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.patch.wsus import membership
from ansible_collections.ward.ops.plugins.module_utils.patch.wsus.membership import GroupOrder, GroupWork, group_orders
from ansible_collections.ward.ops.plugins.module_utils.patch.wsus.powershell import PowerShellWsus
from ansible_collections.ward.ops.plugins.module_utils.patch.wsus.soap import SoapWsus

from tests.unit.wsus.canned import CannedShell
from tests.unit.wsus.conftest import client
from tests.unit.wsus.endpoint import Endpoint
from tests.unit.wsus.world import ALL, BROAD, PILOT, UNASSIGNED, World, update_guid

Server = SoapWsus | PowerShellWsus
FREE = Guard(Limit(99, 100), Limit(99, 100))


@pytest.fixture(params=["soap", "powershell"])
def backend(request: pytest.FixtureRequest, endpoint: Endpoint, world: World) -> Server:
    return client(endpoint) if request.param == "soap" else PowerShellWsus(CannedShell(world), "canned")


def order(*groups: dict[str, Any], absent: tuple[str, ...] = (), guard: Guard = FREE) -> GroupOrder:
    return GroupOrder(group_orders(groups), absent, guard)


def run(server: Server, what: GroupOrder) -> GroupWork:
    work = membership.prepare(server, what)
    membership.apply(server, work, what)
    return work


def codes(call: Callable[[], object]) -> list[str]:
    with pytest.raises(WardopsError) as caught:
        call()
    return [problem.code for problem in caught.value.problems]


def inside(world: World, group: str) -> set[str]:
    return {str(one["name"]).partition(".")[0] for one in world.computers.values() if group in one["groups"]}


def test_exactly_the_members_that_are_named(backend: Server, world: World) -> None:
    what = order(
        {"name": "先行適用", "computers": ["lg25n00000", "LG25N00001.ward.example", "LG25N09999"]}, {"name": "全体適用", "computers": []}
    )
    planned = membership.prepare(backend, what)
    assert inside(world, PILOT) == set(), "an independent look: nothing was done"
    work = run(backend, what)
    assert inside(world, PILOT) == {"LG25N00000", "LG25N00001"} and work.missing == ["LG25N09999"] and work.digest == planned.digest
    moved = run(backend, order({"name": "先行適用", "computers": ["LG25N00001"]}, {"name": "全体適用", "computers": ["LG25N00000"]}))
    assert (inside(world, PILOT), inside(world, BROAD)) == ({"LG25N00001"}, {"LG25N00000"})
    assert [one["key"] for one in moved.plan.actions()] == ["全体適用 LG25N00000.ward.example", "先行適用 LG25N00000.ward.example"]
    assert not run(backend, order({"name": "先行適用", "computers": ["LG25N00001"]})).plan.changed
    assert inside(world, BROAD) == {"LG25N00000"}, "a group that is not named stays"


def test_groups_below_groups_are_made_parents_first(backend: Server, world: World) -> None:
    what = order({"name": "下", "parent": "上", "computers": ["LG25N00002"]}, {"name": "上"}, {"name": "横", "parent": PILOT})
    run(backend, what)
    names = {name: (one, parent) for one, (name, parent) in world.groups.items()}
    assert names["上"][1] == ALL and names["下"][1] == names["上"][0] and names["横"][1] == PILOT
    assert inside(world, names["下"][0]) == {"LG25N00002"}
    assert not run(backend, what).plan.changed


def test_a_group_that_goes_takes_its_approvals_along_and_the_plan_says_so(backend: Server, world: World) -> None:
    world.approve(update_guid(1), BROAD)
    what = order(absent=("全体適用", "ない"))
    assert codes(lambda: membership.prepare(backend, order(absent=("全体適用",), guard=membership.GUARD))) == ["E0120"]
    work = run(backend, what)
    assert [one.key for one in work.plan.remove] == ["group 全体適用", f"全体適用 {update_guid(1)}/201"]
    assert BROAD not in world.groups and world.approvals == {}


def test_what_cannot_be(backend: Server, world: World) -> None:
    assert codes(lambda: run(backend, order({"name": "横", "parent": "知らない"}))) == ["E1955"]
    assert codes(lambda: run(backend, order({"name": "a", "parent": "b"}, {"name": "b", "parent": "a"}))) == ["E1961"]
    assert codes(lambda: run(backend, order({"name": "先行適用", "parent": "全体適用"}))) == ["E1961"], "a group cannot be moved"
    assert codes(lambda: run(backend, order(absent=("割り当てられていないコンピューター",)))) == ["E1961"]
    world.groups[BROAD] = ("全体適用", PILOT)
    assert codes(lambda: run(backend, order(absent=("先行適用",)))) == ["E1961"], "its child would go along"
    world.groups[UNASSIGNED] = ("先行適用", ALL)
    assert codes(lambda: run(backend, order({"name": "先行適用"}))) == ["E1955"]


def test_a_machine_that_was_set_up_anew_counts_by_its_newest_id(backend: Server, world: World) -> None:
    old, new = list(world.computers)[:2]
    world.computers[new]["name"] = world.computers[old]["name"]
    world.computers[new]["reported"] = "2026-11-22T01:02:03.5"
    work = run(backend, order({"name": "先行適用", "computers": ["LG25N00000"]}))
    assert world.computers[new]["groups"] == {ALL, PILOT} and work.stale == [f"LG25N00000.ward.example {old}"]
    world.computers[new]["name"] = "LG25N00000.other.example"
    assert codes(lambda: membership.prepare(backend, order({"name": "先行適用", "computers": ["LG25N00000"]}))) == ["E1957"]


def test_with_client_side_targeting_groups_are_made_and_members_are_not(backend: Server, world: World) -> None:
    world.settings["ServerTargeting"] = "false"
    run(backend, order({"name": "第三"}))
    assert codes(lambda: membership.prepare(backend, order({"name": "先行適用", "computers": ["LG25N00000"]}))) == ["E1962"]


def test_a_reader_and_a_replica_change_nothing(backend: Server, world: World) -> None:
    world.role = 1
    assert codes(lambda: membership.prepare(backend, order({"name": "第三"}))) == ["E1953"]
    world.role, world.settings["ReplicaMode"] = 2, "true"
    assert codes(lambda: membership.prepare(backend, order({"name": "第三"}))) == ["E1952"]
    assert not membership.prepare(backend, order({"name": "先行適用"})).plan.changed


@pytest.mark.parametrize(
    "item", [{}, {"name": " "}, {"name": "a\nb"}, {"name": "x" * 201}, {"name": "a", "computers": "LG"}, {"name": "a", "computers": [1]}]
)
def test_bad_data(item: dict[str, Any]) -> None:
    assert codes(lambda: group_orders([item])) == ["E1961"]


def test_the_same_group_twice() -> None:
    assert codes(lambda: group_orders([{"name": "A"}, {"name": "a"}])) == ["E1961"]
