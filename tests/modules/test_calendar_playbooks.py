"""``publish_calendar.yml``, ``run_scheduled.yml`` and ``wardops gate --run`` as they are started.

covers: E1823, E1824
"""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward
from ansible_collections.ward.ops.plugins.module_utils.schedule.gate import Records
from ansible_collections.ward.ops.plugins.module_utils.schedule.model import read_schedules

import wardops.gate
from wardops.__main__ import main

REPOSITORY = Path(__file__).resolve().parents[2]


def play(playbook: str, *more: str, **variables: object) -> subprocess.CompletedProcess[str]:
    program = str(Path(sys.executable).parent / "ansible-playbook")
    words = [program, "-i", "localhost,", str(REPOSITORY / "playbooks" / playbook), "-e", json.dumps(variables), *more]
    environment = {**os.environ, "ANSIBLE_NOCOLOR": "1", "WARDOPS_EVIDENCE": str(variables["evidence_folder"])}
    return subprocess.run(words, capture_output=True, text=True, cwd=REPOSITORY, env=environment, timeout=120, check=False)


def test_publish_check_then_write_then_nothing(tmp_path: Path) -> None:
    out = tmp_path / "out"
    variables = {"calendar_folder": str(out), "calendar_kinds": ["year"], "calendar_year": 2026, "evidence_folder": str(tmp_path / "e")}
    done = play("publish_calendar.yml", "--check", "--diff", **variables)
    assert (done.returncode, "changed=1" in done.stdout, out.exists()) == (0, True, False), done.stdout + done.stderr
    assert "+2026/12/29,火,1,年末年始" in done.stdout
    assert "changed=1" in play("publish_calendar.yml", **variables).stdout
    assert {path.name: path.stat().st_mode & 0o777 for path in out.iterdir()} == {"calendar-2026.csv": 0o640, "calendar-2026.html": 0o640}
    assert "changed=0" in play("publish_calendar.yml", **variables).stdout
    refused = play("publish_calendar.yml", **{**variables, "calendar_year": 2027})
    assert (refused.returncode, "E1803" in refused.stdout) == (2, True)


def test_a_scheduled_playbook_runs_once_and_ends_green_on_other_days(tmp_path: Path) -> None:
    variables = {
        "scheduled_code": "publish_calendar",
        "scheduled_playbook": "publish_calendar.yml",
        "scheduled_state": str(tmp_path / "gate"),
        "calendar_folder": str(tmp_path / "out"),
        "calendar_kinds": ["reception"],
        "evidence_folder": str(tmp_path / "e"),
    }
    closed = play("run_scheduled.yml", **variables, scheduled_at="2026-12-02T07:00")
    assert (closed.returncode, (tmp_path / "out").exists()) == (0, False), closed.stdout + closed.stderr
    assert "publish_calendar: 実行しません（2026年12月2日（水） はカレンダー month_first の日ではない）" in closed.stdout
    tried = play("run_scheduled.yml", "--check", **variables, scheduled_at="2026-12-01T07:00")
    assert (tried.returncode, list((tmp_path).glob("[og]*"))) == (0, []), tried.stdout + tried.stderr
    ran = play("run_scheduled.yml", **variables, scheduled_at="2026-12-01T07:00")
    assert (ran.returncode, len(list((tmp_path / "out").iterdir()))) == (0, 2), ran.stdout + ran.stderr
    record = json.loads((tmp_path / "gate" / "publish_calendar" / "2026-12-01T0700.json").read_text())
    assert record["code"] == 0
    again = play("run_scheduled.yml", **variables, scheduled_at="2026-12-01T07:05")
    assert (again.returncode, "この回は実行済み" in again.stdout) == (0, True)
    other = play("run_scheduled.yml", **{**variables, "scheduled_playbook": "verify_evidence.yml"})
    assert (other.returncode, "E1823" in other.stdout) == (2, True)


@pytest.mark.parametrize(("moment", "code"), [("2026-11-24T07:30", 0), ("2026-11-23T07:30", 3), ("2028-01-05T07:30", 1)])
def test_exit_codes_of_the_gate(moment: str, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gate", "publish_ledgers", "--at", moment]) == code
    out = capsys.readouterr()
    assert {0: "実行します", 3: "勤労感謝の日", 1: "E1803"}[code] in out.out + out.err


def test_the_gate_runs_the_policys_playbook_and_hands_its_exit_code_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that writes its words down stands in the place of ansible-playbook."""
    schedule = read_schedules(Ward(REPOSITORY / "inventories" / "sample")).get("publish_ledgers")
    records, slot = Records(tmp_path / "gate"), schedule.slots(dt.date(2026, 11, 20))[0]
    program = tmp_path / ".venv" / "bin" / "ansible-playbook"
    monkeypatch.setattr(wardops.gate, "REPOSITORY", tmp_path)
    with pytest.raises(WardopsError, match="E1824"):
        wardops.gate._run(schedule, slot, records)
    (tmp_path / "gate" / "publish_ledgers" / f"{slot.key}.json").unlink()
    program.parent.mkdir(parents=True)
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@" > words\nexit 7\n')
    program.chmod(0o755)
    assert wardops.gate._run(schedule, slot, records) == 7
    assert (tmp_path / "words").read_text().splitlines() == [
        "-i",
        "localhost,",
        f"{tmp_path}/playbooks/publish_ledgers.yml",
        "--extra-vars",
        '{"publish_within": 90}',
    ]
    record = json.loads((tmp_path / "gate" / "publish_ledgers" / f"{slot.key}.json").read_text())
    assert record["code"] == 7
    assert wardops.gate._run(schedule, slot, records) == 0  # taken
