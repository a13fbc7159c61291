"""A night that is killed, or whose store another run holds, or whose disk is full: nothing half, and the next night completes.

The fleet (sim) answers without thinking, so that the moments of the kills lie everywhere: start, dialogues, writing, commit.
"""

from __future__ import annotations

import contextlib
import json
import os
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
#: devices and kills: fifty nights of 600 devices would be a sixth of all tests' time
NIGHTS = [(600, 15), (60, 35)]
DRIVER = """
import datetime as dt, json, os, sys
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


def run(key):
    policy = backup.policy(Ward(Path(order["ward"])).policy("network"))
    store = ConfigStore(Path(order["store"]), order["recipients"])
    try:
        found = backup.Backup(store, Masker(key.encode()), policy).run(backup.info("lgwan", night, dt.datetime.now(dt.UTC)), night, way)
    except WardopsError as error:
        print(error.problems[0].code, flush=True)
        return 3
    print("stored", found.counts()["stored"], "changed", len(found.changed), flush=True)
    return 0


# each line of input is a key: a night in a process of its own, which is a copy of this one, for importing takes longer than a night
for line in sys.stdin:
    child = os.fork()
    if not child:
        os._exit(run(line.strip()))
    print(child, flush=True)
    print("exit", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
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


class Nights:
    """The process that nights are copies of."""

    def __init__(self, folder: Path, *limits: str) -> None:
        words = [*limits, sys.executable, str(folder / "driver.py"), str(folder / "order.json")]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        self._process = subprocess.Popen(words, text=True, **pipes)  # type: ignore[call-overload]

    def begin(self, number: int) -> int:
        """Another masking key each time: everything has changed, so every night writes.

        :returns: the night's process.
        """
        self._process.stdin.write(f"{number:04d} a key for tests, 32 bytes and more\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def end(self) -> tuple[int, str]:
        """Exit code (negative: the signal that killed it), and what it said."""
        said = ""
        while not (line := self._process.stdout.readline()).startswith("exit "):
            assert line, said
            said += line
        return int(line.split()[1]), said

    def __enter__(self) -> Nights:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


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
@pytest.mark.parametrize(("devices", "kills"), NIGHTS)
def test_fifty_kills_at_any_moment(tmp_path: Path, order: dict[str, object], devices: int, kills: int) -> None:
    chance = random.Random(4)
    store = ConfigStore(tmp_path / "store")
    with fleet(*(Wanted(name=f"SW-{number}", transcript=False) for number in range(devices))) as running:
        order["devices"] = [
            [one.name, "cisco_ios", one.address, f"S{index % 5}", "lgwan", one.port] for index, one in enumerate(running.devices)
        ]
        order["known"] = running.known_hosts
        (tmp_path / "order.json").write_text(json.dumps(order), encoding="utf-8")
        with Nights(tmp_path) as nights:
            nights.begin(0)
            begin = time.monotonic()
            assert nights.end() == (0, f"stored {devices} changed {devices}\n")
            took = time.monotonic() - begin
            killed = 0
            for number in range(1, kills + 1):
                process = nights.begin(number)
                time.sleep(chance.uniform(0, took))
                with contextlib.suppress(ProcessLookupError):  # this night was quicker than the first one
                    os.kill(process, signal.SIGKILL)
                killed += nights.end()[0] == -signal.SIGKILL
                if number % 5 == 0:
                    assert whole(store) == 2 * devices, "the last good night stands"
            assert killed >= kills * 0.8
            nights.begin(kills + 1)
            assert nights.end() == (0, f"stored {devices} changed {devices}\n")
    assert whole(store) == 2 * devices
    assert not list((store.folder / "incoming").iterdir())


@pytest.mark.xdist_group("network_backup_faults")
def test_a_store_that_another_run_holds_and_a_full_disk(tmp_path: Path, order: dict[str, object]) -> None:
    store = ConfigStore(tmp_path / "store", order["recipients"])  # type: ignore[arg-type]
    with fleet(*(Wanted(name=f"SW-{number}") for number in range(5))) as running:
        order["devices"] = [[one.name, "cisco_ios", one.address, "HON", "lgwan", one.port] for one in running.devices]
        order["known"] = running.known_hosts
        (tmp_path / "order.json").write_text(json.dumps(order), encoding="utf-8")
        with Nights(tmp_path) as nights:
            with store.locked("another"):
                nights.begin(0)
                assert nights.end() == (3, "E1660\n")
            assert all(not running.lines(one.name) for one in running.devices), "no device was asked in vain"
            nights.begin(0)
            assert nights.end() == (0, "stored 5 changed 5\n")
        with Nights(tmp_path, "sh", "-c", 'ulimit -f 4; trap "" XFSZ; exec "$@"', "sh") as full:
            full.begin(1)
            code, said = full.end()
            assert code == 3 and "E166" in said, said
        assert whole(store) == 10
        with Nights(tmp_path) as nights:
            nights.begin(7)
            assert nights.end() == (0, "stored 5 changed 5\n")
