#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action ward.ops.reachability_sweep, which runs on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: reachability_sweep
short_description: Tell which network devices of the layer answer, site by site
version_added: "0.1.0"
description:
  - Asks every network device in operation by ICMP echo, all at once, and makes the table of a drill as HTML, CSV and JSON.
  - Devices behind a silent one are told apart. The table names the silent device that is nearest to the core.
  - C(--limit) narrows the set. Changes no device.
options:
  ward:
    description: Folder with C(ledgers/) and C(policies/). Without it, the one that the inventory source names.
    type: path
  layer:
    description: Layer whose devices are asked. Without it, the layer of the inventory. It must be the one that the control node declares.
    type: str
  folder:
    description: Where the table is written. Without it, nothing is written.
    type: path
  tries:
    description: Packets to each device.
    type: int
    default: 3
  wait:
    description: Milliseconds to wait for each answer.
    type: int
    default: 500
  fail_when_silent:
    description: Whether a silent device makes the task fail.
    type: bool
    default: true
requirements:
  - fping
attributes:
  action:
    description: Runs on the control node.
    support: full
  check_mode:
    description: Asks, and writes no file.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
  platform:
    description: Control node.
    support: full
    platforms: posix
author:
  - wardops maintainers (@ward-example)
"""

EXAMPLES = r"""
- name: Ask all devices of the layer
  ward.ops.reachability_sweep:
    folder: /srv/wardops/drill
"""

RETURN = r"""
asked:
  description: Devices that were asked.
  type: int
  returned: always
answered:
  description: Devices that answered at least once.
  type: int
  returned: always
sites:
  description: Code, verdict and counts of each site.
  type: list
  elements: dict
  returned: always
lines:
  description: The same as lines for a log.
  type: list
  elements: str
  returned: always
silent:
  description: Names of devices without an answer.
  type: list
  elements: str
  returned: always
causes:
  description: Of these, the ones nearest to the core.
  type: list
  elements: str
  returned: always
files:
  description: The files of the table.
  type: list
  elements: str
  returned: always
codes:
  description: Codes of the errors.
  type: list
  elements: str
  returned: failure
"""
