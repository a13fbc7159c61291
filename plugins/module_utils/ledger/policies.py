"""The schema stage for policies: every YAML file against its JSON Schema, with line and column of each error."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ..common.files import read_bytes
from ..common.policy import Positions, parse_policy
from ..common.problems import Problem, WardopsError
from .data import Policy, show_pointer
from .explain import explain_error, nearest
from .schema import PolicySchema, example_for


def read_policy(path: Path, shown: str, schema: PolicySchema) -> tuple[Policy | None, list[Problem]]:
    """A policy and its problems; no policy when it has any, so that rules never meet a wrong structure."""
    try:
        data = read_bytes(path)
        value = plain(parse_policy(data, shown))
    except WardopsError as error:
        return None, [Problem(one.code, shown, one.line, one.column, one.params) for one in error.problems]
    policy = Policy(schema.name, shown, value, Positions(data), data.decode("utf-8", "replace"))
    if schema.validator.is_valid(value):
        return policy, []
    problems = [problem for error in schema.validator.iter_errors(value) for problem in _explain(policy, schema, error)]
    return None, problems


def plain(value: Any) -> Any:
    """YAML's values as JSON knows them: dates as ISO text, keys as text."""
    if isinstance(value, dict):
        return {_key(key): plain(child) for key, child in value.items()}
    if isinstance(value, list):
        return [plain(child) for child in value]
    if isinstance(value, dt.date):  # also a date with time
        return value.isoformat()
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _key(key: Any) -> str:
    return key if isinstance(key, str) else str(plain(key)).lower() if isinstance(key, bool) else str(plain(key))


def _explain(policy: Policy, schema: PolicySchema, error: Any) -> Iterator[Problem]:
    pointer = list(error.instance_path)
    kind = error.kind
    if kind.name == "required":
        missing = [*pointer, kind.as_dict()["property"]]
        yield _problem(policy, "E0217", pointer, pointer=show_pointer(missing))
    elif kind.name == "additionalProperties":
        known = list(_node(schema.document, error.schema_path[:-1]).get("properties", {}))
        for name in kind.as_dict()["unexpected"]:
            near = nearest(name, known)
            yield _problem(policy, "E0218", [*pointer, name], pointer=show_pointer([*pointer, name]), near=near)
    else:
        code, params = explain_error(error)
        part = _node(schema.document, error.schema_path[:-1])
        title = part.get("title", pointer[-1] if pointer else policy.name)
        value = error.instance if isinstance(error.instance, str) else json.dumps(error.instance, ensure_ascii=False)
        example = example_for(part)
        values = {"title": title, "column": show_pointer(pointer), "value": value, "example": example, **params}
        yield _problem(policy, code, pointer, **values)


def _problem(policy: Policy, code: str, place: Sequence[str | int], **params: Any) -> Problem:
    line, column = policy.positions.find(place)
    return Problem(code, policy.path, line, column, params)


def _node(document: Any, path: Sequence[str | int]) -> dict[str, Any]:
    """The part of the schema that an error's path leads to."""
    node = document
    for step in path:
        try:
            node = node[step]
        except (KeyError, IndexError, TypeError):
            return {}
    return node if isinstance(node, dict) else {}
