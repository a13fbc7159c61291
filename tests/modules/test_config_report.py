"""``report_configs.yml`` over a real store and the sample ward's ledger: check mode, the files, the page in Chromium's eyes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.network.store.store import ConfigStore

from tests.config_store import SECRET, Keys, attempts, capture, info

REPOSITORY = Path(__file__).resolve().parents[2]
GOOD = "ntp server 10.28.0.10\nlogging host 10.28.0.30"
READ = ("DBK-01-DS-01", "DBK-01-L2-01")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    held = ConfigStore(tmp_path / "store", Keys(tmp_path).recipients)
    for night in range(2):
        text = GOOD if night == 0 else GOOD + "\nip http server"
        captures = [capture(READ[0], GOOD, "DBK"), capture(READ[1], text, "DBK"), capture(READ[1], GOOD, "DBK", "startup")]
        with held.locked(f"run-{night}"):
            held.save(info(f"run-{night}"), captures, attempts(captures))
    return tmp_path / "store"


def report(store: Path, folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    program = str(Path(sys.executable).parent / "ansible-playbook")
    variables = {"network_config_store": str(store), "report_folder": str(folder)}
    environment = {**os.environ, "WARDOPS_LAYER": "lgwan", "WARDOPS_EVIDENCE": str(store.parent / "evidence"), "ANSIBLE_NOCOLOR": "1"}
    return subprocess.run(
        [
            program,
            "-i",
            "inventories/sample/lgwan",
            "playbooks/report_configs.yml",
            "-e",
            json.dumps(variables),
            "--limit",
            "site_DBK",
            *more,
        ],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        env=environment,
        timeout=120,
        check=False,
    )


def test_what_somebody_must_look_at(store: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    checked = report(store, folder, "--check")
    assert checked.returncode == 2 and not folder.exists(), checked.stdout + checked.stderr

    done = report(store, folder)
    assert done.returncode == 2 and "Traceback" not in done.stdout + done.stderr
    assert "E1751" in done.stdout and "E1742" in done.stdout
    state = json.loads((folder / "configs.json").read_text(encoding="utf-8"))
    assert state["counts"]["missing"] == len(state["devices"]) - len(READ)
    assert {one["name"] for one in state["devices"] if one["last_success"]} == set(READ)
    assert state["unsaved"] == [READ[1]]
    findings = json.loads((folder / "compliance.json").read_text(encoding="utf-8"))["findings"]
    verdicts = {(one["device"], one["rule"]): one["verdict"] for one in findings}
    assert verdicts[READ[0], "ACC-02"] == "pass" and verdicts[READ[1], "ACC-02"] == "fail" and verdicts[READ[0], "NTP-01"] == "pass"
    assert verdicts["DBK-02-L2-01", "NTP-01"] == "no_config"
    assert "+ip http server" in (folder / "configs.html").read_text(encoding="utf-8")
    for path in (*folder.iterdir(), *(tmp_path / "evidence").iterdir()):
        assert SECRET not in path.read_bytes(), path
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o640}


def test_findings_need_not_fail_the_run(store: Path, tmp_path: Path) -> None:
    assert report(store, tmp_path / "out", "-e", "report_fail=false").returncode == 0


def test_no_store_yet(tmp_path: Path) -> None:
    done = report(tmp_path / "nowhere", tmp_path / "out")
    assert done.returncode == 2 and "E1671" in done.stdout and not (tmp_path / "nowhere").exists()
