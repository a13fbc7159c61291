"""``ledger.import.3k``: a dirty delivery list of 3,000 rows in xlsx against the full sample ward, as one whole process."""

from __future__ import annotations

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


def _check(output: str) -> None:
    if "追加 1,780 更新 0 変更なし 1,165 繰返し 0 競合 13 取込不可 42" not in output:
        raise RuntimeError(output[-2000:])


def import_3k() -> None:
    """Reading, matching, numbers, the whole check, and the papers; rows are refused, so that the exit code is 1."""
    words = f"{PYTHON} -m wardops intake terminal_stock_lgwan {_make()} --ward {SAMPLE} --report {FOLDER / 'out'}"
    command = Command(["sh", "-c", f"{words}; test $? -eq 1"], check=_check)
    measures = interleaved({"ours": command})["ours"]
    used = f"{median(measures, 'cpu'):.2f} CPU s, {median(measures, 'rss'):.0f} MiB"
    note = f"{ROWS:,} rows: 1,780 new, 1,165 known, 55 refused or in conflict; {used}; with the whole check and the papers"
    report(Figure("ledger.import.3k", median(measures, "wall"), None, None, "ours <= 2.5", "s wall", note))


FIGURES = {"ledger.import.3k": import_3k}
