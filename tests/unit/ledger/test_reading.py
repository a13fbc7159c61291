"""Reading damaged ledgers: everything is reported, what is whole is kept."""

from __future__ import annotations

import csv
import io

from ansible_collections.ward.ops.plugins.module_utils.ledger.reading import _quote_error, parse_ledger
from hypothesis import example, given
from hypothesis import strategies as st


def summary(data: bytes) -> tuple[list[tuple[str, int, int]], list[list[str]], bool]:
    reading = parse_ledger(data, "x.csv")
    rows = reading.table.rows if reading.table else []
    return [(problem.code, problem.line, problem.column) for problem in reading.problems], rows, reading.complete


def test_mark_and_carriage_returns_do_not_hide_the_rows() -> None:
    found, rows, complete = summary(b"\xef\xbb\xbfa,b\r\n1,2\r\n")
    assert [code for code, _, _ in found] == ["E0104", "E0114"]
    assert rows == [["1", "2"]]
    assert complete


def test_rows_before_an_open_quote_are_kept() -> None:
    found, rows, complete = summary(b'a,b\n1,2\n3,"4\n5,6\n')
    assert found == [("E0108", 3, 3)]
    assert rows == [["1", "2"]]
    assert not complete


def test_a_damaged_line_takes_only_its_row_away() -> None:
    found, rows, complete = summary("a,b\n1,漢\n2,字\n3,高\n4,x\n".encode().replace("字".encode(), b"\x8e\x9a"))
    assert found == [("E0110", 3, 3)]
    assert rows == [["1", "漢"], ["3", "高"], ["4", "x"]]
    assert not complete


def test_another_encoding_is_one_error() -> None:
    found, rows, complete = summary(("a,b\n" + "漢,字\n" * 1000).encode("cp932"))
    assert found == [("E0110", 2, 1)]
    assert rows == []
    assert not complete


def test_several_kinds_of_damage_at_once() -> None:
    found, rows, _ = summary(b"a,b\n1,2,3\n\n,\n4,5\n6")
    assert sorted(found) == [("E0109", 3, 0), ("E0109", 4, 0), ("E0115", 6, 0), ("E0116", 2, 0), ("E0116", 6, 0)]
    assert rows == [["4", "5"]]


CELLS = st.text(st.sampled_from('a",\n漢 '), max_size=4)


@given(rows=st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=5))
@example(rows=[['"', ""], ["", '""']])
def test_well_formed_quoting_is_never_refused(rows: list[list[str]]) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows([["a", "b"], *rows])
    assert _quote_error(out.getvalue()) is None
    reading = parse_ledger(out.getvalue().encode(), "x")
    assert reading.table is not None
    assert reading.table.rows == [row for row in rows if any(row)]
    assert all(problem.code == "E0109" for problem in reading.problems)


@given(text=st.text(st.sampled_from('a",\n\r漢'), max_size=30))
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    reading = parse_ledger(("a,b\n" + text).encode(), "x")
    lines = ("a,b\n" + text).count("\n") + 1
    for problem in reading.problems:
        assert 1 <= problem.line <= lines + text.count("\r")
    if reading.table is not None:
        assert all(len(row) == 2 for row in reading.table.rows)
        assert len(reading.table.rows) == len(reading.table.lines)
