"""The rules of the code's shape (docs/developers.md): which part may import which, and how long a piece may be."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
CORE = ROOT / "plugins" / "module_utils"
OURS = ("plugins", "library", "wardops", "lab", "tools", "benchmarks")
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 50
# a table of texts, in one place on purpose
TABLES = {Path("plugins/module_utils/common/catalogue/rules.py")}


def python_files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py") if not path.is_symlink())


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Level and dotted name of everything a file imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield 0, alias.name
        elif isinstance(node, ast.ImportFrom):
            yield node.level, node.module or ""
            if node.level and not node.module:
                for alias in node.names:
                    yield node.level, alias.name


def forbidden(path: Path) -> list[str]:
    """What a file of the core imports and must not: Ansible, or another domain than its own and ``common``."""
    domain = path.relative_to(CORE).parts[0]
    found = []
    for level, name in imports(ast.parse(path.read_text(encoding="utf-8"))):
        first = name.split(".")[0]
        if level == 0 and (first in {"ansible", "ansible_collections", "wardops", "lab", "tools", "benchmarks"}):
            found.append(name)
        elif level and len(path.relative_to(CORE).parts) - 1 == level - 1 and first not in {domain, "common"}:
            found.append("." * level + name)
    return found


def test_the_rule_sees_what_is_forbidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "CORE", tmp_path)
    (tmp_path / "radius").mkdir()
    file = tmp_path / "radius" / "bad.py"
    file.write_text(
        "import ansible.errors\nfrom ..ledger import table\nfrom ..common.mac import parse\n"
        "from .desired import x\nfrom .. import inventory\n",
        encoding="utf-8",
    )
    assert forbidden(file) == ["ansible.errors", "..ledger", "..", "..inventory"]


@pytest.mark.parametrize("path", python_files("plugins/module_utils"), ids=lambda path: str(path.relative_to(CORE)))
def test_the_core_imports_no_ansible_and_no_other_domain(path: Path) -> None:
    assert forbidden(path) == []


def test_no_file_and_no_function_is_too_long() -> None:
    long = []
    for path in python_files(*OURS):
        text = path.read_text(encoding="utf-8")
        name = path.relative_to(ROOT)
        if (lines := text.count("\n")) > MAX_FILE_LINES and name not in TABLES:
            long.append(f"{name}: {lines} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
                length = node.end_lineno - node.lineno + 1
                if length > MAX_FUNCTION_LINES:
                    long.append(f"{name}:{node.lineno}: {node.name} has {length} lines")
    assert long == []
