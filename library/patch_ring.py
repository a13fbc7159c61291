#!/usr/bin/python
"""Module ``ward.ops.patch_ring``: documentation; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: patch_ring
short_description: One ring of a patch cycle on the WSUS server of a layer
version_added: "0.1.0"
author: wardops (@wardops)
description:
  - V(staged) opens a ring when its gate is green. Groups hold exactly the ledger's terminals, and the cycle's updates are approved with
    their deadline. Everything is read back.
  - V(judged) only looks, and keeps the day's snapshot of states. V(taken_back) holds the ring and deletes the cycle's approvals of it.
    V(declined) declines what the cycle replaces, where the successor is installed in every ring.
  - A red gate fails with all reasons (E1905). One run in a layer at a time (E1906). What changes something is done for whole rings of the
    ledger, so that C(--limit) is refused (E1916).
extends_documentation_fragment:
  - ward.ops.wsus.server
options:
  cycle:
    description: "Name of the cycle: C(2027-01), or C(2027-01-oob1) for one out of band."
    type: str
    required: true
  ward:
    description: Folder of the ward's data. Default is the one that the inventory source names.
    type: path
  layer:
    description: Network layer; it must be the one that the control node declares. Default is the layer of the play's first host.
    type: str
  evidence:
    description: Folder of the evidence. Default is E(WARDOPS_EVIDENCE), else C(build/evidence) of the checkout.
    type: path
  ring:
    description: "Code (V(R1)), name, or word (V(test), V(pilot), V(broad)) of a ring. Empty means every ring, where that has a sense."
    type: str
    default: ""
  patch_state:
    description: Folder of the snapshots and locks. Default is E(WARDOPS_PATCH_STATE), else C(build/patch) of the checkout.
    type: path
  reason:
    description: Why; needed for V(taken_back).
    type: str
    default: ""
  state:
    description: What is to be.
    type: str
    choices: [staged, judged, taken_back, declined]
    default: staged
  allow_remove:
    description: Number of removals allowed on purpose in this run, beyond the guard's limit.
    type: int
    default: 0
  allow_change:
    description: The same for changes.
    type: int
    default: 0
  accept_licences:
    description: GUIDs of updates whose licence terms may be accepted.
    type: list
    elements: str
    default: []
  digest:
    description: RV(digest) of the plan that somebody has looked at (check mode); any other plan is refused (E1964).
    type: str
    default: ""
attributes:
  check_mode:
    support: full
    description: Reads the server and predicts what a real run then does; writes nothing.
  diff_mode:
    support: full
    description: One line for each group, member and approval.
  platform:
    support: full
    platforms: posix
    description: Control node of the layer.
"""

EXAMPLES = r"""
- name: Open the pilot ring
  ward.ops.patch_ring:
    server: mn-wsus01.ward.example
    cycle: 2027-01
    ring: pilot
  run_once: true
"""

RETURN = r"""
plan:
  description: Counts by add, change, remove, held and unchanged; the first 1,000 actions; how many there are.
  returned: success
  type: dict
digest:
  description: SHA-256 of what would be, or was, done.
  returned: success
  type: str
gate:
  description: "The decision: green, reasons, notes, measure of the ring before."
  returned: when staged or judged
  type: dict
lines:
  description: The gate for people.
  returned: when staged or judged
  type: list
missing:
  description: Terminals of the ledger that the server does not know.
  returned: when staged
  type: list
stale:
  description: Old ids of machines that were set up anew.
  returned: when staged
  type: list
rings:
  description: How every ring stands.
  returned: when judged
  type: list
snapshot:
  description: File of the day's states.
  returned: when judged
  type: str
stay:
  description: Superseded updates that may not be declined yet, with the reason.
  returned: when declined
  type: list
evidence:
  description: The evidence record; null in check mode.
  returned: success
  type: str
codes:
  description: Error codes.
  returned: failure
  type: list
"""
