"""Action ``ward.ops.wsus_computer_groups``: computer groups of a WSUS server and who is in them, as one set."""

from __future__ import annotations

from typing import Any

from ansible_collections.ward.ops.plugins.module_utils.patch.wsus import task
from ansible_collections.ward.ops.plugins.module_utils.patch.wsus.task import Server
from ansible_collections.ward.ops.plugins.plugin_utils.wsus_action import WsusAction


class ActionModule(WsusAction):
    """All groups of the rings, in one task."""

    SPEC = task.GROUPS

    def work(self, server: Server, arguments: dict[str, Any]) -> dict[str, Any]:
        return task.groups(server, arguments, *self.place(arguments), check=self.check)
