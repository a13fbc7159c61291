"""The fixtures of ``fixtures.py``, which the RADIUS tests in other folders import."""

from tests.unit.radius.fixtures import database, postgres_server, ward

__all__ = ["database", "postgres_server", "ward"]
