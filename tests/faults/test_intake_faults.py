"""An import killed at any point, and two imports at once: the ledgers are those of before or of after, never of between."""

from __future__ import annotations

import contextlib
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from ansible_collections.ward.ops.plugins.module_utils.common.files import lock
from ansible_collections.ward.ops.plugins.module_utils.ledger import saving
from ansible_collections.ward.ops.plugins.module_utils.ledger.book import Book
from ansible_collections.ward.ops.plugins.module_utils.ledger.check import check_ward

ROOT = Path(__file__).resolve().parents[2]
BASE = ROOT / "tests" / "negative" / "base"
TITLES = "製造番号,機種,配備先課コード,拠点,階,有線MAC"


def delivery(path: Path, count: int, start: int = 1) -> Path:
    lines = [f"NEW{number:05d},合成ノート,0105,HON,1,024b54aa{number:04x}" for number in range(start, start + count)]
    path.write_text("\n".join([TITLES, *lines]) + "\n", encoding="utf-8")
    return path


def intake(ward: Path, source: Path) -> subprocess.Popen[bytes]:
    words = [
        sys.executable,
        "-m",
        "wardops",
        "intake",
        "terminal_delivery_lgwan",
        str(source),
        "--ward",
        str(ward),
        "--ticket",
        "CHG-2026-00777",
        "--write",
    ]
    return subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def ledgers(ward: Path) -> dict[str, bytes]:
    return {str(path.relative_to(ward)): path.read_bytes() for path in sorted(ward.rglob("*.csv"))}


def waits_for(folder: Path, child: subprocess.Popen[bytes]) -> bool:
    """Whether the process stands before the lock of the folder, which it has open."""
    links = []
    with contextlib.suppress(OSError):  # it has ended
        for link in Path(f"/proc/{child.pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                links.append(link.readlink())
    return folder.resolve() in links


def test_killed_at_twenty_random_moments_and_started_again(tmp_path: Path) -> None:
    """Kills fall over the whole run, half of them where files are written; the next run ends where one that was never killed does."""
    source = delivery(tmp_path / "list.csv", 40)
    whole = tmp_path / "whole"
    shutil.copytree(BASE, whole)
    before = ledgers(whole)
    start = time.monotonic()
    assert intake(whole, source).wait(60) == 0
    seconds = time.monotonic() - start
    after = ledgers(whole)
    assert before != after and check_ward(whole).problems == []
    chance = random.Random(20261123)
    states = {"before": 0, "after": 0, "between": 0}
    ward = tmp_path / "ward"
    for attempt in range(20):
        shutil.rmtree(ward, ignore_errors=True)
        shutil.copytree(BASE, ward)
        child = intake(ward, source)
        if attempt % 2:
            time.sleep(seconds * chance.random())
        else:  # a save begins with the lock of the folder; what follows takes a tenth of a second
            while child.poll() is None and not waits_for(ward / "ledgers", child):
                time.sleep(0.0005)
            time.sleep(0.15 * chance.random())
        child.send_signal(signal.SIGKILL)
        child.communicate()
        now = ledgers(ward)
        state = "before" if now == before else "after" if now == after else "between"
        states[state] += 1
        if state == "between":
            assert any(problem.code == "E0804" for problem in check_ward(ward).problems)
        saving.recover(ward / "ledgers")
        assert ledgers(ward) in (before, after), "recovered to one of the two"
        if state == "between" or attempt > 17:
            assert intake(ward, source).wait(60) == 0
            assert ledgers(ward) == after
    print(f"ledgers after the kills: {states}")
    assert states["before"], "some kills fell before the end"


def test_two_imports_at_once_lose_nothing_and_give_nothing_twice(tmp_path: Path) -> None:
    """Both have read the same ledgers when the first one writes; the second is told (E0803), writes nothing and starts again."""
    ward = tmp_path / "ward"
    shutil.copytree(BASE, ward)
    sources = [delivery(tmp_path / f"{start}.csv", 20, start) for start in (1, 101)]
    with lock(ward / "ledgers"):
        children = [intake(ward, source) for source in sources]
        deadline = time.monotonic() + 25
        while not all(waits_for(ward / "ledgers", child) for child in children):
            assert time.monotonic() < deadline and all(child.poll() is None for child in children)
            time.sleep(0.02)
    outputs = [child.communicate(timeout=60)[0].decode() for child in children]
    assert sorted(child.returncode for child in children) == [0, 1]
    late = next(index for index, child in enumerate(children) if child.returncode)
    assert "E0803" in outputs[late]
    assert intake(ward, sources[late]).wait(60) == 0
    new = [row for row in Book(ward).rows("terminals", "lgwan").values() if row["serial"].startswith("NEW")]
    assert len(new) == 40
    for column in ("asset_id", "computer_name", "ip"):
        assert len({row[column] for row in new}) == 40
    assert check_ward(ward).problems == []
