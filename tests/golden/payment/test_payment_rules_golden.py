"""The sample ward's routing rules, row by row: ``rules.csv`` says which section must get which row, and why.

A change of ``payment_routing.yml`` that moves one of these rows changes its line here, in the same merge request. ``day.json`` is the
whole result of a dirty day: written anew with ``python -m tests.golden.payment.test_payment_rules_golden``, and read in the diff.
"""

from __future__ import annotations

import csv
import json
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path[:0] = [str(ROOT / "collections"), str(ROOT)]

from tests.unit.payment import days  # noqa: E402 - started as a program, too
from tools import payment_day  # noqa: E402

GOLDEN = HERE / "day.json"


def split(folder: Path, data: bytes) -> days.Staged:
    path = folder / "day.csv"
    path.write_bytes(data)
    return days.split(days.Input(path, path.name, days.DAY), folder / "stage", *days.sample())


def test_every_row_goes_to_the_section_that_the_suite_expects(tmp_path: Path) -> None:
    form, _ = days.sample()
    with (HERE / "rules.csv").open(encoding="utf-8", newline="") as stream:
        cases = list(csv.DictReader(stream))
    lines = [payment_day.COLUMNS]
    for number, case in enumerate(cases):
        lines.append(",".join(case.get(name) or (str(number) if name == "納付番号" else "") for name in form.columns))
    staged = split(tmp_path, "".join(f"{line}\r\n" for line in lines).encode("cp932"))
    found = {}
    for section, data in days.outputs(staged).items():
        for record in days.records(data)[1:]:
            found[int(record.split(b",")[2])] = section
    assert [f"{found[number]} {case['説明']}" for number, case in enumerate(cases)] == [f"{case['期待']} {case['説明']}" for case in cases]


def result(folder: Path) -> str:
    path = folder / "made.csv"
    with path.open("wb") as stream:
        payment_day.write(stream, 2_500, days.DAY, spoil=True)
    staged = split(folder, path.read_bytes())
    return (staged.folder / "manifest.json").read_text("utf-8")


def test_a_dirty_day_gives_the_committed_result(tmp_path: Path) -> None:
    assert json.loads(result(tmp_path)) == json.loads(GOLDEN.read_text("utf-8"))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        GOLDEN.write_text(result(Path(scratch)), "utf-8")
