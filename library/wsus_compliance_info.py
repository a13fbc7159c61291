#!/usr/bin/python
"""Module ``ward.ops.wsus_compliance_info``: documentation; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: wsus_compliance_info
short_description: How updates stand on the computers of a WSUS server
version_added: "0.1.0"
author: wardops (@wardops)
description:
  - Counts the computers by state for each update, over all computers or those of some groups, and names every computer where one failed.
  - A computer that has said nothing of an update counts as unknown.
extends_documentation_fragment:
  - ward.ops.wsus.server
  - ward.ops.wsus.reads
options:
  updates:
    description: GUIDs.
    type: list
    elements: str
    required: true
  groups:
    description: Names or GUIDs of groups; default is all computers.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: How the pilot ring stands
  ward.ops.wsus_compliance_info:
    server: lg-wsus01.ward.example
    updates: [5b7ac1a5-0001-4000-8000-000000000001]
    groups: [先行適用]
  register: pilot
  run_once: true
"""

RETURN = r"""
computers:
  description: How many computers were counted.
  returned: success
  type: int
updates:
  description: For each update the number of computers by state (unknown, not_applicable, not_installed, downloaded, installed, failed,
    installed_pending_reboot).
  returned: success
  type: list
  elements: dict
failed:
  description: Update and computer of each failure.
  returned: success
  type: list
  elements: dict
requests:
  description: Requests that were sent.
  returned: success
  type: int
"""
