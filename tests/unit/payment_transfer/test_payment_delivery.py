"""Delivery into folders of this machine, and access rights. covers: E1420, E1421, E1422, E1423, E1424, E1425, E1426, E1427, E1429"""

from __future__ import annotations

import dataclasses
import fcntl
import hashlib
import os
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ward.ops.plugins.module_utils.payment import delivery_access
from ansible_collections.ward.ops.plugins.module_utils.payment.delivery import Delivery, deliver
from ansible_collections.ward.ops.plugins.module_utils.payment.manifest import Manifest
from hypothesis import given
from hypothesis import strategies as st

from .transfers import DAY, codes, files_below, policy, stage, states, target

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="folders of other groups need root (run `make test` with sudo)")
CONTENT = {"0302": b"row 1\r\n" * 500, "0704": os.urandom(2 << 20), "未振分": b"?\r\n"}


class World:
    """A stage, the sections' folders and the notes."""

    def __init__(self, root: Path) -> None:
        self.staged, self.target, self.records = root / "stage", root / "target", root / "records"
        self.manifest = stage(self.staged, CONTENT)
        for section in CONTENT:
            (self.target / section).mkdir(parents=True)
            (self.target / section).chmod(0o2770)
            os.chown(self.target / section, 0, 100)  # Debian's group "users"
        self.policy = policy(targets=[target(self.target, {section: ["group:users"] for section in CONTENT})])

    def deliver(self, manifest: Manifest | None = None, **other: Any) -> Delivery:
        return deliver(self.staged, manifest or self.manifest, self.policy, self.records, environment={}, sleep=lambda _: None, **other)

    def file(self, section: str) -> Path:
        return self.target / section / DAY / f"収納結果_{section}_{DAY}.csv"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_every_section_gets_its_file_once(world: World) -> None:
    first = world.deliver()
    assert (states(first), codes(first), first.changed) == (["delivered"] * 3, [], True)
    assert {section: world.file(section).read_bytes() for section in CONTENT} == CONTENT
    assert len(files_below(world.target)) == 3
    stats = [world.file(section).stat() for section in CONTENT]
    assert {info.st_gid for info in stats} == {100}
    second = world.deliver()
    assert (states(second), second.changed) == (["already"] * 3, False)
    assert [world.file(section).stat().st_ino for section in CONTENT] == [info.st_ino for info in stats]


def test_check_mode_predicts_and_writes_nothing(world: World) -> None:
    assert states(world.deliver(check=True)) == ["planned"] * 3
    assert files_below(world.target) == {}
    assert not world.records.exists()
    world.deliver()
    assert states(world.deliver(check=True)) == ["already"] * 3


def test_a_file_that_the_section_has_taken_away_is_not_delivered_again(world: World) -> None:
    world.deliver()
    world.file("0302").unlink()
    world.file("0704").write_bytes(b"changed by the section")
    again = world.deliver()
    assert (states(again), codes(again), again.changed) == (["taken", "changed_there", "already"], [], False)
    assert world.file("0704").read_bytes() == b"changed by the section"


def test_another_file_of_that_name_is_not_overwritten(world: World) -> None:
    world.file("0302").parent.mkdir()
    world.file("0302").parent.chmod(0o2770)
    world.file("0302").write_bytes(b"somebody's")
    found = world.deliver()
    assert (states(found), codes(found)) == (["failed", "delivered", "delivered"], ["E1421"])
    assert world.file("0302").read_bytes() == b"somebody's"


def test_a_folder_that_others_can_read_stops_only_that_delivery(world: World) -> None:
    (world.target / "0302").chmod(0o2775)
    found = world.deliver()
    assert (states(found), codes(found)) == (["failed", "delivered", "delivered"], ["E1422"])
    assert "全員" in found.problems[0].text("ja")
    assert not world.file("0302").parent.exists()


def test_the_day_s_folder_is_checked_too(world: World) -> None:
    world.file("0302").parent.mkdir()
    world.file("0302").parent.chmod(0o755)
    assert codes(world.deliver()) == ["E1422"]


def test_an_acl_entry_for_somebody_else_counts(world: World) -> None:
    # acl(5): version 2, then tag, rights, id; the mask of the entry for user 8 ("mail") is in force
    entries = [(0x01, 7, 0xFFFFFFFF), (0x02, 4, 8), (0x04, 7, 0xFFFFFFFF), (0x10, 7, 0xFFFFFFFF), (0x20, 0, 0xFFFFFFFF)]
    data = (2).to_bytes(4, "little") + b"".join(
        tag.to_bytes(2, "little") + rights.to_bytes(2, "little") + number.to_bytes(4, "little") for tag, rights, number in entries
    )
    os.setxattr(world.target / "0302", "system.posix_acl_default", data)
    found = world.deliver()
    assert codes(found) == ["E1422"]
    assert "user:mail" in found.problems[0].text("ja")


def test_folders_that_are_missing_unknown_or_links_are_named(world: World, tmp_path: Path) -> None:
    (world.target / "0302").rmdir()
    (world.target / "0704").rmdir()
    (world.target / "0704").symlink_to(tmp_path)
    del world.policy["targets"][0]["readers"]["sections"]["未振分"]
    assert codes(world.deliver()) == ["E1424", "E1424", "E1423"]


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("../0302", "a.csv"),
        ("0302/../0704", "a.csv"),
        ("/0302", "a.csv"),
        ("0302", "../a.csv"),
        ("0302", "a/b.csv"),
        ("0302", "a\\b.csv"),
        ("0302", "CON"),
        ("0302", "con.csv"),
        ("0302", "COM1.csv"),
        ("0302", "a.csv."),
        ("0302", "a.csv "),
        ("0302", "a" * 300),
        ("0302", "収納\u202evsc.結果"),
        ("0302", "a\u0430.csv"),
        ("0302", "a\u200b.csv"),
        ("0302", "a:stream"),
        ("0302", "．．"),
        ("", "a.csv"),
        ("0302", ""),
    ],
)
def test_names_that_would_leave_their_folder_or_look_like_others_are_refused(world: World, folder: str, name: str) -> None:
    bad = dataclasses.replace(world.manifest.files[0], folder=folder, name=name)
    found = world.deliver(dataclasses.replace(world.manifest, files=[bad, world.manifest.files[1]]))
    assert (states(found), codes(found)) == (["failed", "delivered"], ["E1306"])
    assert list(files_below(world.target)) == [str(world.file("0704").relative_to(world.target))]


def test_a_staged_file_that_is_not_what_was_recorded_is_not_delivered(world: World) -> None:
    path = world.staged / "0302" / world.file("0302").name
    path.write_bytes(path.read_bytes()[:-1] + b"X")
    (world.staged / "0704" / world.file("0704").name).unlink()
    found = world.deliver()
    assert (states(found), codes(found)) == (["failed", "failed", "delivered"], ["E1420", "E1420"])
    assert list(files_below(world.target)) == [str(world.file("未振分").relative_to(world.target))]


def test_a_killed_run_s_rest_is_used_up(world: World) -> None:
    """Killed after the temporary file, after the note, or between name and note."""
    temporary = world.file("0302").parent / f".wardops-{_key('0302')}.tmp"
    for section in CONTENT:
        world.file(section).parent.mkdir()
        world.file(section).parent.chmod(0o2770)
    temporary.write_bytes(b"half")
    temporary.chmod(0o640)
    world.file("0704").write_bytes(CONTENT["0704"])
    found = world.deliver()
    assert (states(found), codes(found)) == (["delivered", "already", "delivered"], [])
    assert len(files_below(world.target)) == 3


def _key(section: str) -> str:
    return hashlib.sha256(f"{section}/{DAY}/収納結果_{section}_{DAY}.csv".encode()).hexdigest()[:16]


def test_a_delivery_of_which_nobody_knows_is_not_repeated(world: World) -> None:
    world.deliver()
    note = next(path for path in (world.records / "place").glob("*.done") if '"0302/' in path.read_text())
    note.rename(note.with_suffix(".intent"))
    world.file("0302").unlink()
    found = world.deliver()
    assert (states(found)[0], codes(found)) == ("failed", ["E1425"])
    note.with_suffix(".intent").unlink()
    assert states(world.deliver())[0] == "delivered"


def test_a_file_that_another_run_holds_is_left_to_it(world: World) -> None:
    world.file("0302").parent.mkdir()
    world.file("0302").parent.chmod(0o2770)
    temporary = world.file("0302").parent / f".wardops-{_key('0302')}.tmp"
    temporary.touch(0o640)
    with temporary.open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        found = world.deliver()
    assert (states(found), codes(found)) == (["failed", "delivered", "delivered"], ["E1426"])
    assert states(world.deliver())[0] == "delivered"


def test_what_reads_back_differently_gets_no_final_name(world: World) -> None:
    content = bytes(96 << 20)
    manifest = stage(world.staged, {"0302": content}, "run-2", "20261119")
    folder = world.target / "0302" / "20261119"

    def damage() -> None:
        """A disk that lies: the first byte is another one while the rest is still written."""
        while True:
            for path in folder.glob(".wardops-*.tmp"):
                if path.stat().st_size > 8 << 20:
                    with path.open("r+b") as stream:
                        stream.write(b"!")
                    return

    thread = threading.Thread(target=damage, daemon=True)
    thread.start()
    found = world.deliver(manifest)
    thread.join(20)
    assert not thread.is_alive()
    assert (states(found), codes(found)) == (["failed"], ["E1427"])
    assert files_below(world.target) == {}
    assert states(world.deliver(manifest)) == ["delivered"]


def test_two_runs_at_once_deliver_each_file_once(world: World) -> None:
    results: list[Delivery] = []
    runs = [threading.Thread(target=lambda: results.append(world.deliver())) for _ in range(3)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert sorted(states(result) for result in results) == [["already"] * 3, ["already"] * 3, ["delivered"] * 3]
    assert len(files_below(world.target)) == 3


def test_a_read_only_folder_is_named(world: World) -> None:
    world.file("0302").parent.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "ro,mode=2770", "tmpfs", str(world.file("0302").parent)], check=True)
    try:
        found = world.deliver()
    finally:
        subprocess.run(["umount", str(world.file("0302").parent)], check=True)
    assert (states(found), codes(found)) == (["failed", "delivered", "delivered"], ["E1429"])


_SIDS = st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=8).map(lambda parts: (5, tuple(parts)))


def _sid(sid: tuple[int, tuple[int, ...]]) -> bytes:
    authority, parts = sid
    return bytes([1, len(parts)]) + authority.to_bytes(6, "big") + b"".join(part.to_bytes(4, "little") for part in parts)


def _text(sid: tuple[int, tuple[int, ...]]) -> str:
    return "-".join(map(str, ("S-1", sid[0], *sid[1])))


@given(_SIDS, st.lists(st.tuples(st.sampled_from([0, 1, 5, 9, 11]), st.integers(0, 255), st.integers(0, 2**32 - 1), _SIDS), max_size=12))
def test_descriptors_name_everybody_who_is_granted_access(owner: Any, aces: list[Any]) -> None:
    body = b""
    expected = {_text(owner)}
    for kind, flags, mask, sid in aces:
        payload = mask.to_bytes(4, "little") + _sid(sid)
        body += bytes([kind, flags]) + (len(payload) + 4).to_bytes(2, "little") + payload
        if kind != 1 and mask & 0xD20D0047:
            expected.add(_text(sid) if kind in (0, 9) else "S-1-1-0")
    acl = bytes([2, 0]) + (len(body) + 8).to_bytes(2, "little") + len(aces).to_bytes(2, "little") + b"\0\0" + body
    head = bytes([1, 0]) + (0x8004).to_bytes(2, "little") + (20).to_bytes(4, "little") + bytes(8)
    data = head + (20 + len(_sid(owner))).to_bytes(4, "little") + _sid(owner) + acl
    assert delivery_access.from_descriptor(data).principals == expected


@given(st.binary(max_size=200))
def test_a_descriptor_that_cannot_be_read_opens_the_folder_to_nobody_unnoticed(data: bytes) -> None:
    assert delivery_access.problems(delivery_access.from_descriptor(data), set(), "0302")


def test_a_descriptor_without_a_list_is_open_to_everybody() -> None:
    owner = _sid((5, (18,)))
    for control, dacl in ((0x8000, 20), (0x8004, 0)):
        data = bytes([1, 0]) + control.to_bytes(2, "little") + (20).to_bytes(4, "little") + bytes(8) + dacl.to_bytes(4, "little") + owner
        assert delivery_access.from_descriptor(data).principals == {"S-1-5-18", "S-1-1-0"}
