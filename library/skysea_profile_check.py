#!/usr/bin/python
"""Module ``ward.ops.skysea_profile_check``: documentation; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: skysea_profile_check
short_description: Compare a SKYSEA export with its profile, column by column
version_added: "0.1.0"
author: wardops (@wardops)
description:
  - Says of each column of the layout in C(policies/skysea.yml) whether the export from the real console has it, where, and which values
    do not fit; names the columns that the layout does not know, and what is different about the file (encoding, delimiter, line ends).
  - Fails when anything differs. When nothing does, set C(verified) in the policy to true. Reads only.
options:
  subject:
    description: Which layout.
    type: str
    required: true
    choices: [terminals, usb_devices]
  export:
    description: A file that the console exported.
    type: path
    required: true
  ward:
    description: Folder with C(ledgers/) and C(policies/); by default the one that the inventory source names.
    type: path
attributes:
  check_mode:
    support: full
    description: Reads only, so check mode is the same as a normal run.
  diff_mode:
    support: none
    description: There is nothing that could differ.
  platform:
    support: full
    platforms: posix
    description: Control node.
"""

EXAMPLES = r"""
- name: Compare the first export of a new console
  ward.ops.skysea_profile_check:
    subject: usb_devices
    export: /srv/skysea/usb_devices.txt
  run_once: true
"""

RETURN = r"""
fits:
  description: The export is what the layout says.
  returned: success
  type: bool
rows:
  description: Rows in the file.
  returned: success
  type: int
lines:
  description: The verdicts, one a line, Japanese and English.
  returned: success
  type: list
  elements: str
unknown:
  description: Columns of the file that the layout does not know.
  returned: success
  type: list
  elements: str
"""
