#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action ward.ops.patch_window, which runs on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: patch_window
short_description: Stop unless terminals may be patched now
version_added: "0.1.0"
description:
  - Asks the ward's calendar whether patches may be installed on the layer's terminals at this moment.
  - Freezes for patches, election days, and the working hours of business days forbid it. All reasons are named at once.
  - A person's reason overrides them; it is shown, and recorded with the results.
options:
  ward:
    description: Folder with C(ledgers/) and C(policies/). Without it, the one that the inventory source names.
    type: path
  layer:
    description: Layer of the terminals. Without it, the layer of the inventory. It must be the one that the control node declares.
    type: str
  hours:
    description: Working hours of business days in Asia/Tokyo, in which nothing is installed.
    type: str
    default: 08:30-17:15
  override_reason:
    description: Why it is done all the same. Blank means that it is not.
    type: str
    default: ""
  at:
    description: Moment that is asked about, ISO 8601 with a zone, instead of now.
    type: str
attributes:
  action:
    description: Runs on the control node.
    support: full
  check_mode:
    description: Gives the same answer as a real run would get now.
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
- name: Go on only when terminals may be patched
  ward.ops.patch_window:
    hours: 08:30-17:15
"""

RETURN = r"""
overridden:
  description: Whether it would be forbidden without the reason that was given.
  type: bool
  returned: success
reasons:
  description: What would forbid it.
  type: list
  elements: str
  returned: success
"""
