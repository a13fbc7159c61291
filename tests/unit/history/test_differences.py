"""The pack reader against plain comparison of the texts: random versions, packed by Git itself, loose, and damaged."""

from __future__ import annotations

import random
import subprocess
import tempfile
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.ledger.history.differences import Differences
from ansible_collections.ward.ops.plugins.module_utils.ledger.history.git import Git
from ansible_collections.ward.ops.plugins.module_utils.ledger.history.packs import Unreadable, edits
from hypothesis import given, settings
from hypothesis import strategies as st

from .repositories import Repo

PATH = "ledgers/things.csv"
#: edits of a text of lines: (what, where, which new line)
_EDIT = st.tuples(st.sampled_from(["put", "cut", "swap", "head", "move", "double", "end"]), st.integers(0, 10**6), st.integers(0, 40))


def _versions(seed: int, size: int, changes: list[list[tuple[str, int, int]]]) -> list[bytes]:
    chance = random.Random(seed)
    lines = ["key,value"] + [f"K{number:05d},{chance.choice(('stock', 'active', 'returned'))},{number % 7}" for number in range(size)]
    found = [lines]
    for change in changes:
        lines = list(found[-1])
        for what, where, new in change:
            at = 1 + where % len(lines)
            if what == "put":
                lines.insert(at, f"N{new:05d},new,{where % 100}")
            elif what == "cut" and len(lines) > 2:
                del lines[at % len(lines) or 1 : at + new // 10]
            elif what == "swap" and at < len(lines):
                lines[at] = lines[at].replace("stock", "setup").replace("active", "a,c") + "!" * (new % 3)
            elif what == "head":
                lines[0] = f"key,value{new}"
            elif what == "move":
                lines[1:] = lines[at:] + lines[1:at]
            elif what == "double":
                lines += lines[at : at + new]
            elif what == "end":
                lines[-1] += ",x"
        found.append(lines)
    return [("\n".join(lines) + ("\n" if number % 5 else "")).encode() for number, lines in enumerate(found)]


def _compare(repo: Repo, texts: list[bytes]) -> None:
    git = Git(repo.folder)
    names = [bytes.fromhex(repo.git("hash-object", "--stdin", stdin=text).strip()) for text in texts]
    content = dict(zip(names, texts, strict=True))
    pairs = [(old, new) for old in names for new in names if old != new] + [(b"", names[0]), (names[-1], b"")]
    pairs = list(dict.fromkeys(pairs))
    found = list(Differences(git).of(pairs))
    assert [(old, new) for old, new, _ in found] == pairs
    for old, new, difference in found:
        first, second = (content[name].split(b"\n") if name else [b""] for name in (old, new))
        assert (difference.old_header, difference.new_header) == (first[0], second[0])
        before, after = (Counter(lines[1:-1] if lines[-1] == b"" else lines[1:]) for lines in (first, second))
        assert Counter(difference.minus) - Counter(difference.plus) == before - after
        assert Counter(difference.plus) - Counter(difference.minus) == after - before


@settings(max_examples=15)
@given(
    st.integers(0, 99), st.sampled_from([3, 60, 400, 6000]), st.lists(st.lists(_EDIT, max_size=4), min_size=1, max_size=7), st.booleans()
)
def test_differences_of_random_versions(seed: int, size: int, changes: list[list[tuple[str, int, int]]], packed: bool) -> None:
    texts = _versions(seed, size, changes)
    with tempfile.TemporaryDirectory() as folder:
        repo = Repo(Path(folder))
        for text in texts:
            repo.commit({PATH: text})
        repo.done(packed=packed)
        _compare(repo, texts)


def test_several_packs_borrowed_objects_and_loose_ones(tmp_path: Path) -> None:
    texts = _versions(1, 500, [[("put", number * 97, number)] for number in range(12)])
    lender = Repo(tmp_path / "lender")
    for text in texts[:6]:
        lender.commit({PATH: text})
    lender.done(packed=True)
    lender.git("clone", "--quiet", "--shared", str(lender.folder), str(tmp_path / "borrower"))
    borrower = Repo(tmp_path / "borrower")
    for text in texts[6:]:
        (borrower.folder / "ward" / PATH).write_bytes(text)
        borrower.git("commit", "--quiet", "--all", "--message=more")
        if text is texts[9]:
            borrower.git("repack", "-dlq")
    _compare(borrower, texts)


def test_a_damaged_pack_is_left_to_git(tmp_path: Path) -> None:
    """A broken delta is never taken for content: Git is asked, and says what it can still read."""
    texts = _versions(2, 3000, [[("put", number * 997, number)] for number in range(8)])
    repo = Repo(tmp_path)
    for text in texts:
        repo.commit({PATH: text})
    repo.done(packed=True)
    (pack,) = (tmp_path / ".git" / "objects" / "pack").glob("*.pack")
    data = bytearray(pack.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 40] = bytes(40)
    pack.chmod(0o600)
    pack.write_bytes(data)
    reader = Differences(Git(tmp_path))
    names = [bytes.fromhex(repo.git("hash-object", "--stdin", stdin=text).strip()) for text in texts]
    found = {new: difference for _, new, difference in reader.of((b"", name) for name in names)}
    assert reader.missing or found
    assert set(found) | reader.missing == set(names)
    for name, text in zip(names, texts, strict=True):
        if name in found:
            assert Counter(found[name].plus) == Counter(text.rstrip(b"\n").split(b"\n")[1:])


@pytest.mark.parametrize(
    "delta",
    [b"", b"\x05", b"\x06\x05\x90\x05", b"\x05\x05\x91", b"\x05\x09\x90\x05", b"\x05\x05\x91\x04\x05", b"\x05\xff"],
    ids=["empty", "cut", "other base", "no offset", "too short", "beyond the end", "endless size"],
)
def test_a_bad_delta_is_refused(delta: bytes) -> None:
    with pytest.raises(Unreadable):
        edits(delta, bytearray(b"12345"))


def test_git_is_not_asked_for_what_is_in_a_pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Speed depends on it; a reader that falls back to Git for everything would still be right, and slow."""
    texts = _versions(3, 300, [[("put", number, number)] for number in range(5)])
    repo = Repo(tmp_path)
    for text in texts:
        repo.commit({PATH: text})
    repo.done(packed=True)
    git = Git(tmp_path)
    names = [bytes.fromhex(repo.git("hash-object", "--stdin", stdin=text).strip()) for text in texts]
    reader = Differences(git)

    def none(*_: object, **__: object) -> None:
        raise AssertionError("git was started")

    monkeypatch.setattr(subprocess, "Popen", none)
    assert len(list(reader.of(pairwise(names)))) == 5
