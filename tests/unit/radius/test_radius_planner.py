"""Planning: scope, sticky quarantine, guard, what is shown. covers: E0508"""

from __future__ import annotations

import json

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.radius import planner, store
from ansible_collections.ward.ops.plugins.module_utils.radius.entries import State, group_item
from ansible_collections.ward.ops.plugins.module_utils.radius.planner import Wanted, plan_set
from hypothesis import given
from hypothesis import strategies as st

A, B, C = "024b54000001", "024b54000002", "024b54000003"
LIMITS = {"remove": {"count": 200, "percent": 5}, "change": {"count": 600, "percent": 10}}


def state(**entries: int) -> State:
    vlans = {f"vlan{vlan}": group_item(f"vlan{vlan}") for vlan in (101, 102, 999)}
    return State({f"024b5400000{key[1:]}": {"vlan": vlan} for key, vlan in entries.items()}, vlans)


def counts(wanted: Wanted, actual: State) -> tuple[int, ...]:
    return tuple(plan_set(wanted, actual).entries.counts().values())


def test_add_change_remove() -> None:
    wanted = Wanted({A: {"vlan": 101}, B: {"vlan": 102}})
    assert counts(wanted, state(m2=101, m3=101)) == (1, 1, 1, 0, 0)


def test_quarantine_on_the_server_is_held() -> None:
    wanted = Wanted({A: {"vlan": 101}})
    plan = plan_set(wanted, state(m1=999)).entries
    assert not plan.changed
    assert plan.held[0].after == {"vlan": 999, "reason": "quarantine not released"}


def test_quarantine_ends_when_the_ledger_says_so() -> None:
    wanted = Wanted({A: {"vlan": 101}}, released=frozenset({A}))
    assert counts(wanted, state(m1=999)) == (0, 1, 0, 0, 0)


def test_a_quarantined_device_that_may_no_longer_get_in_is_removed() -> None:
    assert counts(Wanted({}), state(m1=999)) == (0, 0, 1, 0, 0)


def test_scope_leaves_everything_else_alone() -> None:
    wanted = Wanted({A: {"vlan": 102}, B: {"vlan": 102}}, scope=frozenset({A}))
    plan = plan_set(wanted, state(m1=101, m2=101, m3=101))
    assert [change.key for change in plan.entries.change] == [A]
    assert not plan.entries.remove


def test_groups_that_nobody_needs_any_more_stay() -> None:
    plan = plan_set(Wanted({A: {"vlan": 101}}), state(m1=101))
    assert not plan.changed


def test_a_group_that_was_changed_by_hand_is_mended() -> None:
    actual = state(m1=101)
    actual.groups["vlan101"] = {"rows": [["radgroupcheck", "vlan101", "Auth-Type", ":=", "Reject"]]}
    plan = plan_set(Wanted({A: {"vlan": 101}}), actual)
    assert [change.key for change in plan.groups.change] == ["vlan101"]
    assert "Auth-Type:=Reject" in planner.diff(plan, {}, "x")["before"]


def test_the_guard_counts_against_the_whole_server_also_with_a_limit() -> None:
    actual = State({f"024b54{number:06x}": {"vlan": 101} for number in range(100)}, {})
    wanted = Wanted({}, scope=frozenset(list(actual.entries)[:5]))
    guard = planner.guard_of(LIMITS)
    assert planner.check_guard(guard, plan_set(wanted, actual), actual, "x") == []
    six = Wanted({}, scope=frozenset(list(actual.entries)[:6]))
    found = planner.check_guard(guard, plan_set(six, actual), actual, "x")
    assert [problem.code for problem in found] == ["E0120"]
    assert "6" in found[0].text("remedy_ja")
    assert planner.check_guard(planner.guard_of({**LIMITS, "allow_remove": 6}), plan_set(six, actual), actual, "x") == []


def test_the_diff_names_the_owner() -> None:
    wanted = Wanted({A: {"vlan": 102}}, {A: "terminal:LG25N00001 (active)"})
    assert planner.diff(plan_set(wanted, state(m1=101)), wanted.owners, "x") == {
        "before_header": "x",
        "after_header": "x",
        "before": f"{A} vlan=101 terminal:LG25N00001 (active)\n",
        "after": f"{A} vlan=102 terminal:LG25N00001 (active)\n",
    }


def test_a_thousand_actions_are_returned_and_all_are_recorded() -> None:
    wanted = Wanted({f"024b54{number:06x}": {"vlan": 101} for number in range(1500)})
    plan = plan_set(wanted, state())
    assert len(planner.report(plan, wanted)["actions"]) == 1000
    assert planner.report(plan, wanted)["actions_total"] == 1500
    assert len(planner.record(plan, {})["add"]) == 1500


@given(
    st.dictionaries(st.sampled_from([A, B, C]), st.sampled_from([{"vlan": 101}, {"vlan": 999, "expires": "2026-12-31"}])),
    st.one_of(st.none(), st.frozensets(st.sampled_from([A, B, C]))),
)
def test_a_set_arrives_as_it_was_sent(items: dict[str, dict[str, object]], scope: frozenset[str] | None) -> None:
    wanted = Wanted(items, {A: "printer:プリンタ (active)"}, scope, frozenset({B}), 998)
    assert Wanted.from_text(wanted.to_text()) == wanted


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "[2,[],{},null,[],999]", '[1,[["x",1,""]],{},null,[],999]', '[1,[["024b54000001",0,""]],{},null,[],999]']
)
def test_a_bad_set_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Wanted.from_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        '{"format":2,"entries":{}}',
        '{"format":1}',
        '{"format":1,"backend":"postgresql","entries":{"024b54000001":{"vlan":0}}}',
    ],
)
def test_what_is_no_rollback_file(text: str) -> None:
    with pytest.raises(WardopsError, match="E0508"):
        store.load_rollback(text.encode(), "x", "postgresql")


def test_foreign_rows_go_back_only_to_where_they_came_from() -> None:
    item = {"rows": [["radcheck", "02-4B-54-00-00-01", "Auth-Type", ":=", "Accept"]]}
    text = json.dumps({"format": 1, "backend": "postgresql", "place": "x", "entries": {A: item}}).encode()
    assert store.load_rollback(text, "x", "postgresql").items == {A: item}
    with pytest.raises(WardopsError, match="E0508"):
        store.load_rollback(text, "x", "files")


def test_the_fingerprint_follows_the_plan() -> None:
    one = plan_set(Wanted({A: {"vlan": 101}}), state())
    same = plan_set(Wanted({A: {"vlan": 101}}, {A: "owner"}), state())
    other = plan_set(Wanted({A: {"vlan": 102}}), state())
    assert store.fingerprint(one) == store.fingerprint(same) != store.fingerprint(other)
