"""A server for the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ward.ops.plugins.module_utils.patch.wsus import connect
from ansible_collections.ward.ops.plugins.module_utils.patch.wsus.soap import SoapWsus

from tests.unit.wsus.endpoint import Endpoint, served
from tests.unit.wsus.world import World

DEFAULTS = {name: words.get("default") for name, words in connect.SERVER.items()}


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def endpoint(world: World, tmp_path: Path) -> Iterator[Endpoint]:
    with served(world, tmp_path) as one:
        yield one


@pytest.fixture
def server(endpoint: Endpoint) -> Iterator[SoapWsus]:
    one = client(endpoint)
    yield one
    one.close()


def client(endpoint: Endpoint, supersedence: bool = False, **more: Any) -> SoapWsus:
    one = connect.server_of({**DEFAULTS, **endpoint.arguments(**more)}, supersedence=supersedence)
    assert isinstance(one, SoapWsus)
    return one


@pytest.fixture
def clients(endpoint: Endpoint) -> Callable[..., SoapWsus]:
    return lambda **more: client(endpoint, **more)
