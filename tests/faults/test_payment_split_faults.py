"""The split under faults: killed at any moment, two at once, a disk without room. Nothing lost, no half file under its name."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from ansible_collections.ward.ops.plugins.module_utils.payment import manifest as manifests

from tests.unit.payment import days
from tools import payment_day

ROOT = Path(__file__).resolve().parents[2]
KILLS = 50
SCRIPT = f"""
import sys
sys.path[:0] = [{str(ROOT / "collections")!r}, {str(ROOT)!r}]
from pathlib import Path
from tests.unit.payment import days
from ansible_collections.ward.ops.plugins.module_utils.payment.seen import Index
folder, name, taken = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
given = days.Input(folder / name, name, days.DAY, taken_at=taken)
print("ready", flush=True)
sys.stdin.readline()
staged = days.split(given, folder / "stage", *days.sample(), Index(folder / "seen"))
print(staged.changed, staged.folder, flush=True)
"""


def start(folder: Path, name: str, taken: str = "20261122T070000Z") -> subprocess.Popen[str]:
    """A process that has read everything it needs and waits for a line."""
    argv = [sys.executable, "-c", SCRIPT, str(folder), name, taken]
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    return process


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin
    process.stdin.write("\n")
    process.stdin.flush()


def make(folder: Path, name: str, rows: int, first: int) -> None:
    with (folder / name).open("wb") as stream:
        payment_day.write(stream, rows, days.DAY, first=first)


def whole(folder: Path, name: str) -> None:
    """Every final folder has a manifest, and files that are the manifest's; their rows are the input's."""
    for path in (folder / "stage").iterdir():
        if path.name.startswith("."):
            continue
        known = manifests.load(path)
        data = [(path / file.path).read_bytes() for file in known.files]
        assert [len(one) for one in data] == [file.bytes for file in known.files]
        if known.source["name"] == name:
            given = days.records((folder / name).read_bytes())[1:]
            assert sorted(record for one in data for record in days.records(one)[1:]) == sorted(given)


def test_killed_at_fifty_random_moments(tmp_path: Path) -> None:
    """An input that was begun before is never its own duplicate; what is there is always whole."""
    make(tmp_path, "warm.csv", 4_000, 0)
    process = start(tmp_path, "warm.csv", "20261121T070000Z")
    begin = time.monotonic()
    go(process)
    process.communicate()
    typical = time.monotonic() - begin
    chance = random.Random(20261122)
    killed = 0
    for number in range(4 * KILLS):
        name = f"{number}.csv"
        make(tmp_path, name, 2_000, 10_000 * (number + 1))
        process = start(tmp_path, name)
        go(process)
        time.sleep(chance.uniform(0, 1.0) * typical)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        if process.returncode == -signal.SIGKILL:
            killed += 1
        else:
            typical *= 0.9  # the machine has become faster
        whole(tmp_path, name)
        if number % 5 == 0:
            again = start(tmp_path, name)
            output, errors = again.communicate("\n")
            assert errors == ""
            final = Path(output.split()[-1])
            assert manifests.load(final).totals["sections"].rows == 2_000, "no row was taken for its own duplicate"
            assert not [path for path in (tmp_path / "stage").iterdir() if path.name.startswith(".")], "what was begun is tidied up"
            whole(tmp_path, name)
        if killed == KILLS:
            break
    assert killed == KILLS
    assert not list((tmp_path / "seen").glob(".*.part"))


def test_two_runs_of_the_same_input_at_once(tmp_path: Path) -> None:
    make(tmp_path, "day.csv", 20_000, 0)
    processes = [start(tmp_path, "day.csv") for _ in range(3)]
    for process in processes:
        go(process)
    results = [process.communicate() for process in processes]
    assert [errors for _, errors in results] == ["", "", ""]
    assert sorted(output.split()[0] for output, _ in results) == ["False", "False", "True"]
    whole(tmp_path, "day.csv")


def test_two_inputs_with_the_same_payments_at_once(tmp_path: Path) -> None:
    """Whichever comes first: each payment is staged for a section exactly once."""
    make(tmp_path, "one.csv", 2_000, 0)
    make(tmp_path, "two.csv", 2_100, 0)
    processes = [start(tmp_path, "one.csv", "20261122T070000Z"), start(tmp_path, "two.csv", "20261122T080000Z")]
    for process in processes:
        go(process)
    folders = [Path(process.communicate()[0].split()[-1]) for process in processes]
    one, two = (manifests.load(folder).totals["sections"].rows for folder in folders)
    assert (one, two) in {(2_000, 100), (0, 2_100)}
