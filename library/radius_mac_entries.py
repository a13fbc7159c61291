#!/usr/bin/python
"""Module ``ward.ops.radius_mac_entries``: documentation, and the part that runs on a RADIUS server with a file store."""

from __future__ import annotations

DOCUMENTATION = r"""
module: radius_mac_entries
short_description: The whole set of MAC authentication entries of a RADIUS server, from the ledgers
version_added: "0.1.0"
author: wardops (@wardops)
description:
  - Makes the MAC entries of one network layer's RADIUS equal to the ledgers, as one set in one task.
  - "The set: terminals (wired and wireless), printers, network devices, valid entries of C(radius_extra) and open isolations, each with
    the VLAN by layer and state. C(policies/radius.yml) says which status means which state."
  - Everything is read, planned and compared with the guard's limits; then the plan is written into the evidence, the old set into a
    rollback file, and all changes happen in one transaction (or one replaced file). The server is read back afterwards.
  - The VLAN of a valid MAC changes in place; a request that arrives during a sync gets the old or the new VLAN, never a refusal.
  - Entries whose user name is not a MAC (people who log in with 802.1X) are never touched. A MAC in another spelling, or with foreign
    attributes, is a difference.
  - An entry in the quarantine VLAN is held there until C(isolate_terminal.yml) releases it; a sync never does.
  - With C(--limit) only the MACs of the hosts in the play are touched, and entries that no ledger knows stay.
extends_documentation_fragment:
  - ward.ops.radius.run
  - ward.ops.radius.database
  - ward.ops.radius.file
options:
  allow_remove:
    description: Number of removals allowed on purpose in this run, beyond the guard's limit.
    type: int
    default: 0
  allow_change:
    description: The same for changes.
    type: int
    default: 0
  restore_from:
    description: A rollback file on the control node; its set is put back instead of the ledgers' set.
    type: path
  entries:
    description: Internal; the set as one text, sent by the action plugin to the RADIUS server.
    type: str
  guard:
    description: Internal; the limits of the guard.
    type: dict
  plan_only:
    description: Internal; plan without applying.
    type: bool
    default: false
  expect:
    description: Internal; digest of the plan that was recorded.
    type: str
    default: ""
  run_id:
    description: Internal; name of the rollback file.
    type: str
    default: ""
attributes:
  check_mode:
    support: full
    description: Predicts exactly what a real run then does; reads the server and changes nothing.
  diff_mode:
    support: full
    description: One line for each MAC and group, with VLAN, expiry and owner.
  platform:
    support: full
    platforms: posix
    description: FreeRADIUS 3.2 with its standard SQL schema or users file.
seealso:
  - module: ward.ops.radius_isolation
  - module: ward.ops.radius_probe
"""

EXAMPLES = r"""
- name: Make the layer's RADIUS equal to the ledgers
  ward.ops.radius_mac_entries:
    db_host: lg-rad01.ward.example
    db_rootcert: /etc/wardops/ca.pem
  run_once: true

- name: Put back what was there before a sync
  ward.ops.radius_mac_entries:
    db_host: lg-rad01.ward.example
    db_rootcert: /etc/wardops/ca.pem
    restore_from: build/rollback/20261122T010203Z-0a1b2c3d.json
    allow_remove: 120
  run_once: true

- name: A small site with a users file on its RADIUS server
  ward.ops.radius_mac_entries:
    backend: files
    path: /etc/freeradius/3.0/mods-config/files/authorize
    check_command: [freeradius, -C]
    load_command: [systemctl, reload, freeradius]
  run_once: true
  delegate_to: "{{ groups['function_radius'] | first }}"
"""

RETURN = r"""
plan:
  description: What was (or would be) done.
  returned: success
  type: dict
  contains:
    counts: {description: "Entries by add, change, remove, held and unchanged.", type: dict}
    groups: {description: The same for the groups that carry the VLANs., type: dict}
    actions: {description: "The first 1,000 single actions: action, key, before, after, owner.", type: list}
    actions_total: {description: Number of all actions; the evidence has every one., type: int}
entries_total:
  description: Number of entries that the ledgers want.
  returned: success
  type: int
verified:
  description: The server was read after the change (or needed none) and holds exactly what the plan says.
  returned: success
  type: bool
recovered:
  description: The connection broke while writing, and reading back settled the outcome.
  returned: success
  type: bool
rollback_file:
  description: File with the set that was there before; null when nothing changed.
  returned: success
  type: str
evidence:
  description: The evidence record; null in check mode.
  returned: success
  type: str
timings:
  description: Seconds by part.
  returned: success
  type: dict
codes:
  description: Error codes.
  returned: failure
  type: list
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.radius.arguments import FILE, RUN, TRANSPORT
from ansible_collections.ward.ops.plugins.module_utils.radius.server_side import plan_or_apply


def main() -> None:
    module = AnsibleModule(argument_spec={**RUN, **FILE, **TRANSPORT}, supports_check_mode=True)
    try:
        result = plan_or_apply(module.params, module.check_mode)
    except WardopsError as error:
        module.fail_json(**error.result())
    module.exit_json(**result)


if __name__ == "__main__":
    main()
