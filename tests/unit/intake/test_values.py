"""The catalogue of dirty data, case by case: what is read, what is refused, and what people are told.

covers: E0720, E0721, E0724, E0725, E0726, E0727, E0728, E0729, E0732
"""

from __future__ import annotations

import string

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.ledger.intake import spelling
from ansible_collections.ward.ops.plugins.module_utils.ledger.intake.profile import Column
from ansible_collections.ward.ops.plugins.module_utils.ledger.intake.source import Cell
from ansible_collections.ward.ops.plugins.module_utils.ledger.intake.values import Reader
from ansible_collections.ward.ops.plugins.module_utils.ledger.personal import check_digit
from ansible_collections.ward.ops.plugins.module_utils.ledger.persons import has_person_name
from ansible_collections.ward.ops.plugins.module_utils.ledger.schema import Schemas, load_schemas
from hypothesis import given
from hypothesis import strategies as st

from .conftest import ROOT

READER = Reader(Column("mac_lan", ("MAC",)), load_schemas(ROOT / "schemas").ledgers["terminals"])
SECTIONS = {"政策企画課": ("0101",), "0101": ("0101",), "窓口係": ("0301", "0402")}


@pytest.fixture
def read(schemas: Schemas):
    """``read("mac_lan", "02-4B…")``; the value, or the code of the error."""

    def run(column: str, text: str, kind: str = "", ledger: str = "terminals", lookup: bool = False, **options: object) -> str:
        spec = Column(column, (column,), lookup={"ledger": "departments", "from": "name", "to": "code"} if lookup else {}, **options)
        try:
            return Reader(spec, schemas.ledgers[ledger], SECTIONS if lookup else None).read(Cell(text, kind))[0]
        except WardopsError as error:
            assert error.problems[0].render()
            return error.problems[0].code

    return run


MACS = ["024b54aa0001", "02:4B:54:AA:00:01", "02-4b-54-aa-00-01", "024b.54aa.0001", "02 4b 54 aa 00 01", "０２４Ｂ５４ＡＡ０００１"]
MACS += [
    "０２－４Ｂ－５４－ＡＡ－００－０１",
    "02‐4b‐54‐aa‐00‐01",
    "02ー4bー54ーaaー00ー01",
    "02−4B−54−AA−00−01",
    " 02:4b:54:aa:00:01\u3000",
    "02\u00a04b\u00a054\u00a0aa\u00a000\u00a001",
]


@pytest.mark.parametrize("text", MACS)
def test_spellings_of_a_mac(read, text: str) -> None:
    assert read("mac_lan", text) == "024b54aa0001"


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("1.23457E+11", "", "E0724"),
        ("１．２３Ｅ＋１１", "", "E0724"),
        ("245490000000", "number", "E0724"),  # 2454.9E8: ends in zeros
        ("1234567890", "number", "E0724"),  # 1234567890E0 has ten digits, too
        ("24549000001", "number", "024549000001"),  # eleven digits that no exponent makes: one zero was lost
        ("124549000001", "number", "124549000001"),
        ("02:4b:54:aa:00", "", "E0510"),
        ("02:4b:54:aa:00:0g", "", "E0510"),
        ("02:4b-54:aa-00:01", "", "E0510"),
        ("2026-01-02", "date", "E0725"),
        ("#N/A", "error", "E0721"),
        ("", "formula", "E0720"),
        ("－", "", ""),
        ("", "", ""),
    ],
)
def test_macs_that_excel_had(read, text: str, kind: str, expected: str) -> None:
    assert read("mac_lan", text, kind) == expected


@given(st.text("0123456789abcdefABCDEF", min_size=12, max_size=12))
def test_a_number_cell_never_becomes_a_mac_that_was_not_typed(digits: str) -> None:
    """Whatever twelve hex digits are typed into Excel: when it makes a number of them, they come back or are refused."""
    mantissa, _, exponent = digits.upper().partition("E")
    if not mantissa.isdecimal() or not (exponent.isdecimal() or not exponent) or len(exponent) > 2:
        return
    number = int(mantissa) * 10 ** int(exponent or "0")
    if number >= 10**15:
        return
    try:
        assert READER.read(Cell(str(number), "number"))[0] == digits.lower()
    except WardopsError as error:
        assert error.problems[0].code == "E0724"


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("2026-04-01", "", "2026-04-01"),
        ("2026/4/1", "", "2026-04-01"),
        ("２０２６年４月１日", "", "2026-04-01"),
        ("20260401", "", "2026-04-01"),
        ("R8.4.1", "", "2026-04-01"),
        ("Ｒ８．４．１", "", "2026-04-01"),
        ("令和8年4月1日", "", "2026-04-01"),
        ("令和８年４月１日(水)", "", "2026-04-01"),
        ("令和元年5月1日", "", "2019-05-01"),
        ("H31.4.30", "", "2019-04-30"),
        ("H31.5.1", "", "E0113"),
        ("S64.1.7", "", "1989-01-07"),
        ("26/4/1", "", "E0112"),
        ("8.4.1", "", "E0111"),
        ("2026-04-01", "date", "2026-04-01"),
        ("2026-04-01 00:00:00", "", "2026-04-01"),
        ("2026-04-01 13:30", "date", "E0732"),
        ("46113", "number", "2026-04-01"),
        ("46113", "", "2026-04-01"),
        ("12", "number", "E0111"),
        ("2026-02-30", "", "E0111"),
        ("4月1日", "", "E0111"),
        ("未定", "", "E0111"),
    ],
)
def test_dates(read, text: str, kind: str, expected: str) -> None:
    assert read("return_due", text, kind) == expected


def test_two_digit_years_only_where_the_profile_says_what_they_mean(read) -> None:
    assert read("return_due", "26/4/1", two_digit_year="western") == "2026-04-01"
    assert read("return_due", "08.4.1", two_digit_year="reiwa") == "2026-04-01"


@pytest.mark.parametrize(
    ("column", "text", "kind", "expected"),
    [
        ("dept_code", "101", "number", "0101"),
        ("dept_code", "101", "", "0101"),
        ("dept_code", "０１０１", "", "0101"),
        ("dept_code", "1月1日", "", "E0725"),
        ("serial", "12345678", "number", "E0726"),
        ("serial", "12345678", "", "12345678"),
        ("serial", "syn00000001", "", "SYN00000001"),
        ("serial", "ＳＹＮ０００００００１", "", "SYN00000001"),
        ("serial", "\ufeffSYN\u200b00000001 ", "", "SYN00000001"),
        ("serial", "SYN－001", "", "SYN-001"),
        ("serial", "SYN‐001", "", "SYN-001"),
        ("serial", "1.2E+10", "", "E0724"),
        ("serial", "1234567890123456789", "number", "E0724"),
        ("serial", "2026-01-02", "date", "E0725"),
        ("serial", "Jan-02", "", "Jan-02".upper()),
        ("serial", "=SYN1", "", "E0720"),
        ("lease_id", "L26-0001", "", "L26-0001"),
        ("lease_id", "l26ー0001", "", "L26-0001"),
        ("computer_name", "lg26n00001", "", "LG26N00001"),
        ("bios_uuid", "7FC004A0-DBAF-468C-834F-EAA85A3228E7", "", "7fc004a0-dbaf-468c-834f-eaa85a3228e7"),
        ("os_build", "26100.717", "number", "E0726"),
        ("os_version", "Windows 11 24H2", "", "Windows 11 24H2"),
        ("floor", "５", "", "5"),
        ("floor", "05", "", "5"),
        ("floor", "2026-01-02", "date", "E0725"),
        ("floor", "1/2", "", "E0725"),
        ("form", "ノート", "", "note"),
        ("form", "ﾉｰﾄ", "", "note"),
        ("form", "ノ－ト", "", "note"),
        ("form", "NOTE", "", "note"),
        ("form", "冷蔵庫", "", "E0727"),
        ("status", "在庫", "", "stock"),
        ("model", "ﾉｰﾄﾊﾟｿｺﾝ\u3000Ｎ１４", "", "ノートパソコン N14"),
        ("model", "合成\r\nノート", "", "合成 ノート"),
        ("model", "㈱見本 ①型", "", "(株)見本 ①型"),
        ("model", "見本～試作", "", "見本〜試作"),
        ("model", "髙﨑𠮷型", "", "髙﨑𠮷型"),
        ("model", "2400", "number", "2400"),
        ("model", "2026-01-02", "date", "E0725"),
        ("model", "@SUM(A1)", "", "E0720"),
    ],
)
def test_codes_words_and_numbers(read, column: str, text: str, kind: str, expected: str) -> None:
    assert read(column, text, kind) == expected


def test_widths_suffixes_and_numbers_are_data(read) -> None:
    assert read("serial", "12345", "number", width=8) == "00012345"
    assert read("serial", "12345", "number", numbers=True) == "12345"
    assert read("floor", "５階", suffixes=("階", "F")) == "5"
    assert read("floor", "5f", suffixes=("階", "F")) == "5"
    assert read("status", "配備前", values={"配備前": "stock"}) == "stock"
    assert read("quantity", "1,200", ledger="stock") == "1200"
    assert read("virtual", "有", ledger="servers") == "true"


def test_names_that_stand_for_codes(read) -> None:
    assert read("dept_code", "政策企画課", lookup=True) == "0101"
    assert read("dept_code", "政策　企画課", lookup=True) == "0101"
    assert read("dept_code", "101", "number", lookup=True) == "0101"
    assert read("dept_code", "窓口係", lookup=True) == "E0728"
    assert read("dept_code", "廃止課", lookup=True) == "E0727"


NUMBER = f"12345678901{check_digit('12345678901')}"


@pytest.mark.parametrize(
    "text",
    [
        f"個人番号 {NUMBER}",
        f"{NUMBER[:4]}-{NUMBER[4:8]}-{NUMBER[8:]}",
        NUMBER.translate(str.maketrans(string.digits, "０１２３４５６７８９")),
        "連絡 taro@example.jp",
        "担当 佐藤",
        "田中様使用",
        "鈴木 一郎",
        "ｽｽﾞｷ ｲﾁﾛｳ",
        "使用者：高橋",
        "山本様",
    ],
)
def test_personal_data_in_free_text_is_refused_and_not_shown(schemas: Schemas, text: str) -> None:
    with pytest.raises(WardopsError) as error:
        Reader(Column("note", ("備考",)), schemas.ledgers["stock"]).read(Cell(text))
    (problem,) = error.value.problems
    assert problem.code == "E0729"
    assert text not in problem.render() and NUMBER not in problem.render()


@pytest.mark.parametrize(
    "text",
    ["担当課：総務課", "中野倉庫", "川崎工場製", "松本 営業所", "各位", "会議室の表示装置", f"{NUMBER[:11]}{(int(NUMBER[11]) + 1) % 10}"],
)
def test_what_is_no_personal_data_stays(read, text: str) -> None:
    assert read("note", text, ledger="stock") == text


def test_no_cell_of_the_sample_reads_as_a_name() -> None:
    cells = set()
    for path in (ROOT / "inventories/sample/ledgers").rglob("*.csv"):
        cells |= set(path.read_text(encoding="utf-8").replace("\n", ",").split(","))
    assert [cell for cell in sorted(cells) if has_person_name(cell)] == []


@given(st.text(max_size=40))
def test_tidying_twice_changes_nothing_more(text: str) -> None:
    once = spelling.words(spelling.tidy(text))
    assert spelling.words(spelling.tidy(once)) == once


@given(st.text("ｱｲｳﾞﾊﾟー－ABCａｂｃ　 髙﨑𠮷①", max_size=20))
def test_words_lose_no_letter(text: str) -> None:
    """Only forms change: what is read as the same word before is the same word after."""
    assert spelling.same_word(spelling.words(text)) == spelling.same_word(text)


def test_what_cp932_cannot_hold() -> None:
    assert spelling.not_in_cp932("髙﨑①㈱〜𠮷𠮷é") == "𠮷é"
