#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action ward.ops.patch_results, which runs on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: patch_results
short_description: Put a batch of patched terminals into the list of a run
version_added: "0.1.0"
description:
  - Reads what the role C(windows_updates) left on the hosts of this batch, and writes the list of the run as HTML, CSV and JSON.
  - Each batch adds to the list. Terminals of the play that have had no turn are listed as waiting, also when a run stops early.
  - Two runs at once do not lose each other's rows.
options:
  folder:
    description: Folder of the run.
    type: path
    required: true
  run:
    description: Title of the run, such as its date.
    type: str
    required: true
  state:
    description: State that the role was asked for.
    type: str
    required: true
    choices:
      - installed
      - downloaded
      - searched
  override_reason:
    description: Why it was done at a forbidden time, for the list.
    type: str
    default: ""
attributes:
  action:
    description: Runs on the control node.
    support: full
  check_mode:
    description: Judges the batch, and writes nothing.
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
- name: List what came of this batch
  ward.ops.patch_results:
    folder: /srv/wardops/patches/2027-01-14
    run: "2027-01-14"
    state: installed
"""

RETURN = r"""
batch:
  description: State of each terminal of the batch, by name.
  type: dict
  returned: success
open:
  description: Terminals of the batch that a person must look at.
  type: list
  elements: str
  returned: success
total:
  description: Terminals in the list.
  type: int
  returned: success
files:
  description: Files that were written.
  type: list
  elements: str
  returned: success
"""
