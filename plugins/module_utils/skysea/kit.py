"""The profile's test kit: an export from the real console against a layout, column by column.

It answers, for whoever stands at the console for the first time: which columns fit, which do not, and what to write into
``policies/skysea.yml``. It never guesses silently: what it recognises (encoding, delimiter) it says.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..common.problems import fail
from ..common.text import decode as recognise
from .layout import Column, Layout, plain

#: failing values that are shown of a column
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """One column of the layout.

    :param position: where the file has it, from 1; 0 when it has not.
    :param filled: cells that are not empty.
    :param samples: first cells that do not fit, ``line 12: 2026.1.2``.
    """

    title: str
    field: str
    position: int
    filled: int
    failing: int
    ja: str
    en: str
    samples: tuple[str, ...] = ()

    @property
    def fits(self) -> bool:
        return not self.ja


@dataclass(slots=True)
class Findings:
    """What the kit found: of the file, of each column, and the file's titles that the layout does not know."""

    file: list[tuple[str, str]] = field(default_factory=list)
    columns: list[Verdict] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    rows: int = 0

    @property
    def fits(self) -> bool:
        return not self.file and not self.unknown and all(column.fits for column in self.columns)


def examine(layout: Layout, data: bytes, known: Mapping[str, Sequence[str]], path: str = "") -> Findings:
    """Compare an export with a layout.

    :param known: values of the ledgers by field (``computer_name``, ``serial`` …): a column of another content shows.
    :raises WardopsError: E0103, E0110 when the file is in no encoding that is known at all; E1501 when a quote is never closed.
    """
    findings = Findings()
    decoded = recognise(data)
    encoding = "utf-8-sig" if decoded.encoding == "utf-8" and decoded.bom else decoded.encoding
    if encoding != layout.encoding:
        findings.file.append(
            (f"文字コードは {encoding}（プロファイルは {layout.encoding}）", f"encoding {encoding}, not {layout.encoding}")
        )
    if encoding == "utf-16-le" and not decoded.bom:
        findings.file.append(("UTF-16LE の BOM がありません", "UTF-16LE without byte order mark"))
    first = decoded.text.split("\n", 1)[0]
    delimiter = "\t" if first.count("\t") > first.count(",") else ","
    if delimiter != layout.delimiter:
        found = "タブ" if delimiter == "\t" else "コンマ"
        findings.file.append((f"区切りは{found}", "delimiter is " + ("tab" if delimiter == "\t" else "comma")))
    if "\r\n" not in decoded.text:
        findings.file.append(("改行は LF（CRLF ではない）", "line ends are LF, not CRLF"))
    csv.field_size_limit(1 << 20)
    try:
        rows = list(csv.reader(io.StringIO(decoded.text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise fail("E1501", path, reason_ja="引用符の対応が取れません", reason=str(error)) from None
    header = rows[0] if layout.header and rows else [column.title for column in layout.columns]
    lines = rows[1:] if layout.header else rows
    findings.rows = len(lines)
    ragged = [number for number, cells in enumerate(lines, 2) if len(cells) != len(header)]
    if ragged:
        findings.file.append(
            (f"セルの数が違う行が {len(ragged)} 行（最初は {ragged[0]} 行目）", f"{len(ragged)} rows of another width, first {ragged[0]}")
        )
    titles = [column.title for column in layout.columns]
    findings.unknown = [title for title in header if title not in titles]
    findings.columns = [_judge(layout, column, header, lines, known) for column in layout.columns]
    order = [header.index(title) for title in titles if title in header]
    if order != sorted(order):
        findings.file.append(("列の順序が違います", "the columns stand in another order"))
    return findings


def _judge(
    layout: Layout, column: Column, header: Sequence[str], lines: Sequence[Sequence[str]], known: Mapping[str, Sequence[str]]
) -> Verdict:
    if column.title not in header:
        near = next((title for title in header if title.replace(" ", "").casefold() == column.title.replace(" ", "").casefold()), "")
        hint = f"。似た見出し「{near}」があります" if near else ""
        return Verdict(
            column.title, column.field, 0, 0, 0, f"見出しがありません{hint}", "no such header" + (f"; {near} is near" if near else "")
        )
    position = header.index(column.title)
    cells = [(number, row[position]) for number, row in enumerate(lines, 2) if position < len(row)]
    filled = [(number, cell) for number, cell in cells if cell]
    if not column.field:
        return Verdict(column.title, "", position + 1, len(filled), 0, "", "")
    words = {cell: plain(layout, column, cell) for cell in {cell for _, cell in filled}}
    bad = [f"{number} 行目: {cell}" for number, cell in filled if words[cell] is None]
    ja = en = ""
    if bad:
        ja, en = f"{len(bad)} 個の値が形に合いません", f"{len(bad)} values do not fit"
    elif filled and column.field in known:
        values = set(known[column.field])
        strange = [f"{number} 行目: {cell}" for number, cell in filled if words[cell] not in values]
        if len(strange) > len(filled) / 2:
            bad, ja, en = (
                strange,
                f"{len(filled)} 個中 {len(strange)} 個が台帳にない値です（別の内容の列かもしれません）",
                "most values are in no ledger",
            )
    return Verdict(column.title, column.field, position + 1, len(filled), len(bad), ja, en, tuple(bad[:_SHOWN]))


def lines(findings: Findings) -> list[str]:
    """The findings for people: the file, each column, what is unknown."""
    found = [f"NG ファイル: {ja} / {en}" for ja, en in findings.file]
    for one in findings.columns:
        place = f"{one.position} 列目" if one.position else "なし"
        verdict = f"{one.ja} / {one.en}" if one.ja else f"{one.filled} 個の値が合う / values fit"
        samples = f" [{'; '.join(one.samples)}]" if one.samples else ""
        found.append(f"{'OK' if one.fits else 'NG'} {one.title}（{one.field or '-'}、{place}）: {verdict}{samples}")
    found += [f"NG {title}: プロファイルにない列 / the profile has no such column" for title in findings.unknown]
    return found
