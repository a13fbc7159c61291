"""The world's WSUS server without a wire (sim): for ring logic over thousands of terminals and months."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial

from ansible_collections.ward.ops.plugins.module_utils.common.problems import fail
from ansible_collections.ward.ops.plugins.module_utils.patch.model import (
    Action,
    Approval,
    Computer,
    Group,
    ServerInfo,
    State,
    Status,
    Update,
    UpdateId,
)

from .store import DENIED, EXISTS, NOT_FOUND, Refused
from .world import World

_STATES = tuple(State)


class WorldServer:
    """:class:`WsusServer` over a world.

    :param world: with its store.
    :param before: called with the name of each request before it is carried out; what it raises goes to the caller (for faults).
    """

    def __init__(self, world: World, before: Callable[[str], None] = lambda _name: None) -> None:
        self.world = world
        self.store = world.store
        self._before = before
        self._said: dict[str, dict[int, Status]] = {}

    def info(self) -> ServerInfo:
        self._before("info")
        store = self.store
        return ServerInfo(store.version, "1.8", store.role, store.replica, store.rules, store.synchronised, store.server_side_targeting)

    def groups(self) -> list[Group]:
        self._read("groups")
        return list(self.store.groups.values())

    def computers(self) -> list[Computer]:
        self._read("computers")
        return self.world.computers()

    def updates(self) -> list[Update]:
        self._read("updates")
        return list(self.store.updates.values())

    def approvals(self) -> list[Approval]:
        self._read("approvals")
        return list(self.store.approvals.values())

    def states(self, updates: Collection[str]) -> Iterator[Status]:
        self._read("states")
        shown = [(one.index, one.id) for one in self.world.terminals.values() if one.id in self.store.computers]
        for guid in updates:
            cells = self.world.told(guid).tobytes()
            said = self._said.setdefault(guid, {})
            for index, name in shown:
                # day after day most stand as before: what was made once is given again
                if (status := said.get(index)) is None or status.state != cells[index]:
                    status = said[index] = Status(guid, name, _STATES[cells[index]])
                yield status

    def add_group(self, name: str, parent: str) -> Group:
        return self._write("add_group", lambda: self.store.add_group(name, parent))

    def remove_group(self, group: str) -> None:
        self._write("remove_group", lambda: self.store.remove_group(group))

    def add_member(self, group: str, computer: str) -> None:
        self._write("add_member", lambda: self.store.add_member(group, computer))

    def remove_member(self, group: str, computer: str) -> None:
        self._write("remove_member", lambda: self.store.remove_member(group, computer))

    def accept_eula(self, update: UpdateId) -> None:
        self._write("accept_eula", lambda: self.store.accept_eula(update))

    def approve(self, update: UpdateId, group: str, action: Action, deadline: dt.datetime | None) -> Approval:
        return self._write("approve", lambda: self.store.approve(update, group, action, deadline))

    def take_back(self, approval: Approval) -> None:
        self._write("take_back", lambda: self.store.take_back(approval.id))

    def decline(self, updates: Sequence[str]) -> None:
        for guid in updates:
            self._write("decline", partial(self.store.decline, guid))

    def _read(self, name: str) -> None:
        self._write(name, self.store.may_read)

    def _write[T](self, name: str, work: Callable[[], T]) -> T:
        self._before(name)
        try:
            return work()
        except Refused as error:
            known = {NOT_FOUND: "E1947", EXISTS: "E1948", DENIED: "E1943"}
            raise fail(known.get(error.kind, "E1946"), "wsus-sim", type=error.kind, message=str(error)) from None
