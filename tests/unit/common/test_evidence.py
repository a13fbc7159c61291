"""The evidence chain: what it records and what it notices.

covers: E0601, E0602, E0603, E0604, E0605, E0606, E0607, E0608
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


FORGED = "20260101T000000Z-aaaaaaaa"


def test_links_in_the_folder_are_never_followed(tmp_path: Path) -> None:
    folder = tmp_path / "evidence"
    record_runs(folder, 1)
    victims = [tmp_path / name for name in ("head", "close")]
    for victim in victims:
        victim.write_text("precious", encoding="utf-8")
    (folder / "HEAD").unlink()
    (folder / "HEAD").symlink_to(victims[0])
    (folder / f"pending-{FORGED}.close").symlink_to(victims[1])
    (folder / f"pending-{FORGED}.json").write_text(json.dumps({"run_id": FORGED, "result": {"status": "ok"}}), encoding="utf-8")
    record_runs(folder, 1)
    assert [victim.read_text(encoding="utf-8") for victim in victims] == ["precious", "precious"]
    assert not (folder / "HEAD").is_symlink()
    assert found(folder) == []
    (folder / "00000003-20260101T000000Z-bbbbbbbb.json").symlink_to(folder / "HEAD")
    assert ("E0605", 0) in found(folder)


@pytest.mark.parametrize("run_id", [FORGED, "../../elsewhere", None])
def test_what_a_killed_run_left_is_only_ever_interrupted(tmp_path: Path, run_id: str | None) -> None:
    folder = tmp_path / "evidence"
    record_runs(folder, 1)
    forged = {"run_id": run_id, "purpose": "forged", "result": {"status": "ok"}}
    (folder / f"pending-{FORGED}.json").write_text(json.dumps(forged), encoding="utf-8")
    record_runs(folder, 1)
    record = json.loads((folder / f"00000002-{FORGED}.json").read_bytes())
    assert (record["result"]["status"], record["recovered"]) == ("interrupted", True)
    assert record["purpose"] == ("forged" if run_id == FORGED else "unknown")
    assert evidence_chain.verify(folder).records == 3
    assert found(folder) == []


def test_a_folder_that_others_can_write_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "evidence"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(WardopsError) as caught, evidence.Run(folder, "test", {}):
        pytest.fail("the run must not begin")
    assert caught.value.problems[0].code == "E0608"


def test_a_record_that_cannot_be_closed_says_that_changes_may_stand(tmp_path: Path) -> None:
    folder = tmp_path / "evidence"
    record_runs(folder, 1)
    with pytest.raises(WardopsError) as caught, evidence.Run(folder, "test", {}) as run:
        run.plan({"add": 1})
        for path in folder.glob("pending-*.close"):
            path.unlink()
    assert caught.value.problems[0].code == "E0607"
    record_runs(folder, 1)
    assert json.loads((folder / f"00000002-{run.run_id}.json").read_bytes())["plan"] == {"add": 1}
