"""``molecule test`` of every role, each in a lab of its own: real hosts, converged twice, verified, removed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir() if (path / "tasks").is_dir())


@pytest.mark.parametrize("role", ROLES)
def test_role(role: str) -> None:
    assert (ROOT / "roles" / role / "molecule/default/molecule.yml").is_file(), f"{role} has no scenario"
    environment = {**os.environ, "LAB": f"mol{ROLES.index(role)}"}
    command = [sys.executable, "-m", "lab", "molecule", role]
    # no standard input and no terminal, like in CI; the end of the output names the step that failed
    run = subprocess.run(
        command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=900
    )
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
