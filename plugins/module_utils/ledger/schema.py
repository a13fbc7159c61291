"""Schemas of ledgers and policies: loading, and what the validator derives from them.

A ledger's schema is a JSON Schema (2020-12) of one row as an object; ``properties`` stand in column order. Extension keys:
``x-scope`` (``shared`` or ``layer``), ``x-layers`` (layers that have a file of a ledger with ``x-scope: layer``), ``x-key``
(columns), ``x-unique`` (lists of columns), ``x-references`` (see :class:`Reference`); of a column: ``x-global`` (a class of names
that must be unique over all ledgers: ``serial``, ``mac`` …), ``x-list`` (what separates the items of a cell), ``x-labels``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import jsonschema_rs

from ..common.files import read_bytes
from ..common.problems import WardopsError, fail
from .examples import example_of

#: keywords that say nothing about rows, or that the column stage deals with
_HANDLED = frozenset(
    {"$schema", "$id", "$defs", "$comment", "title", "description", "type", "properties", "required", "additionalProperties"}
)
#: keywords that hold further schemas of the same row
_COMBINED = ("allOf", "anyOf", "oneOf", "not", "if", "then", "else")
_EXAMPLES = {"date": "2026-04-01", "date-time": "2026-04-01T00:00:00Z", "ipv4": "10.16.1.20", "boolean": "true"}
_Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reference:
    """Cells of ``column`` must be found in column ``to`` of one of ``ledgers``, or at ``to`` in the policy ``policy``.

    :param to: a column, or in a policy a path such as ``rings.code``: the ``code`` of every item of the list ``rings``.
    :param current: the row found must be valid today (``valid_from`` / ``valid_to``).
    :param current_when: that holds only for rows with these values; empty for all.
    :param when: only rows where the columns have one of these values.
    """

    column: str
    ledgers: tuple[str, ...]
    policy: str
    to: str
    current: bool
    current_when: Mapping[str, Sequence[str]]
    when: Mapping[str, Sequence[str]]


class LedgerSchema:
    """A ledger's schema, taken apart for validation by column.

    :param document: the JSON Schema.
    :param name: the ledger's name.
    :raises WardopsError: E0240 when the schema is no valid JSON Schema.
    """

    def __init__(self, document: _Json, name: str, path: str = "") -> None:
        self.document = document
        self.name = name
        self.path = path
        self.properties: Mapping[str, _Json] = document.get("properties", {})
        self.columns: list[str] = list(self.properties)
        self.required: Sequence[str] = document.get("required", ())
        self.key: tuple[str, ...] = tuple(document.get("x-key", ()))
        self.unique: list[tuple[str, ...]] = [tuple(columns) for columns in document.get("x-unique", ())]
        self.layers: tuple[str, ...] = tuple(document.get("x-layers", ())) if document.get("x-scope") == "layer" else ()
        unknown = [column for columns in (self.key, *self.unique, self.required) for column in columns if column not in self.properties]
        if unknown:
            raise fail("E0240", path, reason=f"required, x-key or x-unique name the unknown column {unknown[0]}")

    @cached_property
    def types(self) -> dict[str, str]:
        """The type into which a column's text is converted: ``integer``, ``number``, ``boolean`` or ``string``."""
        return {column: _cell_type(self.resolve(part)) for column, part in self.properties.items()}

    def resolve(self, part: _Json) -> _Json:
        """The part with a local ``$ref`` followed; its own keywords win."""
        while "$ref" in part:
            target: Any = self.document
            for step in str(part["$ref"]).removeprefix("#/").split("/"):
                target = target[step]
            part = {**target, **{key: value for key, value in part.items() if key != "$ref"}}
        return part

    def title(self, column: str) -> str:
        return str(self.resolve(self.properties.get(column, {})).get("title", column))

    def separator(self, column: str) -> str:
        """What separates the items of a cell that holds a list; empty for a single value."""
        return str(self.properties[column].get("x-list", ""))

    def global_columns(self, kind: str) -> list[str]:
        """Columns whose values are unique over all ledgers, by class (``mac``, ``ip`` …)."""
        return [column for column, part in self.properties.items() if part.get("x-global") == kind]

    def label(self, column: str, value: str) -> str:
        """The Japanese word for a value of an enumeration."""
        return str(self.properties.get(column, {}).get("x-labels", {}).get(value, value))

    @cached_property
    def column_validator(self) -> Any:
        """Validates ``{column: [distinct values]}``: one call for a whole ledger."""
        document = {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$defs": self.document.get("$defs", {}),
            "properties": {column: {"items": part} for column, part in self.properties.items()},
        }
        return _compile(document, self.path)

    @cached_property
    def row_rules(self) -> _Json:
        """Keywords that look at several columns of a row (``if``/``then``, ``dependentRequired`` …)."""
        return {key: value for key, value in self.document.items() if key not in _HANDLED and not key.startswith("x-")}

    @cached_property
    def row_columns(self) -> list[str]:
        """The columns that :attr:`row_rules` look at; all of them where that cannot be told."""
        names = set(_columns_of(self.row_rules))
        return [column for column in self.columns if column in names] if "*" not in names else self.columns

    @cached_property
    def valued(self) -> frozenset[str]:
        """Those of :attr:`row_columns` whose value matters to a rule, not only whether there is one."""
        return (
            frozenset(self.row_columns) & frozenset(_valued(self.row_rules))
            if "*" not in set(_columns_of(self.row_rules))
            else frozenset(self.columns)
        )

    @cached_property
    def row_validator(self) -> Any:
        """Validates a list of rows, as objects that have only :attr:`row_columns`."""
        return _compile({"$defs": self.document.get("$defs", {}), "items": self.row_rules}, self.path)

    @cached_property
    def references(self) -> list[Reference]:
        return list(_references(self.document))

    def example(self, column: str) -> str:
        """A right value for a column."""
        return example_for(self.resolve(self.properties[column]))


def example_for(part: Mapping[str, Any]) -> str:
    """A right value: the schema's own example, one of the enumeration, or one made from the pattern."""
    if options := part.get("examples") or part.get("enum"):
        return str(options[0])
    if "pattern" in part and part.get("format") not in _EXAMPLES:
        return example_of(part["pattern"])
    return _EXAMPLES.get(part.get("format", part.get("type", "")), str(part.get("minimum", "A")))


def _cell_type(part: _Json) -> str:
    kinds = part.get("type", "string")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    return next((kind for kind in ("integer", "number", "boolean") if kind in kinds), "string")


def _columns_of(part: Any) -> Iterator[str]:
    """Names of the columns that a schema part looks at; ``*`` for keywords whose columns cannot be listed."""
    if isinstance(part, list):
        for item in part:
            yield from _columns_of(item)
    if not isinstance(part, dict):
        return
    for key, value in part.items():
        if key in ("properties", "dependentSchemas"):
            yield from value
            for item in value.values():
                yield from _columns_of(item)
        elif key == "required":
            yield from value
        elif key == "dependentRequired":
            yield from value
            for names in value.values():
                yield from names
        elif key in _COMBINED:
            yield from _columns_of(value)
        elif key in ("$ref", "patternProperties", "propertyNames", "minProperties", "maxProperties") or key.startswith("unevaluated"):
            yield "*"


def _valued(part: Any) -> Iterator[str]:
    """Columns that some part of a schema says more of than that they are there or not."""
    if isinstance(part, list):
        for item in part:
            yield from _valued(item)
    elif isinstance(part, dict):
        for key, value in part.items():
            if key == "properties":
                yield from (name for name, child in value.items() if not isinstance(child, bool))
            elif key == "dependentSchemas":
                yield from (name for child in value.values() for name in _valued(child))
            elif key in _COMBINED:
                yield from _valued(value)


def _references(document: _Json) -> Iterator[Reference]:
    for item in document.get("x-references", ()):
        names = item.get("ledger", ())
        ledgers = (names,) if isinstance(names, str) else tuple(names)
        current = item.get("current", False)
        conditions = current if isinstance(current, dict) else {}
        for column, to in zip(item["columns"], item["to"], strict=True):
            yield Reference(column, ledgers, item.get("policy", ""), to, bool(current), conditions, item.get("when", {}))


def _compile(document: _Json, path: str) -> Any:
    try:
        return jsonschema_rs.Draft202012Validator(document, validate_formats=True)
    except (jsonschema_rs.ValidationError, ValueError) as error:
        raise fail("E0240", path, reason=str(error).splitlines()[0]) from None


class PolicySchema:
    """A policy's schema.

    :raises WardopsError: E0240 when it is no valid JSON Schema.
    """

    def __init__(self, document: _Json, name: str, path: str = "") -> None:
        self.document = document
        self.name = name
        self.path = path
        self.validator = _compile(document, path)
        self.optional = bool(document.get("x-optional", False))


def load_document(path: Path) -> _Json:
    """A schema file.

    :raises WardopsError: E0100-E0102 (file), E0240 (no JSON object).
    """
    data = read_bytes(path)
    try:
        document = json.loads(data)
    except ValueError as error:
        raise fail("E0240", str(path), reason=str(error)) from None
    if not isinstance(document, dict):
        raise fail("E0240", str(path), reason="not a JSON object")
    return document


@dataclass(slots=True)
class Schemas:
    """All schemas of the repository.

    :param ledgers: by ledger name, in the order of the names.
    :param policies: by policy name.
    """

    ledgers: dict[str, LedgerSchema]
    policies: dict[str, PolicySchema]


def load_schemas(folder: Path) -> Schemas:
    """``<folder>/ledgers/*.schema.json`` and ``<folder>/policies/*.schema.json``.

    :raises WardopsError: E0240 with every schema that cannot be used.
    """
    problems = []
    schemas = Schemas({}, {})
    for kind in ("ledgers", "policies"):
        for path in sorted((folder / kind).glob("*.schema.json")):
            name = path.name.removesuffix(".schema.json")
            try:
                document = load_document(path)
                if kind == "ledgers":
                    schemas.ledgers[name] = LedgerSchema(document, name, str(path))
                else:
                    schemas.policies[name] = PolicySchema(document, name, str(path))
            except WardopsError as error:
                problems += error.problems
    if problems:
        raise WardopsError(problems)
    return schemas
