"""Hosts, groups and variables of one layer, from its ledgers. Pure data: how Ansible or JSON gets them is not decided here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..common.problems import Problem, WardopsError
from ..common.ward import Ward
from .columns import column_types, convert_column, ledger_layers
from .names import are_host_names, code, slug, variable_name
from .reading import Columns, read_columns


class Grouping(NamedTuple):
    """Hosts with the same value in ``column`` form the group ``<prefix>_<value>``."""

    column: str
    prefix: str
    part: Callable[[str], str]


class Kind(NamedTuple):
    """A ledger whose rows are hosts.

    :param ledger: its name; also the host variable ``ledger``.
    :param name: the kind of its hosts: all of them are in the group ``kind_<name>``.
    :param per_layer: whether each layer has a file of its own; else a column ``layer`` says where a row belongs.
    :param host: the column with the host's name.
    """

    ledger: str
    name: str
    per_layer: bool
    host: str
    groupings: tuple[Grouping, ...]


_SITE, _SECTION = Grouping("site", "site", code), Grouping("dept_code", "dept", code)
_MODEL, _VENDOR = Grouping("model", "model", slug), Grouping("vendor", "vendor", slug)
_RING, _STATUS = Grouping("ring", "ring", code), Grouping("status", "status", slug)

KINDS = (
    Kind(
        "terminals",
        "terminal",
        True,
        "computer_name",
        (_SITE, _SECTION, _MODEL, Grouping("os_version", "os", slug), _RING, _STATUS),
    ),
    Kind("printers", "printer", False, "name", (Grouping("kind", "kind", slug), _SITE, _SECTION, _MODEL, _VENDOR, _STATUS)),
    Kind(
        "network_devices",
        "network_device",
        False,
        "name",
        (_SITE, _MODEL, _VENDOR, Grouping("os_profile", "os", slug), Grouping("role", "role", slug), _STATUS),
    ),
    Kind(
        "servers",
        "server",
        False,
        "name",
        (_SITE, _MODEL, Grouping("os", "os", slug), Grouping("function", "function", slug), _STATUS),
    ),
)


@dataclass(slots=True)
class HostSet:
    """The hosts of one ledger, as columns of equal length.

    :param ledger: where they come from: row ``i`` is host ``i``.
    :param names: host names.
    :param keys: names of the variables, in column order.
    :param values: one sequence per variable; ``""`` where the cell is empty, that is where the host has no such variable.
    :param groups: one sequence per way of grouping: the group's name of each host, ``None`` where the cell is empty.
    :param group_names: every name in ``groups``.
    :param constants: variables that all these hosts have.
    """

    kind: Kind
    ledger: Columns
    names: Sequence[str]
    keys: list[str]
    values: list[Sequence[Any]]
    groups: list[Sequence[str | None]]
    group_names: list[str]
    constants: dict[str, Any]

    def variables(self, extra: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """One dictionary of variables per host; an empty cell is absent; ``extra`` is in every one of them."""
        keys, constants = self.keys, {**self.constants, **(extra or {})}
        rows = zip(*self.values, strict=True)
        return [{**constants, **{key: value for key, value in zip(keys, row, strict=False) if value != ""}} for row in rows]


@dataclass(slots=True)
class Hosts:
    """All hosts of a layer.

    :param sets: one for each ledger.
    :param groups: every group, in the order in which Ansible shall know them; the first holds all hosts.
    """

    layer: str
    sets: list[HostSet] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return sum(len(part.names) for part in self.sets)


def read_hosts(ward: Ward, layer: str) -> Hosts:
    """Read the ledgers of one layer.

    :raises WardopsError: what :func:`read_table` raises; E0123 (a column is missing); E0407-E0412, all findings of a ledger at once.
    """
    hosts = Hosts(layer)
    problems: list[Problem] = []
    for kind in KINDS:
        if kind.per_layer and layer not in ledger_layers(kind.ledger):
            continue
        try:
            path = ward.ledger_path(kind.ledger, layer if kind.per_layer else None)
            ledger = read_columns(path, ward.shown(path))
            hosts.sets.append(_host_set(kind, ledger if kind.per_layer else ledger.where("layer", layer), layer))
        except WardopsError as error:
            problems += error.problems
    problems += _clashes(hosts)
    if problems:
        raise WardopsError(problems)
    return hosts


def _host_set(kind: Kind, ledger: Columns, layer: str) -> HostSet:
    problems: list[Problem] = []
    keys = _keys(ledger, problems)
    names = ledger.of(kind.host)
    if not are_host_names(names):
        wrong = [row for row, name in enumerate(names) if not are_host_names((name,))]
        problems += [ledger.problem("E0407", row, kind.host, name=names[row]) for row in wrong]
    constant = (f"layer_{layer}", f"kind_{kind.name}")
    groups: list[Sequence[str | None]] = [[name] * len(names) for name in constant]
    group_names = list(constant) if names else []
    for way in kind.groupings:
        if way.column in ledger.cells:
            by_text = _GroupOfText(way, constant)
            groups.append(by_text.of(ledger.cells[way.column]))
            group_names += sorted(filter(None, by_text.values()))
            problems += [ledger.problem("E0410", ledger.cells[way.column].index(text), way.column, value=text) for text in by_text.nameless]
    values: dict[str, Sequence[Any]] = {name: cells for name, cells in ledger.cells.items() if name != "layer"}
    for name, cell_type in column_types(kind.ledger).items():
        if name in values:
            values[name] = convert_column(ledger, name, cell_type, problems)
    if problems:
        raise WardopsError(problems)
    constants = {"layer": layer, "ledger": kind.ledger}
    return HostSet(kind, ledger, names, keys, list(values.values()), groups, group_names, constants)


def _keys(ledger: Columns, problems: list[Problem]) -> list[str]:
    """Variable names of the columns; the layer is a constant of the set instead."""
    keys: list[str] = []
    for position, column in enumerate(ledger.header):
        name = variable_name(column)
        if name is None or name in keys:
            start = sum(len(other) + 1 for other in ledger.header[:position]) + 1
            problems.append(Problem("E0411", ledger.path, 1, start, {"column": column, "variable": name or column}))
        elif column != "layer":
            keys.append(name)
    return keys


class _GroupOfText(dict[str, str | None]):
    """The group of each text of a column, found out when it is first asked for; ``None`` for no text and for a constant group."""

    def __init__(self, way: Grouping, constant: Collection[str]) -> None:
        super().__init__({"": None})
        self.way = way
        self.constant = constant
        self.nameless: list[str] = []

    def __missing__(self, text: str) -> str | None:
        part = self.way.part(text)
        name = f"{self.way.prefix}_{part}"
        if not part:
            self.nameless.append(text)
        self[text] = None if not part or name in self.constant else name
        return self[text]

    def of(self, cells: Sequence[str]) -> list[str | None]:
        return list(map(self.__getitem__, cells))


def _clashes(hosts: Hosts) -> list[Problem]:
    """Fill ``hosts.groups``; E0408 (a host name twice, in any spelling), E0409 (a host named like a group)."""
    groups = dict.fromkeys([f"layer_{hosts.layer}", *(name for part in hosts.sets for name in part.group_names)])
    hosts.groups = list(groups)
    lowered: set[str] = set()
    for part in hosts.sets:
        lowered.update(map(str.lower, part.names))
    taken = {name.lower() for name in groups}
    if len(lowered) == len(hosts) and taken.isdisjoint(lowered):
        return []
    problems: list[Problem] = []
    seen: dict[str, str] = {}
    for part in hosts.sets:
        for row, name in enumerate(part.names):
            lower = name.lower()
            if lower in taken:
                problems.append(part.ledger.problem("E0409", row, part.kind.host, name=name))
            if lower in seen:
                problems.append(part.ledger.problem("E0408", row, part.kind.host, name=name, other=seen[lower]))
            else:
                seen[lower] = f"{part.ledger.path}:{part.ledger.line(row)}"
    return problems
