#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action ward.ops.config_backup, which runs on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: config_backup
short_description: Read the configs of all network devices of the layer into the store
version_added: "0.1.0"
description:
  - Reads the active devices of the ledger C(network_devices) over SSH, all in this one task and many at a time; C(--limit) cuts the set.
    Daily devices are read each time, weekly ones when their week is over or the last attempt failed, all that C(--limit) names.
  - A text is stored only when it is provably whole. Secrets are replaced by keyed hashes; the full text is kept encrypted beside.
    When nothing changed there is no commit.
  - Each device has one named result (C(stored), C(unreachable), C(timeout), C(host_key_unknown), C(host_key_changed), C(authentication),
    C(refused), C(incomplete), C(log_lines), C(wrong_device), C(shrunk), C(too_large), C(unknown_platform),
    C(not_stored)). No device waits for a bad one.
  - A password is tried once for each device and run; after some failures of one account no device is tried with it any more.
  - How long, how many and when somebody must look stands in C(policies/network.yml).
options:
  ward:
    description: Folder with C(ledgers/) and C(policies/). Without it, the one that the inventory source names.
    type: path
  layer:
    description: Layer whose devices are read. Without it, the layer of the inventory; it must be the one that the node declares.
    type: str
  store:
    description: Folder of the store of configs; made when it is missing.
    type: path
    required: true
  recipients:
    description: Public keys (age) to which full copies are encrypted.
    type: list
    elements: str
    required: true
  mask_key:
    description: Key of the hashes that stand for secrets, 32 bytes at least. Without it, C(WARDOPS_CONFIG_MASK_KEY) of the environment.
    type: str
  known_hosts:
    description: File with the recorded host keys (OpenSSH's form). No other key is ever accepted.
    type: path
    required: true
  user:
    description: Account. Without it, C(WARDOPS_NETWORK_USER) of the environment.
    type: str
  password:
    description: Its password. Without it, C(WARDOPS_NETWORK_PASSWORD).
    type: str
  enable:
    description: Password of the privileged mode. Without it, C(WARDOPS_NETWORK_ENABLE).
    type: str
  key:
    description: Private key as text, without a passphrase. Without it, C(WARDOPS_NETWORK_KEY). Agents are never asked.
    type: str
  access:
    description:
      - Other accounts, as dictionaries with C(platform) or C(site) (or both) and C(user), C(password), C(enable), C(key).
        The first one that fits a device is used; what it does not say is as above.
    type: list
    elements: dict
    default: []
  port:
    description: Port of SSH.
    type: int
    default: 22
  endpoints:
    description: Name of a device to the address at which it is reached, where this is not C(mgmt_ip).
    type: dict
    default: {}
  what:
    description:
      - V(configs) reads and stores the configs.
      - V(links) records which ports have link, beside the store (C(links.json)). A replacement compares with it. Best by day, when
        terminals are on; platforms without a command for it are counted as C(unable). A device that does not answer keeps its record.
    type: str
    choices: [configs, links]
    default: configs
  accept_shrunk:
    description: Devices whose config may be much shorter than the last time.
    type: list
    elements: str
    default: []
  evidence:
    description: Folder of the evidence. Without it, C(WARDOPS_EVIDENCE), else C(build/evidence).
    type: path
attributes:
  action:
    description: Runs on the control node.
    support: full
  check_mode:
    description: Reads the devices (showing a config changes none), compares, and stores nothing.
    support: full
  diff_mode:
    description: Shows differences of what is new or changed, with masked secrets.
    support: full
  platform:
    description: Control node.
    support: full
    platforms: posix
author:
  - wardops maintainers (@ward-example)
"""

EXAMPLES = r"""
- name: Read all devices of this layer
  ward.ops.config_backup:
    store: /var/lib/wardops/configs
    recipients: ["{{ operations_public_key }}", "{{ deposit_public_key }}"]
    known_hosts: /etc/wardops/known_hosts_network
  run_once: true
"""

RETURN = r"""
run:
  description: Name of the run, in the commit and the evidence.
  type: str
  returned: always
commit:
  description: The store's new commit; none when nothing changed, and in check mode.
  type: str
  returned: always
counts:
  description: Devices by result, changed devices, those not due and excluded.
  type: dict
  returned: always
changed_devices:
  description: Devices of which something is new, changed or gone.
  type: list
  elements: str
  returned: always
actions:
  description: The devices that were not read, with C(device), C(status), C(detail), C(attempts), C(seconds).
  type: list
  elements: dict
  returned: always
codes:
  description: Codes of the errors.
  type: list
  elements: str
  returned: failure
"""
