"""Action ``ward.ops.wsus_update_approvals``: approvals of a WSUS server, as one set."""

from __future__ import annotations

from typing import Any

from ansible_collections.ward.ops.plugins.module_utils.patch.wsus import task
from ansible_collections.ward.ops.plugins.module_utils.patch.wsus.task import Server
from ansible_collections.ward.ops.plugins.plugin_utils.wsus_action import WsusAction


class ActionModule(WsusAction):
    """All approvals that a cycle wants, in one task."""

    SPEC = task.APPROVALS

    def work(self, server: Server, arguments: dict[str, Any]) -> dict[str, Any]:
        return task.approvals(server, arguments, *self.place(arguments), check=self.check)
