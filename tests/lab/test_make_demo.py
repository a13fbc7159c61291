"""``make demo`` as a newcomer runs it: everything verified, exit code 0, nothing left behind."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from wardops.demo import STEPS

REPOSITORY = Path(__file__).parents[2]


def test_make_demo_verifies_everything_and_leaves_nothing() -> None:
    done = subprocess.run(
        ["make", "demo"],
        cwd=REPOSITORY,
        env={**os.environ, "LAB": "demo"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=1200,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:]
    table = [line for line in done.stdout.splitlines() if line.startswith("|")]
    assert sum(line.endswith("| OK |") for line in table) == len(STEPS) > 12, done.stdout[-6000:]
    assert "everything was verified" in done.stdout
    assert not Path("/run/wardlab/demo").exists()
    changed = subprocess.run(["git", "status", "--short", "inventories"], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert changed.stdout == ""
