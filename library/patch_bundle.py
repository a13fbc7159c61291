#!/usr/bin/python
"""Module ``ward.ops.patch_bundle``: documentation; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: patch_bundle
short_description: Carry a patch cycle from one network layer to another
version_added: "0.1.0"
author: wardops (@wardops)
description:
  - V(sent) packs a cycle (plan, decisions, holds, and the policies that it was planned by) for another layer into a folder on a registered
    medium, signs its manifest with a person's SSH key and writes the row of the ledger C(media_transfers).
  - V(received) verifies a bundle (signature, layer, order, every file) before anything is written, then writes the cycle and the row.
    Holds of this layer stay. It never overwrites what somebody edited here.
  - V(results_sent) packs how this layer stands, in counts; no terminal is named.
  - Specification I-13-(6), three separated networks.
options:
  state:
    description: What is to be done.
    type: str
    required: true
    choices: [sent, results_sent, received]
  cycle:
    description: "Name of the cycle: C(2027-01). For V(sent) and V(results_sent)."
    type: str
  target:
    description: Layer that it goes to.
    type: str
  folder:
    description: Folder of the medium; the bundle is a folder in it.
    type: path
  medium:
    description: "Number in the ledger C(media): an encrypted medium of either layer, in use or stored."
    type: str
  key:
    description: SSH key that signs; a C(.pub) file when an agent or a token holds the private one. A key with a passphrase needs an agent.
    type: path
  beside:
    description:
      - Large files that travel on the same medium outside of the bundle, such as the export of the WSUS. The bundle has size and hash.
      - For V(received), the one folder where they are.
    type: list
    elements: path
    default: []
  bundle:
    description: Folder of the bundle that is taken in.
    type: path
  signers:
    description: "Who may sign, as in ssh-keygen(1), ALLOWED SIGNERS. Default is C(policies/bundle_signers) of the ward;
      C(policies/bundle_revoked_keys) says which keys no longer count."
    type: path
  role:
    description: Role of the person, for the ledger; never a name.
    type: str
    default: operator
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
    description: Folder of the snapshots. Default is E(WARDOPS_PATCH_STATE), else C(build/patch) of the checkout.
    type: path
attributes:
  check_mode:
    support: full
    description: Verifies everything and says what would be written; writes and signs nothing.
  diff_mode:
    support: none
    description: RV(files) and RV(written) name what is carried and written.
  platform:
    support: full
    platforms: posix
    description: Control node of the layer.
"""

EXAMPLES = r"""
- name: Carry the January cycle to LGWAN
  ward.ops.patch_bundle:
    state: sent
    cycle: 2027-01
    target: lgwan
    folder: /media/MD-2026-0003
    medium: MD-2026-0003
    key: ~/.ssh/id_ed25519.pub
    beside: [/media/MD-2026-0003/export.xml.gz]
  run_once: true

- name: Take it in
  ward.ops.patch_bundle:
    state: received
    bundle: /media/MD-2026-0003/inet-lgwan-00004
    beside: [/media/MD-2026-0003]
  run_once: true
"""

RETURN = r"""
name:
  description: Source layer, target layer and number of the bundle.
  returned: success
  type: str
manifest:
  description: SHA-256 of its manifest; the next bundle of the direction names it.
  returned: success
  type: str
files:
  description: What it carries.
  returned: success
  type: list
written:
  description: Files that were, or would be, written.
  returned: when O(state=received)
  type: list
signer:
  description: Who signed, as the list of signers names them.
  returned: when O(state=received)
  type: str
codes:
  description: Error codes.
  returned: failure
  type: list
"""
