"""Whatever is done to a file of the ward, the check ends with a report: never a traceback, never silence about damage it can see."""

from __future__ import annotations

import random
from pathlib import Path

from ansible_collections.ward.ops.plugins.module_utils.common.ward import REPOSITORY
from ansible_collections.ward.ops.plugins.module_utils.ledger import formats
from ansible_collections.ward.ops.plugins.module_utils.ledger.check import check_ward
from ansible_collections.ward.ops.plugins.module_utils.ledger.schema import load_schemas
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.negative.cases import build

SCHEMAS = load_schemas(REPOSITORY / "schemas")
PIECES = [
    *(
        b"\x00",
        b"\xff",
        b'"',
        b",",
        b"\n",
        b"\r\n",
        b"\xef\xbb\xbf",
        b" ",
        b"\t",
        b":",
        b"- ",
        b"{",
        b"}",
        b"[",
        b"&a ",
        b"*a",
        b"<<: ",
        b"!!python/none ",
    ),
    *(
        "−".encode(),
        "令和8年".encode(),
        b"2.4E+11",
        b"=1+1",
        b"null",
        b"~",
        b"2026-02-30",
        b"999999999999999999999",
        b"-1",
        b"\xed\xa0\x80",
    ),
]


def damage(data: bytes, dice: random.Random) -> bytes:
    start = dice.randrange(len(data) + 1)
    end = min(len(data), start + dice.choice([0, 0, 1, 3, 20, 200]))
    return data[:start] + dice.choice([*PIECES, b"", data[end : end + 40], data[start:end] * 2]) + data[end:]


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_any_damage_ends_in_a_report(seed: int, tmp_path: Path) -> None:
    dice = random.Random(seed)
    ward = tmp_path / str(seed)
    if not ward.exists():
        build(tmp_path / "no case", ward)
    files = sorted(path for path in ward.rglob("*.*") if path.is_file())
    for path in dice.sample(files, dice.choice([1, 1, 2, 5])):
        data = path.read_bytes()
        for _ in range(dice.choice([1, 1, 2, 6])):
            data = damage(data, dice)
        path.write_bytes(data)
    report = check_ward(ward, schemas=SCHEMAS)
    for name in formats.FORMATS:
        assert getattr(formats, f"as_{name}")(report, 0.0)
