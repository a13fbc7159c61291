"""The store of configs under kills, two writers, full disks, other people's hands: whole, and the next run completes.

covers: E1660, E1661, E1662, E1663
"""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.network.store import verifying
from ansible_collections.ward.ops.plugins.module_utils.network.store.copies import Identities
from ansible_collections.ward.ops.plugins.module_utils.network.store.store import ConfigStore

from tests.config_store import SECRET, Keys, attempts, capture, everything, git, info, night

ROOT = Path(__file__).resolve().parents[2]
DEVICES = 40
# one process saves again and again, so that a kill hits a save and not the start of Python
PROGRAM = """
import sys
from pathlib import Path
sys.path[:0] = [".", "collections"]
from ansible_collections.ward.ops.plugins.module_utils.network.store.store import ConfigStore
from tests.config_store import capture, night
store, devices = ConfigStore(Path(sys.argv[1]), sys.argv[3:]), int(sys.argv[2])
print("ready", flush=True)
for number in range(10 ** 6):
    night(store, f"{sys.argv[2]}-{number}", [capture(f"HON-RT-{one:02d}", f"hostname v{number}" * 50) for one in range(devices)])
    print(number, flush=True)
"""


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path)


@pytest.fixture
def store(tmp_path: Path, keys: Keys) -> ConfigStore:
    return ConfigStore(tmp_path / "store", keys.recipients)


def refused(error: WardopsError, *codes: str) -> bool:
    return error.problems[0].code in codes


def check(store: ConfigStore, keys: Keys) -> str | None:
    """Nothing half: Git agrees, every text has its copy, all devices stand at one night. The night that ``main`` holds."""
    git(store, "fsck", "--strict")
    report = verifying.verify(store, Identities.from_file(keys.files[0]))
    assert report.problems == []
    texts = {git(store, "show", f"main:HON/HON-RT-{one:02d}/running.txt").splitlines()[1] for one in (0, DEVICES // 2, DEVICES - 1)}
    assert len(texts) == 1, "all devices are of one night"
    return git(store, "log", "-1", "--format=%(trailers:key=Run,valueonly)", "main").strip()


@pytest.mark.parametrize("group", [False, True], ids=["python-alone", "with-its-git"])
def test_saves_killed_at_random_moments_leave_a_whole_store(store: ConfigStore, keys: Keys, group: bool) -> None:
    chance = random.Random(20261124)
    night(store, "first", [capture(f"HON-RT-{one:02d}") for one in range(DEVICES)])
    unfinished = 0
    for turn in range(15):
        words = [sys.executable, "-c", PROGRAM, str(store.folder), str(DEVICES), *keys.recipients]
        child = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, start_new_session=True)
        assert child.stdout and child.stdout.readline() == b"ready\n"
        time.sleep(chance.random() * 0.25)
        if group:
            os.killpg(child.pid, signal.SIGKILL)
        else:
            child.kill()
        child.communicate()
        left = list(store.folder.glob("incoming/*")) + list(store.folder.glob("status.pending.json"))
        left += list(store.folder.glob("configs.git/objects/pack/tmp_*"))
        unfinished += bool(left)
        for path in store.folder.rglob("*"):
            assert path.is_dir() or SECRET not in path.read_bytes()
        run = check(store, keys)
        saved = night(store, f"after-{turn}", [capture(f"HON-RT-{one:02d}", f"after {turn}") for one in range(DEVICES)])
        assert saved.commit and run
        assert check(store, keys) == f"after-{turn}"
        assert verifying.verify(store).orphans == ()
        assert list(store.folder.glob("incoming/*")) == list(store.folder.glob("*.pending.json")) == []
        assert [path for path in store.folder.glob("configs.git/**/*") if path.suffix == ".lock" or path.name.startswith("tmp_")] == []
        assert {row.success_run for row in store.status().devices.values()} == {f"after-{turn}"}
    print(f"{unfinished} of 15 kills hit a save between its steps")


def test_a_kill_between_the_commit_and_the_status_is_made_good(store: ConfigStore, keys: Keys) -> None:
    night(store, "night-1", [capture("HON-RT-01")])
    before = (store.folder / "status.json").read_bytes()
    night(store, "night-2", [capture("HON-RT-01", "hostname y")], 1)
    (store.folder / "status.json").rename(store.folder / "status.pending.json")
    pending = (store.folder / "status.pending.json").read_bytes()
    commit = git(store, "rev-parse", "main").strip()
    (store.folder / "status.pending.json").write_bytes(
        pending.replace(b'{"devices"', f'{{"commit":"{commit}","copies":[],"devices"'.encode())
    )
    (store.folder / "status.json").write_bytes(before)
    with store.locked("night-3"):
        assert store.status().devices["HON-RT-01"].success_run == "night-2"
    assert verifying.verify(store, Identities.from_file(keys.files[0])).problems == []


def test_a_second_run_learns_who_holds_the_store(store: ConfigStore, keys: Keys) -> None:
    words = [sys.executable, "-c", PROGRAM, str(store.folder), "900", *keys.recipients]
    child = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE)
    try:
        assert child.stdout and child.stdout.readline() == b"ready\n"
        until = time.monotonic() + 20
        while not (store.folder / "lock").exists() or not (store.folder / "lock").read_bytes():
            assert time.monotonic() < until
            time.sleep(0.005)
        with pytest.raises(WardopsError) as caught:
            night(store, "other", [capture("HON-RT-01")])
        [problem] = caught.value.problems
        assert problem.code == "E1660"
        assert (problem.params["pid"], str(problem.params["run"])[:4]) == (str(child.pid), "900-")
    finally:
        child.kill()
        child.communicate()
    assert night(store, "other", [capture("HON-RT-01")]).commit, "the lock died with its process"


def test_of_many_writers_one_at_a_time_gets_through_and_nothing_is_lost(store: ConfigStore) -> None:
    done: list[str] = []

    def write(number: int) -> None:
        own = ConfigStore(store.folder, store._keys)
        for turn in range(3):
            while True:
                try:
                    night(own, f"w{number}-{turn}", [capture(f"HON-RT-{number:02d}", f"hostname v{turn}")])
                except WardopsError as error:
                    assert refused(error, "E1660")
                    time.sleep(0.01)
                else:
                    done.append(f"w{number}-{turn}")
                    break

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    runs = git(store, "log", "--format=%(trailers:key=Run,valueonly,separator=)").split()
    assert sorted(runs) == sorted(done) and len(runs) == 12
    assert len(store.known()) == 4 and verifying.verify(store).problems == []


def test_a_branch_that_somebody_moved_meanwhile_is_not_overwritten(store: ConfigStore) -> None:
    night(store, "night-1", [capture("HON-RT-01")])
    tree = git(store, "rev-parse", "main^{tree}").strip()
    words = ["-c", "user.name=x", "-c", "user.email=x@x.invalid", "commit-tree", "-m", "by hand", "-p", "main", tree]
    by_hand = git(store, *words).strip()
    copies = store.copies.listing()
    with pytest.raises(WardopsError) as caught, store.locked("night-2") as session:
        one = capture("HON-RT-01", "hostname y")
        session.add(one)
        git(store, "update-ref", "refs/heads/main", by_hand)
        session.save(info("night-2", 1), attempts([one]))
    assert refused(caught.value, "E1661")
    assert git(store, "rev-parse", "main").strip() == by_hand
    assert store.copies.listing() == copies
    row = store.status().devices["HON-RT-01"]
    assert (row.status, row.success_run, row.failures) == ("not_stored", "night-1", 1)
    assert night(store, "night-3", [capture("HON-RT-01", "hostname y")], 2).commit


FULL = """
import sys
from pathlib import Path
sys.path[:0] = [".", "collections"]
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.network.store.store import ConfigStore
from tests.config_store import capture, night
import random
noise = random.Random(1).randbytes(3000).hex()
store = ConfigStore(Path(sys.argv[1]), sys.argv[3:])
try:
    night(store, "big", [capture(f"HON-RT-{one:02d}", f"hostname big\\n{one} {noise}") for one in range(int(sys.argv[2]))], 1)
except WardopsError as error:
    print(error.problems[0].code)
    print(error, file=sys.stderr)
else:
    print("stored")
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system needs root")
@pytest.mark.parametrize("room", [0, 20, 60, 110, 160, 230])
def test_a_disk_that_fills_up_at_any_step_leaves_the_old_state(tmp_path: Path, keys: Keys, room: int) -> None:
    """A file system of 2 MB in a mount namespace of its own; ``room`` kB are left of it when the run begins."""
    first = ConfigStore(tmp_path / "first", keys.recipients)
    night(first, "night-1", [capture(f"HON-RT-{one:02d}") for one in range(DEVICES)])
    script = f"""
set -eu
mount -t tmpfs -o size=2m,mode=0700 tmpfs {tmp_path}/disk
cp -a {tmp_path}/first {tmp_path}/disk/store
free=$(df --output=avail -k {tmp_path}/disk | tail -1)
head -c $(( (free - {room}) * 1024 )) /dev/zero > {tmp_path}/disk/ballast
{sys.executable} -c "$PROGRAM" {tmp_path}/disk/store {DEVICES} {" ".join(keys.recipients)}
cp -a {tmp_path}/disk/store {tmp_path}/after
rm {tmp_path}/disk/ballast
{sys.executable} -c "$PROGRAM" {tmp_path}/disk/store {DEVICES} {" ".join(keys.recipients)}
cp -a {tmp_path}/disk/store {tmp_path}/freed
"""
    (tmp_path / "disk").mkdir()
    words = ["unshare", "--mount", "--propagation", "private", "sh", "-c", script]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, "PROGRAM": FULL})
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    said = done.stdout.split()
    assert said[0] in ("E1662", "E0105") and said[1] == "stored", done.stdout + done.stderr
    assert check(ConfigStore(tmp_path / "after"), keys) == "night-1"
    assert verifying.verify(ConfigStore(tmp_path / "after")).orphans == ()
    assert check(ConfigStore(tmp_path / "freed"), keys) == "big"


@pytest.mark.parametrize("limit", [1000, 4000, 30_000])
def test_a_limit_of_file_size_leaves_the_old_state(store: ConfigStore, keys: Keys, limit: int) -> None:
    night(store, "night-1", [capture(f"HON-RT-{one:02d}") for one in range(DEVICES)])

    def small() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    words = [sys.executable, "-B", "-c", FULL, str(store.folder), str(DEVICES), *keys.recipients]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, preexec_fn=small)
    assert done.stdout.strip() in ("E1662", "E0105"), done.stdout + done.stderr
    assert check(store, keys) == "night-1"
    assert night(store, "night-2", [capture(f"HON-RT-{one:02d}", "hostname y") for one in range(DEVICES)], 1).commit


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a folder read-only needs root")
def test_a_read_only_store_is_an_error_with_a_number(store: ConfigStore, keys: Keys) -> None:
    night(store, "night-1", [capture(f"HON-RT-{one:02d}") for one in range(DEVICES)])
    before = everything(store)
    mount = f"mount --bind {store.folder} {store.folder} && mount -o remount,ro,bind {store.folder}"
    script = f'{mount} && {sys.executable} -c "$PROGRAM" {store.folder} 3 {keys.recipients[0]}'
    words = ["unshare", "--mount", "--propagation", "private", "sh", "-c", script]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, "PROGRAM": FULL})
    assert done.stdout.strip() == "E1662", done.stdout + done.stderr
    assert everything(store) == before


def test_what_a_killed_git_left_is_cleaned_away(store: ConfigStore) -> None:
    night(store, "night-1", [capture("HON-RT-01")])
    repository = store.folder / "configs.git"
    left = [
        repository / "refs/heads/main.lock",
        repository / "objects/pack/tmp_pack_x",
        repository / "fast_import_crash_1",
        repository / "HEAD.lock",
    ]
    for path in left:
        path.write_bytes(b"")
    (repository / "objects/pack/pack-1.keep").write_bytes(b"fast-import\n")
    (store.folder / ".configs.git.1.new").mkdir()
    assert night(store, "night-2", [capture("HON-RT-01", "hostname y")], 1).commit
    assert [path for path in [*left, repository / "objects/pack/pack-1.keep", store.folder / ".configs.git.1.new"] if path.exists()] == []


def test_a_repository_that_cannot_be_read_stops_the_run(store: ConfigStore) -> None:
    night(store, "night-1", [capture("HON-RT-01")])
    for path in (store.folder / "configs.git/objects/pack").glob("*.pack"):
        path.chmod(0o600)
        path.write_bytes(path.read_bytes()[:40])
    before = everything(store)
    with pytest.raises(WardopsError) as caught:
        night(store, "night-2", [capture("HON-RT-01", "hostname y")], 1)
    assert refused(caught.value, "E1663")
    assert everything(store) == before


def test_an_emptied_branch_is_damage_and_no_new_beginning(store: ConfigStore) -> None:
    night(store, "night-1", [capture("HON-RT-01")])
    (store.folder / "configs.git/refs/heads/main").write_bytes(b"")
    with pytest.raises(WardopsError) as caught:
        store.known()
    assert refused(caught.value, "E1663")


def test_git_that_is_not_there_is_an_error_with_a_number(store: ConfigStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(WardopsError) as caught:
        night(store, "night-1", [capture("HON-RT-01")])
    assert refused(caught.value, "E1663")
