"""Action ``ward.ops.radius_mac_entries``: the set is made from the ledgers here; PostgreSQL is reached from here, files on their host."""

from __future__ import annotations

from typing import Any

from ansible_collections.ward.ops.plugins.module_utils.radius import task
from ansible_collections.ward.ops.plugins.module_utils.radius.arguments import SYNC
from ansible_collections.ward.ops.plugins.module_utils.radius.remote import Call
from ansible_collections.ward.ops.plugins.module_utils.radius.sync import Request
from ansible_collections.ward.ops.plugins.plugin_utils.radius_action import RadiusAction


class ActionModule(RadiusAction):
    """The whole set of one layer."""

    SPEC = SYNC
    PURPOSE = "sync_radius"

    def work(self, arguments: dict[str, Any], request: Request, remote: Call) -> dict[str, Any]:
        return task.carry_out(remote, arguments, request)
