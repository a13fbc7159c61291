"""The lab for tests. Each pytest worker has a lab of its own, so that tests on two cores do not meet."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import lifecycle
from lab.state import Lab

REPOSITORY = Path(__file__).parents[2]

if os.geteuid() != 0:
    collect_ignore_glob = ["test_*.py"]


def pytest_report_header() -> str | None:
    """Says why the lab tests are not collected, when they are not."""
    return None if os.geteuid() == 0 else "tests/lab: not collected, network namespaces need root (run `make test` with sudo)"


def command(lab: Lab, *words: str, timeout: float = 300.0, **environment: str) -> subprocess.CompletedProcess[str]:
    """``python -m lab`` as a person calls it."""
    return subprocess.run(
        [sys.executable, "-m", "lab", *words],
        cwd=REPOSITORY,
        env={**os.environ, "LAB": lab.name, **environment},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def _named(prefix: str) -> Lab:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    return Lab(f"{prefix}{worker}")


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """A lab that is up, shared by the tests of this worker; a test that changes a host sets it back."""
    made = _named("test")
    lifecycle.down(made)
    lifecycle.up(made)
    yield made
    lifecycle.down(made)


@pytest.fixture
def own_lab() -> Iterator[Lab]:
    """A lab that is not up, for tests of `up` and `down`; what they leave is removed."""
    made = _named("own")
    lifecycle.down(made)
    yield made
    lifecycle.down(made)
