#!/usr/bin/python
"""Module ``ward.ops.wsus_update_approvals``: documentation; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: wsus_update_approvals
short_description: The approvals of a WSUS server, as one set
version_added: "0.1.0"
author: wardops (@wardops)
description:
  - Makes approvals stand, and others not, as one set in one task. The key of an approval is update, revision and group, so the same data
    is replayed on every server of a layer, and a run that was killed is simply run again.
  - "Everything is read and planned first; refused, with nothing changed: an unknown or revised update, a declined or expired one, a
    deadline on one that can ask the user, licence terms that nobody accepted, an uninstallation that the update does not support, enabled
    automatic approval rules, an account that is no administrator, a plan beyond the guard's limits."
  - A replica is verified only. What differs there is an error, because a replica takes approvals from its upstream server.
  - Only approvals to install and to uninstall are looked at and sent. Everything is read back afterwards.
extends_documentation_fragment:
  - ward.ops.wsus.server
  - ward.ops.wsus.change
options:
  approvals:
    description: "Approvals that shall stand: C(update) (GUID), C(revision), C(group) (name or GUID), C(action) (V(install) or V(uninstall),
      default install), C(deadline) (ISO 8601 with a zone; none by default; one in the past means at once)."
    type: list
    elements: dict
    default: []
  absent:
    description: "Approvals that shall not stand: C(update), C(group), C(revision) (without it: of every revision)."
    type: list
    elements: dict
    default: []
  exclusive_groups:
    description: Groups of which O(approvals) says everything; whatever else is approved for them is taken back.
    type: list
    elements: str
    default: []
  declines:
    description: GUIDs of updates to decline. A decline deletes every approval of the update; those are in the plan. Who chose them by which
      rule is the caller's business.
    type: list
    elements: str
    default: []
  accept_licences:
    description: GUIDs of updates whose licence terms may be accepted.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: The pilot ring gets this month's updates
  ward.ops.wsus_update_approvals:
    server: lg-wsus01.ward.example
    ca: /etc/wardops/ca.pem
    approvals:
      - update: 5b7ac1a5-0001-4000-8000-000000000001
        revision: 201
        group: 先行適用
        deadline: "2027-01-22T17:00:00+09:00"
  run_once: true

- name: Take an approval back
  ward.ops.wsus_update_approvals:
    server: lg-wsus01.ward.example
    absent:
      - update: 5b7ac1a5-0001-4000-8000-000000000001
        group: 先行適用
    allow_remove: 1
  run_once: true
"""

RETURN = r"""
plan:
  description: What was (or would be) done.
  returned: success
  type: dict
  contains:
    counts: {description: "Items by add, change, remove, held and unchanged.", type: dict}
    actions: {description: "The first 1,000: action, key, before, after.", type: list}
    actions_total: {description: Number of all actions; the evidence has every one., type: int}
digest:
  description: SHA-256 of the plan, for O(digest).
  returned: success
  type: str
verified:
  description: The server was read after the change (or needed none) and holds exactly what the plan says.
  returned: success
  type: bool
server:
  description: Version, role, replica, rules, last synchronisation, targeting.
  returned: success
  type: dict
evidence:
  description: The evidence record; null in check mode.
  returned: success
  type: str
requests:
  description: Requests that were sent.
  returned: success
  type: int
seconds:
  description: How long it took.
  returned: success
  type: float
codes:
  description: Error codes.
  returned: failure
  type: list
"""
