"""The committed reference pages are what their generators make."""

from __future__ import annotations

import subprocess
import sys

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.catalogue import CATALOGUE
from ansible_collections.ward.ops.plugins.module_utils.common.ward import REPOSITORY
from ansible_collections.ward.ops.plugins.module_utils.ledger.schema import load_schemas


@pytest.mark.parametrize("name", ["generate_error_docs.py", "generate_ledger_docs.py", "generate_platform_docs.py"])
def test_page_is_current(name: str) -> None:
    result = subprocess.run([sys.executable, f"tools/{name}", "--check"], cwd=REPOSITORY, check=False, timeout=60)
    assert result.returncode == 0, f"run: python tools/{name}"


def test_every_code_and_every_column_is_on_its_page() -> None:
    errors = (REPOSITORY / "docs" / "reference" / "errors.md").read_text(encoding="utf-8")
    assert [code for code in CATALOGUE if f"\n### {code}\n" not in errors] == []
    ledgers = (REPOSITORY / "docs" / "reference" / "ledgers.md").read_text(encoding="utf-8")
    for schema in load_schemas(REPOSITORY / "schemas").ledgers.values():
        section = ledgers.partition(f"\n## {schema.name}\n")[2].partition("\n## ")[0]
        assert [column for column in schema.columns if f"| `{column}` |" not in section] == []
