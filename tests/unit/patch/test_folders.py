"""``make check`` judges the folders of cycles. covers: E1901, E1903"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from ansible_collections.ward.ops.plugins.module_utils.common.ward import REPOSITORY, Ward
from ansible_collections.ward.ops.plugins.module_utils.patch import folders

from tests.unit.patch.ward import Fixture


@pytest.fixture
def fixture(tmp_path: Path) -> Fixture:
    made = Fixture(tmp_path, {"R0": 2, "R1": 3, "R2": 5}, updates=1)
    made.plan()
    return made


def found(fixture: Fixture) -> list[tuple[str, str]]:
    return [(one.code, Path(one.path).name) for one in folders.problems(Ward(fixture.root))]


def test_a_right_cycle_and_one_of_which_only_decisions_are_written(fixture: Fixture) -> None:
    fixture.decide(approvals=[fixture.approve()])
    early = fixture.folder.with_name("2027-02")
    early.mkdir()
    (early / "decisions.yml").write_text("dates: []\n", encoding="utf-8")
    assert found(fixture) == []


def test_every_error_of_every_folder_at_once(fixture: Fixture) -> None:
    fixture.decide(approvals=[fixture.approve("R9"), fixture.approve("R2", layer="nm")])
    hold = {"layer": "mn", "ring": "R7", "reason": "x", "by": "x", "at": "2027-01-20T00:00:00+09:00", "taken_back": False}
    (fixture.folder / "holds.yml").write_text(yaml.safe_dump({"holds": [hold]}), encoding="utf-8")
    (fixture.folder / "notes.txt").write_text("", encoding="utf-8")
    wrong = fixture.folder.with_name("january")
    wrong.mkdir()
    edited = fixture.folder.with_name("2027-02")
    edited.mkdir()
    (edited / "plan.yml").write_text((fixture.folder / "plan.yml").read_text("utf-8").replace("Critical", "Low"), encoding="utf-8")
    assert found(fixture) == [
        ("E1901", "notes.txt"),
        ("E1901", "decisions.yml"),
        ("E1901", "decisions.yml"),
        ("E1901", "holds.yml"),
        ("E1903", "plan.yml"),
        ("E1901", "january"),
    ]


def test_the_command_says_so(tmp_path: Path) -> None:
    root = tmp_path / "ward"
    shutil.copytree(REPOSITORY / "inventories/sample", root)
    (root / "policies/patch/january").mkdir(parents=True)
    done = subprocess.run(
        [sys.executable, "-m", "wardops", "check", "--ward", str(root)], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "E1901" in done.stdout + done.stderr
