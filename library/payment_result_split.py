#!/usr/bin/python
"""Module ``ward.ops.payment_result_split``: documentation; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: payment_result_split
short_description: Split a day's payment results by section, byte for byte
version_added: "0.1.0"
author: wardops (@wardops)
description:
  - Routes every row of the payment centre's file to the section in charge by C(policies/payment_routing.yml) (procedure code, then tax or
    fee number, then a rule), on the day that the policy names, and stages one file for each section and day.
  - Every row is passed on byte for byte and in order; the header is repeated. Rows and yen in equal rows and yen out, by section and in
    total, and the file's control totals where it has them; otherwise nothing is staged.
  - Rows that no rule takes go to the policy's unrouted part. Rows whose payment number, class and time were seen in the last 90 days are
    kept apart and not delivered again. Both make the task fail B(after) everything else was done.
  - A result is final. After adding a rule, give the unrouted part's file as O(file); only these rows are then split and delivered.
  - With O(source) the day is fetched first, with O(target) the result is delivered; a receipt (JSON, CSV, HTML) says what happened.
  - Runs on the control node, in constant memory, whatever the file's size.
options:
  folder:
    description: Work folder with C(archive/), C(seen/), C(stage/), C(delivered/) and C(receipts/); made when missing.
    type: path
    required: true
  day:
    description: Business day, ISO. Default is the ward's today.
    type: str
  file:
    description: A file that is taken into the archive, instead of fetching one.
    type: path
  source:
    description: Fetch from this source of C(policies/payment_transfer.yml); empty for the one that C(use) names.
    type: str
  target:
    description: Deliver to this target of C(policies/payment_transfer.yml); empty for the one that C(use) names.
    type: str
  form:
    description: Form of the file in C(policies/payment_layout.yml); empty for the one that C(use) names.
    type: str
    default: ""
  ward:
    description: Folder with C(ledgers/) and C(policies/). Default is the one that the inventory source names.
    type: path
  layer:
    description: Network layer; it must be the one that the control node declares. Default is the layer of the play's first host.
    type: str
  evidence:
    description: Evidence folder. Default is E(WARDOPS_EVIDENCE), else C(build/evidence) of the checkout.
    type: path
attributes:
  check_mode:
    support: full
    description: Reads the input and says what would be staged and delivered; nothing is written anywhere.
  diff_mode:
    support: full
    description: Shows the new files with their number of rows, never a row.
  platform:
    support: full
    platforms: posix
    description: The control node.
"""

EXAMPLES = r"""
- name: Fetch, split and deliver today's payment results
  ward.ops.payment_result_split:
    folder: /var/lib/wardops/payment
    source: ""
    target: ""
  run_once: true

- name: Split a file that somebody brought, deliver nothing
  ward.ops.payment_result_split:
    folder: /var/lib/wardops/payment
    file: /srv/drop/MPN_20261122_001.csv
    day: "2026-11-22"
  run_once: true
"""

RETURN = r"""
results:
  description: >-
    One for each input of the day: run_id, name, status (ok, attention, no_data), changed, folder, input, sections, unrouted and duplicates
    (each rows and yen), files, delivered.
  returned: always
  type: list
  elements: dict
problems:
  description: "What a human must look at: code, where, ja, en."
  returned: always
  type: list
  elements: dict
receipts:
  description: Paths of the receipts.
  returned: always
  type: list
  elements: str
evidence:
  description: Path of the evidence record; none in check mode.
  returned: always
  type: str
"""
