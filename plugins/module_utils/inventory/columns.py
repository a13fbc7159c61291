"""Types of ledger columns, from the schemas, and the conversion of whole columns."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from ..common.files import read_bytes
from ..common.problems import Problem, fail
from ..common.ward import REPOSITORY
from .reading import Columns

SCHEMAS = REPOSITORY / "schemas" / "ledgers"
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,15})?")


@cache
def column_types(ledger: str, schemas: Path = SCHEMAS) -> dict[str, tuple[str, str]]:
    """For each column that is no text: its type (``integer``, ``number``, ``boolean``, ``array``) and the separator of its items.

    :raises WardopsError: E0100-E0102 (no schema file), E0413 (not a schema).
    """
    document = _schema(ledger, schemas)
    try:
        parts = {name: _resolve(document, part) for name, part in document["properties"].items()}
        kinds = {name: (_kind(part), str(part.get("x-separator", ";"))) for name, part in parts.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise fail("E0413", str(schemas / f"{ledger}.schema.json"), reason=f"{type(error).__name__}: {error}") from None
    return {name: kind for name, kind in kinds.items() if kind[0] != "string"}


def ledger_layers(ledger: str, schemas: Path = SCHEMAS) -> frozenset[str]:
    """The layers that have a file of this ledger (``x-layers``); a missing file of such a layer is an error, not an empty ledger.

    :raises WardopsError: as :func:`column_types`.
    """
    return frozenset(map(str, _schema(ledger, schemas).get("x-layers", ())))


@cache
def _schema(ledger: str, schemas: Path) -> dict[str, Any]:
    path = schemas / f"{ledger}.schema.json"
    data = read_bytes(path)
    try:
        document = json.loads(data)
    except ValueError as error:
        raise fail("E0413", str(path), reason=str(error)) from None
    if not isinstance(document, dict):
        raise fail("E0413", str(path), reason="it is no JSON object")
    return document


def _resolve(document: Any, part: Any) -> Any:
    for _ in range(8):
        if "$ref" not in part:
            return part
        target = document
        for step in str(part["$ref"]).removeprefix("#/").split("/"):
            target = target[step]
        part = {**target, **{key: value for key, value in part.items() if key != "$ref"}}
    raise ValueError("$ref does not end")


def _kind(part: Any) -> str:
    kinds = part.get("type", "string")
    names = [kinds] if isinstance(kinds, str) else list(kinds)
    return next((kind for kind in ("integer", "number", "boolean", "array") if kind in names), "string")


def convert_column(ledger: Columns, name: str, kind: tuple[str, str], problems: list[Problem]) -> Sequence[Any]:
    """The cells as values of the schema's type (see :func:`column_types`); an empty cell stays ``""``.

    Each distinct text is converted once. Adds E0412 to ``problems`` for every cell that is not of its type; nothing is guessed.
    """
    cells = ledger.cells[name]
    to_value = _CONVERTERS.get(kind[0]) or (lambda text: text.split(kind[1]))
    values: dict[str, Any] = {text: to_value(text) if text else "" for text in set(cells)}
    if None in values.values():
        wrong = [row for row, text in enumerate(cells) if values[text] is None]
        problems += [ledger.problem("E0412", row, name, value=cells[row], type=kind[0]) for row in wrong]
    return list(map(values.__getitem__, cells))


def _integer(text: str) -> int | None:
    return int(text) if _INTEGER.fullmatch(text) else None


def _number(text: str) -> float | int | None:
    return _integer(text) if _INTEGER.fullmatch(text) else float(text) if _NUMBER.fullmatch(text) else None


_CONVERTERS: dict[str, Callable[[str], Any]] = {"integer": _integer, "number": _number, "boolean": {"true": True, "false": False}.get}
