#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action ward.ops.network_device_replacement, which runs on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: network_device_replacement
short_description: Give the successor of a dead network device its configuration
version_added: "0.1.0"
description:
  - Takes the last good full copy of the dead device from the store, replaces or removes what belongs to the dead unit, and writes the
    papers of the replacement, which show no secret.
  - With O(state=loaded), types the configuration into the successor, reads it back over a new connection, compares it as a tree, saves
    it, backs it up, and compares the links with the ledger. What cannot be verified is undone.
options:
  dead:
    description: Name, asset number or serial of the dead device.
    type: str
    required: true
  spare:
    description: Name, asset number or serial of the spare.
    type: str
    required: true
  ticket:
    description: Number of the ticket.
    type: str
    required: true
  state:
    description: V(prepared) writes papers, V(loaded) changes the successor.
    type: str
    choices: [prepared, loaded]
    default: prepared
  at:
    description: Revision of the store. Empty means the newest.
    type: str
    default: ""
  mapping:
    description: CSV with the columns C(old) and C(new), needed for a spare of another model.
    type: path
  fingerprint:
    description: Of the successor's host key, printed on the check sheet.
    type: str
    default: ""
  folder:
    description: Where the papers are written.
    type: path
    required: true
  config_file:
    description: Where the configuration for the console is written, mode 0600. It is removed after a load.
    type: path
  store:
    description: Folder of the store.
    type: path
    required: true
  recipients:
    description: Public keys for the backup after the load.
    type: list
    elements: str
    default: []
  identity:
    description: The age identity that opens full copies, or its file. Without it, C(WARDOPS_CONFIG_IDENTITY).
    type: str
  mask_key:
    description: Key of the masked form.
    type: str
    required: true
  known_hosts:
    description: File with the host keys that are accepted.
    type: path
  user:
    description: Account on the successor.
    type: str
    default: ""
  password:
    description: Its password.
    type: str
    default: ""
  enable:
    description: Password for privilege.
    type: str
    default: ""
  address:
    description: Where the successor answers now. Without it, the address of the dead device.
    type: str
    default: ""
  port:
    description: Port of SSH.
    type: int
    default: 22
  ward:
    description: Folder with C(ledgers/) and C(policies/). Without it, the one that the inventory source names.
    type: path
  layer:
    description: Layer of the device. Without it, the layer of the inventory.
    type: str
  evidence:
    description: Folder of the evidence.
    type: path
attributes:
  action:
    description: Runs on the control node.
    support: full
  check_mode:
    description: Reads the successor and says what would change. Writes and types nothing.
    support: full
  diff_mode:
    description: Shows the difference as a tree, secrets masked.
    support: full
  platform:
    description: Control node.
    support: full
    platforms: posix
author:
  - wardops maintainers (@ward-example)
"""

EXAMPLES = r"""
- name: Prepare the replacement
  ward.ops.network_device_replacement:
    dead: HON-03-L2-07
    spare: DCA-01-L2-22
    ticket: CHG-2026-00123
    folder: /srv/wardops/replace
    store: "{{ network_config_store }}"
    mask_key: "{{ lookup('ansible.builtin.env', 'WARDOPS_CONFIG_MASK_KEY') }}"
"""

RETURN = r"""
replacement:
  description: Both units, lines that depend on the unit, ports, sections, RADIUS entries.
  type: dict
  returned: success
files:
  description: The papers.
  type: list
  elements: str
  returned: state is prepared
lines:
  description: Number of lines typed, or that would be.
  type: int
  returned: state is loaded
saved:
  description: Whether the device saved its configuration.
  type: bool
  returned: state is loaded
down:
  description: Expected ports without link. Null where the platform cannot be asked.
  type: list
  elements: str
  returned: state is loaded
steps:
  description: What was done, in order.
  type: list
  elements: str
  returned: state is loaded
codes:
  description: Codes of the errors.
  type: list
  elements: str
  returned: failure
"""
