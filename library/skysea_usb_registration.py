#!/usr/bin/python
"""Module ``ward.ops.skysea_usb_registration``: documentation; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: skysea_usb_registration
short_description: Register the USB devices of the ledgers in SKYSEA Client View
version_added: "0.1.0"
author: wardops (@wardops)
description:
  - Compares the ledger C(usb_devices) with the console's last export. A device in use is registered with its terminals of this layer;
    an expired one is deleted; a lost one is denied at once.
  - A device without serial and without a reason for its model, and two devices of one identity (VID, PID, serial), are not registered.
  - Writes import files with the difference only (new, change, delete), in the layout of C(policies/skysea.yml); the person at the
    console imports them. The next export then proves that both are equal, or the report says what is left and why.
  - The layouts in the repository are samples, because the product publishes none (要実機確認); C(playbooks/check_skysea_profile.yml)
    compares them with an export from the real console.
options:
  export:
    description: The console's last export. One that is older than C(export_max_age_days) of the policy is refused.
    type: path
    required: true
  folder:
    description: Folder of the import files, C(manifest.json) and C(report/). Files of an earlier run are replaced.
    type: path
    required: true
  ward:
    description: Folder with C(ledgers/) and C(policies/); by default the one that the inventory source names.
    type: path
  layer:
    description: Layer of the console; by default the inventory's. The control node must have declared it (E(WARDOPS_LAYER)).
    type: str
  evidence:
    description: Folder of the evidence records; by default E(WARDOPS_EVIDENCE), else C(build/evidence).
    type: path
  allow_remove:
    description: Number of deletions allowed on purpose in this run, beyond the guard.
    type: int
    default: 0
  allow_change:
    description: Number of changes allowed on purpose in this run, beyond the guard.
    type: int
    default: 0
attributes:
  check_mode:
    support: full
    description: Plans exactly what a real run then writes; writes nothing.
  diff_mode:
    support: full
    description: Each row, before and after.
  platform:
    support: full
    platforms: posix
    description: Control node. The console's side is a file; tested against a simulator that is as strict as the policy says.
"""

EXAMPLES = r"""
- name: Import files for the USB devices of this layer
  ward.ops.skysea_usb_registration:
    export: /srv/skysea/usb_devices.csv
    folder: /srv/skysea/import/usb_devices
  run_once: true
"""

RETURN = r"""
plan:
  description: Counts and items; C(held) items break a rule and are left alone.
  returned: success
  type: dict
equal:
  description: The console holds what the ledgers say.
  returned: success
  type: bool
files:
  description: The import files.
  returned: success
  type: list
  elements: str
rest:
  description: What was in the last import files and still differs, with the reason.
  returned: success
  type: list
  elements: dict
problems:
  description: Rows that cannot be registered; a human must look.
  returned: always
  type: list
  elements: dict
report:
  description: The report's page; null in check mode.
  returned: success
  type: str
evidence:
  description: The evidence record; null in check mode.
  returned: success
  type: str
"""
