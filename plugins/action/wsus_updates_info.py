"""Action ``ward.ops.wsus_updates_info``: what a WSUS server's catalogue has."""

from __future__ import annotations

from typing import Any

from ansible_collections.ward.ops.plugins.module_utils.patch.wsus import listing
from ansible_collections.ward.ops.plugins.module_utils.patch.wsus.task import Server, shown
from ansible_collections.ward.ops.plugins.plugin_utils.wsus_action import WsusAction


class ActionModule(WsusAction):
    """Reads only."""

    SPEC = listing.UPDATES

    def work(self, server: Server, arguments: dict[str, Any]) -> dict[str, Any]:
        found = listing.updates(server, arguments)
        return {"changed": False, "updates": found, "total": len(found), "server": shown(server.info()), "requests": server.requests}
