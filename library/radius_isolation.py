#!/usr/bin/python
"""Module ``ward.ops.radius_isolation``: documentation; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: radius_isolation
short_description: One terminal into the quarantine VLAN at once, or back
version_added: "0.1.0"
author: wardops (@wardops)
description:
  - Finds the terminal in the ledgers by computer name or asset number, with all its MACs (wired and wireless).
  - Writes or closes its row in the ledger C(isolations), and changes its entries on the RADIUS server in the same run. The server is read
    back, and the plan stands in the evidence before anything changes. Commit the ledger afterwards.
  - A terminal stays in quarantine, whatever other ledgers and other checkouts say, until its row is closed with O(state=normal).
  - A switch asks again when the device connects again, or when the port's re-authentication timer runs out. Until then the device keeps
    its VLAN; shut the port where that is too long.
extends_documentation_fragment:
  - ward.ops.radius.run
  - ward.ops.radius.database
  - ward.ops.radius.file
options:
  name:
    description: Computer name or asset number.
    type: str
    required: true
  state:
    description: V(quarantine) isolates, V(normal) releases.
    type: str
    choices: [quarantine, normal]
    required: true
  reason:
    description: Why, in one line of at most 200 characters. Required for O(state=quarantine).
    type: str
    default: ""
  ticket:
    description: Ticket number, for example V(INC-2026-00123). Required for O(state=quarantine).
    type: str
    default: ""
attributes:
  check_mode:
    support: full
    description: Predicts exactly what a real run then does; reads the server, changes neither it nor the ledger.
  diff_mode:
    support: full
    description: The ledger's row and each MAC.
  platform:
    support: full
    platforms: posix
    description: FreeRADIUS 3.2 with its standard SQL schema or users file.
seealso:
  - module: ward.ops.radius_mac_entries
"""

EXAMPLES = r"""
- name: Isolate a terminal with malware
  ward.ops.radius_isolation:
    name: LG25N01234
    state: quarantine
    reason: マルウェア検知
    ticket: INC-2026-00123
    db_host: lg-rad01.ward.example
    db_rootcert: /etc/wardops/ca.pem
  run_once: true

- name: Release it
  ward.ops.radius_isolation:
    name: LG25N01234
    state: normal
    db_host: lg-rad01.ward.example
    db_rootcert: /etc/wardops/ca.pem
  run_once: true
"""

RETURN = r"""
asset_id:
  description: Asset number of the terminal.
  returned: success
  type: str
host:
  description: Its computer name.
  returned: success
  type: str
macs:
  description: Its MACs.
  returned: success
  type: list
  elements: str
ledger:
  description: "The ledger's change: path, before, after; null when the ledger said so already."
  returned: success
  type: dict
plan:
  description: As of M(ward.ops.radius_mac_entries), and the ledger's change.
  returned: success
  type: dict
verified:
  description: The server was read back and holds what the plan says.
  returned: success
  type: bool
rollback_file:
  description: File with the set that was there before; null when the server needed no change.
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
"""
