"""``ledger.page.*``: the browsable page of 100,000 rows: building it, and from a key press to the first result in Chromium.

The data are the sample's generator at three times the size (a little more than 100,000 rows in all ledgers). Key presses are real ones
(WebDriver), typed one by one and taken back; the clock is the page's own, from the key event to the painted frame.
"""

from __future__ import annotations

import re
import statistics
import sys
from pathlib import Path

from .harness import PYTHON, REPOSITORY, RUNS, Command, Figure, interleaved, median, report, run_once

FOLDER = REPOSITORY / "build" / "bench" / "pages"
WARD = FOLDER / "ward3"
PAGE = FOLDER / "ledgers.html"
#: one letter, what nearly every row has, nothing, full width, kanji, kana, several words, the spellings of MACs and IPs
QUERIES = (
    "a",
    "0",
    "1",
    "-",
    "0000",
    "SYN00",
    "LG25N00001",
    "02-4B-54-00-10",
    "10.16.5.20",
    "zzzzqq",
    "政策企画課",
    "ＬＧ２５",
    "稼働 HON 5",
    "かどう",
    "a0 1 2 3 4",
)


def _command() -> Command:
    if not (WARD / "policies").is_dir():
        run_once(Command([PYTHON, "tools/generate_sample.py", "--scale", "3", "--out", str(WARD)]))
    return Command([PYTHON, "-m", "wardops", "pages", "--ward", str(WARD), "--out", str(PAGE)], check=_big_enough)


def _big_enough(output: str) -> None:
    found = re.search(r"([0-9,]+) rows", output)
    if not found or int(found[1].replace(",", "")) < 100_000:
        raise RuntimeError(output[-2000:])


def build() -> None:
    measures = interleaved({"ours": _command()})["ours"]
    size = PAGE.stat().st_size / 1e6
    note = f"whole process, {size:.1f} MB page; {median(measures, 'cpu'):.2f} CPU s, {median(measures, 'rss'):.0f} MiB"
    report(Figure("ledger.page.100k", median(measures, "wall"), None, None, "ours <= 5", "s wall", note))


def key() -> None:
    sys.path.insert(0, str(REPOSITORY / "collections"))
    from tests.unit.pages.chromium import chromium, complaints, open_file  # noqa: PLC0415 - only this figure needs a browser
    from tests.unit.pages.keys import type_queries, wait_until_ready  # noqa: PLC0415

    run_once(_command())
    times: list[float] = []
    worst, ready, heap = "", 0.0, 0.0
    for _ in range(RUNS):
        with chromium() as driver:
            open_file(driver, Path(PAGE))
            ready = wait_until_ready(driver)
            for press in type_queries(driver, QUERIES):
                worst = press.text if not times or press.milliseconds > max(times) else worst
                times.append(press.milliseconds)
            heap = float(driver.execute_script("return performance.memory.usedJSHeapSize")) / 1e6
            if found := complaints(driver):
                raise RuntimeError("\n".join(found))
    note = (
        f"worst of {len(times)} key presses (at {worst!r}), rendering included; "
        f"median {statistics.median(times):.0f} ms, 99 % within {statistics.quantiles(times, n=100)[98]:.0f} ms; "
        f"ready {ready:.1f} s after opening, {heap:.0f} MB of script memory"
    )
    report(Figure("ledger.page.100k.key", max(times), None, None, "ours <= 100", "ms", note))


FIGURES = {"ledger.page.100k": build, "ledger.page.100k.key": key}
