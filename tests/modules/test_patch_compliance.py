"""``report_patch_compliance.yml`` over stored snapshots of the sample ward's terminals: check mode, a run, a second run, ``--limit``."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from tests.unit.patch.compliance_ward import Reported

REPOSITORY = Path(__file__).resolve().parents[2]


def play(reported: Reported, folder: Path, *more: str) -> str:
    variables = {"cycle": "2027-01", "report_day": str(reported.days[-1]), "report_folder": str(folder)}
    program = str(Path(sys.executable).parent / "ansible-playbook")
    inventory = str(reported.root / "lgwan/ledger.yml")
    places = {"WARDOPS_PATCH_STATE": str(reported.state), "WARDOPS_EVIDENCE": str(folder.parent / "evidence")}
    done = subprocess.run(
        [program, "-i", inventory, "playbooks/report_patch_compliance.yml", "-e", json.dumps(variables), *more],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        env={**os.environ, "WARDOPS_LAYER": "lgwan", "ANSIBLE_NOCOLOR": "1", **places},
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_playbook_in_check_mode_for_real_and_again(tmp_path: Path) -> None:
    reported = Reported(tmp_path, 0, 4, 3, sample=True)
    out = tmp_path / "out"
    foreseen = play(reported, out, "--check", "--diff")
    assert "changed=1" in foreseen and not out.exists() and not (tmp_path / "evidence").exists()
    lines = re.findall(r"^\+2027-01-16,lgwan,R0,.*$", foreseen, re.MULTILINE)
    first = play(reported, out)
    assert "changed=1" in first and lines[0][1:] in (out / "patch-compliance.csv").read_text(encoding="utf-8-sig")
    assert "changed=0" in play(reported, out)
    kept = json.loads((out / "patch-compliance.json").read_text(encoding="utf-8"))
    assert kept["total"]["target"] == len(reported.rows) and len(kept["sections"]) > 50
    assert {path.stat().st_mode & 0o777 for path in out.iterdir()} == {0o640} and list((tmp_path / "evidence").glob("*.json"))
    play(reported, tmp_path / "pilot", "--limit", "ring_R1")
    pilot = json.loads((tmp_path / "pilot/patch-compliance.json").read_text(encoding="utf-8"))
    assert [one["ring"] for one in pilot["rings"]] == ["R1"] and pilot["limit"].startswith("--limit")
    assert pilot["total"]["target"] == sum(row[5] == "R1" for row in reported.rows)
