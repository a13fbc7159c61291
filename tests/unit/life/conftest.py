"""Wards to change: a small one without errors, and the sample."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.unit.life.wards import REPOSITORY, SAMPLE


@pytest.fixture
def ward(tmp_path: Path) -> Path:
    root = tmp_path / "ward"
    shutil.copytree(REPOSITORY / "tests" / "negative" / "base", root)
    rings = root / "policies" / "rings.yml"
    rings.write_text(rings.read_text(encoding="utf-8").replace("size_min: {lgwan: 1", "size_min: {lgwan: 0"), encoding="utf-8")
    moves = root / "ledgers" / "moves.csv"
    moves.write_text(moves.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    return root


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    root = tmp_path / "sample"
    for part in ("ledgers", "policies"):
        shutil.copytree(SAMPLE / part, root / part)
    return root
