"""Text as people send it: encodings, widths, dates, MAC spellings.

covers: E0111, E0112, E0113, E0510
"""

from __future__ import annotations

import datetime as dt

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common import mac, text, wareki
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from hypothesis import given
from hypothesis import strategies as st

SENTENCE = "髙﨑①㈱～∥－ 課,ｶﾅ\r\n2行目\r\n"


@pytest.mark.parametrize(
    ("data", "encoding", "bom"),
    [
        (SENTENCE.encode("cp932"), "cp932", False),
        (SENTENCE.encode("utf-8"), "utf-8", False),
        (SENTENCE.encode("utf-8-sig"), "utf-8", True),
        (b"\xff\xfe" + SENTENCE.encode("utf-16-le"), "utf-16-le", True),
        (SENTENCE.encode("utf-16-le") + "a\n".encode("utf-16-le"), "utf-16-le", False),
        (b"\xfe\xff" + SENTENCE.encode("utf-16-be"), "utf-16-be", True),
        (b"", "utf-8", False),
    ],
)
def test_decode_recognises_what_people_send(data: bytes, encoding: str, bom: bool) -> None:
    decoded = text.decode(data)
    assert (decoded.encoding, decoded.bom) == (encoding, bom)
    assert decoded.text.startswith(SENTENCE if data else "")


def test_decode_names_the_first_bad_byte() -> None:
    with pytest.raises(WardopsError) as caught:
        text.decode("一行目\n二行".encode("cp932") + b"\x81\x20\n", "list.csv")
    problem = caught.value.problems[0]
    assert (problem.code, problem.where) == ("E0110", "list.csv:2:3")


def test_decode_refuses_nul_bytes_of_no_encoding() -> None:
    with pytest.raises(WardopsError) as caught:
        text.decode(b"a,b\nc\x00,d\n", "x.csv")
    assert caught.value.problems[0].code == "E0103"
    assert caught.value.problems[0].line == 2


@given(st.text(alphabet=st.characters(codec="cp932", exclude_categories=["Cc"], exclude_characters="¢£¬‖−〜"), min_size=1))
def test_decode_gives_back_what_cp932_can_say(value: str) -> None:
    data = value.encode("cp932")
    assert text.decode(data).text in (data.decode("cp932"), _as_utf8(data))


def _as_utf8(data: bytes) -> str | None:
    """Short CP932 texts may also be valid UTF-8; then UTF-8 is the right guess."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def test_to_narrow_and_to_words() -> None:
    assert text.to_narrow("ＬＧ２５Ｎ－０１２３４") == "LG25N-01234"
    assert text.to_narrow("00‐11－22ー33") == "00-11-22-33"
    assert text.to_words(" ｾｷｭｱﾌﾟﾘﾝﾄ　ｶｰﾄﾞ ") == "セキュアプリント カード"
    assert text.to_words("サーバー") == "サーバー"


@pytest.mark.parametrize(
    "spelling",
    [
        "02004c4f4f50",
        "02:00:4C:4F:4F:50",
        "02-00-4c-4f-4f-50",
        "0200.4c4f.4f50",
        "02.00.4C.4F.4F.50",
        "０２－００－４Ｃ－４Ｆ－４Ｆ－５０",
        " 02004C-4F4F50 ",
        "0200:4c4f:4f50",
    ],
)
def test_mac_spellings(spelling: str) -> None:
    assert mac.parse(spelling) == "02004c4f4f50"


@pytest.mark.parametrize("bad", ["", "1.23E+11", "02:00:4c:4f:4f", "02:00-4c:4f:4f:50", "02004c4f4f5g", "02004c4f4f5000", "２００"])
def test_what_is_no_mac(bad: str) -> None:
    with pytest.raises(WardopsError) as caught:
        mac.parse(bad)
    assert caught.value.problems[0].code == "E0510"


def test_mac_bits_and_products() -> None:
    assert mac.is_multicast("01005e000001") and not mac.is_multicast("024b54000001")
    assert mac.is_local("024b54000001") and not mac.is_local("00005e005301")
    assert mac.MacFormat("-", 2, True).render("024b54000001") == "02-4B-54-00-00-01"
    assert mac.MacFormat(".", 4, False).render("024b54000001") == "024b.5400.0001"
    assert mac.MacFormat("", 12, False).render("024b54000001") == "024b54000001"


@given(st.integers(0, 2**48 - 1), st.sampled_from("-:."), st.sampled_from([2, 4, 12]), st.booleans())
def test_every_rendering_parses_back(number: int, separator: str, group: int, upper: bool) -> None:
    canonical = f"{number:012x}"
    assert mac.parse(mac.MacFormat(separator, group, upper).render(canonical)) == canonical


@pytest.mark.parametrize(
    ("value", "date"),
    [
        ("2026-04-01", dt.date(2026, 4, 1)),
        ("2026/4/1", dt.date(2026, 4, 1)),
        ("20260401", dt.date(2026, 4, 1)),
        ("R8.4.1", dt.date(2026, 4, 1)),
        ("令和8年4月1日", dt.date(2026, 4, 1)),
        ("令和元年5月1日", dt.date(2019, 5, 1)),
        ("Ｒ８．４．１", dt.date(2026, 4, 1)),
        ("平成31年4月30日", dt.date(2019, 4, 30)),
        ("H1.1.8", dt.date(1989, 1, 8)),
        ("昭64/1/7", dt.date(1989, 1, 7)),
        ("2026年4月1日", dt.date(2026, 4, 1)),
    ],
)
def test_dates(value: str, date: dt.date) -> None:
    assert wareki.parse_date(value) == date


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("26/4/1", "E0112"),
        ("2026-02-30", "E0111"),
        ("明日", "E0111"),
        ("平成31年5月1日", "E0113"),
        ("令和元年4月30日", "E0113"),
        ("R0.4.1", "E0111"),
        ("", "E0111"),
        ("令和8年13月1日", "E0111"),
    ],
)
def test_what_is_no_date(value: str, code: str) -> None:
    with pytest.raises(WardopsError) as caught:
        wareki.parse_date(value)
    assert caught.value.problems[0].code == code


@given(st.dates(dt.date(1912, 7, 30), dt.date(2100, 12, 31)))
def test_wareki_round_trip(date: dt.date) -> None:
    assert wareki.parse_date(wareki.format_wareki(date)) == date
