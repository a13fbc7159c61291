"""A replay that is killed at any moment: the next run completes, and nothing is approved twice."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.unit.wsus.endpoint import PASSWORD, served
from tests.unit.wsus.world import PILOT, USER, World, update_guid

ROOT = Path(__file__).resolve().parents[2]
UPDATES = 40
#: one replay with its evidence, as the action does it
DRIVER = """
import json, sys
from pathlib import Path
from ansible_collections.ward.ops.plugins.module_utils.patch.wsus import connect, task
words = json.loads(sys.stdin.read())
arguments = {**{name: one.get("default") for name, one in task.APPROVALS.items()}, **words["arguments"]}
print("ready", flush=True)
sys.stdin.close()
done = task.approvals(connect.server_of(arguments), arguments, "lgwan", Path(words["evidence"]), check=False)
print(json.dumps(done["plan"]["counts"]))
"""


@pytest.mark.parametrize("seed", range(5))
def test_killed_at_a_random_moment(tmp_path: Path, seed: int) -> None:
    world = World(updates=UPDATES)
    with served(world, tmp_path, latency=0.004) as endpoint:
        approvals = [
            {"update": update_guid(number), "revision": 200 + number, "group": "先行適用", "deadline": "2027-01-22T17:00:00+09:00"}
            for number in range(1, UPDATES + 1)
        ]
        arguments = endpoint.arguments(approvals=approvals, user=USER, password=PASSWORD)
        words = json.dumps({"arguments": arguments, "evidence": str(tmp_path / "evidence")}).encode()
        env = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'collections'}"}
        argv = [sys.executable, "-c", DRIVER]
        with subprocess.Popen(argv, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdin and process.stdout
            process.stdin.write(words)
            process.stdin.close()
            assert process.stdout.readline() == b"ready\n"
            time.sleep(random.Random(seed).uniform(0.02, 0.5))
            process.send_signal(signal.SIGKILL)
            process.wait()
            process.stdin = None
        standing = len(world.approvals)
        done = subprocess.run(argv, env=env, input=words, capture_output=True, check=True)
        counts = json.loads(done.stdout.splitlines()[-1])
        assert counts["add"] + counts["unchanged"] == UPDATES and counts["unchanged"] >= standing
        keys = [(row[8], row[10]) for row in world.approvals.values()]
        assert len(keys) == len(set(keys)) == UPDATES and {group for _, group in keys} == {PILOT}
        records = [json.loads(path.read_text()) for path in sorted((tmp_path / "evidence").glob("0*.json"))]
        assert records[-1]["result"]["status"] == "ok"
        assert [one["result"]["status"] for one in records[:-1]] in ([], ["interrupted"], ["ok"])
