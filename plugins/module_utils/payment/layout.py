"""The form of the payment centre's file: policy data (``payment_layout.yml``), because no public column list exists (要実機確認)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..common.problems import Problem, WardopsError, fail

BOM = b"\xef\xbb\xbf"
_WIDE = {b"\xff\xfe": "UTF-16LE", b"\xfe\xff": "UTF-16BE", b"PK": "Excel（xlsx）・ZIP"}


@dataclass(frozen=True, slots=True)
class Control:
    """The record with control totals: the first one (``header``) or the last one (``trailer``) of the file.

    :param mark: content of its first field.
    :param rows: position of the field with the number of rows, from 0.
    :param yen: position of the field with the sum.
    """

    place: str
    mark: bytes
    rows: int
    yen: int


@dataclass(frozen=True, slots=True)
class Layout:
    """Where what stands in a record; positions of fields count from 0.

    :param encoding: Python's name; only for names and values that people or rules read, never for rows that are passed through.
    :param header: whether the file has a line with the columns' names.
    """

    name: str
    encoding: str
    header: bool
    columns: tuple[str, ...]
    procedure: int
    tax_item: int
    amount: int
    number: int
    kind: int
    time: int
    control: Control | None
    digest: str

    def position(self, column: str) -> int:
        """:raises WardopsError: E1303 when there is no such column."""
        try:
            return self.columns.index(column)
        except ValueError:
            raise fail("E1303", "payment_layout", value=column, layout=self.name) from None


def load(policy: Mapping[str, Any], name: str = "") -> Layout:
    """A profile of the policy; without a name the one that the policy's ``use`` names.

    :raises WardopsError: E1303 (a role names a column that is not there), E1307 (no such profile).
    """
    wanted = name or policy["use"]
    profile = next((item for item in policy["profiles"] if item["name"] == wanted), None)
    if profile is None:
        raise fail("E1307", "payment_layout", name=wanted, known=", ".join(item["name"] for item in policy["profiles"]))
    columns = tuple(profile["columns"])
    roles = profile["roles"]
    missing = [column for column in roles.values() if column not in columns]
    if missing:
        raise WardopsError([Problem("E1303", "payment_layout", params={"value": column, "layout": wanted}) for column in missing])
    control = profile.get("control")
    encoding = profile["encoding"]
    return Layout(
        name=wanted,
        encoding=encoding,
        header=profile["header"],
        columns=columns,
        **{role: columns.index(roles[role]) for role in ("procedure", "tax_item", "amount", "number", "kind", "time")},
        control=Control(control["place"], control["mark"].encode(encoding), control["rows"] - 1, control["yen"] - 1) if control else None,
        digest=hashlib.sha256(json.dumps(profile, ensure_ascii=False, sort_keys=True).encode()).hexdigest(),
    )


def refuse_wide(beginning: bytes, path: str) -> None:
    """:raises WardopsError: E1316 for UTF-16, in which the bytes of a comma or a line end mean something else, and for a workbook."""
    encoding = _WIDE.get(beginning[:2])
    if encoding:
        raise fail("E1316", path, encoding=encoding)


def check_header(layout: Layout, cells: list[bytes], encoding: str, path: str, line: int) -> None:
    """Compare the header's names with the layout's.

    :param cells: fields of the header record, without quotes and byte order mark.
    :param encoding: of this file: the layout's, or UTF-8 where a byte order mark says so.
    :raises WardopsError: E1310 for every column that differs; E1316 when all are right, but in UTF-8 without a byte order mark.
    """
    if encoding != "utf-8" and tuple(cell.decode("utf-8", "replace") for cell in cells) == layout.columns:
        raise fail("E1316", path, line, encoding=f"UTF-8（BOM なし、様式では {encoding}）")
    found = [cell.decode(encoding, "backslashreplace") for cell in cells]
    problems = []
    for position in range(max(len(found), len(layout.columns))):
        have = found[position] if position < len(found) else "（なし）"
        want = layout.columns[position] if position < len(layout.columns) else "（なし）"
        if have != want:
            problems.append(Problem("E1310", path, line, 0, {"position": position + 1, "found": have, "wanted": want}))
    if problems:
        raise WardopsError(problems[:20])
