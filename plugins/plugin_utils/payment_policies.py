"""Before a run that moves money's records: what ``make check`` has to say about the rules it goes by."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.common.ward import REPOSITORY
from ansible_collections.ward.ops.plugins.module_utils.ledger.check import check_ward
from ansible_collections.ward.ops.plugins.module_utils.ledger.schema import load_schemas

_FILES = ("payment_routing.yml", "payment_layout.yml", "payment_transfer.yml", "departments.csv")


def refuse_wrong(ward: Path) -> None:
    """:raises WardopsError: every error of the payment policies and the sections; errors elsewhere do not stop payments."""
    report = check_ward(ward, schemas=load_schemas(REPOSITORY / "schemas"))
    found = [problem for problem in report.problems if Path(problem.path).name in _FILES]
    if found:
        raise WardopsError(found)
