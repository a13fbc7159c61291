"""The bulk way and the plain way give the same inventory; an unknown Ansible gets the plain way."""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ansible.release
import pytest
from ansible.inventory.data import InventoryData
from ansible.inventory.group import Group
from ansible.inventory.host import Host
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward
from ansible_collections.ward.ops.plugins.module_utils.inventory.hosts import Hosts, read_hosts
from ansible_collections.ward.ops.plugins.module_utils.inventory.source import Source
from ansible_collections.ward.ops.plugins.plugin_utils import inventory_fill

from tests.unit.inventory.wards import make_ward


def everything(data: InventoryData) -> dict[str, Any]:
    """All that Ansible can see of an inventory, in order; a host's groups are sorted, because Ansible orders ancestors by chance."""
    return {
        "hosts": {
            name: (host.name, host.address, host.implicit, host.vars, sorted(group.name for group in host.groups), host.get_magic_vars())
            for name, host in data.hosts.items()
        },
        "groups": {
            name: (
                group.depth,
                group.priority,
                group.vars,
                [host.name for host in group.hosts],
                sorted(group.host_names),
                [host.name for host in group.get_hosts()],
                [child.name for child in group.child_groups],
                [parent.name for parent in group.parent_groups],
            )
            for name, group in data.groups.items()
        },
        "dict": data.get_groups_dict(),
    }


@pytest.fixture
def hosts(tmp_path: Path) -> Hosts:
    return read_hosts(Ward(make_ward(tmp_path / "ward", 500).parents[1]), "lgwan")


def filled(hosts: Hosts, way: Callable[[InventoryData, Hosts], None]) -> InventoryData:
    data = InventoryData()
    data.current_source = "/inventories/lgwan/ledger.yml"
    way(data, hosts)
    data.reconcile_inventory()
    return data


def test_both_ways_give_the_same(hosts: Hosts) -> None:
    bulk, plain = filled(hosts, inventory_fill.fill_in_bulk), filled(hosts, inventory_fill.fill_plainly)
    assert everything(bulk) == everything(plain)
    assert len(bulk.hosts) == 506
    assert len({host._uuid for host in bulk.hosts.values()}) == 506


def test_a_bulk_inventory_can_be_changed_by_ansible(hosts: Hosts) -> None:
    """What add_host, group_by and a second source do later works on it as on any other."""
    changed = []
    for way in (inventory_fill.fill_in_bulk, inventory_fill.fill_plainly):
        data = filled(hosts, way)
        data.add_group("later")
        data.add_child("layer_lgwan", "later")
        data.add_host("new-host", "later")
        data.add_child("kind_printer", "LG-RAD01")
        data.set_variable("LG-RAD01", "vlan", 99)
        data.remove_host(data.hosts["LG-RAD02"])
        data.reconcile_inventory()
        changed.append(everything(data))
    assert changed[0] == changed[1]
    assert changed[0]["hosts"]["new-host"][4] == ["all", "later", "layer_lgwan"]


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which way was taken, in order."""
    taken: list[str] = []
    for name in ("fill_in_bulk", "fill_plainly"):
        real = getattr(inventory_fill, name)

        def note(data: InventoryData, hosts: Hosts, name: str = name, real: Callable[..., None] = real) -> None:
            taken.append(name)
            real(data, hosts)

        monkeypatch.setattr(inventory_fill, name, note)
    return taken


def fill(hosts: Hosts, data: InventoryData) -> dict[str, Any]:
    inventory_fill.fill(data, DataLoader(), Source(Path("ledger.yml"), "lgwan", None, None), hosts)  # type: ignore[arg-type]
    data.reconcile_inventory()
    return everything(data)


def test_the_installed_ansible_gets_the_bulk_way(hosts: Hosts, ways: list[str]) -> None:
    assert ansible.release.__version__.startswith("2.21.")
    fill(hosts, InventoryData())
    assert ways == ["fill_in_bulk"]


def test_an_unknown_series_gets_the_plain_way(hosts: Hosts, ways: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    known = fill(hosts, InventoryData())
    monkeypatch.setattr(inventory_fill, "ansible_version", "2.22.0")
    assert fill(hosts, InventoryData()) == known
    assert ways == ["fill_in_bulk", "fill_plainly"]


@pytest.mark.parametrize("kind", [Host, Group])
def test_other_internals_get_the_plain_way(hosts: Hosts, ways: list[str], monkeypatch: pytest.MonkeyPatch, kind: type) -> None:
    original = kind.__init__

    def with_more(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        self.facts_of_tomorrow = {}

    monkeypatch.setattr(kind, "__init__", with_more)
    fill(hosts, InventoryData())
    assert ways == ["fill_plainly"]


def test_a_second_source_gets_the_plain_way(hosts: Hosts, ways: list[str]) -> None:
    data = InventoryData()
    data.add_group("others")
    data.add_host("LG-RAD01", "others")
    found = fill(hosts, data)
    assert ways == ["fill_plainly"]
    assert found["groups"]["others"][3] == ["LG-RAD01"]
    assert found["hosts"]["LG-RAD01"][3]["vlan"] == 10


def test_garbage_collection_is_as_before(hosts: Hosts) -> None:
    fill(hosts, InventoryData())
    assert gc.isenabled()
    gc.disable()
    try:
        fill(hosts, InventoryData())
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_patterns(hosts: Hosts) -> None:
    manager = InventoryManager(DataLoader(), sources=[], parse=False)
    inventory_fill.fill_in_bulk(manager._inventory, hosts)
    manager.reconcile_inventory()
    names = lambda pattern: [host.name for host in manager.get_hosts(pattern)]  # noqa: E731
    assert names("function_radius:&status_standby") == ["LG-RAD02"]
    assert names("site_HON:!kind_printer") == ["HON-01-CR-01", "HON-02-L2-01"]
    assert names("PL-*") == ["PL-HON-0101", "PL-HON-0102"]
    assert len(names("all")) == 506
