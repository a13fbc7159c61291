"""The schema stage gives the verdicts of the ``jsonschema`` library on the same rows, plus the refusal of untidy values."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.table import Table
from ansible_collections.ward.ops.plugins.module_utils.common.ward import REPOSITORY
from ansible_collections.ward.ops.plugins.module_utils.ledger.cells import check_ledger, records
from ansible_collections.ward.ops.plugins.module_utils.ledger.data import Ledger
from ansible_collections.ward.ops.plugins.module_utils.ledger.examples import example_of
from ansible_collections.ward.ops.plugins.module_utils.ledger.schema import LedgerSchema, load_schemas
from hypothesis import given, settings
from hypothesis import strategies as st

SCHEMAS = load_schemas(REPOSITORY / "schemas").ledgers
BASE = Path(__file__).resolve().parents[2] / "negative" / "base" / "ledgers"
#: values that break something in most columns, or look as if they did
DIRT = [
    *("", " ", "0", "1", "-1", "007", "1.0", "1e3", "12", "4094", "4095", "99999999999999999999", "true", "TRUE", "false", "null"),
    *(
        "A0000001",
        "a0000001",
        "Ａ0000001",
        "024b54000001",
        "02:4b:54:00:00:01",
        "2.4E+11",
        "2026-02-29",
        "2026-2-3",
        "2026-04-01",
        "20260401",
    ),
    *(
        "10.16.1.20",
        "10.16.1.256",
        "010.1.1.1",
        "active",
        "returned",
        "Active",
        "active ",
        "x" * 65,
        "x" * 300,
        "高",
        "髙",
        "𠮷",
        "①",
        "\u3000",
        "a\tb",
    ),
    *("a\nb", "\u200b", "lgwan", "HON", "R1", "1 2", "0101 0102", "0101  0102", '"', "a,b", "٣", "１"),
]


def rows_of(name: str) -> list[list[str]]:
    path = next(iter([*BASE.glob(f"{name}.csv"), *BASE.glob(f"*/{name}.csv")]))
    return [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()[1:]]


def good_row(schema: LedgerSchema) -> list[str]:
    return (rows_of(schema.name) or [[schema.example(column) for column in schema.columns]])[0]


def ours(schema: LedgerSchema, rows: list[list[str]]) -> tuple[set[int], Ledger]:
    """Rows that our schema stage refuses for a value (not for keys or order)."""
    text = "".join(",".join(row) + "\n" for row in [schema.columns, *rows])
    ledger = Ledger(schema.name, "", schema, Table("x", list(schema.columns), rows, range(2, len(rows) + 2), text))
    check_ledger(ledger)
    return {row for rows in ledger.bad.values() for row in rows}, ledger


def untidy(row: list[str]) -> bool:
    return any(cell != cell.strip() or any(char in "\t\n\u200b" for char in cell) for cell in row)


def theirs(schema: LedgerSchema, ledger: Ledger, rows: list[list[str]]) -> set[int]:
    checker = jsonschema.Draft202012Validator(schema.document, format_checker=jsonschema.FormatChecker())
    objects: list[dict[str, Any]] = records(ledger)
    return {index for index, record in enumerate(objects) if not checker.is_valid(record)} | {
        i for i, row in enumerate(rows) if untidy(row)
    }


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_verdicts_on_every_dirty_value_in_every_column(name: str) -> None:
    schema = SCHEMAS[name]
    good = good_row(schema)
    rows = [good]
    for position in range(len(schema.columns)):
        rows += [[*good[:position], dirt, *good[position + 1 :]] for dirt in DIRT]
    refused, ledger = ours(schema, rows)
    assert refused == theirs(schema, ledger, rows)
    assert 0 not in refused
    assert len(refused) > len(schema.columns)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32), name=st.sampled_from(sorted(SCHEMAS)))
def test_verdicts_on_random_mixtures(seed: int, name: str) -> None:
    schema, dice = SCHEMAS[name], random.Random(seed)
    good = good_row(schema)
    options = [
        [cell, cell, cell, *(str(value) for value in schema.properties[column].get("enum", ()))]
        for column, cell in zip(schema.columns, good, strict=True)
    ]
    rows = [[dice.choice([*option, ""]) if dice.random() < 0.5 else dice.choice(option) for option in options] for _ in range(60)]
    for row in rows[::3]:
        row[dice.randrange(len(row))] = dice.choice(DIRT)
    refused, ledger = ours(schema, rows)
    assert refused == theirs(schema, ledger, rows)


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=40), column=st.sampled_from(SCHEMAS["terminals"].columns))
def test_any_text_in_a_terminal(text: str, column: str) -> None:
    schema = SCHEMAS["terminals"]
    row = good_row(schema)
    row[schema.columns.index(column)] = text
    refused, ledger = ours(schema, [row])
    checker = jsonschema.Draft202012Validator(schema.document, format_checker=jsonschema.FormatChecker())
    if not checker.is_valid(records(ledger)[0]):
        assert refused == {0}
    elif refused:  # stricter only for white space and invisible characters
        assert text != text.strip() or not text.replace("\u3000", " ").isprintable()


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_examples_in_remedies_are_right(name: str) -> None:
    schema = SCHEMAS[name]
    for column, part in schema.properties.items():
        value: Any = schema.example(column)
        value = int(value) if part["type"] == "integer" else value == "true" if part["type"] == "boolean" else value
        jsonschema.Draft202012Validator(part, format_checker=jsonschema.FormatChecker()).validate(value)


def test_an_expression_that_is_too_clever_is_shown_itself() -> None:
    assert example_of(r"^(?=a)b$") == r"^(?=a)b$"
    assert example_of("(") == "("
