"""Running a negative case: the base ward, overlaid with the case's files, checked; the report as text."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from ansible_collections.ward.ops.plugins.module_utils.ledger.check import Report, check_ward
from ansible_collections.ward.ops.plugins.module_utils.ledger.schema import Schemas, load_schemas

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
BASE = HERE / "base"
CODE = re.compile(r"E[0-9]{4}")


def cases(folder: Path = HERE) -> list[Path]:
    """The folders of cases: those with an ``expected.txt``."""
    return sorted(path.parent for path in folder.glob("*/expected.txt"))


def build(case: Path, ward: Path) -> None:
    """Copy the base ward to ``ward`` and lay the case's files over it; ``remove.txt`` lists files to take away."""
    shutil.copytree(BASE, ward)
    for line in _lines(case / "remove.txt"):
        (ward / line).unlink()
    for part in ("ledgers", "policies"):
        for source in sorted((case / part).rglob("*")):
            target = ward / source.relative_to(case)
            if source.is_dir() and not source.is_symlink():
                if target.is_file():
                    target.unlink()
                target.mkdir(parents=True, exist_ok=True)
            elif source.name != ".gitkeep":
                target.unlink(missing_ok=True)
                shutil.copyfile(source, target, follow_symlinks=False)


def schemas_of(case: Path, folder: Path) -> Schemas:
    """The repository's schemas, or where the case brings some, a copy with these laid over."""
    if not (case / "schemas").is_dir():
        return load_schemas(REPOSITORY / "schemas")
    shutil.copytree(REPOSITORY / "schemas", folder)
    shutil.copytree(case / "schemas", folder, dirs_exist_ok=True)
    return load_schemas(folder)


def run(case: Path, folder: Path) -> Report:
    """The report of a case, with paths relative to the ward."""
    build(case, folder / "ward")
    before = Path.cwd()
    os.chdir(folder / "ward")
    try:
        return check_ward(Path(), schemas=schemas_of(case, folder / "schemas"))
    finally:
        os.chdir(before)


def render(report: Report) -> str:
    return "".join(f"{problem.render()}\n" for problem in [*report.problems, *report.notes])


def _lines(path: Path) -> Iterator[str]:
    if path.exists():
        yield from path.read_text(encoding="utf-8").split()


def covered_elsewhere(tests: Path) -> set[str]:
    """Codes that a test file says it asserts, in a line ``covers: E0601, E0602`` (comment or docstring)."""
    found: set[str] = set()
    for path in tests.rglob("test_*.py"):
        for line in path.read_text(encoding="utf-8").splitlines():
            _, marker, rest = line.partition("covers:")
            if marker:
                found.update(CODE.findall(rest))
    return found
