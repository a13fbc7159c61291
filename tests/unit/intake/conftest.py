"""A small ward of its own for each test, and files as people send them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward
from ansible_collections.ward.ops.plugins.module_utils.ledger.book import Book
from ansible_collections.ward.ops.plugins.module_utils.ledger.intake import planning, reading
from ansible_collections.ward.ops.plugins.module_utils.ledger.intake.profile import load_profile
from ansible_collections.ward.ops.plugins.module_utils.ledger.schema import Schemas, load_schemas

ROOT = Path(__file__).resolve().parents[3]
TakeIn = Callable[..., tuple[Book, planning.Result]]


@pytest.fixture(scope="session")
def schemas() -> Schemas:
    return load_schemas(ROOT / "schemas")


@pytest.fixture
def ward(tmp_path: Path) -> Path:
    target = tmp_path / "ward"
    shutil.copytree(ROOT / "tests" / "negative" / "base", target)
    return target


@pytest.fixture
def take_in(ward: Path, schemas: Schemas) -> TakeIn:
    """Take in a file's bytes with a profile; the book and the result."""

    def run(data: bytes, profile: str = "terminal_delivery_lgwan", name: str = "list", **settings: str) -> tuple[Book, planning.Result]:
        chosen = load_profile(profile, Ward(ward), schemas.ledgers)
        sheet = reading.parse_sheet(data, name, chosen.sheet, chosen.encoding, chosen.delimiter)
        request = planning.Request(chosen, sheet, planning.digest_of(sheet), settings, "CHG-2026-00777")
        return planning.take_in(ward, schemas, request)

    return run
