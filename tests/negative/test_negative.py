"""Every case reports exactly what its ``expected.txt`` says, and every code of the catalogue has a case."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.catalogue import CATALOGUE

from tests.negative.cases import BASE, HERE, cases, covered_elsewhere, render, run

CASES = cases()
NONSENSE = cases(HERE / "nonsense")


def test_base_ward_has_no_errors(tmp_path: Path) -> None:
    report = run(tmp_path / "no such case", tmp_path)
    assert render(report) == ""
    assert report.counts["lgwan/terminals"] == 4
    assert report.policies == len(list((BASE / "policies").iterdir()))


@pytest.mark.parametrize("case", [*CASES, *NONSENSE], ids=lambda case: case.name)
def test_case_reports_exactly_this(case: Path, tmp_path: Path) -> None:
    assert render(run(case, tmp_path)) == (case / "expected.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case_shows_the_code_that_it_is_named_for(case: Path) -> None:
    assert f"{case.name[:5]} " in (case / "expected.txt").read_text(encoding="utf-8")


def test_nonsense_has_at_least_thirty_kinds() -> None:
    texts = {(case / "expected.txt").read_text(encoding="utf-8") for case in NONSENSE}
    assert len(texts) == len(NONSENSE) >= 30
    assert all(texts)


def test_every_code_of_the_catalogue_is_covered() -> None:
    covered = {case.name[:5] for case in CASES} | covered_elsewhere(HERE.parent)
    assert sorted(set(CATALOGUE) - covered) == []


def test_no_case_is_for_a_code_that_does_not_exist() -> None:
    assert {case.name[:5] for case in CASES} | covered_elsewhere(HERE.parent) <= set(CATALOGUE)
