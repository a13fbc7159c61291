#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action ward.ops.schedule_gate, which runs on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: schedule_gate
short_description: Say whether a scheduled playbook runs now
version_added: "0.1.0"
description:
  - Schedulers fire on days that no recurrence rule can leave out. This task decides from C(policies/schedules.yml), the ward's calendar
    and the clock (Asia/Tokyo) whether the run takes place, and says why not.
  - With O(state) it takes the run, so that a second trigger skips it, and notices runs that were missed and a clock that went back.
  - A skip is no error.
options:
  ward:
    description: Folder with C(ledgers/) and C(policies/).
    type: path
    required: true
  schedule:
    description: Code of C(schedules.yml).
    type: str
    required: true
  playbook:
    description: The playbook that is about to run. Another one than the policy's is an error.
    type: str
  state:
    description: Folder with the records of runs. It must outlive the job. Without it a second trigger is not noticed.
    type: path
  at:
    description: Decide as if it were this moment (ISO 8601, Japan without a zone).
    type: str
  ended:
    description: The RV(slot) of a run that has ended well. Only its end is written down.
    type: str
attributes:
  action:
    description: Runs on the control node.
    support: full
  check_mode:
    description: Decides, and takes no run.
    support: full
  diff_mode:
    description: There is nothing to show.
    support: none
  platform:
    description: Control node.
    support: full
    platforms: posix
author:
  - wardops maintainers (@ward-example)
"""

EXAMPLES = r"""
- name: Ask the calendar
  ward.ops.schedule_gate:
    ward: "{{ playbook_dir }}/../inventories/sample"
    schedule: publish_ledgers
    state: /var/lib/wardops/gate
  register: gate
"""

RETURN = r"""
run:
  description: Whether the playbook runs.
  type: bool
  returned: success
verdict:
  description: V(run), V(skip) or V(ended).
  type: str
  returned: success
msg:
  description: The decision and its reasons, in Japanese.
  type: str
  returned: success
slot:
  description: The planned moment that the run belongs to, or empty.
  type: str
  returned: success
  sample: 2026-11-24T0730
missed:
  description: Planned moments before it that never ran.
  type: list
  elements: str
  returned: success
codes:
  description: Codes of the errors.
  type: list
  elements: str
  returned: failure
"""
