"""Personal data: the check digit of the 個人番号, and what is and is not taken for one."""

from __future__ import annotations

import pytest
from ansible_collections.ward.ops.plugins.module_utils.ledger.personal import (
    check_digit,
    individual_numbers,
    is_personal_name,
    mail_addresses,
)
from hypothesis import given
from hypothesis import strategies as st

VALID = "123456789018"


def digits(text: str) -> list[str]:
    return [found for _, found in individual_numbers(text)]


def test_check_digit_by_hand() -> None:
    # digits from the last: 1 0 9 8 7 6 5 4 3 2 1; weights 2..7 then 2..6: 2+0+36+40+42+42+10+12+12+10+6 = 212; 212 mod 11 = 3; 11-3 = 8
    assert check_digit("12345678901") == 8
    # remainder 1 and 0 both give 0
    assert check_digit("00000000006") == 0  # 12 mod 11 = 1
    assert check_digit("00000000000") == 0


@pytest.mark.parametrize(
    "text", [VALID, "1234-5678-9018", "1234 5678 9018", "１２３４５６７８９０１８", f"a,{VALID},b", f"番号{VALID}です"]
)
def test_found(text: str) -> None:
    assert digits(text) == [VALID]


@pytest.mark.parametrize(
    "text",
    [
        "123456789012",  # wrong check digit
        "SYN123456789018",  # part of a serial
        "00000000-0000-4000-8000-123456789018",  # part of a UUID
        "1234567890180",  # thirteen digits
        "000000000000",
        "10.1234.5678.9018",
        "2026-11-22T12:34:56",
        "1234-56789018",  # mixed groups
    ],
)
def test_not_taken_for_one(text: str) -> None:
    assert digits(text) == []


@given(st.integers(1, 10**11 - 1))
def test_exactly_one_check_digit_fits(number: int) -> None:
    eleven = f"{number:011d}"
    assert [last for last in "0123456789" if digits(eleven + last)] == [str(check_digit(eleven))]


def test_offsets_lead_to_the_place() -> None:
    text = f"a,b\n棚,{VALID}\n"
    assert [text[offset : offset + 12] for offset, _ in individual_numbers(text)] == [VALID]
    assert [text[offset:] for offset in mail_addresses("x") for text in ["x"]] == []
    assert list(mail_addresses("係,taro@ward.example,x")) == [2]


@pytest.mark.parametrize(
    "name", ["mail", "email", "full_name", "family_name_kana", "birth_date", "my_number", "home_address", "mobile_phone", "kana"]
)
def test_personal_columns(name: str) -> None:
    assert is_personal_name(name)


@pytest.mark.parametrize(
    "name", ["name", "computer_name", "division_name", "owner", "approver", "staff_id", "mgmt_ip", "model", "use", "mac", "gateway"]
)
def test_columns_that_are_not_personal(name: str) -> None:
    assert not is_personal_name(name)
