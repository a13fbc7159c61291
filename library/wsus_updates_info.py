#!/usr/bin/python
"""Module ``ward.ops.wsus_updates_info``: documentation; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: wsus_updates_info
short_description: What the catalogue of a WSUS server has
version_added: "0.1.0"
author: wardops (@wardops)
description:
  - Lists updates with their approvals, newest first. Every filter that is given must fit.
extends_documentation_fragment:
  - ward.ops.wsus.server
  - ward.ops.wsus.reads
options:
  updates:
    description: GUIDs.
    type: list
    elements: str
    default: []
  kbs:
    description: Knowledge base numbers, with or without C(KB).
    type: list
    elements: str
    default: []
  classifications:
    description: GUIDs of classifications.
    type: list
    elements: str
    default: []
  arrived_since:
    description: Only updates that arrived then or later (ISO 8601; without a zone it is Japanese time).
    type: str
  include_declined:
    description: Declined ones too.
    type: bool
    default: false
  supersedence:
    description: Ask which updates each one replaces; one request for each update that replaces any.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: What came with this month's release
  ward.ops.wsus_updates_info:
    server: lg-wsus01.ward.example
    arrived_since: "2027-01-13"
    classifications: [0fa1201d-4330-4fa8-8ae9-b877473b6441]
  register: wsus
  run_once: true
"""

RETURN = r"""
updates:
  description: The updates (GUID, revision, KB, title, class, products, times, flags, approvals by group).
  returned: success
  type: list
  elements: dict
total:
  description: How many.
  returned: success
  type: int
server:
  description: Version, role, replica, rules, last synchronisation, targeting.
  returned: success
  type: dict
requests:
  description: Requests that were sent.
  returned: success
  type: int
"""
