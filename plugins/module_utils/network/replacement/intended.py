"""The configuration of the successor: the last good one, with what belongs to the dead unit replaced, taken out, or pointed at."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ...common.problems import fail
from ..dialect import Dialect
from ..tree import Node, parse, render
from .units import Units

Deed = Literal["replaced", "removed", "mark", "renamed"]
DEEDS: dict[Deed, str] = {"replaced": "置換", "removed": "削除", "mark": "要確認", "renamed": "読替"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line that depends on the unit.

    :param number: in the stored text, from 1.
    :param before: as stored, :param after: as it is loaded; both hold secrets until they are masked.
    """

    number: int
    deed: Deed
    before: bytes
    after: bytes
    reason_ja: str
    reason: str


@dataclass(frozen=True, slots=True)
class Intended:
    """The text to load (secrets and all), and every line of it that is not as it was stored."""

    text: bytes
    lines: tuple[Line, ...]

    def __repr__(self) -> str:
        return f"Intended({len(self.text)} bytes, {len(self.lines)} lines)"


def build(stored: bytes, units: Units, dialect: Dialect, mapping: Mapping[str, str] | None = None) -> Intended:
    """:param stored: the last good full text.

    :param mapping: interface names, old to new, for a spare of another model.
    :raises WardopsError: E1702 (other model, no mapping), E1703 (mapping does not fit), E1704 (other platform).
    """
    _fit(units, mapping)
    lines: list[Line] = []
    text = _replaced(stored, units, lines)
    if mapping:
        text = _renamed(text, mapping, dialect, lines)
    root = parse(text, dialect.style)
    _without(root, dialect, lines, 1)
    return Intended(render(root), tuple(sorted(lines, key=lambda line: line.number)))


def _fit(units: Units, mapping: Mapping[str, str] | None) -> None:
    dead, spare = units.dead, units.spare
    names = {"dead": dead["name"], "spare": spare["name"]}
    if dead["os_profile"] != spare["os_profile"]:
        raise fail("E1704", spare["name"], 0, 0, **names, old=dead["os_profile"], new=spare["os_profile"])
    if dead["model"] != spare["model"] and not mapping:
        raise fail("E1702", spare["name"], 0, 0, **names, old=dead["model"], new=spare["model"])


def _without(node: Node, dialect: Dialect, lines: list[Line], number: int) -> int:
    """Take out what only the dead unit may say, with everything below it; the number of the line behind the node."""
    number += node.raw.count(b"\n")
    kept = []
    for child in node.children:
        rule = None if child.noise else next((one for one in dialect.sensitive if one.pattern.match(child.key)), None)
        if rule is not None:
            first = child.raw.split(b"\n", 1)[0].rstrip(b"\r")
            removed = rule.action == "remove"
            lines.append(Line(number, "removed" if removed else "mark", first, b"" if removed else first, rule.reason_ja, rule.reason))
            if removed:
                number += render(child).count(b"\n")
                continue
        number = _without(child, dialect, lines, number)
        kept.append(child)
    node.children = kept
    return number


def _replaced(text: bytes, units: Units, lines: list[Line]) -> bytes:
    """The dead unit's serial number and MAC, in every notation, become those of the spare."""
    changes = []
    if units.dead["serial"]:
        whole = rb"(?<![0-9A-Za-z])" + re.escape(units.dead["serial"].encode()) + rb"(?![0-9A-Za-z])"
        changes.append((re.compile(whole), lambda _: units.spare["serial"].encode(), "製造番号", "serial number"))
    if len(units.dead["mac"]) == 12:
        new = units.spare["mac"]
        changes.append((_mac(units.dead["mac"]), lambda match: _written_as(match[0], new), "MAC アドレス", "MAC address"))
    found = text.split(b"\n")
    for pattern, value, what_ja, what in changes:
        for index, line in enumerate(found):
            after = pattern.sub(value, line)
            if after != line:
                reasons = (f"{what_ja}を新しい機器のものに", f"{what} of the new unit")
                lines.append(Line(index + 1, "replaced", line, after, *reasons))
                found[index] = after
    return b"\n".join(found)


def _mac(mac: str) -> re.Pattern[bytes]:
    digits = [re.escape(mac[i]) for i in range(12)]
    return re.compile(rb"(?i)(?<![0-9a-f])" + "[-:.]?".join(digits).encode() + rb"(?![0-9a-f])")


def _written_as(old: bytes, mac: str) -> bytes:
    """The address with the separators and the case of the old one."""
    digits = iter(mac.upper() if old.upper() == old else mac.lower())
    return "".join(chr(one) if chr(one) in "-:." else next(digits) for one in old).encode()


# --- another model


def read_mapping(data: bytes, name: str = "") -> dict[str, str]:
    """A CSV with the columns ``old`` and ``new``.

    :raises WardopsError: E1703.
    """
    try:
        rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    except (UnicodeDecodeError, csv.Error):
        raise fail("E1703", name, what_ja="UTF-8 の CSV ではありません", what="it is no CSV in UTF-8") from None
    pairs = [((row.get("old") or "").strip(), (row.get("new") or "").strip()) for row in rows]
    if not pairs or any(not old or not new for old, new in pairs):
        raise fail("E1703", name, what_ja="列 old と new が要ります", what="the columns old and new are needed in every row")
    for index, what in ((0, "old"), (1, "new")):
        names = [pair[index] for pair in pairs]
        if twice := sorted({one for one in names if names.count(one) > 1}):
            raise fail("E1703", name, what_ja=f"{what} の {twice[0]} が 2 回あります", what=f"{twice[0]} stands twice in {what}")
    return dict(pairs)


_INTERFACE = re.compile(rb"interface (?:range )?((?:[A-Za-z-]*(?:ethernet|gige|xge|port))\s?\d[\d/.]*)$", re.I)


def _renamed(text: bytes, mapping: Mapping[str, str], dialect: Dialect, lines: list[Line]) -> bytes:
    keys = [node.key for _, node in parse(text, dialect.style).walk()]
    used = [match[1].decode("ascii", "replace") for key in keys if (match := _INTERFACE.match(key))]
    if missing := [name for name in dict.fromkeys(used) if name not in mapping]:
        raise fail("E1703", what_ja=f"対応表にない名前: {', '.join(missing)}", what=f"not in the mapping: {', '.join(missing)}")
    names = sorted(mapping, key=len, reverse=True)
    pattern = re.compile(rb"(?<![0-9A-Za-z/])(" + b"|".join(re.escape(one.encode()) for one in names) + rb")(?![0-9/.])")
    found = text.split(b"\n")
    for index, line in enumerate(found):
        after = pattern.sub(lambda match: mapping[match[1].decode()].encode(), line)
        if after != line:
            lines.append(Line(index + 1, "renamed", line, after, "型番が違うため名前を読み替え", "another model: interface renamed"))
            found[index] = after
    return b"\n".join(found)
