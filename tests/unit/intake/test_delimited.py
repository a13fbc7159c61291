"""Text files: every encoding and delimiter that people's programs write, and the ones that are none.

covers: E0711, E0712
"""

from __future__ import annotations

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.ledger.intake.delimited import read_delimited
from hypothesis import given
from hypothesis import strategies as st

ROWS = [["製造番号", "機種", "備考"], ["SYN1", "合成ノート", "窓口用、2台目"], ["SYN2", "ﾉｰﾄ", ""]]


def write(encoding: str, sign: str = ",", end: str = "\r\n") -> bytes:
    return (end.join(sign.join(row) for row in ROWS) + end).encode(encoding)


def cells(data: bytes, **options: str) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in read_delimited(data, "list.csv", **options).rows]


def failure(data: bytes, **options: str) -> tuple[str, int]:
    with pytest.raises(WardopsError) as error:
        read_delimited(data, "list.csv", **options)
    return error.value.problems[0].code, error.value.problems[0].line


@pytest.mark.parametrize("encoding", ["cp932", "utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("sign", [",", "\t", ";"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_every_encoding_delimiter_and_line_end(encoding: str, sign: str, end: str) -> None:
    assert cells(write(encoding, sign, end)) == ROWS


def test_utf16_without_a_mark_and_big_endian() -> None:
    assert cells(write("utf-16-le", "\t")) == ROWS
    assert cells(b"\xfe\xff" + write("utf-16-be", "\t")) == ROWS


def test_what_was_recognised_is_said() -> None:
    assert read_delimited(write("cp932", "\t"), "x").form == "CSV（CP932、タブ区切り）"
    assert read_delimited(write("utf-8-sig"), "x").form == "CSV（UTF-8、BOM 付き、カンマ区切り）"


def test_line_breaks_inside_quotes_keep_the_places() -> None:
    sheet = read_delimited(b'a,b\r\n"1\r\n2\n3",x\r\n4,y\r\n', "x")
    assert [(row.number, row.cells[0].text) for row in sheet.rows] == [(1, "a"), (2, "1\r\n2\n3"), (5, "4")]


def test_a_text_that_excel_was_told_to_keep() -> None:
    assert cells(b'a\r\n"=""00123"""\r\n') == [["a"], ["00123"]]


def test_a_missing_last_line_end_is_noted() -> None:
    assert "最後の行に改行がありません" in read_delimited(b"a,b\r\n1,2", "x").notes[0]


@pytest.mark.parametrize(
    ("first", "second"), [("utf-8", "cp932"), ("cp932", "utf-8"), ("utf-8-sig", "cp932")], ids=["to-cp932", "to-utf-8", "mark-then-cp932"]
)
def test_an_encoding_that_changes_in_the_middle(first: str, second: str) -> None:
    data = "製造番号,機種\r\nSYN1,合成ノート\r\n".encode(first) + "SYN2,試作デスクトップ\r\nSYN3,abc\r\n".encode(second)
    assert failure(data) == ("E0711", 3)


def test_half_width_kana_in_cp932_is_no_change_of_encoding() -> None:
    # ﾂｱ in CP932 is C2 B1, which is also a character of UTF-8
    data = "種別,名前\r\n端末,ﾂｱ\r\n端末,ﾉｰﾄ\r\n".encode("cp932")
    assert cells(data)[1:] == [["端末", "ﾂｱ"], ["端末", "ﾉｰﾄ"]]


def test_the_profile_s_encoding_is_held_to() -> None:
    assert failure(write("utf-8"), encoding="cp932") == ("E0712", 0)
    assert cells(b"a,b\r\n1,2\r\n", encoding="cp932") == [["a", "b"], ["1", "2"]]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b'a,b\r\n"1,2\r\n', "E0108"),
        (b"a,b\r\n1,\x81\r\n", "E0110"),
        (b"a,b\r\n1,2\x00\r\n", "E0103"),
        (b",".join([b"a"] * 600), "E0710"),
        (b"a\r\n" + b"x" * 40_000, "E0108"),
        (b"a,b\r\n" + b"1,2\r\n" * 100_001, "E0710"),
    ],
    ids=["open-quote", "bad-byte", "nul", "columns", "long-cell", "rows"],
)
def test_damage_is_named(data: bytes, code: str) -> None:
    assert failure(data)[0] == code


@given(st.binary(max_size=300))
def test_bytes_never_end_in_a_traceback(data: bytes) -> None:
    try:
        read_delimited(data, "list.csv")
    except WardopsError as error:
        assert error.problems[0].render()
