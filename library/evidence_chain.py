#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module ward.ops.evidence_chain: proves the evidence of a control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: evidence_chain
short_description: Prove the chain of run evidence
version_added: "0.1.0"
description:
  - Reads every evidence record of a control node and proves that all are there, unaltered and in order.
  - Reports every break at once, with the number of the record, what is wrong and what to do.
  - Changes nothing.
options:
  folder:
    description: Folder of the evidence records.
    type: path
    required: true
  expected_seq:
    description:
      - Number of a record whose hash was noted elsewhere, for example in a signed tag.
      - Without it the folder's own C(HEAD) file is used; only a note kept elsewhere proves that the end was not cut off.
    type: int
  expected_sha256:
    description: The noted hash of record O(expected_seq).
    type: str
attributes:
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
- name: Prove the evidence of this control node
  ward.ops.evidence_chain:
    folder: /var/lib/wardops/evidence

- name: Prove that it still reaches the record noted in last month's report
  ward.ops.evidence_chain:
    folder: /var/lib/wardops/evidence
    expected_seq: 1204
    expected_sha256: 0f3a…
"""

RETURN = r"""
records:
  description: How many records were proved.
  type: int
  returned: always
  sample: 1204
head:
  description: Number and hash of the newest record.
  type: dict
  returned: always
  sample: {"seq": 1204, "sha256": "0f3a…"}
pending:
  description: Runs that are going on, or were killed and not yet closed by the next run.
  type: list
  elements: str
  returned: always
problems:
  description: Each break, with code, place, Japanese and English text.
  type: list
  elements: dict
  returned: always
"""

from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ward.ops.plugins.module_utils.common import evidence_chain
from ansible_collections.ward.ops.plugins.module_utils.common.evidence import Head
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "folder": {"type": "path", "required": True},
            "expected_seq": {"type": "int"},
            "expected_sha256": {"type": "str"},
        },
        required_together=[("expected_seq", "expected_sha256")],
        supports_check_mode=True,
    )
    wanted: dict[str, Any] = module.params
    expected = Head(wanted["expected_seq"], wanted["expected_sha256"]) if wanted["expected_sha256"] else None
    try:
        chain = evidence_chain.verify(Path(wanted["folder"]), expected)
    except WardopsError as error:
        module.fail_json(msg=str(error))
    problems = [
        {"code": problem.code, "where": problem.where, "ja": problem.text("ja"), "en": problem.text("en")} for problem in chain.problems
    ]
    result = {
        "changed": False,
        "records": chain.records,
        "head": {"seq": chain.head.seq, "sha256": chain.head.sha256},
        "pending": chain.pending,
        "problems": problems,
    }
    if chain.problems:
        module.fail_json(msg="\n".join(problem.render() for problem in chain.problems), **result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
