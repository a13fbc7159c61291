"""Policies (YAML): safe loading that refuses a key given twice, with positions on demand."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import yaml

from .problems import Problem, WardopsError

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Loader(_Base):  # type: ignore[misc]
    """Safe loader; a mapping with the same key twice is an error instead of a silent last-one-wins."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """A value of the right form that does not exist (31 February) is an error with its place, like any other."""
        try:
            return super().construct_object(node, deep=deep)
        except (ValueError, OverflowError) as error:
            raise yaml.constructor.ConstructorError(None, None, str(error), node.start_mark) from None

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge" or not isinstance(key_node, yaml.ScalarNode):
                continue  # a list or a mapping as a key is refused by the base class
            if key_node.value in seen:
                raise _Duplicate(key_node.value, key_node.start_mark)
            seen.add(key_node.value)
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep)
        return mapping


class _Duplicate(Exception):
    def __init__(self, key: str, mark: Any) -> None:
        super().__init__(key)
        self.key = key
        self.mark = mark


def parse_policy(data: bytes, path: str, loader: Any = Loader) -> Any:
    """The policy as dictionaries, lists and scalars.

    :param loader: a subclass of :class:`Loader` that knows further tags.
    :raises WardopsError: E0117 (no YAML, or not UTF-8), E0118 (a key twice), with line and column.
    """
    try:
        return yaml.load(data, Loader=loader)  # noqa: S506 - a SafeLoader
    except _Duplicate as error:
        raise WardopsError(Problem("E0118", path, error.mark.line + 1, error.mark.column + 1, {"key": error.key})) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        params = {"reason": getattr(error, "problem", None) or str(error)}
        raise WardopsError(Problem("E0117", path, place[0], place[1], params)) from None


class Positions:
    """Finds lines and columns in a policy; the text is taken apart once, when the first one is asked for."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._root: Any = None

    def find(self, pointer: Sequence[str | int]) -> tuple[int, int]:
        """Line and column (1-based) of the node at ``pointer`` (keys and indexes from the root); of its nearest parent if missing."""
        if self._root is None:
            self._root = yaml.compose(self._data, Loader=_Base)
        node = self._root
        for step in pointer:
            child = _child(node, step)
            if child is None:
                break
            node = child
        return (node.start_mark.line + 1, node.start_mark.column + 1) if node else (1, 1)


def locate(data: bytes, pointer: Sequence[str | int]) -> tuple[int, int]:
    """As :meth:`Positions.find`, for a single place."""
    return Positions(data).find(pointer)


def _child(node: Any, step: str | int) -> Any:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == str(step)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step]
    return None
