"""``ledger.import.3k``: a dirty delivery list of 3,000 rows in xlsx against the full sample ward, as one whole process."""

from __future__ import annotations

import re
from pathlib import Path

from tools import dirty_delivery

from .harness import PYTHON, REPOSITORY, Command, Figure, interleaved, median, report

FOLDER = REPOSITORY / "build" / "bench" / "intake"
SAMPLE = REPOSITORY / "inventories" / "sample"
ROWS = 3000


def _make() -> Path:
    FOLDER.mkdir(parents=True, exist_ok=True)
    source = FOLDER / "list.xlsx"
    source.write_bytes(dirty_delivery.workbook(dirty_delivery.long_list(ROWS), "端末一覧"))
    return source


def _check(output: str, counts: list[tuple[int, ...]]) -> None:
    found = re.search(r"add ([0-9,]+) update ([0-9,]+) same ([0-9,]+) repeated ([0-9,]+) conflict ([0-9,]+) refused ([0-9,]+)", output)
    counts.append(tuple(int(text.replace(",", "")) for text in found.groups()) if found else ())
    if sum(counts[-1]) != ROWS or not (counts[-1][0] > ROWS // 2 and counts[-1][5]):
        raise RuntimeError(output[-2000:])


def import_3k() -> None:
    """Reading, matching, numbers, the whole check, and the papers; rows are refused, so that the exit code is 1."""
    counts: list[tuple[int, ...]] = []
    words = f"{PYTHON} -m wardops intake terminal_stock_lgwan {_make()} --ward {SAMPLE} --ticket CHG-2026-00777 --report {FOLDER / 'out'}"
    command = Command(["sh", "-c", f"{words}; test $? -eq 1"], check=lambda output: _check(output, counts))
    measures = interleaved({"ours": command})["ours"]
    added, _, same, _, conflict, refused = counts[-1]
    used = f"{median(measures, 'cpu'):.2f} CPU s, {median(measures, 'rss'):.0f} MiB"
    note = f"{ROWS:,} rows: {added:,} new, {same:,} known, {conflict + refused} refused or in conflict; {used}; with check and papers"
    report(Figure("ledger.import.3k", median(measures, "wall"), None, None, "ours <= 2.5", "s wall", note))


FIGURES = {"ledger.import.3k": import_3k}
