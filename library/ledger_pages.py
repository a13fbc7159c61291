#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action ward.ops.ledger_pages, which runs on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ledger_pages
short_description: Write the browsable page of all ledgers and the inventory report
version_added: "0.1.0"
description:
  - Builds one HTML file that shows and searches all ledgers in a browser without a network, and the inventory report as HTML with
    charts, CSV and JSON.
  - Narrowed to the control node's declared layer, or to the layers that are named. What belongs to other layers is left out.
  - The same data give the same bytes. Only files that differ are written, each whole or not at all.
options:
  ward:
    description: Folder with C(ledgers/) and C(policies/).
    type: path
    required: true
  layers:
    description:
      - Codes of C(networks.yml). Without it, the layer that the control node declares.
      - An empty list stands for everything that the folder holds.
    type: list
    elements: str
  page:
    description: The HTML file to write. This or O(reports) must be given.
    type: path
  reports:
    description: The folder for the inventory report.
    type: path
  within:
    description: Days from today in which something ends soon.
    type: int
    default: 90
  encoding:
    description: Encoding of the CSV files.
    type: str
    choices: [utf-8-sig, cp932]
    default: utf-8-sig
attributes:
  action:
    description: Runs on the control node.
    support: full
  check_mode:
    description: Builds everything, compares it with what is there and writes nothing.
    support: full
  diff_mode:
    description: Shows the rows of CSV and JSON files that differ, and of pages the size and digest.
    support: full
  platform:
    description: Control node.
    support: full
    platforms: posix
author:
  - wardops maintainers (@ward-example)
"""

EXAMPLES = r"""
- name: Write the page and the report of this layer
  ward.ops.ledger_pages:
    ward: "{{ playbook_dir }}/../inventories/sample"
    page: /srv/ledgers/ledgers.html
    reports: /srv/ledgers/reports
"""

RETURN = r"""
scope:
  description: What the copy holds, in Japanese.
  type: str
  returned: success
  sample: LGWAN接続系
files:
  description: All files of the page and the report.
  type: list
  elements: str
  returned: success
written:
  description: The files that differed, and that were written outside of check mode.
  type: list
  elements: str
  returned: success
codes:
  description: Codes of the errors.
  type: list
  elements: str
  returned: failure
"""
