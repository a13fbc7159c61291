"""A cell of the list → a value of the ledger: what can be read with certainty is read and told, what cannot is refused.

The rules for what Excel does to codes: a code of a fixed width gets its lost zeros back; a number where the width is not fixed, an exponent
and a date in the place of a code are refused, because nothing in the file tells what was typed.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping

from ...common import mac
from ...common.problems import Problem, WardopsError, fail
from ...common.wareki import parse_date
from ..personal import individual_numbers, mail_addresses
from ..persons import FREE_TEXT, has_person_name
from ..schema import LedgerSchema
from . import spelling
from .profile import Column
from .source import Cell

_DIGITS = re.compile(r"\^\[0-9\]\{([0-9]+)\}\$")
_EXPONENT = re.compile(r"\d(?:\.\d+)?E[+-]\d{1,3}", re.IGNORECASE)
_DATE_LIKE = re.compile(
    r"\d{1,2}月\d{1,2}日|\d{4}年\d{1,2}月(?:\d{1,2}日)?|\d{4}/\d{1,2}/\d{1,2}|\d{1,2}/\d{1,2}"
    r"|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)-\d{2}|\d{1,2}-(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)",
    re.IGNORECASE,
)
_SHORT_YEAR = re.compile(r"(\d{2})([-/.年])(\d{1,2})[-/.月](\d{1,2})日?")
_WEEKDAY = re.compile(r"\s*\([月火水木金土日]\)$")
_TIME = re.compile(r"[T ]\d{1,2}:\d{2}(?::\d{2})?(?:\.0+)?$")
#: serial numbers of 1990-01-01 and 2099-12-31: outside of these a number is no date that a ledger holds
_SERIALS = (32_874, 73_050)
_MAC_EXAMPLE = "02-4B-54-00-00-01"
_EPOCH = dt.date(1899, 12, 30)
#: Excel keeps fifteen digits of a number
_PRECISION = 15
_Value = tuple[str, str]


class Reader:
    """Reads the cells of one column.

    :param lookup: words of the list (:func:`spelling.same_word`) and the codes that they may stand for; ``None``: none is used.
    """

    def __init__(self, spec: Column, schema: LedgerSchema, lookup: Mapping[str, tuple[str, ...]] | None = None) -> None:
        self.spec = spec
        self.part = schema.resolve(schema.properties[spec.column])
        self.title = schema.title(spec.column)
        self.example = _MAC_EXAMPLE if self.part.get("x-global") == "mac" else schema.example(spec.column)
        self.lookup = lookup
        self.labels = {spelling.same_word(word): value for word, value in self._words().items()}
        pattern = str(self.part.get("pattern", ""))
        self.pattern = re.compile(pattern)
        fixed = _DIGITS.fullmatch(pattern)
        self.width = spec.width or (int(fixed[1]) if fixed else 0)
        self.kind, self._convert = self._reader(schema.types[spec.column], pattern)
        self._known: dict[Cell, _Value | Problem] = {}

    def read(self, cell: Cell) -> _Value:
        """The value (empty for an empty cell) and the word for what was changed (empty: nothing).

        :raises WardopsError: E0111-E0113, E0510, E0720-E0729, E0732, without a place.
        """
        found = self._known.get(cell)
        if found is None:
            try:
                found = self._read(cell)
            except WardopsError as error:
                found = error.problems[0]
            self._known[cell] = found
        if isinstance(found, Problem):
            raise WardopsError(found)
        return found

    def _words(self) -> dict[str, str]:
        labels: dict[str, str] = {label: value for value, label in self.part.get("x-labels", {}).items()}
        if self.part.get("type") == "boolean":
            labels |= {"○": "true", "〇": "true", "有": "true", "はい": "true", "×": "false", "無": "false", "いいえ": "false"}
            labels |= {"true": "true", "false": "false"}
        return labels | {str(value): str(value) for value in self.part.get("enum", ())} | dict(self.spec.values)

    def _reader(self, kind: str, pattern: str) -> tuple[str, Callable[[str, Cell], _Value]]:
        if self.part.get("x-global") == "mac":
            return "mac", self._mac
        if self.part.get("format") == "date":
            return "date", self._date
        if self.lookup is not None:
            return "lookup", self._look_up
        if "enum" in self.part or kind == "boolean":
            return "enum", self._enumeration
        if kind in ("integer", "number"):
            return "number", self._number
        return ("free", self._free) if pattern == FREE_TEXT else ("code", self._code)

    def _read(self, cell: Cell) -> _Value:
        if cell.kind == "formula":
            raise fail("E0720", title=self.title)
        if cell.kind == "error":
            raise fail("E0721", title=self.title, value=cell.text)
        text = spelling.tidy(cell.text)
        if not text:
            return "", "空を表す記号" if cell.text.strip() else ""
        if text[0] in "=＝@＠" and self.kind in ("free", "code"):
            raise fail("E0720", title=self.title)
        if cell.kind == "date" and self.kind != "date":
            raise fail("E0725", title=self.title, value=text, example=self.example)
        self._impersonal(text)
        if cell.kind in ("", "boolean") and (known := self.labels.get(spelling.same_word(text))) is not None:
            return known, "読替" if known != cell.text else ""
        return self._convert(text, cell)

    def _impersonal(self, text: str) -> None:
        if self.kind != "mac" and any(individual_numbers(text)):
            raise fail("E0729", title=self.title, kind_ja="個人番号と読める 12 桁の数字", kind="what reads as an individual number")
        if any(True for _ in mail_addresses(text)):
            raise fail("E0729", title=self.title, kind_ja="メールアドレス", kind="a mail address")
        if has_person_name(text):
            raise fail("E0729", title=self.title, kind_ja="個人名と読める語", kind="what reads as a person's name")

    # --- one method for each kind of column

    def _mac(self, text: str, cell: Cell) -> _Value:
        """A number cell is a MAC only when neither lost zeros nor an exponent can explain it otherwise.

        ``1234567890E1`` typed into Excel becomes 12345678900: a number made from an exponent ends in zeros, or has at most ten digits
        (``…E0``). Eleven or twelve digits that do not end in 0 were digits; the width of a MAC then gives the zero back.
        """
        narrow = spelling.code(text)
        if _EXPONENT.fullmatch(narrow):
            raise fail("E0724", title=self.title, value=text, example=self.example)
        if cell.kind == "number":
            if len(text) not in (11, 12) or not text.isdecimal() or text.endswith("0"):
                raise fail("E0724", title=self.title, value=text, example=self.example)
            return text.zfill(12), "先頭の0" if len(text) < 12 else ""
        value = mac.parse(text)
        return value, "MAC表記" if value != cell.text else ""

    def _date(self, text: str, cell: Cell) -> _Value:
        if _TIME.search(text):
            if not re.search(r"[T ]0{1,2}:00(?::00)?(?:\.0+)?$", text):
                raise fail("E0732", title=self.title, value=text)
            text = _TIME.sub("", text)
        narrow = _WEEKDAY.sub("", spelling.code(text))
        if (cell.kind == "number" or len(narrow) == 5) and narrow.isdecimal():
            if not _SERIALS[0] <= int(narrow) <= _SERIALS[1]:
                raise fail("E0111", value=text)
            return (_EPOCH + dt.timedelta(days=int(narrow))).isoformat(), "Excelの日付番号"
        if self.spec.two_digit_year and (short := _SHORT_YEAR.fullmatch(narrow)):
            first = f"20{short[1]}" if self.spec.two_digit_year == "western" else f"R{int(short[1])}"
            value = parse_date(f"{first}/{short[3]}/{short[4]}").isoformat()
            return value, "2桁の年"
        value = parse_date(narrow).isoformat()
        return value, "" if value == cell.text else "日付表記" if narrow[:1].isdecimal() else "和暦"

    def _look_up(self, text: str, cell: Cell) -> _Value:
        word = spelling.same_word(text)
        found = (self.lookup or {}).get(word, ())
        if not found and self.width and word.isdecimal() and len(word) < self.width:
            found = (self.lookup or {}).get(word.zfill(self.width), ())
        if len(found) > 1:
            raise fail("E0728", title=self.title, value=text, found="、".join(found))
        if not found:
            raise fail("E0727", title=self.title, value=text, allowed=f"台帳 {self.spec.lookup['ledger']} にある名前かコード")
        return found[0], "読替" if found[0] != cell.text else ""

    def _enumeration(self, text: str, _: Cell) -> _Value:
        allowed = "、".join(dict.fromkeys(self.part.get("x-labels", {}).values())) or "、".join(self.labels)
        raise fail("E0727", title=self.title, value=text, allowed=allowed)

    def _number(self, text: str, cell: Cell) -> _Value:
        value = spelling.code(text).replace(" ", "")
        for suffix in self.spec.suffixes:
            if value.casefold().endswith(spelling.same_word(suffix)):
                value = value[: -len(suffix)]
                break
        if re.fullmatch(r"\d{1,3}(,\d{3})+", value):
            value = value.replace(",", "")
        if _DATE_LIKE.fullmatch(value):
            raise fail("E0725", title=self.title, value=text, example=self.example)
        if value.isdecimal():
            value = value.lstrip("0") or "0"
        return value, "数値表記" if value != cell.text else ""

    def _free(self, text: str, cell: Cell) -> _Value:
        value = spelling.words(text)
        return value, "" if value == cell.text else "全角・半角" if value != text else "空白・改行"

    def _code(self, text: str, cell: Cell) -> _Value:
        narrow = spelling.code(text)
        if _EXPONENT.fullmatch(narrow) or (cell.kind == "number" and len(narrow) > _PRECISION):
            raise fail("E0724", title=self.title, value=text, example=self.example)
        if self.width and narrow.isdecimal() and len(narrow) < self.width:
            return narrow.zfill(self.width), "先頭の0"
        for candidate in (text, narrow, narrow.upper(), narrow.lower(), narrow.replace(" ", "")):
            if self.pattern.search(candidate):
                # a serial typed as a number: how many zeros stood before it, nothing tells
                if cell.kind == "number" and not self.spec.numbers and not self.width:
                    raise fail("E0726", title=self.title, value=text)
                return candidate, _spelt(candidate, cell.text)
        if _DATE_LIKE.fullmatch(narrow):
            raise fail("E0725", title=self.title, value=text, example=self.example)
        return narrow, ""


def _spelt(value: str, before: str) -> str:
    if value == before:
        return ""
    if before.strip() == value:
        return "空白・改行"
    return "大文字・小文字" if spelling.tidy(before).casefold() == value.casefold() else "全角・半角"
