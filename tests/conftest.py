"""For all tests: no test fails because the machine is busy, and none inherits an operator's layer or evidence folder."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("wardops", deadline=None, print_blob=True)
settings.load_profile("wardops")

for _name in ("WARDOPS_LAYER", "WARDOPS_EVIDENCE", "ANSIBLE_CONFIG", "ANSIBLE_INVENTORY"):
    os.environ.pop(_name, None)
