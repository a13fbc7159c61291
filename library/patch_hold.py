#!/usr/bin/python
"""Module ``ward.ops.patch_hold``: documentation; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: patch_hold
short_description: Hold a patch cycle, or let it go on
version_added: "0.1.0"
author: wardops (@wardops)
description:
  - V(held) stops a ring and those after it (or all of the layer) before the next stage run; approvals that stand are left alone. V(resumed)
    lifts it; a hold of all that is lifted for one ring stays on the rings after it.
  - Written to C(holds.yml) of the cycle, with who, when and why. No server is asked.
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
    description: Why; needed.
    type: str
    default: ""
  state:
    description: What is to be.
    type: str
    required: true
    choices: [held, resumed]
attributes:
  check_mode:
    support: full
    description: Says whether the file would change; writes nothing.
  diff_mode:
    support: full
    description: None of its own; RV(holds) shows what is open.
  platform:
    support: full
    platforms: posix
    description: Control node of the layer.
"""

EXAMPLES = r"""
- name: Stop the broad ring
  ward.ops.patch_hold:
    cycle: 2027-01
    ring: broad
    state: held
    reason: 業務システムの不具合
  run_once: true
"""

RETURN = r"""
holds:
  description: The holds that are open afterwards.
  returned: success
  type: list
plan:
  description: Counts by add, change, remove, held and unchanged; the first 1,000 actions; how many there are.
  returned: success
  type: dict
digest:
  description: SHA-256 of what would be, or was, done.
  returned: success
  type: str
evidence:
  description: The evidence record; null in check mode.
  returned: success
  type: str
codes:
  description: Error codes.
  returned: failure
  type: list
"""
