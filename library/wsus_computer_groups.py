#!/usr/bin/python
"""Module ``ward.ops.wsus_computer_groups``: documentation; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: wsus_computer_groups
short_description: The computer groups of a WSUS server and who is in them, as one set
version_added: "0.1.0"
author: wardops (@wardops)
description:
  - Makes groups, and makes exactly the computers that are given their members, as one set in one task. Groups that are not named stay.
  - Computers are found by name, short or full. Of a machine that was set up anew the id that reported last counts; the older ones are
    in RV(stale). A computer that the server does not know has never reported; it is in RV(missing) and no error.
  - The built-in groups are known by GUID, since their names are localised.
extends_documentation_fragment:
  - ward.ops.wsus.server
  - ward.ops.wsus.change
options:
  groups:
    description: "Groups that shall be there: C(name), C(parent) (name or GUID; default All Computers), C(computers) (the names of exactly
      the members; without it members are left alone)."
    type: list
    elements: dict
    default: []
  absent:
    description: Names of groups that shall not be there. Their approvals go with them and are in the plan.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: The rings of the ledgers
  ward.ops.wsus_computer_groups:
    server: lg-wsus01.ward.example
    ca: /etc/wardops/ca.pem
    groups:
      - name: 先行適用
        computers: [LG25N00001, LG25N00002]
      - name: 全体適用
        computers: [LG25N00003]
  run_once: true
"""

RETURN = r"""
plan:
  description: What was (or would be) done.
  returned: success
  type: dict
  contains:
    counts: {description: "Groups and members by add, change, remove, held and unchanged.", type: dict}
    actions: {description: "The first 1,000: action, key, before, after.", type: list}
    actions_total: {description: Number of all actions; the evidence has every one., type: int}
missing:
  description: Computers that the server does not know.
  returned: success
  type: list
stale:
  description: Older ids of machines that were set up anew.
  returned: success
  type: list
digest:
  description: SHA-256 of the plan, for O(digest).
  returned: success
  type: str
verified:
  description: The server was read after the change (or needed none) and holds exactly what the plan says.
  returned: success
  type: bool
evidence:
  description: The evidence record; null in check mode.
  returned: success
  type: str
codes:
  description: Error codes.
  returned: failure
  type: list
"""
