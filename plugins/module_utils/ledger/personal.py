"""Personal data never enters the repository: what is recognised, and how.

Sources: 番号法 (平成25年法律第27号) and 番号法施行令 第8条 with the ministerial order on the check digit (検査用数字);
specification duties I-3-(5), I-13-(5), II-6, I-17-(3), which stay outside of this repository by policy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

#: four-digit groups may be separated; an all-digit part of a longer code or of a UUID is none
_NUMBER = re.compile(r"(?<![0-9A-Za-z_.:+-])[0-9]{4}([- \u3000]?)[0-9]{4}\1[0-9]{4}(?![0-9A-Za-z_:+-]|\.[0-9])")
_WIDE = str.maketrans("０１２３４５６７８９－―−‐", "0123456789----")
_MAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_NAMES = re.compile(
    r"(?:full|family|given|first|last|middle|display|real|staff|user|person|contact)_?(?:name|kana|kanji)(?:_.*)?|(?:name_)?(?:kana|kanji|furigana)"
    r"|(?:e_?)?mail(?:_?address)?|shimei|sei|mei|birth(?:day|_?date)?|date_of_birth|age|sex|gender|(?:home_?|mobile_?|cell_?)?(?:phone|tel)(?:_?(?:no|number))?"
    r"|(?:home_?|postal_?)address|my_?number|kojin_?bango|individual_?number|face(?:_.*)?|fingerprint|biometrics?|photo"
)


def is_personal_name(column: str) -> bool:
    """Whether a column of this name would hold personal data."""
    return _NAMES.fullmatch(column) is not None


def check_digit(eleven: str) -> int:
    """検査用数字 of the first eleven digits: 11 − (Σ Pn·Qn mod 11), 0 where the remainder is at most 1.

    Pn is the n-th digit counted from the last of the eleven, Qn is n + 1 for n ≤ 6 and n − 5 above.
    """
    total = sum(int(digit) * (n + 1 if n <= 6 else n - 5) for n, digit in enumerate(reversed(eleven), 1))
    rest = total % 11
    return 0 if rest <= 1 else 11 - rest


def individual_numbers(text: str) -> Iterator[tuple[int, str]]:
    """Offset and text of everything that reads as a 個人番号: twelve digits, also full-width or in groups, right check digit."""
    narrow = text if text.isascii() else text.translate(_WIDE)
    for match in _NUMBER.finditer(narrow):
        digits = re.sub(r"[^0-9]", "", match[0])
        if check_digit(digits[:11]) == int(digits[11]) and digits.strip("0"):
            yield match.start(), digits


def mail_addresses(text: str) -> Iterator[int]:
    """Offsets of mail addresses."""
    if "@" in text:
        for match in _MAIL.finditer(text):
            yield match.start()
