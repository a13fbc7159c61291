"""``patch.compliance.3750``: the report 適用状況一覧 from 20 stored days of 3,750 terminals × 80 updates: CSV, JSON, page with charts.

One cold process of the command line; thirty times the terminals beside it, from one stored day.
"""

from __future__ import annotations

import json
import sys
import tempfile
from functools import partial
from pathlib import Path

from .harness import PYTHON, REPOSITORY, Command, Figure, interleaved, median, report, run_once

sys.path[:0] = [str(REPOSITORY), str(REPOSITORY / "collections")]
from tests.unit.patch.compliance_ward import LAYER, Reported  # noqa: E402

_SMALL, _LARGE, _UPDATES = 3_750, 112_500, 80


def _command(made: Reported, out: Path, count: int) -> Command:
    words = ["patch", "report", "2027-01", "--layer", LAYER, "--on", str(made.days[-1]), "--out", str(out)]
    places = ["--ward", str(made.root), "--state", str(made.state)]
    return Command(
        [PYTHON, "-m", "wardops", *words, *places], check=partial(_whole, out=out, count=count, figures=6 if len(made.days) > 1 else 3)
    )


def _whole(output: str, out: Path, count: int, figures: int) -> None:
    """The report is one of all terminals, with its charts."""
    kept = json.loads((out / "patch-compliance.json").read_text(encoding="utf-8"))
    page = (out / "patch-compliance.html").read_text(encoding="utf-8")
    if (
        kept["total"]["target"] != count
        or sum(one["target"] for one in kept["sections"]) != count
        or page.count('<svg role="img"') < figures
    ):
        raise RuntimeError(output[-2000:])


def compliance() -> None:
    with tempfile.TemporaryDirectory(prefix="wardops-compliance-") as folder:
        place = Path(folder)
        small = Reported(place / "small", _SMALL, _UPDATES, 20)
        measures = interleaved({"small": _command(small, place / "out", _SMALL)})["small"]
        note = f"{_SMALL} terminals x {_UPDATES} updates, 20 days, whole cold process; {median(measures, 'cpu'):.2f} CPU s"
        report(Figure("patch.compliance.3750", median(measures, "wall"), None, None, "ours <= 3", "s wall", note))
        large = Reported(place / "large", _LARGE, _UPDATES, 1)
        once = run_once(_command(large, place / "out", _LARGE))
        note = f"{_LARGE} terminals x {_UPDATES} updates, one day: times the figure of {_SMALL} with its 20; {once.rss:.0f} MiB"
        report(Figure("patch.compliance.112500", once.cpu / median(measures, "cpu"), None, None, "ours <= 30", "x CPU", note))


FIGURES = {"patch.compliance.3750": compliance}
