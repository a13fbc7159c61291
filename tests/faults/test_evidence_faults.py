"""Evidence under SIGKILL and on a full disk."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common import evidence, evidence_chain
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError

REPOSITORY = Path(__file__).resolve().parents[2]
WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, "collections")
from ansible_collections.ward.ops.plugins.module_utils.common import evidence
folder = Path(sys.argv[1])
print("begin", flush=True)
while True:
    with evidence.Run(folder, "writer", {"layer": "lgwan"}) as run:
        run.plan({"items": ["x" * 50] * 400})
        print(run.run_id, flush=True)   # from here on it may change things: the plan must never be lost
        run.result("ok")
"""


def test_killed_at_50_random_moments_the_chain_stays_whole(tmp_path: Path) -> None:
    chance = random.Random(20261122)
    planned: set[str] = set()
    for _ in range(50):
        with subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            process.stdout.readline()
            time.sleep(chance.uniform(0, 0.05))
            process.send_signal(signal.SIGKILL)
            planned.update(line.strip() for line in process.stdout)
    with evidence.Run(tmp_path, "after", {}) as run:
        run.result("ok")
    chain = evidence_chain.verify(tmp_path)
    assert chain.problems == []
    assert chain.pending == []
    records = [json.loads(path.read_bytes()) for path in tmp_path.glob("0*.json")]
    recorded = {record["run_id"]: record for record in records}
    assert planned <= recorded.keys()
    assert all(recorded[run_id]["plan"]["items"] for run_id in planned)
    assert "interrupted" in {record["result"]["status"] for record in records}
    assert not list(tmp_path.glob("pending-*"))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 512 KiB."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(tmp_path)], check=True)
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_full_disk_stops_the_run_before_it_changes_anything(small_disk: Path) -> None:
    folder = small_disk / "evidence"
    with evidence.Run(folder, "before", {}) as run:
        run.result("ok")
    (small_disk / "filler").write_bytes(b"x" * 300_000)
    changed = False
    with pytest.raises(WardopsError) as caught, evidence.Run(folder, "large", {}) as run:
        run.plan({"items": ["y" * 1000] * 400})
        changed = True
    assert caught.value.problems[0].code == "E0601"
    assert not changed
    (small_disk / "filler").unlink()
    assert evidence_chain.verify(folder).problems == []


def test_a_disk_that_fills_after_the_plan_does_not_lose_the_record(small_disk: Path) -> None:
    folder = small_disk / "evidence"
    with evidence.Run(folder, "test", {}) as run:
        run.plan({"items": ["y" * 100] * 100})
        filler = os.open(small_disk / "filler", os.O_WRONLY | os.O_CREAT)
        with pytest.raises(OSError, match="No space"):
            while True:
                os.write(filler, b"x" * 4096)
        os.close(filler)
        run.result("ok", changed=100)
    assert run.closed_as
    assert json.loads(run.closed_as.read_bytes())["result"] == {"status": "ok", "changed": 100}
    (small_disk / "filler").unlink()
    assert evidence_chain.verify(folder).problems == []
