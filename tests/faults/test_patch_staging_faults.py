"""A staging of 80 approvals that is killed fifty times: every next run goes on, nothing is doubled, nothing is lost.

The runs are processes that talk to the simulated WSUS (sim) over TLS; each kill falls somewhere between the first request and the last.
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

import pytest

from tests.patchsim import PASSWORD, USER, endpoint
from tests.unit.patch.ward import Fixture

REPOSITORY = Path(__file__).resolve().parents[2]
UPDATES, KILLS = 80, 50
DRIVER = """
import datetime as dt, json, os, sys
from pathlib import Path
sys.path[:0] = [{repository!r}, {collections!r}]
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.patch import run
from ansible_collections.ward.ops.plugins.module_utils.patch.wsus.connect import server_of
order = json.loads(Path(sys.argv[1]).read_text())
now = dt.datetime.fromisoformat(order["now"])
def stage():
    server = server_of(order["server"])
    asked = run.Asked(Path(order["ward"]), "mn", "2027-01", Path(order["evidence"]), Path(order["state"]), ring="R0", now=now)
    try:
        return 0 if run.stage(server, asked)["changed"] else 10
    except WardopsError as error:
        print(error.problems[0].code, file=sys.stderr, flush=True)
        return 3
# each line of input is a run, in a process of its own that is a copy of this one: importing takes longer than a staging
for _ in sys.stdin:
    child = os.fork()
    if not child:
        os._exit(stage())
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Runs:
    def __init__(self, folder: Path) -> None:
        words = [sys.executable, str(folder / "driver.py"), str(folder / "order.json")]
        self._process = subprocess.Popen(words, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def begin(self) -> int:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def end(self) -> int:
        """Exit code: 0 changed, 10 nothing to change, 3 refused; negative: the signal that killed it."""
        assert self._process.stdout
        return int(self._process.stdout.readline())

    def close(self) -> None:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


@pytest.mark.xdist_group("patch_staging_faults")
def test_fifty_kills_of_a_staging(tmp_path: Path) -> None:
    fixture = Fixture(tmp_path, {"R0": 6, "R1": 20, "R2": 60}, updates=UPDATES)
    fixture.plan()
    fixture.until(fixture.day("R0"))
    chance = random.Random(7)
    server, authority = endpoint(fixture.world, tmp_path)
    with server:
        _order(tmp_path, fixture, server.port, authority)
        runs = Runs(tmp_path)
        try:
            runs.begin()
            begin = time.monotonic()
            assert runs.end() == 0
            took = time.monotonic() - begin
            wanted = _standing(fixture)
            assert len(wanted) == UPDATES
            killed = halves = 0
            for _ in range(3 * KILLS):
                if len(_standing(fixture)) == UPDATES or chance.random() < 0.2:  # from the beginning; else where the killed one left it
                    _undo(fixture)
                before = len(fixture.world.store.approvals)
                process = runs.begin()
                begin = time.monotonic()
                time.sleep(chance.uniform(0, took))
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
                if runs.end() == -signal.SIGKILL:
                    killed += 1
                else:
                    took = min(took, time.monotonic() - begin)  # it was quicker than the first one
                found = _standing(fixture)
                assert len(found) == len(set(found)), "an approval twice"
                assert set(found) <= set(wanted), "an approval that nobody planned"
                assert len(found) >= before, "an approval was lost"
                halves += 0 < len(found) < UPDATES
                if killed == KILLS:
                    break
            assert killed == KILLS
            assert halves, "no kill fell between the first approval and the last"
            runs.begin()
            assert runs.end() in (0, 10)
            assert sorted(_standing(fixture)) == sorted(wanted)
            runs.begin()
            assert runs.end() == 10, "the run after it changes nothing"
        finally:
            runs.close()
    members = {group.name: len(fixture.world.store.members[group.id]) for group in fixture.world.store.groups.values()}
    assert members["R0_検証"] == 6


def _order(tmp_path: Path, fixture: Fixture, port: int, authority: Path) -> None:
    """What the processes read."""
    source = DRIVER.format(repository=str(REPOSITORY), collections=str(REPOSITORY / "collections"))
    (tmp_path / "driver.py").write_text(source, encoding="utf-8")
    account = {"server": "127.0.0.1", "port": port, "scheme": "https", "ca": str(authority), "user": USER, "password": PASSWORD}
    order = {"server": {**account, "auth": "ntlm", "backend": "soap", "culture": "ja", "timeout": 60.0}, "ward": str(fixture.root)}
    order |= {"evidence": str(tmp_path / "evidence"), "state": str(fixture.state), "now": fixture.world.now.isoformat()}
    (tmp_path / "order.json").write_text(json.dumps(order), encoding="utf-8")


def _standing(fixture: Fixture) -> list[tuple[str, int, str]]:
    names = {group.id: group.name for group in fixture.world.store.groups.values()}
    return [(one.update.guid, one.update.revision, names[one.group]) for one in list(fixture.world.store.approvals.values())]


def _undo(fixture: Fixture) -> None:
    for approval in fixture.server.approvals():
        fixture.server.take_back(approval)
