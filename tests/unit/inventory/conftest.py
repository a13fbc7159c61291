"""A small ward for the tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.inventory.wards import make_ward


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """``ledger.yml`` of the layer ``lgwan`` of a small ward."""
    return make_ward(tmp_path / "ward")
