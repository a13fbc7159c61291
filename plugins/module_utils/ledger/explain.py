"""From a JSON Schema error to a problem that says what to do.

A value that would be right if it were spelled as the ledgers spell it (full-width digits, a MAC with colons, 和暦, zeros lost in
Excel) gets the right spelling as its remedy.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from typing import Any

from ..common import mac, wareki
from ..common.problems import WardopsError
from ..common.text import to_narrow, to_words
from .convert import converter
from .schema import LedgerSchema

_EXPONENT = re.compile(r"-?[0-9](?:\.[0-9]+)?E[+-]?[0-9]+", re.IGNORECASE)
_EXCEL_DATE = re.compile(r"[0-9]{1,2}月[0-9]{1,2}日|[0-9]{1,2}-(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)|#+")
_TYPES = {
    "integer": ("整数", "an integer"),
    "number": ("数値", "a number"),
    "boolean": ("true か false", "true or false"),
    "string": ("文字列", "text"),
    "array": ("一覧", "a list"),
    "object": ("項目の集まり", "a mapping"),
    "null": ("空", "null"),
}
_FORMATS = {
    "date": ("日付（例 2026-04-01）", "a date such as 2026-04-01"),
    "date-time": ("日時（例 2026-04-01T09:00:00+09:00）", "a time such as 2026-04-01T09:00:00+09:00"),
    "time": ("時刻（例 09:00:00+09:00）", "a time of day such as 09:00:00+09:00"),
    "ipv4": ("IPv4 アドレス（例 10.16.1.20）", "an IPv4 address such as 10.16.1.20"),
    "uuid": ("UUID（例 123e4567-e89b-42d3-a456-426614174000）", "a UUID such as 123e4567-e89b-42d3-a456-426614174000"),
}
_CODES = {
    "type": "E0205",
    "pattern": "E0207",
    **dict.fromkeys(("enum", "const"), "E0208"),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"), "E0209"),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"), "E0210"),
    "format": "E0211",
}
_Explained = tuple[str, dict[str, Any]]


def explain_cell(schema: LedgerSchema, column: str, text: str, error: Any) -> _Explained:
    """Code and values for a refused cell: E0205 or E0207-E0211, E0213, E0214."""
    if right := next(_respellings(schema, column, text), None):
        return "E0214", {"value": text, "right": right}
    if _EXPONENT.fullmatch(text):
        return "E0215", {"value": text, "example": schema.example(column)}
    if _EXCEL_DATE.fullmatch(text):
        return "E0216", {"value": text, "example": schema.example(column)}
    code, params = explain_error(error)
    params.update(value=text, example=schema.example(column))
    return code, params


def explain_error(error: Any) -> _Explained:
    """Code and values by keyword, the same for cells and for values of a policy."""
    name = error.kind.name
    detail = error.kind.as_dict()
    code = _CODES.get(name, "E0213")
    params: dict[str, Any] = {"keyword": name, "detail": error.message}
    if code == "E0205":
        kinds = [_TYPES[str(item)] for item in detail["types"]]
        params = {"kind_ja": "、".join(ja for ja, _ in kinds), "kind": " or ".join(en for _, en in kinds)}
    elif code == "E0208":
        options = detail["options"] if name == "enum" else [detail["expected_value"]]
        params = {"allowed": " | ".join(_plain(option) for option in options)}
    elif code == "E0207":
        params = {"pattern": detail["pattern"]}
    elif code == "E0211":
        ja, en = _FORMATS.get(detail["format"], (detail["format"], detail["format"]))
        params = {"kind_ja": ja, "kind": en}
    elif code in ("E0209", "E0210"):
        params = {"limit": f"{name} {detail.get('limit', detail.get('multiple_of'))}"}
    return code, params


def explain_row(schema: LedgerSchema, row: dict[str, Any], error: Any) -> tuple[str, str, dict[str, Any]]:
    """Column, code and values for a combination of columns that the schema forbids (E0212).

    :param row: the refused row, as far as the rule looks at it.
    """
    kind, path = error.kind, error.instance_path
    params = _condition(schema, row, error.schema_path)
    if kind.name == "required":
        column = str(kind.as_dict()["property"])
        params.update(state_ja="空であってはなりません", state="must not be empty")
    elif kind.name == "falseSchema" and len(path) > 1:
        column = path[1]
        params.update(state_ja="空でなければなりません", state="must be empty")
    else:
        column = path[1] if len(path) > 1 else next(iter(row), schema.columns[0])
        code, more = explain_error(error)
        params.update(
            state_ja="この値であってはなりません", state="cannot have this value", value=_plain(row.get(column, "")), code=code, **more
        )
    return column, "E0212", params


def _condition(schema: LedgerSchema, row: dict[str, Any], schema_path: Sequence[str | int]) -> dict[str, Any]:
    """The condition of the rule that was broken, as this row fulfils it: ``status=returned``, 「状態が返却済」."""
    part: Any = {"items": schema.row_rules}
    names: list[str] = []
    for step in schema_path:
        part = part[step]
        if isinstance(part, dict) and "if" in part:
            names = list(part["if"].get("properties", {}))
        if step in ("then", "else"):
            break
    shown = [(name, _plain(row[name])) for name in names if name in row]
    ja = "、".join(f"{schema.title(name)}が「{schema.label(name, value)}」" for name, value in shown)
    return {
        "condition_ja": ja or "ほかの列の値により",
        "condition": ", ".join(f"{name}={value}" for name, value in shown) or "the other columns",
    }


def nearest(name: str, known: Sequence[str]) -> str:
    """The known name that was probably meant, or ``-``."""
    import difflib  # noqa: PLC0415 - needed only for a message; half a percent of a run's time

    return next(iter(difflib.get_close_matches(name, known, 1)), "-")


def _respellings(schema: LedgerSchema, column: str, text: str) -> Iterator[str]:
    """Other spellings of a value that the schema accepts."""
    convert = converter(schema.types[column])
    for candidate in _candidates(text):
        if candidate != text and schema.column_validator.is_valid({column: [convert(candidate) if convert else candidate]}):
            yield candidate


def _candidates(text: str) -> Iterator[str]:
    narrow = to_narrow(text).strip()
    yield from (text.strip(), narrow, narrow.lower(), narrow.upper(), to_words(text))
    with contextlib.suppress(WardopsError):
        yield mac.parse(text)
    with contextlib.suppress(WardopsError):
        yield wareki.parse_date(text).isoformat()
    if narrow.isdecimal() and narrow.isascii() and len(narrow) < 12:
        yield narrow.lstrip("0") or "0"
        for width in range(len(narrow) + 1, 13):
            yield narrow.zfill(width)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
