"""Action ``ward.ops.wsus_compliance_info``: how updates stand on the computers of a WSUS server."""

from __future__ import annotations

from typing import Any

from ansible_collections.ward.ops.plugins.module_utils.patch.wsus import listing
from ansible_collections.ward.ops.plugins.module_utils.patch.wsus.task import Server
from ansible_collections.ward.ops.plugins.plugin_utils.wsus_action import WsusAction


class ActionModule(WsusAction):
    """Reads only."""

    SPEC = listing.COMPLIANCE

    def work(self, server: Server, arguments: dict[str, Any]) -> dict[str, Any]:
        return {"changed": False, **listing.compliance(server, arguments), "requests": server.requests}
