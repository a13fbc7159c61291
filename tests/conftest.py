"""For all tests: no test fails because the machine is busy, and none inherits an operator's layer or evidence folder."""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

settings.register_profile("wardops", deadline=None, print_blob=True)
settings.load_profile("wardops")

for _name in ("WARDOPS_LAYER", "WARDOPS_EVIDENCE", "ANSIBLE_CONFIG", "ANSIBLE_INVENTORY"):
    os.environ.pop(_name, None)


@cache
def _groups() -> dict[str, str]:
    """File of tests → the group that its mark ``xdist_group`` names."""
    here = Path(__file__).parent
    found = {}
    for path in here.rglob("test_*.py"):
        if match := re.search(r"xdist_group\(\"(\w+)\"\)", path.read_text(encoding="utf-8")):
            found[path.relative_to(here.parent).as_posix()] = match[1]
    return found


class _ByGroup(LoadScopeScheduling):  # type: ignore[misc]
    """Files of one group run on one worker, one after the other: they share servers that are started once."""

    def _split_scope(self, nodeid: str) -> str:
        return _groups().get(nodeid.split("::", maxsplit=1)[0], nodeid)


def pytest_xdist_make_scheduler(config: Any, log: Any) -> Any:
    """What ``--dist loadgroup`` should do: pytest-xdist 3.8 puts the group into a field that pytest 9.2 no longer reads."""
    return _ByGroup(config, log) if config.getvalue("dist") == "loadgroup" else None
