"""``fleet.batch.3k``: a check of 3,000 hosts as one task for the set, whole run, beside one task per host.

Both plays check the same columns of the same rows. Evidence is switched off for both; the peer would pay more for it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

from . import wards
from .harness import BIN, REPOSITORY, Command, Figure, interleaved, median, report

HOSTS = 3_000
_REQUIREMENTS = [
    {"ledger": "terminals", "status": ["setup", "active", "lent"], "columns": ["vlan", "serial", "dept_code", "site"]},
    {"ledger": "terminals", "status": ["active"], "columns": ["ring", "os_version"]},
]


def _play(playbook: Path, check: Callable[[str], None], *arguments: str) -> Command:
    argv = [str(BIN / "ansible-playbook"), "-i", str(wards.ward(HOSTS)), str(playbook), *arguments]
    evidence = str(wards.FOLDER / "evidence")
    # check mode: neither play changes anything, and no evidence is written
    return Command([*argv, "--check"], {"WARDOPS_LAYER": "lgwan", "WARDOPS_EVIDENCE": evidence}, check=check)


def _all_in_one(output: str) -> None:
    if f"{HOSTS} hosts are complete" not in output:
        raise RuntimeError(output[-2000:])


def _each(output: str) -> None:
    good = len(re.findall(r": ok=1 .* failed=0", output))
    if good != HOSTS:
        raise RuntimeError(f"{good} of {HOSTS} hosts were checked")


def batch() -> None:
    wards.bytecode()
    extra = json.dumps({"fleet_requirements": _REQUIREMENTS})
    commands = {
        "ours": _play(REPOSITORY / "playbooks" / "check_fleet.yml", _all_in_one, "-e", extra),
        "peer": _play(Path(__file__).parent / "peers" / "check_each_host.yml", _each),
    }
    # the peer takes more than a minute a run; its warm-up would tell nothing
    measures = interleaved(commands, warmup=0)
    ours, peer = median(measures["ours"], "cpu"), median(measures["peer"], "cpu")
    wall = f"wall {median(measures['ours'], 'wall'):.1f} s against {median(measures['peer'], 'wall'):.1f} s; {HOSTS} hosts, forks 10"
    report(Figure("fleet.batch.3k", ours, peer, "assert, one task per host", "ratio >= 40", "CPU s", wall))


FIGURES = {"fleet.batch.3k": batch}
