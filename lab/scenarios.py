"""Molecule in the lab: every role's scenario runs on the control host, against the lab's Linux hosts."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from . import lifecycle
from .state import Lab, LabError

ROOT = Path(__file__).parent.parent
ROLES = ROOT / "roles"


def available() -> list[str]:
    """The roles that have a scenario."""
    return sorted(path.parent.parent.parent.name for path in ROLES.glob("*/molecule/default/molecule.yml"))


def test(lab: Lab, roles: list[str]) -> int:
    """``molecule test`` of these roles, or of all; the lab is built when it is not up, and then also removed.

    :raises LabError: a role has no scenario.
    """
    unknown = sorted(set(roles) - set(available()))
    if unknown:
        raise LabError(f"no scenario for {', '.join(unknown)}; there are: {', '.join(available())}")
    was_up = lab.ready.exists()
    lifecycle.up(lab)
    failed = []
    try:
        for role in roles or available():
            begin = time.monotonic()
            code = _molecule(lab, role)
            print(f"molecule {role}: {'ok' if code == 0 else f'FAILED ({code})'} in {time.monotonic() - begin:.0f} s", flush=True)
            if code:
                failed.append(role)
    finally:
        if not was_up:
            lifecycle.down(lab)
    return 1 if failed else 0


def _molecule(lab: Lab, role: str) -> int:
    command = [sys.executable, "-m", "lab", "run", "--", "env", f"--chdir={ROLES / role}", "molecule", "test"]
    # what Molecule keeps between its steps goes away with the lab, and two runs of one role do not meet
    state = {"MOLECULE_EPHEMERAL_DIRECTORY": str(lab.root / "molecule" / role), "NO_COLOR": "1"}
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **state}, check=False).returncode
