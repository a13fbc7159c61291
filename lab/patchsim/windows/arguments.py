"""Checks a module's arguments as the terminal would: from the ``$spec`` in the module's own PowerShell, else from its documentation.

On Windows the checks are C# (Ansible.Basic). Here the same table is given to Ansible's Python validator, which has the same rules; old
modules (``Parse-Args``) ignore options that they do not know, and are held to their documentation all the same.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Any

import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator  # type: ignore[import-untyped]
from ansible.plugins.loader import fragment_loader, module_loader  # type: ignore[import-untyped]
from ansible.utils.plugin_docs import get_docstring  # type: ignore[import-untyped]

_TOKEN = re.compile(r"""\s+|\#[^\n]*|(?P<text>'(?:[^']|'')*'|"[^"$`]*")|(?P<open>@\{|@\()|(?P<mark>[{}()=;,+])|(?P<word>[-\w.$:\\]+)""")
_WORDS: dict[str, Any] = {"$true": True, "$false": False, "$null": None, "$uint32type": "int"}
_START = re.compile(r"^\$spec\s*=\s*(?=@\{)", re.MULTILINE | re.IGNORECASE)
#: what the action plugin adds, and no documentation names
_INTERNAL = {"ansible.windows.win_copy": frozenset({"directories", "files", "symlinks"})}
_RULES = ("mutually_exclusive", "required_together", "required_one_of", "required_if", "required_by")


class Unknown(Exception):
    """No such module, or no description of its options."""


class _Reader:
    """A PowerShell hashtable literal. What is no literal is left out (its place is taken from the documentation)."""

    def __init__(self, source: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        at = 0
        while at < len(source):
            found = _TOKEN.match(source, at)
            if found is None:
                break
            at = found.end()
            if found.lastgroup:
                self.tokens.append((found.lastgroup, found.group()))
        self.at = 0

    def peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        self.at += 1
        return self.tokens[self.at - 1][1]

    def table(self) -> dict[str, Any]:
        self.take()
        found: dict[str, Any] = {}
        while self.peek() != "}":
            if self.peek() in (";", ""):
                if not self.peek():
                    raise Unknown("an unfinished table")
                self.take()
                continue
            key = self.take().strip("'\"")
            if self.take() != "=":
                raise Unknown(f"no = after {key}")
            value = self.value()
            if value is not Unknown:
                found[key] = value
        self.take()
        return found

    def value(self) -> Any:
        """One value, or a list when commas follow. ``Unknown`` when something in it is no literal."""
        items = [] if self.peek() == "," else [self.single()]
        many = not items
        while self.peek() in (",", "+"):
            many = True
            self.take()
            items.append(self.single())
        if Unknown in items:
            return Unknown
        return items if many else items[0]

    def single(self) -> Any:
        if self.peek() == "@{":
            return self.table()
        if self.peek() == "@(":
            return self._list()
        kind, text = self.tokens[self.at]
        self.at += 1
        if kind == "text":
            return text[1:-1].replace("''", "'")
        if text.lower() in _WORDS:
            return _WORDS[text.lower()]
        return int(text) if text.lstrip("-").isdigit() else Unknown

    def _list(self) -> Any:
        self.take()
        if self.peek() == ")":
            self.take()
            return []
        nested = self.peek() == ","
        found = self.value()
        # a list may also hold one entry a line, without commas
        while self.peek() != ")":
            found = found if nested else [found]
            nested = True
            more = self.value()
            found = [*found, *(more if isinstance(more, list) and more and isinstance(more[0], list) else [more])]
        self.take()
        return found if isinstance(found, list) or found is Unknown else [found]


def _documented(name: str, path: str) -> dict[str, Any]:
    doc = get_docstring(path, fragment_loader)[0] or {}
    if not doc:
        beside = Path(path).with_suffix(".yml")
        doc = yaml.safe_load(beside.read_text("utf-8"))["DOCUMENTATION"] if beside.exists() else {}
    if not doc:
        raise Unknown(f"{name} has no documentation")
    return _options(doc.get("options") or {})


def _options(documented: dict[str, Any]) -> dict[str, Any]:
    kept = ("type", "elements", "required", "default", "choices", "aliases")
    found: dict[str, Any] = {}
    for key, value in documented.items():
        found[key] = {name: value[name] for name in kept if name in value}
        if isinstance(found[key].get("choices"), dict):
            found[key]["choices"] = list(found[key]["choices"])
        if value.get("suboptions"):
            found[key]["options"] = _options(value["suboptions"])
    return found


def _tidy(options: dict[str, Any], documented: dict[str, Any]) -> dict[str, Any]:
    """What PowerShell leaves loose: one alias or choice that is no list, choices that were no literal."""
    for key, value in options.items():
        for many in ("aliases", "choices"):
            if many in value and not isinstance(value[many], list):
                value[many] = [value[many]]
        if "choices" not in value and "choices" in documented.get(key, {}):
            value["choices"] = documented[key]["choices"]
        if value.get("type") == "list" and "default" in value and not isinstance(value["default"], list):
            value["default"] = [value["default"]]
        value.setdefault("type", "str")
        if "options" in value:
            _tidy(value["options"], {})
    return options


@functools.cache
def spec_of(name: str) -> dict[str, Any]:
    """The table of a module by its full name. :raises Unknown: no such module or table."""
    found = module_loader.find_plugin_with_context(name, mod_type=".ps1")
    if not found.resolved or not found.plugin_resolved_path:
        raise Unknown(f"{name} is not installed")
    path = Path(found.plugin_resolved_path)
    sources = [one for one in (path.with_suffix(".py"), path.with_suffix(".yml")) if one.exists()]
    documented = _documented(name, str(sources[0])) if sources else {}
    source = path.with_suffix(".ps1").read_text("utf-8")
    start = _START.search(source)
    if start is None:
        return {"options": documented, "legacy": True, "supports_check_mode": True}
    table = _Reader(source[start.end() :]).table()
    table["options"] = _tidy(table.get("options", {}), documented)
    return table | {"legacy": False}


class Invalid(Exception):
    """The arguments are not what the module takes."""


def validate(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments with defaults, converted to their types.

    :param name: full name, such as ``ansible.windows.win_ping``.
    :raises Invalid: an option that there is not, a wrong type or choice, one that is missing, or two that exclude each other.
    """
    spec = spec_of(name)
    private = {key: value for key, value in arguments.items() if spec["legacy"] and (key.startswith("_") or key in _INTERNAL.get(name, ()))}
    public = {key: value for key, value in arguments.items() if key not in private and value is not None}
    rules = {rule: spec[rule] for rule in _RULES if rule in spec}
    checked = ArgumentSpecValidator(spec["options"], **rules).validate(public)
    if checked.error_messages:
        said = "; ".join(str(message) for message in checked.error_messages)
        raise Invalid(f"Unsupported parameters for ({name}) module: {said}" if checked.unsupported_parameters else said)
    return {**checked.validated_parameters, **private}
