"""Wards for the tests of pages: the small one of the negative cases, with rows put into it."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

from ansible_collections.ward.ops.plugins.module_utils.common.ward import REPOSITORY, Ward
from ansible_collections.ward.ops.plugins.module_utils.ledger.pages.copy import Copy, read_copy
from ansible_collections.ward.ops.plugins.module_utils.ledger.schema import load_schemas

from tests.negative.cases import BASE

SAMPLE = REPOSITORY / "inventories" / "sample"
SCHEMAS = load_schemas(REPOSITORY / "schemas")


def small_ward(folder: Path) -> Path:
    return Path(shutil.copytree(BASE, folder / "ward"))


def copy_of(root: Path, *layers: str) -> Copy:
    return read_copy(Ward(root), SCHEMAS, layers)


def cells(root: Path, name: str) -> list[dict[str, str]]:
    """A ledger file's rows, read without our own code; ``name`` is ``lgwan/terminals``."""
    with (root / "ledgers" / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def put(root: Path, name: str, /, **values: str) -> None:
    """Add a row to a ledger file; columns that are not named are as in its first row, or empty."""
    path = root / "ledgers" / f"{name}.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        header = next(csv.reader(stream))
    first = next(iter(cells(root, name)), {})
    with path.open("a", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerow([values.get(column, first.get(column, "")) for column in header])
