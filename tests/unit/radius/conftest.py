from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from . import servers, wards


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[servers.Postgres]:
    with servers.postgres() as server:
        yield server


@pytest.fixture
def database(postgres_server: servers.Postgres) -> servers.Postgres:
    """An empty RADIUS database."""
    postgres_server.clear()
    return postgres_server


@pytest.fixture
def ward(tmp_path: Path) -> Path:
    return wards.make(tmp_path / "ward")
