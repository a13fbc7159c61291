"""Simulated Windows terminals for tests: a small world behind ``lab/patchsim/windows``."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lab.patchsim.windows.machine import Pace
from lab.patchsim.windows.site import Site, Spec
from lab.patchsim.world import World
from lab.patchsim.worldfile import build

USER, PASSWORD = "ansible", "P4ssw0rd of the sim"
GUID = "00000000-0000-4000-8000-00000000000{}"
FAST = Pace(grace=0.0, boot=0.6)
ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = {"$PSVersionTable.PSVersion.ToString()": "5.1.26100.1"}


def world(names: Sequence[str], updates: int = 2) -> World:
    """Terminals for which all updates are approved; nothing is left to chance."""
    words: dict[str, Any] = {
        "now": "2027-01-13T20:00:00+09:00",
        "habits": "quiet",
        "terminals": [{"name": name, "model": "合成 N14"} for name in names],
        "updates": [
            {"guid": GUID.format(number), "title": f"2027-01 合成更新 {number} (KB590000{number})", "kbs": [5900000 + number]}
            for number in range(1, updates + 1)
        ],
        "approvals": [{"update": GUID.format(number), "group": "all"} for number in range(1, updates + 1)],
    }
    return build(words)


def site(folder: Path, names: Sequence[str], *, of: World | None = None, plain: bool = False) -> Site:
    """Terminals that listen. Their state is kept in ``folder/state``."""
    there = of or world(names)
    number = sum(1 for _ in folder.glob("tls*"))
    spec = Spec({USER: PASSWORD}, folder / f"tls{number}", folder / "state", plain=plain, pace=FAST, answers=SCRIPTS)
    return Site(there, there.terminals.values(), spec)


def ansible(folder: Path, *words: str, password: str = PASSWORD, **environment: str) -> subprocess.CompletedProcess[str]:
    """A program of Ansible as an operator would run it, without the repository's own settings for evidence."""
    settings = folder / "ansible.cfg"
    settings.write_text(f"[defaults]\ncollections_path = {ROOT}/collections\ninterpreter_python = auto\nforks = 10\n", encoding="utf-8")
    surroundings = {**os.environ, "ANSIBLE_CONFIG": str(settings), "WARDOPS_WINDOWS_USER": USER, "WARDOPS_WINDOWS_PASSWORD": password}
    return subprocess.run(words, cwd=folder, env={**surroundings, **environment}, capture_output=True, text=True, timeout=120, check=False)
