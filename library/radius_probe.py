#!/usr/bin/python
"""Module ``ward.ops.radius_probe``: documentation; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: radius_probe
short_description: Ask the real RADIUS server about every MAC, or a sample
version_added: "0.1.0"
author: wardops (@wardops)
description:
  - Asks as a switch does, with C(radclient) (package C(freeradius-utils)) on the control node, which must be one of the server's clients.
  - Every entry of the ledgers must get Access-Accept with its VLAN. Returned, spare, unknown and multicast MACs must get Access-Reject.
  - The secret is handed over in a file that only this user can read, never in the arguments of a process.
  - Fails with E0523 when an answer is wrong or missing, and shows the owners.
options:
  ward:
    description: Folder with C(ledgers/) and C(policies/). Default is the one that the inventory source names.
    type: path
  layer:
    description: Network layer; it must be the one that the control node declares. Default is the layer of the play's first host.
    type: str
  server:
    description: Address of the RADIUS server.
    type: str
    required: true
  port:
    description: UDP port.
    type: int
    default: 1812
  secret:
    description: Shared secret, from a vault; better in the environment as E(WARDOPS_RADIUS_SECRET).
    type: str
  sample:
    description: Number of entries to ask about, spread evenly and always the same ones; V(0) asks about all.
    type: int
    default: 0
  refused:
    description: At most so many known MACs that must be refused are asked too; V(0) leaves out all that must be refused.
    type: int
    default: 200
  spellings:
    description: Product profiles of C(policies/radius.yml) whose spellings of a MAC are used in turn.
    type: list
    elements: str
    default: [freeradius]
  parallel:
    description: Questions under way at once (at most 255).
    type: int
    default: 64
  timeout:
    description: Seconds to wait for an answer; each question is asked twice.
    type: float
    default: 3.0
attributes:
  check_mode:
    support: full
    description: Asks also in check mode; it never changes anything.
  diff_mode:
    support: none
    description: Nothing changes.
  platform:
    support: full
    platforms: posix
    description: Any RADIUS server with MAC authentication by PAP.
seealso:
  - module: ward.ops.radius_mac_entries
"""

EXAMPLES = r"""
- name: Ask about every entry
  ward.ops.radius_probe:
    server: 10.16.16.31
  run_once: true

- name: Ask about 300 entries in the spellings of two makers
  ward.ops.radius_probe:
    server: 10.16.16.31
    sample: 300
    spellings: [freeradius, alaxala]
  run_once: true
"""

RETURN = r"""
asked:
  description: Number of questions.
  returned: always
  type: int
accepted:
  description: Number of Access-Accept.
  returned: always
  type: int
rejected:
  description: Number of Access-Reject.
  returned: always
  type: int
unanswered:
  description: Number of questions without an answer.
  returned: always
  type: int
mismatches:
  description: "The first 200 wrong answers: mac, owner, expected, got."
  returned: always
  type: list
  elements: dict
mismatches_total:
  description: Number of wrong and missing answers.
  returned: always
  type: int
seconds:
  description: Time of all questions.
  returned: always
  type: float
rate:
  description: Answers a second.
  returned: always
  type: int
codes:
  description: Error codes.
  returned: failure
  type: list
"""
