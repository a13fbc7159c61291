"""``playbooks/check_follow_ups.yml`` as cron runs it: exit code 2 exactly when something is overdue; check mode writes nothing."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.unit.life.wards import REPOSITORY, keep, life_of, set_today


def play(ward: Path, report: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = ["ansible-playbook", "-i", "localhost,", "playbooks/check_follow_ups.yml"]
    command += ["-e", f"follow_ups_ward={ward}", "-e", f"follow_ups_report={report}", *words]
    environment = {**os.environ, "WARDOPS_EVIDENCE": str(report.parent / "evidence")}
    return subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)


def test_it_fails_exactly_when_something_is_overdue(ward: Path, tmp_path: Path) -> None:
    report = tmp_path / "report"
    life = life_of(ward)
    life.take("A0000001", "withdraw", {"return_due": "2026-12-25"})
    keep(life.book)
    good = play(ward, report)
    assert good.returncode == 0, good.stdout
    assert "ありません" in (report / "後続作業.html").read_text(encoding="utf-8")
    set_today(ward, "2026-11-24")
    other = tmp_path / "other"
    tried = play(ward, other, "--check")
    assert tried.returncode == 2 and not other.exists()
    late = play(ward, report)
    assert late.returncode == 2
    assert "期限切れ A0000001/4/radius" in late.stdout
    assert "LG25N00001" in (report / "後続作業.csv").read_text(encoding="utf-8-sig")
