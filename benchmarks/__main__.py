"""``python -m benchmarks``: runs every figure, or those whose name begins with ``ONLY``.

A benchmark module has ``FIGURES``: a mapping of a figure's name to a function that measures and reports it.
"""

from __future__ import annotations

import importlib
import os
import sys

from .harness import RESULTS

MODULES = (
    "check",
    "inventory",
    "fleet",
    "radius",
    "setup",
    "skysea",
    "pages",
    "payment",
    "intake",
    "history",
    "network",
    "patch",
    "patch_wsus",
    "patch_world",
    "windows_sim",
    "patch_compliance",
    "gpo",
)


def main() -> int:
    if sys.argv[1:]:
        # an argument that is overlooked would start half an hour of measuring
        print("usage: ONLY=<beginning of a figure's name> python -m benchmarks", file=sys.stderr)
        return 2
    prefix = os.environ.get("ONLY", "")
    RESULTS.unlink(missing_ok=True)
    ran = 0
    for module_name in MODULES:
        module = importlib.import_module(f"benchmarks.{module_name}")
        for name, measure in module.FIGURES.items():
            if name.startswith(prefix):
                measure()
                ran += 1
    if not ran:
        print(f"no figure begins with {prefix!r}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
