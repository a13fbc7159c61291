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
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice, repeat
from json.encoder import encode_basestring
from typing import Any

from ..common.problems import fail
from .hosts import Hosts, HostSet
from .source import Source
from .varfiles import read_variables

_Variables = dict[str, Any]
#: part of each host's text: the same for all, or one text per host
_Piece = str | Iterable[str]
#: the name of Ansible's output profile, part of the document
_PROFILE = "inventory_legacy"
_PRIORITY = "ansible_group_priority"
#: hosts in one piece of output
_BLOCK = 1000


def export_list(source: Source, hosts: Hosts) -> Iterator[bytes]:
    """The document of ``--list`` in pieces: every host's variables under ``_meta``, then the groups with their hosts.

    :raises WardopsError: E0414 when a variable file cannot be read without Ansible; before the first piece.
    """
    folders = _Folders(source, hosts)
    return _pieces(hosts, folders)


def _pieces(hosts: Hosts, folders: _Folders) -> Iterator[bytes]:
    yield b'{"_meta":{"hostvars":{'
    first = True
    for part in hosts.sets:
        for text in _texts(part, folders):
            # every host's text begins with a comma, which the very first must not have
            yield text[1:].encode() if first else text.encode()
            first = False
    yield f'}},"profile":"{_PROFILE}"}}'.encode()
    yield "".join(_groups(hosts)).encode()
    yield b"}\n"


def export_host(source: Source, hosts: Hosts, name: str) -> bytes:
    """The document of ``--host``.

    :raises WardopsError: E0415 (no such host in this layer), E0414.
    """
    folders = _Folders(source, hosts)
    for part in hosts.sets:
        if name in part.names:
            return f"{_dump(folders.variables(part, part.names.index(name)))}\n".encode()
    raise fail("E0415", str(source.path), layer=hosts.layer, name=name)


def _groups(hosts: Hosts) -> Iterator[str]:
    """``,"group":{…}`` of every group that has something; the names are plain ASCII (:mod:`.names`)."""
    members: dict[str | None, list[str]] = {name: [] for name in (None, *hosts.groups)}
    for part in hosts.sets:
        for column in part.groups:
            if column.count(column[0] if column else None) == len(column):
                members[column[0] if column else None].extend(part.names)
            else:  # a loop without a step of Python in it
                deque(map(list.append, map(members.__getitem__, column), part.names), maxlen=0)
    del members[None]
    yield f',"all":{{"children":{_dump(["ungrouped", *hosts.groups])}}}'
    for group, names in members.items():
        if names:
            yield f',"{group}":{{"hosts":["{'","'.join(names)}"]}}'


def _has_host_files(source: Source) -> bool:
    return any(folder and (folder / "host_vars").is_dir() for folder in (source.shared, source.path.parent))


class _Folders:
    """The variable files that apply to the hosts: shared ones and those beside the source."""

    def __init__(self, source: Source, hosts: Hosts) -> None:
        group_names = {"all", "ungrouped", *hosts.groups}
        host_names = {name for part in hosts.sets for name in part.names} if _has_host_files(source) else set()
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

    def variables(self, part: HostSet, row: int) -> _Variables:
        """All variables of one host, with marked texts."""
        name = part.names[row]
        cells = {key: _mark(values[row]) for key, values in zip(part.keys, part.values, strict=True) if values[row] != ""}
        constants = {key: _mark(value) for key, value in part.constants.items()}
        inherited = self.inherited(tuple(column[row] for column in part.groups))
        return {**inherited, **constants, **cells, **self.shared_hosts.get(name, {}), **self.own_hosts.get(name, {})}

    def combinations(self, part: HostSet) -> list[tuple[str | None, ...]]:
        """For each host of the set its groups that have variables."""
        columns = [column for column in part.groups if not self._order.keys().isdisjoint(column)]
        return list(zip(*columns, strict=True)) if columns else [()] * len(part.names)

    def inherited(self, groups: tuple[str | None, ...]) -> _Variables:
        """What hosts of these groups get from them, merged."""
        result: _Variables = {}
        ordered = sorted((name for name in groups if name in self._order), key=self._order.__getitem__)
        for folder in self._groups:
            for name in ("all", *ordered):
                result.update(folder.get(str(name), {}))
        return result


def _texts(part: HostSet, folders: _Folders) -> Iterator[str]:
    """``,"name":{variables}`` of every host, in texts of many hosts each: small enough for memory to be used again."""
    constants = ",".join(f"{encode_basestring(key)}:{_dump(_mark(value))}" for key, value in part.constants.items())
    clean = part.ledger.needs_no_escape
    pieces = _text_column(",", part.names, f":{{{constants}", clean)
    for key, values in zip(part.keys, part.values, strict=True):
        pieces += _variable_column(key, values, clean)
    columns = _joined([*pieces, _inherited_texts(part, folders), "}"])
    rows = zip(*columns, strict=False)
    special = {*folders.shared_hosts, *folders.own_hosts}.intersection(part.names)
    flat = chain.from_iterable(_with_host_files(rows, part, folders, special, len(columns)) if special else rows)
    while text := "".join(islice(flat, _BLOCK * len(columns))):
        yield text


def _joined(pieces: Sequence[_Piece]) -> list[Iterable[str]]:
    """The pieces as columns: neighbours that are the same for every host become one."""
    columns: list[Iterable[str]] = []
    constant = ""
    for piece in pieces:
        if isinstance(piece, str):
            constant += piece
        else:
            columns += [repeat(constant), piece]
            constant = ""
    return [*columns, repeat(constant)]


def _with_host_files(
    rows: Iterable[tuple[str, ...]], part: HostSet, folders: _Folders, special: Collection[str], width: int
) -> Iterator[tuple[str, ...]]:
    """The rows; a host with a variable file of its own gets its text as a whole."""
    for row, (name, pieces) in enumerate(zip(part.names, rows, strict=True)):
        if name in special:
            text = f",{encode_basestring(name)}:{_dump(folders.variables(part, row))}"
            yield (text, *repeat("", width - 1))
        else:
            yield pieces


def _variable_column(key: str, values: Sequence[Any], clean: bool) -> list[_Piece]:
    """The pieces of ``,"key":value`` for each host; nothing where the cell is empty."""
    begin = f",{encode_basestring(key)}:"
    if values and "" not in values and type(values[0]) is str:
        return _text_column(begin + '{"__ansible_unsafe":', values, "}", clean)
    try:
        texts = {value: begin + _dump(_mark(value)) for value in set(values)}
    except TypeError:  # lists cannot be members of a set
        return [[begin + _dump(_mark(value)) if value != "" else "" for value in values]]
    texts[""] = ""
    return [map(texts.__getitem__, values)]


def _text_column(begin: str, values: Sequence[str], end: str, clean: bool) -> list[_Piece]:
    """The pieces of ``begin``, the text as JSON, ``end``, for each text."""
    return [f'{begin}"', values, f'"{end}'] if clean else [begin, map(encode_basestring, values), end]


def _inherited_texts(part: HostSet, folders: _Folders) -> _Piece:
    """What groups add to each host; a variable that the ledger has too only where its cell is empty."""
    cells = dict(zip(part.keys, part.values, strict=True))
    combinations = folders.combinations(part)
    plain: dict[tuple[str | None, ...], str] = {}
    both: dict[tuple[str | None, ...], _Variables] = {}
    for groups in set(combinations):
        variables = folders.inherited(groups)
        plain[groups] = _members({key: value for key, value in variables.items() if key not in cells and key not in part.constants})
        both[groups] = {key: value for key, value in variables.items() if key in cells}
    if any(both.values()):
        return [
            plain[groups] + _members({key: value for key, value in both[groups].items() if cells[key][row] == ""})
            for row, groups in enumerate(combinations)
        ]
    return next(iter(plain.values()), "") if len(plain) < 2 else list(map(plain.__getitem__, combinations))


def _members(variables: _Variables) -> str:
    """``,"key":value`` of each variable."""
    return "".join(f",{encode_basestring(key)}:{_dump(value)}" for key, value in variables.items())


def _mark(value: Any) -> Any:
    if isinstance(value, str):
        return {"__ansible_unsafe": value}
    if isinstance(value, list):
        return [_mark(item) for item in value]
    return value


def _dump(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
