#!/usr/bin/python
"""Module ``ward.ops.wsus_doctor``: documentation; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: wsus_doctor
short_description: Settle on a real WSUS server what could not be checked without one
version_added: "0.1.0"
author: wardops (@wardops)
description:
  - Reads the server and says of each point whether it is as the code takes it to be, different, or still open. Never writes.
  - Fails (E1963) when a point is different.
extends_documentation_fragment:
  - ward.ops.wsus.server
  - ward.ops.wsus.reads
"""

EXAMPLES = r"""
- name: Look at a server before the first cycle
  ward.ops.wsus_doctor:
    server: lg-wsus01.ward.example
    ca: /etc/wardops/ca.pem
  run_once: true
"""

RETURN = r"""
lines:
  description: The points, one a line.
  returned: always
  type: list
findings:
  description: "The same as data: point, verdict, seen, expected."
  returned: always
  type: list
  elements: dict
differences:
  description: How many points differ.
  returned: always
  type: int
requests:
  description: Requests that were sent.
  returned: always
  type: int
"""
