"""``sweep_reachability.yml`` in a namespace in which chosen devices of the sample ward answer; real fping, real echoes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
LEDGER = REPOSITORY / "inventories" / "sample" / "ledgers" / "network_devices.csv"
DEAD_SITE, DEAD_SWITCH = "DBK", "HON-03-L2-05"


def addresses() -> dict[str, str]:
    """Name and address of the LGWAN layer's devices in operation, read without our own code."""
    lines = [line.split(",") for line in LEDGER.read_text(encoding="utf-8").splitlines()]
    header = lines[0]
    rows = [dict(zip(header, line, strict=True)) for line in lines[1:]]
    return {row["name"]: row["mgmt_ip"] for row in rows if row["layer"] == "lgwan" and row["status"] == "active"}


@pytest.fixture
def answering(tmp_path: Path) -> Path:
    """Commands for ``ip -batch`` that make all devices but the dead ones answer on the loopback interface."""
    alive = [address for name, address in addresses().items() if not name.startswith(DEAD_SITE) and name != DEAD_SWITCH]
    batch = tmp_path / "addresses"
    batch.write_text("link set lo up\n" + "".join(f"addr add {address}/32 dev lo\n" for address in alive), encoding="ascii")
    return batch


def sweep(batch: Path, folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    program = str(Path(sys.executable).parent / "ansible-playbook")
    variables = {"sweep_folder": str(folder), "sweep_tries": 2, "sweep_wait": 200}
    command = [program, "-i", "inventories/sample/lgwan", "playbooks/sweep_reachability.yml", "-e", json.dumps(variables), *more]
    environment = {**os.environ, "WARDOPS_LAYER": "lgwan", "WARDOPS_EVIDENCE": str(batch.parent / "evidence"), "ANSIBLE_NOCOLOR": "1"}
    return subprocess.run(
        [
            "unshare",
            "--net",
            "sh",
            "-c",
            'ip -batch "$0" && exec "$@"',
            str(batch),
            *command,
            "-e",
            "sweep_tries=2",
            "-e",
            "sweep_wait=200",
        ],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        env=environment,
        timeout=120,
        check=False,
    )


def test_a_drill(answering: Path, tmp_path: Path) -> None:
    """covers: E1733"""
    folder = tmp_path / "out"
    assert sweep(answering, folder, "--check").returncode == 2
    assert not folder.exists()

    done = sweep(answering, folder)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "E1733" in done.stdout and f"{DEAD_SWITCH}: E1733" in done.stdout and "Traceback" not in done.stdout + done.stderr
    written = json.loads((folder / "reachability.json").read_text(encoding="utf-8"))
    names = addresses()
    silent = {name for name in names if name.startswith(DEAD_SITE) or name == DEAD_SWITCH}
    assert {one["name"] for one in written["devices"]} == set(names)
    assert {one["name"] for one in written["devices"] if one["answered"] == 0} == silent
    verdicts = {site["code"]: (site["verdict"], site["causes"]) for site in written["sites"]}
    assert verdicts.pop(DEAD_SITE) == ("全て不通", ["DBK-01-RT-01"])
    assert verdicts.pop("HON") == ("一部不通", [DEAD_SWITCH])
    assert all(verdict == "疎通" for verdict, _ in verdicts.values())


def test_only_a_site_and_without_failing(answering: Path, tmp_path: Path) -> None:
    assert sweep(answering, tmp_path / "out", "--limit", "site_KMA").returncode == 0
    done = sweep(answering, tmp_path / "out", "--limit", "site_DBK", "-e", "sweep_fail=false")
    assert done.returncode == 0
    assert {one["site"] for one in json.loads((tmp_path / "out" / "reachability.json").read_text())["devices"]} == {DEAD_SITE}
