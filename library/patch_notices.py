#!/usr/bin/python
"""Module ``ward.ops.patch_notices``: documentation; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: patch_notices
short_description: Write and send the notices of a patch cycle
version_added: "0.1.0"
author: wardops (@wardops)
description:
  - Renders the announcement to all sections, the text of the notice board, the text that is read out, and for each section the list of its
    terminals that lack updates, from the plan, the decisions and the newest snapshot of states.
  - With O(send=true) and an approval that fits the plan, the announcement and the lists go out by mail, to each recipient once. What was
    sent is kept in a journal, so a second run sends only what was not.
  - Texts of the ward's own in C(policies/notices/) replace those that come with it. Specification I-13-(7), I-13-(8), IV-2.
options:
  cycle:
    description: "Name of the cycle: C(2027-01)."
    type: str
    required: true
  folder:
    description: Folder of the texts.
    type: path
    required: true
  kinds:
    description: Which texts.
    type: list
    elements: str
    choices: [announcement, board, broadcast, lacking]
    default: [announcement, board, broadcast, lacking]
  send:
    description: Send by mail, as C(policies/mail.yml) says; account in E(WARDOPS_MAIL_USER) and E(WARDOPS_MAIL_PASSWORD).
    type: bool
    default: false
  pdf:
    description: The text of the notice board as PDF too; as a page of A4 (HTML) it is always made.
    type: bool
    default: false
  ward:
    description: Folder of the ward's data. Default is the one that the inventory source names.
    type: path
  layer:
    description: Network layer; it must be the one that the control node declares. Default is the layer of the play's first host.
    type: str
  evidence:
    description: Folder of the evidence. Default is E(WARDOPS_EVIDENCE), else C(build/evidence) of the checkout.
    type: path
  patch_state:
    description: Folder of the snapshots and of the journal. Default is E(WARDOPS_PATCH_STATE), else C(build/patch) of the checkout.
    type: path
attributes:
  check_mode:
    support: full
    description: Says which texts would change and which mails would go to whom; writes and sends nothing.
  diff_mode:
    support: full
    description: Texts before and after.
  platform:
    support: full
    platforms: posix
    description: Control node of the layer.
"""

EXAMPLES = r"""
- name: Write the texts
  ward.ops.patch_notices:
    cycle: 2027-01
    folder: /srv/wardops/notices/2027-01
  run_once: true

- name: Send the weekly lists
  ward.ops.patch_notices:
    cycle: 2027-01
    folder: /srv/wardops/notices/2027-01
    kinds: [lacking]
    send: true
  run_once: true
"""

RETURN = r"""
files:
  description: The texts.
  returned: success
  type: list
mails:
  description: Recipient, subject, Message-ID, state (C(sent), C(refused), C(deferred), C(unknown)) and the server's answer of each mail.
  returned: success
  type: list
counts:
  description: Number of mails by state. Refused, deferred and unknown ones make the task fail (E1977) after all others were sent.
  returned: success
  type: dict
due:
  description: "Days on which texts are due: C(announce), C(broadcast), C(usual_board)."
  returned: success
  type: dict
seconds:
  description: How long the text that is read out takes.
  returned: success
  type: dict
codes:
  description: Error codes.
  returned: failure
  type: list
"""
