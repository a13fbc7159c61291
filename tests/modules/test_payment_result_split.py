"""The module four times, with fetch from a drop folder and delivery into a local one; the playbook's exit code; the command line."""

from __future__ import annotations

import csv
import io
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.payment import days
from tests.unit.radius import playbook
from tools import payment_day

ROOT = Path(__file__).resolve().parents[2]
MODULE = "ward.ops.payment_result_split"


@pytest.fixture
def ward(tmp_path: Path) -> Path:
    """The sample ward; its drop folder and local target below the test's folder, with a folder for each section."""
    root = tmp_path / "sample"
    shutil.copytree(days.SAMPLE, root)
    path = root / "policies/payment_transfer.yml"
    policy = yaml.safe_load(path.read_bytes())
    policy["use"] = {"source": "drop", "target": "folder"}
    drop = next(item for item in policy["sources"] if item["name"] == "drop")
    drop.update(folder=str(tmp_path / "drop"), stable_seconds=0)
    target = next(item for item in policy["targets"] if item["name"] == "folder")
    smb = next(item for item in policy["targets"] if item["name"] == "fileserver")
    target.update(folder=str(tmp_path / "delivery"))
    target["readers"]["sections"] = {section: [{"principal": "user:root", "title_ja": "配信"}] for section in smb["readers"]["sections"]}
    path.write_text(yaml.safe_dump(policy, allow_unicode=True), encoding="utf-8")
    for section in target["readers"]["sections"]:
        (tmp_path / "delivery" / section).mkdir(mode=0o700, parents=True)
    (tmp_path / "drop").mkdir()
    return root


def drop(tmp_path: Path, rows: int, *, spoil: bool = False, name: str = "MPN_20261122_001.csv") -> Path:
    path = tmp_path / "drop" / name
    with path.open("wb") as stream:
        payment_day.write(stream, rows, days.DAY, spoil=spoil)
    return path


def task(tmp_path: Path, ward: Path, *words: str, **more: Any) -> dict[str, Any]:
    arguments = {"ward": str(ward), "layer": "lgwan", "folder": str(tmp_path / "work"), "source": "", "target": "", **more}
    arguments = {name: value for name, value in arguments.items() if value is not None}
    return playbook.run(tmp_path, MODULE, arguments, *words)


def delivered(tmp_path: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(tmp_path / "delivery")): path.read_bytes() for path in (tmp_path / "delivery").rglob("*") if path.is_file()
    }


def test_four_steps_with_fetch_and_delivery(tmp_path: Path, ward: Path) -> None:
    source = drop(tmp_path, 700)
    file = str(source)
    planned = task(tmp_path, ward, "--check", "--diff", source=None, file=file)
    assert planned["changed"], planned
    assert not (tmp_path / "work").exists(), "an independent look: nothing was written"
    assert delivered(tmp_path) == {}
    assert "0302/収納結果_20261122_0302_戸籍住民課.csv 100\n" in planned["diff"][0]["after"]
    done = task(tmp_path, ward)
    assert (done["changed"], done["failed"], done["problems"]) == (True, False, [])
    assert done["results"][0]["files"] == planned["results"][0]["files"]
    found = delivered(tmp_path)
    assert len(found) == 18
    rows = sum(len(list(csv.reader(io.StringIO(data.decode("cp932"), newline="")))) - 1 for data in found.values())
    assert rows == 700, "an independent recount"
    assert all(data.startswith(payment_day.COLUMNS.encode("cp932") + b"\r\n") for data in found.values())
    receipt = (tmp_path / "work/receipts" / f"{done['results'][0]['run_id']}.csv").read_text("utf-8-sig")
    assert receipt.count("配信済") == 18
    again = task(tmp_path, ward)
    assert (again["changed"], again["failed"]) == (False, False)
    assert delivered(tmp_path) == found


def test_the_playbook_fails_after_delivering_the_rest(tmp_path: Path, ward: Path) -> None:
    drop(tmp_path, 1200, spoil=True)
    words = ["-i", ward / "lgwan", ROOT / "playbooks/split_payment_results.yml", "-e", f"payment_folder={tmp_path / 'work'}"]
    first = playbook.ansible(tmp_path, *words)
    assert first.returncode == 2, first.stdout + first.stderr
    assert "E1320 未振分が" in first.stdout
    assert "E1321 重複" in first.stdout
    assert "Traceback" not in first.stdout + first.stderr
    found = delivered(tmp_path)
    assert len(found) == 19
    assert [name for name in found if "重複" in name] == []
    assert any("changed=0" in line for line in playbook.ansible(tmp_path, *words).stdout.splitlines())
    assert delivered(tmp_path) == found


def test_wrong_rules_stop_the_run_before_anything(tmp_path: Path, ward: Path) -> None:
    drop(tmp_path, 10)
    path = ward / "policies/payment_routing.yml"
    path.write_text(path.read_text("utf-8").replace('dept_code: "0709"', 'dept_code: "0406"'), "utf-8")
    found = task(tmp_path, ward)
    assert found["failed"]
    assert {problem["code"] for problem in found["problems"]} == {
        "E1302",
        "E1416",
    }
    assert "payment_routing.yml:" in found["msg"]
    assert not (tmp_path / "work").exists()


def wardops(tmp_path: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "WARDOPS_EVIDENCE": str(tmp_path / "evidence")}
    return subprocess.run(
        [sys.executable, "-m", "wardops", "payment", *words], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )


def test_the_command_line_runs_a_day_and_compares_rules(tmp_path: Path, ward: Path) -> None:
    file = drop(tmp_path, 350)
    common = ["--ward", ward, "--work", tmp_path / "work"]
    done = wardops(tmp_path, "run", "--file", file, *common)
    assert (done.returncode, done.stderr) == (0, "")
    assert "350 件" in done.stdout
    for command in (["init", "-q"], ["add", "policies"], ["-c", "user.name=x", "-c", "user.email=x@ward.example", "commit", "-qm", "x"]):
        subprocess.run(["git", "-C", ward, *command], check=True)
    path = ward / "policies/payment_routing.yml"
    text = path.read_text("utf-8")
    path.write_text(text.replace('- {dept_code: "0209", valid_from: 2026-04-01}', '- {dept_code: "0208", valid_from: 2026-04-01}'), "utf-8")
    compared = wardops(tmp_path, "compare", "--csv", tmp_path / "moves.csv", "--html", tmp_path / "moves.html", *common)
    assert compared.returncode == 0, compared.stderr
    assert "0209 収納対策課 → 0208 税務課  手続 100043" in compared.stdout
    assert "10 件" in compared.stdout
    assert (tmp_path / "moves.csv").read_text("utf-8-sig").splitlines()[1].startswith("0209 収納対策課,0208 税務課,100043,")
    shutil.rmtree(tmp_path / "work/seen")
    assert "索引 1 ファイル" in wardops(tmp_path, "reindex", *common).stdout
    nothing = wardops(tmp_path, "compare", "--ward", ward, "--work", tmp_path / "empty")
    assert nothing.returncode == 1
    assert "E1325" in nothing.stderr
