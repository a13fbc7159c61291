#!/usr/bin/python
"""Module ``ward.ops.patch_cycle``: documentation; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: patch_cycle
short_description: The plan of a patch cycle, from the list of a WSUS server
version_added: "0.1.0"
author: wardops (@wardops)
description:
  - Chooses the month's updates by C(update_policy.yml), computes the day and deadline of every ring of every layer, and writes
    C(policies/patch/<cycle>/plan.yml) with a digest. The server is only read.
  - With O(kbs) it is an out-of-band cycle of just these, on the short path.
  - "A plan that was approved is not replaced (E1911) unless O(replan)."
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
  reason:
    description: Why; needed with O(kbs).
    type: str
    default: ""
  layers:
    description: Layers in which the cycle is staged. Default is each that C(rings.yml) has days for.
    type: list
    elements: str
    default: []
  kbs:
    description: Numbers of an out-of-band cycle.
    type: list
    elements: str
    default: []
  output:
    description: Folder for the paper of the meeting (HTML, CSV); none is made without it.
    type: path
  pdf:
    description: Make a PDF too.
    type: bool
    default: false
  replan:
    description: Replace a plan that was approved; its approvals then no longer fit.
    type: bool
    default: false
  supersedence:
    description: Ask the server which update replaces which.
    type: bool
    default: true
attributes:
  check_mode:
    support: full
    description: Computes the plan; writes nothing.
  diff_mode:
    support: full
    description: The file before and after.
  platform:
    support: full
    platforms: posix
    description: Control node of the layer.
"""

EXAMPLES = r"""
- name: Plan the cycle of January
  ward.ops.patch_cycle:
    server: in-wsus01.ward.example
    cycle: 2027-01
    output: build/patch/2027-01
  run_once: true
"""

RETURN = r"""
cycle:
  description: The plan as data.
  returned: success
  type: dict
digest:
  description: SHA-256 of the plan; what an approval is given for.
  returned: success
  type: str
path:
  description: The file.
  returned: success
  type: str
files:
  description: Papers that were written.
  returned: success
  type: list
lines:
  description: The plan for people.
  returned: success
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
