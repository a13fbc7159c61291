"""Filling Ansible's inventory with a layer's hosts: in bulk where the internals are known, else through the public methods.

The bulk way makes the objects that ``add_group``, ``add_host`` and ``set_variable`` would have made, without paying for each cell.
It is used when three things hold: the series of ansible-core is one that the tests cover, its objects have exactly the shape that
is written here, and the inventory is still empty. Both ways give the same inventory (tests compare them).
"""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ansible.inventory.data import InventoryData
from ansible.inventory.group import Group
from ansible.inventory.host import Host
from ansible.parsing.dataloader import DataLoader
from ansible.release import __version__ as ansible_version
from ansible.utils.path import basedir
from ansible.utils.vars import get_unique_id
from ansible_collections.ward.ops.plugins.module_utils.common.problems import fail
from ansible_collections.ward.ops.plugins.module_utils.inventory.hosts import Hosts, HostSet
from ansible_collections.ward.ops.plugins.module_utils.inventory.source import Source

#: series of ansible-core whose inventory objects the bulk way knows
KNOWN_SERIES = frozenset({"2.21"})
_HOST_SHAPE = {"vars": {}, "groups": [], "_uuid": None, "name": "a", "address": "a", "implicit": False}
_GROUP_SHAPE = {
    "depth": 0,
    "name": "a",
    "hosts": [],
    "_hosts": None,
    "vars": {},
    "child_groups": [],
    "parent_groups": [],
    "_hosts_cache": None,
    "priority": 1,
}


def fill(inventory: InventoryData, loader: DataLoader, source: Source, hosts: Hosts) -> None:
    """Add the hosts, their groups and variables, then the shared variables."""
    with _without_garbage_collection():
        data = getattr(inventory, "__wrapped__", inventory)
        if knows_internals() and set(data.groups) == {"all", "ungrouped"} and not data.hosts:
            fill_in_bulk(data, hosts)
        else:
            fill_plainly(inventory, hosts)
    if source.shared:
        set_shared(inventory, loader, source.shared)


def knows_internals() -> bool:
    """Whether the bulk way may be used with this ansible-core."""
    series = ".".join(ansible_version.split(".")[:2])
    return series in KNOWN_SERIES and vars(Host("a", gen_uuid=False)) == _HOST_SHAPE and vars(Group("a")) == _GROUP_SHAPE


def fill_plainly(inventory: InventoryData, hosts: Hosts) -> None:
    """Through the public methods only."""
    for group in hosts.groups:
        inventory.add_group(group)
        inventory.add_child("all", group)
    for part in hosts.sets:
        groups = zip(*part.groups, strict=True)
        for name, variables, memberships in zip(part.names, part.variables(), groups, strict=True):
            inventory.add_host(name)
            for group in filter(None, memberships):
                inventory.add_child(group, name)
            for key, value in variables.items():
                inventory.set_variable(name, key, value)


def fill_in_bulk(data: InventoryData, hosts: Hosts) -> None:
    """The same objects, built list by list."""
    for name in hosts.groups:
        data.add_group(name)
        data.add_child("all", name)
    everything: list[Host] = []
    for part in hosts.sets:
        made = _make_hosts(data, part)
        _join_groups(data, part, made)
        everything += made
        data.hosts.update(zip(part.names, made, strict=True))
    for group in data.groups.values():
        group._hosts_cache = None  # add_child has filled it while the groups were empty
    data.groups["all"]._hosts_cache = everything
    data._groups_dict_cache = {}


def _make_hosts(data: InventoryData, part: HostSet) -> list[Host]:
    all_group = data.groups["all"]
    source = data.current_source
    origin = {"inventory_file": source, "inventory_dir": basedir(source) if source else None}
    # unique in this process, as Ansible's own are: made from one of them and the position
    prefix = get_unique_id()
    new = Host.__new__
    memberships = [list(map(data.groups.get, column)) for column in part.groups]
    made: list[Host] = []
    for number, (name, variables, groups) in enumerate(
        zip(part.names, part.variables(origin), zip(*memberships, strict=True), strict=True)
    ):
        host = new(Host)
        host.vars = variables
        host.groups = [all_group, *(filter(None, groups) if None in groups else groups)]
        host._uuid = f"{prefix}-{number:x}"
        host.name = host.address = name
        host.implicit = False
        made.append(host)
    return made


def _join_groups(data: InventoryData, part: HostSet, made: list[Host]) -> None:
    members: dict[str | None, list[Host]] = {name: data.groups[name].hosts for name in part.group_names}
    members[None] = []  # in no group of this kind
    for column in part.groups:
        # a loop without a step of Python in it
        deque(map(list.append, map(members.__getitem__, column), made), maxlen=0)


def set_shared(inventory: InventoryData, loader: DataLoader, folder: Path) -> None:
    """Set the variables of ``group_vars/`` and ``host_vars/`` in ``folder`` on the groups and hosts that exist.

    They are read as Ansible reads its own variable files: templates work, vault works.
    """
    for kind, entities in (("group_vars", inventory.groups), ("host_vars", inventory.hosts)):
        if not (folder / kind).is_dir():
            continue
        names = {path.name for path in (folder / kind).iterdir()}
        for name in sorted({name for found in names for name in (found, found.rpartition(".")[0]) if name in entities}):
            for file in loader.find_vars_files(str(folder / kind), name):
                variables = loader.load_from_file(file, cache="all", unsafe=True, trusted_as_template=True) or {}
                if not isinstance(variables, dict):
                    raise fail("E0414", str(file), reason_ja="キーと値の形ではありません", reason="it is not a mapping")
                for key, value in variables.items():
                    inventory.set_variable(name, key, value)


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """No search for cycles while hundreds of thousands of objects are made that all stay; later searches skip them too."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if enabled:
            gc.enable()
