"""Plans, guards, layers.

covers: E0120, E0121, E0401, E0402, E0403
"""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common import layer, plan
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from hypothesis import given
from hypothesis import strategies as st

SETS = st.dictionaries(st.text(max_size=3), st.fixed_dictionaries({"vlan": st.integers(1, 3)}), max_size=12)


@given(SETS, SETS)
def test_a_plan_leads_from_actual_to_desired(desired: dict[str, dict[str, int]], actual: dict[str, dict[str, int]]) -> None:
    made = plan.compare(desired, actual)
    after = dict(actual)
    for item in made.remove:
        del after[item.key]
    for item in [*made.add, *made.change]:
        assert item.after is not None
        after[item.key] = dict(item.after)
    assert after == desired
    assert made.actual == len(actual)
    assert made.changed == (desired != actual)
    assert not plan.compare(desired, after).changed


def test_diff_shows_each_object_once() -> None:
    made = plan.compare({"b": {"vlan": 2}, "c": {"vlan": 3}}, {"a": {"vlan": 1}, "b": {"vlan": 1}})
    assert made.diff() == {"before": "a vlan=1\nb vlan=1\n", "after": "b vlan=2\nc vlan=3\n"}


def test_guard_binds_at_the_smaller_limit_and_opens_only_by_number() -> None:
    actual = {str(number): {"vlan": 1} for number in range(200)}
    desired = {str(number): {"vlan": 1} for number in range(180)}
    removal = plan.compare(desired, actual)
    limit, free = plan.Limit(50, 5), plan.Limit(10**6, 100)
    found = plan.Guard(limit, free).check(removal, "radius")
    assert [(problem.code, problem.params["planned"], problem.params["allowed"]) for problem in found] == [("E0120", 20, 10)]
    assert plan.Guard(limit, free, allow_remove=19).check(removal, "radius")
    assert not plan.Guard(limit, free, allow_remove=20).check(removal, "radius")
    change = plan.compare({key: {"vlan": 2} for key in actual}, actual)
    assert [problem.code for problem in plan.Guard(free, limit).check(change, "radius")] == ["E0121"]


def test_the_layer_must_be_declared_and_is_never_crossed(tmp_path: Path) -> None:
    nothing = tmp_path / "layer"
    declared = tmp_path / "declared"
    declared.write_text("lgwan\n", encoding="utf-8")
    cases = [
        ({}, nothing, "lgwan", "E0401"),
        ({"WARDOPS_LAYER": "mn"}, declared, "mn", "E0402"),
        ({"WARDOPS_LAYER": "mn"}, nothing, "lgwan", "E0403"),
        ({}, declared, "mn", "E0403"),
    ]
    for environ, file, asked, code in cases:
        with pytest.raises(WardopsError) as caught:
            layer.require_layer(asked, environ, file)
        assert caught.value.problems[0].code == code
    assert layer.require_layer("lgwan", {}, declared) == "lgwan"
    assert layer.require_layer("mn", {"WARDOPS_LAYER": "mn"}, nothing) == "mn"
