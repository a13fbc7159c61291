"""Action ``ward.ops.patch_cycle``: the plan of a patch cycle, from the server's list."""

from __future__ import annotations

from typing import Any

from ansible_collections.ward.ops.plugins.module_utils.patch import arguments as given
from ansible_collections.ward.ops.plugins.module_utils.patch import prepare
from ansible_collections.ward.ops.plugins.module_utils.patch.wsus.task import Server
from ansible_collections.ward.ops.plugins.plugin_utils.wsus_action import WsusAction


class ActionModule(WsusAction):
    """One cycle, for every layer. The server is only read."""

    SPEC = given.CYCLE

    def work(self, server: Server, arguments: dict[str, Any]) -> dict[str, Any]:
        self.place(arguments)
        return prepare.write(server, given.wish(arguments, self.variables, check=self.check))
