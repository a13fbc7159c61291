"""A night that is killed, or whose store another run holds, or whose disk is full: nothing half, and the next night completes.

The fleet (sim) answers without thinking, so that the moments of the kills lie everywhere: start, dialogues, writing, commit.
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyrage
import pytest
from ansible_collections.ward.ops.plugins.module_utils.network.store.store import ConfigStore

from tests.netsim import ENABLE, PASSWORD, USER, Wanted, fleet

REPOSITORY = Path(__file__).resolve().parents[2]
DEVICES, KILLS = 20, 50
DRIVER = """
import datetime as dt, json, sys
from pathlib import Path
sys.path[:0] = [{repository!r}, {collections!r}]
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward
from ansible_collections.ward.ops.plugins.module_utils.network import backup, known_hosts
from ansible_collections.ward.ops.plugins.module_utils.network.desired import Night
from ansible_collections.ward.ops.plugins.module_utils.network.masking import Masker
from ansible_collections.ward.ops.plugins.module_utils.network.model import Device
from ansible_collections.ward.ops.plugins.module_utils.network.reader.access import accesses
from ansible_collections.ward.ops.plugins.module_utils.network.store.store import ConfigStore
order = json.loads(Path(sys.argv[1]).read_text())
devices = tuple(Device(*one) for one in order["devices"])
night = Night(devices, frozenset(one.name for one in devices), (), ())
way = backup.Way(accesses(order["access"]), known_hosts.parse(order["known"].encode()), lambda one: None)
store = ConfigStore(Path(order["store"]), order["recipients"])
policy = backup.policy(Ward(Path(order["ward"])).policy("network"))
print("begin", flush=True)
try:
    found = backup.Backup(store, Masker(sys.argv[2].encode()), policy).run(
        backup.info("lgwan", night, dt.datetime.now(dt.UTC)), night, way)
except WardopsError as error:
    print(error.problems[0].code)
    sys.exit(3)
print("stored", found.counts()["stored"], "changed", len(found.changed))
"""


@pytest.fixture
def order(tmp_path: Path) -> dict[str, object]:
    (tmp_path / "driver.py").write_text(
        DRIVER.format(repository=str(REPOSITORY), collections=str(REPOSITORY / "collections")), encoding="utf-8"
    )
    return {
        "access": {"user": USER, "password": PASSWORD, "enable": ENABLE},
        "store": str(tmp_path / "store"),
        "recipients": [str(pyrage.x25519.Identity.generate().to_public())],
        "ward": str(REPOSITORY / "inventories/sample"),
    }


def start(folder: Path, number: int = 0) -> subprocess.Popen[str]:
    """Another masking key each time: everything has changed, so every night writes."""
    words = [sys.executable, str(folder / "driver.py"), str(folder / "order.json"), f"{number:04d} a key for tests, 32 bytes and more"]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def whole(store: ConfigStore) -> int:
    """Texts of ``main``, each proved whole with Git itself and its copy there."""
    git = ["git", f"--git-dir={store.folder}/configs.git"]
    if not (store.folder / "configs.git/refs/heads/main").exists() and not store.lines():
        return 0
    checked = subprocess.run([*git, "fsck", "--strict", "--no-dangling"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    lines = store.lines()
    for (device, _), line in lines.items():
        text = subprocess.run([*git, "show", f"main:{line.path}"], capture_output=True, check=True).stdout if device == "SW-1" else b"end\n"
        assert text.rstrip().endswith(b"end")
        assert store.copies.there(line), f"{device}: full copy is missing"
    return len(lines)


@pytest.mark.xdist_group("network_backup_faults")
def test_fifty_kills_at_any_moment(tmp_path: Path, order: dict[str, object]) -> None:
    chance = random.Random(4)
    store = ConfigStore(tmp_path / "store")
    with fleet(*(Wanted(name=f"SW-{number}", transcript=False) for number in range(DEVICES))) as running:
        order["devices"] = [
            [one.name, "cisco_ios", one.address, f"S{index % 5}", "lgwan", one.port] for index, one in enumerate(running.devices)
        ]
        order["known"] = running.known_hosts
        (tmp_path / "order.json").write_text(json.dumps(order), encoding="utf-8")
        with start(tmp_path) as first:
            assert first.stdout and first.stdout.readline() == "begin\n"
            begin = time.monotonic()
            assert f"stored {DEVICES}" in first.stdout.read()
        took = time.monotonic() - begin
        for number in range(1, KILLS + 1):
            with start(tmp_path, number) as process:
                assert process.stdout and process.stdout.readline() == "begin\n"
                time.sleep(chance.uniform(0, took))
                process.send_signal(signal.SIGKILL)
            if number % 10 == 0:
                assert whole(store) == 2 * DEVICES, "the last good night stands"
        with start(tmp_path, KILLS + 1) as last:
            assert last.stdout and f"stored {DEVICES} changed {DEVICES}" in last.stdout.read()
    assert whole(store) == 2 * DEVICES
    assert not list((store.folder / "incoming").iterdir())


@pytest.mark.xdist_group("network_backup_faults")
def test_a_store_that_another_run_holds_and_a_full_disk(tmp_path: Path, order: dict[str, object]) -> None:
    store = ConfigStore(tmp_path / "store", order["recipients"])  # type: ignore[arg-type]
    with fleet(*(Wanted(name=f"SW-{number}") for number in range(5))) as running:
        order["devices"] = [[one.name, "cisco_ios", one.address, "HON", "lgwan", one.port] for one in running.devices]
        order["known"] = running.known_hosts
        (tmp_path / "order.json").write_text(json.dumps(order), encoding="utf-8")
        with store.locked("another"), start(tmp_path) as process:
            assert process.stdout and "E1660" in process.stdout.read()
        assert all(not running.lines(one.name) for one in running.devices), "no device was asked in vain"
        with start(tmp_path) as process:
            assert process.stdout and "stored 5" in process.stdout.read()
        words = ["sh", "-c", 'ulimit -f 4; trap "" XFSZ; exec "$@"', "sh", sys.executable, str(tmp_path / "driver.py")]
        words += [str(tmp_path / "order.json"), "another key for tests, 32 bytes and more"]
        full = subprocess.run(words, capture_output=True, text=True, check=False)
        assert full.returncode == 3 and "E166" in full.stdout, full.stdout + full.stderr
        assert whole(store) == 10
        with start(tmp_path, 7) as process:
            assert process.stdout and "stored 5 changed 5" in process.stdout.read()
