"""Action ``ward.ops.wsus_doctor``: what could not be checked without a real WSUS server."""

from __future__ import annotations

from typing import Any

from ansible_collections.ward.ops.plugins.module_utils.common.problems import fail
from ansible_collections.ward.ops.plugins.module_utils.patch.wsus import doctor
from ansible_collections.ward.ops.plugins.module_utils.patch.wsus.connect import SERVER
from ansible_collections.ward.ops.plugins.module_utils.patch.wsus.task import Server
from ansible_collections.ward.ops.plugins.plugin_utils.wsus_action import WsusAction


class ActionModule(WsusAction):
    """Reads only."""

    SPEC = SERVER

    def work(self, server: Server, _: dict[str, Any]) -> dict[str, Any]:
        found = doctor.examine(server)
        wrong = sum(one.verdict == doctor.DIFFERS for one in found)
        result: dict[str, Any] = {
            "changed": False,
            "lines": [one.line for one in found],
            "findings": [{"point": one.point, "verdict": one.verdict, "seen": one.seen, "expected": one.expected} for one in found],
            "differences": wrong,
            "requests": server.requests,
        }
        if wrong:
            error = fail("E1963", server.place, count=wrong)
            result |= error.result() | {"msg": "\n".join([str(error), *result["lines"]])}
        return result
