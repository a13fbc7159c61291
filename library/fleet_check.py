#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action ward.ops.fleet_check, which runs on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: fleet_check
short_description: Check the ledger rows of all hosts of a play in one task
version_added: "0.1.0"
description:
  - Checks that the ledger row behind every host of the play says all that working on the host needs, for its ledger and status.
  - One task for the whole set, whatever its size, so that C(--limit) works and thousands of hosts cost about as much as one.
  - Hosts that come from no ledger of the control node's layer are findings too.
  - Reads the ledgers and changes nothing.
options:
  requirements:
    description:
      - What the rows must have. Without it, what set-up and network access need - address, VLAN and MAC of terminals, printers and
        devices in use, the ring and Windows version of active terminals, the owner of servers.
    type: list
    elements: dict
    suboptions:
      ledger:
        description: The ledger.
        type: str
        required: true
        choices: [terminals, printers, network_devices, servers]
      status:
        description: States of the rows that are looked at.
        type: list
        elements: str
        required: true
      columns:
        description: Columns of the ledger that must not be empty.
        type: list
        elements: str
        required: true
  source:
    description: The C(ledger.yml) of the layer. Without it, the run's own inventory source.
    type: path
  show:
    description: How many findings the message shows; RV(problems) has all.
    type: int
    default: 20
attributes:
  action:
    description: Runs on the control node.
    support: full
  bypass_host_loop:
    description: Runs once and looks at all hosts of the play.
    support: full
  check_mode:
    description: Reads only, so check mode is the same as a normal run.
    support: full
  diff_mode:
    description: There is nothing that could differ.
    support: none
  platform:
    description: Control node.
    support: full
    platforms: posix
author:
  - wardops maintainers (@ward-example)
"""

EXAMPLES = r"""
- name: Check all hosts of the play
  ward.ops.fleet_check:

- name: Check that every printer in use has its queue
  ward.ops.fleet_check:
    requirements:
      - ledger: printers
        status: [active]
        columns: [queue, driver]
"""

RETURN = r"""
checked:
  description: How many hosts were looked at.
  type: int
  returned: always
  sample: 3000
incomplete:
  description: How many findings there are.
  type: int
  returned: when the ledgers could be read
  sample: 0
problems:
  description: Each finding, with code, place in the ledger, host, Japanese and English text.
  type: list
  elements: dict
  returned: always
"""
