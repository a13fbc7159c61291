"""The command ``intake`` as people run it: plan, papers, the three outlets; and story 4's delivery on the full sample ward."""

from __future__ import annotations

import csv
import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools import dirty_delivery

from .conftest import ROOT
from .files import book, row, text

SAMPLE = ROOT / "inventories" / "sample"


def run(*words: str | Path, code: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "wardops", "intake", *map(str, words)], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def git(folder: Path, *words: str) -> str:
    author = ["-c", "user.name=t", "-c", "user.email=t@ward.example"]
    return subprocess.run(["git", *author, *words], cwd=folder, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def committed(ward: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setitem(os.environ, f"GIT_{name}_NAME", "t")
        monkeypatch.setitem(os.environ, f"GIT_{name}_EMAIL", "t@ward.example")
    git(ward, "init", "-q", "-b", "main")
    git(ward, "add", "-A")
    git(ward, "commit", "-q", "-m", "base")
    return ward


def test_without_an_outlet_nothing_is_written(ward: Path, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in ward.rglob("*.csv")}
    (tmp_path / "list.csv").write_bytes(text(row(1)))
    shown = run(
        "terminal_delivery_lgwan", tmp_path / "list.csv", "--ward", ward, "--ticket", "CHG-2026-00777", "--report", tmp_path / "out"
    )
    assert "追加 1 更新 0" in shown and "計画のみ" in shown
    assert {path: path.read_bytes() for path in ward.rglob("*.csv")} == before
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["differences.csv", "differences.html", "summary.md"]


def test_a_branch_with_trailers_a_patch_and_the_files_give_the_same_ledgers(committed: Path, tmp_path: Path) -> None:
    ward = committed
    source = tmp_path / "list.xlsx"
    source.write_bytes(book([row(1), row(2)]))
    common = ("terminal_delivery_lgwan", source, "--ward", ward, "--ticket", "CHG-2026-00777")
    run(*common, "--branch", "intake/1")
    run(*common, "--patch", tmp_path / "a.patch")
    assert git(ward, "status", "--porcelain") == ""
    message = git(ward, "log", "-1", "--format=%B", "intake/1")
    assert "取込：端末納品リスト（LGWAN接続系）（追加 2、更新 0）" in message
    assert "内容の SHA-256" in message and "Ticket: CHG-2026-00777\nRole: helpdesk\nOperation: intake" in message
    git(ward, "apply", str(tmp_path / "a.patch"))
    patched = {path.name: path.read_bytes() for path in ward.rglob("*.csv")}
    git(ward, "checkout", "-q", ".")
    run(*common, "--write")
    assert {path.name: path.read_bytes() for path in ward.rglob("*.csv")} == patched
    assert git(ward, "diff", "intake/1") == ""
    assert "取込み済み" in run(*common, "--write")


def test_refused_rows_are_one_and_wrong_usage_is_two(ward: Path, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_bytes(text(row(1), row(2, mac_lan="1.2E+11")))
    shown = run("terminal_delivery_lgwan", tmp_path / "list.csv", "--ward", ward, "--ticket", "CHG-2026-00777", "--write", code=1)
    assert "list.csv:3: E0724" in shown and "書込み / written" in shown
    run("terminal_delivery_lgwan", tmp_path / "list.csv", "--ward", ward, "--set", "nothing=1", code=2)
    run("terminal_delivery_lgwan", "--ward", ward, code=2)
    assert "E0100" in run("terminal_delivery_lgwan", tmp_path / "none.csv", "--ward", ward, code=1)
    assert "E0717" in run("nobody", tmp_path / "list.csv", "--ward", ward, code=1)
    assert "端末納品リスト（LGWAN接続系）" in run("--profiles", "--ward", ward)


def test_story_4_a_delivery_of_120_notebooks(tmp_path: Path) -> None:
    """120 delivered as a dirty xlsx: 3 refused, the rest named and addressed, the ward's check still without errors."""
    ward = tmp_path / "ward"
    shutil.copytree(SAMPLE, ward)
    source = tmp_path / "納品書.xlsx"
    source.write_bytes(dirty_delivery.workbook(dirty_delivery.story(), "納品書"))
    words = ("terminal_delivery_lgwan", source, "--ward", ward, "--set", "lease_id=L26-0001", "--ticket", "CHG-2026-00777")
    shown = run(*words, "--report", tmp_path / "out", "--write", code=1)
    assert "追加 117 更新 0 変更なし 0 繰返し 0 競合 2 取込不可 1" in shown
    lines = list(csv.DictReader(io.StringIO((tmp_path / "out" / "differences.csv").read_bytes().decode("utf-8-sig"))))
    assert sorted(line["コード"] for line in lines) == ["E0724", "E0744", "E0744"]
    with (ward / "ledgers/lgwan/terminals.csv").open(encoding="utf-8", newline="") as stream:
        new = [line for line in csv.DictReader(stream) if line["ticket"] == "CHG-2026-00777"]
    assert len(new) == 117 and all(line["computer_name"].startswith("LG26N") and line["vlan"] == "115" for line in new)
    assert len({line["ip"] for line in new}) == 117 and len({line["dept_code"] for line in new}) == 18
    assert {line["model"] for line in new} == {"合成ノート N14-26"}
    check = subprocess.run([sys.executable, "-m", "wardops", "check", "--ward", str(ward)], cwd=ROOT, capture_output=True, check=False)
    assert check.returncode == 0, check.stdout.decode()
    summary = (tmp_path / "out" / "summary.md").read_text(encoding="utf-8")
    assert "見本 担当" not in summary and "個人情報" in summary


def test_the_generator_always_gives_the_same_bytes() -> None:
    assert dirty_delivery.workbook(dirty_delivery.story(), "x") == dirty_delivery.workbook(dirty_delivery.story(), "x")
