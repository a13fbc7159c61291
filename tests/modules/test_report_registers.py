"""``playbooks/report_registers.yml`` four times: check mode says changed and writes nothing, then one run writes, the next does not."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def play(folder: Path, *words: str) -> tuple[int, str]:
    command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "localhost,", "playbooks/report_registers.yml"]
    command += ["-e", f"registers_folder={folder}", *words]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, env=os.environ, check=False)
    return done.returncode, done.stdout + done.stderr


def changed(output: str) -> int:
    found = re.search(r"localhost\s*: ok=\d+\s+changed=(\d+)", output)
    assert found, output[-2000:]
    return int(found[1])


def test_check_real_and_again(tmp_path: Path) -> None:
    folder = tmp_path / "registers"
    code, output = play(folder, "--check", "-e", "registers_fail=false")
    assert (code, changed(output)) == (0, 1), output[-2000:]
    assert not folder.exists()
    code, output = play(folder, "-e", "registers_fail=false")
    assert (code, changed(output)) == (0, 1), output[-2000:]
    overdue = (folder / "overdue.csv").read_text(encoding="utf-8-sig")
    assert "RP-2026-0026" in overdue and "RP-2026-0025" not in overdue  # due on 20 November and on the day itself
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}
    # cron: exit code 2 exactly because somebody must look, and still nothing written
    code, output = play(folder)
    assert (code, changed(output)) == (2, 0), output[-2000:]
    assert "E1030" in output
    assert {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()} == before
    code, output = play(folder, "--check", "-e", "registers_fail=false")
    assert (code, changed(output)) == (0, 0), output[-2000:]
