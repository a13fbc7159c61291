#!/usr/bin/python
"""Module ``ward.ops.patch_compliance``: documentation; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: patch_compliance
short_description: Report how the terminals of a layer stand in a patch cycle
version_added: "0.1.0"
author: wardops (@wardops)
description:
  - Makes the report 適用状況一覧 by ring, section, model, update and day, with the difference to the day before. One page with charts and
    a list of all terminals, four CSV files for Excel, and the same as JSON.
  - Reads the snapshots that M(ward.ops.patch_ring) keeps. With O(server) the states of now are read first and kept as today's snapshot.
  - Terminals that say nothing get the reason class that ledger, WSUS and AD logons give together. Computers that WSUS has and no ring are
    listed too, unless a limit is given.
  - C(--limit) leaves the terminals of the play. One task for the whole layer.
extends_documentation_fragment:
  - ward.ops.wsus.server
options:
  server:
    description: DNS name of the WSUS server, as in its certificate. Without it only stored snapshots are read.
    type: str
    required: false
  cycle:
    description: "Name of the cycle: C(2027-01), or C(2027-01-oob1) for one out of band."
    type: str
    required: true
  folder:
    description: Where the files are written.
    type: path
    required: true
  day:
    description: The last snapshot up to this day is reported. Default is today in Japan; with O(server) it must be today.
    type: str
    default: ""
  ring:
    description: Only this ring, by code (V(R1)), name, or word (V(test), V(pilot), V(broad)).
    type: str
    default: ""
  section:
    description: Only this section, by code or name.
    type: str
    default: ""
  logons:
    description: File of the AD side with the last logon of each computer, JSON or CSV; form in C(docs/operators/patch_compliance.md).
    type: path
  encoding:
    description: Encoding of the CSV files.
    type: str
    choices: [utf-8-sig, cp932]
    default: utf-8-sig
  ward:
    description: Folder of the ward's data. Default is the one that the inventory source names.
    type: path
  layer:
    description: Network layer; it must be the one that the control node declares. Default is the layer of the play's first host.
    type: str
  patch_state:
    description: Folder of the snapshots. Default is E(WARDOPS_PATCH_STATE), else C(build/patch) of the checkout.
    type: path
  evidence:
    description: Folder of the evidence. Default is E(WARDOPS_EVIDENCE), else C(build/evidence) of the checkout.
    type: path
attributes:
  check_mode:
    support: full
    description: Makes everything and writes no file, no snapshot and no evidence.
  diff_mode:
    support: full
    description: The table of sections; of the other files size and digest.
  platform:
    support: full
    platforms: posix
    description: Control node of the layer.
"""

EXAMPLES = r"""
- name: Report the cycle from the stored snapshots
  ward.ops.patch_compliance:
    cycle: 2027-01
    folder: /srv/wardops/compliance
  run_once: true

- name: Read the server first, for one section, joined with AD logons
  ward.ops.patch_compliance:
    server: mn-wsus01.ward.example
    cycle: 2027-01
    section: "1007"
    logons: /srv/wardops/ad/logons.json
    folder: /srv/wardops/compliance-1007
  run_once: true
"""

RETURN = r"""
counts:
  description: Terminals by standing, those that are in scope (target), percent done, how many are quiet, how many computers are outside.
  returned: success
  type: dict
day:
  description: Day of the snapshot that was reported.
  returned: success
  type: str
files:
  description: The files of the report.
  returned: success
  type: list
  elements: str
notes:
  description: What must be seen beside the numbers, in Japanese.
  returned: success
  type: list
  elements: str
evidence:
  description: The evidence record; null in check mode.
  returned: success
  type: str
codes:
  description: Error codes.
  returned: failure
  type: list
"""
