#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action ward.ops.config_report, which runs on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: config_report
short_description: Report which device configs were read, what changed, and which break the rules
version_added: "0.1.0"
description:
  - Reads the ledger C(network_devices), the store of configs and C(policies/compliance.yml); asks no device.
  - Makes C(configs.html), C(compliance.html) and the same as CSV and JSON. Secrets are keyed hashes in all of them.
  - Last attempt and last success are kept apart. Devices that never succeeded, and those that no run ever asked, come first.
options:
  ward:
    description: Folder with C(ledgers/) and C(policies/). Without it, the one that the inventory source names.
    type: path
  layer:
    description: Layer whose devices are reported. Without it, the layer of the inventory; it must be the one that the node declares.
    type: str
  store:
    description: Folder of the store of configs.
    type: path
    required: true
  folder:
    description: Where the files are written.
    type: path
    required: true
  fail_when_wrong:
    description: Whether the task fails when somebody must look.
    type: bool
    default: true
attributes:
  action:
    description: Runs on the control node.
    support: full
  check_mode:
    description: Makes everything and writes no file.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
  platform:
    description: Control node.
    support: full
    platforms: posix
author:
  - wardops maintainers (@ward-example)
"""

EXAMPLES = r"""
- name: Report the configs of this layer
  ward.ops.config_report:
    store: /var/lib/wardops/configs
    folder: /srv/wardops/configs
"""

RETURN = r"""
counts:
  description: Devices by condition, drift, unsaved changes, rules kept and broken.
  type: dict
  returned: always
drift:
  description: Devices whose config changed since it was approved.
  type: list
  elements: str
  returned: always
files:
  description: The files of the report.
  type: list
  elements: str
  returned: always
codes:
  description: Codes of the errors.
  type: list
  elements: str
  returned: failure
"""
