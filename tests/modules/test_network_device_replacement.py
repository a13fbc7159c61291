"""A night's backup of every platform, a dead switch and its successor, as playbooks (sim): four steps, and no secret of any fixture in
anything that is written or said, nor in the arguments of any process.

What a device's simulator itself was typed is not looked at: a configuration has to get there with its secrets.
"""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.network import platform

from tests.config_store import Keys
from tests.netsim import ENABLE, PASSWORD, SESSIONS, USER, Fleet, Wanted, fleet

REPOSITORY = Path(__file__).resolve().parents[2]
PORT = 2297
PLATFORMS = [name for name in platform.names() if name != "linux"]
DEAD, SPARE, BY_HAND = "DBK-01-DS-01", "DBK-01-SP-01", "DBK-01-SP-02"
SECRETS = ["Z3cr3t", *(SESSIONS / "secrets.txt").read_text(encoding="utf-8").split()]


def place(profile: str) -> str:
    return DEAD if profile == "cisco_ios" else f"DBK-01-{profile[:8].upper().replace('_', '-')}-{PLATFORMS.index(profile):02}"


class Office:
    """A ward with one device of each platform and two spares, its store, and what was said so far."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.keys, self.said = folder, Keys(folder), ""
        self.store, self.arguments = folder / "store", set[str]()
        sample = REPOSITORY / "inventories/sample"
        shutil.copytree(sample / "policies", folder / "ward/policies")
        for path in sample.glob("ledgers/**/*.csv"):
            target = folder / "ward" / path.relative_to(sample)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(path.read_text(encoding="utf-8").partition("\n")[0] + "\n", encoding="utf-8")
        with (sample / "ledgers/network_devices.csv").open(encoding="utf-8", newline="") as stream:
            row = {**next(row for row in csv.DictReader(stream) if row["name"] == DEAD), "uplink": ""}
        rows = [{**row, "name": place(one), "os_profile": one, "mgmt_ip": f"127.28.8.{number + 1}"} for number, one in enumerate(PLATFORMS)]
        spare = {"status": "spare", "mgmt_ip": "", "vlan": "", "config_backup": "none"}
        rows += [{**row, **spare, "name": SPARE}, {**row, **spare, "name": BY_HAND, "os_profile": "fujitsu_sir"}]
        with (folder / "ward/ledgers/network_devices.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, row, lineterminator="\n")
            writer.writeheader()
            for number, one in enumerate(rows):
                writer.writerow({**one, "asset_id": f"A{number:07}", "serial": f"SYN{number:05}", "mac": f"024b540000{number:02}"})
        source = folder / "ward/lgwan/ledger.yml"
        source.parent.mkdir()
        source.write_text("plugin: ward.ops.ledger\nlayer: lgwan\nward: ..\nshared: .\n", encoding="utf-8")

    def play(self, book: str, *more: str, **extra: str) -> subprocess.CompletedProcess[str]:
        variables = {
            "network_config_store": str(self.store),
            "network_config_recipients": self.keys.recipients,
            "network_known_hosts": str(self.folder / "known_hosts"),
            "network_port": PORT,
            **extra,
        }
        environment = {
            **os.environ,
            **{"WARDOPS_NETWORK_USER": USER, "WARDOPS_NETWORK_PASSWORD": PASSWORD, "WARDOPS_NETWORK_ENABLE": ENABLE},
            **{"WARDOPS_CONFIG_MASK_KEY": "a key for tests only, 32 bytes and more", "WARDOPS_CONFIG_IDENTITY": str(self.keys.files[0])},
            **{"WARDOPS_LAYER": "lgwan", "WARDOPS_EVIDENCE": str(self.folder / "evidence"), "ANSIBLE_NOCOLOR": "1"},
        }
        program = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", str(self.folder / "ward/lgwan/ledger.yml")]
        words = [*program, f"playbooks/{book}.yml", "-vvv", "-e", json.dumps(variables), *more]
        over = threading.Event()
        watch = threading.Thread(target=self._watch, args=(over,))
        watch.start()
        try:
            done = subprocess.run(words, capture_output=True, text=True, cwd=REPOSITORY, env=environment, timeout=180, check=False)
        finally:
            over.set()
            watch.join()
        self.said += done.stdout + done.stderr
        return done

    def _watch(self, over: threading.Event) -> None:
        """What every process of the machine shows of its arguments, as anybody could see it."""
        while not over.wait(0.2):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    self.arguments.add(path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
                except OSError:
                    continue

    def replace(self, *more: str, spare: str = SPARE, dead: str = DEAD, **extra: str) -> subprocess.CompletedProcess[str]:
        names = {
            "replace_dead": dead,
            "replace_spare": spare,
            "replace_ticket": "INC-1",
            "replace_folder": str(self.folder / "papers" / dead),
        }
        return self.play("replace_network_device", "--diff", *more, **names, **extra)

    def trust(self, living: Fleet) -> None:
        (self.folder / "known_hosts").write_text(living.known_hosts, encoding="ascii")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    yield Office(tmp_path)


def address(profile: str) -> str:
    return f"127.28.8.{PLATFORMS.index(profile) + 1}"


@pytest.mark.xdist_group("config_backup")
def test_a_dead_switch_from_the_nights_backup_to_its_successor_and_no_secret_anywhere(office: Office) -> None:
    down = ["Gi1/0/26"]
    everything = [Wanted(place(one), session=one, address=address(one), port=PORT, down=down) for one in PLATFORMS]
    with fleet(*everything) as living:
        office.trust(living)
        night = office.play("backup_configs", "--diff")
        assert night.returncode == 0, night.stdout + night.stderr
        recorded = office.play("record_link_states")
        assert recorded.returncode == 0, recorded.stdout + recorded.stderr
        good = living.by_name[DEAD].text("running")
    held = json.loads((office.store / "links.json").read_text(encoding="utf-8"))
    assert held[DEAD]["down"] == down
    assert "Gi1/0/1" in held[DEAD]["up"]

    factory = Wanted(DEAD, session="cisco_ios", address=address("cisco_ios"), port=PORT, factory=True, down=[*down, "Gi1/0/2"])
    with fleet(factory) as living:
        office.trust(living)
        unit = living.by_name[DEAD]
        empty = unit.text("running")
        papers = office.replace(replace_config_file=str(office.folder / "console/config.txt"))
        assert papers.returncode == 0, papers.stdout + papers.stderr
        console = office.folder / "console/config.txt"
        assert console.stat().st_mode & 0o777 == 0o600 and b"Z3cr3t" in console.read_bytes()
        assert "Gi1/0/1" in (office.folder / "papers" / DEAD / "replacement.json").read_text(encoding="utf-8")
        sent = len(living.lines(DEAD))
        checked = office.replace("--check", replace_state="loaded")
        assert checked.returncode == 0, checked.stdout + checked.stderr
        assert re.search(r"changed=1 ", checked.stdout)
        assert "+ ntp server 10.28.0.10" in checked.stdout and re.search(
            r"\+ snmp-server community <secret:[0-9a-f]{16}> RO", checked.stdout
        )
        assert unit.text("running") == empty and not [line for line in living.lines(DEAD)[sent:] if line.startswith("conf")]
        loaded = office.replace(replace_state="loaded", replace_config_file=str(office.folder / "console/config.txt"))
        assert loaded.returncode == 2 and "E1712" in loaded.stdout, loaded.stdout
        assert "Gi1/0/2" in loaded.stdout and "Gi1/0/26" not in loaded.stdout.partition("E1712")[2].partition("\n")[0]
        assert "+ ntp server 10.28.0.10" in loaded.stdout, "the diff is what check mode said"
        texts = unit.text("running"), unit.text("startup")
        assert all("ntp server 10.28.0.10" in text and "Z3cr3t" in text for text in texts) and good.count("\n") - texts[0].count("\n") < 60
        unit.down.discard("Gi1/0/2")
        again = office.replace(replace_state="loaded")
        assert again.returncode == 0 and re.search(r"changed=0 ", again.stdout), again.stdout
    with fleet(Wanted("x", session="fujitsu_sir", address=address("fujitsu_sir"), port=PORT, factory=True)) as living:
        office.trust(living)
        person = office.replace(dead=place("fujitsu_sir"), spare=BY_HAND, replace_state="loaded")
        assert person.returncode == 2 and "E1711" in person.stdout and "(4) " in person.stdout, person.stdout
    report = office.play("report_configs", report_folder=str(office.folder / "report"))
    assert report.returncode == 2, report.stdout + report.stderr

    assert (office.folder / "console").is_dir() and not list((office.folder / "console").iterdir()), "the console file is gone"
    assert_nothing_shows_a_secret(office)


def assert_nothing_shows_a_secret(office: Office) -> None:
    assert find(office.said.encode()) == []
    assert [line for line in office.arguments if find(line.encode())] == []
    pages = json.loads((office.folder / "report/configs.json").read_text(encoding="utf-8"))
    assert DEAD not in json.dumps(pages["unsaved"]), "what was loaded is saved, and the store knows it"
    git = ["git", f"--git-dir={office.store}/configs.git", "log", "-p", "--all"]
    assert find(subprocess.run(git, capture_output=True, check=True).stdout) == []
    written = [path for path in office.folder.rglob("*") if path.is_file() and path.suffix != ".age"]
    assert {"check-sheet.html", "difference.txt", "configs.html", "compliance.json", "links.json"} <= {path.name for path in written}
    assert [(path, found) for path in written if (found := find(path.read_bytes()))] == []


def find(data: bytes) -> list[str]:
    return [one for one in SECRETS if one.encode() in data]
