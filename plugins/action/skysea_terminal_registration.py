"""Action ``ward.ops.skysea_terminal_registration``; its documentation stands in ``library/``."""

from __future__ import annotations

from ansible_collections.ward.ops.plugins.plugin_utils.skysea_action import SkyseaAction


class ActionModule(SkyseaAction):
    """Import files for the console: only the difference."""

    SUBJECT = "terminals"
