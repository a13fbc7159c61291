"""What people get of an import: a summary for the merge request, and the list of differences for the supplier (納品差異一覧)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...common.report import render, sheet
from ..book import Book
from .planning import Outcome, Result

TEMPLATES = Path(__file__).resolve().parent / "templates"
KINDS = {
    "added": "追加",
    "updated": "更新",
    "same": "変更なし",
    "repeated": "同じ行の繰返し",
    "conflict": "競合",
    "refused": "取込不可",
    "missing": "リストにない",
}
HEADER = ("区分", "場所", "台帳のキー", "リストの値", "列", "台帳の値", "取込の値", "コード", "内容", "対処")
#: how many lines of each kind the summary shows; the list of differences has all of them
_SHOWN = 30
_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~!@&])")


def differences(result: Result, book: Book) -> list[tuple[str, ...]]:
    """Everything that did not go in as it stands in the list, and what was changed; rows of :data:`HEADER`."""
    schema = book.schema(result.profile.ledger)
    rows: list[tuple[str, ...]] = []
    for outcome in result.outcomes:
        kind, key = KINDS[outcome.kind], " ".join(outcome.key)
        shown = _keys(outcome, result)
        for problem in outcome.problems:
            before, after = (str(problem.params.get(name, "")) for name in ("before", "after"))
            title = str(problem.params.get("title", ""))
            place = problem.path or outcome.record.place
            rows.append((kind, place, key, shown, title, before, after, problem.code, problem.text("ja"), problem.text("remedy_ja")))
        if outcome.kind == "updated":
            for name, before, after in outcome.changes:
                cells = (schema.title(name), schema.label(name, before), schema.label(name, after))
                rows.append((kind, outcome.record.place, key, shown, *cells, "", "", ""))
        elif outcome.kind == "repeated":
            rows.append((kind, outcome.record.place, key, shown, "", "", "", "", "同じ内容の行が前にあります。1 行目だけを見ました", ""))
    for missing in result.missing:
        rows.append(
            (KINDS["missing"], "", " ".join(missing), "", "", "", "", "", "台帳にあり、リストにありません", "廃止か記載漏れかを確認")
        )
    return rows


def _keys(outcome: Outcome, result: Result) -> str:
    """What tells a person which thing the row is: the first two keys that it has."""
    values = outcome.record.values
    return " ".join([values[name] for name in result.profile.match if values.get(name)][:2])


def difference_csv(result: Result, book: Book) -> bytes:
    return sheet(HEADER, differences(result, book))


def difference_html(result: Result, book: Book) -> str:
    data: dict[str, Any] = {
        "title": f"納品差異一覧：{result.profile.title}",
        "facts": list(facts(result, book)),
        "counts": [(KINDS[kind], result.counts()[kind]) for kind in KINDS if kind != "missing"],
        "header": HEADER,
        "rows": differences(result, book),
        "notes": result.records.notes,
        "paper": "A4 landscape",
    }
    return render("intake.html", data, TEMPLATES)


def facts(result: Result, book: Book) -> Iterator[tuple[str, str]]:
    source = result.records.sheet
    yield "ファイル", source.path
    yield "形式", source.form
    if result.records.version:
        yield "リストの版", result.records.version
    yield "内容の SHA-256", result.digest
    yield "取込定義", f"{result.profile.title}（{result.profile.name}）"
    schema = book.schema(result.profile.ledger)
    yield "台帳", f"{schema.document['title']}{f'（{result.profile.layer}）' if result.profile.layer else ''}"
    if result.ticket:
        yield "チケット", result.ticket
    yield "基準日", book.today.isoformat()


def summary(result: Result, book: Book) -> str:
    """The merge request's text (Markdown). Values from the list are escaped: a list must not write links or mentions."""
    lines = [f"# 取込：{_mark(result.profile.title)}", ""]
    lines += [f"- {name}：{_mark(value)}" for name, value in facts(result, book)]
    counts = result.counts()
    total = len(result.outcomes)
    lines += ["", "## 件数", "", f"| リストの行 | {' | '.join(KINDS[kind] for kind in list(KINDS)[:6])} |", f"|---:|{'---:|' * 6}"]
    lines.append(f"| {total:,} | {' | '.join(f'{counts[kind]:,}' for kind in list(KINDS)[:6])} |")
    if result.known_already():
        lines += ["", "このリストの内容は取込み済みです。台帳に加わるものはありません。"]
    lines += _given(result, book)
    lines += _changed(result)
    for kind in ("updated", "conflict", "refused"):
        lines += _section(result, book, kind)
    lines += _missing(result)
    if notes := [*result.records.notes, *_skipped(result)]:
        lines += ["", "## ファイルについて", "", *(f"- {_mark(note)}" for note in notes)]
    if counts["added"] and result.profile.follow_ups:
        lines += ["", "## 取込みの後に続く作業", "", *(f"- [ ] {_mark(text)}" for text in result.profile.follow_ups)]
    if counts["conflict"] or counts["refused"]:
        lines += ["", "## 確認すること", "", "- [ ] 競合・取込不可の行を納品元か現物で確かめ、直したリストをもう一度取り込む"]
    return "\n".join(lines) + "\n"


def _given(result: Result, book: Book) -> list[str]:
    """What new rows were given: first to last of each column."""
    added = result.of("added")
    names = [*result.profile.allocate.get("number", ()), *(["computer_name"] if result.profile.allocate.get("computer_name") else [])]
    names += ["ip"] if result.profile.allocate.get("address") else []
    schema = book.schema(result.profile.ledger)
    lines = []
    for name in names:
        values = [value for outcome in added if (value := (book.get(schema.name, outcome.key, result.profile.layer) or {}).get(name))]
        if values and name == "ip":
            lines.append(f"- {schema.title(name)}：{len(values):,} 件")
        elif values:
            lines.append(f"- {schema.title(name)}：{_mark(values[0])} ～ {_mark(values[-1])}（{len(values):,} 件）")
    return ["", "## 割り当てた番号とアドレス", "", *lines] if lines else []


def _changed(result: Result) -> list[str]:
    changed = {kind: found for kind, found in result.records.changed.items() if kind}
    if not changed:
        return []
    lines = ["", "## 直して読んだ値", "", "| 種類 | 件数 | 例 |", "|---|---:|---|"]
    for kind, (count, examples) in sorted(changed.items()):
        shown = "、".join(f"「{_mark(before)}」→「{_mark(after)}」" for _, before, after in examples)
        lines.append(f"| {kind} | {count:,} | {shown} |")
    return lines


def _section(result: Result, book: Book, kind: str) -> list[str]:
    rows = [row for row in differences(result, book) if row[0] == KINDS[kind]]
    if not rows:
        return []
    lines = ["", f"## {KINDS[kind]}（{result.counts()[kind]:,} 行）", ""]
    if kind == "updated":
        lines += ["| 台帳のキー | 列 | 前 | 後 |", "|---|---|---|---|"]
        lines += [f"| {' | '.join(_mark(row[index]) or '（空）' for index in (2, 4, 5, 6))} |" for row in rows[:_SHOWN]]
    else:
        lines += ["| 場所 | 物 | 理由 | 対処 |", "|---|---|---|---|"]
        lines += [f"| {_mark(row[1])} | {_mark(row[3])} | {row[7]} {_mark(row[8])} | {_mark(row[9])} |" for row in rows[:_SHOWN]]
    if len(rows) > _SHOWN:
        lines += ["", f"ほか {len(rows) - _SHOWN:,} 件は差異一覧にあります。"]
    return lines


def _missing(result: Result) -> list[str]:
    if result.profile.missing is None:
        return []
    lines = ["", f"## 台帳にあってリストにないもの（{len(result.missing):,} 件）", ""]
    if not result.missing:
        return [*lines, "ありません。"]
    shown = "、".join(_mark(" ".join(key)) for key in result.missing[:_SHOWN])
    rest = f" ほか {len(result.missing) - _SHOWN:,} 件" if len(result.missing) > _SHOWN else ""
    return [*lines, f"{shown}{rest}", "", "台帳からは消していません。廃止なら廃止の手続、記載漏れなら相手に連絡してください。"]


def _skipped(result: Result) -> Iterator[str]:
    for place, reason in result.records.skipped[:_SHOWN]:
        yield f"{place}：{reason}のため読んでいません"


def _mark(text: str) -> str:
    """Text without a meaning for Markdown, on one line."""
    return _MARKS.sub(r"\\\1", " ".join(text.split())) if text else ""
