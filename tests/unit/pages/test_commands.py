"""``wardops pages`` and ``wardops report inventory`` as people and cron call them. covers: E1202"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.ward import REPOSITORY

from .wards import SCHEMAS, put, small_ward


def wardops(*arguments: str | Path, cwd: Path = REPOSITORY) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "wardops", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture
def ward(tmp_path: Path) -> Path:
    return small_ward(tmp_path)


def test_pages(ward: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "folder" / "page.html"
    done = wardops("pages", "--ward", ward, "--layer", "lgwan", "--out", out)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{out}: LGWAN接続系、{len(SCHEMAS.ledgers)} 台帳、")
    assert out.stat().st_mode & 0o777 == 0o640
    first = out.read_bytes()
    assert wardops("pages", "--ward", ward, "--layer", "lgwan", "--out", out).returncode == 0
    assert out.read_bytes() == first
    assert [path.name for path in out.parent.iterdir()] == ["page.html"]


def test_report(ward: Path, tmp_path: Path) -> None:
    done = wardops("report", "inventory", "--ward", ward, "--layer", "mn", "--within", "30", "--out", tmp_path / "reports")
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(path.suffix for path in (tmp_path / "reports").iterdir()) == [".csv"] * 9 + [".html", ".json"]
    assert "マイナンバー利用事務系" in (tmp_path / "reports/inventory.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("words", [("pages",), ("report", "inventory")])
def test_what_cannot_be_done_is_said_and_nothing_is_written(words: tuple[str, ...], ward: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    target = out / "page.html" if words == ("pages",) else out
    done = wardops(*words, "--ward", ward, "--layer", "dmz", "--out", target)
    assert done.returncode == 1
    assert "E1201 系統 dmz はありません" in done.stderr
    assert not out.exists()
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    done = wardops(*words, "--ward", ward, "--out", blocked / "deep" / "page.html")
    assert done.returncode == 1
    assert "E1202" in done.stderr
    assert "Traceback" not in done.stderr
    (ward / "ledgers/stock.csv").write_bytes(b"stock_id,kind\n\xff\xfe\x00\n")
    done = wardops(*words, "--ward", ward, "--out", target)
    assert done.returncode == 1
    assert "stock.csv:2" in done.stderr
    assert not out.exists()
    shutil.rmtree(ward / "ledgers")
    assert "E0100" in wardops(*words, "--ward", ward, "--out", target).stderr


def test_a_character_that_the_encoding_lacks_is_named(ward: Path, tmp_path: Path) -> None:
    put(ward, "licenses", license_id="S00901", product="𠮷", valid_to="2026-12-01", status="active")
    done = wardops("report", "inventory", "--ward", ward, "--encoding", "cp932", "--out", tmp_path / "out")
    assert done.returncode == 1
    assert "E0124" in done.stderr
    assert not (tmp_path / "out").exists()


def test_wrong_usage(ward: Path) -> None:
    for words in (("report", "weather"), ("report", "inventory", "--within", "-1"), ("report", "inventory", "--within", "９")):
        assert wardops(*words, "--ward", ward).returncode == 2
