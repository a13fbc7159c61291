"""The whole inventory as the document that ``ansible-inventory --list`` prints for the same source, without starting Ansible.

Every text from a ledger is marked ``{"__ansible_unsafe": …}``, as Ansible marks it: whoever reads the document back never
templates it. Variables are those that a host has in the end: shared group variables, then the inventory's own ``group_vars/``,
then the ledger row, shared host variables, and the inventory's own ``host_vars/``; within a folder ``all`` comes first and the
other groups by priority and name.

What Ansible adds that is no inventory is left out: the empty fact ``ansible_local``, which it prints for each host when facts are
kept apart from variables (``inject_facts_as_vars = false``).

The text of the document is put together column by column: a value that many hosts share is encoded once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, repeat
from json.encoder import encode_basestring
from typing import Any

import orjson

from ..common.problems import fail
from .hosts import Hosts, HostSet
from .source import Source
from .varfiles import read_variables

_Variables = dict[str, Any]
#: the name of Ansible's output profile, part of the document
_PROFILE = "inventory_legacy"
_PRIORITY = "ansible_group_priority"


def export_list(source: Source, hosts: Hosts) -> Iterator[bytes]:
    """The document of ``--list`` in pieces: every host's variables under ``_meta``, then the groups with their hosts.

    :raises WardopsError: E0414 when a variable file cannot be read without Ansible; before the first piece.
    """
    folders = _Folders(source, hosts)
    return _pieces(hosts, folders)


def _pieces(hosts: Hosts, folders: _Folders) -> Iterator[bytes]:
    begin = '{"_meta":{"hostvars":{'
    for part in hosts.sets:
        if part.names:
            # every host's text begins with a comma
            text = _texts(part, folders)
            yield (begin + text[1:] if begin else text).encode()
            begin = ""
    yield f'{begin}}},"profile":"{_PROFILE}"}},'.encode()
    yield _dump(_groups(hosts))[1:]
    yield b"\n"


def export_host(source: Source, hosts: Hosts, name: str) -> bytes:
    """The document of ``--host``.

    :raises WardopsError: E0415 (no such host in this layer), E0414.
    """
    folders = _Folders(source, hosts)
    for part in hosts.sets:
        if name in part.names:
            return _dump(folders.variables(part, part.names.index(name))) + b"\n"
    raise fail("E0415", str(source.path), layer=hosts.layer, name=name)


def _groups(hosts: Hosts) -> dict[str, Any]:
    members: dict[str, list[str]] = {name: [] for name in hosts.groups}
    for part in hosts.sets:
        for column in part.groups:
            distinct = set(column)
            if len(distinct) == 1:
                members.get(distinct.pop() or "", []).extend(part.names)
                continue
            appends: dict[str | None, Any] = {name: members[name].append if name else _ignore for name in distinct}
            for append, name in zip(map(appends.__getitem__, column), part.names, strict=True):
                append(name)
    return {"all": {"children": ["ungrouped", *hosts.groups]}, **{name: {"hosts": found} for name, found in members.items() if found}}


def _ignore(_name: str) -> None:
    """In no group of this kind."""


class _Folders:
    """The variable files that apply to the hosts: shared ones and those beside the source."""

    def __init__(self, source: Source, hosts: Hosts) -> None:
        group_names = {"all", "ungrouped", *hosts.groups}
        host_names = {name for part in hosts.sets for name in part.names}
        beside = source.path.parent
        shared = read_variables(source.shared / "group_vars", group_names) if source.shared else {}
        own = read_variables(beside / "group_vars", group_names)
        self.shared_hosts = read_variables(source.shared / "host_vars", host_names) if source.shared else {}
        self.own_hosts = read_variables(beside / "host_vars", host_names)
        # the priority of a shared group is Ansible's business, not a variable
        priorities = {name: int(variables.pop(_PRIORITY, 1)) for name, variables in shared.items()}
        self._groups: Sequence[Mapping[str, _Variables]] = (shared, own)
        names = sorted({*shared, *own} - {"all", "ungrouped"}, key=lambda name: (priorities.get(name, 1), name))
        self._order: dict[str | None, int] = {name: position for position, name in enumerate(names)}
        self._merged: dict[tuple[str | None, ...], _Variables] = {}

    def variables(self, part: HostSet, row: int) -> _Variables:
        """All variables of one host, with marked texts."""
        name = part.names[row]
        cells = {key: _mark(values[row]) for key, values in zip(part.keys, part.values, strict=True) if values[row] != ""}
        constants = {key: _mark(value) for key, value in part.constants.items()}
        inherited = self._merge(tuple(column[row] for column in part.groups if column[row] in self._order))
        return {**inherited, **constants, **cells, **self.shared_hosts.get(name, {}), **self.own_hosts.get(name, {})}

    def apply_to(self, part: HostSet) -> bool:
        """Whether any host of the set inherits anything."""
        return bool(self._merge(())) or any(not self._order.keys().isdisjoint(column) for column in part.groups)

    def inherited(self, part: HostSet) -> Iterator[tuple[tuple[str | None, ...], _Variables]]:
        """For each host of the set: the groups that have variables, and the variables that the host gets from them."""
        columns = [column for column in part.groups if not self._order.keys().isdisjoint(column)]
        for groups in zip(*columns, strict=True) if columns else repeat((), len(part.names)):
            yield groups, self._merge(groups)

    def _merge(self, groups: tuple[str | None, ...]) -> _Variables:
        if groups not in self._merged:
            ordered = sorted((name for name in groups if name in self._order), key=self._order.__getitem__)
            self._merged[groups] = {
                key: value for folder in self._groups for name in ("all", *ordered) for key, value in folder.get(name or "", {}).items()
            }
        return self._merged[groups]


def _texts(part: HostSet, folders: _Folders) -> str:
    """``,"name":{variables}`` of every host, in one text."""
    constants = ",".join(f"{encode_basestring(key)}:{_dump(_mark(value)).decode()}" for key, value in part.constants.items())
    clean = _needs_no_escape(part.table.text)
    pieces = [*_text_column(",", part.names, f":{{{constants}", clean)]
    for key, values in zip(part.keys, part.values, strict=True):
        pieces += _variable_column(key, values, clean)
    pieces += (_inherited_texts(part, folders), repeat("}"))
    special = {*folders.shared_hosts, *folders.own_hosts}.intersection(part.names)
    if not special:
        return "".join(chain.from_iterable(zip(*pieces, strict=False)))
    texts = list(map("".join, zip(*pieces, strict=False)))
    for row, name in enumerate(part.names):
        if name in special:
            texts[row] = f",{encode_basestring(name)}:{_dump(folders.variables(part, row)).decode()}"
    return "".join(texts)


def _needs_no_escape(text: str) -> bool:
    """Whether JSON can hold every cell of a ledger's text as it is."""
    return "\\" not in text and '"' not in text and text.replace("\n", "").isprintable()


def _variable_column(key: str, values: Sequence[Any], clean: bool) -> list[Iterable[str]]:
    """The pieces of ``,"key":value`` for each host; nothing where the cell is empty."""
    begin = f",{encode_basestring(key)}:"
    if values and "" not in values and type(values[0]) is str:
        return _text_column(begin + '{"__ansible_unsafe":', values, "}", clean)
    try:
        texts = {value: begin + _dump(_mark(value)).decode() for value in set(values)}
    except TypeError:  # lists cannot be members of a set
        return [[begin + _dump(_mark(value)).decode() if value != "" else "" for value in values]]
    texts[""] = ""
    return [map(texts.__getitem__, values)]


def _text_column(begin: str, values: Sequence[str], end: str, clean: bool) -> list[Iterable[str]]:
    """The pieces of ``begin``, the text as JSON, ``end``, for each text."""
    if clean:
        return [repeat(f'{begin}"'), values, repeat(f'"{end}')]
    return [repeat(begin), map(encode_basestring, values), repeat(end)]


def _inherited_texts(part: HostSet, folders: _Folders) -> Iterable[str]:
    """What groups add to each host; a variable that the ledger has too only where its cell is empty."""
    if not folders.apply_to(part):
        return repeat("")
    cells = dict(zip(part.keys, part.values, strict=True))
    known: dict[tuple[str | None, ...], tuple[str, _Variables]] = {}
    texts: list[str] = []
    for row, (groups, variables) in enumerate(folders.inherited(part)):
        if groups not in known:
            plain = {key: value for key, value in variables.items() if key not in cells and key not in part.constants}
            both = {key: value for key, value in variables.items() if key in cells}
            known[groups] = (_members(plain), both)
        text, both = known[groups]
        texts.append(text + _members({key: value for key, value in both.items() if cells[key][row] == ""}) if both else text)
    return texts


def _members(variables: _Variables) -> str:
    """``,"key":value`` of each variable."""
    return "".join(f",{encode_basestring(key)}:{_dump(value).decode()}" for key, value in variables.items())


def _mark(value: Any) -> Any:
    if isinstance(value, str):
        return {"__ansible_unsafe": value}
    if isinstance(value, list):
        return [_mark(item) for item in value]
    return value


def _dump(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError:  # a number beyond 64 bits in somebody's group variables
        return json.dumps(value, ensure_ascii=False).encode()
