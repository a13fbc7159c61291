"""Inventory plugin ``ward.ops.ledger``: glue between the ward's ledgers and Ansible's inventory objects."""

from __future__ import annotations

DOCUMENTATION = r"""
name: ledger
short_description: Hosts, groups and variables of one network layer, straight from the ward's ledgers
version_added: 0.1.0
author: wardops (@wardops)
description:
  - Reads the ledgers (CSV) of a ward - C(terminals), C(printers), C(network_devices) and C(servers) - and makes every row of B(one)
    network layer a host, in whatever status it is.
  - B(Layer guard.) A control node declares its layer in C(/etc/wardops/layer) or in the environment variable E(WARDOPS_LAYER). Declaring
    none, or asking for another layer's hosts, ends the run before the first task with exit code 4, whatever the configuration says
    about inventory sources that fail. So does a damaged ledger - every finding is shown with its number, file, line and remedy.
  - B(Host names) are the C(computer_name) of a terminal and the C(name) of everything else.
  - "B(Groups:) C(layer_lgwan); C(kind_terminal), C(kind_printer), C(kind_network_device), C(kind_server), and C(kind_mfp) for printers
    that are multifunction devices; C(site_HON); C(dept_0105) (section); C(model_...); C(vendor_...); C(os_...) (Windows version, OS
    profile or server OS); C(ring_R1); C(status_active); C(role_l2) (network devices); C(function_radius) (servers)."
  - In group names, codes of sites, sections and rings keep upper case; other values are written in lower case, with C(_) for all that
    is no ASCII letter or digit. A value with letters of another script ends in a checksum of them.
  - "B(Variables) are the cells of the row under the names of their columns, with the type of the ledger's schema (integer, boolean,
    list); an empty cell is an absent variable. C(serial) becomes C(serial_no), and any other column whose name means something to
    Ansible gets the prefix C(ledger_), for example C(ledger_name). C(layer) and C(ledger) (the name of the ledger) are always there."
  - B(Values are data.) They are never templated, so a cell that contains C({{ }}) stays that text.
  - B(Addresses.) The plugin sets no C(ansible_host); the shared group variables do (C(group_vars/kind_*.yml)), so that the lab can
    point the same hosts elsewhere.
  - "B(Shared variables.) C(group_vars/) and C(host_vars/) of the repository are set by this plugin as the variables of its groups and
    hosts. They therefore have a lower precedence than the C(group_vars/) and C(host_vars/) beside the inventory source, the same in
    C(ansible-playbook), C(ansible) and C(ansible-inventory). Against a ledger cell of the same name, shared group variables lose and
    shared host variables win."
notes:
  - Nothing is cached; 30,000 hosts take less than a second more than an empty inventory.
  - With an ansible-core whose internals this plugin does not know, it uses the slower public methods; the inventory is the same.
  - The whole inventory as JSON, many times faster than C(ansible-inventory --list) - C(python -m wardops inventory --list).
options:
  plugin:
    description: Marks the file as a source of this plugin.
    type: str
    required: true
    choices: [ward.ops.ledger]
  layer:
    description: Code of the network layer, one that C(networks.yml) knows. It must be the layer that the control node declares.
    type: str
    required: true
  ward:
    description: Folder with C(ledgers/) and C(policies/), relative to the source file.
    type: path
    required: true
  shared:
    description:
      - Folder with shared C(group_vars/) and C(host_vars/), relative to the source file.
      - Without it, the nearest folder above the source file that has an C(ansible.cfg).
    type: path
"""

EXAMPLES = r"""
# inventories/sample/lgwan/ledger.yml
plugin: ward.ops.ledger
layer: lgwan
ward: ..

# ansible-playbook -i inventories/sample/lgwan playbooks/check_fleet.yml --limit 'site_HON:&kind_printer'
# ansible -i inventories/sample/lgwan 'kind_terminal:&status_active:!ring_R0' --list-hosts
"""

import sys
from pathlib import Path

from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.inventory import BaseInventoryPlugin
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.inventory.hosts import read_hosts
from ansible_collections.ward.ops.plugins.module_utils.inventory.source import NAMES, read_source
from ansible_collections.ward.ops.plugins.plugin_utils.inventory_fill import fill

#: as ansible-core's ExitCode.PARSER_ERROR
EXIT_CODE = 4


class InventoryModule(BaseInventoryPlugin):
    """Reads ``ledger.yml`` and fills the inventory."""

    NAME = "ward.ops.ledger"

    def verify_file(self, path: str) -> bool:
        """Only files named ``ledger.yml``; whether they can be read is told by an error with a number, not by declining."""
        return Path(path).name in NAMES

    def parse(self, inventory: InventoryData, loader: DataLoader, path: str, cache: bool = True) -> None:
        """Fill the inventory, or end the run.

        :raises SystemExit: with :data:`EXIT_CODE` after showing every finding. Ansible would turn an exception into a warning (depending
            on its configuration), try other plugins on the file, and go on with the plays that need no inventory host.
        """
        super().parse(inventory, loader, path, cache)
        try:
            source = read_source(Path(path))
            fill(inventory, loader, source, read_hosts(source.ward, source.layer))
        except WardopsError as error:
            for problem in error.problems:
                self.display.error(problem.render(), wrap_text=False)
            sys.exit(EXIT_CODE)
