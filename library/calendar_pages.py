#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action ward.ops.calendar_pages, which runs on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: calendar_pages
short_description: Write calendars, reception hours, shift templates and monthly batch schedules
version_added: "0.1.0"
description:
  - Builds the import file and the page of a fiscal year's calendar, the hours of the telephone, the shift templates and the monthly
    schedules of batch jobs. Sources are the Cabinet Office's holiday file, C(policies/calendars.yml), C(policies/shift_patterns.yml) and
    C(ledgers/jobs.csv).
  - Columns, order and encoding of the CSV files are data, in C(profiles/calendar).
  - A year that the holiday file does not cover is refused, and nothing is written.
  - The same data give the same bytes. Only files that differ are written, each whole or not at all.
options:
  ward:
    description: Folder with C(ledgers/) and C(policies/).
    type: path
    required: true
  kinds:
    description: What to build.
    type: list
    elements: str
    choices: [year, reception, shifts, jobs]
    default: [year, reception, shifts, jobs]
  year:
    description: Fiscal year, which begins in April. Without it, the one of today.
    type: int
  months:
    description: Months of C(shifts) and C(jobs). Without it, all twelve.
    type: list
    elements: int
    choices: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
    default: []
  folder:
    description: The folder to write to.
    type: path
    required: true
  profiles:
    description: Folder with the forms of the CSV files. Without it, C(profiles/calendar) of this checkout.
    type: path
attributes:
  action:
    description: Runs on the control node.
    support: full
  check_mode:
    description: Builds everything, compares it with what is there and writes nothing.
    support: full
  diff_mode:
    description: Shows the rows of CSV files that differ, and of pages the size and digest.
    support: full
  platform:
    description: Control node.
    support: full
    platforms: posix
author:
  - wardops maintainers (@ward-example)
"""

EXAMPLES = r"""
- name: Write the import file of the fiscal year 2027
  ward.ops.calendar_pages:
    ward: "{{ playbook_dir }}/../inventories/sample"
    kinds: [year]
    year: 2027
    folder: /srv/calendar
"""

RETURN = r"""
year:
  description: The fiscal year.
  type: int
  returned: success
files:
  description: All files.
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
