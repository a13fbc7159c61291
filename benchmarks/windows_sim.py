"""``winsim.hosts``: simulated Windows terminals (sim) of one process, all of them asked at once by unmodified Ansible.

Every terminal is pinged, searched for updates and updated, with a restart, in one play with as many forks as terminals. There is no peer:
nothing else plays a Windows for Ansible. The figure is how many terminals came through without a failure.
"""

from __future__ import annotations

import json
import os
import resource
import secrets
import shutil
import subprocess
import time
from pathlib import Path

import yaml

from .harness import BIN, PYTHON, REPOSITORY, Figure, report

FOLDER = REPOSITORY / "build" / "bench" / "winsim"
TERMINALS = 200
GUID = "00000000-0000-4000-8000-000000000001"
PLAY = [
    {
        "hosts": "all",
        "gather_facts": False,
        "tasks": [
            {"ansible.windows.win_ping": {}},
            {"ansible.windows.win_updates": {"server_selection": "managed_server", "category_names": ["*"], "reboot": True}},
        ],
    }
]


def _world() -> Path:
    words = {
        "now": "2027-01-13T20:00:00+09:00",
        "habits": "quiet",
        "terminals": [{"name": f"LG-SIM-{number:03d}", "model": "合成 N14"} for number in range(1, TERMINALS + 1)],
        "updates": [{"guid": GUID, "title": "2027-01 合成更新 (KB5900001)", "kbs": [5900001]}],
        "approvals": [{"update": GUID, "group": "all"}],
    }
    (FOLDER / "world.yml").write_text(yaml.safe_dump(words, allow_unicode=True), encoding="utf-8")
    (FOLDER / "play.yml").write_text(yaml.safe_dump(PLAY), encoding="utf-8")
    (FOLDER / "ansible.cfg").write_text(
        f"[defaults]\ncollections_path = {REPOSITORY}/collections\nforks = {TERMINALS}\nstdout_callback = json\n", encoding="utf-8"
    )
    return FOLDER / "world.yml"


def hosts() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    world, password = _world(), secrets.token_urlsafe(18)
    words = ["-m", "lab.patchsim", "windows", "--world", str(world), "--state", str(FOLDER / "state")]
    words += ["--inventory", str(FOLDER / "hosts.yml"), "--boot", "1"]
    env = {**os.environ, "WARDOPS_SIM_PASSWORD": password, "ANSIBLE_CONFIG": str(FOLDER / "ansible.cfg")}
    env |= {"WARDOPS_WINDOWS_USER": "ansible", "WARDOPS_WINDOWS_PASSWORD": password}
    with subprocess.Popen([PYTHON, *words], cwd=REPOSITORY, env=env, stdout=subprocess.PIPE, text=True) as sim:
        try:
            if not sim.stdout or json.loads(sim.stdout.readline())["terminals"] != TERMINALS:
                raise RuntimeError("the terminals do not listen")
            before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
            command = [str(BIN / "ansible-playbook"), "-i", str(FOLDER / "hosts.yml"), str(FOLDER / "play.yml")]
            done = subprocess.run(command, cwd=FOLDER, env=env, capture_output=True, text=True, check=False)
            took, after = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
            memory = _memory(sim.pid)
        finally:
            sim.terminate()
    if not done.stdout.lstrip().startswith("{"):
        raise RuntimeError(done.stdout[-2000:] + done.stderr[-2000:])
    stats = json.loads(done.stdout)["stats"]
    good = sum(1 for one in stats.values() if one["ok"] == 2 and one["changed"] == 1 and not one["failures"] and not one["unreachable"])
    cpu = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / TERMINALS
    note = (
        f"pinged, updated and restarted in {took:.0f} s, {TERMINALS} forks; Ansible {cpu:.2f} CPU s each; simulator {memory:.0f} MiB; 1 run"
    )
    report(Figure("winsim.hosts", float(good), None, None, f"ours >= {TERMINALS}", "terminals without a failure", note))


def _memory(pid: int) -> float:
    """Resident MiB at most so far (proc(5))."""
    text = Path(f"/proc/{pid}/status").read_text("ascii")
    return int(next(line for line in text.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


FIGURES = {"winsim.hosts": hosts}
