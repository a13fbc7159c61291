"""The evidence chain: what it records and what it notices.

covers: E0601, E0602, E0603, E0604, E0605, E0606
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common import evidence, evidence_chain
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError


def record_runs(folder: Path, number: int) -> list[Path]:
    paths = []
    for index in range(number):
        with evidence.Run(folder, "test", {"layer": "lgwan"}) as run:
            run.plan({"add": index})
            run.result("ok", changed=index)
        assert run.closed_as
        paths.append(run.closed_as)
    return paths


def found(folder: Path, expected: evidence.Head | None = None) -> list[tuple[str, int]]:
    return [(problem.code, problem.params.get("seq", 0)) for problem in evidence_chain.verify(folder, expected).problems]


def test_a_run_is_one_record(tmp_path: Path) -> None:
    first, second = record_runs(tmp_path, 2)
    record = json.loads(second.read_text(encoding="utf-8"))
    assert record["seq"] == 2
    assert record["prev_sha256"] == json.loads(first.read_text(encoding="utf-8"))["sha256"]
    assert record["plan"] == {"add": 1}
    assert record["result"] == {"status": "ok", "changed": 1}
    assert record["operator"]["user"]
    chain = evidence_chain.verify(tmp_path)
    assert (chain.records, chain.head.seq, chain.problems, chain.pending) == (2, 2, [], [])


def test_a_failing_run_is_recorded_with_its_error(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), evidence.Run(tmp_path, "test", {}) as run:
        run.plan({})
        raise RuntimeError("secret text of an exception is not copied")
    record = (tmp_path / f"00000001-{run.run_id}.json").read_text(encoding="utf-8")
    assert json.loads(record)["result"] == {"status": "failed", "error": ["RuntimeError"]}
    assert "secret" not in record


def test_two_runs_at_once_get_one_number_each(tmp_path: Path) -> None:
    with evidence.Run(tmp_path, "outer", {}) as outer:
        outer.result("ok")
        with evidence.Run(tmp_path, "inner", {}) as inner:
            inner.result("ok")
    assert inner.closed_as and inner.closed_as.name.startswith("00000001-")
    assert outer.closed_as and outer.closed_as.name.startswith("00000002-")
    assert found(tmp_path) == []


def _edit(path: Path) -> None:
    path.write_text(path.read_text(encoding="utf-8").replace('"add": 2', '"add": 9'), encoding="utf-8")


def _edit_and_rehash(path: Path) -> None:
    record = json.loads(path.read_text(encoding="utf-8"))
    record["plan"] = {"add": 9}
    record["sha256"] = evidence.digest(record)
    path.write_text(json.dumps(record), encoding="utf-8")


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:40])


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (_edit, [("E0602", 3)]),
        (_edit_and_rehash, [("E0604", 4)]),
        (Path.unlink, [("E0603", 3)]),
        (_cut, [("E0605", 0)]),
    ],
)
def test_damage_is_found(tmp_path: Path, damage: Callable[[Path], None], expected: list[tuple[str, int]]) -> None:
    damage(record_runs(tmp_path, 5)[2])
    assert expected[0] in found(tmp_path)


def test_the_end_cut_off_is_found(tmp_path: Path) -> None:
    paths = record_runs(tmp_path, 3)
    noted = evidence_chain.verify(tmp_path).head
    paths[2].unlink()
    assert [code for code, _ in found(tmp_path)] == ["E0606"]
    (tmp_path / "HEAD").unlink()
    assert found(tmp_path) == []  # without a note the cut cannot be seen: that is why the head is kept elsewhere too
    assert found(tmp_path, noted) == [("E0606", 3)]


def test_a_folder_that_cannot_be_written_stops_the_run(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    with pytest.raises(WardopsError) as caught, evidence.Run(blocked, "test", {}):
        pytest.fail("the run must not begin")
    assert caught.value.problems[0].code == "E0601"


def test_a_task_in_a_run_becomes_a_step_of_its_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with evidence.Run(tmp_path, "playbook", {}) as run:
        monkeypatch.setenv(evidence.VARIABLE, f"{tmp_path}|{run.run_id}")
        for number in (1, 2):
            with evidence.step(tmp_path, f"task {number}", {"layer": "lgwan"}) as step:
                step.plan({"add": number})
                step.result("ok", changed=number)
        with pytest.raises(RuntimeError), evidence.step(tmp_path, "task 3", {}) as step:
            raise RuntimeError
        run.reload()
        run.result("failed")
    monkeypatch.delenv(evidence.VARIABLE)
    assert run.closed_as
    record = json.loads(run.closed_as.read_bytes())
    assert [(part["purpose"], part["plan"], part["result"]["status"]) for part in record["steps"]] == [
        ("task 1", {"add": 1}, "ok"),
        ("task 2", {"add": 2}, "ok"),
        ("task 3", None, "failed"),
    ]
    assert found(tmp_path) == []
    with evidence.step(tmp_path, "alone", {}) as alone:
        alone.result("ok")
    assert isinstance(alone, evidence.Run)
    assert evidence_chain.verify(tmp_path).records == 2
