"""A canned shell: answers as ``server.ps1`` would, from the endpoint's world. It says nothing about Windows or the script itself."""

from __future__ import annotations

import json
import uuid
from typing import Any

from tests.unit.wsus.world import ALL, EXISTS, NOT_FOUND, SECURITY, Fault, World

ROLES = ["Unauthorized", "Reporter", "Administrator"]
ACTIONS = {0: "Install", 1: "Uninstall", 2: "NotApproved", 3: "Block"}
STATES = ["Unknown", "NotApplicable", "NotInstalled", "Downloaded", "Installed", "Failed", "InstalledPendingReboot"]


class CannedShell:
    """Windows PowerShell 5.1 writes a list of one element as that element; so does this."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.scripts: set[str] = set()

    def close(self) -> None:
        pass

    def run(self, script: str, request: str) -> str:
        self.scripts.add(script)
        words = json.loads(request)
        operation = words.pop("operation")
        self.world.asked.append((operation, words))
        try:
            self.world.hook(operation, sum(name == operation for name, _ in self.world.asked))
            result = getattr(self, f"do_{operation}")(**words)
        except Fault as error:
            return json.dumps({"error": {"type": error.kind, "message": error.message}})
        if isinstance(result, list):
            result = result[0] if len(result) == 1 else result or None
        return json.dumps({"result": result})

    def do_info(self) -> dict[str, Any]:
        world = self.world
        return {
            "version": "10.0.26100.1",
            "protocol": "1.20",
            "role": ROLES[world.role],
            "replica": world.settings["ReplicaMode"] == "true",
            "rules": [name for name, on in world.rules if on],
            "synchronised": "2026-11-22T18:00:00.000Z",
            "server_side_targeting": world.settings["ServerTargeting"] == "true",
        }

    def do_groups(self) -> list[dict[str, Any]]:
        return [{"id": one, "name": name, "parent": parent} for one, (name, parent) in self.world.groups.items()]

    def do_computers(self) -> list[dict[str, Any]]:
        plain = {"requested": "", "last_sync": "2026-11-20T01:00:00.000Z", "os": "Windows 11"}
        return [
            {"id": one, "name": words["name"], "groups": sorted(words["groups"]), "last_report": words["reported"], **plain}
            for one, words in self.world.computers.items()
        ]

    def do_updates(self, supersedence: bool) -> list[dict[str, Any]]:
        return [self._update(guid, words, supersedence) for guid, words in self.world.updates.items()]

    @staticmethod
    def _update(guid: str, words: dict[str, Any], supersedence: bool) -> dict[str, Any]:
        return {
            "id": guid,
            "revision": words["revision"],
            "title": words["title"],
            "kbs": words["kb"],
            "classification": "セキュリティ問題の修正プログラム",
            "classification_id": SECURITY,
            "products": "Windows 11",
            "severity": "Critical",
            "released": "2026-11-10T18:00:00.000Z",
            "arrived": "2026-11-11T02:00:00.123Z",
            "superseded": words.get("superseded", False),
            "declined": words.get("declined", False),
            "expired": words.get("publication", 0) == 1,
            "eula": words.get("eula", False),
            "asks_user": words.get("asks", False),
            "uninstallable": words.get("uninstall", True),
            "supersedes": words.get("replaces", []) if supersedence else [],
        }

    def _row(self, row: list[Any]) -> dict[str, Any]:
        words = {"id": row[6], "update": row[8], "revision": row[9], "group": row[10], "action": ACTIONS[row[2]], "administrator": row[5]}
        return {**words, "deadline": row[4] or "9999-12-31T23:59:59.999Z", "time": row[0]}

    def do_approvals(self) -> list[dict[str, Any]]:
        return [self._row(row) for row in self.world.approvals.values()]

    def do_states(self, updates: list[str]) -> list[dict[str, Any]]:
        if missing := [one for one in updates if one not in self.world.updates]:
            raise Fault(NOT_FOUND, missing[0])
        found = [(update, one, self.world.states.get((update, one), 0)) for update in updates for one in self.world.computers]
        return [{"update": update, "computer": one, "state": STATES[state]} for update, one, state in found]

    def do_add_group(self, name: str, parent: str) -> dict[str, Any]:
        if any(name == there for there, _ in self.world.groups.values()):
            raise Fault(EXISTS, name)
        made = str(uuid.uuid4())
        self.world.groups[made] = (name, parent)
        return {"id": made, "name": name, "parent": parent or ALL}

    def do_remove_group(self, group: str) -> None:
        self.world.do_ExecuteSPDeleteTargetGroup(group, "", "")

    def do_add_member(self, group: str, computer: str) -> None:
        self.world.computers[computer]["groups"].add(group)

    def do_remove_member(self, group: str, computer: str) -> None:
        self.world.computers[computer]["groups"].discard(group)

    def do_accept_eula(self, guid: str, revision: int) -> None:
        assert self.world.updates[guid]["revision"] == revision
        self.world.updates[guid]["eula"] = False

    def do_approve(self, guid: str, revision: int, group: str, action: str, deadline: str | None) -> dict[str, Any]:
        if guid not in self.world.updates:
            raise Fault(NOT_FOUND, guid)
        for one, row in list(self.world.approvals.items()):
            if (row[8], row[10]) == (guid, group):
                del self.world.approvals[one]
        made = self.world.approve(
            guid, group, 1 if action == "Uninstall" else 0, deadline.removesuffix("Z") if deadline else None, revision
        )
        return self._row(self.world.approvals[made])

    def do_take_back(self, id: str) -> None:
        if self.world.approvals.pop(id, None) is None:
            raise Fault(NOT_FOUND, id)

    def do_decline(self, update: str) -> None:
        self.world.do_ExecuteSPDeclineUpdate(update, "", "")
