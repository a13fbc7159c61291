"""Answers that are damaged in any way: an error with a number or the same result, never a traceback, never a write."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.patch.wsus import doctor, replay
from ansible_collections.ward.ops.plugins.module_utils.patch.wsus.order import Order, orders
from ansible_collections.ward.ops.plugins.module_utils.patch.wsus.soap import SoapWsus

from tests.unit.wsus.endpoint import Endpoint
from tests.unit.wsus.world import PILOT, World, update_guid

WORDS = (
    b"true",
    b"-1",
    b"",
    b"</Values>",
    b"&amp;",
    b"&#0;",
    b"&x;",
    b"<!--",
    b"<?pi?>",
    b'xsi:nil="true"',
    b"\xff\xfe",
    b"9" * 40,
    b"2147483648",
    b"NaN",
)


def _flip(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]


def _cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data))]


def _drop(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + data[at + chance.randrange(1, 400) :]


def _word(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + chance.choice(WORDS) + data[at + chance.randrange(3) :]


def _cell(data: bytes, chance: random.Random) -> bytes:
    """Another text in one cell: well-formed, and wrong."""
    parts = data.split(b"</anyType>")
    number = chance.randrange(len(parts))
    head, sign, _ = parts[number].rpartition(b">")
    parts[number] = head + sign + chance.choice((b"x", b"", b"7", b"true", b"2013-09-16T23:46:50.63"))
    return b"</anyType>".join(parts)


@pytest.mark.parametrize("damage", [_flip, _cut, _drop, _word, _cell])
def test_any_damage(endpoint: Endpoint, server: SoapWsus, world: World, damage: Callable[[bytes, random.Random], bytes]) -> None:
    world.approve(update_guid(1), PILOT, deadline="2027-01-22T08:00:00")
    order = Order(orders([{"update": update_guid(1), "revision": 201, "group": "先行適用", "deadline": "2027-01-22T17:00:00+09:00"}], "t"))
    reads = (server.info, server.groups, server.computers, server.updates, server.approvals, lambda: list(server.states([update_guid(1)])))
    refused = 0
    for seed in range(40):
        chance = random.Random(seed)
        endpoint.rewrite = lambda _, data, chance=chance: damage(data, chance)
        for read in reads:
            try:
                read()
            except WardopsError as error:
                refused += 1
                assert {one.code for one in error.problems} <= {"E1940", "E1943", "E1944", "E1945", "E1946", "E1947"}
        for work in (lambda: replay.prepare(server, order), lambda: doctor.examine(server)):
            try:
                work()
            except WardopsError:
                refused += 1
    assert refused > 40
    assert not {name for name, _ in world.asked if "Deploy" in name and "Get" not in name}
