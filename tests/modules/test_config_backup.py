"""``backup_configs.yml`` over simulated devices (sim): check mode, first night, second night, a bad night; looked at with git and age."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.config_store import Keys
from tests.netsim import ENABLE, PASSWORD, SESSIONS, USER, Cut, Faults, Fleet, Wanted, fleet

REPOSITORY = Path(__file__).resolve().parents[2]
MARK = "Z3cr3t"
#: device of the sample's ledger → platform; two weekly ones, one that is out of the backup
PLATFORMS = {
    "DBK-01-DS-01": "cisco_ios",
    "DBK-01-L2-01": "alaxala_ax26s",
    "DBK-01-L2-02": "yamaha",
    "DBK-01-L2-03": "apresia_aeos",
    "DBK-01-L2-04": "nec_ix",
    "DBK-01-L2-05": "cisco_ios",
}
WEEKLY, NEVER = "DBK-01-L2-05", "DBK-01-L2-06"


class Night:
    """A ward with these devices, its store, and the fleet."""

    def __init__(self, folder: Path, running: Fleet) -> None:
        self.folder, self.running = folder, running
        self.store, self.evidence = folder / "store", folder / "evidence"
        self.keys = Keys(folder)
        (folder / "known_hosts").write_text(running.known_hosts, encoding="ascii")
        sample = REPOSITORY / "inventories/sample"
        shutil.copytree(sample / "policies", folder / "ward/policies")
        for path in sample.glob("ledgers/**/*.csv"):
            target = folder / "ward" / path.relative_to(sample)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(path.read_text(encoding="utf-8").partition("\n")[0] + "\n", encoding="utf-8")
        with (sample / "ledgers/network_devices.csv").open(encoding="utf-8", newline="") as stream:
            row = next(row for row in csv.DictReader(stream) if row["name"] == "DBK-01-DS-01")
        with (folder / "ward/ledgers/network_devices.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, row, lineterminator="\n")
            writer.writeheader()
            for number, (name, profile) in enumerate({**PLATFORMS, NEVER: "cisco_ios"}.items()):
                own = {
                    "name": name,
                    "asset_id": f"A{number:07d}",
                    "serial": f"SYN{number:05d}",
                    "mac": f"024b5400000{number}",
                    "uplink": "",
                }
                often = "weekly" if name == WEEKLY else "none" if name == NEVER else "daily"
                address = f"127.28.9.{number + 1}"
                writer.writerow({**row, **own, "os_profile": profile, "mgmt_ip": address, "config_backup": often})
        source = folder / "ward/lgwan/ledger.yml"
        source.parent.mkdir()
        source.write_text("plugin: ward.ops.ledger\nlayer: lgwan\nward: ..\nshared: .\n", encoding="utf-8")

    def run(self, *more: str, password: str = PASSWORD) -> subprocess.CompletedProcess[str]:
        variables = {
            "network_config_store": str(self.store),
            "network_config_recipients": self.keys.recipients,
            "network_known_hosts": str(self.folder / "known_hosts"),
            "network_port": PORT,
        }
        secrets = {"WARDOPS_NETWORK_USER": USER, "WARDOPS_NETWORK_PASSWORD": password, "WARDOPS_NETWORK_ENABLE": ENABLE}
        environment = {
            **os.environ,
            **secrets,
            "WARDOPS_CONFIG_MASK_KEY": "a key for tests only, 32 bytes and more",
            "WARDOPS_LAYER": "lgwan",
            "WARDOPS_EVIDENCE": str(self.evidence),
            "ANSIBLE_NOCOLOR": "1",
        }
        program = str(Path(sys.executable).parent / "ansible-playbook")
        words = [
            program,
            "-i",
            str(self.folder / "ward/lgwan/ledger.yml"),
            "playbooks/backup_configs.yml",
            "-vvv",
            "-e",
            json.dumps(variables),
        ]
        return subprocess.run([*words, *more], capture_output=True, text=True, cwd=REPOSITORY, env=environment, timeout=120, check=False)

    def git(self, *words: str) -> str:
        command = ["git", f"--git-dir={self.store}/configs.git", *words]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()

    def files(self) -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in sorted(self.store.rglob("*")) if path.is_file()}


PORT = 2298


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Night]:
    wanted = [
        Wanted(name=name, session=session, address=f"127.28.9.{number + 1}", port=PORT)
        for number, (name, session) in enumerate(PLATFORMS.items())
    ]
    with fleet(*wanted) as running:
        yield Night(tmp_path, running)


def counts(done: subprocess.CompletedProcess[str]) -> dict[str, int]:
    block = done.stdout.partition("backup_configs_done.counts:")[2].partition("\n\n")[0]
    return {name: int(count) for name, count in re.findall(r"^ +(\w+): (\d+)$", block, re.MULTILINE)}


@pytest.mark.xdist_group("config_backup")
def test_four_steps_and_no_secret_anywhere(night: Night) -> None:
    checked = night.run("--check", "--diff")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert not night.files() and not list(night.evidence.glob("0*")), "check mode stores nothing"
    assert counts(checked)["changed"] == len(PLATFORMS)
    assert "+hostname DBK-01-DS-01" in checked.stdout and "<secret:" in checked.stdout

    first = night.run()
    assert first.returncode == 0, first.stdout + first.stderr
    assert counts(first) == {**counts(checked), "stored": len(PLATFORMS)}
    stored = {path.split("/")[1] for path in night.git("ls-tree", "-r", "--name-only", "main").split() if path.endswith("running.txt")}
    assert stored == set(PLATFORMS)
    copy = next((night.store / "full/DBK-01-DS-01").glob("*-running*.age"))
    opened = subprocess.run(
        ["sh", "-c", 'age -d -i "$1" "$2" | gunzip', "sh", str(night.keys.files[1]), str(copy)], capture_output=True, text=True, check=True
    )
    assert MARK in opened.stdout and "hostname DBK-01-DS-01" in opened.stdout

    second = night.run()
    assert second.returncode == 0 and re.search(r"changed=0 ", second.stdout), second.stdout
    assert (counts(second)["not_due"], counts(second)["excluded"]) == (1, 1)
    assert night.git("rev-list", "--count", "main") == "1"
    limited = night.run("--limit", WEEKLY)
    assert counts(limited)["devices"] == 1, "who names a weekly device wants it now"

    said = "".join(done.stdout + done.stderr for done in (checked, first, second, limited))
    assert night.git("fsck", "--strict") == ""
    everything = night.git("log", "-p", "--all") + "".join(path.read_text(encoding="utf-8") for path in night.evidence.glob("*.json"))
    secrets = (SESSIONS / "secrets.txt").read_text(encoding="utf-8").split()
    for where in (said, everything, (night.store / "status.json").read_text(encoding="utf-8")):
        assert MARK not in where and not [one for one in secrets if one in where]
    assert not [path for path, data in night.files().items() if MARK.encode() in data]


@pytest.mark.xdist_group("config_backup")
def test_a_bad_night_is_told_and_keeps_what_was_good(night: Night) -> None:
    """covers: E1634"""
    assert night.run().returncode == 0
    before = night.git("rev-parse", "main")
    device = night.running.by_name["DBK-01-DS-01"]
    device.set_faults(Faults(cut=Cut(command="config", at=0.5, how="prompt")))
    device = night.running.by_name["DBK-01-L2-01"]
    device.set_text("running", "\n".join([*device.text("running").splitlines()[:30], "!"]) + "\n")
    done = night.run("--diff")
    assert done.returncode == 2 and "E1634" in done.stdout, done.stdout
    assert "DBK-01-DS-01 incomplete" in done.stdout and "DBK-01-L2-01 shrunk" in done.stdout
    assert night.git("rev-parse", "main") == before, "neither is stored"
    status = json.loads((night.store / "status.json").read_text(encoding="utf-8"))["devices"]
    assert (status["DBK-01-DS-01"]["status"], status["DBK-01-L2-01"]["status"]) == ("incomplete", "shrunk")
    assert status["DBK-01-DS-01"]["success_at"] and status["DBK-01-DS-01"]["failures"] == 1
    night.running.by_name["DBK-01-DS-01"].set_faults(Faults())
    accepted = night.run("-e", '{"backup_shrunk": ["DBK-01-L2-01"]}')
    assert accepted.returncode == 0 and night.git("rev-list", "--count", "main") == "2", accepted.stdout
