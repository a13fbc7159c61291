"""Fetching and delivery under faults: killed, cut off, full, crowded. covers: E1428, E1430"""

# ruff: noqa: F811 - fixtures are imported

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ward.ops.plugins.module_utils.payment.archive import Archive
from ansible_collections.ward.ops.plugins.module_utils.payment.delivery import Delivery, deliver

from lab.state import Lab
from lab.topology import FILE_SERVER
from tests.faults.payment_driver import staged_files
from tests.lab.conftest import REPOSITORY, lab  # noqa: F401
from tests.lab.payment_servers import Servers, with_settings
from tests.unit.payment_transfer.transfers import codes, stage, states

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root (run `make test` with sudo)"),
    pytest.mark.xdist_group("payment_transfer_faults"),
]
DAY = "20261120"
SECTIONS = ("0502", "0704", "未振分")


@pytest.fixture(scope="module")
def all_servers(lab: Lab) -> Servers:
    made = Servers(lab)
    made.wait()
    return made


@pytest.fixture
def servers(all_servers: Servers) -> Iterator[Servers]:
    all_servers.reset()
    yield all_servers
    all_servers.reset()


class Driver:
    """``payment_driver`` on the control host's network."""

    def __init__(self, servers: Servers) -> None:
        environment = {**os.environ, **servers.environment, "PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'collections'}"}
        with servers.reachable():
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.payment_driver"],
                cwd=REPOSITORY,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )

    def run(self, job: dict[str, Any], kill: float | None = None) -> dict[str, Any]:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({**job, "kill": kill}) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def close(self) -> None:
        self._process.communicate()


@pytest.fixture
def driver(servers: Servers) -> Iterator[Driver]:
    with contextlib.closing(Driver(servers)) as made:
        yield made


def send(servers: Servers, root: Path, manifest: Any, records: str = "records", **settings: Any) -> Delivery:
    policy = with_settings(servers.policy, "fileserver", **settings)
    with servers.reachable():
        return deliver(root / "stage", manifest, policy, root / records, environment=servers.environment)


def test_fetch_killed_at_fifty_random_moments(servers: Servers, driver: Driver, tmp_path: Path) -> None:
    """Whatever moment it is: what is in the archive is whole, and the next run takes what is missing, once."""
    chance = random.Random(20261120)
    content = {number: chance.randbytes(1 << 20) for number in range(3)}
    sources = ("centre-sftp", "centre-https")
    drop = tmp_path / "drop"
    drop.mkdir()
    policy = with_settings(servers.policy, "drop", folder=str(drop), stable_seconds=0)
    typical = dict.fromkeys((*sources, "drop"), 0.0)
    killed = moments = 0
    for step in range(120):
        source = (*sources, "drop")[step % 3]
        files = {f"MPN_{DAY}_{step}_{number}.csv": data[step:] for number, data in content.items()}
        for path in [*servers.out.iterdir(), *drop.iterdir()]:
            path.unlink()
        for name, data in files.items():
            servers.offer(name, data)
            (drop / name).write_bytes(data)
        archive = tmp_path / f"archive{step}"
        job = {"what": "fetch", "policy": policy, "day": "2026-11-20", "source": source, "archive": str(archive)}
        if typical[source]:
            answer = driver.run(job, chance.uniform(0.0, 1.0) * typical[source])
            killed += answer["killed"]
            store = Archive(archive)
            moments += any([*store.incoming.iterdir(), *(archive / "objects").iterdir()])
            for path in (archive / "objects").iterdir():
                assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name
        done = driver.run(job)
        typical[source] = max(0.02, done["seconds"])
        assert done["result"]["codes"] == []
        entries = Archive(archive).entries()
        assert sorted(entry.name for entry in entries) == sorted(files)
        assert all(entry.path.read_bytes() == files[entry.name] for entry in entries)
        assert [new for _, new in driver.run(job)["result"]["files"]] == [False] * 3 if step % 10 == 0 else True
        if killed == 50:
            break
    assert killed == 50
    assert moments > 5


def test_delivery_killed_at_fifty_random_moments(servers: Servers, driver: Driver, tmp_path: Path) -> None:
    """No partial file under a final name, nothing delivered twice, also when the sections take their files away at once."""
    chance = random.Random(20261121)
    block = chance.randbytes(1 << 20)
    typical = 0.0
    killed = partly = 0
    received: dict[str, list[str]] = {}
    for step in range(120):
        content = {section: block[step * 97 :] + section.encode() for section in SECTIONS}
        root = tmp_path / f"stage{step}"
        day = f"2026{1 + step // 28:02}{1 + step % 28:02}"
        manifest = stage(root, content, f"run-{step}", day)
        job = {
            "what": "deliver",
            "policy": with_settings(servers.policy, "fileserver", attempts=4),
            "day": "2026-11-20",
            "run_id": manifest.run_id,
            "files": staged_files(manifest),
            "staged": str(root),
            "records": str(tmp_path / "records"),
        }
        wanted = {f"{file.folder}/{file.name}": content[file.section] for file in manifest.files}
        if typical:
            killed += driver.run(job, chance.uniform(0.0, 1.0) * typical)["killed"]
            there = _final(servers)
            partly += 0 < len(there) < len(wanted)
            assert there.items() <= wanted.items()
            if step % 2:
                _take_away(servers, received, noted=tmp_path / "records")
        done = driver.run(job)
        typical = max(0.02, done["seconds"])
        assert done["result"]["codes"] == []
        _take_away(servers, received)
        again = driver.run(job)["result"] if step % 10 == 0 else {"states": ["taken"] * 3}
        assert again["states"] == ["taken"] * 3
        assert _final(servers) == {}
        assert {path: received[path] for path in wanted} == {path: [hashlib.sha256(data).hexdigest()] for path, data in wanted.items()}
        if killed == 50:
            break
    assert killed == 50
    assert partly > 3


def _final(servers: Servers) -> dict[str, bytes]:
    return {path: data for path, data in servers.delivered().items() if not path.rpartition("/")[2].startswith(".wardops-")}


def _take_away(servers: Servers, received: dict[str, list[str]], noted: Path | None = None) -> None:
    """The sections take what they find. With ``noted`` only files that this control node knows to be delivered: a file that is taken in the
    very moment between its name and the note is reported (E1425) instead of delivered again, and has a test of its own."""
    known = [json.loads(path.read_text()) for path in (noted / "fileserver").glob("*.done")] if noted else []
    names = {f"{note['folder']}/{note['name']}" for note in known}
    for path, data in _final(servers).items():
        if noted is None or path in names:
            received.setdefault(path, []).append(hashlib.sha256(data).hexdigest())
            (servers.share / path).unlink()


def test_the_server_goes_in_the_middle_and_comes_back(servers: Servers, tmp_path: Path) -> None:
    content = {section: os.urandom(12 << 20) for section in SECTIONS}
    manifest = stage(tmp_path / "stage", content)
    share = servers.share

    def cut() -> None:
        while not any(path.name.startswith(".wardops-") and path.stat().st_size > 1 << 20 for path in share.glob("0704/*/.wardops-*")):
            time.sleep(0.001)
        servers.power(FILE_SERVER, on=False)

    thread = threading.Thread(target=cut, daemon=True)
    thread.start()
    found = send(servers, tmp_path, manifest, timeout=1, attempts=2)
    thread.join(20)
    assert not thread.is_alive()
    assert (states(found), codes(found)) == (["delivered", "failed", "failed"], ["E1430"])
    assert "未配信 2 件" in found.problems[0].text("ja")
    servers.power(FILE_SERVER, on=True)
    servers.wait()
    assert list(_final(servers)) == [f"0502/{DAY}/収納結果_0502_{DAY}.csv"]
    again = send(servers, tmp_path, manifest)
    assert (states(again), codes(again)) == (["already", "delivered", "delivered"], [])
    assert servers.delivered() == {f"{section}/{DAY}/収納結果_{section}_{DAY}.csv": content[section] for section in SECTIONS}


def test_the_network_goes_for_a_moment(servers: Servers, tmp_path: Path) -> None:
    content = {section: os.urandom(8 << 20) for section in SECTIONS}
    manifest = stage(tmp_path / "stage", content)
    share = servers.share

    def pull() -> None:
        while not list(share.glob("0704/*/.wardops-*")):
            time.sleep(0.001)
        servers.cable(FILE_SERVER, connected=False)
        time.sleep(1.2)
        servers.cable(FILE_SERVER, connected=True)

    thread = threading.Thread(target=pull, daemon=True)
    thread.start()
    found = send(servers, tmp_path, manifest, timeout=1, attempts=10)
    thread.join(20)
    assert (states(found), codes(found)) == (["delivered"] * 3, [])
    assert servers.delivered() == {f"{section}/{DAY}/収納結果_{section}_{DAY}.csv": content[section] for section in SECTIONS}


def test_a_full_share_stops_one_section_and_leaves_nothing_half(servers: Servers, tmp_path: Path) -> None:
    content = {section: os.urandom(3 << 20) for section in SECTIONS}
    manifest = stage(tmp_path / "stage", content)
    group = (servers.share / "0704").stat().st_gid
    options = f"size=1m,mode=2770,uid=31000,gid={group}"
    servers.enter(FILE_SERVER, "mount", "-t", "tmpfs", "-o", options, "tmpfs", "/srv/payment/0704")
    try:
        found = send(servers, tmp_path, manifest)
        assert (states(found), codes(found)) == (["delivered", "failed", "delivered"], ["E1428"])
        assert [path for path in servers.delivered() if path.startswith("0704")] == []
    finally:
        servers.enter(FILE_SERVER, "umount", "/srv/payment/0704")
    again = send(servers, tmp_path, manifest)
    assert (states(again), codes(again)) == (["already", "delivered", "already"], [])
    assert servers.delivered() == {f"{section}/{DAY}/収納結果_{section}_{DAY}.csv": content[section] for section in SECTIONS}


def test_two_control_nodes_at_once_deliver_each_file_once(servers: Servers, tmp_path: Path) -> None:
    """Their notes are not shared: only the server's exclusive temporary file keeps them apart."""
    content = {section: os.urandom(4 << 20) for section in SECTIONS}
    manifest = stage(tmp_path / "stage", content)
    results: list[Delivery] = []
    runs = [
        threading.Thread(target=lambda name=f"records{number}": results.append(send(servers, tmp_path, manifest, name, attempts=10)))
        for number in range(2)
    ]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert [codes(result) for result in results] == [[], []]
    for pair in zip(*(states(result) for result in results), strict=True):
        assert sorted(pair) == ["already", "delivered"]
    assert servers.delivered() == {f"{section}/{DAY}/収納結果_{section}_{DAY}.csv": content[section] for section in SECTIONS}
