"""Fixtures of all RADIUS tests: a private PostgreSQL for each module of tests, and a small ward."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.radius.postgresql import Address, PostgresStore

from tests.unit.radius import servers, wards


@pytest.fixture(scope="module")
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


def store(server: servers.Postgres, wait: float = 5.0, patience: float = 60.0) -> PostgresStore:
    return PostgresStore(Address(**server.conninfo), wait=wait, patience=patience)
