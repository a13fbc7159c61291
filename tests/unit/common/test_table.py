"""Reading ledgers: positions, limits, every bad row reported.

covers: E0100, E0101, E0102, E0106
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common import files, policy, table
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from hypothesis import given
from hypothesis import strategies as st


def codes(data: bytes) -> list[str]:
    try:
        return [problem.code for problem in table.parse_table(data, "x.csv").problems]
    except WardopsError as error:
        return [problem.code for problem in error.problems]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"a,b\n1,2\n", []),
        (b"a,b\n", []),
        (b"", ["E0107"]),
        (b"a,a\n1,2\n", ["E0107"]),
        (b"a,A b\n1,2\n", ["E0107"]),
        (b"a,b\n1\n\n1,2,3\n", ["E0116", "E0109", "E0116"]),
        (b"a,b\r\n1,2\r\n", ["E0114"]),
        (b"a,b\n1,2", ["E0115"]),
        (b'a,b\n1,"2\n', ["E0108"]),
        (b'a,b\n1,"2"x\n', ["E0108"]),
        (b"a,b\n1,\x00\n", ["E0103"]),
        (b"\xef\xbb\xbfa,b\n1,2\n", ["E0104"]),
        ("a,b\n髙,2\n".encode("cp932"), ["E0110"]),
    ],
)
def test_damage_is_named(data: bytes, expected: list[str]) -> None:
    assert codes(data) == expected


def test_good_rows_stay_and_bad_rows_are_not_lost_silently() -> None:
    read = table.parse_table(b"a,b\n1,2\n3\n4,5\n", "x.csv")
    assert read.rows == [["1", "2"], ["4", "5"]]
    assert list(read.lines) == [2, 4]
    with pytest.raises(WardopsError):
        read.checked()


def test_places_of_cells() -> None:
    read = table.parse_table(b'a,b,c\n1,"x,\n""y""",2\n3,4,5\n', "x.csv")
    assert [read.problem("E0510", 0, name, value="").where for name in "abc"] == ["x.csv:2:1", "x.csv:2:3", "x.csv:3:8"]
    assert read.problem("E0510", 1, "c", value="").where == "x.csv:4:5"


CELL = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\x00\r"), max_size=8)


@given(st.lists(st.tuples(CELL, CELL, CELL), max_size=8))
def test_what_is_written_reads_back(rows: list[tuple[str, str, str]]) -> None:
    read = table.parse_table(table.format_table(["a", "b", "c"], rows), "x.csv").checked()
    assert [tuple(row) for row in read.rows] == rows


def test_files_that_are_no_ledgers(tmp_path: Path) -> None:
    loop = tmp_path / "loop.csv"
    loop.symlink_to("loop.csv")
    os.mkfifo(tmp_path / "pipe.csv")
    huge = tmp_path / "huge.csv"
    with huge.open("wb") as stream:
        stream.truncate(1 << 30)
    cases = {"loop.csv": "E0100", "missing.csv": "E0100", "pipe.csv": "E0102", ".": "E0102", "huge.csv": "E0101"}
    for name, code in cases.items():
        with pytest.raises(WardopsError) as caught:
            files.read_bytes(tmp_path / name)
        assert caught.value.problems[0].code == code, name


def test_a_link_stays_a_link_and_keeps_its_mode(tmp_path: Path) -> None:
    real = tmp_path / "real.csv"
    real.write_bytes(b"old")
    real.chmod(0o640)
    link = tmp_path / "link.csv"
    link.symlink_to("real.csv")
    files.write_atomic(link, b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"
    assert real.stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.csv", "real.csv"]


def test_a_second_holder_is_told_to_wait(tmp_path: Path) -> None:
    with files.lock(tmp_path / "l"), pytest.raises(WardopsError) as caught, files.lock(tmp_path / "l", wait=0.1):
        pass
    assert caught.value.problems[0].code == "E0106"


def test_policies_refuse_double_keys_and_name_the_place() -> None:
    with pytest.raises(WardopsError) as caught:
        policy.parse_policy(b"a: 1\nb:\n  c: 1\n  c: 2\n", "p.yml")
    assert [(problem.code, problem.where) for problem in caught.value.problems] == [("E0118", "p.yml:4:3")]
    with pytest.raises(WardopsError) as caught:
        policy.parse_policy(b"a: [1\nb: 2\n", "p.yml")
    assert caught.value.problems[0].code == "E0117"
    with pytest.raises(WardopsError) as caught:
        policy.parse_policy(b"a: !!python/object/apply:os.getcwd []\n", "p.yml")
    assert caught.value.problems[0].code == "E0117"
    with pytest.raises(WardopsError) as caught:
        policy.parse_policy(b"a: 1\nb: 2026-02-31\n", "p.yml")
    assert [(problem.code, problem.where) for problem in caught.value.problems] == [("E0117", "p.yml:2:4")]
    assert policy.locate(b"a:\n  - b: 1\n  - b: 2\n", ["a", 1, "b"]) == (3, 8)
