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
_WIDE_DIGITS = "０１２３４５６７８９"
#: every digit as 0, every possible separator as -, the three bytes of the ideographic space stay recognisable
_FLAT = bytes(
    ord("0") if chr(byte).isdigit() and byte < 128 else ord("-") if byte in b"- " else byte if byte >= 128 else 1 for byte in range(256)
)
_NEEDLES = (b"0" * 12, b"0000-0000-0000", "0000\u30000000\u30000000".encode())
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
    narrow = text.translate(_WIDE) if any(digit in text for digit in _WIDE_DIGITS) else text
    data = narrow.encode("utf-8", "surrogatepass")
    for start, end in _candidate_lines(data):
        line = data[start:end].decode("utf-8", "surrogatepass")
        for match in _NUMBER.finditer(line):
            digits = re.sub(r"[^0-9]", "", match[0])
            if check_digit(digits[:11]) == int(digits[11]) and digits.strip("0"):
                yield len(data[:start].decode("utf-8", "surrogatepass")) + match.start(), digits


def _candidate_lines(data: bytes) -> list[tuple[int, int]]:
    """Start and end of lines that may hold a number. Searching for a fixed text of "any digit" is many times faster than an expression."""
    flat = data.translate(_FLAT)
    spans = set()
    for needle in _NEEDLES:
        found = flat.find(needle)
        while found >= 0:
            start = data.rfind(b"\n", 0, found) + 1
            end = data.find(b"\n", found)
            spans.add((start, end if end >= 0 else len(data)))
            found = flat.find(needle, end) if end >= 0 else -1
    return sorted(spans)


def mail_addresses(text: str) -> Iterator[int]:
    """Offsets of mail addresses."""
    if "@" in text:
        for match in _MAIL.finditer(text):
            yield match.start()
