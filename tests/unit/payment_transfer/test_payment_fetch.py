"""Fetching from a drop folder, and the archive. covers: E1400, E1401, E1402, E1403, E1404, E1405, E1406, E1407, E1408, E1415"""

from __future__ import annotations

import datetime as dt
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.payment.archive import Archive
from ansible_collections.ward.ops.plugins.module_utils.payment.fetch import JAPAN, Clock, Fetched, closed_until, fetch_day
from hypothesis import given
from hypothesis import strategies as st

from .transfers import DAY, codes, policy, source

DATE = dt.date(2026, 11, 20)
MAINTENANCE = [{"weekday": "wednesday", "weeks": ["2", "last"], "from": "22:30", "to": "08:00", "reason_ja": "定期保守"}]


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    folder = tmp_path / "drop"
    folder.mkdir()
    return folder


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive")


def put(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def fetch(drop: Path, archive: Archive, clock: Clock | None = None, **settings: Any) -> Fetched:
    return fetch_day(policy(sources=[source(drop, **settings)]), DATE, archive, clock=clock, environment={})


def failure(drop: Path, archive: Archive, **settings: Any) -> list[str]:
    with pytest.raises(WardopsError) as caught:
        fetch(drop, archive, **settings)
    return [problem.code for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("moment", "until"),
    [
        ("2026-11-11 22:29", None),  # second Wednesday
        ("2026-11-11 22:30", "2026-11-12 08:00"),
        ("2026-11-12 07:59", "2026-11-12 08:00"),
        ("2026-11-12 08:00", None),
        ("2026-11-18 23:00", None),  # third Wednesday
        ("2026-11-25 23:59", "2026-11-26 08:00"),  # last Wednesday
        ("2026-12-31 00:30", "2026-12-31 08:00"),  # last Wednesday of December is the 30th
        ("2026-11-10 23:00", None),
    ],
)
def test_windows_of_the_second_and_the_last_wednesday(moment: str, until: str | None) -> None:
    found = closed_until(MAINTENANCE, dt.datetime.fromisoformat(moment).replace(tzinfo=JAPAN))
    assert (f"{found[0]:%Y-%m-%d %H:%M}" if found else None) == until


def test_a_window_on_one_date_and_times_in_other_zones() -> None:
    windows = [{"date": "2026-12-29", "from": "00:00", "to": "23:00", "reason_ja": "年末"}]
    assert closed_until(windows, dt.datetime(2026, 12, 28, 15, 0, tzinfo=dt.UTC)) is not None
    assert closed_until(windows, dt.datetime(2026, 12, 28, 14, 59, tzinfo=dt.UTC)) is None
    assert closed_until(windows, dt.datetime(2026, 12, 29, 14, 0, tzinfo=dt.UTC)) is None


@given(st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2030, 1, 1)), st.sampled_from(["1", "2", "3", "4", "5", "last"]))
def test_a_window_ends_when_it_says(moment: dt.datetime, week: str) -> None:
    windows = [{**MAINTENANCE[0], "weeks": [week]}]
    found = closed_until(windows, moment.replace(tzinfo=JAPAN))
    if found:
        assert moment.replace(tzinfo=JAPAN) < found[0]
        assert closed_until(windows, found[0]) is None
        assert closed_until(windows, found[0] - dt.timedelta(minutes=1)) == found


def test_nothing_is_fetched_while_the_centre_is_down(drop: Path, archive: Archive) -> None:
    put(drop, f"MPN_{DAY}_1.csv", b"x")

    class Night(Clock):
        def now(self) -> dt.datetime:
            return dt.datetime(2026, 11, 25, 23, 0, tzinfo=JAPAN)

    with pytest.raises(WardopsError, match=r"E1401 .*2026-11-26 08:00.*定期保守"):
        fetch(drop, archive, Night(), closed=MAINTENANCE)
    assert archive.entries() == []


def test_the_archive_keeps_the_file_with_hash_time_and_source(drop: Path, archive: Archive) -> None:
    content = bytes(range(256)) * 999
    put(drop, f"MPN_{DAY}_1.csv", content)
    (taken,) = fetch(drop, archive).files
    assert taken.new
    assert taken.path.read_bytes() == content
    assert taken.path.stat().st_mode & 0o222 == 0
    (known,) = Archive(archive.root).entries()
    assert (known.name, known.source, known.day, known.size, known.sha256) == (
        f"MPN_{DAY}_1.csv",
        "drop",
        "2026-11-20",
        len(content),
        taken.sha256,
    )
    assert dt.datetime.strptime(known.taken_at, "%Y%m%dT%H%M%SZ").replace(tzinfo=dt.UTC) <= dt.datetime.now(dt.UTC)
    assert list(archive.incoming.iterdir()) == []


def test_a_second_run_takes_nothing_and_knows_the_file(drop: Path, archive: Archive) -> None:
    put(drop, f"MPN_{DAY}_1.csv", b"one")
    first = fetch(drop, archive).files
    second = fetch(drop, archive).files
    assert [entry.new for entry in first + second] == [True, False]
    assert first[0].sha256 == second[0].sha256
    assert len(archive.entries()) == 1


def test_the_same_content_under_another_name_is_recognised(drop: Path, archive: Archive) -> None:
    put(drop, f"MPN_{DAY}_1.csv", b"one")
    fetch(drop, archive)
    put(drop, f"MPN_{DAY}_2.csv", b"one")
    put(drop, f"MPN_{DAY}_3.csv", b"two")
    found = {entry.name[-5]: (entry.serial, entry.same_as, entry.new) for entry in fetch(drop, archive).files}
    assert found == {"1": (1, "", False), "2": (1, f"2026-11-20/MPN_{DAY}_1.csv", True), "3": (2, "", True)}
    assert [entry.name[-5] for entry in archive.contents()] == ["1", "3"]


def test_a_corrected_file_under_the_same_name_is_taken_beside_the_first(drop: Path, archive: Archive) -> None:
    put(drop, f"MPN_{DAY}_1.csv", b"one")
    fetch(drop, archive)
    put(drop, f"MPN_{DAY}_1.csv", b"ONE")
    assert [(entry.serial, entry.new) for entry in fetch(drop, archive).files] == [(2, True)]
    assert {entry.path.read_bytes() for entry in archive.contents()} == {b"one", b"ONE"}


def test_a_growing_file_is_not_taken_and_the_finished_one_is(drop: Path, archive: Archive) -> None:
    growing = put(drop, f"MPN_{DAY}_1.csv", b"a")
    put(drop, f"MPN_{DAY}_2.csv", b"b")

    def grow(_seconds: float) -> None:
        with growing.open("ab") as stream:
            stream.write(b"a")

    found = fetch(drop, archive, Clock(sleep=grow))
    assert [entry.name for entry in found.files] == [f"MPN_{DAY}_2.csv"]
    assert codes(found) == ["E1403"]
    assert "大きさか時刻が変化しています" in found.problems[0].render()
    assert [entry.name[-5] for entry in fetch(drop, archive).files] == ["2", "1"]


@pytest.mark.parametrize(
    "beside", ["MPN_20261120_1.csv.lock", "MPN_20261120_1.csv.part", "MPN_20261120_1.csv.filepart", "MPN_20261120_1.csv.tmp"]
)
def test_a_sender_at_work_is_waited_for(drop: Path, archive: Archive, beside: str) -> None:
    put(drop, f"MPN_{DAY}_1.csv", b"a")
    put(drop, beside, b"")
    found = fetch(drop, archive)
    assert found.files == []
    assert set(codes(found)) == {"E1403"}


def test_a_file_without_its_control_file_is_not_complete(drop: Path, archive: Archive) -> None:
    put(drop, f"MPN_{DAY}_1.csv", b"a")
    assert codes(fetch(drop, archive, control_suffix=".end")) == ["E1403"]
    put(drop, f"MPN_{DAY}_1.csv.end", b"")
    assert [entry.name for entry in fetch(drop, archive, control_suffix=".end").files] == [f"MPN_{DAY}_1.csv"]


def test_no_file_at_all_is_an_error(drop: Path, archive: Archive) -> None:
    put(drop, "MPN_20261119_1.csv", b"yesterday's")
    assert failure(drop, archive) == ["E1404"]


def test_what_is_no_file_is_refused_and_the_rest_taken(drop: Path, archive: Archive, tmp_path: Path) -> None:
    secret = put(tmp_path, "secret", b"secret")
    (drop / f"MPN_{DAY}_1.csv").symlink_to(secret)
    os.mkfifo(drop / f"MPN_{DAY}_2.csv")
    (drop / f"MPN_{DAY}_3.csv").mkdir()
    put(drop, f"MPN_{DAY}_4.csv", b"good")
    found = fetch(drop, archive)
    assert codes(found) == ["E1407"] * 3
    assert [entry.path.read_bytes() for entry in found.files] == [b"good"]


def test_a_name_that_is_none_is_refused(drop: Path, archive: Archive) -> None:
    for name in (f"MPN_{DAY}_\n.csv", f"MPN_{DAY}_\udcff.csv", f"MPN_{DAY}_a\\b.csv", f"MPN_{DAY}_" + "x" * 220):
        put(drop, name, b"x")
    found = fetch(drop, archive)
    assert (codes(found), found.files) == (["E1405"] * 4, [])
    assert all("\n" not in problem.text("ja") for problem in found.problems)


def test_a_file_that_is_too_large_is_not_even_read(drop: Path, archive: Archive) -> None:
    with put(drop, f"MPN_{DAY}_1.csv", b"").open("wb") as stream:
        stream.truncate(1 << 40)
    assert codes(fetch(drop, archive)) == ["E1406"]


def test_a_file_that_changes_while_it_is_read_is_not_kept(drop: Path, archive: Archive) -> None:
    path = put(drop, f"MPN_{DAY}_1.csv", b"0" * (64 << 20))
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            os.utime(path, (number, number))

    writer = threading.Thread(target=write)

    def begin(_seconds: float) -> None:
        """Stable until the second look is over: the change comes while the copy runs."""
        threading.Timer(0.01, writer.start).start()

    try:
        found = fetch(drop, archive, Clock(sleep=begin))
    finally:
        stop.set()
    assert found.files == []
    assert codes(found) in (["E1408"], ["E1403"])
    assert archive.entries() == []
    assert list(archive.incoming.iterdir()) == []


def test_received_bytes_of_a_broken_transfer_are_used_again(drop: Path, archive: Archive) -> None:
    content = os.urandom(3 << 20)
    path = put(drop, f"MPN_{DAY}_1.csv", content)

    def stop(_seconds: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(drop, archive, Clock(sleep=stop))
    fetch(drop, archive)
    (entry,) = archive.entries()
    assert entry.path.read_bytes() == path.read_bytes()


def test_a_damaged_object_is_found_and_not_used(drop: Path, archive: Archive) -> None:
    put(drop, f"MPN_{DAY}_1.csv", b"one")
    (entry,) = fetch(drop, archive).files
    entry.path.chmod(0o640)
    entry.path.write_bytes(b"oNe")
    with pytest.raises(WardopsError, match="E1415"):
        archive.verify(entry.path, entry.sha256)
    put(drop, f"MPN_{DAY}_2.csv", b"one")
    assert codes(fetch(drop, archive)) == ["E1415"]


def test_check_mode_takes_nothing(drop: Path, archive: Archive) -> None:
    put(drop, f"MPN_{DAY}_1.csv", b"one")
    found = fetch_day(policy(sources=[source(drop)]), DATE, archive, environment={}, check=True)
    assert (found.files, found.problems, archive.entries()) == ([], [], [])


def test_unknown_sources_and_missing_secrets_are_named(archive: Archive) -> None:
    with pytest.raises(WardopsError, match="E1400"):
        fetch_day(policy(), DATE, archive, source="other", environment={})
    sftp = source("/out", kind="sftp", host="127.0.0.1", port=1)
    with pytest.raises(WardopsError, match=r"E1402 .*WARDOPS_TEST_KNOWN_HOSTS"):
        fetch_day(policy(sources=[sftp]), DATE, archive, environment={})
    https = source("/out", kind="https", host="127.0.0.1", port=1)
    with pytest.raises(WardopsError, match=r"E1402 .*WARDOPS_TEST_CA"):
        fetch_day(policy(sources=[https]), DATE, archive, environment={})


def test_two_runs_at_once_take_each_file_once(drop: Path, archive: Archive) -> None:
    for number in range(20):
        put(drop, f"MPN_{DAY}_{number:02}.csv", os.urandom(1000))
    results: list[Fetched] = []
    runs = [threading.Thread(target=lambda: results.append(fetch(drop, Archive(archive.root)))) for _ in range(2)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert sorted(sum(entry.new for entry in result.files) for result in results) == [0, 20]
    assert len(archive.entries()) == 20
