"""Action ``ward.ops.patch_ring``: one ring of a patch cycle on the layer's server."""

from __future__ import annotations

from typing import Any

from ansible_collections.ward.ops.plugins.module_utils.patch import arguments as given
from ansible_collections.ward.ops.plugins.module_utils.patch import run
from ansible_collections.ward.ops.plugins.module_utils.patch.wsus.task import Server
from ansible_collections.ward.ops.plugins.plugin_utils.wsus_action import WsusAction


class ActionModule(WsusAction):
    """Staged behind its gate, judged only, taken back; or what the cycle replaces, declined."""

    SPEC = given.RING

    def work(self, server: Server, arguments: dict[str, Any]) -> dict[str, Any]:
        layer, _ = self.place(arguments)
        asked = given.asked(arguments, self.variables, layer, check=self.check)
        match arguments["state"]:
            case "staged":
                return run.stage(server, asked)
            case "judged":
                return run.look(server, asked)
            case "taken_back":
                return run.hold(asked, server)
            case _:
                return run.decline(server, asked)
