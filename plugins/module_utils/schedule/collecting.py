"""Recurrence rules in other people's files: AWX exports and definitions (YAML or JSON), or one rule a line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from ..common.problems import fail


def rules_in(data: bytes, path: str) -> list[tuple[int, str]]:
    """Every rule with its line: values of keys named ``rrule`` at any depth; without one, each line that holds ``DTSTART`` or ``RRULE``.

    :raises WardopsError: E0117 (neither YAML nor lines of rules).
    """
    try:
        text = data.decode("utf-8-sig")
        found = list(_walk(yaml.compose(text, Loader=yaml.CSafeLoader), set()))
    except (UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        text, found = data.decode("utf-8", "replace"), []
        reason = getattr(error, "problem", None) or str(error)
    else:
        reason = "no rule"
    if found:
        return found
    lines = [
        (number, line.strip()) for number, line in enumerate(text.splitlines(), 1) if "DTSTART" in line.upper() or "RRULE" in line.upper()
    ]
    if not lines:
        raise fail("E0117", path, reason=reason)
    return lines


def _walk(node: Any, seen: set[int]) -> Iterator[tuple[int, str]]:
    if node is None or id(node) in seen:  # an alias may lead back
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for child in node.value:
            yield from _walk(child, seen)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value == "rrule" and isinstance(value, yaml.ScalarNode):
                yield value.start_mark.line + 1, value.value
            else:
                yield from _walk(value, seen)
