"""The receipt of a run (振分結果一覧): what came in, what went where, as JSON for programs, CSV for Excel, and a page for people."""

from __future__ import annotations

import datetime as dt
import json
import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..common import report
from ..common.files import write_atomic
from ..common.problems import Problem
from . import manifest as manifests
from .manifest import Amounts, Manifest
from .routing import Section

TEMPLATES = Path(__file__).resolve().parent / "templates"
HEADER: tuple[str, ...] = ("区分", "課コード", "課名", "格納先", "ファイル名", "件数", "金額（円）", "うち取消件数", "うち取消金額（円）")
HEADER += ("バイト数", "SHA-256", "状態")
_KINDS = {"section": "課", "unrouted": "未振分", "duplicates": "重複", "no_data": "該当なし"}
_STATUS = {"ok": "正常", "attention": "要確認", "no_data": "該当なし"}
#: duplicates that the page lists
_SHOWN = 50


def write(
    folder: Path,
    manifest: Manifest,
    sections: Iterable[Section],
    delivered: Mapping[str, str] | None = None,
    now: dt.datetime | None = None,
) -> list[Path]:
    """Write ``<run id>.json``, ``.csv`` and ``.html`` into a folder, each as a whole.

    :param sections: all receiving sections; those without rows are listed as 該当なし.
    :param delivered: what became of each staged file, by its path in the manifest; nothing when there was no delivery.
    :param now: UTC, for the receipt's own time.
    :raises WardopsError: E0105 when a file cannot be written.
    """
    folder.mkdir(mode=0o750, parents=True, exist_ok=True)
    made = (now or dt.datetime.now(dt.UTC)).replace(microsecond=0).isoformat()
    lines = rows(manifest, sections, delivered)
    files = {
        ".json": json.dumps(
            {**json.loads(manifests.encode(manifest)), "delivered": dict(delivered or {}), "made_at": made},
            ensure_ascii=False,
            indent=1,
            sort_keys=True,
        ).encode()
        + b"\n",
        ".csv": report.sheet(HEADER, lines),
        ".html": page(manifest, lines, made).encode(),
    }
    paths = []
    for suffix, data in files.items():
        path = folder / f"{manifest.run_id}{suffix}"
        write_atomic(path, data, 0o640)
        paths.append(path)
    return paths


def rows(manifest: Manifest, sections: Iterable[Section], delivered: Mapping[str, str] | None = None) -> list[list[Any]]:
    """The lines of the list: files, sections without rows, and the sum, which is the input."""
    having = {file.section for file in manifest.files}
    lines: list[list[Any]] = []
    for file in manifest.files:
        status = (delivered or {}).get(file.path, "未配信" if file.deliver else "配信しない")
        place = file.folder if file.deliver else "（配信しない）"
        numbers = _numbers(file.amounts)
        lines.append([_KINDS[file.kind], file.section, file.title, place, file.name, *numbers, file.bytes, file.sha256, status])
    for section in sections:
        if section.code not in having:
            lines.append(["課", section.code, section.name, "", "", 0, 0, 0, 0, 0, "", "該当なし"])
    lines.sort(key=lambda line: (line[0] != "課", line[1], line[4]))
    lines.append(["合計", "", "", "", "", *_numbers(manifest.totals["input"]), manifest.source["bytes"], manifest.source["sha256"], "入力"])
    return lines


def page(manifest: Manifest, lines: list[list[Any]], made: str) -> str:
    """The list as a page that fetches nothing."""
    return report.render(
        "receipt.html",
        {
            "manifest": manifest,
            "status": _STATUS[manifest.status],
            "header": HEADER,
            "lines": lines,
            "duplicates": manifest.duplicates[:_SHOWN],
            "paper": "A4 landscape",
            "made": made,
        },
        TEMPLATES,
    )


def problems(manifest: Manifest, folder: Path) -> list[Problem]:
    """What a human must look at: E1320 (unrouted rows), E1321 (duplicates).

    :param folder: the stage of one input, ``<work>/stage/<input>``.
    """
    work = shlex.quote(str(folder.parents[1]))
    found = []
    for code, kind in (("E1320", "unrouted"), ("E1321", "duplicates")):
        amounts: Amounts = manifest.totals[kind]
        if amounts.rows:
            file = shlex.quote(next(str(folder / file.path) for file in manifest.files if file.kind == kind))
            reasons = "、".join(f"{reason} {count} 件" for reason, count in manifest.reasons.items())
            params = {"rows": f"{amounts.rows:,}", "yen": f"{amounts.yen:,}", "reasons": reasons, "file": file, "work": work}
            found.append(Problem(code, manifest.source["name"], params=params))
    return found


def _numbers(amounts: Amounts) -> list[int]:
    return [amounts.rows, amounts.yen, amounts.cancelled_rows, amounts.cancelled_yen]
