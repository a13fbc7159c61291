"""``ward.ops.ledger_pages`` in real plays: check mode, what is written, the second run, the diff, the layer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.unit.pages.wards import cells, put, small_ward

REPOSITORY = Path(__file__).resolve().parents[2]
PLAYBOOK = REPOSITORY / "playbooks" / "publish_ledgers.yml"


@pytest.fixture
def ward(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WARDOPS_LAYER", "lgwan")
    monkeypatch.setenv("WARDOPS_EVIDENCE", str(tmp_path / "evidence"))
    monkeypatch.setenv("ANSIBLE_NOCOLOR", "1")
    return small_ward(tmp_path)


def play(ward: Path, out: Path, *more: str, **variables: Any) -> subprocess.CompletedProcess[str]:
    values = {"publish_ward": str(ward), "publish_folder": str(out), **variables}
    program = str(Path(sys.executable).parent / "ansible-playbook")
    return subprocess.run(
        [program, "-i", "localhost,", str(PLAYBOOK), "-e", json.dumps(values), *more],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        env={**os.environ},
        timeout=120,
        check=False,
    )


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_check_then_write_then_nothing(ward: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = play(ward, out, "--check", "--diff")
    assert (done.returncode, "changed=1" in done.stdout) == (0, True), done.stdout + done.stderr
    assert "LGWAN接続系: 12 / 12 files" in done.stdout
    assert not out.exists()
    assert "changed=1" in play(ward, out).stdout
    written = content(out)
    assert len(written) == 12
    assert {path.stat().st_mode & 0o777 for path in out.rglob("*") if path.is_file()} == {0o640}
    foreign = cells(ward, "mn/terminals")[0]
    assert not any(foreign["asset_id"].encode() in data or foreign["serial"].encode() in data for data in written.values())
    again = play(ward, out)
    assert "changed=0" in again.stdout
    assert "LGWAN接続系: 0 / 12 files" in again.stdout
    assert content(out) == written
    put(ward, "licenses", license_id="S00901", product="合成版", valid_to="2026-12-01", status="active")
    done = play(ward, out, "--check", "--diff")
    assert "+ライセンス,S00901,合成版" in done.stdout
    assert content(out) == written


def test_another_layer_on_purpose(ward: Path, tmp_path: Path) -> None:
    done = play(ward, tmp_path / "out", publish_layers=[])
    assert "全系統: 12 / 12 files" in done.stdout, done.stdout + done.stderr
    assert cells(ward, "mn/terminals")[0]["serial"].encode() in content(tmp_path / "out")["ledgers.html"]


def test_without_a_layer_nothing_is_written(ward: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WARDOPS_LAYER")
    done = play(ward, tmp_path / "out")
    assert done.returncode == 2
    assert "E0401" in done.stdout
    done = play(ward, tmp_path / "out", publish_layers=["dmz"])
    assert done.returncode == 2
    assert "E1201" in done.stdout
    assert not (tmp_path / "out").exists()
