"""Prints the installed distributions that a requirements file does not name (they came with an older lock)."""

import re
import sys
from importlib.metadata import distributions
from pathlib import Path

KEEP = {"pip"}


def canonical(name: str) -> str:
    """A distribution's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def main() -> None:
    locked = {canonical(m[1]) for m in re.finditer(r"^([A-Za-z0-9._-]+)==", Path(sys.argv[1]).read_text(encoding="utf-8"), re.M)}
    installed = {canonical(d.metadata["Name"]) for d in distributions()}
    print(" ".join(sorted(installed - locked - KEEP)))


if __name__ == "__main__":
    main()
