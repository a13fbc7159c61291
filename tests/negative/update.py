"""Writes every ``expected.txt`` anew: ``python -m tests.negative.update``; the diff is to be read."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "collections"))

from tests.negative.cases import HERE, cases, render, run


def main() -> None:
    for case in [*cases(), *cases(HERE / "nonsense")]:
        with tempfile.TemporaryDirectory() as folder:
            (case / "expected.txt").write_text(render(run(case, Path(folder))), encoding="utf-8")


if __name__ == "__main__":
    main()
